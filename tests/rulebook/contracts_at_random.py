"""Contracts and facts at random, for the properties that must hold of all of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from rulebook import Terms
from rulebook.analysis.reach import Reach

Documents = st.SearchStrategy[dict[str, Any]]
LIFE = (date(2026, 1, 1), date(2027, 12, 31))
SIZES = {"c1": 3, "c2": 2}
ENROLS = {"c1": (date(2026, 1, 1), date(2026, 6, 30)), "c2": (date(2026, 7, 1), date(2026, 12, 31))}

amounts = st.sampled_from(["0", "1", "7", "100", "33.335", "-50", "1000"])
levels = st.sampled_from(["0", "1", "2", "3"])


def simple_measures() -> Documents:
    return st.one_of(
        st.builds(_count, st.sampled_from("abd"), st.sampled_from(["period", "contract"])),
        st.builds(lambda metric: {"kind": "value", "metric": metric}, st.sampled_from("vsy")),
        st.builds(_to_date, st.sampled_from("vs"), st.sampled_from(["last", "sum", "mean", "highest", "lowest"])),
        st.just({"kind": "enrolled"}),
        st.builds(lambda value: {"kind": "number", "value": value}, st.sampled_from(["0", "2", "-1"])),
        st.builds(lambda unit: {"kind": "elapsed", "unit": unit}, st.sampled_from(["days", "months", "years"])),
    )


def _count(metric: str, over: str) -> dict[str, Any]:
    return {"kind": "count", "metric": metric, "over": over}


def _to_date(metric: str, combine: str) -> dict[str, Any]:
    return {"kind": "value", "metric": metric, "over": "contract", "combine": combine}


def measures() -> Documents:
    """Measures, and measures of measures."""
    return st.recursive(simple_measures(), _of_measures, max_leaves=4)


def _of_measures(inner: Documents) -> Documents:
    two = st.tuples(inner, inner)
    return st.one_of(
        st.builds(
            lambda kind, of: {"kind": kind, "parts": list(of)},
            st.sampled_from(["product", "least", "greatest", "first"]),
            two,
        ),
        two.map(lambda of: {"kind": "sum", "parts": [{"of": of[0], "weight": "-2"}, {"of": of[1], "at_most": "3"}]}),
        two.map(lambda of: {"kind": "difference", "of": of[0], "minus": of[1]}),
        two.map(lambda of: {"kind": "ratio", "of": of[0], "to": of[1]}),
        two.map(lambda of: {"kind": "change", "of": of[0], "from": of[1], "as": "relative", "direction": "decrease"}),
        inner.map(lambda of: {"kind": "bounded", "of": of, "at_least": "1", "at_most": "4"}),
        inner.map(lambda of: {"kind": "effect", "metric": "v", "fallback": of}),
    )


def priced() -> st.SearchStrategy[Any]:
    """Amounts, some of them shares of what is measured."""
    share = st.sampled_from(["0.4", "1", "-1"])
    return st.one_of(
        amounts,
        amounts,
        st.builds(lambda part, metric: {"share": part, "of": metric}, share, st.sampled_from("vs")),
        st.builds(lambda part, measure: {"share": part, "of": measure}, share, simple_measures()),
    )


def prices() -> Documents:
    one = _plain_prices()
    chosen = st.builds(
        lambda by, low, high: {
            "kind": "choose",
            "by": by,
            "cases": [{"at_least": "1", "price": low}, {"above": "3", "price": high}],
        },
        simple_measures(),
        one,
        one,
    )
    return st.one_of(one, one, chosen)


def _plain_prices() -> Documents:
    return st.one_of(
        st.builds(lambda a, b: {"kind": "unit", "amount": a, "from": {"2026-09-01": b}}, priced(), amounts),
        st.builds(
            lambda a, b, c, by: {
                "kind": "tiers",
                "amount": a,
                "by": by,
                "tiers": [{"over": "2", "amount": b}, {"over": "5", "amount": c}],
            },
            priced(),
            priced(),
            amounts,
            st.sampled_from(["marginal", "whole"]),
        ),
        st.builds(lambda at, a: {"kind": "threshold", "at_least": at, "amount": a}, levels, priced()),
        st.builds(
            lambda a, b, c: {
                "kind": "steps",
                "steps": [{"at_least": "1", "amount": a}, {"above": "3", "amount": b}],
                "otherwise": c,
            },
            priced(),
            priced(),
            amounts,
        ),
        st.builds(
            lambda a, b, c, outside: {
                "kind": "linear",
                "nodes": [{"at": "0", "amount": a}, {"at": "2", "amount": b}, {"at": "5", "amount": c}],
                "below": outside,
                "above": outside,
            },
            priced(),
            priced(),
            amounts,
            st.sampled_from(["clamp", "zero"]),
        ),
        st.builds(
            lambda share, low: {"kind": "share", "share": share, "from": low, "to": "4"},
            st.sampled_from(["0.6", "-1"]),
            st.sampled_from(["0", "2"]),
        ),
        st.just(
            {
                "kind": "returns",
                "capital": "1000",
                "otherwise": "-0.02",
                "time": "days_365",
                "steps": [{"at_least": "1", "rate": "0.05"}, {"above": "2", "rate": "0.123"}],
            }
        ),
        st.builds(lambda a: {"kind": "top_up", "to": a, "at_most": "50"}, priced()),
    )


def conditions() -> Documents:
    sign = st.sampled_from(["at_least", "at_most", "above", "below"])
    return st.one_of(
        st.builds(lambda metric, key, bound: {"metric": metric, key: bound}, st.sampled_from("vya"), sign, levels),
        st.builds(lambda measure, key, bound: {"measure": measure, key: bound}, simple_measures(), sign, levels),
        st.builds(
            lambda event, so: {"event": event, "happened": so}, st.sampled_from(["stop", "moved"]), st.booleans()
        ),
    )


def adjustments() -> Documents:
    return st.one_of(
        st.just({"kind": "deadweight", "share": "0.33"}),
        st.just({"kind": "discount", "rate": "0.03", "from": "2025-06-01"}),
        simple_measures().map(lambda by: {"kind": "scale", "by": by}),
    )


@st.composite
def _terms(draw: st.DrawFn, number: int) -> dict[str, Any]:
    shape = draw(st.sampled_from(["claims", "whole", "whole", "fixed", "paid"]))
    term: dict[str, Any] = {"id": f"t{number}"}
    if shape == "claims":
        term |= {"measure": {"kind": "count", "metric": draw(st.sampled_from("abd"))}}
        term |= {"price": {"kind": "unit", "amount": draw(priced()), "from": {"2026-09-01": draw(amounts)}}}
    elif shape == "fixed":
        times: list[dict[str, Any]] = [{"every": "period"}, {"on": ["2026-05-01", "2027-02-01"]}, {"on": "moved"}]
        when = draw(st.sampled_from(times))
        term |= {"price": {"kind": "fixed", "amount": draw(priced()), **when}}
    elif shape == "paid" and number:
        over = draw(st.sampled_from(["period", "contract"]))
        term |= {"measure": {"kind": "paid", "over": over}, "price": {"kind": "top_up", "to": "500"}}
    else:
        term |= {"measure": draw(measures()), "price": draw(prices())}
    if draw(st.integers(0, 3)) == 0:
        term |= {"gate": draw(st.lists(conditions(), min_size=1, max_size=2))}
    if draw(st.integers(0, 3)) == 0:
        term |= {"adjust": [draw(adjustments())]}
    if draw(st.integers(0, 4)) == 0:
        term |= {"holdback": {"share": "0.3", "on": "moved"}}
    if draw(st.integers(0, 4)) == 0:
        term |= {"legs": [{"payer": "nordviken", "share": "1/3"}, {"payer": "region", "share": "2/3"}]}
    return term


LIMITS: list[dict[str, str]] = [
    {"scope": "metric", "metric": "a"},
    {"scope": "metric", "metric": "v"},
    {"scope": "term", "term": "t0"},
    {"scope": "person"},
    {"scope": "person", "metric": "a"},
    {"scope": "cohort"},
    {"scope": "cohort", "cohort": "c1"},
    {"scope": "period"},
    {"scope": "period", "term": "t0"},
    {"scope": "payer", "payer": "nordviken"},
    {"scope": "contract"},
]


@st.composite
def contracts(draw: st.DrawFn) -> dict[str, Any]:
    """A document of terms, most often sound: two years, five persons, counts, spells, values and events."""
    scopes = draw(st.lists(st.sampled_from(LIMITS), max_size=3, unique_by=repr))
    caps = draw(st.lists(st.sampled_from(["1", "7", "33.335", "1000"]), min_size=3, max_size=3))
    missing = draw(st.sampled_from(["worst_case", "exclude", "last_known", {"value": "6"}]))
    two = [{"payer": "nordviken", "share": "0.6"}, {"payer": "region", "share": "0.4"}]
    return {
        "currency": "SEK",
        "rounding": {
            "unit": draw(st.sampled_from(["0.01", "1", "10"])),
            "mode": draw(st.sampled_from(["half_up", "half_even", "down", "up"])),
        },
        "life": {"from": LIFE[0].isoformat(), "to": LIFE[1].isoformat()},
        "periods": draw(st.sampled_from(["quarter", "year", "contract"])),
        "cohorts": [
            {"id": name, "enrols": [day.isoformat() for day in ENROLS[name]], "size": size}
            for name, size in SIZES.items()
        ],
        "events": [{"id": "stop", "ends": True}, {"id": "moved"}],
        "metrics": [
            {"id": "a", "level": "person", "once": True, "window": {"from": "enrolment", "months": 9}},
            {"id": "b", "level": "person", "at_most": 3, "min_gap_days": 30, "after": "a"},
            {"id": "d", "level": "person", "at_most": 2, "duration": {"unit": "week", "at_most": 5}},
            {
                "id": "v",
                "level": "contract",
                "lowest": "-2",
                "highest": "4",
                "missing": missing,
                "unmeasured": draw(st.sampled_from(["excluded", "as_failed"])),
            },
            {"id": "s", "level": draw(st.sampled_from(["contract", "contract", "cohort"])), "unit": "share"},
            {"id": "y", "level": "contract", "unit": "yes_no"},
        ],
        "terms": [draw(_terms(number)) for number in range(draw(st.integers(1, 3)))],
        "limits": [{**limit, "at_most": cap} for limit, cap in zip(scopes, caps, strict=False)],
        "legs": draw(st.sampled_from([two, [{"payer": "nordviken", "share": "1"}]])),
    }


@st.composite
def facts(draw: st.DrawFn, terms: Terms) -> dict[str, Any]:
    """Facts that keep to what the bounds assume."""
    people = [(f"{cohort}-{number}", cohort) for cohort, size in SIZES.items() for number in range(size)]
    days = st.dates(*LIFE)
    persons = [
        {"id": name, "cohort": cohort, "enrolled_on": draw(st.dates(*ENROLS[cohort])).isoformat()}
        for name, cohort in people
    ]
    claims = []
    for number in range(draw(st.integers(0, 12))):
        metric, day = draw(st.sampled_from("abbd")), draw(days)
        until = {"until": (day + timedelta(days=draw(st.integers(0, 40)))).isoformat()} if metric == "d" else {}
        claims.append(
            {
                "id": f"claim{number}",
                "person": draw(st.sampled_from(people))[0],
                "metric": metric,
                "event_on": day.isoformat(),
                **until,
            }
        )
    values = {"v": ["-2", "0", "1", "2.5", "4"], "s": ["0", "0.5", "1"], "y": ["0", "1"]}
    periods = [period.id for period in Reach(terms).periods or ()]
    cohorts = {"cohort": list(SIZES)}
    measured = [
        {
            "metric": metric.id,
            "period": period,
            "value": draw(st.sampled_from(values[metric.id])),
            "standard_error": draw(st.sampled_from(["0", "0.5", "9"])),
            "due": "10",
            "measured": draw(st.sampled_from(["4", "10"])),
            **({"cohort": cohort} if cohort else {}),
        }
        for metric in terms.metrics
        if metric.level != "person"
        for period in periods
        for cohort in cohorts.get(metric.level, [""])
        if draw(st.integers(0, 3))
    ]
    events = [
        {"event": name, "on": draw(days).isoformat()} for name in ("stop", "moved") if draw(st.integers(0, 2)) == 0
    ]
    return {"persons": persons, "claims": claims, "measured": measured, "events": events}
