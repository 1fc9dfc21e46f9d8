"""Which limits can never cut, which always do, and at how many outcomes the others are reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from math import ceil
from typing import Final

from rulebook.analysis.along import Along, Curve
from rulebook.analysis.exposure import Exposure, together
from rulebook.analysis.findings import Finding, figures, said
from rulebook.analysis.given import leaves
from rulebook.analysis.ground import NONE_AT_ALL, TermBound
from rulebook.analysis.idle import concerns
from rulebook.analysis.ranges import ENDLESS, End
from rulebook.language import Voice
from rulebook.terms import Limit, Term
from rulebook.wording import limit_scope

ONE_AT_A_TIME: Final = frozenset({"metric", "term", "contract", "period", "cohort", "person"})
"""Scopes for which it makes sense to say at how many outcomes they are full."""


def ceilings(along: Along) -> list[Finding]:
    """What there is to say about every limit of an amount."""
    return [finding for index, limit in enumerate(along.terms.limits) for finding in _about(along, index, limit)]


def _about(along: Along, index: int, limit: Limit) -> Iterator[Finding]:
    terms = [term for term in along.terms.terms if concerns(along.terms, limit, term)]
    cap = None if limit.scope == "composition" else along.exposure.cap(limit)
    if not terms or cap is None or cap.sign:
        return
    most = most_without(along.exposure, limit, terms)
    whole = along.exposure.contract_cap()
    if limit.scope not in ("contract", "payer") and whole is not None:
        most = min(most, whole)
    where = f"limits[{index}]"
    values = {"limit": limit.name, **figures(cap=cap.number)}
    if most <= cap:
        told = {**values, **figures(most=most.number)}
        yield said("cap_never", where, along.terms, partial(_never, partial(_name, limit, cap), most), told)
        return
    least = [_smallest(along.exposure, term) for term in terms]
    smallest = None if None in least else min(amount for amount in least if amount is not None)
    if smallest is not None and smallest > cap.number and limit.scope != "payer":
        told = {**values, **figures(smallest=smallest)}
        yield said("cap_always", where, along.terms, partial(_always, partial(_name, limit, cap), smallest), told)
        return
    reached = {term.id: number for term in terms if (number := _full_at(along, term, limit, cap.number)) is not None}
    values |= figures(most=most.number if not most.sign else None)
    values |= figures(**{f"full_at:{term}": number for term, number in reached.items()})
    yield said(
        "cap_reached", where, along.terms, partial(_reached, along, partial(_name, limit, cap), most, reached), values
    )


# --- how much there would be without it -------------------------------------------------------------------------


def most_without(exposure: Exposure, limit: Limit, terms: Sequence[Term]) -> End:
    """The most that could fall under the limit in one of its groups, if only the other limits were there."""
    bounds = [exposure.by_term[term.id] for term in terms]
    match limit.scope:
        case "person":
            names = {name for bound in bounds for name in bound.per_person}
            return max((together(_per_person(bound, name) for bound in bounds) for name in names), default=End(0))
        case "period":
            return _in_a_period(bounds) if limit.surplus != "banked" else exposure.capped(bounds, limit).high
        case "cohort":
            names = {limit.cohort} if limit.cohort else {name for bound in bounds for name in bound.by_cohort}
            return max(together(bound.by_cohort.get(name, NONE_AT_ALL).high for bound in bounds) for name in names)
        case "payer":
            return max(
                exposure.payer(name, without=limit).high for name in exposure.payers if limit.payer in (None, name)
            )
    return exposure.capped(bounds, limit).high


def _per_person(bound: TermBound, cohort: str | None) -> End:
    return bound.per_person.get(cohort, NONE_AT_ALL).high


def _in_a_period(bounds: Sequence[TermBound]) -> End:
    if not all(bound.by_period for bound in bounds if bound.span.high.sign or bound.span.high.number):
        return ENDLESS
    names = {name for bound in bounds for name in bound.by_period}
    return max(
        (together(bound.by_period.get(name, NONE_AT_ALL).high for bound in bounds) for name in names), default=End(0)
    )


# --- single payments --------------------------------------------------------------------------------------------


def _smallest(exposure: Exposure, term: Term) -> Fraction | None:
    """The smallest amount above nothing that the term pays at a time; None where there is no smallest."""
    return exposure.by_term[term.id].smallest


def _full_at(along: Along, term: Term, limit: Limit, cap: Fraction) -> Fraction | None:
    """At how many outcomes, or at which value, the term by itself fills the limit."""
    seen = leaves(along.terms, term.measure)
    if limit.scope not in ONE_AT_A_TIME or len(seen) != 1:
        return None
    curve = next(iter(along.curves(term, seen[0])), None)
    if curve is None:
        return None
    number = _reaches(curve, cap)
    if number is not None and limit.scope == "person":
        metric = along.metric(seen[0])
        times = (
            [along.exposure.bounds.reach.units(metric, cohort) for cohort in along.exposure.bounds.reach.cohorts]
            if metric
            else []
        )
        if None not in times and number > max((often for often in times if often is not None), default=0):
            return None
    return number


def _reaches(curve: Curve, cap: Fraction) -> Fraction | None:
    """The first number of the leaf, from below, at which the amount is no less than the cap."""
    for piece in curve.pieces:
        for x in (piece.low, _crossing(piece.at, piece.value, piece.slope, cap), piece.high):
            if x is None or (piece.low is not None and x < piece.low) or (piece.high is not None and x > piece.high):
                continue
            place = Fraction(ceil(x)) if curve.leaf.is_whole else x
            if (piece.high is None or place <= piece.high) and curve.at(place) >= cap:
                return place
    return None


def _crossing(at: Fraction, value: Fraction, slope: Fraction, cap: Fraction) -> Fraction | None:
    return at + (cap - value) / slope if slope else None


# --- words ------------------------------------------------------------------------------------------------------


Naming = Callable[[Voice], str]
"""What a limit is called, with its amount."""


def _name(limit: Limit, cap: End, voice: Voice) -> str:
    scope, amount = limit_scope(limit, voice), voice.money(cap.number)
    return voice.pick(f"Taket {scope} på {amount}", f"The limit {scope} of {amount}")


def _never(name_of: Naming, most: End, voice: Voice) -> str:
    name, amount = name_of(voice), voice.money(most.number)
    return voice.pick(
        f"{name} kan aldrig slå till: mer än {amount} kan det inte bli ändå.",
        f"{name} can never cut: no more than {amount} is possible anyway.",
    )


def _always(name_of: Naming, smallest: Fraction, voice: Voice) -> str:
    name, amount = name_of(voice), voice.money(smallest)
    return voice.pick(
        f"{name} slår alltid till: redan den minsta betalningen är {amount}.",
        f"{name} always cuts: the smallest payment is already {amount}.",
    )


def _reached(along: Along, name_of: Naming, most: End, reached: Mapping[str, Fraction], voice: Voice) -> str:
    name = name_of(voice)
    text = voice.pick(
        f"{name} kan nås; därefter ger fler utfall inget.", f"{name} can be reached; more outcomes then pay nothing."
    )
    if not most.sign:
        amount = voice.money(most.number)
        text += voice.pick(f" Utan taket kunde det bli {amount}.", f" Without it, {amount} would be possible.")
    told = [_told(along, term, number, voice) for term, number in reached.items()]
    if told:
        alone = voice.listed(told)
        text += voice.pick(f" Ensamt når {alone} taket.", f" Alone, {alone} reaches it.")
    return text


def _told(along: Along, term: str, number: Fraction, voice: Voice) -> str:
    leaf = leaves(along.terms, along.terms.term_by_id[term].measure)[0]
    shown = along.shown(leaf, number, voice)
    return voice.pick(f"{voice.term(term)} vid {shown}", f"{voice.term(term)} at {shown}")
