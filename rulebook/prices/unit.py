"""The payer pays an agreed price for every unit that counts, at the price of the day the event happened."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice, bracketed
from rulebook.money import exact_text
from rulebook.problems import Problem
from rulebook.shapes import ByDay, ByName, Number, entry
from rulebook.values import AMOUNT, Amount

label: Final = {"sv": "Pris per utfall", "en": "Price per outcome"}


@dataclass(frozen=True, slots=True)
class Params:
    """A price per unit, with later prices for events from given days, and prices of their own for some cohorts."""

    amount: Amount = entry(AMOUNT, "Pris per utfall", "Price per outcome")
    changes: tuple[tuple[date, Amount], ...] = entry(
        ByDay(AMOUNT),
        "Nya priser för händelser från och med ett datum",
        "New prices for events from a given day on",
        key="from",
        default=(),
    )
    cohorts: tuple[tuple[str, Amount], ...] = entry(
        ByName(AMOUNT, of="cohorts"),
        "Egna priser för vissa kohorter, oavsett datum",
        "Prices of their own for some cohorts, whatever the day",
        default=(),
    )
    whole: Fraction | None = entry(
        Number(above=Fraction(0)),
        "Fullt pris från så många enheter i ett anspråk; färre ger sin del",
        "Full price from so many units in a claim; fewer earn their part",
        default=None,
    )


def change_days(p: Params) -> Sequence[date]:
    return tuple(since for since, _ in p.changes)


def price_on(p: Params, day: date, scene: Scene) -> Quantity:
    own = dict(p.cohorts).get(scene.cohort or "")
    if own is not None:
        return scene.amount(own)
    price = p.amount
    for since, changed in p.changes:
        if since <= day:
            price = changed
    return scene.amount(price)


def quantity_of(p: Params, units: Fraction) -> Fraction:
    return units if p.whole is None else min(units / p.whole, Fraction(1))


def amount(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    return quantity * price_on(p, scene.period.ends_on, scene)


def figures(p: Params, quantity: Fraction, scene: Scene) -> dict[str, str]:
    return {"quantity": exact_text(quantity), "price": exact_text(price_on(p, scene.period.ends_on, scene))}


def corners(p: Params) -> Sequence[Amount]:
    del p
    return ()


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    rule = _rule(p, subject, voice)
    for since, price in p.changes:
        rule += voice.pick(
            f" För händelser från och med den {voice.day(since)} är priset {voice.amount(price)}.",
            f" For events on or after {voice.day(since)} the price is {voice.amount(price)}.",
        )
    whatever_day = voice.pick(", oavsett datum", ", whatever the day") if p.changes else ""
    for cohort, price in p.cohorts:
        rule += voice.pick(
            f" För kohorten {voice.cohort(cohort)} är priset {voice.amount(price)}{whatever_day}.",
            f" For the cohort {voice.cohort(cohort)} the price is {voice.amount(price)}{whatever_day}.",
        )
    return rule


def _rule(p: Params, subject: Subject, voice: Voice) -> str:
    if p.whole is None:
        return voice.pick(f"För {subject.each} {voice.paid(p.amount)}.", f"For {subject.each}, {voice.paid(p.amount)}.")
    units = voice.measured(subject.unit, p.whole) + ("" if subject.unit else voice.pick(" enheter", " units"))
    return voice.pick(
        f"För {subject.claim} {voice.paid(p.amount)} om anspråket är på minst {units}, annars motsvarande del.",
        f"For {subject.claim}, {voice.paid(p.amount)} if the claim is of at least {units}, otherwise its part.",
    )


def words(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del figures
    name = subject.factor if p.whole is None else voice.pick("antal hela anspråk", "whole claims")
    return voice.pick(f"{name} × pris per utfall", f"{name} × price per outcome")


def numbers(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p
    return f"{bracketed(subject.show(figures['quantity']))} × {bracketed(voice.bare_money(figures['price']))}"


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
