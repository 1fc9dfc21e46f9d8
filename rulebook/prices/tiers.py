"""The payer pays a price per unit that depends on how many units there are."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.money import exact_text
from rulebook.problems import Problem, inside
from rulebook.shapes import Choice, ListOf, Number, Record, entry
from rulebook.values import AMOUNT, Amount

label: Final = {"sv": "Pris efter volym", "en": "Price by volume"}


@dataclass(frozen=True, slots=True)
class Tier:
    """From how many units on another price applies."""

    over: Fraction = entry(Number(minimum=Fraction(0)), "Över så många", "Above so many")
    amount: Amount = entry(AMOUNT, "Pris per enhet", "Price per unit")


@dataclass(frozen=True, slots=True)
class Params:
    """A first price per unit, and other prices above given volumes: for the units above only, or for all of them."""

    amount: Amount = entry(AMOUNT, "Första priset per enhet", "First price per unit")
    tiers: tuple[Tier, ...] = entry(ListOf(Record(Tier), at_least=1), "Volymnivåer, lägst först", "Tiers, lowest first")
    by: str = entry(
        Choice.of(marginal=("bara enheterna över nivån", "only the units above"), whole=("alla enheter", "all units")),
        "Nivåns pris gäller",
        "The tier's price is for",
        default="marginal",
    )


def _prices(p: Params) -> list[Tier]:
    return [Tier(Fraction(0), p.amount), *p.tiers]


def amount(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    if p.by == "whole":
        cases = [
            (quantity > scene.algebra.number(tier.over), partial(scene.amount, tier.amount))
            for tier in reversed(p.tiers)
        ]
        return quantity * scene.algebra.choose(cases, partial(scene.amount, p.amount))
    total = scene.algebra.number(Fraction(0))
    for low, high in pairwise([*_prices(p), None]):
        assert low is not None  # noqa: S101 – only the last is None, and it comes second
        total = total + scene.amount(low.amount) * _units_between(quantity, low, high, scene)
    return total


def _units_between(quantity: Quantity, low: Tier, high: Tier | None, scene: Scene) -> Quantity:
    number = scene.algebra.number
    reached = quantity if high is None else scene.algebra.least(quantity, number(high.over))
    return scene.algebra.greatest(reached, number(low.over)) - number(low.over)


def figures(p: Params, quantity: Fraction, scene: Scene) -> dict[str, str]:
    if p.by == "whole":
        price = amount(p, quantity, scene) / quantity if quantity else scene.amount(p.amount)
        return {"quantity": exact_text(quantity), "parts": f"{exact_text(quantity)}*{exact_text(price)}"}
    parts: list[str] = []
    for low, high in pairwise([*_prices(p), None]):
        assert low is not None  # noqa: S101 – only the last is None, and it comes second
        units = _units_between(quantity, low, high, scene)
        if units or not parts:
            parts.append(f"{exact_text(units)}*{exact_text(scene.amount(low.amount))}")
    return {"quantity": exact_text(quantity), "parts": " ".join(parts)}


def corners(p: Params) -> Sequence[Amount]:
    return tuple(tier.over for tier in p.tiers)


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    rule = voice.pick(
        f"För {subject.each} {voice.paid(p.amount)}.",
        f"For {subject.each}, {voice.paid(p.amount)}.",
    )
    for tier, higher in pairwise([*p.tiers, None]):
        assert tier is not None  # noqa: S101 – only the last is None, and it comes second
        bound, price = subject.show(tier.over), voice.amount(tier.amount)
        if p.by == "whole":
            rule += voice.pick(
                f" Är {subject.whole} mer än {bound} är priset {price} för alltihop.",
                f" If {subject.whole} is more than {bound} the price is {price} for all of it.",
            )
            continue
        where = voice.pick(f"över {bound}", f"above {bound}")
        if higher is not None:
            top = subject.show(higher.over)
            where = voice.pick(f"mellan {bound} och {top}", f"between {bound} and {top}")
        rule += voice.pick(
            f" För den del av {subject.whole} som ligger {where} är priset {price}.",
            f" For the part of {subject.whole} that lies {where} the price is {price}.",
        )
    return rule


def words(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p, figures
    return voice.pick(f"{subject.factor} × pris efter volym", f"{subject.factor} × price by volume")


def numbers(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p
    parts = (part.split("*") for part in figures["parts"].split(" "))
    return " + ".join(f"{subject.show(units)} × {voice.bare_money(price)}" for units, price in parts)


def check(p: Params, where: str) -> list[Problem]:
    problems = []
    for index, (low, high) in enumerate(pairwise(_prices(p))):
        if low.over >= high.over:
            place = inside(inside(inside(where, "tiers"), index), "over")
            over = exact_text(high.over)
            sv = f"Nivån {over} är inte högre än nivån före. Skriv nivåerna i stigande ordning, den första över 0."
            en = f"The tier {over} is not above the one before. Write the tiers in rising order, the first above 0."
            problems.append(Problem(place, "tier_order", sv, en))
    return problems
