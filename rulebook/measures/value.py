"""The verified value of a metric in a measurement period is what is paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.problems import Problem, inside
from rulebook.shapes import Choice, Name, entry

label: Final = {"sv": "Uppmätt värde", "en": "Measured value"}
LEVELS: Final = ("cohort", "contract")
COMBINED: Final = {
    "last": ("det senaste värdet av", "the latest value of"),
    "sum": ("summan av", "the sum of"),
    "mean": ("medelvärdet av", "the mean of"),
    "pooled": (
        "summan av alla täljare delad med summan av alla nämnare för",
        "the sum of all numerators divided by the sum of all denominators of",
    ),
    "highest": ("det högsta värdet av", "the highest value of"),
    "lowest": ("det lägsta värdet av", "the lowest value of"),
}


@dataclass(frozen=True, slots=True)
class Params:
    """The value of a cohort-level or contract-level metric: a share, a score, a saving, a number.

    Values of several periods (`over` contract) or cohorts (`per` contract) become one as `combine` says.
    """

    metric: str = entry(Name(of="metrics"), "Måttet", "The metric")
    over: str = entry(
        Choice.of(
            period=("mätperiodens värde", "the period's value"), contract=("alla värden hittills", "all values to date")
        ),
        "Vilka värden",
        "Which values",
        default="period",
    )
    per: str = entry(
        Choice.of(
            own=("som måttet mäts", "as the metric is measured"),
            contract=("alla kohorter tillsammans", "all cohorts together"),
        ),
        "Räknas för",
        "Counted for",
        default="own",
    )
    combine: str = entry(
        Choice.of(
            last=("det senaste", "the latest"),
            sum=("summan", "their sum"),
            mean=("medelvärdet", "their mean"),
            pooled=("alla täljare delade med alla nämnare", "all numerators by all denominators"),
            highest=("det högsta", "the highest"),
            lowest=("det lägsta", "the lowest"),
        ),
        "Hur flera värden blir ett",
        "How several values become one",
        default="last",
    )


def value(p: Params, scene: Scene) -> Quantity:
    return scene.value(p.metric, p.over, p.combine, p.per)


def subject(p: Params, voice: Voice) -> Subject:
    name, unit = voice.metric(p.metric), voice.units.get(p.metric, "")
    whole = voice.pick(f"värdet av {name} i mätperioden", f"the value of {name} in the measurement period")
    short = one = name
    if p.over == "contract" or p.per == "contract":
        who = voice.pick(" för alla kohorter tillsammans", " for all cohorts together") if p.per == "contract" else ""
        when = (
            voice.pick(" hittills", " to date")
            if p.over == "contract"
            else voice.pick(" i mätperioden", " in the measurement period")
        )
        whole = short = one = voice.pick(*COMBINED[p.combine]) + f" {name}{who}{when}"
    return Subject(voice.each_of(unit, one), whole, short, partial(voice.level, p.metric), unit)


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, parts, voice
    return ""


def check(p: Params, where: str) -> list[Problem]:
    if p.per == "contract" and p.combine == "last":
        sv = "Det framgår inte hur kohorternas värden blir ett. Ange combine: sum, mean, pooled, highest eller lowest."
        en = "It is not clear how the cohorts' values become one. Give combine: sum, mean, pooled, highest or lowest."
        return [Problem(inside(where, "combine"), "combine", sv, en)]
    return []
