"""Swedish unless the reader says otherwise; the choice is remembered in the browser and in the account."""

from django.test import Client
from django.urls import reverse

from actors.models import User
from tests.actors.conftest import Browser
from tests.world import PASSWORD, World


def language_of(client: Client, address: str = "/konto/logga-in/", **headers: str) -> str:
    page = client.get(address, headers=headers).content.decode()
    return "sv" if '<html lang="sv"' in page else "en"


def test_swedish_is_the_default_whatever_the_browser_says(db: None, client: Client) -> None:
    assert language_of(client) == "sv"
    assert language_of(client, **{"accept-language": "en"}) == "sv"


def test_a_visitor_chooses(db: None, client: Client) -> None:
    response = client.post(reverse("actors:set_language"), {"language": "en", "next": "/tillganglighet/"})
    assert response["Location"] == "/tillganglighet/"
    assert language_of(client) == "en"
    client.post(reverse("actors:set_language"), {"language": "xx"})
    assert language_of(client) == "sv"


def test_the_choice_follows_the_account(world: World, browser_of: Browser) -> None:
    browser_of("anna").post(reverse("actors:set_language"), {"language": "en"})
    assert User.objects.get(email="anna@nordviken.example").language == "en"
    elsewhere = Client()
    elsewhere.post(reverse("actors:login"), {"username": "anna@nordviken.example", "password": PASSWORD})
    assert language_of(elsewhere, reverse("actors:account")) == "en"
    assert language_of(browser_of("anna"), reverse("actors:account")) == "en"  # a browser without the cookie


def test_the_account_page_changes_name_language_and_how_often_letters_come(world: World, browser_of: Browser) -> None:
    anna = browser_of("anna")
    wanted = {"name": "Anna Ek", "language": "en", "notices": "daily"}
    assert anna.post(reverse("actors:account"), wanted).status_code == 302
    user = User.objects.get(email="anna@nordviken.example")
    assert (user.name, user.language, user.notices) == ("Anna Ek", "en", "daily")
    assert language_of(anna, reverse("actors:account")) == "en"
    assert anna.post(reverse("actors:account"), {"name": "", "language": "xx"}).status_code == 422


def test_the_language_cannot_send_anybody_elsewhere(db: None, client: Client) -> None:
    response = client.post(reverse("actors:set_language"), {"language": "en", "next": "//evil.example/"})
    assert response["Location"] == "/"
