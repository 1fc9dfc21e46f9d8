"""What a measurement can see: the chance that a change shows as more than chance, and the smallest change that does.

For the design of a measure, before anything is measured. Estimates, never amounts. «Shows» means that a two-sided test
at the five per cent level finds a difference in the right direction. Where the formulas come from:

- a share against a known level: the exact binomial test (Clopper & Pearson, Biometrika 26, 1934);
- a share against the share of an earlier or other group: Fisher's exact test, its power summed over every outcome of
  the two groups (Bennett & Hsu, Biometrika 47, 1960);
- either with many persons: the normal approximation (Fleiss, Levin & Paik, Statistical Methods for Rates and
  Proportions, 3rd ed. 2003, ch. 4, without continuity correction);
- a mean or a rate with a known spread between persons: the normal formula with Guenther's correction for few persons
  (The American Statistician 35, 1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import inf, lgamma, sqrt
from statistics import NormalDist
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from rulebook.problems import Language

LEVEL: Final = 0.05
WANTED: Final = 0.8
"""The usual demand on a study: a change that matters is seen four times out of five."""
HALF: Final = 0.5
EXACT_PERSONS: Final = 5_000
EXACT_CELLS: Final = 250_000
"""Up to so many pairs of outcomes of two groups are summed; beyond, the normal approximation is as good."""
FEW: Final = 30
STEPS: Final = 40
"""Halvings in the search for the smallest change: far finer than anything shown."""
_SLACK: Final = 1e-12

Array = NDArray[np.float64]
Kind = Literal["share", "number"]
Warning_ = Literal["none", "weak", "poor", "unknown"]
_NORMAL: Final = NormalDist()


def share_power(
    baseline: float, target: float, persons: int, base_persons: int | None = None, *, level: float = LEVEL
) -> float:
    """The chance that a change of a share from `baseline` to `target` shows among `persons`.

    `base_persons` are those behind the baseline; without them the baseline counts as known.

    >>> round(share_power(0.55, 0.70, 40), 2), round(share_power(0.55, 0.70, 40, 61), 2)
    (0.44, 0.26)
    """
    if target < baseline:
        return share_power(1 - baseline, 1 - target, persons, base_persons, level=level)
    if base_persons is None:
        if persons <= EXACT_PERSONS:
            return _exact_against_level(baseline, target, persons, level)
        spread, noise = sqrt(baseline * (1 - baseline) / persons), sqrt(target * (1 - target) / persons)
    else:
        if (persons + 1) * (base_persons + 1) <= EXACT_CELLS:
            return _exact_against_group(baseline, target, persons, base_persons, level)
        pooled = (baseline * base_persons + target * persons) / (base_persons + persons)
        spread = sqrt(pooled * (1 - pooled) * (1 / persons + 1 / base_persons))
        noise = sqrt(target * (1 - target) / persons + baseline * (1 - baseline) / base_persons)
    edge = target - baseline - _NORMAL.inv_cdf(1 - level / 2) * spread
    return _NORMAL.cdf(edge / noise) if noise else (1.0 if edge > 0 else 0.0)


def detectable_share(
    baseline: float,
    persons: int,
    base_persons: int | None = None,
    *,
    upwards: bool = True,
    level: float = LEVEL,
    wanted: float = WANTED,
) -> float | None:
    """The share nearest to the baseline whose change shows with the wanted chance; None when no share does.

    >>> round(detectable_share(0.55, 40), 2), detectable_share(0.9, 10)
    (0.77, None)
    """
    best = 1.0 if upwards else 0.0

    def shows(target: float) -> bool:
        return share_power(baseline, target, persons, base_persons, level=level) >= wanted

    if not shows(best):
        return None
    near, far = baseline, best
    for _ in range(STEPS):
        middle = (near + far) / 2
        near, far = (near, middle) if shows(middle) else (middle, far)
    return far


def mean_power(
    change: float, spread: float, persons: int, base_persons: int | None = None, *, level: float = LEVEL
) -> float:
    """The chance that a change of a mean shows, when single persons differ by `spread` (their standard deviation).

    >>> round(mean_power(5, 10, 64, 64), 2), round(mean_power(5, 10, 34), 2)
    (0.8, 0.81)
    """
    error = _standard_error(spread, persons, base_persons, level)
    if not error:
        return 1.0 if change else 0.0
    return _NORMAL.cdf(abs(change) / error - _NORMAL.inv_cdf(1 - level / 2))


def detectable_change(
    spread: float, persons: int, base_persons: int | None = None, *, level: float = LEVEL, wanted: float = WANTED
) -> float | None:
    """The smallest change of a mean that shows with the wanted chance; None with too few persons for any.

    >>> round(detectable_change(10, 64, 64), 1), detectable_change(10, 1, 1)
    (5.0, None)
    """
    error = _standard_error(spread, persons, base_persons, level)
    if error == inf:
        return None
    return error * (_NORMAL.inv_cdf(1 - level / 2) + _NORMAL.inv_cdf(wanted))


def chance_by_luck(baseline: float, target: float, persons: int) -> float:
    """The chance that `persons` reach the target, or pass it, although nothing has changed.

    >>> round(chance_by_luck(0.55, 0.70, 40), 3), chance_by_luck(0.5, 0.5, 1)
    (0.039, 0.5)
    """
    if target < baseline:
        return chance_by_luck(1 - baseline, 1 - target, persons)
    if persons > EXACT_PERSONS:
        noise = sqrt(baseline * (1 - baseline) / persons)
        return 1 - _NORMAL.cdf((target - baseline) / noise) if noise else 0.0
    least = int(np.ceil(target * persons - _SLACK * persons))
    return min(1.0, float(_binomial(persons, baseline)[least:].sum()))


# --- Exact ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _ways(of: int) -> Array:
    """The logarithm of how many ways there are to choose 0, 1, … of so many."""
    return np.array([lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1) for k in range(of + 1)])


def _binomial(persons: int, share: float) -> Array:
    """The chance of 0, 1, … of so many."""
    if share in {0, 1}:
        certain = np.zeros(persons + 1)
        certain[persons if share else 0] = 1
        return certain
    number = np.arange(persons + 1)
    chances: Array = np.exp(_ways(persons) + number * np.log(share) + (persons - number) * np.log1p(-share))
    return chances


def _exact_against_level(baseline: float, target: float, persons: int, level: float) -> float:
    at_least = np.append(_binomial(persons, baseline)[::-1].cumsum()[::-1], 0)
    least = int(np.argmax(at_least <= level / 2 + _SLACK))  # so many show
    return min(1.0, float(_binomial(persons, target)[least:].sum()))


def _exact_against_group(baseline: float, target: float, persons: int, base_persons: int, level: float) -> float:
    least = _fisher_least(persons, base_persons, level)
    at_least = np.append(_binomial(persons, target)[::-1].cumsum()[::-1], 0)
    return min(1.0, float(_binomial(base_persons, baseline) @ at_least[least]))


@lru_cache(maxsize=32)
def _fisher_least(persons: int, base_persons: int, level: float) -> NDArray[np.int64]:
    """For 0, 1, … successes in the base group: how many it takes among `persons` to show (one more than all: never)."""
    ways, base_ways, all_ways = _ways(persons), _ways(base_persons), _ways(persons + base_persons)
    least = np.full(base_persons + 1, persons + 1)
    for total in range(persons + base_persons + 1):
        here = np.arange(max(0, total - base_persons), min(persons, total) + 1)
        chances = np.exp(ways[here] + base_ways[total - here] - all_ways[total])
        shows = chances[::-1].cumsum()[::-1] <= level / 2 + _SLACK
        np.minimum.at(least, total - here[shows], here[shows])
    return least


def _standard_error(spread: float, persons: int, base_persons: int | None, level: float) -> float:
    """Of the difference, after Guenther's correction; infinite when it leaves fewer than one."""
    z = _NORMAL.inv_cdf(1 - level / 2)
    if base_persons is None:
        effective = persons - z * z / 2
        return spread / sqrt(effective) if effective > 1 else inf
    effective = 2 / (1 / persons + 1 / base_persons) - z * z / 4
    return spread * sqrt(2 / effective) if effective > 1 else inf


# --- What a design can see -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DesignPower:
    """What a measurement with so many persons can see. Shares are parts of one; numbers are in the measure's unit.

    `detectable` is the level that shows four times out of five; None when none does. `by_luck` is the chance of
    reaching the target although nothing has changed. `warning`: none (a change to the target shows at least four times
    out of five), weak (at least every second time), poor, or unknown without a target.
    """

    kind: Kind
    baseline: float
    target: float | None
    persons: int
    base_persons: int | None
    upwards: bool
    chance: float | None
    detectable: float | None
    by_luck: float | None
    warning: Warning_

    @property
    def has_few(self) -> bool:
        return self.persons < FEW or (self.base_persons is not None and self.base_persons < FEW)

    def words(self, language: Language, unit: str = "") -> tuple[str, ...]:
        """What to know, one sentence each, the most important first."""
        say = _Words(self, language, unit)
        sentences = [say.chance(), say.detectable(), say.luck(), say.few(), say.advice()]
        return tuple(sentence for sentence in sentences if sentence)


def design_power(
    *,
    kind: Kind,
    baseline: float,
    persons: int,
    target: float | None = None,
    base_persons: int | None = None,
    spread: float | None = None,
    upwards: bool | None = None,
) -> DesignPower:
    """What a measure can see in this design. A number needs its `spread` between persons. Without a target, `upwards`
    says which way is looked.

    Raises ValueError for what no measurement can be: a share outside 0–1, fewer persons than one, a negative spread.
    """
    if persons < 1 or (base_persons is not None and base_persons < 1):
        raise ValueError("a measurement takes at least one person")
    if target == baseline:
        target = None
    up = target > baseline if target is not None else upwards is not False
    if kind == "number":
        if spread is None or spread < 0:
            raise ValueError("a mean takes the spread between persons")
        chance = None if target is None else mean_power(target - baseline, spread, persons, base_persons)
        step = detectable_change(spread, persons, base_persons)
        detectable = None if step is None else baseline + (step if up else -step)
        luck = None
    else:
        if not 0 <= baseline <= 1 or (target is not None and not 0 <= target <= 1):
            raise ValueError("a share lies between 0 and 1")
        chance = None if target is None else share_power(baseline, target, persons, base_persons)
        detectable = detectable_share(baseline, persons, base_persons, upwards=up)
        luck = None if target is None else chance_by_luck(baseline, target, persons)
    return DesignPower(kind, baseline, target, persons, base_persons, up, chance, detectable, luck, _warning(chance))


def _warning(chance: float | None) -> Warning_:
    if chance is None:
        return "unknown"
    if chance >= WANTED:
        return "none"
    return "weak" if chance >= HALF else "poor"


@dataclass(frozen=True, slots=True)
class _Words:
    power: DesignPower
    language: Language
    unit: str

    def pick(self, sv: str, en: str) -> str:
        return en if self.language == "en" else sv

    def percent(self, share: float) -> str:
        sign = self.pick("\u00a0%", "%")
        rounded = round(share * 100)
        if share > 0 and rounded == 0:
            return self.pick("mindre än 1", "less than 1") + sign
        if share < 1 and rounded == 100:
            return self.pick("mer än 99", "more than 99") + sign
        return f"{rounded}{sign}"

    def level(self, value: float) -> str:
        if self.power.kind == "share":
            text, sign = f"{value * 100:.1f}".removesuffix(".0"), self.pick("\u00a0%", "%")
            return self._decimals(text) + sign
        text = f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return self._decimals(text) + (f"\u00a0{self.unit}" if self.unit else "")

    def _decimals(self, text: str) -> str:
        swedish = text.replace(",", "\u00a0").replace(".", ",")
        return self.pick(swedish, text).replace("-", "\u2212")

    def design(self) -> str:
        power = self.power
        measured = (
            ""
            if power.base_persons is None
            else self.pick(f", mätt på {power.base_persons} personer,", f", measured on {power.base_persons} persons")
        )
        return self.pick(
            f"Med {power.persons} personer och en baslinje på {self.level(power.baseline)}{measured}",
            f"With {power.persons} persons and a baseline of {self.level(power.baseline)}{measured}",
        )

    def change(self, level: float) -> str:
        up = level > self.power.baseline
        return self.pick(
            f"en {'ökning' if up else 'minskning'} till {self.level(level)}",
            f"{'an increase' if up else 'a decrease'} to {self.level(level)}",
        )

    def chance(self) -> str:
        power = self.power
        if power.chance is None or power.target is None:
            return ""
        return self.pick(
            f"{self.design()} är chansen {self.percent(power.chance)} att {self.change(power.target)} syns som mer än "
            "slump.",
            f"{self.design()}, the chance is {self.percent(power.chance)} that {self.change(power.target)} shows as "
            "more than chance.",
        )

    def detectable(self) -> str:
        power = self.power
        if power.detectable is None:
            way = self.pick("ökning" if power.upwards else "minskning", "increase" if power.upwards else "decrease")
            return self.pick(
                f"Med så få personer syns inte ens den största {way} som är möjlig fyra gånger av fem.",
                f"With so few persons not even the largest possible {way} shows four times out of five.",
            )
        return self.pick(
            f"För att synas fyra gånger av fem behövs {self.change(power.detectable)}.",
            f"To show four times out of five it takes {self.change(power.detectable)}.",
        )

    def luck(self) -> str:
        power = self.power
        if power.by_luck is None or power.target is None:
            return ""
        return self.pick(
            f"Om ingenting förändras nås {self.level(power.target)} ändå av en slump med {self.percent(power.by_luck)} "
            "sannolikhet.",
            f"If nothing changes, {self.level(power.target)} is still reached by luck with a probability of "
            f"{self.percent(power.by_luck)}.",
        )

    def few(self) -> str:
        if not self.power.has_few:
            return ""
        return self.pick(
            f"Färre än {FEW} personer är få: en enda person flyttar resultatet märkbart.",
            f"Fewer than {FEW} persons are few: a single person moves the result noticeably.",
        )

    def advice(self) -> str:
        if self.power.warning not in {"weak", "poor"}:
            return ""
        return self.pick(
            "Slumpen får stort inflytande. Överväg fler personer, en längre mätperiod, flera årgångar tillsammans, "
            "eller att betala för varje person som når målet i stället för en jämförelse.",
            "Chance will have much to say. Consider more persons, a longer period, several cohorts together, or paying "
            "for each person who reaches the outcome instead of for a comparison.",
        )
