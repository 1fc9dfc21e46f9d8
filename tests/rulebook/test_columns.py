"""The exact reading works on columns. Here the same rules are read one claim at a time, as a patient clerk would."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulebook import ClaimFact, ClaimTable, Facts, Version, calculate, parse_terms
from rulebook.columns import in_order, rank_in_run, running, sums, whole
from rulebook.periods import add_time, period_of

START, END = date(2026, 1, 1), date(2027, 12, 31)
PRICES = {"a": 700, "b": 1100, "c": 333, "d": 50}
SCOPES = ("metric", "term", "composition", "person", "cohort", "period", "contract")


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A rate card with every rule of counting and every limit, or without."""
    metrics: list[dict[str, Any]] = [{"id": name, "level": "person"} for name in PRICES]
    a, b, c, d = metrics
    a |= draw(st.sampled_from([{}, {"once": True}, {"at_most": 2}]))
    b |= draw(st.sampled_from([{}, {"after": "a"}, {"after": "a", "once": True}]))
    c |= draw(st.sampled_from([{}, {"at_most": 2, "min_gap_days": 60}, {"unless": "a"}]))
    window = {"from": draw(st.sampled_from(["contract", "a"])), "months": draw(st.integers(1, 12))}
    d |= draw(st.sampled_from([{}, {"window": window}, {"window": {**window, "not_before": {"days": 20}}}]))
    limits: list[dict[str, Any]] = []
    for scope in draw(st.sets(st.sampled_from(SCOPES))):
        limit: dict[str, Any] = {"scope": scope, "at_most": str(draw(st.integers(0, 4000)))}
        if scope in ("metric", "composition"):
            limit["metric"] = draw(st.sampled_from(sorted(PRICES)))
        if scope == "composition":
            limit["at_most"] = draw(st.sampled_from(["0", "0.25", "0.5", "1"]))
        if scope == "term":
            limit["term"] = "t-b"
        limits.append(limit)
    return {
        "currency": "SEK",
        "life": {"from": str(START), "to": str(END)},
        "cohorts": [
            {"id": "k1", "enrols": ["2026-01-01", "2026-12-31"]},
            {"id": "k2", "enrols": ["2026-01-01", "2026-12-31"]},
        ],
        "metrics": metrics,
        "terms": [
            {
                "id": f"t-{name}",
                "measure": {"kind": "count", "metric": name},
                "price": {"kind": "unit", "amount": str(price)},
            }
            for name, price in PRICES.items()
        ],
        "limits": limits,
        "legs": [{"payer": "kommunen", "share": "1"}],
    }


@st.composite
def claims(draw: st.DrawFn) -> list[ClaimFact]:
    persons = {"Amina": "k1", "Bo": "k2", "Cleo": "k1"}
    found = []
    for number in range(draw(st.integers(0, 25))):
        person = draw(st.sampled_from(sorted(persons)))
        day = START + timedelta(days=draw(st.integers(-10, 740)))
        metric = draw(st.sampled_from(sorted(PRICES)))
        units = Decimal(draw(st.sampled_from(["1", "1", "1", "2", "0.5"])))
        found.append(ClaimFact(f"n{number:02}", person, metric, day, persons[person], units))
    return found


class Clerk:
    """Reads claims one at a time, in order, with a pen and a register."""

    def __init__(self, document: dict[str, Any], facts: list[ClaimFact]) -> None:
        self.document = document
        self.metric = {metric["id"]: metric for metric in document["metrics"]}
        rank = list(PRICES)
        self.claims = sorted(
            facts, key=lambda claim: (claim.event_on, rank.index(claim.metric), claim.ordinal, claim.id)
        )
        self.counted: dict[tuple[str, str], list[date]] = defaultdict(list)
        self.accepted = self._accepted()

    def _accepted(self) -> list[ClaimFact]:
        found = []
        for name in PRICES:  # a metric looks back only to those before it, and `unless` to the whole life
            for claim in (claim for claim in self.claims if claim.metric == name):
                if self._counts(claim):
                    self.counted[claim.person, name].append(claim.event_on)
                    found.append(claim)
        return [claim for claim in self.claims if claim in found]

    def _counts(self, claim: ClaimFact) -> bool:
        metric, before = self.metric[claim.metric], self.counted[claim.person, claim.metric]
        if not START <= claim.event_on <= END:
            return False
        if "window" in metric and not self._in_window(claim, metric["window"]):
            return False
        if "after" in metric and not any(day <= claim.event_on for day in self.counted[claim.person, metric["after"]]):
            return False
        if "unless" in metric and self.counted[claim.person, metric["unless"]]:
            return False
        if len(before) >= (1 if metric.get("once") else metric.get("at_most", 999)):
            return False
        return not before or (claim.event_on - before[-1]).days >= metric.get("min_gap_days", 0)

    def _in_window(self, claim: ClaimFact, window: dict[str, Any]) -> bool:
        start = START if window["from"] == "contract" else min(self.counted[claim.person, "a"], default=None)
        if start is None:
            return False
        first = add_time(start, days=window.get("not_before", {}).get("days", 0))
        return first <= claim.event_on <= add_time(start, months=window["months"])

    def lines(self) -> dict[tuple[str, str, str | None], Fraction]:
        accepted = self.accepted
        amounts = {claim.id: Fraction(claim.units) * PRICES[claim.metric] for claim in accepted}
        for scope in SCOPES:
            for limit in (limit for limit in self.document["limits"] if limit["scope"] == scope):
                self._limit(limit, accepted, amounts)
        lines: dict[tuple[str, str, str | None], Fraction] = defaultdict(Fraction)
        for claim in accepted:
            period = period_of(claim.event_on, "quarter")
            assert period is not None
            lines[f"t-{claim.metric}", period.id, claim.cohort] += amounts[claim.id]
        return lines

    def _limit(self, limit: dict[str, Any], accepted: list[ClaimFact], amounts: dict[str, Fraction]) -> None:
        all_units = sum((Fraction(claim.units) for claim in accepted), Fraction(0))
        used: dict[object, Fraction] = defaultdict(Fraction)
        for claim in accepted:
            if limit.get("metric") not in (None, claim.metric) or limit.get("term") not in (None, f"t-{claim.metric}"):
                continue
            groups = {"person": claim.person, "cohort": claim.cohort, "period": period_of(claim.event_on, "quarter")}
            group = groups.get(limit["scope"])
            if limit["scope"] == "composition":
                used[group] += Fraction(claim.units)
                if used[group] > Fraction(limit["at_most"]) * all_units:
                    amounts[claim.id] = Fraction(0)
            else:
                amounts[claim.id] = min(amounts[claim.id], max(Fraction(0), Fraction(limit["at_most"]) - used[group]))
                used[group] += amounts[claim.id]


@settings(max_examples=100, deadline=None)
@given(documents(), claims())
def test_the_columns_give_what_a_clerk_would(document: dict[str, Any], facts: list[ClaimFact]) -> None:
    terms, problems = parse_terms(document)
    assert terms is not None, problems
    clerk = Clerk(document, facts)
    entitlement = calculate([Version(1, None, terms)], Facts(claims=tuple(facts)), None)
    assert {claim.claim for claim in entitlement.claims if claim.counted} == {claim.id for claim in clerk.accepted}
    assert {(line.term, line.period, line.cohort): Fraction(line.amount) for line in entitlement.lines} == clerk.lines()


@given(claims())
def test_a_table_gives_back_the_claims_it_was_made_of(facts: list[ClaimFact]) -> None:
    assert list(ClaimTable.of(facts)) == sorted(facts, key=lambda claim: claim.id)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="metrics"):
        ClaimTable.from_columns(ids=["n1"], persons=["Amina"], metrics=["a", "b"], event_on=[START])


@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 10**12))))
def test_sorting_by_digits_is_sorting(rows: list[tuple[int, int]]) -> None:
    first, second = (np.array([row[place] for row in rows], np.int64) for place in (0, 1))
    assert in_order(first, second).tolist() == sorted(range(len(rows)), key=lambda number: rows[number])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-9, 9))))
def test_runs_are_ranked_and_added_up(rows: list[tuple[int, int]]) -> None:
    rows.sort(key=lambda row: row[0])
    groups, amounts = (np.array([row[place] for row in rows], np.int64) for place in (0, 1))
    seen: dict[int, list[int]] = defaultdict(list)
    for group, amount in rows:
        seen[group].append(amount)
    assert rank_in_run(groups).tolist() == [place for group in sorted(seen) for place in range(len(seen[group]))]
    totals = [sum(seen[group][: place + 1]) for group in sorted(seen) for place in range(len(seen[group]))]
    assert running(groups, amounts).tolist() == totals
    assert sums(groups, amounts, 4).tolist() == [sum(seen[group]) for group in range(4)]


def test_amounts_too_large_for_64_bits_stay_exact() -> None:
    assert whole([2**61, 1], rows=8).tolist() == [2**61, 1]
    assert whole([2**61, 1], rows=8).dtype == object
    document = {
        "currency": "SEK",
        "metrics": [{"id": "a", "level": "person"}],
        "terms": [
            {
                "id": "t",
                "measure": {"kind": "count", "metric": "a"},
                "price": {"kind": "unit", "amount": "9" * 20 + ".000000001"},
            }
        ],
        "limits": [{"scope": "person", "at_most": "9" * 21}],
        "legs": [{"payer": "kommunen", "share": "1"}],
    }
    terms, _ = parse_terms(document)
    assert terms is not None
    facts = Facts(claims=tuple(ClaimFact(f"n{number}", "Amina", "a", START) for number in range(9)))
    assert calculate([Version(1, None, terms)], facts, None).total == Decimal("899999999999999999991.00")
