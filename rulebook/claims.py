"""Which claims count: life, windows, deadlines, milestone chains, and how often one person may count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from rulebook.facts import ClaimFact, Facts
from rulebook.periods import Period, add_time
from rulebook.terms import Deadline, Metric, Window
from rulebook.timeline import Timeline, Version

Refusal = Literal["no_terms", "life", "metric", "period", "window", "deadline", "chain", "once", "at_most", "gap"]


class Accepted(NamedTuple):
    """A claim that counts, with the version of the terms and the period it counts in."""

    claim: ClaimFact
    cohort: str | None
    version: Version
    period: Period


class Rejected(NamedTuple):
    """A claim that does not count, and why."""

    claim: ClaimFact
    reason: Refusal


Verdict = Accepted | Rejected


@dataclass(slots=True)
class _History:
    """What has counted for one person on one metric so far."""

    times: int = 0
    last_on: date | None = None


@dataclass(slots=True)
class _Register:
    """All that has counted so far, over the whole life of the contract."""

    facts: Facts
    histories: dict[tuple[str, str], _History] = field(default_factory=dict)

    def of(self, person: str, metric: str) -> _History:
        return self.histories.get((person, metric)) or _History()

    def add(self, claim: ClaimFact) -> None:
        history = self.histories.setdefault((claim.person, claim.metric), _History())
        history.times += 1
        history.last_on = claim.event_on


def judge(facts: Facts, timeline: Timeline) -> list[Verdict]:
    """A verdict on every claim, in order of event date.

    On one day a metric is judged after the one it is `after`, so that both steps of a chain can be taken that day.
    """
    register = _Register(facts)
    return [_verdict(claim, cohort, version, register) for claim, cohort, version in _in_order(facts, timeline)]


def _in_order(facts: Facts, timeline: Timeline) -> list[tuple[ClaimFact, str | None, Version | None]]:
    placed = []
    for claim in facts.claims:
        version = timeline.on(claim.event_on)
        rank = version.terms.chain_rank.get(claim.metric, 0) if version else 0
        person = facts.person_by_id.get(claim.person)
        cohort = claim.cohort or (person.cohort if person else None)
        placed.append((claim.event_on, rank, claim.ordinal, claim.id, (claim, cohort, version)))
    placed.sort(key=lambda item: item[:4])
    return [item[4] for item in placed]


def _verdict(claim: ClaimFact, cohort: str | None, version: Version | None, register: _Register) -> Verdict:
    if version is None:
        return Rejected(claim, "no_terms")
    terms = version.terms
    metric = terms.metric_by_id.get(claim.metric)
    if metric is None:
        return Rejected(claim, "metric")
    if terms.life and not terms.life.starts_on <= claim.event_on <= terms.life.ends_on:
        return Rejected(claim, "life")
    period = version.period_of(claim.event_on)
    if period is None:
        return Rejected(claim, "period")
    refusal = _out_of_time(claim, cohort, metric, version, register.facts) or _out_of_turn(claim, metric, register)
    if refusal is not None:
        return Rejected(claim, refusal)
    register.add(claim)
    return Accepted(claim, cohort, version, period)


def _out_of_time(
    claim: ClaimFact, cohort: str | None, metric: Metric, version: Version, facts: Facts
) -> Refusal | None:
    if metric.window is not None:
        start = _window_start(metric.window, claim, cohort, version, facts)
        if start is None or not start <= claim.event_on <= add_time(start, metric.window.months, metric.window.days):
            return "window"
    if (
        metric.deadline is not None
        and claim.claimed_on is not None
        and claim.claimed_on > _deadline(claim, metric.deadline)
    ):
        return "deadline"
    return None


def _window_start(window: Window, claim: ClaimFact, cohort: str | None, version: Version, facts: Facts) -> date | None:
    """The day from which the window runs: a person without an enrolment date enrols on the cohort's first day."""
    if window.start == "contract":
        return version.terms.life.starts_on if version.terms.life else None
    person = facts.person_by_id.get(claim.person)
    if person is not None and person.enrolled_on is not None:
        return person.enrolled_on
    known = version.terms.cohort_by_id.get(cohort or "")
    return known.enrols[0] if known else None


def _deadline(claim: ClaimFact, deadline: Deadline) -> date:
    return add_time(claim.event_on, deadline.months, deadline.days)


def _out_of_turn(claim: ClaimFact, metric: Metric, register: _Register) -> Refusal | None:
    if metric.after is not None and register.of(claim.person, metric.after).times == 0:
        return "chain"
    history = register.of(claim.person, metric.id)
    most = metric.most_per_person
    if most is not None and history.times >= most:
        return "once" if most == 1 else "at_most"
    if metric.min_gap_days and history.last_on and (claim.event_on - history.last_on).days < metric.min_gap_days:
        return "gap"
    return None


Tally = dict[tuple[str | None, str], Fraction]
"""Units that count, by cohort (None: all together) and period."""


def tally(accepted: Iterable[Accepted], metric: str) -> Tally:
    """How many units of the metric count in each period, for each cohort and for all together."""
    times: dict[tuple[str | None, str], dict[Decimal, int]] = {}
    for claim, own_cohort, _, period in accepted:
        if claim.metric == metric:
            for cohort in {None, own_cohort}:
                by_units = times.setdefault((cohort, period.id), {})
                by_units[claim.units] = by_units.get(claim.units, 0) + 1
    return {
        place: sum((Fraction(units) * count for units, count in by_units.items()), Fraction(0))
        for place, by_units in times.items()
    }
