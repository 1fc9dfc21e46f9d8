"""The array reading of the terms: what every line pays in every draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rulebook.calculate import strata
from rulebook.simulation.algebra import Array
from rulebook.simulation.drawn import Drawn, Looked
from rulebook.simulation.finishing import Paid, finish, paid_by
from rulebook.simulation.histories import Histories
from rulebook.simulation.limits import Limits
from rulebook.simulation.lines import Line, lines_of
from rulebook.simulation.scene import Granted


class Place(NamedTuple):
    """Which line: term, period and cohort, as a line of the exact reading has them."""

    term: str
    period: str
    cohort: str | None


@dataclass(frozen=True, slots=True)
class Payments:
    """What is paid in each draw, line by line, and what each limit took. Float64, in the contract's currency."""

    paid: Sequence[Paid]
    taken: Mapping[str, Array]

    @property
    def lines(self) -> dict[Place, Array]:
        """What each line pays, by all payers together."""
        return {Place(one.line.term.id, one.line.period.id, one.line.cohort): one.amount for one in self.paid}


def read_arrays(histories: Histories, drawn: Drawn, *, rounds: bool = True) -> Payments:
    """What every line pays in every draw: the terms' own kinds on arrays, with limits, payers and what is held back.

    Each line is rounded as the terms say. A distribution can do without (`rounds` False) where the unit is an öre.
    """
    looked = Looked(histories, drawn)
    limits = Limits(looked, rounds)
    settled: list[Line] = []
    for wanted in strata(histories.timeline):
        granted = [Granted(line.term.id, line.period, line.amount) for line in settled]
        lines = limits.apply(lines_of(looked, wanted, granted))
        finish(lines, limits, settled)
        settled += lines
    paid = list(paid_by(settled, limits))
    for line in settled:  # a line and its portions hold one another: let go of the arrays at once
        line.portions.clear()
    return Payments(paid, limits.taken.by_limit)
