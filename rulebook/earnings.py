"""What each term earns in each measurement period, exactly, before any limit and any rounding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, Final

from rulebook.checks import by_cohort
from rulebook.claims import Accepted
from rulebook.facts import ClaimFact
from rulebook.money import exact_text
from rulebook.periods import Period, period_of, periods_between
from rulebook.prices import PER_CLAIM, PRICES, SCHEDULED
from rulebook.readings import Reading, Readings, Source
from rulebook.terms import Term, Terms
from rulebook.timeline import Timeline, Version
from rulebook.values import ValueMissingError, resolved

ZERO: Final = Fraction(0)
FIXED_FIRST: Final = -1
"""A fixed amount goes before the outcomes of the same day."""


@dataclass(slots=True)
class Portion:
    """The smallest part of a line that a limit can cut: what one claim earned, or the whole of a lump sum."""

    event_on: date
    rank: int
    ordinal: int
    id: str
    amount: Fraction
    claim: str | None = None
    person: str | None = None
    kept: int = 0
    lost: tuple[tuple[str, int], ...] = ()

    @property
    def order(self) -> tuple[date, int, int, str]:
        """Who comes first at a cap: event date, the metric's order in the terms, ordinal, id. The last one loses."""
        return self.event_on, self.rank, self.ordinal, self.id


@dataclass(slots=True)
class Earning:
    """One term in one measurement period under one version of the terms: a line before limits and rounding."""

    term: Term
    version: Version
    period: Period
    cohort: str | None
    working: dict[str, Any]
    portions: list[Portion] = field(default_factory=list)
    shut_by: str | None = None

    @property
    def term_rank(self) -> int:
        return self.version.terms.term_rank[self.term.id]


@dataclass(frozen=True, slots=True)
class _Occasion:
    """Where and when a term is worked out, and what it can look up there."""

    term: Term
    version: Version
    period: Period
    cohort: str | None
    readings: Readings

    @property
    def terms(self) -> Terms:
        return self.version.terms

    def value_of(self, metric: str) -> Fraction | None:
        return self.readings.read(self.terms.metric_by_id[metric], self.period, self.cohort).value

    def is_excluded(self, metric: str) -> bool:
        return self.terms.metric_by_id[metric].missing == "exclude"

    def earning(self, **working: Any) -> Earning:
        measure = self.term.measure.kind if self.term.measure else None
        kinds = {"measure": measure, "metric": self.term.metric, "price": self.term.price.kind}
        return Earning(self.term, self.version, self.period, self.cohort, {**kinds, "groups": [], **working})

    def portion(self, amount: Fraction) -> Portion:
        """The one portion of a term that is worked out as a whole, dated on the period's last day."""
        rank = self.terms.metric_rank.get(self.term.metric or "", FIXED_FIRST)
        return Portion(self.period.ends_on, rank, 0, self.term.id, amount)


def earn(timeline: Timeline, accepted: Sequence[Accepted], readings: Readings, as_of: date | None) -> list[Earning]:
    """Every line that the terms give rise to, in no particular order."""
    occasions = [
        *_claim_by_claim(accepted, readings),
        *_counted_together(timeline, readings),
        *_measured(timeline, readings),
        *_scheduled(timeline, readings, as_of),
    ]
    return [earning for earning in occasions if earning is not None]


# --- each claim by itself ---------------------------------------------------------------------------------------


def _claim_by_claim(accepted: Iterable[Accepted], readings: Readings) -> Iterator[Earning | None]:
    paying: dict[tuple[int, str], list[Term]] = {}
    lines: dict[tuple[int, str, str, str | None], tuple[_Occasion, list[ClaimFact]]] = {}
    for claim, cohort, version, period in accepted:
        at = (version.number, claim.metric)
        if at not in paying:
            paying[at] = [term for term in version.terms.terms if term.metric == at[1] and term.price.kind in PER_CLAIM]
        for term in paying[at]:
            key = (version.number, term.id, period.id, cohort)
            if key not in lines:
                lines[key] = (_Occasion(term, version, period, cohort, readings), [])
            lines[key][1].append(claim)
    for occasion, claims in lines.values():
        yield _worked_out(occasion, partial(_price_claims, occasion, claims), [claim.id for claim in claims])


def _price_claims(occasion: _Occasion, claims: Sequence[ClaimFact], params: Any) -> Earning:
    kind = PER_CLAIM[occasion.term.price.kind]
    rank = occasion.terms.metric_rank[occasion.term.metric or ""]
    earning = occasion.earning()
    priced: dict[tuple[int, int, Decimal], _SamePrice] = {}
    for claim in claims:
        price = kind.price_on(params, claim.event_on)
        key = (price.numerator, price.denominator, claim.units)
        if key not in priced:
            units = Fraction(claim.units)
            priced[key] = _SamePrice(price, units, price * units, claim.event_on)
        same = priced[key]
        same.times += 1
        earning.portions.append(
            Portion(claim.event_on, rank, claim.ordinal, claim.id, same.amount, claim.id, claim.person)
        )
    quantities: dict[Fraction, Fraction] = defaultdict(Fraction)
    for same in priced.values():
        quantities[same.price] += same.units * same.times
    days = {same.price: same.first_on for same in priced.values()}
    earning.working["groups"] = [
        _group(kind.pay(params, quantity, days[price])) for price, quantity in quantities.items()
    ]
    return earning


@dataclass(slots=True)
class _SamePrice:
    """Claims of the same price and the same number of units, worked out once."""

    price: Fraction
    units: Fraction
    amount: Fraction
    first_on: date
    times: int = 0


# --- claims counted together ------------------------------------------------------------------------------------


def _counted_together(timeline: Timeline, readings: Readings) -> Iterator[Earning | None]:
    """Lump sums, steps and lines on a count: under the terms in force on the period's last day.

    Counted over the contract, a period earns what the count so far is worth less what it was worth the period before.
    """
    for metric in _metrics_counted_together(timeline):
        by_cohort_and_period = readings.tally(metric)
        for cohort in sorted({cohort for cohort, _ in by_cohort_and_period}, key=lambda cohort: cohort or ""):
            counts = {
                timeline.period_named(name): units for (of, name), units in by_cohort_and_period.items() if of == cohort
            }
            so_far = ZERO
            for period in sorted(filter(None, counts), key=lambda period: (period.ends_on, period.id)):
                before, so_far = so_far, so_far + counts[period]
                version = timeline.on(period.ends_on) or timeline.latest
                for term in _together(version, metric, cohort):
                    occasion = _Occasion(term, version, period, cohort, readings)
                    yield _worked_out(occasion, partial(_price_count, occasion, counts[period], so_far, before))


def _metrics_counted_together(timeline: Timeline) -> list[str]:
    terms = (term for version in timeline.versions for term in version.terms.terms)
    counted = (term for term in terms if term.measure and term.measure.kind == "count")
    return sorted({term.metric for term in counted if term.metric and term.price.kind not in PER_CLAIM})


def _price_count(occasion: _Occasion, here: Fraction, so_far: Fraction, before: Fraction, params: Any) -> Earning:
    measure = occasion.term.measure
    if measure is not None and measure.params.over == "contract":
        return _price_whole(occasion, so_far, before, params)
    return _price_whole(occasion, here, None, params)


def _together(version: Version, metric: str, cohort: str | None) -> list[Term]:
    """The terms that price a count of the metric as a whole, for one cohort or for all of them."""
    return [
        term
        for term in version.terms.terms
        if term.metric == metric
        and term.measure is not None
        and term.measure.kind == "count"
        and term.price.kind not in PER_CLAIM
        and by_cohort(version.terms, term) == (cohort is not None)
    ]


def _price_whole(
    occasion: _Occasion, quantity: Fraction, before: Fraction | None, params: Any, **working: Any
) -> Earning:
    kind, day = PRICES[occasion.term.price.kind], occasion.period.ends_on
    priced = kind.pay(params, quantity, day)
    earned_before = kind.pay(params, before, day).amount if before else ZERO
    earning = occasion.earning(**working)
    earning.working["groups"].append(_group(priced))
    if earned_before:
        earning.working["before"] = exact_text(earned_before)
    earning.portions.append(occasion.portion(priced.amount - earned_before))
    return earning


# --- measured values --------------------------------------------------------------------------------------------


def _measured(timeline: Timeline, readings: Readings) -> Iterator[Earning | None]:
    """A term on a measured value is worked out for the periods in which something was reported."""
    for metric_id, cohort, period_id in sorted(readings.facts, key=lambda key: (key[0], key[1] or "", key[2])):
        period = timeline.period_named(period_id)
        version = timeline.on(period.ends_on) if period else None
        if period is None or version is None or metric_id not in version.terms.metric_by_id:
            continue
        metric = version.terms.metric_by_id[metric_id]
        reading = readings.read(metric, period, cohort)
        for term in version.terms.terms:
            if term.metric == metric_id and term.measure is not None and term.measure.kind == "value":
                occasion = _Occasion(term, version, period, cohort, readings)
                yield _worked_out(occasion, partial(_price_reading, occasion, reading))


def _price_reading(occasion: _Occasion, reading: Reading, params: Any) -> Earning:
    if reading.value is None:
        raise ValueMissingError(occasion.term.metric)
    return _price_whole(occasion, reading.value, None, params, reading=_reading_trace(reading))


def _reading_trace(reading: Reading) -> dict[str, str]:
    trace: dict[str, str] = {"source": reading.source}
    fact = reading.fact
    if fact is not None:
        parts = {
            "numerator": fact.numerator,
            "denominator": fact.denominator,
            "due": fact.due,
            "measured": fact.measured,
        }
        trace |= {name: exact_text(part) for name, part in parts.items() if part is not None}
        trace |= {"observed": exact_text(fact.observed)} if fact.observed is not None else {}
        trace |= {"period": fact.period} if reading.source == "last_known" else {}
    return trace


# --- amounts due by the calendar --------------------------------------------------------------------------------


def _scheduled(timeline: Timeline, readings: Readings, as_of: date | None) -> Iterator[Earning | None]:
    for version in timeline.versions:
        terms = version.terms
        for term in (term for term in terms.terms if term.price.kind in SCHEDULED):
            days = SCHEDULED[term.price.kind].due_days(term.price.params, _life_periods(terms))
            times: dict[Period, int] = defaultdict(int)
            for day in days:
                period = period_of(day, terms.periods)
                if period is not None and timeline.on(day) is version and (as_of is None or day <= as_of):
                    times[period] += 1
            for period, count in times.items():
                occasion = _Occasion(term, version, period, None, readings)
                yield _worked_out(occasion, partial(_price_whole, occasion, Fraction(count), None))


def _life_periods(terms: Terms) -> list[Period]:
    if isinstance(terms.periods, tuple):
        return sorted(terms.periods, key=lambda period: period.starts_on)
    return periods_between(terms.life.starts_on, terms.life.ends_on, terms.periods) if terms.life else []


# --- conditions and missing values ------------------------------------------------------------------------------


def _worked_out(occasion: _Occasion, price: Callable[[Any], Earning], claims: Sequence[str] = ()) -> Earning | None:
    """The earning, nothing at all when a missing value is to be left out, or zero when the worst is assumed."""
    try:
        earning = price(resolved(occasion.term.price.params, occasion.value_of))
    except ValueMissingError as missing:
        if occasion.is_excluded(missing.args[0]):
            return None
        earning = occasion.earning(missing=missing.args[0])
        earning.portions.append(occasion.portion(ZERO))
        earning.shut_by = "missing"
    else:
        _pass_gates(earning, occasion)
    if claims:
        earning.working["claims"] = list(claims)
    return earning


def _pass_gates(earning: Earning, occasion: _Occasion) -> None:
    gates = [_gate(occasion, index) for index in range(len(occasion.term.gates))]
    if gates:
        earning.working["gates"] = [trace for trace, _ in gates]
    if not all(holds for _, holds in gates):
        earning.shut_by = "gate"
        for portion in earning.portions:
            portion.amount = ZERO


def _gate(occasion: _Occasion, index: int) -> tuple[dict[str, Any], bool]:
    gate = occasion.term.gates[index]
    metric = occasion.terms.metric_by_id[gate.metric]
    reading = occasion.readings.read(metric, occasion.period, occasion.cohort)
    source: Source = reading.source
    holds = gate.holds(reading.value) if reading.value is not None else metric.missing == "exclude"
    bounds = {name: exact_text(bound) for name, bound in gate.bounds.items()}
    value = None if reading.value is None else exact_text(reading.value)
    return {"metric": gate.metric, "value": value, "source": source, "bounds": bounds, "holds": holds}, holds


def _group(priced: Any) -> dict[str, str]:
    return {**priced.figures, "earned": exact_text(priced.amount)}
