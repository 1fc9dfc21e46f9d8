"""The README's pictures, taken from a running demo: .venv/bin/python tests/screenshots.py [address].

`make demo` in one window, this in another. Pictures land in docs/screenshots/.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
PICTURES = [
    # name, who, address
    ("start", "official", "/start/"),
    ("contract", "official", "/avtal/UK-2025-01/"),
    ("terms", "investor", "/avtal/UK-2025-01/villkor/"),
    ("verification", "intermediary", "/avtal/UK-2025-01/verifiering/2026-Q3/"),
    ("settlement", "official", "/avtal/UK-2025-01/ersattning/2026-Q2/"),
    ("investment", "investor", "/avtal/UK-2025-01/investering/"),
    ("norrkoping", "support", "/avtal/UK-2016-01/"),
    # the path from a need to an agreement
    ("path-1-library", "lillberg", "/bibliotek/mallar/school-completion/"),
    ("path-2-path", "official", "/avtal/UK-2027-01/vagen/"),
    ("path-3-kolada", "official", "/avtal/UK-2027-01/matning/kolada/N02797/"),
    ("path-4-measures", "official", "/avtal/UK-2027-01/matning/"),
    ("path-5-budgets", "official", "/avtal/UK-2027-01/kalkyl/"),
    ("path-6-simulation", "official", "/avtal/UK-2027-01/kalkyl/simulering/"),
    ("path-7-negotiation", "official", "/avtal/UK-2027-01/forhandling/"),
    ("path-8-agreement", "official", "/avtal/UK-2025-01/avtalet/"),
    ("path-9-calendar", "official", "/avtal/UK-2025-01/kalender/"),
    ("editor", "official", "/avtal/UK-2027-01/villkor/redigera/terms/1/"),
]


def take(browser: Browser, base_url: str, name: str, who: str, address: str) -> None:
    """One picture, as one of the demo's people."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="sv-SE", device_scale_factor=1)
    page = context.new_page()
    page.goto(f"{base_url}/konto/logga-in/")
    page.locator("input[name=username]").fill(f"{who}@example.org")
    page.locator("input[name=password]").fill("utfall-demo")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/start/")
    page.goto(f"{base_url}{address}")
    page.wait_for_timeout(1000)  # pictures that come when they are looked at
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


def main() -> None:
    base_url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, who, address in PICTURES:
            take(browser, base_url, name, who, address)
        browser.close()


if __name__ == "__main__":
    main()
