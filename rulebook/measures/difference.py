"""One measure less another, such as a baseline less what was measured."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice, common_unit
from rulebook.problems import Problem
from rulebook.registers import MEASURE
from rulebook.shapes import Rule, entry

label: Final = {"sv": "Skillnad", "en": "Difference"}


@dataclass(frozen=True, slots=True)
class Params:
    """`of` minus `minus`; it may be below zero."""

    of: Rule = entry(MEASURE, "Utgå från", "Start from")
    minus: Rule = entry(MEASURE, "Dra ifrån", "Subtract")


def value(p: Params, scene: Scene) -> Quantity:
    return scene.measure(p.of) - scene.measure(p.minus)


def subject(p: Params, voice: Voice) -> Subject:
    of, minus = voice.subject(p.of), voice.subject(p.minus)
    whole = voice.pick(f"{of.whole} minus {minus.whole}", f"{of.whole} less {minus.whole}")
    unit = common_unit((of, minus))
    show = partial(voice.measured, unit)
    return Subject(voice.each_of(unit, whole), whole, numbers(p, [of.short, minus.factor], voice), show, unit)


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, voice
    return " − ".join(parts)


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
