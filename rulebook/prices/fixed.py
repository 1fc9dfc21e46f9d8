"""The payer pays a fixed amount on agreed days, or once every measurement period, whatever the outcomes are."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.money import exact_text
from rulebook.periods import Period
from rulebook.problems import Problem
from rulebook.shapes import Choice, OneOrMany, entry
from rulebook.values import AMOUNT, DAY_OR_EVENT, Amount

label: Final = {"sv": "Fast belopp", "en": "Fixed amount"}


@dataclass(frozen=True, slots=True)
class Params:
    """A fixed amount: `on` certain days or events, or `every` measurement period (earned on its last day)."""

    amount: Amount = entry(AMOUNT, "Belopp varje gång", "Amount each time")
    on: tuple[date | str, ...] = entry(OneOrMany(DAY_OR_EVENT), "Dagar eller händelser", "Days or events", default=())
    every: str | None = entry(
        Choice.of(period=("varje mätperiod", "every measurement period")),
        "Eller återkommande",
        "Or recurring",
        default=None,
    )


def due_days(p: Params, periods: Sequence[Period], happened: Mapping[str, Sequence[date]]) -> tuple[date, ...]:
    if p.every:
        return tuple(period.ends_on for period in periods)
    return tuple(day for when in p.on for day in (happened.get(when, ()) if isinstance(when, str) else (when,)))


def amount(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    """The quantity is how many of the agreed days fall in the period."""
    return quantity * scene.amount(p.amount)


def figures(p: Params, quantity: Fraction, scene: Scene) -> dict[str, str]:
    return {"quantity": exact_text(quantity), "amount": exact_text(scene.amount(p.amount))}


def corners(p: Params) -> Sequence[Amount]:
    del p
    return ()


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    del subject
    amount = voice.amount(p.amount)
    if p.every:
        return voice.pick(
            f"För varje mätperiod betalas {amount}, oavsett utfall.",
            f"For every measurement period, {amount} is paid whatever the outcomes.",
        )
    each_time = voice.pick(" varje gång,", " each time,") if len(p.on) > 1 else voice.pick(",", "")
    days = voice.days(
        [when for when in p.on if isinstance(when, date)], [when for when in p.on if isinstance(when, str)]
    )
    days = days[:1].upper() + days[1:]
    return voice.pick(
        f"{days} betalas {amount}{each_time} oavsett utfall.",
        f"{days}, {amount} is paid{each_time} whatever the outcomes.",
    )


def words(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p, figures, subject
    return voice.pick("fast belopp", "fixed amount")


def numbers(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p, subject
    amount = voice.bare_money(figures["amount"])
    return amount if figures["quantity"] == "1" else f"{voice.number(figures['quantity'])} × {amount}"


def check(p: Params, where: str) -> list[Problem]:
    if bool(p.on) != bool(p.every):
        return []
    sv = 'Det framgår inte när beloppet ska betalas. Ange antingen on (datum) eller every ("period").'
    en = 'It is not clear when the amount is paid. Give either on (days) or every ("period").'
    return [Problem(where, "fixed_when", sv, en)]
