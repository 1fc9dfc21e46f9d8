"""An agreed number, to be used inside other measures."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.problems import Problem
from rulebook.shapes import Number, entry

label: Final = {"sv": "Avtalat tal", "en": "Agreed number"}


@dataclass(frozen=True, slots=True)
class Params:
    """A number that the parties agreed on, such as a baseline or an expected number of users."""

    value: Fraction = entry(Number(), "Talet", "The number")


def value(p: Params, scene: Scene) -> Quantity:
    return scene.algebra.number(p.value)


def subject(p: Params, voice: Voice) -> Subject:
    shown = voice.number(p.value)
    return Subject(voice.each_of("", shown), shown, shown, voice.number)


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, parts, voice
    return ""


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
