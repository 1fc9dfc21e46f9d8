"""The number of accepted claims on a metric is what is paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.problems import Problem
from rulebook.shapes import Choice, Name, entry

label: Final = {"sv": "Antal godkända anspråk", "en": "Number of accepted claims"}
LEVELS: Final = ("person",)
CLAIMS: Final = (
    *("varje godkänt anspråk", "antalet godkända anspråk", "antal godkända anspråk"),
    *("each accepted claim", "the number of accepted claims", "accepted claims"),
)
NAMES: Final = {
    "day": (
        *("varje godkänd dag", "antalet godkända dagar", "antal godkända dagar"),
        *("each accepted day", "the number of accepted days", "accepted days"),
    ),
    "week": (
        *("varje godkänd vecka", "antalet godkända veckor", "antal godkända veckor"),
        *("each accepted week", "the number of accepted weeks", "accepted weeks"),
    ),
    "amount": (
        *("varje godkänd krona", "det godkända beloppet", "godkänt belopp"),
        *("each accepted krona", "the accepted amount", "accepted amount"),
    ),
    "number": (
        *("varje godkänd enhet", "antalet godkända enheter", "antal godkända enheter"),
        *("each accepted unit", "the number of accepted units", "accepted units"),
    ),
    "score": (
        *("varje godkänt poäng", "antalet godkända poäng", "antal godkända poäng"),
        *("each accepted point", "the number of accepted points", "accepted points"),
    ),
}
"""What is counted, by the metric's unit: one of it, all of it, and its name in a formula, in Swedish and English."""


@dataclass(frozen=True, slots=True)
class Params:
    """The accepted claims on a person-level metric, counted by their units."""

    metric: str = entry(Name(of="metrics"), "Måttet", "The metric")
    over: str = entry(
        Choice.of(
            period=("varje mätperiod för sig", "each period by itself"),
            contract=("löpande över hela avtalet", "on and on over the whole contract"),
        ),
        "Räknas",
        "Counted",
        default="period",
    )
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
    return scene.count(p.metric, p.over, p.per)


def subject(p: Params, voice: Voice) -> Subject:
    unit = voice.units.get(p.metric, "")
    named = NAMES.get(unit, CLAIMS)
    if unit == "amount" and voice.currency != "SEK":
        named = (f"varje godkänd {voice.currency}", *named[1:3], f"each accepted {voice.currency}", *named[4:])
    each, whole, short = (voice.pick(sv, en) for sv, en in zip(named[:3], named[3:], strict=True))
    name = voice.metric(p.metric)
    when = (
        voice.pick("under hela avtalet", "over the whole contract")
        if p.over == "contract"
        else voice.pick("i mätperioden", "in the measurement period")
    )
    who = voice.pick(", räknat för varje kohort,", ", counted for each cohort,") if p.per == "cohort" else ""
    on = voice.pick("på", "of")
    return Subject(
        each=f"{each} {on} {name}",
        whole=f"{whole} {on} {name} {when}{who}",
        short=short,
        show=voice.money if unit == "amount" else voice.number,
        unit=unit if unit in NAMES else "",
        claim=f"{voice.pick(CLAIMS[0], CLAIMS[3])} {on} {name}",
    )


def numbers(p: Params, parts: Sequence[str], voice: Voice) -> str:
    del p, parts, voice
    return ""


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
