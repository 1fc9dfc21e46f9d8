"""The payer pays one lump sum when the quantity reaches a threshold, and nothing below it."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.money import exact_text
from rulebook.problems import Problem
from rulebook.shapes import entry
from rulebook.values import AMOUNT, BOUND, Amount

label: Final = {"sv": "Engångsbelopp vid en tröskel", "en": "Lump sum at a threshold"}


@dataclass(frozen=True, slots=True)
class Params:
    """A lump sum for reaching a level."""

    at_least: Amount = entry(BOUND, "Tröskel", "Threshold")
    amount: Amount = entry(AMOUNT, "Engångsbelopp", "Lump sum")


def amount(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    reached = quantity >= scene.amount(p.at_least)
    return scene.algebra.choose([(reached, lambda: scene.amount(p.amount))], lambda: scene.algebra.number(Fraction(0)))


def figures(p: Params, quantity: Fraction, scene: Scene) -> dict[str, str]:
    return {
        "quantity": exact_text(quantity),
        "at_least": exact_text(scene.amount(p.at_least)),
        "amount": exact_text(amount(p, quantity, scene)),
    }


def corners(p: Params) -> Sequence[Amount]:
    return (p.at_least,)


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    level, paid = voice.bound(p.at_least, subject), voice.paid(p.amount)
    return voice.pick(
        f"När {subject.whole} är minst {level} {paid}, annars ingenting.",
        f"When {subject.whole} is at least {level}, {paid}; otherwise nothing.",
    )


def words(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p, figures
    return voice.pick(
        f"engångsbelopp om {subject.short} når tröskeln", f"lump sum if {subject.short} reaches the threshold"
    )


def numbers(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p
    reached = Fraction(figures["quantity"]) >= Fraction(figures["at_least"])
    sign = "≥" if reached else "<"
    comparison = f"{subject.show(figures['quantity'])} {sign} {subject.show(figures['at_least'])}"
    return f"{voice.bare_money(figures['amount'])} ({comparison})"


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
