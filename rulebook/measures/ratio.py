"""One measure by another, such as those who reached the goal by those enrolled."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.problems import Problem
from rulebook.registers import MEASURE
from rulebook.shapes import Rule, entry

label: Final = {"sv": "Kvot", "en": "Ratio"}


@dataclass(frozen=True, slots=True)
class Params:
    """`of` divided by `to`; it has no value where `to` is zero."""

    of: Rule = entry(MEASURE, "Täljare", "Numerator")
    to: Rule = entry(MEASURE, "Nämnare", "Denominator")


def value(p: Params, scene: Scene) -> Quantity:
    return scene.algebra.ratio(scene.measure(p.of), scene.measure(p.to))


def subject(p: Params, voice: Voice) -> Subject:
    of, to = voice.subject(p.of), voice.subject(p.to)
    whole = voice.pick(f"{of.whole} delat med {to.whole}", f"{of.whole} divided by {to.whole}")
    unit = "share" if of.unit == to.unit else of.unit if of.unit == "amount" else ""
    show = partial(voice.measured, unit)
    return Subject(voice.each_of(unit, whole), whole, numbers(p, [of.factor, to.factor], voice), show, unit)


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, voice
    return " / ".join(parts)


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
