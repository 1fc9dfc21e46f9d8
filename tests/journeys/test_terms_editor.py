"""The editor of terms in a browser, by the keyboard alone: the demo's contracts built from nothing, in Swedish."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from config.demo import nordviken, norrkoping
from contracts.editor.described import sections
from rulebook import terms_hash
from tests.conftest import LiveStack
from tests.contracts.editor_form import Writer
from tests.journeys.people import log_in

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
        """The control, with focus, and within Tab's reach."""
        found = self.page.locator(control).last if isinstance(control, str) else control
        found.focus()
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
