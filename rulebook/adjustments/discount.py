"""A later amount is worth less: it is discounted by an annual rate for every whole year."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Voice
from rulebook.periods import add_time
from rulebook.problems import Problem
from rulebook.shapes import Day, Number, entry

label: Final = {"sv": "Diskontering", "en": "Discounting"}


@dataclass(frozen=True, slots=True)
class Params:
    """The annual rate, and the day from which whole years are counted to the end of the measurement period."""

    rate: Fraction = entry(
        Number(above=Fraction(-1)), "Ränta per år, 0.03 är 3 procent", "Rate a year; 0.03 is 3 per cent"
    )
    since: date = entry(Day(), "Hela år räknas från", "Whole years are counted from", key="from")


def factor(p: Params, scene: Scene) -> Quantity:
    """(1 + rate) to the power of minus the number of whole years: exact, since the years are whole."""
    after = scene.period.ends_on + timedelta(days=1)
    years = after.year - p.since.year
    while years > 0 and add_time(p.since, months=12 * years) > after:
        years -= 1
    return scene.algebra.number((1 + p.rate) ** -max(years, 0))


def sentence(p: Params, voice: Voice) -> str:
    rate, since = voice.percent(p.rate), voice.day(p.since)
    return voice.pick(
        f"Ett senare belopp är värt mindre: det delas med {voice.number(1 + p.rate)} för varje helt år "
        f"från den {since} till mätperiodens slut, alltså med {rate} ränta på ränta.",
        f"A later amount is worth less: it is divided by {voice.number(1 + p.rate)} for every whole year "
        f"from {since} to the end of the measurement period, that is by {rate} compound interest.",
    )


def words(p: Params, voice: Voice) -> str:
    del p
    return voice.pick("diskonteringsfaktor", "discount factor")


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
