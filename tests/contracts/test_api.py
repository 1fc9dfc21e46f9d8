"""Contracts and terms for other systems: the same rules as the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from actors.api_auth import new_secret, token_hash
from actors.models import ApiToken, Membership
from contracts import actions
from tests.contracts.conftest import AT, Drafting
from tests.contracts.test_pages import more_contracts
from tests.world import TERMS, World

LIST = "/api/v1/contracts"


def api(world: World, who: str) -> Client:
    secret = new_secret()
    ApiToken.objects.create(
        membership=Membership.objects.get(user=world.users[who]),
        name="test",
        prefix=secret[:12],
        token_hash=token_hash(secret),
        scopes=[ApiToken.Scope.READ],
        expires_at=timezone.now() + timedelta(days=1),
    )
    return Client(headers={"Authorization": f"Bearer {secret}", "Accept-Language": "en"})


def read(world: World, who: str, path: str, status: int = 200) -> Any:
    response = api(world, who).get(path)
    assert response.status_code == status, response.content
    return response.json()


def test_a_system_without_a_token_is_not_let_in(world: World) -> None:
    assert Client().get(LIST).status_code == 401


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        ("anna", ["UK-2026-01", "UK-2026-02"]),
        ("signe", ["UK-2026-01", "UK-2026-02"]),
        ("stina", ["UK-2026-01"]),
        ("charlie", []),
    ],
)
def test_the_list_holds_what_the_pages_hold(drafting: Drafting, who: str, codes: list[str]) -> None:
    body = read(drafting.world, who, LIST)
    assert [contract["code"] for contract in body["results"]] == codes
    assert body["next"] is None


@pytest.mark.parametrize("path", ["", "/terms", "/terms?version=1"])
def test_an_outsider_does_not_learn_that_a_contract_exists(world: World, path: str) -> None:
    there = api(world, "charlie").get(f"{LIST}/{world.contract.code}{path}")
    nowhere = api(world, "charlie").get(f"{LIST}/UK-1999-01{path}")
    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content
    assert there.headers["Content-Type"].startswith("application/problem+json")


def test_a_contract_says_who_is_in_it_and_what_the_caller_is(world: World) -> None:
    body = read(world, "vera", f"{LIST}/{world.contract.code}")
    assert (body["status"], body["starts_on"]) == ("active", "2026-07-01")
    assert body["your_roles"] == ["intermediary", "verifier"]
    parties = {party["key"]: party for party in body["parties"]}
    assert parties["socialnamnden"] == {
        "key": "socialnamnden",
        "role": "outcome_payer",
        "organisation": "Nordvikens kommun",
        "organisation_number": world.organisations["nordviken"].organisation_number,
        "board": "Socialnämnden",
    }
    assert parties["utforaren"]["board"] is None


def test_the_terms_come_with_their_hash_and_all_versions(drafting: Drafting) -> None:
    version = drafting.agree()
    body = read(drafting.world, "ines", f"{LIST}/{drafting.contract.code}/terms")
    assert body["version"]["document_hash"] == version.document_hash
    assert body["terms"]["limits"] == [
        {"at_most": "25000", "scope": "person"},
        {"at_most": "3000000", "scope": "contract"},
    ]
    assert body["document"]["terms"] == body["terms"]
    assert [v["status"] for v in body["versions"]] == ["agreed"]


def test_any_version_can_be_asked_for(drafting: Drafting) -> None:
    drafting.propose()
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="Nej", at=AT)
    path = f"{LIST}/{drafting.contract.code}/terms"
    assert read(drafting.world, "anna", path)["version"]["number"] == 2
    assert read(drafting.world, "anna", f"{path}?version=1")["version"]["status"] == "withdrawn"
    read(drafting.world, "anna", f"{path}?version=9", 404)
    problem = read(drafting.world, "anna", f"{path}?version=x", 400)
    assert problem["errors"][0]["where"] == "version"


def test_the_running_terms_are_exact_text(world: World) -> None:
    assert read(world, "anna", f"{LIST}/{world.contract.code}/terms")["terms"] == TERMS


def test_the_list_is_filtered_and_says_what_it_does_not_know(drafting: Drafting) -> None:
    body = read(drafting.world, "anna", f"{LIST}?status=draft")
    assert [contract["code"] for contract in body["results"]] == ["UK-2026-02"]
    assert read(drafting.world, "anna", f"{LIST}?status=x", 400)["errors"][0]["where"] == "status"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "²", ""])
def test_a_wrong_limit_is_refused(world: World, limit: str) -> None:
    assert read(world, "anna", f"{LIST}?limit={limit}", 400)["errors"][0]["where"] == "limit"


def test_the_pages_of_the_list_follow_one_another(world: World) -> None:
    more_contracts(world, 6)
    client, path = api(world, "anna"), f"{LIST}?limit=3"
    codes: list[str] = []
    while path:
        body = client.get(path).json()
        codes += [contract["code"] for contract in body["results"]]
        path = body["next"]
    assert len(codes) == len(set(codes)) == 7


def test_the_list_asks_as_much_for_three_times_the_rows(world: World) -> None:
    client = api(world, "anna")

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        return len(asked)

    more_contracts(world, 3)
    few = questions()
    more_contracts(world, 9)
    assert questions() == few <= 15
