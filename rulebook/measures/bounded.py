"""A measure that counts for no less and no more than agreed."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.problems import Problem, inside
from rulebook.registers import MEASURE
from rulebook.shapes import Rule, entry
from rulebook.values import AMOUNT, Amount, ShareOf

label: Final = {"sv": "Mått med undre och övre gräns", "en": "Measure between bounds"}


@dataclass(frozen=True, slots=True)
class Params:
    """A measure held between two bounds; either may be left out."""

    of: Rule = entry(MEASURE, "Det som räknas", "What is counted")
    at_least: Amount | None = entry(AMOUNT, "Räknas som minst", "Counts for at least", default=None)
    at_most: Amount | None = entry(AMOUNT, "Räknas som högst", "Counts for at most", default=None)


def value(p: Params, scene: Scene) -> Quantity:
    quantity = scene.measure(p.of)
    if p.at_least is not None:
        quantity = scene.algebra.greatest(quantity, scene.amount(p.at_least))
    if p.at_most is not None:
        quantity = scene.algebra.least(quantity, scene.amount(p.at_most))
    return quantity


def subject(p: Params, voice: Voice) -> Subject:
    of = voice.subject(p.of)
    bounds = []
    if p.at_least is not None:
        bounds.append(voice.pick(f"lägst {voice.bound(p.at_least, of)}", f"at least {voice.bound(p.at_least, of)}"))
    if p.at_most is not None:
        bounds.append(voice.pick(f"högst {voice.bound(p.at_most, of)}", f"at most {voice.bound(p.at_most, of)}"))
    whole = of.whole + voice.pick(", dock ", ", but ") + voice.listed(bounds) + ","
    return Subject(voice.each_of(of.unit, whole), whole, numbers(p, [of.short], voice), of.show, of.unit)


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    of = voice.subject(p.of)
    figure = parts[0]
    if p.at_least is not None:
        figure = f"max({figure}; {voice.bound(p.at_least, of)})"
    return figure if p.at_most is None else f"min({figure}; {voice.bound(p.at_most, of)})"


def check(p: Params, where: str) -> list[Problem]:
    if p.at_least is None and p.at_most is None:
        sv = "Måttet har ingen gräns. Ange at_least eller at_most."
        en = "The measure has no bound. Give at_least or at_most."
        return [Problem(where, "no_bound", sv, en)]
    if isinstance(p.at_least, ShareOf) or isinstance(p.at_most, ShareOf) or p.at_least is None or p.at_most is None:
        return []
    if p.at_least > p.at_most:
        sv = "Den undre gränsen är högre än den övre. Byt plats på dem."
        en = "The lower bound is above the upper. Swap them."
        return [Problem(inside(where, "at_least"), "bounds", sv, en)]
    return []
