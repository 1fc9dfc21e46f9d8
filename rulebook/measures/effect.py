"""The effect against a comparison group, if it is statistically significant."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.problems import Problem
from rulebook.registers import MEASURE
from rulebook.shapes import Name, Number, Rule, entry

label: Final = {"sv": "Effekt mot jämförelsegrupp", "en": "Effect against a comparison group"}

LEVELS: Final = ("cohort", "contract")


@dataclass(frozen=True, slots=True)
class Params:
    """The estimate, when it is at least `z` standard errors from zero (1.96 is 95 per cent, two-sided).

    When it is not, or when too few were measured, the agreed fallback counts, or zero.
    """

    metric: str = entry(
        Name(of="metrics"), "Måttet, med skattning och medelfel", "The metric, with estimate and standard error"
    )
    z: Fraction = entry(
        Number(minimum=Fraction(0)),
        "Medelfel från noll som krävs, 1.96 är 95 procent",
        "Standard errors from zero that are needed; 1.96 is 95 per cent",
        default=Fraction("1.96"),
    )
    fallback: Rule | None = entry(
        MEASURE,
        "Det som räknas om effekten inte är säkerställd",
        "What counts when the effect is not significant",
        default=None,
    )


def value(p: Params, scene: Scene) -> Quantity:
    return scene.effect(p.metric, p.z, p.fallback)


def subject(p: Params, voice: Voice) -> Subject:
    name, unit = voice.metric(p.metric), voice.units.get(p.metric, "")
    otherwise = voice.subject(p.fallback).whole if p.fallback else voice.pick("noll", "zero")
    whole = voice.pick(
        f"effekten {name}, om skattningen är minst {voice.number(p.z)} medelfel från noll, annars {otherwise},",
        f"the effect {name}, if its estimate is at least {voice.number(p.z)} standard errors from zero, "
        f"otherwise {otherwise},",
    )
    return Subject(voice.each_of(unit, whole), whole, name, partial(voice.level, p.metric), unit)


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, parts, voice
    return ""


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
