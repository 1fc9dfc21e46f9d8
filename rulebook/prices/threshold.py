"""The payer pays one lump sum when the quantity reaches a threshold, and nothing below it."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from rulebook.kinds import Priced
from rulebook.language import Subject, Voice
from rulebook.money import exact_text
from rulebook.problems import Problem
from rulebook.shapes import Number, entry
from rulebook.values import AMOUNT, Amount, number

label: Final = {"sv": "Engångsbelopp vid en tröskel", "en": "Lump sum at a threshold"}


@dataclass(frozen=True, slots=True)
class Params:
    """A lump sum for reaching a level."""

    at_least: Fraction = entry(Number(), "Tröskeln, som ska vara nådd", "The level that must be reached")
    amount: Amount = entry(AMOUNT, "Engångsbelopp", "Lump sum")


def pay(p: Params, quantity: Fraction, day: date) -> Priced:
    del day
    amount = number(p.amount) if quantity >= p.at_least else Fraction(0)
    figures = {"quantity": exact_text(quantity), "at_least": exact_text(p.at_least), "amount": exact_text(amount)}
    return Priced(amount, figures)


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    level, paid = subject.show(p.at_least), voice.paid(p.amount)
    return voice.pick(
        f"När {subject.whole} är minst {level} {paid}, annars ingenting.",
        f"When {subject.whole} is at least {level}, {paid}; otherwise nothing.",
    )


def words(figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del figures
    return voice.pick(
        f"engångsbelopp om {subject.short} når tröskeln", f"lump sum if {subject.short} reaches the threshold"
    )


def numbers(figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    reached = Fraction(figures["quantity"]) >= Fraction(figures["at_least"])
    sign = "≥" if reached else "<"
    comparison = f"{subject.show(figures['quantity'])} {sign} {subject.show(figures['at_least'])}"
    return f"{voice.bare_money(figures['amount'])} ({comparison})"


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
