"""How long the contract has run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Figure, Subject, Voice
from rulebook.periods import add_time
from rulebook.problems import Problem
from rulebook.shapes import Choice, entry
from rulebook.values import ValueMissingError

label: Final = {"sv": "Hur länge avtalet har löpt", "en": "How long the contract has run"}


@dataclass(frozen=True, slots=True)
class Params:
    """Whole days, months or years from the contract's first day to the end of the measurement period."""

    unit: str = entry(
        Choice.of(days=("dagar", "days"), months=("hela månader", "whole months"), years=("hela år", "whole years")),
        "Räknas i",
        "Counted in",
        default="months",
    )


def value(p: Params, scene: Scene) -> Quantity:
    """The period's last day is run to its end: from 1 January to 31 December is one year."""
    if scene.starts_on is None:
        raise ValueMissingError(None)
    after = scene.period.ends_on + timedelta(days=1)
    if p.unit == "days":
        return scene.algebra.number(Fraction((after - scene.starts_on).days))
    months = (after.year - scene.starts_on.year) * 12 + after.month - scene.starts_on.month
    if add_time(scene.starts_on, months=months) > after:
        months -= 1
    return scene.algebra.number(Fraction(max(months, 0) // (12 if p.unit == "years" else 1)))


def subject(p: Params, voice: Voice) -> Subject:
    unit = voice.pick(*UNITS[p.unit])
    whole = voice.pick(
        f"antalet hela {unit} från avtalets första dag till mätperiodens slut",
        f"the number of whole {unit} from the contract's first day to the end of the measurement period",
    )
    short = voice.pick(f"{unit} sedan avtalets början", f"{unit} since the contract began")
    return Subject(voice.each_of("", whole), whole, short, partial(_shown, unit=p.unit, voice=voice))


UNITS: Final = {"days": ("dagar", "days"), "months": ("månader", "months"), "years": ("år", "years")}
ONE: Final = {"days": ("dag", "day"), "months": ("månad", "month"), "years": ("år", "year")}


def _shown(figure: Figure, unit: str, voice: Voice) -> str:
    return f"{voice.number(figure)} {voice.pick(*(ONE if Fraction(figure) == 1 else UNITS)[unit])}"


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, parts, voice
    return ""


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
