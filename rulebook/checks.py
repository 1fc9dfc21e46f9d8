"""Whether terms that are well-formed also hang together: every problem, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from rulebook.adjustments import ADJUSTMENTS
from rulebook.measures import MEASURES
from rulebook.money import exact_text
from rulebook.prices import PER_CLAIM, PRICES, SCHEDULED
from rulebook.problems import Problem, inside
from rulebook.shapes import ByName, DayOrName, Kinds, Name, Place, Record, Rule, entries, nearest, places
from rulebook.values import ShareOf

if TYPE_CHECKING:
    from rulebook.terms import Condition, Leg, Limit, Metric, Term, Terms


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
        *_references(terms),
        *_chains_end(terms),
        *_paid_ends(terms),
        *(problem for index, term in enumerate(terms.terms) for problem in _term(terms, term, f"terms[{index}]")),
        *_limits(terms),
        *_legs(terms.legs, "legs"),
    ]


def by_cohort(terms: Terms, term: Term) -> bool:
    """Whether the term is worked out for each cohort by itself, so that a cohort's metric can bear on it."""
    if term.measure is None:
        return False
    if is_per_claim(term):
        return True
    return any(_looks_at_cohorts(terms, rule) for rule in term.quantity)


def is_per_claim(term: Term) -> bool:
    """Whether each claim earns its price by itself, on its own day."""
    is_price_of_claims = term.measure is not None and term.measure.kind == "count" and term.price.kind in PER_CLAIM
    return is_price_of_claims and not term.on


OBSERVED: Final = frozenset({"count", "value", "effect"})
"""Measures that look at facts, which decide the periods in which a term is worked out."""


def observed_kinds(term: Term) -> bool:
    """Whether the term's measure looks at facts at all."""
    return any(rule.kind in OBSERVED for rule in term.quantity)


def _looks_at_cohorts(terms: Terms, rule: Rule) -> bool:
    per = getattr(rule.params, "per", None)
    if per == "cohort":
        return True
    metric = terms.metric_by_id.get(getattr(rule.params, "metric", None) or "")
    return metric is not None and metric.level == "cohort" and per in (None, "own")


def _ids_are_unique(terms: Terms) -> Iterator[Problem]:
    periods = terms.period_terms if isinstance(terms.period_terms, tuple) else ()
    for name, ids in {
        "metrics": [metric.id for metric in terms.metrics],
        "terms": [term.id for term in terms.terms],
        "cohorts": [cohort.id for cohort in terms.cohorts],
        "periods": [period.id for period in periods],
        "groups": [group.id for group in terms.groups],
        "calendars": [calendar.id for calendar in terms.calendars],
        "events": [event.id for event in terms.events],
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
            "unless": metric.unless,
            "groups": metric.groups,
            "duration": metric.duration,
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
        if span is not None and span.months == 0 and span.days == 0 and getattr(span, "not_before", None) is None:
            sv, en = "Tiden är noll. Ange months eller days.", "The time is zero. Give months or days."
            yield Problem(inside(where, key), "no_time", sv, en)
    if metric.window is not None and metric.window.start == "contract" and terms.life is None:
        sv = "Tiden räknas från avtalets början, men avtalstiden saknas. Ange life med from och to."
        en = "The time is counted from the start of the contract, but it has no life. Give life with from and to."
        yield Problem(inside(where, "window.from"), "no_life", sv, en)
    for key in ("after", "unless"):
        yield from _level(terms, getattr(metric, key), inside(where, key), ("person",))
    yield from _window(terms, metric, inside(where, "window"))
    yield from _values(metric, where)


def _window(terms: Terms, metric: Metric, where: str) -> Iterator[Problem]:
    window = metric.window
    if window is None:
        return
    if window.start not in ("enrolment", "contract"):
        yield from _level(terms, window.start, inside(where, "from"), ("person",))
    yield from _level(terms, window.restart, inside(where, "restart"), ("person",))
    least = window.not_before
    if least is not None and (window.months or window.days):
        first, last = (least.months * 30 + least.days, window.months * 31 + window.days)
        if first > last:
            sv = "Händelsen får inte räknas förrän tiden redan är ute. Korta not_before eller förläng tiden."
            en = "The event may not count until its time is already over. Shorten not_before or extend the time."
            yield Problem(inside(where, "not_before"), "window", sv, en)


def _values(metric: Metric, where: str) -> Iterator[Problem]:
    if metric.level == "person" and (metric.lowest is not None or metric.highest is not None or metric.min_measured):
        sv = "lowest, highest och min_measured gäller uppmätta värden, men måttet räknas per person. Ta bort dem."
        en = "lowest, highest and min_measured are for measured values, but the metric is per person. Remove them."
        yield Problem(where, "measured_only", sv, en)
    if metric.lowest is not None and metric.highest is not None and metric.lowest >= metric.highest:
        low, high = exact_text(metric.lowest), exact_text(metric.highest)
        sv = f"Lägsta värdet {low} är inte lägre än högsta {high}. Rätta ett av dem."
        en = f"The lowest value {low} is not below the highest {high}. Correct one."
        yield Problem(inside(where, "lowest"), "value_range", sv, en)
    if metric.verification.kind == "sample" and metric.verification.share is None:
        sv, en = "Urvalets storlek saknas. Ange share.", "The size of the sample is missing. Give share."
        yield Problem(inside(where, "verification.share"), "missing", sv, en)


def _chains_end(terms: Terms) -> Iterator[Problem]:
    """A metric may not look back at itself, not even by way of others: then nothing says which is judged first."""
    for index, metric in enumerate(terms.metrics):
        for key, earlier in metric.looks_back_at.items():
            chain = _way_back(terms, earlier, metric.id)
            if chain:
                shown = " → ".join([metric.id, *chain])
                sv = f"Kedjan går i ring: {shown}. Ta bort ett led."
                en = f"The chain goes in a circle: {shown}. Remove one link."
                yield Problem(inside(inside("metrics", index), key), "circle", sv, en)


def _way_back(terms: Terms, start: str, goal: str) -> list[str]:
    """The metrics from one to another by what they look back at; empty when there is no way."""
    ways = [[start]]
    seen = {start}
    for way in ways:
        if way[-1] == goal:
            return way
        metric = terms.metric_by_id.get(way[-1])
        for earlier in metric.looks_back_at.values() if metric else ():
            if earlier not in seen:
                seen.add(earlier)
                ways.append([*way, earlier])
    return []


LISTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "metrics": ("Måttet", "Måtten är", "metric", "The metrics are"),
    "terms": ("Villkoret", "Villkoren är", "term", "The terms are"),
    "cohorts": ("Kohorten", "Kohorterna är", "cohort", "The cohorts are"),
    "groups": ("Gruppen", "Grupperna är", "group", "The groups are"),
    "calendars": ("Kalendern", "Kalendrarna är", "calendar", "The calendars are"),
    "events": ("Händelsen", "Händelserna är", "event", "The events are"),
}


def document_type(terms: Terms) -> Any:
    """The dataclass that describes a document of terms."""
    return type(terms)


def _references(terms: Terms) -> Iterator[Problem]:
    """Every id that refers to an item of a list must be there."""
    known = {name: [item.id for item in getattr(terms, name)] for name in LISTS}
    for name in LISTS:
        _, shape, _ = entries(document_type(terms))[name]
        for place in places(shape, getattr(terms, name), name):
            yield from _reference(place, known)
    _, shape, _ = entries(document_type(terms))["limits"]
    for place in places(shape, terms.limits, "limits"):
        yield from _reference(place, known)


def _reference(place: Place, known: dict[str, list[str]]) -> Iterator[Problem]:
    shape = place.shape
    if isinstance(shape, ByName):
        for used, _ in place.value:
            yield from _is_known(used, shape.of, known, inside(place.where, used))
    elif isinstance(shape, Name | DayOrName) and shape.of and isinstance(place.value, str):
        has_own_meaning = isinstance(shape, Name) and place.value in shape.words
        yield from () if has_own_meaning else _is_known(place.value, shape.of, known, place.where)


def _is_known(used: str, of: str, known: dict[str, list[str]], where: str) -> Iterator[Problem]:
    if used in known[of]:
        return
    one_sv, many_sv, one_en, many_en = LISTS[of]
    near, names = nearest(used, tuple(known[of])), ", ".join(known[of]) or "–"
    sv = f"{one_sv} {used} finns inte. " + (f"Menade du {near}?" if near else f"{many_sv}: {names}.")
    en = f"There is no {one_en} {used}. " + (f"Did you mean {near}?" if near else f"{many_en}: {names}.")
    yield Problem(where, f"unknown_{one_en}", sv, en)


ANY_LEVEL: Final = ("person", "cohort", "contract")


def _level(terms: Terms, metric: str | None, where: str, levels: Sequence[str] = ANY_LEVEL) -> Iterator[Problem]:
    """The metric must be measured at one of the levels; an unknown metric has been reported elsewhere."""
    found = terms.metric_by_id.get(metric or "")
    if found is None or found.level in levels:
        return
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
    shared = ANY_LEVEL if by_cohort(terms, term) else ("person", "contract")
    for place in places(Record(type(term)), term, where):
        if isinstance(place.value, Rule) and isinstance(place.shape, Kinds):
            yield from _rule(terms, place.value, place.where, shared)
        elif isinstance(place.value, ShareOf) and isinstance(place.value.of, str):
            yield from _level(terms, place.value.of, inside(place.where, "of"), shared)
        elif isinstance(place.shape, Record) and hasattr(place.value, "bounds"):
            yield from _condition(terms, place.value, place.where, shared)
    yield from _price_and_measure(terms, term, where)
    if term.holdback is not None:
        yield from _holdback(terms, term, inside(where, "holdback"))
    if term.legs:
        yield from _legs(term.legs, inside(where, "legs"))


def _rule(terms: Terms, rule: Rule, where: str, shared: Sequence[str]) -> Iterator[Problem]:
    """A measure, price or adjustment anywhere in a term."""
    if rule.kind not in MEASURES:
        register: Mapping[str, Any] = ADJUSTMENTS if rule.kind in ADJUSTMENTS else PRICES
        yield from register[rule.kind].check(rule.params, where)
        return
    module, params = MEASURES[rule.kind], rule.params
    yield from module.check(params, where)
    metric = terms.metric_by_id.get(getattr(params, "metric", None) or "")
    if metric is None:
        return
    levels = module.LEVELS  # type: ignore[attr-defined]
    reached = levels if getattr(params, "per", "own") == "contract" else [level for level in levels if level in shared]
    place = inside(where, "metric")
    yield from _level(terms, metric.id, place, reached or levels)
    if metric.role == "follow_up":
        sv = (
            f"Måttet {metric.id} ska bara följas upp men ger ersättning här. "
            "Ändra dess role till payment eller ta bort villkoret."
        )
        en = (
            f"The metric {metric.id} is for follow-up only but is paid for here. "
            "Change its role to payment or remove the term."
        )
        yield Problem(place, "role", sv, en)


def _condition(terms: Terms, condition: Condition, where: str, shared: Sequence[str]) -> Iterator[Problem]:
    subjects = [condition.metric, condition.measure, condition.event, getattr(condition, "any", None)]
    if sum(bool(subject) for subject in subjects) != 1:
        sv = "Villkoret behöver exakt en sak att pröva. Ange metric, measure, event eller any."
        en = "The condition needs exactly one thing to test. Give metric, measure, event or any."
        yield Problem(where, "gate_subject", sv, en)
    yield from _level(terms, condition.metric, inside(where, "metric"), shared)
    if (condition.metric or condition.measure) and not condition.bounds:
        sv, en = (
            "Villkoret säger inte när det är uppfyllt. Ange at_least, at_most, above eller below.",
            "The condition does not say when it holds. Give at_least, at_most, above or below.",
        )
        yield Problem(where, "gate_bound", sv, en)
    if condition.event and (condition.happened is None or condition.bounds):
        sv = "Villkoret gäller en händelse. Ange happened (true eller false) och inga gränser."
        en = "The condition is about an event. Give happened (true or false) and no bounds."
        yield Problem(where, "gate_event", sv, en)


def _holdback(terms: Terms, term: Term, where: str) -> Iterator[Problem]:
    holdback = term.holdback
    assert holdback is not None  # noqa: S101 – the caller has looked
    if (holdback.on is None) == (holdback.metric is None):
        sv = "Det framgår inte hur länge delen hålls inne. Ange antingen on (dag eller händelse) eller metric."
        en = "It is not clear how long the part is held back. Give either on (a day or an event) or metric."
        yield Problem(where, "holdback_until", sv, en)
    yield from _level(terms, holdback.metric, inside(where, "metric"), ("person",))
    if holdback.metric is not None and not is_per_claim(term):
        sv = "Bara ett pris per anspråk kan hållas inne för varje person. Ange on i stället för metric."
        en = "Only a price per claim can be held back person by person. Give on instead of metric."
        yield Problem(inside(where, "metric"), "holdback_claims", sv, en)


def _price_and_measure(terms: Terms, term: Term, where: str) -> Iterator[Problem]:
    kind = term.price.kind
    if kind in SCHEDULED and term.measure is not None:
        sv, en = (
            f"Priset {kind} beror inte på något mått. Ta bort measure.",
            f"The price {kind} depends on no metric. Remove measure.",
        )
        yield Problem(inside(where, "measure"), "needless_measure", sv, en)
    elif kind in SCHEDULED:
        if term.price.params.every and isinstance(terms.period_terms, str) and terms.life is None:
            sv = "Beloppet betalas varje mätperiod, men avtalstiden saknas. Ange life med from och to."
            en = (
                "The amount is paid every measurement period, but the contract has no life. Give life with from and to."
            )
            yield Problem(inside(where, "price.every"), "no_life", sv, en)
    elif term.measure is None:
        sv, en = (
            f"Priset {kind} behöver något att räkna på. Lägg till measure.",
            f"The price {kind} needs something to price. Add measure.",
        )
        yield Problem(inside(where, "measure"), "no_measure", sv, en)
    else:
        yield from _own_occasions(terms, term, where)
    yield from _per_claim_only(terms, term, where)


def _own_occasions(terms: Terms, term: Term, where: str) -> Iterator[Problem]:
    """A term that looks at nothing that is counted or measured is worked out by the calendar."""
    if not observed_kinds(term) and not term.on and isinstance(terms.period_terms, str) and terms.life is None:
        sv = "Villkoret räknas ut varje mätperiod, men avtalstiden saknas. Ange life med from och to, eller on."
        en = "The term is worked out every period, but the contract has no life. Give life with from and to, or on."
        yield Problem(where, "no_life", sv, en)
    if has_life_measure(term) and terms.life is None:
        sv = "Måttet elapsed räknas från avtalets första dag, men avtalstiden saknas. Ange life med from och to."
        en = "The measure elapsed is counted from the contract's first day, but there is no life. Give life."
        yield Problem(where, "no_life", sv, en)


def has_life_measure(term: Term) -> bool:
    return any(rule.kind == "elapsed" for rule in term.measures)


def _per_claim_only(terms: Terms, term: Term, where: str) -> Iterator[Problem]:
    if term.groups and any(rule.kind != "count" and hasattr(rule.params, "metric") for rule in term.quantity):
        sv = "Ett uppmätt värde hör till en kohort eller avtalet, inte till grupper. Ta bort groups."
        en = "A measured value belongs to a cohort or the contract, not to groups. Remove groups."
        yield Problem(inside(where, "groups"), "groups", sv, en)
    metric = terms.metric_by_id.get(term.metric or "")
    is_timed = metric is not None and metric.duration is not None
    if getattr(term.price.params, "whole", None) is not None and (not is_per_claim(term) or is_timed):
        sv = "whole gäller bara ett pris per anspråk (measure count), och inte tider (duration). Ta bort whole."
        en = "whole is for a price per claim only (measure count), and not for time (duration). Remove whole."
        yield Problem(inside(where, "price.whole"), "whole", sv, en)
    for key, rule in (("price", term.price), *((f"adjust[{place}]", rule) for place, rule in enumerate(term.adjust))):
        if getattr(rule.params, "cohorts", ()) and not by_cohort(terms, term):
            sv = "Villkoret räknas för alla kohorter tillsammans. Ta bort cohorts, eller räkna per cohort."
            en = "The term is worked out for all cohorts together. Remove cohorts, or count per cohort."
            yield Problem(inside(where, f"{key}.cohorts"), "cohorts", sv, en)


def _paid_ends(terms: Terms) -> Iterator[Problem]:
    """A term may not build on what it pays itself, not even by way of others."""
    for index, term in enumerate(terms.terms):
        if term.id in builds_on(terms, term.id):
            sv = f"Villkoret {term.id} bygger på vad det själv betalar. Ange vilka andra villkor som paid ska räkna."
            en = f"The term {term.id} builds on what it pays itself. Say which other terms paid should count."
            yield Problem(inside("terms", index), "circle", sv, en)


def builds_on(terms: Terms, term_id: str) -> set[str]:
    """The terms whose payments the term looks at, also by way of others."""
    found: set[str] = set()
    waiting = [term_id]
    while waiting:
        term = terms.term_by_id.get(waiting.pop())
        named = paid_terms(terms, term) if term else set()
        waiting += named - found
        found |= named
    return found


def paid_terms(terms: Terms, term: Term) -> set[str]:
    """The terms whose payments the term itself looks at; without a list, all that look at nobody's."""
    if not any(rule.kind == "paid" for rule in term.measures):
        return set()
    simple = {other.id for other in terms.terms if not any(rule.kind == "paid" for rule in other.measures)}
    looked_at = [set(rule.params.terms) or simple for rule in term.measures if rule.kind == "paid"]
    return set().union(*looked_at)


def _limits(terms: Terms) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
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


NARROWED: Final = {"metric": "metric", "composition": "metric", "term": "term"}
"""Scopes that need to say which metric or term they are about."""
MAY_NARROW: Final = {
    "metric": {"metric"},
    "term": {"term"},
    "composition": {"metric"},
    "person": {"metric"},
    "cohort": {"cohort", "metric"},
    "period": {"metric", "term"},
    "payer": {"payer"},
    "contract": set(),
}


def _limit(terms: Terms, limit: Limit, where: str) -> Iterator[Problem]:
    if limit.scope not in terms.order and limit.scope != "payer":
        sv, en = (
            f"Ordningen order nämner inte {limit.scope}. Lägg till den.",
            f"The order does not mention {limit.scope}. Add it.",
        )
        yield Problem("order", "order", sv, en)
    needed = NARROWED.get(limit.scope)
    if needed and getattr(limit, needed) is None:
        sv, en = (
            f"Taket {limit.scope} säger inte vad det gäller. Lägg till {needed}.",
            f"The limit {limit.scope} does not say what it applies to. Add {needed}.",
        )
        yield Problem(inside(where, needed), "missing", sv, en)
    narrower = {name for name in ("metric", "term", "cohort", "payer") if getattr(limit, name) is not None}
    for name in sorted(narrower - MAY_NARROW[limit.scope]):
        sv = f"Ett tak med scope {limit.scope} kan inte gälla bara ett {name}. Ta bort {name} eller ändra scope."
        en = f"A limit with the scope {limit.scope} cannot be for one {name} alone. Remove {name} or change scope."
        yield Problem(inside(where, name), "limit_scope", sv, en)
    if limit.scope == "person":
        yield from _level(terms, limit.metric, inside(where, "metric"), ("person",))
    if limit.surplus == "banked" and limit.scope != "period":
        sv = "Bara det som inte ryms i en mätperiod kan vänta till nästa. Ta bort surplus eller ange scope period."
        en = "Only what does not fit in a period can wait for the next. Remove surplus or give the scope period."
        yield Problem(inside(where, "surplus"), "surplus", sv, en)
    if limit.scope == "payer" and limit.payer is not None and limit.payer not in {leg.payer for leg in all_legs(terms)}:
        sv, en = f"{limit.payer} betalar ingenting här.", f"{limit.payer} pays nothing here."
        yield Problem(inside(where, "payer"), "unknown_payer", f"{sv} Rätta payer.", f"{en} Correct payer.")
    yield from _limit_amount(terms, limit, where)


def all_legs(terms: Terms) -> Iterator[Leg]:
    yield from terms.legs
    for term in terms.terms:
        yield from term.legs


def _limit_amount(terms: Terms, limit: Limit, where: str) -> Iterator[Problem]:
    place = inside(where, "at_most")
    if isinstance(limit.at_most, ShareOf):
        if isinstance(limit.at_most.of, str):
            yield from _level(terms, limit.at_most.of, inside(place, "of"), ("person", "contract"))
        if limit.scope == "composition":
            sv, en = "Andelen ska vara ett tal mellan 0 och 1.", "The share must be a number from 0 to 1."
            yield Problem(place, "range", sv, en)
        if limit.scope == "payer":
            sv, en = "Ett tak per betalare ska vara ett belopp.", "A limit per payer must be an amount."
            yield Problem(place, "payer_amount", sv, en)
    elif limit.at_most < 0 or (limit.scope == "composition" and limit.at_most > 1):
        text = exact_text(limit.at_most)
        wanted_sv, wanted_en = (
            ("en andel från 0 till 1", "a share from 0 to 1")
            if limit.scope == "composition"
            else ("ett belopp från 0 och uppåt", "an amount of 0 or more")
        )
        sv, en = (
            f"Taket {text} går inte att använda. Ange {wanted_sv}.",
            f"The limit {text} cannot be used. Give {wanted_en}.",
        )
        yield Problem(place, "range", sv, en)


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
