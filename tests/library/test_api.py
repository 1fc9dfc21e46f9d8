"""The shelf for other systems: what every member reads, and nothing that is only offered."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from library.models import ContractTemplate
from library.states import ShelfStatus
from tests.contracts.test_api import api, read
from tests.library.shelf import shelve
from tests.world import World

LISTS = ["templates", "indicators", "unit-costs"]


def path(kind: str, query: str = "") -> str:
    return f"/api/v1/library/{kind}{query}"


def keys(body: Any) -> list[str]:
    return [row["key"] for row in body["results"]]


@pytest.mark.parametrize("kind", LISTS)
def test_a_system_without_a_token_is_not_let_in(world: World, kind: str) -> None:
    assert Client().get(path(kind)).status_code == 401


@pytest.mark.parametrize("who", ["anna", "signe", "stina", "charlie"])
def test_every_member_reads_the_shelf(world: World, template: ContractTemplate, who: str) -> None:
    assert keys(read(world, who, path("templates"))) == ["school-completion"]
    assert keys(read(world, who, path("indicators"))) == ["attendance", "well-being"]
    assert keys(read(world, who, path("unit-costs"))) == ["foster-care-day", "sick-day"]


@pytest.mark.parametrize("who", ["anna", "stina", "charlie"])
def test_only_what_is_published_is_listed(world: World, who: str) -> None:
    for status in ShelfStatus:
        shelve(str(status), status=status, author=world.organisations["nordviken"])
    assert keys(read(world, who, path("templates"))) == ["published"]


def test_each_says_how_sure_it_is_and_where_it_comes_from(world: World, template: ContractTemplate) -> None:
    row = read(world, "charlie", path("templates"))["results"][0]
    assert (row["certainty"], row["version"], row["author"]) == ("uncertain", 1, None)
    assert row["sources"][0]["text"] == "The evaluation"
    assert row["document"]["assumptions"][1]["low"] == "0.4"
    cost = read(world, "charlie", path("unit-costs", "?holder=region"))["results"][0]
    assert (cost["amount"], cost["price_year"], cost["certainty"]) == ("1800.50", None, "assumed")
    assert read(world, "charlie", path("indicators"))["results"][0]["sheet"]["sv"]["window"] == "sv window"


def test_pages_follow_one_another(world: World, template: ContractTemplate) -> None:
    first = read(world, "anna", path("indicators", "?limit=1"))
    assert keys(first) == ["attendance"]
    second = read(world, "anna", first["next"])
    assert (keys(second), second["next"]) == (["well-being"], None)
    assert keys(read(world, "anna", path("unit-costs", "?area=sick_leave"))) == ["sick-day"]


@pytest.mark.parametrize("query", ["?limit=0", "?limit=x", "?limit=201"])
def test_a_wrong_limit_is_told(world: World, query: str) -> None:
    assert "limit" in str(read(world, "anna", path("templates", query), 400))


def test_a_wrong_holder_is_told(world: World) -> None:
    assert "municipality" in str(read(world, "anna", path("unit-costs", "?holder=nobody"), 400))


def test_few_questions_however_many_templates(world: World) -> None:
    def questions() -> int:
        client = api(world, "anna")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path("templates")).status_code == 200
        return len(seen)

    shelve("first", author=world.organisations["nordviken"])
    before = questions()
    for number in range(10):
        shelve(f"t{number}", author=world.organisations["nordviken"])
    assert questions() == before <= 6
