"""The main job in a browser, on the real worker: from a spreadsheet to an attested, booked and explained payment."""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from config.demo.nordviken import FOLDER
from tests.conftest import LiveStack
from tests.journeys.people import log_in

CODE = "UK-2025-01"
QUARTER = "2026-Q4"


@pytest.fixture
def people(browser: Browser, fresh_live_stack: LiveStack) -> Iterator["People"]:
    crowd = People(browser, fresh_live_stack.base_url)
    yield crowd
    crowd.leave()


class People:
    """One browser window per person, opened when first needed; everybody reads English."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        self.browser, self.base_url = browser, base_url
        self.windows: dict[str, Page] = {}

    def at(self, who: str, path: str) -> Page:
        """The person's window, at this address of the contract."""
        if who not in self.windows:
            page = self.browser.new_context(accept_downloads=True, locale="sv-SE").new_page()
            log_in(page, self.base_url, who)
            page.context.add_cookies([{"name": "django_language", "value": "en", "url": self.base_url}])
            self.windows[who] = page
        self.windows[who].goto(f"{self.base_url}/avtal/{CODE}/{path}")
        return self.windows[who]

    def leave(self) -> None:
        for page in self.windows.values():
            page.context.close()


def workbook(folder: Path) -> Path:
    """The open quarter's claims as the provider has them in a spreadsheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    rows = csv.reader(io.StringIO((FOLDER / f"{QUARTER}.csv").read_text(encoding="utf-8-sig")), delimiter=";")
    for row in rows:
        sheet.append(row)
    path = folder / f"ansprak-{QUARTER}.xlsx"
    book.save(path)
    return path


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("main").get_by_role("button", name=name).first.click()


def reload_until(page: Page, text: str | re.Pattern[str]) -> None:
    """Wait for the worker: look again until the page says it."""
    for _attempt in range(60):
        if page.get_by_role("main").get_by_text(text).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()


def amounts(text: str) -> list[Decimal]:
    """Every amount a text mentions, as English or Swedish readers see it."""
    found = re.findall(r"SEK[\s\u00a0]([\d,]+\.\d\d)|(\d[\d\s\u00a0]*,\d\d)[\s\u00a0]kr", text)
    return [
        Decimal((en or sv).replace(",", "." if sv else "").replace("\u00a0", "").replace(" ", "")) for en, sv in found
    ]


def test_from_a_spreadsheet_to_a_paid_explained_settlement(
    people: People, fresh_live_stack: LiveStack, tmp_path: Path
) -> None:
    _provider_reports(people, workbook(tmp_path))
    _verifier_decides(people)
    total = _the_calculation_appears_by_itself(people)
    _two_people_attest(people)
    _the_ledger_balances(fresh_live_stack, total)
    _the_statement_says_the_same(people, total, tmp_path)


def _provider_reports(people: People, path: Path) -> None:
    page = people.at("provider", f"utfall/{QUARTER}/importera/")
    page.locator("input[type=file]").set_input_files(path)
    press(page, "Read the file")
    expect(page.get_by_text("The file can be imported", exact=True)).to_be_visible()
    press(page, re.compile("Confirm the import of 41 rows"))
    page = people.at("provider", f"utfall/{QUARTER}/rapportera/")
    press(page, "Report the period")
    expect(page.get_by_role("main").get_by_text("Reported").first).to_be_visible()


def _verifier_decides(people: People) -> None:
    page = people.at("intermediary", f"verifiering/{QUARTER}/")
    page.get_by_label("Choose all on this page").check()
    press(page, "Accept the chosen")
    expect(page.get_by_text("0 reports are undecided")).to_be_visible()
    page = people.at("intermediary", f"verifiering/{QUARTER}/klart/")
    press(page, "Verify the period")


def _the_calculation_appears_by_itself(people: People) -> Decimal:
    page = people.at("official", f"ersattning/{QUARTER}/")
    reload_until(page, "Who pays")
    shown = page.locator("tfoot tr").first.inner_text()
    total = amounts(shown)[0]
    assert total > 0
    return total


def _two_people_attest(people: People) -> None:
    for payer in ("utbildningsnamnden", "socialnamnden"):
        page = people.at("official", f"ersattning/{QUARTER}/bestall/{payer}/investeraren/")
        page.locator("input[name=due_on]").fill("2027-02-28")
        press(page, "Order the payment")
        order = page.url.split(f"/avtal/{CODE}/")[1]
        for who, verb in (("reviewer", "Review the payment"), ("decider", "Decide on the payment")):
            press(people.at(who, order), verb)


def _the_ledger_balances(stack: LiveStack, total: Decimal) -> None:
    with psycopg.connect(stack.database_url) as connection:
        booked: dict[str, Decimal] = dict(
            connection.execute(
                "SELECT p.account, sum(p.amount) FROM payments_posting p"
                " JOIN payments_ledgerentry e ON e.id = p.entry_id JOIN payments_paymentorder o ON o.id = e.order_id"
                " JOIN payments_calculation c ON c.id = o.calculation_id"
                " JOIN outcomes_claimperiod d ON d.id = c.claim_period_id WHERE d.name = %s GROUP BY p.account",
                [QUARTER],
            ).fetchall()
        )
    assert booked == {"outcome_cost": total, "payable": -total}


def _the_statement_says_the_same(people: People, total: Decimal, folder: Path) -> None:
    page = people.at("official", f"ersattning/{QUARTER}/underlag/")
    assert total in amounts(page.get_by_role("main").inner_text())
    press(page, "Make a PDF")
    reload_until(page, "The document is ready.")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download the PDF")).click()
    path = folder / "statement.pdf"
    download.value.save_as(path)
    text = "\n".join(sheet.extract_text() for sheet in PdfReader(path).pages)
    assert total in amounts(text)
    answer = _api(people, f"contracts/{CODE}/calculations/{QUARTER}")
    assert Decimal(answer["due"]) == total


def _api(people: People, path: str) -> dict[str, str]:
    """What another system gets, with a token made on the official's own account page."""
    page = people.windows["official"]
    page.goto(f"{people.base_url}/konto/nycklar/ny/")
    page.get_by_label("What is the token for?").fill("Economy system")
    page.get_by_label(re.compile("^Read")).check()
    press(page, "Make the token")
    secret = re.search(r"utf_[\w-]{40,}", page.content())
    assert secret
    answer = page.request.get(
        f"{people.base_url}/api/v1/{path}", headers={"Authorization": f"Bearer {secret.group(0)}"}
    )
    assert answer.ok, answer.text()
    return dict(answer.json())
