"""From a need to a signed, running contract, in a browser and in Swedish: a small municipality's first one."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.conftest import LiveStack
from tests.journeys.people import PASSWORD, log_in
from tests.journeys.test_accessibility import RULES

CODE = "UK-2027-02"
COMPARABLE = "Liknande kommuner grundskola, Lillbergs kommun (påhittad), 2024"
THREE_MONTHS, SIX_MONTHS = (f"Närvaro minst 80 procent i {months} månader" for months in ("tre", "sex"))
PASSED, QUALIFIED = "Godkänt betyg i ett ämne som saknades", "Behörig till ett yrkesprogram"
SIGNATORIES = ["lillberg-beslut", "investor", "provider", "intermediary"]


@pytest.fixture
def people(browser: Browser, fresh_live_stack: LiveStack) -> Iterator["People"]:
    crowd = People(browser, fresh_live_stack.base_url)
    yield crowd
    crowd.leave()


class People:
    """One browser window per person, opened when first needed. Every page they come to is looked over by axe."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        self.browser, self.base_url = browser, base_url
        self.windows: dict[str, Page] = {}
        self.seen: set[str] = set()
        self.faults: list[str] = []

    def at(self, who: str, path: str = "") -> Page:
        """The person's window, at this address of the contract, or at an address that begins with a slash."""
        if who not in self.windows:
            page = self.browser.new_context(locale="sv-SE").new_page()
            log_in(page, self.base_url, who)
            self.windows[who] = page
        page = self.windows[who]
        page.goto(self.base_url + (path if path.startswith("/") else f"/avtal/{CODE}/{path}"))
        self.look(page)
        return page

    def look(self, page: Page) -> None:
        """Let axe look at the page, unless it has seen one with the same heading."""
        heading = page.get_by_role("heading", level=1).inner_text()
        if heading not in self.seen:
            self.seen.add(heading)
            found = Axe().run(page, options={"runOnly": RULES["runOnly"]})
            self.faults += [
                f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found.response["violations"]
            ]

    def leave(self) -> None:
        for page in self.windows.values():
            page.context.close()


def main(page: Page) -> Locator:
    return page.get_by_role("main")


def press(page: Page, name: str | re.Pattern[str]) -> None:
    main(page).get_by_role("button", name=name).first.click()
    page.wait_for_load_state()


def says(page: Page, text: str | re.Pattern[str]) -> None:
    expect(main(page).get_by_text(text).first).to_be_visible()


def reload_until(page: Page, shown: Callable[[], Locator]) -> None:
    """Wait for the worker: look again until the page shows it."""
    for _attempt in range(60):
        if shown().count():
            return
        page.wait_for_timeout(500)
        page.reload()
    expect(shown().first).to_be_visible()


def test_a_small_municipality_goes_from_a_need_to_a_running_contract(people: People, tmp_path: Path) -> None:
    _begins_from_a_template(people)
    _fetches_figures_of_the_need(people)
    _chooses_and_defines_what_is_measured(people)
    _invites_the_parties(people)
    _two_persons_freeze_the_measures(people)
    _reckons_and_simulates(people)
    _changes_an_assumption_and_sees_what_depends_on_it(people)
    _records_the_decision(people)
    _negotiates_in_two_rounds(people)
    _four_parties_sign(people)
    _the_contract_runs_and_its_obligations_stand_in_the_calendar(people)
    _anyone_can_check_the_sealed_agreement(people, tmp_path)
    assert not people.faults, "\n".join(people.faults)


def _begins_from_a_template(people: People) -> None:
    page = people.at("lillberg", "/start/")
    main(page).get_by_role("link", name="Börja ett avtal").click()
    people.look(page)
    main(page).get_by_label("Börja från").select_option("Fullföljd skolgång")
    main(page).get_by_label("Namn", exact=True).fill("Lillberg – Fullföljd skolgång")
    main(page).get_by_label("Första dagen").fill("2027-01-01")
    main(page).get_by_label("Sista dagen").fill("2029-12-31")
    press(page, "Skapa avtalet")
    people.look(page)
    expect(page).to_have_url(f"{people.base_url}/avtal/{CODE}/vagen/")
    says(page, "Gjort från mallen Fullföljd skolgång")


def _fetches_figures_of_the_need(people: People) -> None:
    page = people.at("lillberg", "matning/kolada/")
    main(page).get_by_role("searchbox").fill("N15428")
    press(page, "Sök")
    main(page).get_by_role("link", name=re.compile("behöriga till yrkesprogram, hemkommun")).click()
    people.look(page)
    main(page).get_by_label("Kommun eller region").select_option(label="Lillbergs kommun (påhittad)")
    main(page).get_by_label("Från år").select_option("2021")
    main(page).get_by_label("Till år").select_option("2024")
    press(page, "Visa")
    main(page).get_by_label("Jämför med").select_option(label=COMPARABLE)
    press(page, "Visa")
    says(page, "Källa: Kolada")
    says(page, "påhittade")
    press(page, "Spara som uppgift om behovet")
    page = people.at("lillberg", "vagen/behov/")
    says(page, re.compile("behöriga till yrkesprogram"))


def _chooses_and_defines_what_is_measured(people: People) -> None:
    page = people.at("lillberg", "matning/bibliotek/")
    main(page).get_by_label("Sök bland indikatorerna").fill("uppmätta")
    press(page, "Filtrera")
    press(page, re.compile("Hämta.*Andel uppmätta"))
    people.look(page)
    page = people.at("lillberg", "matning/")
    expect(main(page).get_by_role("link", name=re.compile("Andel uppmätta")).first).to_be_visible()

    page = people.at("lillberg", "matning/kolada/N15428/?kommun=9901&fran=2021&till=2024")
    main(page).get_by_label("Jämför med").select_option(label=COMPARABLE)
    press(page, "Visa")
    main(page).get_by_label("Mått").select_option(label=QUALIFIED)
    main(page).get_by_label("År", exact=True).last.select_option("2024")
    main(page).get_by_role("radio", name="Jämförelsegruppens medelvärde").check()
    press(page, "Fyll i baslinjen")
    people.look(page)
    press(page, "Spara baslinjen")
    for measure in (THREE_MONTHS, SIX_MONTHS, PASSED):
        page = people.at("lillberg", "matning/")
        main(page).get_by_role("link", name=measure, exact=True).click()
        main(page).get_by_role("link", name="Ange hur baslinjen tas fram").click()
        people.look(page)
        main(page).get_by_label(re.compile("En historisk årgång")).check()
        main(page).get_by_label("Hur den tas fram").fill("Elever med hög frånvaro läsåret 2024/25, ur skolans system.")
        main(page).get_by_label("Värde (valfritt)", exact=True).fill("0,30")
        main(page).get_by_label("Personer bakom värdet").fill("64")
        main(page).get_by_label("Period (valfritt)").fill("Läsåret 2024/25")
        main(page).get_by_label("Källa (valfritt)", exact=True).fill("Skolans närvarosystem")
        press(page, "Spara baslinjen")


def _invites_the_parties(people: People) -> None:
    for who, role in (
        ("Barn- och utbildningsnämnden", "Utfallsansvarig"),
        ("Norrsken Impact AB", "Investerare"),
        ("Föreningen Språnget", "Utförare"),
        ("Region Mitt", "Oberoende granskare"),
    ):
        page = people.at("lillberg", "parter/ny/")
        main(page).get_by_label("Organisation eller nämnd").select_option(label=who)
        main(page).get_by_label("Roll", exact=True).select_option(label=role)
        press(page, "Lägg till parten")
    people.look(page)


def _two_persons_freeze_the_measures(people: People) -> None:
    page = people.at("lillberg", "matning/")
    main(page).get_by_role("link", name=PASSED, exact=True).click()
    main(page).get_by_role("link", name="Definiera måttet").click()
    people.look(page)
    main(page).get_by_label(re.compile(r"^Mål( \(valfritt\))?$")).fill("1")
    press(page, re.compile("Spara"))
    for who in ("lillberg", "intermediary"):
        page = people.at(who, "matning/")
        chosen = main(page).get_by_role("table").first.get_by_role("rowheader").get_by_role("link")
        for address in [link.get_attribute("href") for link in chosen.all()]:
            page = people.at(who, f"{address}godkann/")
            press(page, "Godkänn definitionen")
    page = people.at("lillberg", "matning/")
    expect(main(page).get_by_role("table").first.get_by_text("Låst", exact=True)).to_have_count(6)


def _reckons_and_simulates(people: People) -> None:
    page = people.at("lillberg", "kalkyl/")
    says(page, re.compile("Kommunen .*på 5 år"))
    page = people.at("lillberg", "kalkyl/simulering/")
    press(page, "Dra simuleringen")
    people.look(page)
    says(page, "Vad varje budget vinner och betalar")


def _changes_an_assumption_and_sees_what_depends_on_it(people: People) -> None:
    page = people.at("lillberg", "kalkyl/antaganden/")
    main(page).get_by_role("link", name=re.compile("Behörig till ett yrkesprogram: andel")).first.click()
    people.look(page)
    main(page).get_by_role("link", name="Ändra antagandet").click()
    people.look(page)
    says(page, "Det här påverkas av en ändring")
    main(page).get_by_label("Värde (procent)", exact=True).fill("30")
    main(page).get_by_label("Varför det ändras").fill("Skolans egna uppgifter för målgruppen läsåret 2024/25.")
    press(page, "Ändra antagandet")
    says(page, "Gjord med ett tidigare värde")
    main(page).get_by_role("link", name=re.compile("fördelning")).click()
    people.look(page)
    changed = main(page).get_by_role("listitem").filter(has_text="Behörig till ett yrkesprogram: andel")
    expect(changed.first).to_contain_text(re.compile(r"35.%"))  # as it was drawn, and what has changed since


def _records_the_decision(people: People) -> None:
    page = people.at("lillberg", "beslut/nytt/")
    main(page).get_by_label("Nämnd eller fullmäktige").fill("Kommunstyrelsen")
    main(page).get_by_label("Beslutsdatum").fill("2026-11-16")
    main(page).get_by_label("Diarienummer").fill("KS 2026/88")
    main(page).get_by_label("Protokollets paragraf").fill("214")
    main(page).get_by_label("Bifall").check()
    press(page, "Anteckna beslutet")
    says(page, "KS 2026/88")


def _negotiates_in_two_rounds(people: People) -> None:
    page = people.at("lillberg", "villkor/foresla/")
    main(page).get_by_label(re.compile("Svara senast")).fill("2026-12-15")
    press(page, "Föreslå villkoren")

    page = people.at("investor", "forhandling/")
    clause = main(page).locator("details").filter(has_text="Kommentera 5.4")
    clause.get_by_text("Kommentera 5.4").click()
    clause.get_by_label("Din kommentar").fill("Behörigheten är det som räknas: höj ersättningen till 50 000 kronor.")
    clause.get_by_role("button").click()
    says(page, "höj ersättningen till 50 000 kronor")
    page = people.at("investor", "villkor/atersand/")
    main(page).get_by_label("Varför du skickar tillbaka förslaget").fill("Ersättningen för behörighet är för låg.")
    press(page, "Skicka tillbaka förslaget")

    page = people.at("lillberg", "villkor/redigera/terms/4/")
    main(page).get_by_label("Pris per utfall").first.fill("50000")
    press(page, "Spara")
    page = people.at("lillberg", "villkor/foresla/")
    says(page, "Det som har ändrats sedan version 1: 1 punkt")
    press(page, "Föreslå villkoren")
    page = people.at("investor", "villkor/jamfor/?fran=1&till=2")
    expect(main(page).locator("ins").first).to_be_visible()
    for who in SIGNATORIES:
        page = people.at(who, "villkor/godkann/")
        press(page, "Godkänn villkoren")
    page = people.at("lillberg", "forhandling/")
    says(page, "Version 2 är godkänd av alla och undertecknas")


def _four_parties_sign(people: People) -> None:
    for who in SIGNATORIES:
        page = people.at(who, "underskrift/")
        press(page, "Skriv ditt lösenord igen")
        main(page).get_by_label("Ditt lösenord").fill(PASSWORD)
        people.look(page)
        press(page, "Gå vidare och underteckna")
        press(page, "Underteckna avtalet")
    expect(page.get_by_text("nu har alla gjort det: avtalet är överenskommet")).to_be_visible()


def _the_contract_runs_and_its_obligations_stand_in_the_calendar(people: People) -> None:
    page = people.at("lillberg", "starta/")
    press(page, "Starta avtalet")
    page = people.at("provider", "kalender/")
    first = main(page).get_by_role("row", name=re.compile("Rapportera utfallen, 2027-Q1"))
    expect(first).to_contain_text("1 maj 2027")
    expect(first).to_contain_text("Föreningen Språnget")
    page = people.at("intermediary", "/kalender/?mine=on&kind=verify")
    expect(main(page).get_by_role("row", name=re.compile("Verifiera utfallen, 2027-Q1.*Lillberg"))).to_be_visible()


def _anyone_can_check_the_sealed_agreement(people: People, folder: Path) -> None:
    page = people.at("lillberg", "avtalet/")
    sealed = re.compile("Ladda ner det förseglade avtalet")
    reload_until(page, lambda: main(page).get_by_role("link", name=sealed))
    with page.expect_download() as waiting:
        main(page).get_by_role("link", name=sealed).click()
    whole, changed = folder / "avtal.pdf", folder / "andrat.pdf"
    waiting.value.save_as(whole)
    content = bytearray(whole.read_bytes())
    content[len(content) // 3] ^= 1
    changed.write_bytes(content)
    for path, answer in ((whole, "Filen är oförändrad"), (changed, re.compile("har ändrats"))):
        page = people.at("outsider", "/kontrollera/")
        main(page).locator("input[type=file]").set_input_files(path)
        press(page, "Kontrollera filen")
        says(page, answer)
        people.look(page)
