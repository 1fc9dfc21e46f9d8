"""Which version of the terms is in force on a day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rulebook.periods import Period, period_named, period_of
from rulebook.terms import Terms


@dataclass(frozen=True)
class Version:
    """Terms as agreed or amended; `effective_on` None means from the beginning."""

    number: int
    effective_on: date | None
    terms: Terms

    def period_of(self, day: date) -> Period | None:
        """The measurement period that this version's terms put the day in."""
        return period_of(day, self.terms.periods)


class Timeline:
    """The versions of one contract in order of time. An amendment is never retroactive.

    Raises ValueError when there is no version, when two share a number, or when they differ in currency.
    """

    def __init__(self, versions: Sequence[Version]) -> None:
        if not versions:
            raise ValueError("a contract has at least one version of its terms")
        if len({version.number for version in versions}) < len(versions):
            raise ValueError("two versions of a contract never share a number")
        if len({version.terms.currency for version in versions}) > 1:
            raise ValueError("all versions of a contract have the same currency")
        self.versions = sorted(versions, key=lambda version: (version.effective_on or date.min, version.number))
        self.starts = [version.effective_on or date.min for version in self.versions]

        self._named: dict[str, Period | None] = {}

    @property
    def latest(self) -> Version:
        return self.versions[-1]

    def on(self, day: date) -> Version | None:
        """The version in force on the day; of two from the same day, the one with the higher number."""
        place = bisect_right(self.starts, day)
        return self.versions[place - 1] if place else None

    def period_named(self, name: str) -> Period | None:
        """The period with that name in the latest version that knows it."""
        if name not in self._named:
            found = (period_named(name, version.terms.periods) for version in reversed(self.versions))
            self._named[name] = next((period for period in found if period), None)
        return self._named[name]
