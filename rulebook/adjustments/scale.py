"""The amount is multiplied by a measure: a price index, an attribution, or the share upheld in a sample."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Voice, bracketed
from rulebook.problems import Problem
from rulebook.registers import MEASURE
from rulebook.shapes import Rule, entry
from rulebook.values import AMOUNT, Amount

label: Final = {"sv": "Uppräkning med ett mått", "en": "Scaling by a measure"}


@dataclass(frozen=True, slots=True)
class Params:
    """The amount × `by`, or × `by` / `over`: an index against its base, for example."""

    by: Rule = entry(MEASURE, "Mått att multiplicera med", "Measure to multiply by")
    over: Amount | None = entry(
        AMOUNT, "Delat med, till exempel indexets bas", "Divided by, such as an index's base", default=None
    )


def factor(p: Params, scene: Scene) -> Quantity:
    by = scene.measure(p.by)
    return by if p.over is None else scene.algebra.ratio(by, scene.amount(p.over))


def sentence(p: Params, voice: Voice) -> str:
    by = voice.subject(p.by)
    over = "" if p.over is None else voice.pick(" delat med ", " divided by ") + voice.bound(p.over, by)
    return voice.pick(f"Beloppet multipliceras med {by.whole}{over}.", f"The amount is multiplied by {by.whole}{over}.")


def words(p: Params, voice: Voice) -> str:
    by = voice.subject(p.by)
    return by.factor if p.over is None else f"{by.factor} / {bracketed(voice.bound(p.over, by))}"


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
