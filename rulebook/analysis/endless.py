"""Why an exposure has no end: which number, of persons, of times or of a value, the terms leave open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from rulebook.analysis.along import Along
from rulebook.analysis.exposure import Exposure
from rulebook.analysis.given import Leaf, leaves
from rulebook.analysis.ranges import Range, Span
from rulebook.analysis.reach import ONE_EACH, Reach
from rulebook.problems import Language
from rulebook.terms import Metric, Term
from rulebook.wording import spoken

ZERO: Final = Fraction(0)
LANGUAGES: Final[tuple[Language, ...]] = ("sv", "en")


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that has no limit, and how to give it one; `where` is the place in the document."""

    code: str
    where: str
    sv: str
    en: str

    def message(self, language: Language) -> str:
        return self.en if language == "en" else self.sv


def reasons(along: Along) -> list[Reason]:
    """Everything that leaves the most or the least without end, each once."""
    exposure = along.exposure
    spans = [exposure.total, *exposure.payers.values()]
    if not any(span.high.sign or span.low.sign for span in spans):
        return []
    open_ended = [term for term in exposure.terms.terms if _is_open(exposure.by_term[term.id].span)]
    found = [reason for term in open_ended for reason in _of_term(along, term)]
    return list({(reason.code, reason.where): reason for reason in found}.values())


def _is_open(span: Span) -> bool:
    return bool(span.high.sign or span.low.sign)


def _of_term(along: Along, term: Term) -> Iterator[Reason]:
    if along.exposure.bounds.reach.periods is None:
        yield Reason(
            "no_life",
            "life",
            "Avtalstiden saknas, så det kan bli hur många mätperioder som helst. Ange life.",
            "The contract has no life, so there may be any number of measurement periods. Give life.",
        )
    for leaf in leaves(along.terms, (term.measure, term.price, term.adjust)):
        metric = along.metric(leaf)
        if leaf.kind in ("count", "enrolled") and along.ends(leaf)[1] is None:
            yield from _persons(along.exposure)
            if metric is not None:
                yield from _times(along.exposure, metric)
        elif metric is not None and leaf.kind in ("value", "effect"):
            yield from _values(along, term, leaf, metric)


def _values(along: Along, term: Term, leaf: Leaf, metric: Metric) -> Iterator[Reason]:
    """An end that a value lacks, where the payment has none because of it, whatever the other leaves are."""
    place = f"metrics[{along.terms.metric_rank[metric.id]}]"
    sv, en = (spoken(along.terms, language).metric(metric.id) for language in LANGUAGES)
    low, high = along.ends(leaf)
    if high is None and _is_open(_amounts(along, term, leaf, Span.of(ZERO if low is None else low, None))):
        text = (f"{sv} har inget högsta värde. Ange highest.", f"{en} has no highest value. Give highest.")
        yield Reason("no_highest", place, *text)
    if low is None and _is_open(_amounts(along, term, leaf, Span.of(None, ZERO if high is None else high))):
        text = (f"{sv} har inget lägsta värde. Ange lowest.", f"{en} has no lowest value. Give lowest.")
        yield Reason("no_lowest", place, *text)


def _amounts(along: Along, term: Term, leaf: Leaf, span: Span) -> Span:
    """What the term can pay on one occasion when only this leaf goes so far."""
    bounds = along.exposure.bounds
    scene = bounds.scene(term, bounds.periods[-1], None, bounds.cohorts_of(term))
    given = {other: Range.within(Span.of(*along.typical(other))) for other in scene.given}
    return bounds.amounts(replace(scene, given={**given, leaf: Range.within(span)}), term)


def _persons(exposure: Exposure) -> Iterator[Reason]:
    reach = exposure.bounds.reach
    without = [cohort for cohort in reach.cohorts if reach.persons(cohort) is None]
    if without and without[0] is None:
        yield Reason(
            "no_size",
            "cohorts",
            "Villkoren säger inte hur många personer som kan delta. Lägg till cohorts med size.",
            "The terms do not say how many persons can take part. Add cohorts with size.",
        )
    elif without:
        voices = [spoken(exposure.terms, language) for language in LANGUAGES]
        named = [voice.listed(voice.cohort(cohort.id) for cohort in without if cohort) for voice in voices]
        yield Reason(
            "no_size",
            "cohorts",
            f"Hur många personer som kan delta framgår inte för {named[0]}. Ange size.",
            f"How many persons can take part is not said for {named[1]}. Give size.",
        )


def _times(exposure: Exposure, metric: Metric) -> Iterator[Reason]:
    reach: Reach = exposure.bounds.reach
    if all(reach.units(metric, cohort) is not None for cohort in reach.cohorts):
        return
    place = f"metrics[{exposure.terms.metric_rank[metric.id]}]"
    sv, en = (spoken(exposure.terms, language).metric(metric.id) for language in LANGUAGES)
    if metric.duration is None and metric.unit not in ONE_EACH and metric.most_per_person is not None:
        yield Reason(
            "no_units",
            place,
            f"Ett anspråk på {sv} kan gälla hur många enheter som helst. Ange unit claim eller priset med whole.",
            f"A claim on {en} may be for any number of units. Give the unit claim, or a price with whole.",
        )
        return
    yield Reason(
        "no_times",
        place,
        f"{sv} kan räknas hur många gånger som helst för samma person. Ange once eller at_most.",
        f"{en} can count any number of times for one person. Give once or at_most.",
    )
