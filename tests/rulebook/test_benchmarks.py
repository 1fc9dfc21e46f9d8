"""What is compared in the benchmarks does the same work: every engine gives the same lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.benchmarks import contracts, engines, simulation
from tests.benchmarks.rate_card import CARD, PERSON_CAP, Lines, facts, invented, one_by_one
from tests.databases import Databases

CLAIMS = invented(200)


@pytest.fixture(scope="module")
def expected() -> Lines:
    return engines.exact(facts(CLAIMS))()


@pytest.fixture(scope="module")
def loaded(databases: Databases) -> Iterator[psycopg.Connection]:
    name = databases.create()
    with psycopg.connect(databases.owner_url(name), autocommit=True) as connection:
        engines.load(connection, CLAIMS)
        yield connection
    databases.drop(name)


def test_the_invented_claims_put_both_rules_to_work(expected: Lines) -> None:
    """Somebody repeats a metric that counts once, and somebody earns more than the cap."""
    once = [(person, metric) for person, metric in zip(CLAIMS.person, CLAIMS.metric, strict=True) if CARD[metric].once]
    assert len(set(once)) < len(once)
    earned = {person: sum(CARD[metric].pounds for of, metric in {*once} if of == person) for person, _ in once}
    assert max(earned.values()) > PERSON_CAP
    assert 0 < sum(expected.values()) < sum(CARD[metric].pounds for metric in CLAIMS.metric)


def test_postgresql_gives_the_same_lines(expected: Lines, loaded: psycopg.Connection) -> None:
    assert engines.sql_lines(loaded)() == expected


def test_the_short_statement_gives_the_same_total(expected: Lines, loaded: psycopg.Connection) -> None:
    assert engines.sql_total(loaded)() == {engines.TOTAL_ONLY: sum(expected.values())}


def test_claims_one_by_one_give_the_same_lines_as_in_columns(expected: Lines) -> None:
    assert engines.exact(one_by_one(CLAIMS))() == expected


def test_the_loop_and_the_script_give_the_same_lines(expected: Lines) -> None:
    assert engines.decimal_loop(CLAIMS)() == expected
    assert engines.numpy_script(CLAIMS)() == expected


@pytest.mark.skipif(engines.soffice() is None, reason="LibreOffice is not installed")
def test_the_workbook_gives_the_same_lines(expected: Lines, tmp_path: Path) -> None:
    assert engines.workbook(CLAIMS, tmp_path)() == expected


def test_every_contract_of_the_portfolio_has_five_lines_and_some_reach_their_cap() -> None:
    traces = [json.loads(trace) for trace in contracts.traced(contracts.portfolio(50))()]
    assert {len(trace["lines"]) for trace in traces} == {5}
    assert 0 < sum(any(line["taken"] for line in trace["lines"]) for trace in traces) < 50


@pytest.mark.parametrize("case", simulation.CASES)
def test_the_simulated_contracts_pay_something_and_reach_their_caps(case: str) -> None:
    simulating, drawing = simulation.CASES[case](500)
    found = simulating().to_json()
    drawing()
    assert found["total"]["mean"] > 0
    assert all(limit["chance"] > 0 for limit in found["limits"])
