"""Outcomes for other systems: one effect per key, everything wrong at once, the same permissions as the pages."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from actors.api_auth import new_secret, token_hash
from actors.models import ApiToken
from outcomes.models import Claim, IdempotentPost
from tests.actors.people import identity_number
from tests.outcomes import files
from tests.world import NOW, World, build_world

BASE = "/api/v1/contracts/UK-2026-01"
CLAIM = {"pseudonym": "p7f3", "metric": "att3", "event_on": "2026-10-14", "units": "1"}


def token(world: World, name: str, *scopes: str) -> dict[str, str]:
    secret, membership = new_secret(), world.actors[name].membership
    assert membership is not None
    ApiToken.objects.create(
        membership=membership,
        name="test",
        prefix=secret[:8],
        token_hash=token_hash(secret),
        scopes=list(scopes or ("read", "claims")),
        expires_at=timezone.now() + timedelta(days=400),
    )
    return {"Authorization": f"Bearer {secret}"}


def post(headers: dict[str, str], body: Any, key: str | None = "k1") -> Any:
    extra = headers | ({"Idempotency-Key": key} if key is not None else {})
    return Client().post(
        f"{BASE}/periods/2026-Q4/claims", json.dumps(body), content_type="application/json", headers=extra
    )


@pytest.fixture
def headers(world: World, clock: Any) -> dict[str, str]:
    clock.move_to(NOW)
    return token(world, "signe")


def test_claims_are_posted_once_however_often_they_are_sent(headers: dict[str, str]) -> None:
    first = post(headers, {"claims": [CLAIM]})
    again = post(headers, {"claims": [CLAIM]})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Claim.objects.count() == 1
    assert "p7f3" not in json.dumps(first.json())
    assert "p7f3" not in json.dumps(IdempotentPost.objects.get().body)


def test_same_key_with_another_body_is_refused(headers: dict[str, str]) -> None:
    post(headers, {"claims": [CLAIM]})
    answer = post(headers, {"claims": [CLAIM | {"event_on": "2026-10-15"}]})
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert Claim.objects.count() == 1


@pytest.mark.parametrize("key", [f"post-{identity_number()}", "k\x001"])
def test_key_is_no_place_for_an_identity_number(headers: dict[str, str], key: str) -> None:
    answer = post(headers, {"claims": [CLAIM]}, key)
    assert answer.status_code == 400
    assert key.removeprefix("post-") not in answer.content.decode()
    assert not IdempotentPost.objects.exists()


@pytest.mark.parametrize("key", [None, "", "x" * 256])
def test_key_is_demanded(headers: dict[str, str], key: str | None) -> None:
    assert post(headers, {"claims": [CLAIM]}, key).status_code == 400


def test_everything_wrong_comes_at_once_with_its_path(headers: dict[str, str]) -> None:
    answer = post(headers, {"claims": [CLAIM, {"pseudonym": "x y", "metric": "att9", "event_on": "igår", "units": 0}]})
    assert answer.status_code == 422
    assert {error["where"] for error in answer.json()["errors"]} == {
        "claims[1].pseudonym",
        "claims[1].metric",
        "claims[1].event_on",
        "claims[1].units",
    }
    assert Claim.objects.count() == 0
    assert IdempotentPost.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"claims": []},
        {"claims": ["x"]},
        {"claims": [CLAIM], "more": 1},
        {"claims": [CLAIM | {"name": "x"}]},
        {"claims": [CLAIM | {"units": [1]}]},
    ],
)
def test_bodies_of_the_wrong_form_are_refused(headers: dict[str, str], body: Any) -> None:
    answer = post(headers, body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_identity_number_in_a_body_is_refused_without_repeating_it(headers: dict[str, str]) -> None:
    answer = post(headers, {"claims": [CLAIM | {"pseudonym": files.IDENTITY_NUMBER}]})
    assert answer.status_code in {400, 422}
    assert "1212" not in answer.content.decode()
    assert Claim.objects.count() == 0


def test_scope_and_role_are_demanded(world: World, headers: dict[str, str]) -> None:
    assert post(token(world, "signe", "read"), {"claims": [CLAIM]}).status_code == 403
    assert post(token(world, "vera"), {"claims": [CLAIM]}).status_code == 403
    assert post(token(world, "charlie"), {"claims": [CLAIM]}).status_code == 404
    assert Claim.objects.count() == 0


def test_sums_are_read_and_small_ones_hidden(world: World, headers: dict[str, str]) -> None:
    post(headers, {"claims": [CLAIM]})
    seen = Client().get(f"{BASE}/outcomes", headers=headers).json()
    assert seen["metrics"][0]["reported"] == 1
    hidden = Client().get(f"{BASE}/outcomes", headers=token(world, "stina", "read")).json()
    assert hidden["metrics"][0]["reported"] is None
    assert hidden["periods"][0]["metrics"][0]["reported"] is None
    assert Client().get(f"{BASE}/outcomes", headers=token(world, "ines", "read")).status_code == 403
    assert Client().get(f"{BASE}/periods", headers=headers).json()["periods"][0]["period"] == "2026-Q4"


def together(*calls: Any) -> list[Any]:
    """Run the calls at the same time, each with a connection of its own."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int, call: Any) -> None:
        try:
            barrier.wait()
            answers[place] = call()
        except Exception as error:
            answers[place] = error  # type: ignore[call-overload]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.mark.usefixtures("own_database")
def test_same_request_twice_at_once_has_one_effect(django_db_blocker: Any, clock: Any) -> None:
    clock.move_to(NOW)
    with django_db_blocker.unblock():
        world = build_world()
        headers = token(world, "signe")
        answers = together(*[lambda: post(headers, {"claims": [CLAIM]})] * 4)
        assert [answer.status_code for answer in answers] == [201] * 4
        assert len({answer.content for answer in answers}) == 1
        assert Claim.objects.count() == 1


@pytest.mark.usefixtures("own_database")
def test_import_confirmed_twice_at_once_is_written_once(django_db_blocker: Any) -> None:
    from actors.policies import Refused
    from outcomes import actions

    with django_db_blocker.unblock():
        world = build_world()
        rows = [[f"n{n}", "ht26", "2026-08-20", "att3", "2026-10-14", "1"] for n in range(50)]
        batch = actions.start_import(
            actor=world.actors["signe"],
            claim_period=world.period,
            file_name="x.csv",
            content=files.csv_file(*rows),
            at=NOW,
        )
        answers = together(*[lambda: actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)] * 2)
        assert sorted(isinstance(answer, Refused) for answer in answers) == [False, True]
        assert Claim.objects.count() == 50
