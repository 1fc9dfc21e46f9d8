"""The demo's people in a browser."""

from playwright.sync_api import Page, expect

PASSWORD = "utfall-demo"


def log_in(page: Page, base_url: str, who: str) -> None:
    """Log in as who@example.org through the login page."""
    page.goto(f"{base_url}/konto/logga-in/")
    page.get_by_label("E-postadress").fill(f"{who}@example.org")
    page.get_by_label("Lösenord").fill(PASSWORD)
    page.get_by_role("button", name="Logga in").click()
    expect(page).to_have_url(f"{base_url}/start/")
