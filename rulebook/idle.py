"""Parts of the terms that do nothing, or always do the same: conditions, levels, limits, metrics, legs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from rulebook.along import Along
from rulebook.checks import by_cohort, is_per_claim
from rulebook.exposure import Exposure
from rulebook.findings import Finding, figures, voices
from rulebook.given import conditions, leaves
from rulebook.language import Voice
from rulebook.prices import PRICES
from rulebook.ranges import NOTHING, End
from rulebook.shapes import Name, Record, places
from rulebook.terms import Condition, Gate, Limit, Term, Terms
from rulebook.wording import BOUNDS, tested

STAIRS: Final = frozenset({"threshold", "steps", "tiers", "returns"})
"""Prices whose corners are levels to be reached."""


def idle(along: Along) -> list[Finding]:
    """Everything that can never have an effect, or always has the same."""
    terms = along.terms
    return [
        *(finding for term in terms.terms for finding in _never_pays(along.exposure, term)),
        *(finding for term in terms.terms for finding in _gates(along, term)),
        *(finding for term in terms.terms for finding in _levels(along, term)),
        *_unused_metrics(terms),
        *(finding for limit in terms.limits for finding in _limit_of_nothing(terms, limit)),
        *_legs(terms),
    ]


def _place(terms: Terms, term: Term) -> str:
    return f"terms[{terms.term_rank[term.id]}]"


# --- terms and their conditions ---------------------------------------------------------------------------------


def _never_pays(exposure: Exposure, term: Term) -> Iterator[Finding]:
    span = exposure.by_term[term.id].span
    if span.low < NOTHING or span.high > NOTHING:
        return
    texts = [
        voice.pick(
            f"Villkoret {voice.term(term.id)} kan aldrig ge någon betalning.",
            f"The term {voice.term(term.id)} can never give any payment.",
        )
        for voice in voices(exposure.terms)
    ]
    yield Finding("never_pays", _place(exposure.terms, term), *texts, {"term": term.id})


def _gates(along: Along, term: Term) -> Iterator[Finding]:
    for index, gate in enumerate(term.gates):
        verdict = _verdict(along, term, gate)
        if verdict is not None:
            yield _gate_finding(along, term, index, gate, holds=verdict)


def _verdict(along: Along, term: Term, gate: Gate) -> bool | None:
    """True or False where the condition can only go one way in every period and cohort, else None."""
    bounds = along.exposure.bounds
    metrics = [along.terms.metric_by_id.get(leaf.name) for leaf in leaves(along.terms, gate)]
    if any(metric is not None and metric.missing == "exclude" for metric in metrics):
        return None
    cohorts = bounds.reach.cohorts
    verdicts = {bounds.scene(term, period, None, cohorts).holds((gate,)) for period in bounds.periods}
    return verdicts.pop() if len(verdicts) == 1 else None


def _gate_finding(along: Along, term: Term, index: int, gate: Gate, *, holds: bool) -> Finding:
    texts = []
    for voice in voices(along.terms):
        wanted = voice.pick(" eller ", " or ").join(_condition(condition, voice) for condition in conditions(gate))
        always = voice.pick("är alltid uppfyllt och kan tas bort", "always holds and can be removed")
        never = voice.pick("kan aldrig bli uppfyllt, så inget betalas", "can never hold, so nothing is paid")
        texts.append(
            voice.pick(
                f"I villkoret {voice.term(term.id)}: kravet {wanted} {always if holds else never}.",
                f"In the term {voice.term(term.id)}: the condition {wanted} {always if holds else never}.",
            )
        )
    values = {"term": term.id, **_range_of(along, gate)}
    return Finding(
        "gate_always" if holds else "gate_never", f"{_place(along.terms, term)}.gate[{index}]", *texts, values
    )


def _range_of(along: Along, gate: Gate) -> dict[str, str]:
    seen = leaves(along.terms, gate)
    if len(seen) != 1:
        return {}
    low, high = along.ends(seen[0])
    return {"metric": seen[0].name, **figures(lowest=low, highest=high)}


def _condition(condition: Condition, voice: Voice) -> str:
    if condition.event is not None:
        return voice.event(condition.event)
    subject = tested(condition, voice)
    bounds = [f"{voice.pick(*BOUNDS[sign])} {voice.bound(bound, subject)}" for sign, bound in condition.bounds.items()]
    return f"{subject.whole} {voice.listed(bounds)}"


def _levels(along: Along, term: Term) -> Iterator[Finding]:
    """A step, a threshold or a tier beyond what its measure can reach."""
    if term.price.kind not in STAIRS or term.measure is None:
        return
    bounds = along.exposure.bounds
    span = bounds.scene(term, bounds.periods[-1], None, bounds.cohorts_of(term)).measure(term.measure).span
    for corner in PRICES[term.price.kind].corners(term.price.params):
        if isinstance(corner, Fraction) and End(0, corner) > span.high:
            texts = []
            for voice in voices(along.terms):
                subject = voice.subject(term.measure)
                shown, most = subject.show(corner), subject.show(span.most or Fraction(0))
                texts.append(
                    voice.pick(
                        f"I villkoret {voice.term(term.id)} kan nivån {shown} aldrig nås: {subject.whole} blir högst {most}.",
                        f"In the term {voice.term(term.id)} the level {shown} can never be reached: {subject.whole} is at "
                        f"most {most}.",
                    )
                )
            values = {"term": term.id, **figures(level=corner, highest=span.most)}
            yield Finding("level_out_of_reach", f"{_place(along.terms, term)}.price", *texts, values)


# --- metrics, legs and limits that nothing uses -----------------------------------------------------------------


def _unused_metrics(terms: Terms) -> Iterator[Finding]:
    """A metric for follow-up is meant to be observed and no more; any other should matter to something."""
    used: set[str] = set()
    for name in ("metrics", "terms", "limits"):
        shape = Record(type(terms))
        used |= {
            place.value
            for place in places(shape, terms, "")
            if place.where.startswith(name) and isinstance(place.shape, Name) and place.shape.of == "metrics"
        }
    for index, metric in enumerate(terms.metrics):
        if metric.id not in used and metric.role != "follow_up":
            texts = [
                voice.pick(
                    f"Inget i villkoren använder {voice.metric(metric.id)}. Ta bort måttet eller ge det rollen follow_up.",
                    f"Nothing in the terms uses {voice.metric(metric.id)}. Remove the metric or give it the role follow_up.",
                )
                for voice in voices(terms)
            ]
            yield Finding("unused_metric", f"metrics[{index}]", *texts, {"metric": metric.id})


def _limit_of_nothing(terms: Terms, limit: Limit) -> Iterator[Finding]:
    if any(concerns(terms, limit, term) for term in terms.terms):
        return
    texts = [
        voice.pick(
            f"Taket {limit.name} gäller inget: inget villkor betalar för det som taket begränsar.",
            f"The limit {limit.name} applies to nothing: no term pays for what it limits.",
        )
        for voice in voices(terms)
    ]
    yield Finding("limit_of_nothing", f"limits[{terms.limits.index(limit)}]", *texts, {"limit": limit.name})


def concerns(terms: Terms, limit: Limit, term: Term) -> bool:
    """Whether a limit bears on what a term pays."""
    if limit.scope in ("person", "composition") and not (is_per_claim(term) and not term.on):
        return False
    if limit.scope == "cohort" and (not terms.cohorts or not by_cohort(terms, term)):
        return False
    if limit.cohort is not None and term.cohorts and limit.cohort not in term.cohorts:
        return False
    if limit.payer is not None and limit.payer not in {leg.payer for leg in terms.legs_of(term) if leg.share}:
        return False
    return limit.metric in (None, term.metric) and limit.term in (None, term.id)


def _legs(terms: Terms) -> Iterator[Finding]:
    groups = [("legs", terms.legs), *((f"{_place(terms, term)}.legs", term.legs) for term in terms.terms)]
    for where, legs in groups:
        for index, leg in enumerate(legs):
            if leg.share == 0:
                texts = [
                    voice.pick(f"{leg.payer} betalar ingen andel.", f"{leg.payer} pays no share.")
                    for voice in voices(terms)
                ]
                yield Finding("leg_without_share", f"{where}[{index}]", *texts, {"payer": leg.payer})
