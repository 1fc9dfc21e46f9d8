"""How uncertain values go together: a matrix of correlations, and whether any values could go together so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rulebook.problems import Problem, inside

Array = NDArray[np.float64]
Pair = tuple[Sequence[str], Fraction]
ROUND_OFF: Final = 1 / 10**9


def matrix_of(names: Sequence[str], pairs: Sequence[Pair]) -> Array:
    """The correlation matrix of the names, in their order; what no pair mentions is uncorrelated."""
    matrix = np.eye(len(names))
    for (first, second), rho in pairs:
        row, column = names.index(first), names.index(second)
        matrix[row, column] = matrix[column, row] = rho.numerator / rho.denominator
    return matrix


def factor_of(matrix: Array) -> Array:
    """A lower triangular factor: factor × factor transposed is the matrix, which may be singular."""
    values, vectors = np.linalg.eigh(matrix)
    _, upper = np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0))).T)
    return np.asarray((upper * np.where(np.diag(upper) < 0, -1, 1)[:, None]).T)


def nearest_of(matrix: Array) -> Array:
    """A near matrix that values can have: its negative eigenvalues lifted to zero, its diagonal scaled back to one.

    Rebonato and Jäckel, The most general methodology to create a valid correlation matrix (1999), section 3.
    """
    values, vectors = np.linalg.eigh(matrix)
    lifted = (vectors * np.maximum(values, 0)) @ vectors.T
    scale = np.sqrt(np.diag(lifted))
    return np.asarray(lifted / np.outer(scale, scale))


def in_drawing_order(pairs: Sequence[Pair], once: Mapping[str, bool], level: Mapping[str, str]) -> list[str]:
    """The correlated metrics: those drawn once before those drawn every period, the contract's before the cohorts'."""
    names = dict.fromkeys(name for between, _ in pairs for name in between)
    return sorted(names, key=lambda name: (not once[name], level[name] == "cohort"))


def check_pairs(pairs: Sequence[Pair], once: Mapping[str, bool], level: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the correlations: metrics that are not uncertain, pairs said twice, values that cannot be."""
    seen: set[frozenset[str]] = set()
    sound = True
    for index, (between, _) in enumerate(pairs):
        where = inside(inside("correlations", index), "between")
        for place, name in enumerate(between):
            if name not in once:
                sound = False
                sv = f"{name} är inte osäkert i antagandena. Ge det en fördelning, eller ta bort sambandet."
                en = f"{name} is not uncertain in the assumptions. Give it a distribution, or remove the correlation."
                yield Problem(inside(where, place), "not_uncertain", sv, en)
        if frozenset(between) in seen or between[0] == between[1]:
            sound = False
            sv = (
                f"Sambandet mellan {between[0]} och {between[1]} går inte att läsa. Ange varje par av två mått en gång."
            )
            en = f"The correlation of {between[0]} and {between[1]} cannot be read. Give each pair of two metrics once."
            yield Problem(where, "duplicate", sv, en)
        seen.add(frozenset(between))
    if sound:
        yield from _can_be_drawn(pairs, once, level)
        yield from _is_possible(pairs)


def _can_be_drawn(pairs: Sequence[Pair], once: Mapping[str, bool], level: Mapping[str, str]) -> Iterator[Problem]:
    names = in_drawing_order(pairs, once, level)
    lasting = [name for name in names if once[name] and level[name] == "cohort"]
    passing = [name for name in names if not once[name] and level[name] != "cohort"]
    if lasting and passing:
        sv = (
            f"{lasting[0]} dras en gång per kohort och {passing[0]} varje mätperiod för hela avtalet. "
            "De kan inte ha samband. Låt drawn vara lika för båda."
        )
        en = (
            f"{lasting[0]} is drawn once per cohort and {passing[0]} every period for the whole contract. "
            "They cannot be correlated. Let drawn be the same for both."
        )
        yield Problem("correlations", "drawn", sv, en)


def _is_possible(pairs: Sequence[Pair]) -> Iterator[Problem]:
    names = list(dict.fromkeys(name for between, _ in pairs for name in between))
    if not names:
        return
    matrix = matrix_of(names, pairs)
    if np.linalg.eigvalsh(matrix).min() >= -ROUND_OFF:
        return
    near = nearest_of(matrix)
    told = [
        f"{first}–{second} {near[names.index(first), names.index(second)]:.2f}"
        for place, first in enumerate(names)
        for second in names[place + 1 :]
    ]
    shown = "; ".join(told)
    sv = f"Inga värden kan ha alla dessa samband på en gång. De närmaste möjliga är ungefär: {shown}."
    en = f"No values can be correlated in all these ways at once. The nearest that are possible are about: {shown}."
    yield Problem("correlations", "not_possible", sv, en)
