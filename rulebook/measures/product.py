"""Measures multiplied with one another, such as avoided days × cost per day."""

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
from rulebook.shapes import ListOf, Rule, entry

label: Final = {"sv": "Produkt", "en": "Product"}


@dataclass(frozen=True, slots=True)
class Params:
    """At least two measures multiplied."""

    parts: tuple[Rule, ...] = entry(ListOf(MEASURE, at_least=2), "Faktorer", "Factors")


def value(p: Params, scene: Scene) -> Quantity:
    product = scene.measure(p.parts[0])
    for part in p.parts[1:]:
        product = product * scene.measure(part)
    return product


def subject(p: Params, voice: Voice) -> Subject:
    subjects = [voice.subject(part) for part in p.parts]
    whole = voice.pick(" gånger ", " times ").join(subject.whole for subject in subjects)
    short = numbers(p, [subject.factor for subject in subjects], voice)
    unit = "amount" if any(subject.unit == "amount" for subject in subjects) else _other_unit(subjects)
    return Subject(voice.each_of(unit, whole), whole, short, partial(voice.measured, unit), unit)


def _other_unit(subjects: Sequence[Subject]) -> str:
    """A share of a share is a share; a share of anything else is of its unit."""
    others = [subject for subject in subjects if subject.unit != "share"]
    return others[0].unit if len(others) == 1 else "" if others else "share"


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, voice
    return " × ".join(parts)


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
