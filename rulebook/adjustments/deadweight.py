"""A share is deducted for what would have happened anyway."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Voice
from rulebook.problems import Problem
from rulebook.shapes import ByName, Number, entry

label: Final = {"sv": "Avdrag för det som ändå hade hänt", "en": "Deadweight deduction"}
PART: Final = Number(minimum=Fraction(0), maximum=Fraction(1))


@dataclass(frozen=True, slots=True)
class Params:
    """The share that is deducted, and other shares for some cohorts."""

    share: Fraction = entry(PART, "Avdrag, 0.33 är 33 procent", "Deduction; 0.33 is 33 per cent")
    cohorts: tuple[tuple[str, Fraction], ...] = entry(
        ByName(PART, of="cohorts"),
        "Egna avdrag för vissa kohorter",
        "Deductions of their own for some cohorts",
        default=(),
    )


def factor(p: Params, scene: Scene) -> Quantity:
    return scene.algebra.number(1 - dict(p.cohorts).get(scene.cohort or "", p.share))


def sentence(p: Params, voice: Voice) -> str:
    rule = voice.pick(
        f"{voice.percent(p.share)} dras av för det som hade hänt även utan insatsen.",
        f"{voice.percent(p.share)} is deducted for what would have happened anyway.",
    )
    for cohort, share in p.cohorts:
        rule += voice.pick(
            f" För kohorten {voice.cohort(cohort)} är avdraget {voice.percent(share)}.",
            f" For the cohort {voice.cohort(cohort)} the deduction is {voice.percent(share)}.",
        )
    return rule


def words(p: Params, voice: Voice) -> str:
    del p
    return voice.pick("(1 − avdrag)", "(1 − deduction)")


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
