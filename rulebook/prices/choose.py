"""Another measure decides which price applies: a price that depends on two measures."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from string import ascii_lowercase
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.levels import Level
from rulebook.money import exact_text
from rulebook.problems import Problem, inside
from rulebook.registers import MEASURE, PRICE, PRICES
from rulebook.shapes import ListOf, Record, Rule, entry
from rulebook.values import BOUND, Amount

label: Final = {"sv": "Pris som väljs av ett annat mått", "en": "Price chosen by another measure"}
LETTERS: Final = ascii_lowercase
NOT_INSIDE: Final = frozenset({"fixed"})
"""Prices that fall due by the calendar cannot be chosen by a measure."""


@dataclass(frozen=True, slots=True)
class Case(Level):
    """From which level of the other measure a price applies."""

    price: Rule = entry(PRICE, "Priset", "The price")
    at_least: Amount | None = entry(BOUND, "Gäller från och med", "Applies from", default=None)
    above: Amount | None = entry(BOUND, "Gäller över", "Applies above", default=None)


@dataclass(frozen=True, slots=True)
class Params:
    """The price of the highest level that the other measure has reached; below all of them another, or nothing."""

    by: Rule = entry(MEASURE, "Måttet som väljer pris", "The measure that chooses the price")
    cases: tuple[Case, ...] = entry(ListOf(Record(Case), at_least=1), "Fall, lägst först", "Cases, lowest first")
    otherwise: Rule | None = entry(PRICE, "Pris under den lägsta nivån", "Price below the lowest level", default=None)


def amount(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    level = scene.measure(p.by)
    cases = [(case.is_reached(level, scene), partial(scene.price, case.price, quantity)) for case in reversed(p.cases)]
    zero = partial(scene.algebra.number, Fraction(0))
    return scene.algebra.choose(cases, partial(scene.price, p.otherwise, quantity) if p.otherwise else zero)


def _chosen(p: Params, level: Fraction, scene: Scene) -> Rule | None:
    return next((case.price for case in reversed(p.cases) if case.is_reached(level, scene)), p.otherwise)


def figures(p: Params, quantity: Fraction, scene: Scene) -> dict[str, str]:
    level = scene.measure(p.by)
    chosen = _chosen(p, level, scene)
    shown = {"quantity": exact_text(quantity), "by": exact_text(level)}
    if chosen is None:
        return {**shown, "chosen": ""}
    inner: dict[str, str] = PRICES[chosen.kind].figures(chosen.params, quantity, scene)
    place = next((index for index, case in enumerate(p.cases) if case.price is chosen), len(p.cases))
    return {**inner, **shown, "chosen": str(place)}


def _price_at(p: Params, place: str) -> Rule | None:
    if not place:
        return None
    return p.cases[int(place)].price if int(place) < len(p.cases) else p.otherwise


def corners(p: Params) -> Sequence[Amount]:
    inside_them = [case.price for case in p.cases] + ([p.otherwise] if p.otherwise else [])
    return tuple(corner for price in inside_them for corner in PRICES[price.kind].corners(price.params))


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    by = voice.subject(p.by)
    rules = [
        voice.pick(
            f"Priset bestäms av {by.whole}: det sista fallet vars nivå är nådd gäller.",
            f"The price is set by {by.whole}: the last case whose level is reached applies.",
        )
    ]
    for letter, case in zip(LETTERS, p.cases, strict=False):
        level = voice.bound(case.bound, by)
        start = voice.pick("från och med", "from") if case.above is None else voice.pick("över", "above")
        rules.append(_case(letter, f"{start} {level}", case.price, subject, voice))
    below = voice.pick("under den lägsta nivån", "below the lowest level")
    rules.append(_case(LETTERS[len(p.cases)], below, p.otherwise, subject, voice))
    return " ".join(rules)


def _case(letter: str, level: str, price: Rule | None, subject: Subject, voice: Voice) -> str:
    """One case by its letter: the sentences of its price may be several."""
    rule = voice.pick("Ingenting betalas.", "Nothing is paid.")
    if price is not None:
        rule = PRICES[price.kind].sentence(price.params, subject, voice)
    return voice.pick(f"Fall {letter}, {level}: {rule}", f"Case {letter}, {level}: {rule}")


def words(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    price = _price_at(p, figures["chosen"])
    if price is None:
        return voice.pick("ingen nivå är nådd", "no level is reached")
    inner: str = PRICES[price.kind].words(price.params, figures, subject, voice)
    return inner


def numbers(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    price, by = _price_at(p, figures["chosen"]), voice.subject(p.by)
    inner = PRICES[price.kind].numbers(price.params, figures, subject, voice) if price else "0"
    return f"{inner} ({by.short}: {by.show(figures['by'])})"


def check(p: Params, where: str) -> list[Problem]:
    problems = []
    for index, case in enumerate(p.cases):
        place = inside(inside(where, "cases"), index)
        if (case.at_least is None) == (case.above is None):
            sv = "Fallet behöver exakt en undre gräns. Ange antingen at_least (från och med) eller above (över)."
            en = "The case needs exactly one lower bound. Give either at_least (reached) or above (passed)."
            problems.append(Problem(place, "step_bound", sv, en))
        problems += _price_check(case.price, inside(place, "price"))
    return problems + (_price_check(p.otherwise, inside(where, "otherwise")) if p.otherwise else [])


def _price_check(price: Rule, where: str) -> list[Problem]:
    if price.kind in NOT_INSIDE:
        sv = "Ett fast belopp kan inte väljas av ett mått. Använd threshold, steps eller ett eget villkor med gate."
        en = "A fixed amount cannot be chosen by a measure. Use threshold or steps, or a term of its own with a gate."
        return [Problem(inside(where, "kind"), "not_here", sv, en)]
    found: list[Problem] = PRICES[price.kind].check(price.params, where)
    return found
