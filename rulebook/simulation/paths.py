"""Every history that the assumptions can give a participant: which metrics are claimed when, and how likely that is.

Success is drawn person by person, so that an uncertain share moves all who have it; when it happens is then drawn with
fixed shares. Outcomes that a person's limit, a chain or a window ties together share one history; others are drawn
each by itself, among those who enrolled on the same day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any, Final

import numpy as np

from rulebook.facts import Person
from rulebook.money import exact_text
from rulebook.periods import add_time
from rulebook.problems import Problem, inside
from rulebook.simulation.assumptions import Assumptions, Intake, Outcome, Participants
from rulebook.simulation.distributions import Array, real
from rulebook.table import ClaimFact
from rulebook.terms import Terms

ONE: Final = Fraction(1)
MOST: Final = 4000
"""More histories than this take more memory than a simulation should."""


@dataclass(frozen=True, slots=True)
class Step:
    """One claim of a history, counted from enrolment."""

    metric: str
    months: int
    units: Fraction = ONE
    length: int | None = None


Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An outcome in a group that is drawn together, and which one of the group it comes after."""

    outcome: Outcome
    after: int | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Some outcomes reached and others not: the numbers of the histories that can follow, and their shares."""

    histories: Sequence[int]
    shares: Array


@dataclass(frozen=True, slots=True)
class Lot:
    """Participants who enrolled in the same way, and outcomes that are drawn together for them.

    The patterns stand in the order of `reached_by`. Where `is_uncertain`, the shares of the one pattern are drawn too.
    """

    links: Sequence[Link]
    patterns: Sequence[Pattern]
    is_uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """The participants of one entry: how they spread over lots by enrolment, and the lots of each spread."""

    entry: Participants
    shares: Array
    lots: Sequence[Sequence[Lot]]


@dataclass
class Paths:
    """All histories as persons with claims, and the pools that they are drawn from.

    `heads` are the numbers of the histories that stand for whole persons: where outcomes are drawn each by itself, a
    person has several histories but is enrolled once.
    """

    persons: list[Person] = field(default_factory=list)
    claims: list[ClaimFact] = field(default_factory=list)
    heads: set[int] = field(default_factory=set)
    pools: list[Pool] = field(default_factory=list)

    def add(self, path: Path, entry: Participants, enrolled_on: date, is_head: bool) -> int:
        """A new history; returns its number."""
        number = len(self.persons)
        name = f"h{number}"
        self.persons.append(Person(name, entry.cohort, enrolled_on, entry.groups))
        if is_head:
            self.heads.add(number)
        for place, step in enumerate(path):
            event_on = add_time(enrolled_on, months=step.months)
            until = None if step.length is None else event_on + timedelta(days=step.length - 1)
            units = Decimal(exact_text(step.units))
            self.claims.append(
                ClaimFact(f"{name}-{place}", name, step.metric, event_on, entry.cohort, units, until=until)
            )
        return number


class _TooManyError(Exception):
    pass


def paths_of(assumptions: Assumptions, terms: Terms) -> tuple[Paths | None, list[Problem]]:
    """Every history, or the problem that there are too many of them."""
    paths = Paths()
    for index, entry in enumerate(assumptions.participants):
        try:
            paths.pools.append(_pool(entry, terms, paths))
        except _TooManyError:
            sv = (
                f"Det blir fler än {MOST} olika historier, eftersom utfallen hänger ihop person för person. "
                "Ange färre tidpunkter i months, eller de vanligaste historierna under histories."
            )
            en = (
                f"There would be more than {MOST} different histories, since the outcomes hang together person by "
                "person. Give fewer points of time in months, or the most common histories under histories."
            )
            return None, [Problem(inside("participants", index), "too_many_histories", sv, en)]
    return paths, []


def _pool(entry: Participants, terms: Terms, paths: Paths) -> Pool:
    intakes = enrolment_of(entry, terms)
    tied = _tied(entry, terms)
    together = len(tied) + bool(entry.histories) <= 1
    spreads = [intakes] if together else [[intake] for intake in intakes]
    lots = []
    for spread in spreads:
        whole = sum((intake.share for intake in spread), Fraction(0))
        within = [(intake.on, intake.share / whole) for intake in spread]
        made = _Histories(paths, entry, within)
        of_spread = [_lot(links, made, is_head=number == 0) for number, links in enumerate(tied)]
        if entry.histories:
            of_spread.append(_given_lot(made, is_head=not tied))
        lots.append(of_spread or [_lot((), made, is_head=True)])
    shares = [sum((intake.share for intake in spread), Fraction(0)) for spread in spreads]
    return Pool(entry, np.array([real(share) for share in shares]), lots)


def enrolment_of(entry: Participants, terms: Terms) -> list[Intake]:
    """The days of enrolment: as assumed, or as many on the middle day of every month of the cohort's time."""
    if entry.enrolment:
        return [intake for intake in entry.enrolment if intake.share]
    cohort = terms.cohort_by_id.get(entry.cohort or "")
    if cohort is None:
        assert terms.life is not None  # noqa: S101 – the checks demand enrolment, a cohort or a life
        return [Intake(terms.life.starts_on, ONE)]
    first, last = cohort.enrols
    days = []
    month = first.replace(day=1)
    while month <= last:
        days.append(min(max(month.replace(day=15), first), last))
        month = add_time(month, months=1)
    return [Intake(day, Fraction(1, len(days))) for day in days]


def _tied(entry: Participants, terms: Terms) -> list[tuple[Link, ...]]:
    """The outcomes in groups that must be drawn together, each in the order of its chain."""
    outcomes = {outcome.metric: outcome for outcome in entry.outcomes}
    root = {metric: metric for metric in outcomes}

    def find(metric: str) -> str:
        return metric if root[metric] == metric else find(root[metric])

    for first, second in _ties(terms):
        if first in root and second in root:
            root[find(first)] = find(second)
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for metric in sorted(outcomes, key=lambda metric: (_links(metric, terms), terms.metric_rank[metric])):
        groups[find(metric)].append(outcomes[metric])
    return [_linked(group, terms) for group in groups.values()]


def _links(metric: str, terms: Terms) -> int:
    """How many steps of a chain come before the metric."""
    after = terms.metric_by_id[metric].after
    return 1 + _links(after, terms) if after else 0


def _linked(group: Sequence[Outcome], terms: Terms) -> tuple[Link, ...]:
    place = {outcome.metric: number for number, outcome in enumerate(group)}
    return tuple(Link(outcome, place.get(terms.metric_by_id[outcome.metric].after or "")) for outcome in group)


def _ties(terms: Terms) -> Iterator[tuple[str, str]]:
    """Pairs of metrics where what happens to a person on one bears on the other."""
    for metric in terms.metrics:
        yield from ((metric.id, other) for other in metric.looks_back_at.values())
    for term in terms.terms:
        if term.holdback and term.holdback.metric and term.metric:
            yield term.metric, term.holdback.metric
    if any(limit.scope == "person" and limit.metric is None for limit in terms.limits):
        personal = [metric.id for metric in terms.metrics if metric.level == "person"]
        yield from ((personal[0], other) for other in personal[1:])


# --- the histories of one lot ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Histories:
    """Where the histories of one spread of enrolment are kept: each path once for each day of enrolment."""

    paths: Paths
    entry: Participants
    within: Sequence[tuple[date, Fraction]]

    def pattern(self, shares: Mapping[Path, Fraction], numbers: dict[tuple[Path, date], int], is_head: bool) -> Pattern:
        """The numbers of the histories that follow some paths, and how likely each is."""
        found: dict[int, Fraction] = {}
        for path, share in ((path, share) for path, share in shares.items() if share):
            for enrolled_on, part in self.within:
                key = (path, enrolled_on)
                if key not in numbers:
                    if len(self.paths.persons) >= MOST:
                        raise _TooManyError
                    numbers[key] = self.paths.add(path, self.entry, enrolled_on, is_head)
                found[numbers[key]] = share * part
        return Pattern(list(found), np.array([real(share) for share in found.values()]))


def _lot(links: Sequence[Link], made: _Histories, *, is_head: bool) -> Lot:
    numbers: dict[tuple[Path, date], int] = {}
    patterns = [
        made.pattern(_paths(links, reached, made.entry.dropout), numbers, is_head) for reached in reached_by(links)
    ]
    return Lot(links, patterns)


def _given_lot(made: _Histories, *, is_head: bool) -> Lot:
    shares: dict[Path, Fraction] = defaultdict(Fraction)
    for history in made.entry.histories:
        steps = [Step(claim.metric, claim.months, claim.units, claim.length) for claim in history.claims]
        for path, share in _with_dropout(steps, made.entry.dropout):
            shares[path] += share * history.share
    shares[()] += 1 - sum((history.share for history in made.entry.histories), Fraction(0))
    return Lot((), [made.pattern(shares, {}, is_head)], made.entry.based_on is not None)


def reached_by(links: Sequence[Link], so_far: tuple[bool, ...] = ()) -> Iterator[tuple[bool, ...]]:
    """Every way to reach some outcomes and not others: none is reached before the one that it comes after."""
    if len(so_far) == len(links):
        yield so_far
        return
    after = links[len(so_far)].after
    if after is None or so_far[after]:
        yield from reached_by(links, (*so_far, True))
    yield from reached_by(links, (*so_far, False))


def _paths(links: Sequence[Link], reached: Sequence[bool], dropout: Fraction) -> dict[Path, Fraction]:
    """What can follow when just these outcomes are reached, and how likely each is."""
    found: dict[Path, Fraction] = defaultdict(Fraction)
    for steps, share in _timings(links, reached):
        for path, part in _with_dropout(steps, dropout):
            found[path] += share * part
            if len(found) > MOST:
                raise _TooManyError
    return found


def _timings(links: Sequence[Link], reached: Sequence[bool]) -> Iterator[tuple[list[Step], Fraction]]:
    """Every combination of months, times and lengths of the outcomes reached."""
    options = [_options(link.outcome) if own else [((), ONE)] for link, own in zip(links, reached, strict=True)]
    for chosen in product(*options):
        share, first, steps = ONE, [0] * len(links), []
        for place, (own, part) in enumerate(chosen):
            after = links[place].after
            base = 0 if after is None else first[after]
            share *= part
            first[place] = base + (own[0].months if own else 0)
            steps += [replace(step, months=base + step.months) for step in own]
        yield steps, share


def _options(outcome: Outcome) -> list[tuple[Path, Fraction]]:
    """The claims that an outcome gives when it is reached, with the months from what it is counted from."""
    months = _spread(outcome.months, "months")
    times = _spread(outcome.times, "times")
    lengths = _spread(outcome.length, "days")
    return [
        (
            tuple(
                Step(outcome.metric, month + number * outcome.gap_months, outcome.units, length)
                for number in range(count)
            ),
            of_month * of_count * of_length,
        )
        for (month, of_month), (count, of_count), (length, of_length) in product(months, times, lengths)
    ]


def _spread(value: Any, name: str) -> list[tuple[Any, Fraction]]:
    if not isinstance(value, tuple):
        return [(value, ONE)]
    return [(getattr(part, name), part.share) for part in value if part.share]


def _with_dropout(steps: Sequence[Step], dropout: Fraction) -> Iterator[tuple[Path, Fraction]]:
    """The claims that somebody makes before leaving; each month the same share of those who are left leave."""
    in_time = sorted(steps, key=lambda step: step.months)
    months = sorted({step.months for step in in_time})
    if not dropout:
        yield tuple(in_time), ONE
        return
    stays = [(1 - dropout) ** month for month in (0, *months)] + [Fraction(0)]
    for number, last in enumerate([-1, *months]):
        share = stays[number] - stays[number + 1]
        if share:
            yield tuple(step for step in in_time if step.months <= last), share
