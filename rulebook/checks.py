"""Whether terms that are well-formed also hang together: every problem, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from rulebook.measures import MEASURES
from rulebook.money import exact_text
from rulebook.prices import PER_CLAIM, PRICES, SCHEDULED
from rulebook.problems import Problem, inside
from rulebook.shapes import nearest
from rulebook.values import ShareOf, metrics_named_in

if TYPE_CHECKING:
    from rulebook.terms import Leg, Limit, Metric, Term, Terms


def check(terms: Terms) -> list[Problem]:
    """Every way in which the terms contradict themselves or refer to what is not there."""
    return [
        *_ids_are_unique(terms),
        *_times_are_in_order(terms),
        *(
            problem
            for index, metric in enumerate(terms.metrics)
            for problem in _metric(terms, metric, f"metrics[{index}]")
        ),
        *_chains_end(terms),
        *(problem for index, term in enumerate(terms.terms) for problem in _term(terms, term, f"terms[{index}]")),
        *_limits(terms),
        *_legs(terms.legs, "legs"),
    ]


def by_cohort(terms: Terms, term: Term) -> bool:
    """Whether the term is worked out for each cohort by itself, so that a cohort's metric can bear on it."""
    if term.measure is None:
        return False
    if term.measure.kind == "count":
        return term.price.kind in PER_CLAIM or term.measure.params.per == "cohort"
    metric = terms.metric_by_id.get(term.measure.params.metric)
    return metric is not None and metric.level == "cohort"


def _ids_are_unique(terms: Terms) -> Iterator[Problem]:
    periods = terms.period_terms if isinstance(terms.period_terms, tuple) else ()
    for name, ids in {
        "metrics": [metric.id for metric in terms.metrics],
        "terms": [term.id for term in terms.terms],
        "cohorts": [cohort.id for cohort in terms.cohorts],
        "periods": [period.id for period in periods],
        "limits": [limit.name for limit in terms.limits],
    }.items():
        seen: set[str] = set()
        for index, used in enumerate(ids):
            if used in seen:
                sv, en = (
                    f"{used} finns redan i listan. Ge den en egen beteckning.",
                    f"{used} is already in the list. Give it an id of its own.",
                )
                yield Problem(inside(name, index), "duplicate", sv, en)
            seen.add(used)


def _times_are_in_order(terms: Terms) -> Iterator[Problem]:
    own = terms.period_terms if isinstance(terms.period_terms, tuple) else ()
    spans = [
        *([("life", terms.life.starts_on, terms.life.ends_on)] if terms.life else []),
        *((f"cohorts[{index}].enrols", *cohort.enrols) for index, cohort in enumerate(terms.cohorts)),
        *((f"periods[{index}]", period.starts_on, period.ends_on) for index, period in enumerate(own)),
    ]
    for where, first, last in spans:
        if first > last:
            sv, en = (
                f"Sista dagen {last} kommer före första dagen {first}. Byt plats på dem.",
                f"The last day {last} is before the first {first}. Swap them.",
            )
            yield Problem(where, "backwards", sv, en)
    in_time = sorted(enumerate(own), key=lambda pair: pair[1].starts_on)
    for (_, before), (index, after) in pairwise(in_time):
        if after.starts_on <= before.ends_on:
            sv = f"Perioden {after.id} börjar innan {before.id} är slut. En dag får bara höra till en period."
            en = f"The period {after.id} begins before {before.id} has ended. A day may belong to one period only."
            yield Problem(f"periods[{index}]", "overlap", sv, en)
    if terms.period_terms == "contract" and terms.life is None:
        sv = "Mätperioden är hela avtalet, men avtalstiden saknas. Ange life med from och to."
        en = "The measurement period is the whole contract, but the contract has no life. Give life with from and to."
        yield Problem("periods", "no_life", sv, en)


def _metric(terms: Terms, metric: Metric, where: str) -> Iterator[Problem]:
    if metric.level != "person":
        personal = {
            "once": metric.once,
            "at_most": metric.at_most,
            "min_gap_days": metric.min_gap_days,
            "window": metric.window,
            "after": metric.after,
            "deadline": metric.deadline,
        }
        for key in (key for key, value in personal.items() if value):
            sv = f"{key} gäller bara mått per person, men {metric.id} mäts på nivån {metric.level}. Ta bort {key}."
            en = (
                f"{key} is for person-level metrics only, but {metric.id} is measured per {metric.level}. Remove {key}."
            )
            yield Problem(inside(where, key), "person_only", sv, en)
    if metric.level == "cohort" and not terms.cohorts:
        sv, en = (
            "Måttet mäts per kohort, men avtalet har inga kohorter. Lägg till cohorts.",
            "The metric is measured per cohort, but there are no cohorts. Add cohorts.",
        )
        yield Problem(inside(where, "level"), "no_cohorts", sv, en)
    if metric.once and metric.at_most not in (None, 1):
        sv = (
            f"Måttet räknas en gång per person men också upp till {metric.at_most} gånger. "
            "Behåll antingen once eller at_most."
        )
        en = f"The metric counts once per person but also up to {metric.at_most} times. Keep either once or at_most."
        yield Problem(inside(where, "at_most"), "once_and_at_most", sv, en)
    for key, span in {"window": metric.window, "deadline": metric.deadline}.items():
        if span is not None and span.months == 0 and span.days == 0:
            sv, en = "Tiden är noll. Ange months eller days.", "The time is zero. Give months or days."
            yield Problem(inside(where, key), "no_time", sv, en)
    if metric.window is not None and metric.window.start == "contract" and terms.life is None:
        sv = "Tiden räknas från avtalets början, men avtalstiden saknas. Ange life med from och to."
        en = "The time is counted from the start of the contract, but it has no life. Give life with from and to."
        yield Problem(inside(where, "window.from"), "no_life", sv, en)
    if metric.after is not None:
        yield from _known(terms, metric.after, inside(where, "after"), levels=("person",))


def _chains_end(terms: Terms) -> Iterator[Problem]:
    for index, metric in enumerate(terms.metrics):
        seen = [metric.id]
        step = metric.after
        while step is not None and step in terms.metric_by_id and step not in seen:
            seen.append(step)
            step = terms.metric_by_id[step].after
        if step == metric.id:
            chain = " → ".join([*seen, step])
            sv, en = (
                f"Kedjan går i ring: {chain}. Ta bort ett led.",
                f"The chain goes in a circle: {chain}. Remove one link.",
            )
            yield Problem(f"metrics[{index}].after", "circle", sv, en)


def _known(
    terms: Terms, metric: str, where: str, levels: tuple[str, ...] = ("person", "cohort", "contract")
) -> Iterator[Problem]:
    found = terms.metric_by_id.get(metric)
    if found is None:
        near = nearest(metric, terms.metric_by_id)
        known = ", ".join(terms.metric_by_id)
        sv = f"Måttet {metric} finns inte. " + (f"Menade du {near}?" if near else f"Måtten är: {known}.")
        en = f"There is no metric {metric}. " + (f"Did you mean {near}?" if near else f"The metrics are: {known}.")
        yield Problem(where, "unknown_metric", sv, en)
    elif found.level not in levels:
        wanted = " / ".join(levels)
        sv = (
            f"Måttet {metric} mäts på nivån {found.level}, men här behövs {wanted}. "
            "Välj ett annat mått eller ändra dess nivå."
        )
        en = (
            f"The metric {metric} is measured per {found.level}, but {wanted} is needed here. "
            "Choose another metric or change its level."
        )
        yield Problem(where, "level", sv, en)


def _term(terms: Terms, term: Term, where: str) -> Iterator[Problem]:
    yield from PRICES[term.price.kind].check(term.price.params, inside(where, "price"))
    yield from _term_measure(terms, term, where)
    shared = ("person", "cohort", "contract") if by_cohort(terms, term) else ("person", "contract")
    for metric in metrics_named_in(term.price.params):
        yield from _known(terms, metric, inside(where, "price"), shared)
    for index, gate in enumerate(term.gates):
        place = inside(where, "gate") + (f"[{index}]" if len(term.gates) > 1 else "")
        yield from _known(terms, gate.metric, inside(place, "metric"), shared)
        if not gate.bounds:
            sv, en = (
                "Villkoret säger inte när det är uppfyllt. Ange at_least, at_most, above eller below.",
                "The condition does not say when it holds. Give at_least, at_most, above or below.",
            )
            yield Problem(place, "gate_bound", sv, en)
    if term.legs:
        yield from _legs(term.legs, inside(where, "legs"))


def _term_measure(terms: Terms, term: Term, where: str) -> Iterator[Problem]:
    kind = term.price.kind
    if term.measure is None:
        if kind not in SCHEDULED:
            sv, en = (
                f"Priset {kind} behöver något att räkna på. Lägg till measure.",
                f"The price {kind} needs something to price. Add measure.",
            )
            yield Problem(inside(where, "measure"), "no_measure", sv, en)
        elif term.price.params.every and isinstance(terms.period_terms, str) and terms.life is None:
            sv = "Beloppet betalas varje mätperiod, men avtalstiden saknas. Ange life med from och to."
            en = (
                "The amount is paid every measurement period, but the contract has no life. Give life with from and to."
            )
            yield Problem(inside(where, "price.every"), "no_life", sv, en)
        return
    if kind in SCHEDULED:
        sv, en = (
            f"Priset {kind} beror inte på något mått. Ta bort measure.",
            f"The price {kind} depends on no metric. Remove measure.",
        )
        yield Problem(inside(where, "measure"), "needless_measure", sv, en)
    module, params = MEASURES[term.measure.kind], term.measure.params
    yield from module.check(params, inside(where, "measure"))
    yield from _known(terms, params.metric, inside(where, "measure.metric"), module.LEVELS)
    metric = terms.metric_by_id.get(params.metric)
    if metric is not None and metric.role == "follow_up":
        sv = (
            f"Måttet {metric.id} ska bara följas upp men ger ersättning här. "
            "Ändra dess role till payment eller ta bort villkoret."
        )
        en = (
            f"The metric {metric.id} is for follow-up only but is paid for here. "
            "Change its role to payment or remove the term."
        )
        yield Problem(inside(where, "measure.metric"), "role", sv, en)


def _limits(terms: Terms) -> Iterator[Problem]:
    seen: set[tuple[str, str | None]] = set()
    for index, limit in enumerate(terms.limits):
        yield from _limit(terms, limit, inside("limits", index))
        if limit.key in seen:
            sv = "Det finns redan ett tak av samma slag. Behåll ett av dem."
            en = "There is already a limit of the same sort. Keep one of them."
            yield Problem(inside("limits", index), "duplicate_limit", sv, en)
        seen.add(limit.key)
    for index, scope in enumerate(terms.order):
        if scope in terms.order[:index]:
            sv, en = (
                f"{scope} står två gånger i ordningen. Ta bort den ena.",
                f"{scope} stands twice in the order. Remove one.",
            )
            yield Problem(inside("order", index), "duplicate", sv, en)


def _limit(terms: Terms, limit: Limit, where: str) -> Iterator[Problem]:
    if limit.scope not in terms.order:
        sv, en = (
            f"Ordningen order nämner inte {limit.scope}. Lägg till den.",
            f"The order does not mention {limit.scope}. Add it.",
        )
        yield Problem("order", "order", sv, en)
    if limit.scope == "metric" and limit.metric is None:
        sv, en = (
            "Taket gäller per mått men säger inte vilket. Lägg till metric.",
            "The limit is per metric but does not say which. Add metric.",
        )
        yield Problem(inside(where, "metric"), "missing", sv, en)
    if limit.scope == "contract" and limit.metric is not None:
        sv, en = (
            "Ett tak för ett mått över hela avtalet har scope metric. Ändra scope eller ta bort metric.",
            "A limit on one metric over the whole contract has the scope metric. Change scope or remove metric.",
        )
        yield Problem(inside(where, "metric"), "limit_scope", sv, en)
    elif limit.metric is not None:
        yield from _known(
            terms,
            limit.metric,
            inside(where, "metric"),
            ("person",) if limit.scope == "person" else ("person", "cohort", "contract"),
        )
    if isinstance(limit.at_most, ShareOf):
        yield from _known(terms, limit.at_most.of, inside(where, "at_most.of"), ("person", "contract"))
    elif limit.at_most < 0:
        text = exact_text(limit.at_most)
        sv, en = (
            f"Taket {text} är mindre än noll. Ange ett belopp från 0 och uppåt.",
            f"The limit {text} is below zero. Give an amount of 0 or more.",
        )
        yield Problem(inside(where, "at_most"), "range", sv, en)


def _legs(legs: Iterable[Leg], where: str) -> Iterator[Problem]:
    legs = tuple(legs)
    together = sum(leg.share for leg in legs)
    if together != 1:
        text = exact_text(together)
        sv, en = (
            f"Andelarna blir tillsammans {text}. De ska bli 1.",
            f"The shares add up to {text}. They must add up to 1.",
        )
        yield Problem(where, "shares", sv, en)
    pairs = [(leg.payer, leg.payee) for leg in legs]
    for index, pair in enumerate(pairs):
        if pair in pairs[:index]:
            sv, en = (
                f"{pair[0]} betalar redan samma mottagare. Slå ihop andelarna.",
                f"{pair[0]} already pays the same payee. Merge the shares.",
            )
            yield Problem(inside(where, index), "duplicate", sv, en)
