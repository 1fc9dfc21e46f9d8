"""The number of persons enrolled so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.problems import Problem
from rulebook.shapes import Choice, entry

label: Final = {"sv": "Antal inskrivna personer", "en": "Number of enrolled persons"}


@dataclass(frozen=True, slots=True)
class Params:
    """All persons enrolled on or before the last day of the measurement period, also those who left."""

    per: str = entry(
        Choice.of(
            contract=("alla kohorter tillsammans", "all cohorts together"),
            cohort=("varje kohort för sig", "each cohort by itself"),
        ),
        "Räknas för",
        "Counted for",
        default="contract",
    )


def value(p: Params, scene: Scene) -> Quantity:
    return scene.enrolled(p.per)


def subject(p: Params, voice: Voice) -> Subject:
    who = voice.pick(" i kohorten", " in the cohort") if p.per == "cohort" else ""
    return Subject(
        each=voice.pick(f"varje inskriven person{who}", f"each person enrolled{who}"),
        whole=voice.pick(
            f"antalet personer som har skrivits in{who} till och med mätperiodens slut",
            f"the number of persons enrolled{who} by the end of the measurement period",
        ),
        short=voice.pick("antal inskrivna", "persons enrolled"),
        show=voice.number,
    )


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, parts, voice
    return ""


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
