"""The first of several measures that has a value: the agreed estimators, in order."""

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
from rulebook.shapes import ListOf, Rule, entry

label: Final = {"sv": "Det första mått som har ett värde", "en": "The first measure that has a value"}


@dataclass(frozen=True, slots=True)
class Params:
    """At least two measures, the preferred one first."""

    parts: tuple[Rule, ...] = entry(
        ListOf(MEASURE, at_least=2), "Mått, det man helst vill ha först", "Measures, the preferred one first"
    )


def value(p: Params, scene: Scene) -> Quantity:
    return scene.first(p.parts)


def subject(p: Params, voice: Voice) -> Subject:
    subjects = [voice.subject(part) for part in p.parts]
    link = voice.pick(" eller, om värde saknas, ", " or, where there is no value, ")
    whole = link.join(subject.whole for subject in subjects)
    short = numbers(p, [subject.short for subject in subjects], voice)
    unit = common_unit(subjects)
    return Subject(voice.each_of(unit, whole), whole, short, partial(voice.measured, unit), unit)


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p
    return voice.pick("första", "first") + f"({'; '.join(parts)})"


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
