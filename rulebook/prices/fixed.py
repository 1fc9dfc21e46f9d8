"""The payer pays a fixed amount on agreed days, or once every measurement period, whatever the outcomes are."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from rulebook.kinds import Priced
from rulebook.language import Subject, Voice
from rulebook.money import exact_text
from rulebook.periods import Period
from rulebook.problems import Problem
from rulebook.shapes import Choice, Day, OneOrMany, entry
from rulebook.values import AMOUNT, Amount, number

label: Final = {"sv": "Fast belopp", "en": "Fixed amount"}


@dataclass(frozen=True, slots=True)
class Params:
    """A fixed amount: `on` certain days, or `every` measurement period (earned on the period's last day)."""

    amount: Amount = entry(AMOUNT, "Belopp varje gång", "Amount each time")
    on: tuple[date, ...] = entry(OneOrMany(Day()), "Dag eller dagar", "Day or days", default=())
    every: str | None = entry(Choice(("period",)), "Varje mätperiod", "Every measurement period", default=None)


def due_days(p: Params, periods: Sequence[Period]) -> tuple[date, ...]:
    return tuple(period.ends_on for period in periods) if p.every else p.on


def pay(p: Params, quantity: Fraction, day: date) -> Priced:
    """The quantity is how many of the agreed days fall in the period."""
    del day
    amount = number(p.amount)
    return Priced(quantity * amount, {"quantity": exact_text(quantity), "amount": exact_text(amount)})


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    del subject
    amount = voice.amount(p.amount)
    if p.every:
        return voice.pick(
            f"För varje mätperiod betalas {amount}, oavsett utfall.",
            f"For every measurement period, {amount} is paid whatever the outcomes.",
        )
    days = voice.listed(voice.day(day) for day in p.on)
    amount += voice.pick(" varje gång", " each time") if len(p.on) > 1 else ""
    return voice.pick(
        f"Den {days} betalas {amount}, oavsett utfall.", f"On {days}, {amount} is paid whatever the outcomes."
    )


def words(figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del figures, subject
    return voice.pick("fast belopp", "fixed amount")


def numbers(figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del subject
    amount = voice.bare_money(figures["amount"])
    return amount if figures["quantity"] == "1" else f"{voice.number(figures['quantity'])} × {amount}"


def check(p: Params, where: str) -> list[Problem]:
    if bool(p.on) != bool(p.every):
        return []
    sv = 'Det framgår inte när beloppet ska betalas. Ange antingen on (datum) eller every ("period").'
    en = 'It is not clear when the amount is paid. Give either on (days) or every ("period").'
    return [Problem(where, "fixed_when", sv, en)]
