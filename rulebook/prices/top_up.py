"""The payer pays what is missing up to an agreed amount: a floor, a guarantee or a first loss."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice, bracketed
from rulebook.money import exact_text
from rulebook.problems import Problem
from rulebook.shapes import entry
from rulebook.values import AMOUNT, Amount

label: Final = {"sv": "Utfyllnad till ett golv", "en": "Top-up to a floor"}


@dataclass(frozen=True, slots=True)
class Params:
    """What is missing up to `to`, but never more than `at_most`; nothing when nothing is missing."""

    to: Amount = entry(AMOUNT, "Golv", "Floor")
    at_most: Amount | None = entry(AMOUNT, "Högsta utfyllnad", "Highest top-up", default=None)


def amount(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    missing = scene.algebra.greatest(scene.amount(p.to) - quantity, scene.algebra.number(Fraction(0)))
    return missing if p.at_most is None else scene.algebra.least(missing, scene.amount(p.at_most))


def figures(p: Params, quantity: Fraction, scene: Scene) -> dict[str, str]:
    shown = {"quantity": quantity, "to": scene.amount(p.to), "amount": amount(p, quantity, scene)}
    most = {} if p.at_most is None else {"at_most": scene.amount(p.at_most)}
    return {name: exact_text(figure) for name, figure in {**shown, **most}.items()}


def corners(p: Params) -> Sequence[Amount]:
    return (p.to,)


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    most = "" if p.at_most is None else voice.amount(p.at_most)
    most = most and voice.pick(f", dock högst {most}", f", but no more than {most}")
    return voice.pick(
        f"Är {subject.whole} mindre än {voice.amount(p.to)} betalas det som fattas{most}.",
        f"If {subject.whole} is less than {voice.amount(p.to)}, what is missing is paid{most}.",
    )


def words(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del figures
    most = (
        ""
        if p.at_most is None
        else voice.pick(f" och högst {voice.amount(p.at_most)}", f" and at most {voice.amount(p.at_most)}")
    )
    return voice.pick(f"golv − {subject.factor}, lägst 0{most}", f"floor − {subject.factor}, at least 0{most}")


def numbers(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del subject
    missing = f"{voice.bare_money(figures['to'])} − {bracketed(voice.bare_money(figures['quantity']))}"
    difference = Fraction(figures["to"]) - Fraction(figures["quantity"])
    if difference < 0:
        return f"max({missing}; 0)"
    if p.at_most is not None and difference > Fraction(figures["at_most"]):
        return f"min({missing}; {voice.bare_money(figures['at_most'])})"
    return missing


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
