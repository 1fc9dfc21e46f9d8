"""axe over every page, as the first of the demo's people who may open it; and the language of every page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django import DjangoDbBlocker

from contracts.models import Contract
from tests.access.addresses import Address, addresses, filled
from tests.conftest import LiveStack
from tests.databases import Databases
from tests.journeys.people import log_in

PEOPLE = ["official", "provider", "intermediary", "decider", "investor", "support"]
DIFFERS_IN_HISTORY = {"reports:contract_overview", "contracts:contract_terms", "payments:settlements"}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def paths(databases: Databases, demo_database: tuple[str, Path], django_db_blocker: DjangoDbBlocker) -> list[str]:
    """One or a few real addresses of every page that is not the API."""
    name = databases.create(template=demo_database[0])
    with django_db_blocker.unblock(), databases.used(name):
        contracts = list(Contract.objects.order_by("-code"))
        pages = [address for address in addresses() if not address.is_api]
        found = [path for address in pages for path in _examples(address, contracts)]
    databases.drop(name)
    return found


def _examples(address: Address, contracts: list[Contract]) -> list[str]:
    """The page of a contract that is being designed, and of one that runs; of the historical one where it differs."""
    if not address.blanks:
        return filled(address, contracts[0])
    per_contract = [filled(address, contract) for contract in contracts]
    designed, running, historical = per_contract[0], per_contract[1], per_contract[-1]
    differs = historical if address.name in DIFFERS_IN_HISTORY else []
    return list(dict.fromkeys([designed[0], running[-1], *differs[:1]]))


def test_axe_finds_nothing_on_any_page(browser: Browser, live_stack: LiveStack, paths: list[str]) -> None:
    waiting = list(paths)
    faults: list[str] = []
    for page in _windows(browser, live_stack.base_url, "sv"):
        for path in list(waiting):
            if _is_page(page, live_stack.base_url, path):
                waiting.remove(path)
                page.goto(f"{live_stack.base_url}{path}")
                faults += [f"{path}: {fault}" for fault in _faults(page)]
    assert not faults, "\n".join(faults)
    assert len(paths) - len(waiting) > 100


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_says_which_language_it_is_in(
    browser: Browser, live_stack: LiveStack, paths: list[str], language: str
) -> None:
    page = next(_windows(browser, live_stack.base_url, language, people=PEOPLE[:1]))
    opened = [path for path in paths if _is_page(page, live_stack.base_url, path, language)]
    assert len(opened) > 60


def _windows(browser: Browser, base_url: str, language: str, people: list[str] | None = None) -> Iterator[Page]:
    """A window for each of these people, a visitor first unless they are named."""
    for who in people or ["", *PEOPLE]:
        context = browser.new_context(locale="sv-SE", viewport={"width": 1280, "height": 900})
        page = context.new_page()
        if who:
            log_in(page, base_url, who)
        context.add_cookies([{"name": "django_language", "value": language, "url": base_url}])
        yield page
        context.close()


def _is_page(page: Page, base_url: str, path: str, language: str = "") -> bool:
    """Is it a page that this person may open (not a file, a redirect, an act or somebody else's)?"""
    answer = page.request.get(f"{base_url}{path}", max_redirects=0)
    if answer.status != 200 or not answer.headers.get("content-type", "").startswith("text/html"):
        return False
    assert not language or f'<html lang="{language}"' in answer.text(), path
    return True


def _faults(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"][:3]]
