"""The distributions that an assumption can have: how to draw from each, alone or correlated with others.

A correlated value is drawn as a standard normal number z; `at(z)` is the value whose rank among all values is z's rank
among all standard normal numbers (a Gaussian copula: Nelsen, An Introduction to Copulas, 2006, section 2.3).
"""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import erf, sqrt
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from rulebook.money import exact_text
from rulebook.problems import Problem, inside
from rulebook.shapes import Kinds, ListOf, Number, entry

Array = NDArray[np.float64]
ZERO: Final = Fraction(0)


class Distribution(Protocol):
    """The parameters of one kind of distribution."""

    def sample(self, random: np.random.Generator, size: int) -> Array:
        """So many independent values."""

    def at(self, z: Array) -> Array:
        """The values that have the same rank as standard normal numbers."""

    def check(self, where: str) -> list[Problem]:
        """What is wrong with the parameters taken together."""

    @property
    def range(self) -> tuple[Fraction | None, Fraction | None]:
        """The least and the largest value that can be drawn; None where there is no bound."""


def real(exact: Fraction) -> np.float64:
    """The nearest binary number."""
    return np.float64(exact.numerator / exact.denominator)


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same value."""

    value: Fraction = entry(Number(yes_no=True), "Värde", "Value")

    def sample(self, random: np.random.Generator, size: int) -> Array:
        del random
        return np.full(size, real(self.value))

    def at(self, z: Array) -> Array:
        return np.full(z.shape, real(self.value))

    def check(self, where: str) -> list[Problem]:
        del where
        return []

    @property
    def range(self) -> tuple[Fraction | None, Fraction | None]:
        return self.value, self.value


@dataclass(frozen=True, slots=True)
class Normal:
    """The normal distribution with this mean and standard deviation."""

    mean: Fraction = entry(Number(), "Medelvärde", "Mean")
    sd: Fraction = entry(Number(minimum=ZERO), "Standardavvikelse", "Standard deviation")

    def sample(self, random: np.random.Generator, size: int) -> Array:
        value = random.standard_normal(size)
        value *= real(self.sd)
        value += real(self.mean)
        return value

    def at(self, z: Array) -> Array:
        return z * real(self.sd) + real(self.mean)

    def check(self, where: str) -> list[Problem]:
        del where
        return []

    @property
    def range(self) -> tuple[Fraction | None, Fraction | None]:
        return None, None


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every value between the lowest and the highest is as likely."""

    low: Fraction = entry(Number(), "Lägsta", "Lowest")
    high: Fraction = entry(Number(), "Högsta", "Highest")

    def sample(self, random: np.random.Generator, size: int) -> Array:
        return random.uniform(real(self.low), real(self.high), size)

    def at(self, z: Array) -> Array:
        return real(self.low) + (real(self.high) - real(self.low)) * rank(z)

    def check(self, where: str) -> list[Problem]:
        return [] if self.low <= self.high else [_backwards(where, self.low, self.high)]

    @property
    def range(self) -> tuple[Fraction | None, Fraction | None]:
        return self.low, self.high


@dataclass(frozen=True, slots=True)
class Triangular:
    """From the lowest to the highest, most often near the mode."""

    low: Fraction = entry(Number(), "Lägsta", "Lowest")
    mode: Fraction = entry(Number(), "Vanligaste", "Mode")
    high: Fraction = entry(Number(), "Högsta", "Highest")

    def sample(self, random: np.random.Generator, size: int) -> Array:
        if self.low == self.high:
            return np.full(size, real(self.low))
        return random.triangular(real(self.low), real(self.mode), real(self.high), size)

    def at(self, z: Array) -> Array:
        low, mode, high, share = real(self.low), real(self.mode), real(self.high), rank(z)
        rising = low + np.sqrt(share * (high - low) * (mode - low))
        falling = high - np.sqrt((1 - share) * (high - low) * (high - mode))
        return np.where(share * (high - low) < mode - low, rising, falling)

    def check(self, where: str) -> list[Problem]:
        if self.low <= self.mode <= self.high:
            return []
        low, mode, high = exact_text(self.low), exact_text(self.mode), exact_text(self.high)
        sv = f"Ordningen är fel: lägsta {low}, vanligaste {mode}, högsta {high}. Skriv low ≤ mode ≤ high."
        en = f"The order is wrong: lowest {low}, mode {mode}, highest {high}. Write low ≤ mode ≤ high."
        return [Problem(inside(where, "mode"), "distribution_order", sv, en)]

    @property
    def range(self) -> tuple[Fraction | None, Fraction | None]:
        return self.low, self.high


@dataclass(frozen=True, slots=True)
class Empirical:
    """One of the values that have been seen, each as likely; write a value twice if it has been seen twice."""

    values: tuple[Fraction, ...] = entry(ListOf(Number(yes_no=True), at_least=1), "Värden", "Values")

    def sample(self, random: np.random.Generator, size: int) -> Array:
        return self._sorted[random.integers(len(self.values), size=size)]

    def at(self, z: Array) -> Array:
        places = (rank(z) * len(self.values)).astype(np.intp)
        return self._sorted[np.minimum(places, len(self.values) - 1)]

    @property
    def _sorted(self) -> Array:
        return np.array([real(value) for value in sorted(self.values)])

    def check(self, where: str) -> list[Problem]:
        del where
        return []

    @property
    def range(self) -> tuple[Fraction | None, Fraction | None]:
        return min(self.values), max(self.values)


@dataclass(frozen=True, slots=True)
class Beta:
    """A share from 0 to 1 that is not surely known.

    Either `successes` of `trials` seen earlier (beta with successes + 1 and failures + 1: every share was as likely
    before), or a `mean` believed as firmly as if it came from `size` persons (beta with mean × size and the rest).
    """

    successes: Fraction | None = entry(Number(minimum=ZERO), "Lyckade", "Successes", default=None)
    trials: Fraction | None = entry(Number(minimum=ZERO), "Av så många", "Out of so many", default=None)
    mean: Fraction | None = entry(Number(above=ZERO, maximum=Fraction(1)), "Medelvärde", "Mean", default=None)
    size: Fraction | None = entry(
        Number(above=ZERO),
        "Lika säkert som om det kom från så många personer",
        "As sure as if it came from so many persons",
        default=None,
    )

    @property
    def _shape(self) -> tuple[Fraction, Fraction]:
        if self.successes is not None and self.trials is not None:
            return self.successes + 1, self.trials - self.successes + 1
        mean, size = self.mean or ZERO, self.size or ZERO
        return mean * size, (1 - mean) * size

    def sample(self, random: np.random.Generator, size: int) -> Array:
        first, second = map(real, self._shape)
        return random.beta(first, second, size)

    def at(self, z: Array) -> Array:
        return np.interp(rank(z), *_beta_ranks(*self._shape))

    def check(self, where: str) -> list[Problem]:
        seen, believed = (self.successes, self.trials), (self.mean, self.size)
        given = [pair for pair in (seen, believed) if pair != (None, None)]
        if len(given) != 1 or None in given[0]:
            sv = "Andelen behöver antingen successes och trials eller mean och size. Ange ett av paren."
            en = "The share needs either successes and trials, or mean and size. Give one of the pairs."
            return [Problem(where, "beta", sv, en)]
        if self.successes is not None and self.trials is not None and self.successes > self.trials:
            sv = f"{self.successes} lyckades av {self.trials}. Fler kan inte ha lyckats än som försökte."
            en = f"{self.successes} succeeded of {self.trials}. No more can have succeeded than tried."
            return [Problem(inside(where, "successes"), "beta", sv, en)]
        if self.mean == 1:
            sv, en = (
                "En andel som säkert är 1 skrivs som talet 1.",
                "A share that surely is 1 is written as the number 1.",
            )
            return [Problem(inside(where, "mean"), "beta", sv, en)]
        return []

    @property
    def range(self) -> tuple[Fraction | None, Fraction | None]:
        return ZERO, Fraction(1)


def _backwards(where: str, low: Fraction, high: Fraction) -> Problem:
    sv = f"Det högsta värdet {exact_text(high)} är lägre än det lägsta {exact_text(low)}. Byt plats på dem."
    en = f"The highest value {exact_text(high)} is below the lowest {exact_text(low)}. Swap them."
    return Problem(inside(where, "high"), "distribution_order", sv, en)


@dataclass(frozen=True, slots=True)
class Kind:
    """An entry of the register: the parameters, and what people call the kind."""

    Params: type[Any]
    label: dict[str, str]


KINDS: Final[dict[str, Kind]] = {
    "constant": Kind(Constant, {"sv": "Bestämt värde", "en": "Constant"}),
    "normal": Kind(Normal, {"sv": "Normalfördelning", "en": "Normal"}),
    "triangular": Kind(Triangular, {"sv": "Triangelfördelning", "en": "Triangular"}),
    "uniform": Kind(Uniform, {"sv": "Likformig fördelning", "en": "Uniform"}),
    "empirical": Kind(Empirical, {"sv": "Sedda värden", "en": "Empirical"}),
    "beta": Kind(Beta, {"sv": "Betafördelad andel", "en": "Beta"}),
}
DISTRIBUTION: Final = Kinds("distribution", KINDS)


# --- ranks ---------------------------------------------------------------------------------------------------------

REACH: Final = 8
"""Standard normal numbers further out than this are as good as never drawn: 1 in 10¹⁵."""
PIECES: Final = 1 << 14


@lru_cache(maxsize=1)
def _normal_ranks() -> tuple[Array, Array]:
    z = np.linspace(-REACH, REACH, PIECES + 1)
    return z, np.array([(1 + erf(each / sqrt(2))) / 2 for each in z.tolist()])


def rank(z: Array) -> Array:
    """The share of all standard normal numbers that are below z, to six decimals."""
    return np.interp(z, *_normal_ranks())


@lru_cache(maxsize=256)
def _beta_ranks(first: Fraction, second: Fraction) -> tuple[Array, Array]:
    """Ranks and the beta values that have them, from the density of ln(x / (1 − x)): it has no peaks at the ends."""
    a, b = real(first), real(second)
    centre, spread = np.log(a / b), 12 * np.sqrt(1 / a + 1 / b)
    odds = np.linspace(centre - max(spread, 40 / a), centre + max(spread, 40 / b), PIECES + 1)
    density = -a * np.logaddexp(0, -odds) - b * np.logaddexp(0, odds)
    density = np.exp(density - density.max())
    steps = (density[1:] + density[:-1]) / 2
    ranks = np.concatenate([np.zeros(1), np.cumsum(steps)])
    return ranks / ranks[-1], np.exp(-np.logaddexp(0, -odds))
