"""axe over every page, as the first of the demo's people who may open it, in both languages."""

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
    if not address.blanks:
        return filled(address, contracts[0])
    per_contract = [filled(address, contract) for contract in contracts]
    running, historical = per_contract[0], per_contract[-1]
    return list(dict.fromkeys([running[0], running[-1], historical[0]]))


@pytest.mark.parametrize("language", ["sv", "en"])
def test_axe_finds_nothing_on_any_page(
    browser: Browser, live_stack: LiveStack, paths: list[str], language: str
) -> None:
    waiting = list(paths)
    faults: list[str] = []
    seen = 0
    for who in ["", *PEOPLE]:
        context = browser.new_context(locale="sv-SE", viewport={"width": 1280, "height": 900})
        page = context.new_page()
        if who:
            log_in(page, live_stack.base_url, who)
        context.add_cookies([{"name": "django_language", "value": language, "url": live_stack.base_url}])
        for path in list(waiting):
            if _opens(page, live_stack.base_url, path):
                waiting.remove(path)
                seen += 1
                assert page.locator("html").get_attribute("lang") == language, path
                faults += [f"{path} ({language}): {fault}" for fault in _faults(page)]
        context.close()
    assert not faults, "\n".join(faults)
    assert seen > 30


def _opens(page: Page, base_url: str, path: str) -> bool:
    """Is it a page that this person may open (not a file, a redirect, an act or somebody else's)?"""
    answer = page.request.get(f"{base_url}{path}", max_redirects=0)
    if answer.status != 200 or not answer.headers.get("content-type", "").startswith("text/html"):
        return False
    page.goto(f"{base_url}{path}")
    return True


def _faults(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"][:3]]
