"""The verified value of a metric in a measurement period is what is paid for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from rulebook.language import Subject, Voice
from rulebook.problems import Problem
from rulebook.shapes import Name, entry

label: Final = {"sv": "Uppmätt värde", "en": "Measured value"}
LEVELS: Final = ("cohort", "contract")


@dataclass(frozen=True, slots=True)
class Params:
    """The value of a cohort-level or contract-level metric: a share, a score, a saving, a number."""

    metric: str = entry(Name(), "Måttet", "The metric")


def subject(p: Params, voice: Voice) -> Subject:
    name = voice.metric(p.metric)
    return Subject(
        each=voice.pick(f"varje enhet av {name}", f"each unit of {name}"),
        whole=voice.pick(f"värdet av {name} i mätperioden", f"the value of {name} in the measurement period"),
        short=name,
        show=partial(voice.level, p.metric),
    )


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
