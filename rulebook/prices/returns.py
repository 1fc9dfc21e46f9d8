"""The payer pays a return on capital: an annual rate from a table, for the time of the measurement period."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice, bracketed
from rulebook.levels import Level
from rulebook.money import exact_text
from rulebook.problems import Problem, inside
from rulebook.shapes import Choice, ListOf, Number, Record, entry
from rulebook.values import AMOUNT, BOUND, Amount, ShareOf

label: Final = {"sv": "Avkastningstabell", "en": "Return table"}
DAYS: Final = {"days_365": 365, "days_360": 360}


@dataclass(frozen=True, slots=True)
class Step(Level):
    """One row of the table: from which level, and the rate."""

    rate: Fraction = entry(Number(), "Räntesats, 0.12 är 12 procent", "Rate; 0.12 is 12 per cent")
    at_least: Amount | None = entry(BOUND, "Raden gäller från och med", "The row begins at", default=None)
    above: Amount | None = entry(BOUND, "Raden gäller över", "The row begins above", default=None)


@dataclass(frozen=True, slots=True)
class Params:
    """Capital × the rate of the highest row reached × the time."""

    capital: Amount = entry(AMOUNT, "Kapital", "Capital")
    steps: tuple[Step, ...] = entry(ListOf(Record(Step), at_least=1), "Rader, lägst först", "Rows, lowest first")
    otherwise: Fraction = entry(
        Number(), "Räntesats under lägsta raden", "Rate below the lowest row", default=Fraction(0)
    )
    time: str = entry(
        Choice.of(
            period=("en hel mätperiod", "a whole measurement period"),
            days_365=("ett år, dagar delade med 365", "a year, days divided by 365"),
            days_360=("ett år, dagar delade med 360", "a year, days divided by 360"),
        ),
        "Räntesatsen gäller",
        "The rate is for",
        default="period",
    )


def _rate(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    cases = [(step.is_reached(quantity, scene), partial(scene.algebra.number, step.rate)) for step in reversed(p.steps)]
    return scene.algebra.choose(cases, partial(scene.algebra.number, p.otherwise))


def _time(p: Params, scene: Scene) -> Fraction:
    days = (scene.period.ends_on - scene.period.starts_on).days + 1
    return Fraction(1) if p.time == "period" else Fraction(days, DAYS[p.time])


def amount(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    return scene.amount(p.capital) * _rate(p, quantity, scene) * scene.algebra.number(_time(p, scene))


def figures(p: Params, quantity: Fraction, scene: Scene) -> dict[str, str]:
    shown = {"quantity": quantity, "capital": scene.amount(p.capital), "rate": _rate(p, quantity, scene)}
    time = {} if p.time == "period" else {"days": str((scene.period.ends_on - scene.period.starts_on).days + 1)}
    return {**{name: exact_text(figure) for name, figure in shown.items()}, **time}


def corners(p: Params) -> Sequence[Amount]:
    return tuple(step.bound for step in p.steps)


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    rows = " ".join(_row(step, subject, voice) for step in p.steps)
    return voice.pick(
        f"På {voice.amount(p.capital)} betalas ränta. {voice.pick(*TIME[p.time])} "
        f"Räntesatsen bestäms av {subject.whole}. {rows} "
        f"Under den lägsta nivån är den {voice.percent(p.otherwise)}.",
        f"Interest is paid on {voice.amount(p.capital)}. {voice.pick(*TIME[p.time])} "
        f"The rate is set by {subject.whole}. {rows} "
        f"Below the lowest level it is {voice.percent(p.otherwise)}.",
    )


TIME: Final = {
    "period": (
        "Räntesatsen gäller en hel mätperiod, oavsett hur lång den är.",
        "The rate is for a whole measurement period, however long it is.",
    ),
    "days_365": (
        "Räntesatsen gäller ett år; mätperioden räknas som sina dagar delade med 365.",
        "The rate is for a year; the measurement period counts as its days divided by 365.",
    ),
    "days_360": (
        "Räntesatsen gäller ett år; mätperioden räknas som sina dagar delade med 360.",
        "The rate is for a year; the measurement period counts as its days divided by 360.",
    ),
}


def _row(step: Step, subject: Subject, voice: Voice) -> str:
    level, rate = voice.bound(step.bound, subject), voice.percent(step.rate)
    if step.above is None:
        return voice.pick(f"Från och med {level} är den {rate}.", f"From {level} it is {rate}.")
    return voice.pick(f"Över {level} är den {rate}.", f"Above {level} it is {rate}.")


def words(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p
    time = voice.pick(" × tid", " × time") if "days" in figures else ""
    return voice.pick(f"kapital × räntesats vid {subject.short}{time}", f"capital × rate at {subject.short}{time}")


def numbers(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    time = f" × {figures['days']}/{DAYS[p.time]}" if "days" in figures else ""
    rate = f"{bracketed(voice.percent(figures['rate']))} ({subject.show(figures['quantity'])})"
    return f"{voice.bare_money(figures['capital'])} × {rate}{time}"


def check(p: Params, where: str) -> list[Problem]:
    problems = []
    bounds = [(step.bound, step.at_least is None) for step in p.steps]
    for index, step in enumerate(p.steps):
        place = inside(inside(where, "steps"), index)
        if (step.at_least is None) == (step.above is None):
            sv = "Raden behöver exakt en undre gräns. Ange antingen at_least (från och med) eller above (över)."
            en = "The row needs exactly one lower bound. Give either at_least (reached) or above (passed)."
            problems.append(Problem(place, "step_bound", sv, en))
        elif (
            index and not any(isinstance(bound, ShareOf) for bound, _ in bounds) and bounds[index - 1] >= bounds[index]
        ):
            sv = "Raden är inte högre än raden före. Skriv raderna i stigande ordning."
            en = "The row is not above the one before. Write the rows in rising order."
            problems.append(Problem(place, "step_order", sv, en))
    return problems
