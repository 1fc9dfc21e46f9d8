"""The payer pays an amount on the straight line between the two agreed points nearest the quantity."""

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
from rulebook.language import Subject, Voice, bracketed
from rulebook.money import exact_text
from rulebook.problems import Problem, inside
from rulebook.shapes import Choice, ListOf, Number, Record, entry
from rulebook.values import AMOUNT, Amount, ShareOf

label: Final = {"sv": "Rät linje mellan punkter", "en": "Straight line between points"}
OUTSIDE: Final = Choice.of(
    clamp=("närmaste punktens belopp", "the nearest point's amount"), zero=("ingenting", "nothing")
)


@dataclass(frozen=True, slots=True)
class Node:
    """A point that the line passes through."""

    at: Fraction = entry(Number(), "Värde", "Value")
    amount: Amount = entry(AMOUNT, "Belopp vid värdet", "Amount at the value")


@dataclass(frozen=True, slots=True)
class Params:
    """Points in rising order, and what applies outside them: the nearest point's amount (clamp) or nothing (zero)."""

    nodes: tuple[Node, ...] = entry(ListOf(Record(Node), at_least=2), "Punkter, lägst först", "Points, lowest first")
    below: str = entry(OUTSIDE, "Under första punkten", "Below the first point", default="clamp")
    above: str = entry(OUTSIDE, "Över sista punkten", "Above the last point", default="clamp")


def amount(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    number, first, last = scene.algebra.number, p.nodes[0], p.nodes[-1]
    cases = [(quantity < number(first.at), partial(_outside_amount, p.below, first, scene))]
    cases += [
        (quantity <= number(high.at), partial(_between, low, high, quantity, scene)) for low, high in pairwise(p.nodes)
    ]
    return scene.algebra.choose(cases, partial(_outside_amount, p.above, last, scene))


def _outside_amount(choice: str, end: Node, scene: Scene) -> Quantity:
    return scene.amount(end.amount) if choice == "clamp" else scene.algebra.number(Fraction(0))


def _between(low: Node, high: Node, quantity: Quantity, scene: Scene) -> Quantity:
    start, end = scene.amount(low.amount), scene.amount(high.amount)
    slope = (end - start) * scene.algebra.number(1 / (high.at - low.at))
    return start + (quantity - scene.algebra.number(low.at)) * slope


def figures(p: Params, quantity: Fraction, scene: Scene) -> dict[str, str]:
    shown = {"quantity": exact_text(quantity)}
    first, last = p.nodes[0], p.nodes[-1]
    if quantity < first.at or quantity > last.at:
        end, sign = (first, "<") if quantity < first.at else (last, ">")
        return {**shown, "sign": sign, "bound": exact_text(end.at), "amount": exact_text(amount(p, quantity, scene))}
    if any(node.at == quantity for node in p.nodes):
        return {**shown, "sign": "=", "bound": exact_text(quantity), "amount": exact_text(amount(p, quantity, scene))}
    low, high = next((low, high) for low, high in pairwise(p.nodes) if quantity <= high.at)
    ends = {
        "low": low.at,
        "high": high.at,
        "low_amount": scene.amount(low.amount),
        "high_amount": scene.amount(high.amount),
    }
    return {**shown, **{name: exact_text(end) for name, end in ends.items()}}


def corners(p: Params) -> Sequence[Amount]:
    return tuple(node.at for node in p.nodes)


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    at = voice.pick("vid", "at")
    points = voice.listed(f"{voice.amount(node.amount)} {at} {subject.show(node.at)}" for node in p.nodes)
    rule = voice.pick(
        f"Beloppet bestäms av {subject.whole} och följer räta linjer mellan punkterna: {points}. "
        f"Under den första punkten {_outside(p.below, 'första', voice)}, "
        f"över den sista {_outside(p.above, 'sista', voice)}.",
        f"The amount is set by {subject.whole} and follows straight lines between the points: {points}. "
        f"Below the first point {_outside(p.below, 'first', voice)}; "
        f"above the last {_outside(p.above, 'last', voice)}.",
    )
    if any(not isinstance(node.amount, ShareOf) and node.amount < 0 for node in p.nodes):
        rule += voice.pick(
            " Ett negativt belopp betalar mottagaren tillbaka.", " A negative amount is paid back by the payee."
        )
    return rule


def _outside(choice: str, which: str, voice: Voice) -> str:
    if choice == "zero":
        return voice.pick("betalas ingenting", "nothing is paid")
    return voice.pick(f"gäller den {which} punktens belopp", f"the {which} point's amount applies")


def words(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p, figures
    return voice.pick(f"belopp på linjen för {subject.short}", f"amount on the line for {subject.short}")


def numbers(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p
    here = subject.show(figures["quantity"])
    if "sign" in figures:
        return f"{voice.bare_money(figures['amount'])} ({here} {figures['sign']} {subject.show(figures['bound'])})"
    low, high = subject.show(figures["low"]), subject.show(figures["high"])
    rise = f"({voice.bare_money(figures['high_amount'])} − {bracketed(voice.bare_money(figures['low_amount']))})"
    part = f"({here} − {bracketed(low)}) / ({high} − {bracketed(low)})"
    return f"{voice.bare_money(figures['low_amount'])} + {part} × {rise}"


def check(p: Params, where: str) -> list[Problem]:
    problems = []
    for index, (low, high) in enumerate(pairwise(p.nodes), start=1):
        if low.at >= high.at:
            place = inside(inside(where, "nodes"), index)
            sv = f"Värdet {exact_text(high.at)} är inte högre än punkten före. Skriv punkterna i stigande ordning."
            en = (
                f"The value {exact_text(high.at)} is not higher than the point before. "
                "Write the points in rising order."
            )
            problems.append(Problem(inside(place, "at"), "node_order", sv, en))
    return problems
