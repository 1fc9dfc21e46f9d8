"""Random terms and facts that hang together, for properties that must hold of every contract.

All numbers are eighths, so that binary arithmetic says the same as exact arithmetic until something is divided.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]
Draw = Callable[..., Any]

START, END = date(2027, 1, 1), date(2027, 12, 31)
QUARTERS = ("2027-Q1", "2027-Q2", "2027-Q3", "2027-Q4")
COHORTS = ("north", "south")
PERSONAL = ("placed", "kept", "again", "days")
MISSING = st.sampled_from(["exclude", "worst_case", "last_known", {"value": "1.5"}])
days = st.dates(START, END).map(date.isoformat)
events = st.sampled_from(["audit", "halt"])


def number(low: int, high: int) -> st.SearchStrategy[str]:
    """A number of eighths, spelt exactly."""
    return st.integers(low * 8, high * 8).map(lambda eighths: f"{eighths / 8:.3f}")


amounts = number(0, 5000)
bounds = number(0, 6)
shares = st.sampled_from(["0.125", "0.25", "0.5", "0.75", "1"])


@st.composite
def share_of(draw: Draw) -> Document:
    """An amount that is a share of a metric or of a measure."""
    of = draw(
        st.sampled_from(["index", "cost", {"kind": "value", "metric": "cost"}, {"kind": "number", "value": "800"}])
    )
    return {"share": draw(shares), "of": of}


any_amount = st.one_of(amounts, share_of())


# --- metrics ---------------------------------------------------------------------------------------------------------


@st.composite
def metrics(draw: Draw) -> list[Document]:
    """Four metrics of persons, one of each cohort and two of the whole contract."""
    return [
        {"id": "placed", "level": "person", "once": draw(st.booleans())},
        {"id": "kept", "level": "person", "at_most": 2, "after": "placed"},
        {"id": "again", "level": "person", "min_gap_days": draw(st.sampled_from([0, 30]))},
        {"id": "days", "level": "person", "duration": draw(st.sampled_from([
            {"unit": "day", "qualifying_days": 2}, {"unit": "week"}, {"unit": "day", "at_most": 20}]))},
        {"id": "score", "level": "cohort", "missing": draw(MISSING)},
        {"id": "index", "level": "contract", "missing": draw(MISSING)},
        {"id": "cost", "level": "contract", "unit": "amount", "missing": draw(MISSING)},
    ]  # fmt: skip


# --- measures --------------------------------------------------------------------------------------------------------


def count(draw: Draw) -> Document:
    return {"kind": "count", "metric": draw(st.sampled_from(PERSONAL)), "over": draw(over), "per": draw(per)}


def value(draw: Draw) -> Document:
    metric = draw(st.sampled_from(["score", "index", "cost"]))
    if draw(st.booleans()):
        return {"kind": "value", "metric": metric}
    combine = draw(st.sampled_from(["sum", "mean", "pooled", "highest", "lowest"]))
    return {"kind": "value", "metric": metric, "over": draw(over), "combine": combine, "per": draw(own)}


def simple(draw: Draw) -> Document:
    """A measure without measures inside."""
    kinds: list[Callable[[Draw], Document]] = [count, value, MEASURES["number"], MEASURES["enrolled"]]
    chosen: Callable[[Draw], Document] = draw(st.sampled_from(kinds))
    return chosen(draw)


over = st.sampled_from(["period", "contract"])
per = st.sampled_from(["contract", "cohort"])
own = st.sampled_from(["own", "contract"])

MEASURES: dict[str, Callable[[Draw], Document]] = {
    "count": count,
    "value": value,
    "enrolled": lambda draw: {"kind": "enrolled", "per": draw(per)},
    "number": lambda draw: {"kind": "number", "value": draw(number(-3, 9))},
    "sum": lambda draw: {"kind": "sum", "parts": [
        {"of": simple(draw), "weight": draw(number(-1, 2)), "at_least": "-2", "at_most": "4"}, {"of": simple(draw)}]},
    "difference": lambda draw: {"kind": "difference", "of": simple(draw), "minus": simple(draw)},
    "product": lambda draw: {"kind": "product", "parts": [simple(draw), simple(draw)]},
    "ratio": lambda draw: {"kind": "ratio", "of": simple(draw), "to": simple(draw)},
    "least": lambda draw: {"kind": "least", "parts": [simple(draw), simple(draw)]},
    "greatest": lambda draw: {"kind": "greatest", "parts": [simple(draw), simple(draw)]},
    "bounded": lambda draw: {"kind": "bounded", "of": simple(draw), "at_least": "1", "at_most": draw(number(2, 9))},
    "change": lambda draw: {"kind": "change", "of": simple(draw), "from": simple(draw),
                            "as": draw(st.sampled_from(["absolute", "relative"])),
                            "direction": draw(st.sampled_from(["increase", "decrease"]))},
    "effect": lambda draw: {"kind": "effect", "metric": draw(st.sampled_from(["score", "index"])), "z": "2",
                            **({"fallback": simple(draw)} if draw(st.booleans()) else {})},
    "first": lambda draw: {"kind": "first", "parts": [value(draw), simple(draw)]},
    "paid": lambda draw: {"kind": "paid", "terms": ["other"], "over": draw(over)},
    "elapsed": lambda draw: {"kind": "elapsed", "unit": draw(st.sampled_from(["days", "months", "years"]))},
}  # fmt: skip
"""One way to write each kind of measure; a kind that is not here fails the tests that go through the register."""


# --- prices ----------------------------------------------------------------------------------------------------------


def unit(draw: Draw) -> Document:
    later = {draw(days): draw(any_amount)} if draw(st.booleans()) else None
    return {"kind": "unit", "amount": draw(any_amount), **({"from": later} if later else {}),
            **({"cohorts": {"south": draw(amounts)}} if draw(st.booleans()) else {})}  # fmt: skip


def fixed(draw: Draw) -> Document:
    if draw(st.booleans()):
        return {"kind": "fixed", "amount": draw(any_amount), "every": "period"}
    return {"kind": "fixed", "amount": draw(any_amount), "on": [draw(days), draw(events)]}


def steps(draw: Draw) -> Document:
    return {"kind": "steps", "otherwise": draw(number(-500, 500)), "steps": [
        {"at_least": draw(number(0, 2)), "amount": draw(any_amount)},
        {"above": draw(number(3, 5)), "amount": draw(amounts)}]}  # fmt: skip


outside = st.sampled_from(["clamp", "zero"])
PRICES: dict[str, Callable[[Draw], Document]] = {
    "unit": unit,
    "tiers": lambda draw: {"kind": "tiers", "amount": draw(amounts), "by": draw(st.sampled_from(["marginal", "whole"])),
                           "tiers": [{"over": "1.5", "amount": draw(any_amount)},
                                     {"over": "4", "amount": draw(amounts)}]},
    "threshold": lambda draw: {"kind": "threshold", "at_least": draw(bounds), "amount": draw(any_amount)},
    "steps": steps,
    "linear": lambda draw: {"kind": "linear", "below": draw(outside), "above": draw(outside), "nodes": [
        {"at": "0.5", "amount": draw(amounts)}, {"at": "2.5", "amount": draw(any_amount)},
        {"at": "4.5", "amount": "0"}]},
    "share": lambda draw: {"kind": "share", "share": draw(shares), **draw(st.sampled_from(
        [{}, {"from": "1", "to": "900"}, {"from": "2"}, {"to": "3"}]))},
    "returns": lambda draw: {"kind": "returns", "capital": draw(any_amount), "otherwise": draw(number(-1, 1)),
                             "time": draw(st.sampled_from(["period", "days_365", "days_360"])),
                             "steps": [{"at_least": draw(number(0, 2)), "rate": "0.125"},
                                       {"above": "3", "rate": "0.5"}]},
    "fixed": fixed,
    "top_up": lambda draw: {"kind": "top_up", "to": draw(any_amount),
                              **({"at_most": draw(amounts)} if draw(st.booleans()) else {})},
    "choose": lambda draw: {"kind": "choose", "by": simple(draw), "cases": [
        {"at_least": draw(number(0, 2)), "price": steps(draw)}, {"above": "3", "price": PRICES["linear"](draw)}],
        **({"otherwise": PRICES["threshold"](draw)} if draw(st.booleans()) else {})},
}  # fmt: skip


# --- the rest of a term ----------------------------------------------------------------------------------------------

ADJUSTMENTS: dict[str, Callable[[Draw], Document]] = {
    "deadweight": lambda draw: {"kind": "deadweight", "share": draw(shares), "cohorts": {"north": "0.125"}},
    "scale": lambda draw: {"kind": "scale", "by": simple(draw),
                           **({"over": draw(any_amount)} if draw(st.booleans()) else {})},
    "discount": lambda draw: {"kind": "discount", "rate": "0.03", "from": "2024-05-01"},
}  # fmt: skip


def gate(draw: Draw) -> Document:
    kind = draw(st.sampled_from(["metric", "measure", "event", "any"]))
    bound = {draw(st.sampled_from(["at_least", "at_most", "above", "below"])): draw(st.one_of(bounds, share_of()))}
    if kind == "metric":
        return {"metric": draw(st.sampled_from(["index", "placed"])), **bound}
    if kind == "measure":
        return {"measure": simple(draw), **bound}
    if kind == "event":
        return {"event": draw(events), "happened": draw(st.booleans())}
    return {"any": [{"metric": "index", **bound}, {"event": "audit", "happened": True}]}


@st.composite
def term(draw: Draw, measure: str | None = None, price: str | None = None, adjust: str | None = None) -> Document:
    """One payment term; the kinds that are not given are drawn."""
    price = price or ("unit" if adjust else draw(st.sampled_from(sorted(set(PRICES) - {"fixed"}))))
    made: Document = {"id": "main", "price": PRICES[price](draw)}
    if price != "fixed":
        made["measure"] = MEASURES[measure or draw(st.sampled_from(sorted(set(MEASURES) - {"paid"})))](draw)
    if draw(st.booleans()):
        made["gate"] = [gate(draw)]
    if adjust or draw(st.booleans()):
        made["adjust"] = [ADJUSTMENTS[adjust or draw(st.sampled_from(sorted(ADJUSTMENTS)))](draw)]
    narrower = draw(st.sampled_from(["", "", "", "cohorts", "groups", "on", "holdback"]))
    if narrower == "cohorts":
        made["cohorts"] = ["south"]
    elif narrower == "groups" and made.get("measure", {}).get("kind") == "count":
        made["groups"] = ["young"]
    elif narrower == "on" and price != "fixed":
        made["on"] = [draw(days), draw(events)]
    elif narrower == "holdback":
        per_claim = price == "unit" and made["measure"]["kind"] == "count"
        until = draw(st.sampled_from([{"on": "audit"}, {"metric": "kept"} if per_claim else {"on": "2027-06-30"}]))
        made["holdback"] = {"share": "0.25", **until}
    return made


any_limit = st.one_of(number(0, 9000), share_of())


def _is_plain(limit: Document) -> bool:
    """A payer's limit is a number; what a varying limit leaves for later hangs on which periods have lines."""
    return limit["scope"] == "payer" or "surplus" in limit


@st.composite
def limit_list(draw: Draw) -> list[Document]:
    """Some limits, each of its own sort."""
    kinds: list[Document] = [
        {"scope": "period", "surplus": "banked"},
        {"scope": "metric", "metric": "placed"},
        {"scope": "term", "term": "main"},
        {"scope": "person"},
        {"scope": "person", "metric": "kept"},
        {"scope": "cohort"},
        {"scope": "cohort", "cohort": "south"},
        {"scope": "period"},
        {"scope": "period", "term": "other"},
        {"scope": "contract"},
        {"scope": "payer", "payer": "board"},
    ]
    chosen = draw(st.lists(st.sampled_from(kinds), max_size=3, unique_by=str))
    capped = [{**limit, "at_most": draw(number(0, 9000) if _is_plain(limit) else any_limit)} for limit in chosen]
    if draw(st.integers(0, 3)) == 0:
        capped.append({"scope": "composition", "metric": "placed", "at_most": draw(shares)})
    return capped


@st.composite
def terms_documents(
    draw: Draw, measure: str | None = None, price: str | None = None, adjust: str | None = None
) -> Document:
    """Terms with a main term of the given kinds, another term on other metrics, and perhaps limits.

    The limit per person comes first, as the array reading has it.
    """
    other = {"id": "other", "measure": {"kind": "count", "metric": "again"},
             "price": {"kind": "unit", "amount": draw(amounts)}}  # fmt: skip
    return {
        "currency": "SEK",
        "rounding": draw(st.sampled_from([{"unit": "0.01", "mode": "half_up"}, {"unit": "1", "mode": "half_even"},
                                          {"unit": "10", "mode": "down"}, {"unit": "0.01", "mode": "up"}])),
        "life": {"from": START.isoformat(), "to": END.isoformat()},
        "cohorts": [{"id": name, "enrols": [START.isoformat(), "2027-06-30"]} for name in COHORTS],
        "groups": [{"id": "young"}],
        "events": [{"id": "audit"}, {"id": "halt", "ends": True}],
        "metrics": draw(metrics()),
        "terms": [other, draw(term(measure, price, adjust))],
        "limits": draw(limit_list()),
        "order": ["person", "metric", "term", "composition", "cohort", "period", "contract"],
        "legs": [{"payer": "board", "share": "0.625"}, {"payer": "region", "share": "0.375"}],
    }  # fmt: skip


# --- facts -----------------------------------------------------------------------------------------------------------


@st.composite
def facts_documents(draw: Draw) -> Document:
    """A few persons and their claims, a few values, and perhaps an event.

    No two claims of one metric are of the same day, so that who loses at a cap never hangs on the claims' ids.
    """
    persons = [
        {"id": f"p{n}", "cohort": draw(st.sampled_from(COHORTS)), "enrolled_on": "2027-02-01",
         "groups": draw(st.sampled_from([[], ["young"]]))}
        for n in range(draw(st.integers(1, 4)))
    ]  # fmt: skip
    claims = []
    for metric in PERSONAL:
        for place, day in enumerate(sorted(draw(st.lists(st.integers(0, 364), max_size=4, unique=True)))):
            on = START + timedelta(days=day)
            claim = {"id": f"{metric}{place}", "metric": metric, "event_on": on.isoformat(),
                     "person": draw(st.sampled_from(persons))["id"]}  # fmt: skip
            if metric == "days":
                claim["until"] = (on + timedelta(days=draw(st.integers(0, 60)))).isoformat()
            elif metric == "again":
                claim["units"] = draw(number(0, 3))
            claims.append(claim)
    measured = [
        measured_fact(draw, metric, cohort, quarter)
        for metric, cohorts in {"score": COHORTS, "index": (None,), "cost": (None,)}.items()
        for cohort in cohorts
        for quarter in QUARTERS
        if draw(st.booleans())
    ]
    happened = [{"event": draw(events), "on": draw(days)}] if draw(st.integers(0, 3)) == 0 else []
    return {"persons": persons, "claims": claims, "measured": measured, "events": happened}


def measured_fact(draw: Draw, metric: str, cohort: str | None, quarter: str) -> Document:
    fact = {"metric": metric, "period": quarter, **({"cohort": cohort} if cohort else {})}
    if draw(st.integers(0, 4)) == 0:
        return fact
    if metric == "cost":
        return {**fact, "value": draw(number(0, 900))}
    if draw(st.booleans()):
        parts = {"numerator": draw(number(0, 9)), "denominator": str(draw(st.sampled_from([1, 2, 4, 8])))}
        return {**fact, **parts, "standard_error": draw(number(0, 1))}
    return {**fact, "value": draw(number(-2, 6)), "standard_error": draw(number(0, 1)), "due": "8", "measured": "4"}
