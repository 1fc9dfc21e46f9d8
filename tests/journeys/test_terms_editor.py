"""The editor of terms in a browser, by the keyboard alone: the demo's contracts built from nothing, in Swedish."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from config.demo import nordviken, norrkoping
from contracts.editor.described import sections
from rulebook import terms_hash
from tests.conftest import LiveStack
from tests.contracts.editor_form import Writer
from tests.journeys.people import log_in
from tests.journeys.test_accessibility import RULES

DEMO = {"Nordviken": nordviken.FOLDER, "Norrköping": norrkoping.FOLDER}


@pytest.fixture
def page_at(browser: Browser, live_stack: LiveStack) -> Iterator[Page]:
    """The official's window."""
    context = browser.new_context(locale="sv-SE", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    log_in(page, live_stack.base_url, "official")
    yield page
    context.close()


class Keyboard(Writer):
    """Somebody who edits the terms of a new contract with the keyboard: every control is reached with Tab."""

    def __init__(self, page: Page, stack: LiveStack, name: str) -> None:
        self.page, self.stack = page, stack
        page.goto(f"{stack.base_url}/avtal/nytt/")
        for field, text in {"name": name, "starts_on": "2025-10-01", "ends_on": "2028-09-30"}.items():
            self.reach(f"[name={field}]").fill(text)
        self.press(page.get_by_role("button", name="Skapa avtalet"))
        page.wait_for_url(re.compile(r"/avtal/UK-"))
        found = re.search(r"/avtal/([^/]+)/", page.url)
        assert found
        self.code = found[1]

    def reach(self, control: str | Locator) -> Locator:
        """The control, with focus, and within Tab's reach. A form that comes back late moves focus once more."""
        found = self.page.locator(control).last if isinstance(control, str) else control
        for _attempt in range(20):
            found.focus()
            if found.evaluate("element => element === document.activeElement"):
                break
            self.page.wait_for_timeout(250)
        expect(found).to_be_focused()
        assert found.evaluate("element => element.tabIndex") == 0
        return found

    def press(self, button: str | Locator) -> None:
        self.reach(button)
        self.page.keyboard.press("Enter")

    def open(self, place: str) -> None:
        self.page.goto(f"{self.stack.base_url}/avtal/{self.code}/villkor/redigera/{place}")

    def value(self, name: str) -> str | None:
        found = self.page.locator(f"[name='{name}']")
        return found.first.input_value() if found.count() else None

    def is_there(self, beginning: str) -> bool:
        return self.page.locator(f"[name='{beginning}'], [name^='{beginning}.']").count() > 0

    def has_button(self, do: str) -> bool:
        return self.page.locator(f"button[value='{do}']").count() > 0

    def act(self, do: str) -> None:
        """Press a button that changes the form, and wait for the form that comes back, with focus somewhere in it."""
        self.page.locator("#editor-form").evaluate("form => form.setAttribute('data-old', '')")
        self.press(f"button[value='{do}']")
        expect(self.page.locator("#editor-form:not([data-old]) :focus")).to_be_attached()

    def choose_kind(self, name: str, kind: str) -> None:
        self.reach(f"[name='{name}.kind']").select_option(kind)
        expect(self.page.locator(f"[name='{name}.was'][value='{kind}']")).to_be_attached()
        expect(self.page.locator(f"[name='{name}.kind']")).to_be_focused()

    def put(self, name: str, value: Any) -> None:
        control = self.reach(f"[name='{name}']")
        if isinstance(value, bool):
            self.page.keyboard.press("Space")
        elif control.evaluate("element => element.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(str(value))

    def save(self, place: str) -> None:
        """Save, and come back to the whole draft with focus on what was written."""
        self.press(self.page.get_by_role("button", name="Spara", exact=True).last)
        expect(self.page.locator(f"#{place}")).to_be_focused()
        expect(self.page.get_by_text("Sparat.")).to_be_visible()

    def build(self, document: dict[str, Any]) -> None:
        """Everything in the document, part by part, in the order that the empty draft recommends."""
        self.open("allmant/")
        for key, value in document.items():
            if key not in sections():
                self.write(f"f.{key}", value)
        self.save("general")
        for section in sections():
            for index, item in enumerate(document.get(section, [])):
                self.press(self.page.locator(f"a[href$='/{section}/{index + 1}/']").last)
                expect(self.page.locator("#editor-form")).to_be_attached()
                self.write_object("f", item)
                self.save(f"{section}-{index + 1}")

    def stored(self) -> Any:
        with psycopg.connect(self.stack.database_url) as connection:
            row = connection.execute(
                "SELECT v.terms FROM contracts_contractversion v JOIN contracts_contract c ON c.id = v.contract_id"
                " WHERE c.code = %s",
                [self.code],
            ).fetchone()
        assert row
        return row[0]


@pytest.mark.parametrize("contract", list(DEMO))
def test_the_demos_terms_are_built_from_an_empty_draft(page_at: Page, live_stack: LiveStack, contract: str) -> None:
    document = json.loads((Path(DEMO[contract]) / "terms.json").read_text(encoding="utf-8"))
    writer = Keyboard(page_at, live_stack, contract)
    writer.open("")
    expect(page_at.get_by_text("Utkastet är tomt.")).to_be_visible()
    writer.build(document)
    expect(page_at.get_by_text("Utkastet hänger ihop.")).to_be_visible()
    assert terms_hash(writer.stored()) == terms_hash(document)
    _everybody_can_use_it(writer, document)


def _everybody_can_use_it(writer: Keyboard, document: dict[str, Any]) -> None:
    """axe finds nothing, wide or narrow, and nothing sticks out of a screen of 320 pixels."""
    page = writer.page
    items = [f"{section}/{len(document.get(section, [])) or 1}/" for section in sections()]
    for place in ["", "allmant/", *items]:
        writer.open(place)
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, place
            assert not Axe().run(page, options=RULES).response["violations"], f"{place} at {width}"
    page.set_viewport_size({"width": 1280, "height": 900})


def test_words_amounts_and_faults_follow_what_is_written(page_at: Page, live_stack: LiveStack) -> None:
    writer = Keyboard(page_at, live_stack, "Medan man skriver")
    page_at.goto(f"{live_stack.base_url}/avtal/{writer.code}/villkor/andra/")
    text = (nordviken.FOLDER / "terms.json").read_text(encoding="utf-8")
    writer.reach("textarea[name=text]").fill(text)
    writer.press(page_at.get_by_role("button", name="Spara utkastet"))
    page_at.wait_for_url("**/villkor/")
    writer.open("terms/2/")
    beside = page_at.locator("#editor-live")
    expect(beside).to_contain_text("120 000,00 kr")

    amount = writer.reach("[name='f.price.amount']")
    amount.press("Control+A")
    amount.press_sequentially("7 000")
    expect(beside).to_contain_text("betalas 7 000,00 kr")
    expect(beside).to_contain_text("70 000,00 kr")
    expect(amount).to_be_focused()
    expect(amount).to_have_value("7 000")

    writer.press("#editor-form summary")
    writer.reach("[name='x.att3']").press_sequentially("3")
    expect(beside).to_contain_text("21 000,00 kr")

    writer.reach("[name='f.price.amount']").fill("sju")
    expect(page_at.locator("#f-price-amount-problems")).to_contain_text("”sju” är inget tal")
    expect(page_at.get_by_role("status").filter(has_text="1 sak att fylla i eller rätta här.")).to_be_attached()
    writer.press(beside.get_by_role("link", name=re.compile("^Pris per utfall: ")))
    expect(amount).to_be_focused()

    writer.choose_kind("f.price", "threshold")
    writer.choose_kind("f.price", "unit")
    expect(page_at.locator("[name='f.price.amount']")).to_have_value("sju")
    assert writer.stored()["terms"][1]["price"]["amount"] == "12000", "nothing is saved before somebody says so"
