"""What other terms of the contract pay, after limits and rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.problems import Problem
from rulebook.shapes import Choice, ListOf, Name, entry

label: Final = {"sv": "Vad andra villkor betalar", "en": "What other terms pay"}


@dataclass(frozen=True, slots=True)
class Params:
    """The sum of the lines of some terms, or of all other terms, in the measurement period or to date."""

    terms: tuple[str, ...] = entry(
        ListOf(Name(of="terms"), at_least=1),
        "Villkor som läggs ihop, annars alla som inte bygger på andra",
        "Terms that are added up; without a list, all that do not build on others",
        default=(),
    )
    over: str = entry(
        Choice.of(period=("i mätperioden", "in the period"), contract=("hittills", "to date")),
        "Räknas",
        "Counted",
        default="period",
    )


def value(p: Params, scene: Scene) -> Quantity:
    return scene.paid(p.terms, p.over)


def subject(p: Params, voice: Voice) -> Subject:
    when = (
        voice.pick("hittills", "to date")
        if p.over == "contract"
        else voice.pick("för mätperioden", "for the measurement period")
    )
    terms = voice.listed(map(voice.term, p.terms)) if p.terms else voice.pick("de andra villkoren", "the other terms")
    whole = voice.pick(f"det som betalas enligt {terms} {when}", f"what is paid under {terms} {when}")
    return Subject(
        each=voice.each_of("amount", whole),
        whole=whole,
        short=voice.pick(f"betalat enligt {terms} {when}", f"paid under {terms} {when}"),
        show=voice.money,
        unit="amount",
    )


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, parts, voice
    return ""


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
