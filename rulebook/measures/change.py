"""How much a measure has changed from a baseline."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice, common_unit
from rulebook.problems import Problem
from rulebook.registers import MEASURE
from rulebook.shapes import Choice, Rule, entry

label: Final = {"sv": "Förändring mot utgångsläget", "en": "Change from a baseline"}


@dataclass(frozen=True, slots=True)
class Params:
    """The change from a baseline, counted as positive in the agreed direction; relative: as a share of the baseline."""

    of: Rule = entry(MEASURE, "Det som har mätts", "What was measured")
    base: Rule = entry(MEASURE, "Utgångsläget", "The baseline", key="from")
    direction: str = entry(
        Choice.of(increase=("ökning", "increase"), decrease=("minskning", "decrease")),
        "Räknas som positivt",
        "Counts as positive",
        default="increase",
    )
    how: str = entry(
        Choice.of(
            absolute=("i måttets enhet", "in the measure's unit"),
            relative=("som andel av utgångsläget", "as a share of the baseline"),
        ),
        "Uttrycks",
        "Expressed",
        key="as",
        default="absolute",
    )


def value(p: Params, scene: Scene) -> Quantity:
    now, base = scene.measure(p.of), scene.measure(p.base)
    change = now - base if p.direction == "increase" else base - now
    return scene.algebra.ratio(change, base) if p.how == "relative" else change


def subject(p: Params, voice: Voice) -> Subject:
    of, base = voice.subject(p.of), voice.subject(p.base)
    relative = p.how == "relative"
    name_sv, name_en = ("ökningen", "increase") if p.direction == "increase" else ("minskningen", "decrease")
    whole = voice.pick(
        f"den procentuella {name_sv} från {base.whole} till {of.whole}"
        if relative
        else f"{name_sv} från {base.whole} till {of.whole}",
        f"the {'percentage ' if relative else ''}{name_en} from {base.whole} to {of.whole}",
    )
    unit = "share" if relative else common_unit((of, base))
    show = voice.percent if relative else partial(voice.measured, unit)
    return Subject(voice.each_of(unit, whole), whole, numbers(p, [of.factor, base.factor], voice), show, unit)


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del voice
    now, base = parts
    change = f"{now} − {base}" if p.direction == "increase" else f"{base} − {now}"
    return f"({change}) / {base}" if p.how == "relative" else change


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
