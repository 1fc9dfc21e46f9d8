"""The payer pays an agreed price for every unit that counts, at the price of the day the event happened."""

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
from rulebook.shapes import ByDay, entry
from rulebook.values import AMOUNT, Amount, number

label: Final = {"sv": "Pris per utfall", "en": "Price per outcome"}


@dataclass(frozen=True, slots=True)
class Params:
    """A price per unit, with later prices for events from given days."""

    amount: Amount = entry(AMOUNT, "Pris per utfall", "Price per outcome")
    changes: tuple[tuple[date, Amount], ...] = entry(
        ByDay(AMOUNT),
        "Nya priser för händelser från och med ett datum",
        "New prices for events from a given day on",
        key="from",
        default=(),
    )


def price_on(p: Params, day: date) -> Fraction:
    price = p.amount
    for since, changed in p.changes:
        if since <= day:
            price = changed
    return number(price)


def pay(p: Params, quantity: Fraction, day: date) -> Priced:
    price = price_on(p, day)
    return Priced(quantity * price, {"quantity": exact_text(quantity), "price": exact_text(price)})


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    rule = voice.pick(
        f"För {subject.each} betalas {voice.amount(p.amount)}.",
        f"For {subject.each}, {voice.amount(p.amount)} is paid.",
    )
    for since, price in p.changes:
        rule += voice.pick(
            f" För händelser från och med den {voice.day(since)} är priset {voice.amount(price)}.",
            f" For events on or after {voice.day(since)} the price is {voice.amount(price)}.",
        )
    return rule


def words(figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del figures
    return voice.pick(f"{subject.short} × pris per utfall", f"{subject.short} × price per outcome")


def numbers(figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    return f"{subject.show(figures['quantity'])} × {voice.bare_money(figures['price'])}"


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
