"""API tokens: shown once, hashed, scoped, ending, revoked."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from actors import actions
from actors.api_auth import HasScope, TokenAuthentication, new_secret
from actors.models import ApiToken, AuditEvent, Membership
from actors.policies import NotVisible, Refused
from tests.actors.conftest import Browser
from tests.world import World


def make(world: World, name: str = "anna", *, days: int = 30, scopes: list[str] | None = None) -> tuple[ApiToken, str]:
    secret, at = new_secret(), timezone.now()
    token = actions.make_token(
        actor=world.actors[name],
        name="Ärendesystemet",
        scopes=scopes or ["read"],
        expires_at=at + timedelta(days=days),
        secret=secret,
        at=at,
    )
    return token, secret


def authenticate(secret: str) -> object:
    return TokenAuthentication().authenticate(
        Request(APIRequestFactory().get("/", headers={"Authorization": f"Bearer {secret}"}))
    )


def test_a_token_is_shown_once_and_only_its_hash_is_stored(world: World, browser_of: Browser) -> None:
    anna = browser_of("anna")
    made = anna.post(reverse("actors:token_new"), {"name": "Ärendesystemet", "scopes": ["read"], "days": "30"})
    assert made.status_code == 201
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert secret not in anna.get(reverse("actors:account")).content.decode()
    assert secret not in str(list(ApiToken.objects.values())) + str(list(AuditEvent.objects.values()))
    assert authenticate(secret) == (world.users["anna"], ApiToken.objects.get())


def test_a_token_ends(world: World) -> None:
    token, secret = make(world)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    with pytest.raises(AuthenticationFailed):
        authenticate(secret)


@pytest.mark.parametrize("days", [-1, 0, 367, 4000])
def test_a_token_lasts_at_most_a_year(world: World, days: int) -> None:
    with pytest.raises(Refused):
        make(world, days=days)


def test_a_revoked_token_stops_at_once(world: World, browser_of: Browser) -> None:
    token, secret = make(world)
    address = reverse("actors:token_revoke", args=[token.pk])
    assert browser_of("rut").post(address).status_code == 404
    authenticate(secret)
    assert browser_of("anna").post(address).status_code == 302
    with pytest.raises(AuthenticationFailed):
        authenticate(secret)
    assert browser_of("anna").post(address).status_code == 409


def test_a_token_ends_with_its_membership(world: World) -> None:
    _, secret = make(world)
    anna = Membership.objects.get(user=world.users["anna"])
    actions.end_membership(actor=world.actors["alva"], membership_pk=anna.pk, at=timezone.now())
    with pytest.raises(AuthenticationFailed):
        authenticate(secret)


def test_a_token_of_a_closed_account_does_not_work(world: World) -> None:
    _, secret = make(world)
    world.users["anna"].is_active = False
    world.users["anna"].save()
    with pytest.raises(AuthenticationFailed):
        authenticate(secret)


@pytest.mark.parametrize("secret", ["", "utf_nonsense", "two words", "å"])
def test_a_wrong_token_is_refused(world: World, secret: str) -> None:
    with pytest.raises(AuthenticationFailed):
        authenticate(secret)


def test_a_scope_allows_only_itself(world: World) -> None:
    token, _ = make(world, scopes=["read"])

    class View:
        scope = "claims"

    request = APIRequestFactory().get("/")
    request.auth = token
    permission: BasePermission = HasScope()
    assert not permission.has_permission(request, View())  # type: ignore[arg-type]
    View.scope = "read"
    assert permission.has_permission(request, View())  # type: ignore[arg-type]


def test_unknown_scopes_are_refused(world: World) -> None:
    with pytest.raises(Refused):
        make(world, scopes=["everything"])


def test_somebody_elses_token_is_not_known(world: World) -> None:
    token, _ = make(world)
    with pytest.raises(NotVisible):
        actions.revoke_token(actor=world.actors["rut"], token_pk=token.pk, at=timezone.now())
