"""Forgotten and changed passwords."""

import re

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from actors.models import AuditEvent, User
from tests.actors.conftest import Browser
from tests.world import PASSWORD, World

NEW = "a-quite-new-password"


def ask(client: Client, email: str) -> None:
    response = client.post(reverse("actors:password_reset"), {"email": email})
    assert response["Location"] == reverse("actors:password_reset_sent")


def link_in(message: EmailMessage) -> str:
    found = re.search(r"http://localhost:8000(/konto/nytt-losenord/\S+)", str(message.body))
    assert found
    return found[1]


def test_a_new_password_is_set_by_the_link_once(world: World, client: Client) -> None:
    ask(client, "ANNA@nordviken.example")
    link = link_in(mail.outbox[0])
    form = client.get(link, follow=True)
    path = form.redirect_chain[-1][0]
    assert "set-password" in path  # the token is out of the address
    assert client.post(path, {"new_password1": NEW, "new_password2": NEW})["Location"] == reverse("actors:login")
    assert User.objects.get(email="anna@nordviken.example").check_password(NEW)
    assert AuditEvent.objects.filter(event="account.password_changed").count() == 1
    again = Client().get(link, follow=True)
    assert 'name="new_password1"' not in again.content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_letter(world: World, client: Client) -> None:
    ask(client, "nobody@nordviken.example")
    assert mail.outbox == []


@pytest.mark.parametrize(("language", "words"), [("sv", "nytt lösenord"), ("en", "new password")])
def test_the_letter_is_in_the_readers_language(world: World, client: Client, language: str, words: str) -> None:
    User.objects.filter(email="anna@nordviken.example").update(language=language)
    ask(client, "anna@nordviken.example")
    message = mail.outbox[0]
    assert words in message.subject.lower()
    assert message.alternatives[0][1] == "text/html"  # type: ignore[union-attr]
    assert f'lang="{language}"' in str(message.alternatives[0][0])  # type: ignore[union-attr]


def test_a_weak_password_is_refused(world: World, client: Client) -> None:
    ask(client, "anna@nordviken.example")
    path = client.get(link_in(mail.outbox[0]), follow=True).redirect_chain[-1][0]
    for weak in ("short", "password1234", "nordviken.example"):
        assert client.post(path, {"new_password1": weak, "new_password2": weak}).status_code == 422
    assert User.objects.get(email="anna@nordviken.example").check_password(PASSWORD)


def test_a_reset_unlocks_the_account(world: World, client: Client) -> None:
    for _ in range(5):
        client.post(reverse("actors:login"), {"username": "anna@nordviken.example", "password": "wrong"})
    ask(client, "anna@nordviken.example")
    path = client.get(link_in(mail.outbox[0]), follow=True).redirect_chain[-1][0]
    client.post(path, {"new_password1": NEW, "new_password2": NEW})
    response = client.post(reverse("actors:login"), {"username": "anna@nordviken.example", "password": NEW})
    assert response.status_code == 302


def test_a_change_asks_for_the_present_password_and_ends_other_sessions(world: World, browser_of: Browser) -> None:
    here, elsewhere = browser_of("anna"), browser_of("anna")
    address = reverse("actors:password_change")
    wrong = here.post(address, {"old_password": "no", "new_password1": NEW, "new_password2": NEW})
    assert wrong.status_code == 422
    right = here.post(address, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert right.status_code == 302
    assert here.get(reverse("actors:account")).status_code == 200
    assert elsewhere.get(reverse("actors:account")).status_code == 302
