"""Claims as they are stated, and in columns: the form in which a million of them are read."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from rulebook.money import exact_text
from rulebook.shapes import Day, Number, Reference, Whole, entry

ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class ClaimFact:
    """An event for one person that asks to be paid."""

    id: str = entry(Reference(), "Anspråkets beteckning", "The claim's id")
    person: str = entry(Reference(), "Personens pseudonym", "The person's pseudonym")
    metric: str = entry(Reference(), "Mått", "Metric")
    event_on: date = entry(Day(), "Händelsens dag", "Day of the event")
    cohort: str | None = entry(Reference(), "Kohort; annars personens", "Cohort; otherwise the person's", default=None)
    units: Decimal = entry(
        Number(minimum=Fraction(0), as_decimal=True), "Antal enheter", "Number of units", default=ONE
    )
    verified_on: date | None = entry(
        Day(), "Fastställt", "Verified on; without it the claim counts as verified", default=None
    )
    ordinal: int = entry(Whole(), "Ordningstal", "Which in the order of the person's claims on the metric", default=0)
    claimed_on: date | None = entry(Day(), "Anspråket gjordes", "Day on which the claim was made", default=None)
    until: date | None = entry(
        Day(),
        "Till och med, när anspråket gäller en tid",
        "Last day, when the claim is for a stretch of time",
        default=None,
    )


NO_DAY: Final = np.iinfo(np.int32).min
"""Stands in a column of days where there is none."""


def day_number(day: date | None) -> int:
    """Days since 1 January 1970, as NumPy counts them; NO_DAY for none."""
    return NO_DAY if day is None else day.toordinal() - EPOCH


EPOCH: Final = date(1970, 1, 1).toordinal()


def day_of(number: int) -> date | None:
    """The day behind a number of `day_number`."""
    return None if number == NO_DAY else date.fromordinal(int(number) + EPOCH)


class ClaimTable(Sequence[ClaimFact]):
    """Claims in columns, one row each, in order of id: the form in which a million of them are read.

    Persons, metrics and cohorts are numbers into the lists of names; cohort −1 is none. Days count from 1970, NO_DAY
    is none. `units` are whole numbers of 1 / `scale`.
    """

    def __init__(
        self,
        ids: Sequence[str],
        names: Mapping[str, Sequence[str]],
        columns: Mapping[str, NDArray[Any]],
        scale: int,
    ) -> None:
        self.ids = ids
        self.person_names, self.metric_names, self.cohort_names = names["person"], names["metric"], names["cohort"]
        self.person, self.metric, self.cohort = columns["person"], columns["metric"], columns["cohort"]
        self.event_on, self.until = columns["event_on"], columns["until"]
        self.verified_on, self.claimed_on = columns["verified_on"], columns["claimed_on"]
        self.ordinal, self.units, self.scale = columns["ordinal"], columns["units"], scale
        self._names, self._columns = names, columns

    @classmethod
    def of(cls, claims: Sequence[ClaimFact]) -> ClaimTable:
        """The same claims in columns."""
        return cls.from_columns(
            ids=[claim.id for claim in claims],
            persons=[claim.person for claim in claims],
            metrics=[claim.metric for claim in claims],
            event_on=[claim.event_on for claim in claims],
            cohorts=[claim.cohort for claim in claims],
            units=[claim.units for claim in claims],
            verified_on=[claim.verified_on for claim in claims],
            ordinal=[claim.ordinal for claim in claims],
            claimed_on=[claim.claimed_on for claim in claims],
            until=[claim.until for claim in claims],
        )

    @classmethod
    def from_columns(
        cls,
        *,
        ids: Sequence[str],
        persons: Sequence[str],
        metrics: Sequence[str],
        event_on: Days,
        cohorts: Sequence[str | None] | None = None,
        units: Sequence[Decimal] | None = None,
        verified_on: Days | None = None,
        ordinal: Sequence[int] | None = None,
        claimed_on: Days | None = None,
        until: Days | None = None,
    ) -> ClaimTable:
        """Claims given column by column, in any order; days as dates or as datetime64[D]. Raises ValueError for
        columns of different lengths."""
        size = len(ids)
        given: dict[str, Sequence[Any] | NDArray[Any] | None] = {
            "persons": persons,
            "metrics": metrics,
            "event_on": event_on,
            "cohorts": cohorts,
            "units": units,
        }
        given |= {"verified_on": verified_on, "ordinal": ordinal, "claimed_on": claimed_on, "until": until}
        uneven = [name for name, column in given.items() if column is not None and len(column) != size]
        if uneven:
            raise ValueError(f"ids has {size} values, but these columns do not: {', '.join(uneven)}")
        order = sorted(range(size), key=ids.__getitem__)
        person, person_names = _codes(persons)
        metric, metric_names = _codes(metrics)
        cohort, cohort_names = _codes(cohorts or [None] * size)
        whole_units, scale = _scaled(units, size)
        columns = {
            "person": person,
            "metric": metric,
            "cohort": cohort,
            "event_on": _day_numbers(event_on, size),
            "until": _day_numbers(until, size),
            "verified_on": _day_numbers(verified_on, size),
            "claimed_on": _day_numbers(claimed_on, size),
            "ordinal": np.zeros(size, np.int64) if ordinal is None else np.asarray(ordinal, np.int64),
            "units": whole_units,
        }
        names = {"person": person_names, "metric": metric_names, "cohort": cohort_names}
        in_order = np.asarray(order, np.int64)
        sorted_columns = {name: column[in_order] for name, column in columns.items()}
        return cls([ids[row] for row in order], names, sorted_columns, scale)

    def rows(self, chosen: NDArray[Any]) -> ClaimTable:
        """The chosen rows: a mask, or their numbers in rising order."""
        numbers = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        columns = {name: column[numbers] for name, column in self._columns.items()}
        return ClaimTable([self.ids[row] for row in numbers.tolist()], self._names, columns, self.scale)

    def known_on(self, day: date) -> ClaimTable:
        """The claims verified on the day or before it; a claim without such a day counts as verified."""
        known = self.verified_on <= day_number(day)
        return self if known.all() else self.rows(known)

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> ClaimFact: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ClaimFact]: ...
    def __getitem__(self, index: int | slice) -> ClaimFact | Sequence[ClaimFact]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        cohort = int(self.cohort[index])
        return ClaimFact(
            self.ids[index],
            self.person_names[self.person[index]],
            self.metric_names[self.metric[index]],
            day_of(self.event_on[index]) or date.min,
            None if cohort < 0 else self.cohort_names[cohort],
            Decimal(exact_text(Fraction(int(self.units[index]), self.scale))),
            day_of(self.verified_on[index]),
            int(self.ordinal[index]),
            day_of(self.claimed_on[index]),
            day_of(self.until[index]),
        )


Days = Sequence[date | None] | NDArray[Any]


def _day_numbers(days: Days | None, size: int) -> NDArray[Any]:
    if days is None:
        return np.full(size, NO_DAY, np.int32)
    if isinstance(days, np.ndarray):
        return days.astype("datetime64[D]").astype(np.int64).astype(np.int32)
    return np.fromiter(map(day_number, days), np.int32, size)


def _codes(values: Sequence[str | None]) -> tuple[NDArray[Any], list[str]]:
    """Each value as a number into the list of names; None is −1."""
    numbers: dict[str | None, int] = {None: -1}
    codes = np.fromiter((numbers.setdefault(value, len(numbers) - 1) for value in values), np.int64, len(values))
    return codes, [name for name in numbers if name is not None]


def _scaled(units: Sequence[Decimal] | None, size: int) -> tuple[NDArray[Any], int]:
    """Exact units as whole numbers of one small part; Python's own integers where 64 bits are too few."""
    if units is None:
        return np.ones(size, np.int64), 1
    distinct = {unit: Fraction(unit) for unit in set(units)}
    scale = lcm(1, *(unit.denominator for unit in distinct.values()))
    whole = {unit: int(exact * scale) for unit, exact in distinct.items()}
    largest = max((abs(number) for number in whole.values()), default=0)
    dtype: Any = np.int64 if largest * max(size, 1) < 2**62 else object
    return np.fromiter((whole[unit] for unit in units), dtype, size), scale
