"""Parts of the terms that do nothing, or always do the same: conditions, levels, limits, metrics, legs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Final

from rulebook.analysis.along import Along
from rulebook.analysis.exposure import Exposure
from rulebook.analysis.findings import Finding, figures, said
from rulebook.analysis.given import conditions, leaves
from rulebook.analysis.ranges import NOTHING, End
from rulebook.checks import by_cohort, is_per_claim
from rulebook.language import Voice
from rulebook.prices import PRICES
from rulebook.shapes import Name, Record, Rule, places
from rulebook.terms import Condition, Gate, Limit, Term, Terms
from rulebook.wording import BOUNDS, limit_scope, tested

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

    def tell(voice: Voice) -> str:
        name = voice.term(term.id)
        return voice.pick(
            f"Villkoret {name} kan aldrig ge någon betalning.", f"The term {name} can never give any payment."
        )

    yield said("never_pays", _place(exposure.terms, term), exposure.terms, tell, {"term": term.id})


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
    def tell(voice: Voice) -> str:
        name = voice.term(term.id)
        wanted = voice.pick(" eller ", " or ").join(_condition(condition, voice) for condition in conditions(gate))
        verdict = voice.pick("kan aldrig bli uppfyllt, så inget betalas", "can never hold, so nothing is paid")
        if holds:
            verdict = voice.pick("är alltid uppfyllt och kan tas bort", "always holds and can be removed")
        return voice.pick(
            f"I villkoret {name}: kravet {wanted} {verdict}.", f"In the term {name}: the condition {wanted} {verdict}."
        )

    values = {"term": term.id, **_range_of(along, gate)}
    kind = "gate_always" if holds else "gate_never"
    return said(kind, f"{_place(along.terms, term)}.gate[{index}]", along.terms, tell, values)


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
            yield _out_of_reach(along, term, term.measure, corner, span.most or Fraction(0))


def _out_of_reach(along: Along, term: Term, measure: Rule, level: Fraction, most: Fraction) -> Finding:
    def tell(voice: Voice) -> str:
        name, subject = voice.term(term.id), voice.subject(measure)
        shown, highest = subject.show(level), subject.show(most)
        return voice.pick(
            f"I villkoret {name} kan nivån {shown} aldrig nås: {subject.whole} blir högst {highest}.",
            f"In the term {name} the level {shown} can never be reached: {subject.whole} is at most {highest}.",
        )

    values = {"term": term.id, **figures(level=level, highest=most)}
    return said("level_out_of_reach", f"{_place(along.terms, term)}.price", along.terms, tell, values)


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
            yield said("unused_metric", f"metrics[{index}]", terms, partial(_unused, metric.id), {"metric": metric.id})


def _unused(metric: str, voice: Voice) -> str:
    name = voice.metric(metric)
    return voice.pick(
        f"Inget i villkoren använder {name}. Ta bort måttet eller ge det rollen follow_up.",
        f"Nothing in the terms uses {name}. Remove the metric or give it the role follow_up.",
    )


def _limit_of_nothing(terms: Terms, limit: Limit) -> Iterator[Finding]:
    if any(concerns(terms, limit, term) for term in terms.terms):
        return

    def tell(voice: Voice) -> str:
        scope = limit_scope(limit, voice)
        return voice.pick(
            f"Taket {scope} gäller inget: inget villkor betalar för det som taket begränsar.",
            f"The limit {scope} applies to nothing: no term pays for what it limits.",
        )

    place = f"limits[{terms.limits.index(limit)}]"
    yield said("limit_of_nothing", place, terms, tell, {"limit": limit.name})


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
                place, tell = f"{where}[{index}]", partial(_no_share, leg.payer)
                yield said("leg_without_share", place, terms, tell, {"payer": leg.payer})


def _no_share(payer: str, voice: Voice) -> str:
    name = voice.party(payer)
    return voice.pick(f"{name} står som betalare men betalar 0 procent.", f"{name} is a payer but pays 0 per cent.")
