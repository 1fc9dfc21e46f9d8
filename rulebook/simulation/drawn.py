"""What was drawn, and how the terms look it up: counts, measured values and persons, one number per draw.

Persons are drawn as counts over claim histories. The exact reading judges each history once, as if it were one
person's, and says which of its claims count, when and with how many units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np

from rulebook.periods import Period, period_named
from rulebook.simulation.algebra import Array, DrawAlgebra, Missing, Quantity
from rulebook.simulation.combining import COMBINE
from rulebook.simulation.distributions import real
from rulebook.simulation.histories import Histories
from rulebook.terms import GivenValue, Metric

Key = tuple[str, str | None, str]
"""A measured value's place: metric, cohort (None: the whole contract), period."""


@dataclass(frozen=True)
class Drawn:
    """One chunk of draws.

    `times` is histories × draws: how many persons have each history. The others hold an array for each place where
    something was measured: the value (NaN where none could be), its standard error, and its weight when values are
    pooled. Where no value `may_miss`, nobody needs to look.
    """

    size: int
    times: Array
    values: Mapping[Key, Array] = field(default_factory=dict)
    errors: Mapping[Key, Array] = field(default_factory=dict)
    weights: Mapping[Key, Array] = field(default_factory=dict)
    may_miss: bool = True


NOTHING: Final = np.float64(0)


class Looked:
    """A chunk of draws as the terms look at it, everything worked out at most once."""

    def __init__(self, histories: Histories, drawn: Drawn) -> None:
        self.histories, self.drawn, self.terms = histories, drawn, histories.terms
        self.algebra = DrawAlgebra()
        self._claims: dict[int, Array] = {}
        self._counts: dict[tuple[object, ...], dict[tuple[str | None, str], Array]] = {}
        self._is_nan: dict[int, Array | None] = {}
        self._enrolled: dict[tuple[object, ...], Array] = {}

    # --- persons ------------------------------------------------------------------------------------------------

    def claims(self, piece: int) -> Array:
        """How many claims of a piece there are in each draw."""
        if piece not in self._claims:
            self._claims[piece] = self.persons(self.histories.holders[piece])
        return self._claims[piece]

    def persons(self, weights: Mapping[int, int | np.float64]) -> Array:
        """The sum over some histories of how many persons have it × a weight."""
        total = np.zeros(self.drawn.size)
        for history, weight in weights.items():
            times = self.drawn.times[history]
            total += times if weight == 1 else times * weight
        return total

    def counts(
        self, metric: str, cohorts: Sequence[str] = (), groups: Sequence[str] = ()
    ) -> dict[tuple[str | None, str], Array]:
        """Units that count, by cohort (None: all together) and period."""
        return self._tallied(metric, cohorts, groups, self._units)

    def claimed(
        self, metric: str, cohorts: Sequence[str] = (), groups: Sequence[str] = ()
    ) -> dict[tuple[str | None, str], Array]:
        """Claims that count, by cohort (None: all together) and period."""
        return self._tallied(metric, cohorts, groups, self.claims)

    def _units(self, piece: int) -> Array:
        units = self.histories.pieces[piece].units
        return self.claims(piece) if units == 1 else self.claims(piece) * real(units)

    def _tallied(
        self, metric: str, cohorts: Sequence[str], groups: Sequence[str], number: Callable[[int], Array]
    ) -> dict[tuple[str | None, str], Array]:
        key = (metric, cohorts, groups, number.__name__)
        if key not in self._counts:
            tally: dict[tuple[str | None, str], Array] = {}
            for place in self.histories.of_metric.get(metric, ()):
                piece = self.histories.pieces[place]
                if piece.is_of(cohorts, groups):
                    for cohort in {None, piece.cohort}:
                        at = (cohort, piece.period.id)
                        found = number(place)
                        tally[at] = tally[at] + found if at in tally else found
            self._counts[key] = tally
        return self._counts[key]

    def enrolled(self, last: date, cohorts: Sequence[str | None]) -> Array:
        """How many persons had enrolled by a day; without cohorts, all of them."""
        key = (last, *cohorts)
        if key not in self._enrolled:
            known = self.terms.cohort_by_id
            total = np.zeros(self.drawn.size)
            for place in self.histories.heads:
                person = self.histories.facts.persons[place]
                home = known.get(person.cohort or "")
                first = person.enrolled_on or (home.enrols[0] if home else None)
                if (first is None or first <= last) and (not cohorts or person.cohort in cohorts):
                    total += self.drawn.times[place]
            self._enrolled[key] = total
        return self._enrolled[key]

    # --- measured values ----------------------------------------------------------------------------------------

    def read(self, metric: Metric, period: Period, cohort: str | None) -> tuple[Quantity, Missing | None, Array | None]:
        """The metric in the period: its value, where it has none, and its standard error."""
        if metric.level == "person":
            return self.counts(metric.id).get((cohort, period.id), NOTHING), None, None
        cohort = cohort if metric.level == "cohort" else None
        key = (metric.id, cohort, period.id)
        value, error = self.drawn.values.get(key), self.drawn.errors.get(key)
        gone = self._gone(value)
        if value is not None and gone is None:
            return value, None, error
        if isinstance(metric.missing, GivenValue):
            given = real(metric.missing.value)
            return (given, None, None) if value is None else (np.where(np.isnan(value), given, value), None, error)
        if metric.missing == "last_known":
            value, error, gone = self._last_known(key, period, value, error)
        if value is None:
            return NOTHING, Missing(np.True_, metric.missing == "exclude"), None
        return value, None if gone is None else Missing(gone, metric.missing == "exclude"), error

    def _gone(self, value: Array | None) -> Array | None:
        """In which draws there is no value; None when there is one in all of them."""
        if value is None or not self.drawn.may_miss:
            return None
        if id(value) not in self._is_nan:
            gone = np.isnan(value)
            self._is_nan[id(value)] = gone if gone.any() else None
        return self._is_nan[id(value)]

    def _last_known(
        self, key: Key, period: Period, value: Array | None, error: Array | None
    ) -> tuple[Array | None, Array | None, Array | None]:
        """The value with its holes filled from the periods before, the latest first."""
        for earlier, known in reversed(self.dated(key[0], key[1], period)):
            if earlier.ends_on >= period.starts_on:
                continue
            known_error = self.drawn.errors.get((key[0], key[1], earlier.id))
            if value is None:
                value, error = known, known_error
            else:
                holes = np.isnan(value)
                if not holes.any():
                    break
                value = np.where(holes, known, value)
                if error is not None or known_error is not None:
                    none: Array = np.full(self.drawn.size, np.nan)
                    error = np.where(
                        holes, none if known_error is None else known_error, none if error is None else error
                    )
        gone = None if value is None else np.isnan(value)
        return value, error, gone if gone is not None and gone.any() else None

    def dated(self, metric: str, cohort: str | None, last: Period) -> list[tuple[Period, Array]]:
        """What was measured in the periods that had ended when the last one did, in order of time."""
        return [pair for pair in self._measured.get((metric, cohort), []) if pair[0].ends_on <= last.ends_on]

    def cohorts_of(self, metric: str) -> list[str | None]:
        """The cohorts that something was measured for."""
        return sorted((cohort for of, cohort in self._measured if of == metric), key=lambda cohort: cohort or "")

    @cached_property
    def _measured(self) -> dict[tuple[str, str | None], list[tuple[Period, Array]]]:
        found: dict[tuple[str, str | None], list[tuple[Period, Array]]] = {}
        for metric, cohort, name in self.drawn.values:
            period = period_named(name, self.terms.periods)
            if period is not None:
                found.setdefault((metric, cohort), []).append((period, self.drawn.values[metric, cohort, name]))
        for dated in found.values():
            dated.sort(key=lambda pair: pair[0].ends_on)
        return found

    def latest(self, metric: Metric) -> tuple[Quantity, Missing | None]:
        """The metric's last known value over the whole contract; a person-level metric is summed."""
        if metric.level == "person":
            every = [units for (cohort, _), units in self.counts(metric.id).items() if cohort is None]
            return sum(every[1:], every[0]) if every else NOTHING, None
        value: Quantity = np.full(self.drawn.size, np.nan)
        for _, known in self._measured.get((metric.id, None), []):
            value = np.where(np.isnan(known), value, known)
        gone = np.isnan(value)
        if isinstance(metric.missing, GivenValue):
            return np.where(gone, real(metric.missing.value), value), None
        return value, Missing(gone, metric.missing == "exclude") if gone.any() else None

    def combined(self, metric: Metric, places: Sequence[tuple[Period, str | None]], combine: str) -> Array:
        """Several values of a metric, in order of time, as one; NaN where there is none to combine."""
        keys = [(metric.id, cohort, period.id) for period, cohort in places]
        values = [self.drawn.values[key] for key in keys]
        if not values:
            return np.full(self.drawn.size, np.nan)
        weights = [self.drawn.weights.get(key) for key in keys]
        return COMBINE[combine](values, weights)
