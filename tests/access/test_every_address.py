"""Every address × every role of the demo: what each may reach, and that no body tells what its reader may not know."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from rest_framework.permissions import AllowAny

from actors.api_auth import HasScope
from actors.models import ApiToken, Membership, User
from actors.policies import Actor
from actors.roles import Permission, Role
from contracts.models import Contract
from contracts.policies import roles_of
from outcomes.models import Participant
from tests.access.addresses import Address, addresses, filled, mentions

OUTSIDER = "outsider@example.org"
SEES_PSEUDONYMS = {  # in the running contract
    "official@example.org",
    "provider@example.org",
    "intermediary@example.org",
}
EVERYBODY = [
    "official@example.org",
    "reviewer@example.org",
    "decider@example.org",
    "provider@example.org",
    "intermediary@example.org",
    "investor@example.org",
    "support@example.org",
    OUTSIDER,
]
# Acts that end the session or change the account of the walker: walked last, by nobody.
LEFT_OUT = {"actors:logout"}


def clients(email: str) -> tuple[Client, Client]:
    """A browser and another system, both as this person."""
    user = User.objects.get(email=email)
    browser = Client(raise_request_exception=True)
    browser.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    token, secret = _token(user)
    assert token
    return browser, Client(headers={"Authorization": f"Bearer {secret}"})


def _token(user: User) -> tuple[ApiToken, str]:
    from datetime import timedelta

    from django.utils import timezone

    from actors.api_auth import new_secret, token_hash

    secret = new_secret()
    membership = Membership.objects.filter(user=user, ended_at__isnull=True).earliest("pk")
    token = ApiToken.objects.create(
        membership=membership,
        name="walk",
        prefix=secret[:12],
        token_hash=token_hash(secret),
        scopes=list(ApiToken.Scope.values),
        expires_at=timezone.now() + timedelta(days=1),
    )
    return token, secret


def body_of(response: HttpResponseBase) -> str:
    content = b"".join(response) if response.streaming else getattr(response, "content", b"")
    return content.decode("utf-8", "replace")


def visits(
    address: Address, contract: Contract, browser: Client, api: Client
) -> Iterator[tuple[str, HttpResponseBase, str]]:
    client = api if address.is_api else browser
    for path in filled(address, contract):
        response = client.get(path)
        if response.status_code == 405:  # an act: knock with an empty form
            response = client.post(path, {}, content_type="application/json") if address.is_api else client.post(path)
        yield path, response, body_of(response)


def test_every_address_declares_its_permission() -> None:
    for address in addresses():
        if address.is_api:
            view = address.view.cls  # type: ignore[attr-defined]
            assert set(view.permission_classes) <= {HasScope, AllowAny}, address.name
            open_to_all = AllowAny in view.permission_classes
            assert not open_to_all or address.name == "api-schema", address.name
        else:
            assert isinstance(getattr(address.view, "permission", None), Permission), address.name
            in_contract = getattr(address.view, "in_contract", False)
            assert in_contract == ("code" in address.blanks), address.name


def test_a_visitor_meets_the_login_page_or_a_public_one() -> None:
    visitor = Client()
    for address in addresses():
        for contract in Contract.objects.all()[:1]:
            path = filled(address, contract)[0]
            response = visitor.get(path)
            if response.status_code == 405:
                response = visitor.post(path)
            if address.is_api:
                assert response.status_code == (200 if address.name == "api-schema" else 401), path
            elif address.view.permission is Permission.PUBLIC:  # type: ignore[attr-defined]
                assert response.status_code < 500, path
            else:
                assert response.status_code == 302, path
                assert "/logga-in/" in response.headers["Location"], path


def test_an_outsider_gets_404_on_every_address_of_both_contracts() -> None:
    browser, api = clients(OUTSIDER)
    contracts = list(Contract.objects.all())
    assert len(contracts) == 3
    walked = 0
    for contract in contracts:
        for address in addresses():
            if "code" in address.blanks:
                for path, response, body in visits(address, contract, browser, api):
                    assert response.status_code == 404, path
                    assert contract.name not in body, path
                    walked += 1
    assert walked > 40


@pytest.mark.parametrize("email", EVERYBODY)
def test_no_body_shows_a_pseudonym_to_anybody_else(email: str) -> None:
    browser, api = clients(email)
    user = User.objects.get(email=email)
    membership = (
        Membership.objects.filter(user=user, ended_at__isnull=True).select_related("organisation").earliest("pk")
    )
    actor = Actor(user, membership)
    for contract in Contract.objects.all():
        pseudonyms = list(Participant.objects.filter(contract=contract).values_list("pseudonym", flat=True))
        roles = roles_of(actor, contract)
        may_see = email in SEES_PSEUDONYMS and bool(roles - {Role.OBSERVER, Role.NATIONAL_SUPPORT})
        for address in addresses():
            if address.name in LEFT_OUT or (not address.blanks and contract.code != "UK-2025-01"):
                continue
            for path, response, body in visits(address, contract, browser, api):
                assert response.status_code < 500, path
                if pseudonyms and not may_see:
                    assert not mentions(body, pseudonyms), f"{path} tells {email} a pseudonym"


@pytest.mark.parametrize("email", sorted(SEES_PSEUDONYMS))
def test_those_who_work_with_persons_see_the_pseudonyms(email: str) -> None:
    browser, api = clients(email)
    contract = Contract.objects.get(code="UK-2025-01")
    pseudonyms = list(Participant.objects.filter(contract=contract).values_list("pseudonym", flat=True))
    seen: set[str] = set()
    for address in addresses():
        if "code" in address.blanks:
            for _path, _response, body in visits(address, contract, browser, api):
                seen.update(mentions(body, pseudonyms))
    assert len(seen) > 20, "the walk can find pseudonyms where they are shown, so it would find them where they are not"
