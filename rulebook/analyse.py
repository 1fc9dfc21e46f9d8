"""The terms as a shape: the most and the least they can cost, and what they reward.

The ends are proved (`analysis.exposure` says how); each has a witness, facts for which the exact reading gives the
amount. Where the two differ both are said, and so is an exposure without end. The findings say where a small step makes
a large difference, where it makes none, where worse pays more, and what can never matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from rulebook.analysis.along import Along
from rulebook.analysis.assumed import Assumption, assumptions
from rulebook.analysis.ceilings import ceilings
from rulebook.analysis.endless import Reason, reasons
from rulebook.analysis.exposure import Exposure
from rulebook.analysis.findings import KINDS, SEVERITIES, Finding
from rulebook.analysis.idle import idle
from rulebook.analysis.incentives import incentives
from rulebook.analysis.ranges import End, Span
from rulebook.analysis.repeats import reach, repeats
from rulebook.analysis.witness import IN_ALL, Search, Witness
from rulebook.language import Voice
from rulebook.money import exact_text
from rulebook.problems import Language
from rulebook.terms import Terms
from rulebook.wording import spoken

ANALYSIS_VERSION: Final = 1


@dataclass(frozen=True)
class Extreme:
    """One end of an exposure: the proved bound (None: without end), and the facts that come nearest to it."""

    bound: Fraction | None
    witness: Witness

    @property
    def is_reached(self) -> bool:
        """Whether the witness's amount is the bound itself."""
        return self.bound is not None and self.bound == Fraction(self.witness.amount)

    def to_json(self) -> dict[str, Any]:
        return {
            "bound": None if self.bound is None else exact_text(self.bound),
            "unbounded": self.bound is None,
            "reached": self.is_reached,
            "witness": self.witness.to_json(),
        }


@dataclass(frozen=True)
class Ends:
    """The most and the least that someone can come to pay; below zero is what the payees come to owe."""

    most: Extreme
    least: Extreme

    def to_json(self) -> dict[str, Any]:
        return {"most": self.most.to_json(), "least": self.least.to_json()}


@dataclass(frozen=True)
class Analysis:
    """Everything that the shape of the terms says, in both languages."""

    terms: Terms
    in_all: Ends
    payers: Mapping[str, Ends]
    endless: Sequence[Reason]
    assumptions: Sequence[Assumption]
    findings: Sequence[Finding]

    def of(self, *kinds: str) -> list[Finding]:
        """The findings of some kinds."""
        return [finding for finding in self.findings if finding.kind in kinds]

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict; amounts are exact decimals or fractions, and a bound of null is without end."""
        return {
            "analysis_version": ANALYSIS_VERSION,
            "currency": self.terms.currency,
            "exposure": {
                "in_all": self.in_all.to_json(),
                "payers": {payer: ends.to_json() for payer, ends in self.payers.items()},
                "endless_because": [
                    {"code": reason.code, "where": reason.where, "sv": reason.sv, "en": reason.en}
                    for reason in self.endless
                ],
                "assumes": [{"code": given.code, "sv": given.sv, "en": given.en} for given in self.assumptions],
            },
            "findings": [finding.to_json() for finding in self.findings],
        }

    def text(self, language: Language) -> str:
        """The analysis for people to read."""
        voice = spoken(self.terms, language)
        return "\n".join([*_exposure_text(self, voice), "", *_findings_text(self, voice)])


def analyse(terms: Terms) -> Analysis:
    """The shape of terms that `parse_terms` has found sound."""
    exposure = Exposure(terms)
    along = Along(exposure)
    found = Search(along).witnesses()
    findings = [*reach(along), *idle(along), *incentives(along), *repeats(along), *ceilings(along)]
    ranks = {kind: rank for rank, kind in enumerate(KINDS)}
    return Analysis(
        terms,
        _ends(exposure.total, IN_ALL, found),
        {payer: _ends(span, payer, found) for payer, span in exposure.payers.items()},
        reasons(along),
        assumptions(terms, exposure.bounds.reach),
        sorted(findings, key=lambda finding: ranks[finding.kind]),
    )


def _ends(span: Span, payer: str, found: Mapping[tuple[str, int], Witness]) -> Ends:
    def extreme(end: End, sign: int) -> Extreme:
        return Extreme(None if end.sign else end.number, found[payer, sign])

    return Ends(extreme(span.high, 1), extreme(span.low, -1))


# --- text -------------------------------------------------------------------------------------------------------


def _exposure_text(analysis: Analysis, voice: Voice) -> Iterator[str]:
    yield voice.pick("Vad avtalet kan kosta", "What the contract can cost")
    for name, ends in {"": analysis.in_all, **(analysis.payers if len(analysis.payers) > 1 else {})}.items():
        who = voice.party(name) if name else voice.pick("Tillsammans", "In all")
        yield f"  {who}"
        yield "    " + voice.pick("Högst: ", "At most: ") + _extreme_text(ends.most, voice, highest=True)
        yield "    " + voice.pick("Minst: ", "At least: ") + _extreme_text(ends.least, voice, highest=False)
    if analysis.endless:
        yield voice.pick("  Därför finns ingen gräns:", "  Why there is no bound:")
        yield from (f"    {reason.message(voice.language)}" for reason in analysis.endless)
    if analysis.assumptions:
        yield voice.pick("  Gränserna förutsätter:", "  The bounds assume:")
        yield from (f"    {voice.pick(given.sv, given.en)}" for given in analysis.assumptions)


def _extreme_text(extreme: Extreme, voice: Voice, *, highest: bool) -> str:
    witness = extreme.witness
    amount, facts = voice.money(witness.amount), _facts_text(witness, voice)
    if extreme.bound is None:
        none = voice.pick("ingen gräns", "without bound")
        return voice.pick(f"{none}. Ett exempel: {facts} ger {amount}.", f"{none}. An example: {facts} gives {amount}.")
    bound = voice.money(extreme.bound)
    if extreme.is_reached:
        return voice.pick(f"{bound}, bevisat. Det nås: {facts}.", f"{bound}, proved. It is reached: {facts}.")
    most = voice.pick("högsta", "highest") if highest else voice.pick("lägsta", "lowest")
    text = voice.pick(
        f"{bound}, bevisat. Det {most} som har hittats är {amount}: {facts}.",
        f"{bound}, proved. The {most} that was found is {amount}: {facts}.",
    )
    if witness.cut:
        text += voice.pick(" Sökningen avbröts innan allt var prövat.", " The search ended before all had been tried.")
    return text


def _facts_text(witness: Witness, voice: Voice) -> str:
    facts = witness.facts
    parts = []
    if facts.claims:
        persons = voice.number(Decimal(len(facts.persons)))
        claims = voice.number(Decimal(witness.claims))
        parts.append(voice.pick(f"{persons} personer med {claims} anspråk", f"{persons} persons with {claims} claims"))
    shown = {fact.metric: fact.observed for fact in facts.measured if fact.observed is not None}
    parts += [f"{voice.metric(metric)} {voice.level(metric, value)}" for metric, value in shown.items()]
    parts += [voice.event(event.event) for event in facts.events]
    return voice.listed(parts) if parts else voice.pick("utan några uppgifter", "without any facts")


def _findings_text(analysis: Analysis, voice: Voice) -> Iterator[str]:
    if not analysis.findings:
        yield voice.pick(
            "Inget att anmärka: inga stup, inga döda zoner och inget som ger betalt för sämre utfall.",
            "Nothing to remark on: no cliffs, no dead zones, and nothing that pays for worse outcomes.",
        )
        return
    yield voice.pick(
        "Vad villkoren lockar till, och vad som saknar verkan", "What the terms reward, and what has no effect"
    )
    for finding in analysis.findings:
        severity = voice.pick(*SEVERITIES[finding.severity])
        yield f"  {severity}. {finding.heading(voice.language)} ({finding.where})"
        yield f"    {finding.message(voice.language)}"
