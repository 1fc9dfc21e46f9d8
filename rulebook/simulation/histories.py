"""Claim histories, each judged once by the exact reading: which of its claims count, when and with how many units."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from rulebook.checks import is_per_claim
from rulebook.claims import Judged, judge
from rulebook.earnings import life_periods
from rulebook.facts import Facts
from rulebook.periods import Period
from rulebook.readings import Readings
from rulebook.table import day_of
from rulebook.terms import Terms
from rulebook.timeline import Timeline, Version


@dataclass(frozen=True, slots=True)
class Piece:
    """Claims that are alike: what counts of them, when, and for whom."""

    metric: str
    cohort: str | None
    period: Period
    day: date
    ordinal: int
    units: Fraction
    groups: tuple[str, ...]
    reached: frozenset[str]
    """Of the metrics that release a holdback, those that the person counts on."""

    def is_of(self, cohorts: Sequence[str], groups: Sequence[str]) -> bool:
        """Whether it is of one of the cohorts and of one of the groups; without names, of all."""
        return (not cohorts or self.cohort in cohorts) and (not groups or not set(groups).isdisjoint(self.groups))


class Histories:
    """Claim histories, each one person's, judged by the exact reading: what counts of each, and what is alike.

    `facts` holds one person per history, its claims, and the events that have happened in every draw. Where a person
    has several histories, one for each group of outcomes, `heads` are those that count as an enrolled person.
    """

    def __init__(self, terms: Terms, facts: Facts, heads: Collection[int] | None = None) -> None:
        self.terms, self.facts = terms, facts
        self.heads = range(len(facts.persons)) if heads is None else sorted(heads)
        self.version = Version(1, None, terms)
        self.timeline = Timeline([self.version])
        self.judged: Judged = judge(facts, self.timeline)
        self.readings = Readings(facts, self.judged, self.timeline)
        self.pieces: list[Piece] = []
        self.holders: list[dict[int, int]] = []
        """For each piece, how often it stands in which histories."""
        self._collect()

    def _collect(self) -> None:
        judged, found = self.judged, self.judged.pieces
        place_of = {person.id: place for place, person in enumerate(self.facts.persons)}
        place = [place_of[name] for name in judged.table.person_names]
        releasing = {term.holdback.metric for term in self.terms.terms if term.holdback and term.holdback.metric}
        persons = judged.table.person[found.row].tolist()
        metrics = [judged.table.metric_names[number] for number in judged.table.metric[found.row].tolist()]
        reached: dict[int, set[str]] = {}
        for person, metric in zip(persons, metrics, strict=True):
            if metric in releasing:
                reached.setdefault(person, set()).add(metric)
        numbers: dict[Piece, int] = {}
        for row, person in enumerate(persons):
            piece = Piece(
                metrics[row],
                judged.cohorts[int(found.cohort[row])],
                judged.periods[int(found.period[row])],
                day_of(int(found.day[row])) or date.min,
                int(judged.table.ordinal[found.row[row]]),
                Fraction(int(found.units[row]), found.scale),
                self.facts.persons[place[person]].groups,
                frozenset(reached.get(person, ())),
            )
            number = numbers.setdefault(piece, len(numbers))
            if number == len(self.holders):
                self.pieces.append(piece)
                self.holders.append({})
            self.holders[number][place[person]] = self.holders[number].get(place[person], 0) + 1

    @cached_property
    def of_metric(self) -> dict[str, list[int]]:
        """The numbers of the pieces on each metric, in order of time."""
        found: dict[str, list[int]] = {}
        for number, piece in sorted(enumerate(self.pieces), key=lambda pair: (pair[1].day, pair[1].ordinal)):
            found.setdefault(piece.metric, []).append(number)
        return found

    @cached_property
    def life(self) -> list[Period]:
        """The measurement periods of the contract's life before it was stopped."""
        return [period for period in life_periods(self.terms) if self.has_begun(period)]

    def has_begun(self, period: Period) -> bool:
        """Whether the period began before the contract was stopped early."""
        return self.readings.stop is None or period.starts_on <= self.readings.stop

    @cached_property
    def is_per_claim(self) -> dict[str, bool]:
        """For each term, whether each claim earns its price by itself, when it happens."""
        return {term.id: is_per_claim(term) and not term.on for term in self.terms.terms}


def by_time(periods: Iterable[Period]) -> list[Period]:
    """Each period once, in order of time."""
    return sorted(set(periods), key=lambda period: (period.ends_on, period.id))
