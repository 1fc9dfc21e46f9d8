"""The number of accepted claims on a metric is what is paid for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rulebook.language import Subject, Voice
from rulebook.problems import Problem
from rulebook.shapes import Choice, Name, entry

label: Final = {"sv": "Antal godkända anspråk", "en": "Number of accepted claims"}
LEVELS: Final = ("person",)
UNITS: Final = {
    "day": ("varje godkänd dag", "antalet godkända dagar", "antal godkända dagar", "day", "days"),
    "week": ("varje godkänd vecka", "antalet godkända veckor", "antal godkända veckor", "week", "weeks"),
}
CLAIMS: Final = ("varje godkänt anspråk", "antalet godkända anspråk", "antal godkända anspråk", "claim", "claims")


@dataclass(frozen=True, slots=True)
class Params:
    """The accepted claims on a person-level metric, counted by their units."""

    metric: str = entry(Name(), "Måttet", "The metric")
    over: str = entry(
        Choice(("period", "contract")),
        "Räknas varje mätperiod för sig (period) eller löpande över hela avtalet (contract)",
        "Counted for each measurement period by itself, or on and on over the whole contract",
        default="period",
    )
    per: str = entry(
        Choice(("contract", "cohort")),
        "Räknas alla kohorter tillsammans (contract) eller var för sig (cohort)",
        "Whether all cohorts are counted together or each by itself",
        default="contract",
    )


def subject(p: Params, voice: Voice) -> Subject:
    each_sv, whole_sv, short_sv, one, many = UNITS.get(voice.units.get(p.metric, ""), CLAIMS)
    name = voice.metric(p.metric)
    when_sv = "under hela avtalet" if p.over == "contract" else "i mätperioden"
    when_en = "over the whole contract" if p.over == "contract" else "in the measurement period"
    who_sv, who_en = (", räknat för varje kohort,", ", counted for each cohort,") if p.per == "cohort" else ("", "")
    return Subject(
        each=voice.pick(f"{each_sv} på {name}", f"each accepted {one} of {name}"),
        whole=voice.pick(
            f"{whole_sv} på {name} {when_sv}{who_sv}", f"the number of accepted {many} of {name} {when_en}{who_en}"
        ),
        short=voice.pick(short_sv, f"accepted {many}"),
        show=voice.number,
    )


def check(p: Params, where: str) -> list[Problem]:
    del p, where
    return []
