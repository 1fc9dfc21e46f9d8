"""Several measures added up, each with its weight: a sum, or a weighted index."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice, bracketed, common_unit
from rulebook.problems import Problem
from rulebook.registers import MEASURE
from rulebook.shapes import ListOf, Number, Record, Rule, entry

label: Final = {"sv": "Summa eller viktat index", "en": "Sum or weighted index"}


@dataclass(frozen=True, slots=True)
class Part:
    """One measure of a sum: how much it weighs, and the most and the least it may count for before it is weighed."""

    of: Rule = entry(MEASURE, "Det som räknas", "What is counted")
    weight: Fraction = entry(Number(), "Vikt, 0.80 är 80 procent", "Weight; 0.80 is 80 per cent", default=Fraction(1))
    at_least: Fraction | None = entry(Number(), "Räknas som minst", "Counts for at least", default=None)
    at_most: Fraction | None = entry(Number(), "Räknas som högst", "Counts for at most", default=None)


@dataclass(frozen=True, slots=True)
class Params:
    """The weighted sum of at least two measures."""

    parts: tuple[Part, ...] = entry(ListOf(Record(Part), at_least=2), "Delar", "Parts")


def value(p: Params, scene: Scene) -> Quantity:
    total = scene.algebra.number(Fraction(0))
    for part in p.parts:
        quantity = scene.measure(part.of)
        if part.at_least is not None:
            quantity = scene.algebra.greatest(quantity, scene.algebra.number(part.at_least))
        if part.at_most is not None:
            quantity = scene.algebra.least(quantity, scene.algebra.number(part.at_most))
        total = total + scene.algebra.number(part.weight) * quantity
    return total


def subject(p: Params, voice: Voice) -> Subject:
    subjects = [voice.subject(part.of) for part in p.parts]
    pairs = list(zip(p.parts, subjects, strict=True))
    whole = voice.pick("summan av ", "the sum of ") + voice.listed(_weighed(part, each, voice) for part, each in pairs)
    short = numbers(p, [each.short for each in subjects], voice)
    unit = common_unit(subjects)
    return Subject(voice.each_of(unit, whole), whole, short, partial(voice.measured, unit), unit)


def _weighed(part: Part, subject: Subject, voice: Voice) -> str:
    bounds = []
    if part.at_least is not None:
        bounds.append(voice.pick(f"lägst {subject.show(part.at_least)}", f"at least {subject.show(part.at_least)}"))
    if part.at_most is not None:
        bounds.append(voice.pick(f"högst {subject.show(part.at_most)}", f"at most {subject.show(part.at_most)}"))
    clamp = voice.pick(", dock ", ", but ") + voice.listed(bounds) + "," if bounds else ""
    return voice.weighed(part.weight, subject.whole + clamp)


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    return " + ".join(_term(part, figure, voice) for part, figure in zip(p.parts, parts, strict=True))


def _term(part: Part, figure: str, voice: Voice) -> str:
    subject = voice.subject(part.of)
    if part.at_least is not None:
        figure = f"max({figure}; {subject.show(part.at_least)})"
    if part.at_most is not None:
        figure = f"min({figure}; {subject.show(part.at_most)})"
    return figure if part.weight == 1 else f"{voice.number(part.weight)} × {bracketed(figure)}"


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
