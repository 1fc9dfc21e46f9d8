"""Logging in and out: five failures lock, and nothing that looks like an identity number is kept."""

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse

from actors.models import User
from tests.actors.people import identity_number
from tests.world import PASSWORD, World

LOGIN = "/konto/logga-in/"


def log_in(client: Client, email: str, password: str = PASSWORD, **data: str) -> int:
    return client.post(LOGIN, {"username": email, "password": password} | data).status_code


def test_the_right_password_opens(world: World, client: Client) -> None:
    assert log_in(client, "Anna@Nordviken.example") == 302
    assert client.get(reverse("actors:account")).status_code == 200


def test_the_page_one_came_for_is_opened_afterwards(world: World, client: Client) -> None:
    response = client.post(
        LOGIN, {"username": "anna@nordviken.example", "password": PASSWORD, "next": "/organisation/"}
    )
    assert response["Location"] == "/organisation/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(world: World, client: Client, elsewhere: str) -> None:
    response = client.post(LOGIN, {"username": "anna@nordviken.example", "password": PASSWORD, "next": elsewhere})
    assert "evil" not in response["Location"]
    assert "javascript" not in response["Location"]


def test_a_wrong_password_is_told_without_saying_which_was_wrong(world: World, client: Client) -> None:
    wrong = client.post(LOGIN, {"username": "anna@nordviken.example", "password": "no"}).content.decode()
    unknown = client.post(LOGIN, {"username": "nobody@nordviken.example", "password": "no"}).content.decode()
    assert "error-summary" in wrong
    assert "error-summary" in unknown


def test_five_failures_lock_the_account_whatever_the_spelling(world: World, client: Client) -> None:
    spellings = [
        "anna@nordviken.example",
        "Anna@nordviken.example",
        "ANNA@nordviken.example",
        " anna@nordviken.example",
    ]
    for spelling in spellings:
        assert log_in(client, spelling, "wrong") == 422
    assert log_in(client, "anna@nordviken.example", "wrong") == 429
    locked = client.post(LOGIN, {"username": "anna@nordviken.example", "password": PASSWORD})
    assert locked.status_code == 429
    assert reverse("actors:password_reset") in locked.content.decode()
    assert log_in(Client(), "rut@nordviken.example") == 302  # nobody else is locked out


def test_an_identity_number_as_name_is_refused_before_the_attempt_is_logged(world: World, client: Client) -> None:
    number = identity_number(separator="-")
    response = client.post(LOGIN, {"username": number, "password": "x"})
    assert response.status_code == 422
    assert number not in response.content.decode()
    assert not AccessAttempt.objects.exists()


def test_what_is_logged_of_a_failure_holds_no_password(world: World, client: Client) -> None:
    log_in(client, "anna@nordviken.example", "a-mistyped-secret")
    attempt = AccessAttempt.objects.get()
    assert "a-mistyped-secret" not in str(vars(attempt))


def test_a_closed_account_does_not_open(world: World, client: Client) -> None:
    User.objects.filter(email="anna@nordviken.example").update(is_active=False)
    assert log_in(client, "anna@nordviken.example") == 422


def test_logging_out_takes_a_post(world: World, client: Client) -> None:
    log_in(client, "anna@nordviken.example")
    assert client.get(reverse("actors:logout")).status_code == 405
    client.post(reverse("actors:logout"))
    assert client.get(reverse("actors:account")).status_code == 302


def test_passwords_are_hashed_with_argon2() -> None:
    from config import settings

    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
