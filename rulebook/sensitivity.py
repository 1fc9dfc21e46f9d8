"""What matters most: the result when one assumption at a time is low and high, and when many are so at once.

Everything is read with certain numbers, and with the same random numbers each time, so that what differs between two
readings comes from the assumption alone. What a person's luck does is still drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

from rulebook.forecast import Figure

Figures = Mapping[str, Figure]
Measure = Literal["payments", "net", "irr", "surplus"]
MEASURES: Final[tuple[Measure, ...]] = ("payments", "net", "irr", "surplus")
LOW, ASSUMED, HIGH = "low", "assumed", "high"
BUILT_IN: Final = (LOW, ASSUMED, HIGH)
SLIGHT: Final = 1 / 10**9
"""A swing this small beside the result is what floats leave of none."""


@dataclass(frozen=True, slots=True)
class Point:
    """The result with certain numbers: estimates.

    `irr` is the investor's rate of the expected flows, and None where there is none; `answer` says why. `surplus` is
    what the investor receives less what is paid in, which there always is when a cost is known. `net` is what those who
    pay gain, less what they pay, and None where no gains are reckoned.
    """

    payments: float
    irr: float | None = None
    answer: str = ""
    net: float | None = None
    surplus: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {"answer": self.answer, **{measure: getattr(self, measure) for measure in MEASURES}}


Weigh = Callable[[Figures], Point]


@dataclass(frozen=True, slots=True)
class Bar:
    """One assumption at each end of its range, all others as assumed."""

    key: str
    low: Fraction
    high: Fraction
    at_low: Point
    at_high: Point

    def swing(self, measure: Measure) -> float | None:
        """How far the result moves from one end to the other; None where one end has no result."""
        ends = (getattr(self.at_low, measure), getattr(self.at_high, measure))
        return None if None in ends else abs(ends[1] - ends[0])

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "low": str(self.low),
            "high": str(self.high),
            "at_low": self.at_low.to_json(),
            "at_high": self.at_high.to_json(),
            "swing": {measure: self.swing(measure) for measure in MEASURES},
        }


def certain(figures: Figures, values: Mapping[str, Fraction] | None = None) -> dict[str, Figure]:
    """The figures without their ranges, some of them at other values. Values without a figure are left out."""
    others = values or {}
    return {key: Figure(others.get(key, figure.value)) for key, figure in figures.items()}


def bars_to_draw(figures: Figures) -> list[str]:
    """The assumptions that a tornado turns, in the order of the figures."""
    return [key for key, figure in figures.items() if figure.is_range]


def tornado(figures: Figures, weigh: Weigh) -> Iterator[Bar]:
    """A bar for each uncertain figure as it is ready, in the order of the figures."""
    for key in bars_to_draw(figures):
        low, high = figures[key].ends
        yield Bar(key, low, high, weigh(certain(figures, {key: low})), weigh(certain(figures, {key: high})))


def by_swing(bars: Iterable[Bar], measure: Measure) -> list[Bar]:
    """The bars that move the measure, the widest first; what has no result at one end matters most of all."""

    def width(bar: Bar) -> float:
        swing = bar.swing(measure)
        return float("inf") if swing is None else swing

    found = sorted(bars, key=width, reverse=True)
    return [bar for bar in found if width(bar) > SLIGHT * max(1, abs(getattr(bar.at_low, measure) or 0))]


def sets_of_values(figures: Figures, own: Mapping[str, Mapping[str, Fraction]]) -> dict[str, dict[str, Figure]]:
    """The figures of each scenario by name: every range at its low end, as assumed, at its high end, and one's own."""
    found = {
        LOW: certain(figures, {key: figure.ends[0] for key, figure in figures.items()}),
        ASSUMED: certain(figures),
        HIGH: certain(figures, {key: figure.ends[1] for key, figure in figures.items()}),
    }
    return found | {name: certain(figures, values) for name, values in own.items()}
