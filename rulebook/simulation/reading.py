"""The array reading of the terms: what every line pays in every draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rulebook.calculate import strata
from rulebook.simulation.algebra import Array
from rulebook.simulation.drawn import Drawn, Histories, Looked
from rulebook.simulation.limits import Limits, PayerShare, finish, shared
from rulebook.simulation.lines import Line, lines_of
from rulebook.simulation.scene import Granted


class Place(NamedTuple):
    """Which line: term, period and cohort, as a line of the exact reading has them."""

    term: str
    period: str
    cohort: str | None


@dataclass(frozen=True, slots=True)
class Payments:
    """What is paid in each draw: per line and payer, and what each limit took. Float64, in the contract's currency."""

    lines: Mapping[Place, list[PayerShare]]
    taken: Mapping[str, Array]

    def amount(self, place: Place) -> Array:
        """What a line pays, by all payers together."""
        parts = [share.amount for share in self.lines[place]]
        return np.asarray(sum(parts[1:], parts[0]))


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
    found: dict[Place, list[PayerShare]] = {}
    for line, shares in shared(settled, limits):
        found[Place(line.term.id, line.period.id, line.cohort)] = shares
    return Payments(found, limits.taken.by_limit)
