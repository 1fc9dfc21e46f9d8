"""The smallest of several measures, such as the weakest indicator."""

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

label: Final = {"sv": "Det minsta av flera mått", "en": "The smallest of several measures"}


@dataclass(frozen=True, slots=True)
class Params:
    """At least two measures."""

    parts: tuple[Rule, ...] = entry(ListOf(MEASURE, at_least=2), "Mått att jämföra", "Measures to compare")


def value(p: Params, scene: Scene) -> Quantity:
    return scene.algebra.least(*map(scene.measure, p.parts))


def subject(p: Params, voice: Voice) -> Subject:
    subjects = [voice.subject(part) for part in p.parts]
    whole = voice.pick("det minsta av ", "the smallest of ") + voice.listed(subject.whole for subject in subjects)
    short = numbers(p, [subject.short for subject in subjects], voice)
    unit = common_unit(subjects)
    return Subject(voice.each_of(unit, whole), whole, short, partial(voice.measured, unit), unit)


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, voice
    return f"min({'; '.join(parts)})"


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
