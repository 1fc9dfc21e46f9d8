"""What each term earns in each measurement period, exactly, before any limit and any rounding."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any, Final

import numpy as np

from rulebook.checks import OBSERVED, by_cohort, is_per_claim, observed_kinds
from rulebook.claims import Judged, Pieces
from rulebook.columns import Column, firsts, in_order
from rulebook.money import exact_text
from rulebook.periods import Period, period_of, periods_between
from rulebook.prices import PER_CLAIM, PRICES, SCHEDULED
from rulebook.readings import Reading, Readings
from rulebook.registers import ADJUSTMENTS
from rulebook.scene import ZERO, ExactScene, Granted, measure_trace
from rulebook.shapes import Rule
from rulebook.table import day_number
from rulebook.terms import Term, Terms
from rulebook.timeline import Timeline, Version
from rulebook.values import ValueMissingError

FIXED_FIRST: Final = -1
"""A fixed amount goes before the outcomes of the same day."""
NOBODY: Final = -1
"""Stands for the row and the person of an amount that belongs to no claim."""


@dataclass(frozen=True, slots=True)
class Portions:
    """The smallest parts of lines that a limit can cut: what one claim earned, or the whole of a lump sum.

    Columns of one length: `line` numbers the earning, `day`, `rank`, `ordinal` and `row` say who comes first at a cap
    (the last one loses), `person` and `row` are NOBODY for a lump sum, `units` are those of the claim, and `amount` is
    a number into `amounts`.
    """

    amounts: list[Fraction]
    line: Column
    day: Column
    rank: Column
    ordinal: Column
    row: Column
    person: Column
    units: Column
    amount: Column


@dataclass(slots=True)
class Earning:
    """One term in one measurement period under one version of the terms: a line before limits and rounding."""

    term: Term
    version: Version
    period: Period
    cohort: str | None
    working: dict[str, Any]
    claims: Column | None = None
    """The rows of the claims that the line is made of."""
    shut_by: str | None = None
    lump: Fraction | None = None
    """What the term earns as a whole."""
    portions: Portions | None = None
    """What its claims earn one by one."""

    @property
    def order(self) -> tuple[date, str, int, str, date]:
        """The order of lines in an entitlement."""
        effective = self.version.effective_on or date.min
        rank = self.version.terms.term_rank[self.term.id]
        return self.period.ends_on, self.period.id, rank, self.cohort or "", effective


@dataclass(frozen=True, slots=True)
class Docket:
    """All that terms are worked out from: their versions, what was observed, and what other terms already pay."""

    timeline: Timeline
    readings: Readings
    as_of: date | None
    granted: Sequence[Granted] = ()

    def scene(self, term: Term, version: Version, period: Period, cohort: str | None) -> ExactScene:
        """Where and when a term is worked out."""
        return ExactScene(term, version, period, cohort, self.readings, self.granted)

    def has_come(self, day: date) -> bool:
        """Whether the day is not after the day of the calculation."""
        return self.as_of is None or day <= self.as_of

    def is_running(self, day: date) -> bool:
        """Whether nothing had ended the contract before the day."""
        return self.readings.stop is None or day <= self.readings.stop

    def is_alive(self, period: Period, terms: Terms) -> bool:
        """Whether some day of the period belongs to the contract's life, as it was agreed and as it went."""
        life = terms.life
        is_within = life is None or (period.starts_on <= life.ends_on and period.ends_on >= life.starts_on)
        return is_within and self.is_running(period.starts_on)


def earn(docket: Docket, wanted: Collection[str]) -> list[Earning]:
    """Every line of the wanted terms, in the order of an entitlement."""
    found = (
        earning
        for version in docket.timeline.versions
        for term in version.terms.terms
        if term.id in wanted
        for earning in _earn_term(term, version, docket)
    )
    return sorted((earning for earning in found if earning is not None), key=lambda earning: earning.order)


def _earn_term(term: Term, version: Version, docket: Docket) -> Iterator[Earning | None]:
    if term.price.kind in SCHEDULED:
        yield from _scheduled(term, version, docket)
    elif is_per_claim(term):
        yield from _claim_by_claim(term, version, docket)
    else:
        yield from _as_a_whole(term, version, docket)


def _earning(scene: ExactScene, **working: Any) -> Earning:
    measure = scene.term.measure.kind if scene.term.measure else None
    kinds = {"measure": measure, "metric": scene.term.metric, "price": scene.term.price.kind}
    return Earning(scene.term, scene.version, scene.period, scene.cohort, {**kinds, "groups": [], **working})


# --- each claim by itself ---------------------------------------------------------------------------------------


def _claim_by_claim(term: Term, version: Version, docket: Docket) -> Iterator[Earning | None]:
    judged = docket.readings.judged
    pieces = judged.of_metric(term.metric or "")
    number = judged.versions.index(version)
    if len(judged.versions) > 1:
        pieces = pieces.where(pieces.version == number)
    if term.cohorts or term.groups:
        pieces = pieces.where(judged.belongs(pieces.row, term.cohorts, term.groups, pieces.cohort))
    line = pieces.period * len(judged.cohorts) + pieces.cohort
    by_line = in_order(line)
    starts = firsts(line[by_line]).tolist()
    for first, last in pairwise([*starts, len(by_line)]):
        of_line = pieces.where(by_line[first:last])
        period, cohort = judged.periods[int(of_line.period[0])], judged.cohorts[int(of_line.cohort[0])]
        at = docket.scene(term, version, period, cohort)
        earning = _worked_out(at, partial(_price_claims, at, of_line, judged))
        if earning is not None:
            earning.claims = of_line.row
        yield earning


def _price_claims(scene: ExactScene, pieces: Pieces, judged: Judged) -> Earning:
    """Every claim at the price of its day; claims of the same price and the same units are worked out once."""
    kind, params = PER_CLAIM[scene.term.price.kind], scene.term.price.params
    changes = kind.change_days(params)
    segment = np.searchsorted([day_number(day) for day in changes], pieces.day, "right") if changes else 0
    distinct_units, units = _distinct(pieces.units)
    alike, place = _distinct(segment * len(distinct_units) + units)
    times = np.bincount(place)
    factor, adjusted = _adjusted(scene)
    earning = _earning(scene, **adjusted)
    amounts: list[Fraction] = []
    quantities: dict[tuple[int, Fraction], Fraction] = {}
    for same, count in zip(alike.tolist(), times.tolist(), strict=True):
        which, of_units = divmod(same, len(distinct_units))
        price = kind.price_on(params, changes[which - 1] if which else date.min, scene)
        quantity = kind.quantity_of(params, Fraction(int(distinct_units[of_units]), pieces.scale))
        amounts.append(price * quantity * factor)
        quantities[which, price] = quantities.get((which, price), ZERO) + quantity * count
    earning.working["groups"] = [
        {"quantity": exact_text(quantity), "price": exact_text(price), "earned": exact_text(price * quantity)}
        for (_, price), quantity in quantities.items()
    ]
    size = len(pieces.row)
    earning.portions = Portions(
        amounts,
        np.zeros(size, np.int64),
        pieces.day,
        np.full(size, scene.terms.metric_rank[scene.term.metric or ""], np.int64),
        judged.table.ordinal[pieces.row],
        pieces.row,
        judged.table.person[pieces.row],
        pieces.units,
        place,
    )
    return earning


def _distinct(values: Column) -> tuple[Column, Column]:
    """The different values, and which of them each row has; most often all have one."""
    if len(values) and (values == values[0]).all():
        return values[:1], np.zeros(len(values), np.int64)
    distinct, place = np.unique(values, return_inverse=True)
    return distinct, place.reshape(-1)


# --- a term worked out as a whole -------------------------------------------------------------------------------


def _as_a_whole(term: Term, version: Version, docket: Docket) -> Iterator[Earning | None]:
    """Prices on a count, a value or something made of them: under the terms in force on the period's last day.

    A term with a part that runs over the contract earns what it is worth to date less what it was worth before.
    """
    for cohort, occasions in _occasions(term, version, docket).items():
        before: Period | None = None
        for occasion in occasions:
            at = docket.scene(term, version, occasion.period, cohort)
            if docket.timeline.on(occasion.period.ends_on) is version:
                earlier = at.in_period(before) if before and _is_to_date(term) else None
                earning = _worked_out(at, partial(_price_whole, at, earlier))
                if occasion.is_shown or (earning is not None and not _is_nothing(earning)):
                    yield earning
            before = occasion.period


def _is_to_date(term: Term) -> bool:
    return any(getattr(rule.params, "over", "period") == "contract" for rule in term.quantity)


def _is_nothing(earning: Earning) -> bool:
    return not earning.lump


@dataclass(frozen=True, slots=True)
class _Occasion:
    """A period in which a term is worked out; shown also when it comes to nothing."""

    period: Period
    is_shown: bool


def _occasions(term: Term, version: Version, docket: Docket) -> dict[str | None, list[_Occasion]]:
    """For each cohort (None: for all of them) the occasions in order of time."""
    terms, timeline = version.terms, docket.timeline
    per_cohort = by_cohort(terms, term)
    names: dict[str | None, set[str]] = {}
    for cohort, name in () if term.on else _observed(term, terms, docket.readings, per_cohort):
        names.setdefault(cohort, set()).add(name)
    by_calendar = _calendar_periods(term, version, docket)
    cohorts: set[str | None] = set(names)
    if by_calendar:
        all_cohorts = {cohort.id for cohort in terms.cohorts if not term.cohorts or cohort.id in term.cohorts}
        cohorts |= all_cohorts if per_cohort else {None}
    always = bool(term.on) or not observed_kinds(term)
    found: dict[str | None, list[_Occasion]] = {}
    for cohort in sorted(cohorts, key=lambda cohort: cohort or ""):
        is_shown = dict.fromkeys(by_calendar, always)
        seen = (timeline.period_named(name) for name in names.get(cohort, ()))
        is_shown |= {period: True for period in seen if period and docket.is_alive(period, terms)}
        in_time = sorted(is_shown, key=lambda period: (period.ends_on, period.id))
        found[cohort] = [_Occasion(period, is_shown[period]) for period in in_time]
    return found


def _observed(term: Term, terms: Terms, readings: Readings, per_cohort: bool) -> set[tuple[str | None, str]]:
    """Where something that the measure looks at was counted or measured: (cohort, period)."""
    found: set[tuple[str | None, str]] = set()
    for rule in term.quantity:
        if rule.kind == "count":
            tally = readings.tally(rule.params.metric, term.cohorts, term.groups)
            wanted = per_cohort and rule.params.per == "cohort"
            found |= {(cohort, name) for cohort, name in tally if (cohort is not None) == wanted}
        elif rule.kind in OBSERVED and rule.params.metric in terms.metric_by_id:
            found |= _measured_at(rule, term, terms, readings, per_cohort)
    return {(cohort, name) for cohort, name in found if (cohort is not None) == per_cohort} if per_cohort else found


def _measured_at(
    rule: Rule, term: Term, terms: Terms, readings: Readings, per_cohort: bool
) -> set[tuple[str | None, str]]:
    keys = [key for key in readings.facts if key[0] == rule.params.metric]
    keys = [key for key in keys if not term.cohorts or key[1] is None or key[1] in term.cohorts]
    return {(cohort if per_cohort else None, name) for _, cohort, name in keys}


def _calendar_periods(term: Term, version: Version, docket: Docket) -> list[Period]:
    """The periods in which the term is worked out whatever was observed: on its own days, or at every period's end."""
    terms, happened = version.terms, docket.readings.happened
    if term.on:
        days = (day for when in term.on for day in (happened.get(when, ()) if isinstance(when, str) else (when,)))
        known = (period_of(day, terms.periods) for day in days if docket.has_come(day))
        return list(dict.fromkeys(filter(None, known)))
    if observed_kinds(term) and not _pays_for_nothing(term, version, docket):
        return []
    ended = (period for period in life_periods(terms) if docket.has_come(period.ends_on))
    return [period for period in ended if docket.is_running(period.starts_on)]


def _pays_for_nothing(term: Term, version: Version, docket: Docket) -> bool:
    """Whether a count of zero is worth something, so that a period without claims must be worked out as well."""
    if term.measure is None or term.measure.kind != "count":
        return False
    periods = life_periods(version.terms)
    try:
        return bool(periods) and docket.scene(term, version, periods[0], None).price(term.price, ZERO) != 0
    except ValueMissingError:
        return False


def _price_whole(scene: ExactScene, earlier: ExactScene | None) -> Earning:
    term = scene.term
    assert term.measure is not None  # noqa: S101 – the checks demand a measure
    reading = _own_reading(term.measure, scene)
    quantity = scene.measure(term.measure)
    before = _worth_before(term, earlier, scene) if earlier else ZERO
    factor, adjusted = _adjusted(scene)
    earning = _earning(scene, **({"reading": _reading_trace(reading)} if reading else {}), **adjusted)
    if len(term.quantity) > 1:
        earning.working["quantity"] = measure_trace(term.measure, scene)
    amount = _priced(earning, scene, quantity)
    if before:
        earning.working["before"] = exact_text(before)
    earning.lump = (amount - before) * factor
    return earning


def _worth_before(term: Term, earlier: ExactScene, scene: ExactScene) -> Fraction:
    """What the term was worth at the occasion before, at today's price."""
    assert term.measure is not None  # noqa: S101 – the checks demand a measure
    try:
        return scene.price(term.price, earlier.measure(term.measure))
    except ValueMissingError:
        return ZERO


def _priced(earning: Earning, scene: ExactScene, quantity: Fraction) -> Fraction:
    """The amount of a quantity, leaving its figures in the working."""
    rule = scene.term.price
    amount = scene.price(rule, quantity)
    figures = PRICES[rule.kind].figures(rule.params, quantity, scene)
    earning.working["groups"].append({**figures, "earned": exact_text(amount)})
    return amount


def _own_reading(measure: Rule, scene: ExactScene) -> Reading | None:
    """What a plain measured value rests on; ValueMissingError when there is none."""
    if measure.kind not in ("value", "effect") or getattr(measure.params, "over", "period") != "period":
        return None
    if getattr(measure.params, "per", "own") != "own":
        return None
    return scene.reading(measure.params.metric)


def _reading_trace(reading: Reading) -> dict[str, str]:
    trace: dict[str, str] = {"source": reading.source}
    fact = reading.fact
    if fact is not None:
        parts = {
            "numerator": fact.numerator,
            "denominator": fact.denominator,
            "due": fact.due,
            "measured": fact.measured,
            "standard_error": fact.standard_error,
        }
        trace |= {name: exact_text(part) for name, part in parts.items() if part is not None}
        trace |= {"observed": exact_text(fact.observed)} if fact.observed is not None else {}
        trace |= {"period": fact.period} if reading.source == "last_known" else {}
    return trace


# --- amounts due by the calendar --------------------------------------------------------------------------------


def _scheduled(term: Term, version: Version, docket: Docket) -> Iterator[Earning | None]:
    terms = version.terms
    days = SCHEDULED[term.price.kind].due_days(term.price.params, life_periods(terms), docket.readings.happened)
    times: dict[Period, int] = {}
    for day in days:
        period = period_of(day, terms.periods)
        is_due = docket.has_come(day) and docket.is_running(day)
        if period is not None and docket.timeline.on(day) is version and is_due:
            times[period] = times.get(period, 0) + 1
    for period, count in times.items():
        at = docket.scene(term, version, period, None)
        yield _worked_out(at, partial(_price_scheduled, at, Fraction(count)))


def _price_scheduled(scene: ExactScene, quantity: Fraction) -> Earning:
    factor, adjusted = _adjusted(scene)
    earning = _earning(scene, **adjusted)
    earning.lump = _priced(earning, scene, quantity) * factor
    return earning


def life_periods(terms: Terms) -> list[Period]:
    """The measurement periods of the contract's life, in order of time; none where the life has no end."""
    if isinstance(terms.periods, tuple):
        return sorted(terms.periods, key=lambda period: period.starts_on)
    return periods_between(terms.life.starts_on, terms.life.ends_on, terms.periods) if terms.life else []


# --- adjustments, conditions and missing values -----------------------------------------------------------------


def _adjusted(scene: ExactScene) -> tuple[Fraction, dict[str, Any]]:
    """What the amount is multiplied by in all, and each factor for the working."""
    factors = [(rule, ADJUSTMENTS[rule.kind].factor(rule.params, scene)) for rule in scene.term.adjust]
    product = Fraction(1)
    for _, factor in factors:
        product *= factor
    shown = [{"kind": rule.kind, "factor": exact_text(factor)} for rule, factor in factors]
    return product, {"adjusted": shown} if shown else {}


def _worked_out(scene: ExactScene, price: Callable[[], Earning]) -> Earning | None:
    """The earning, nothing at all when a missing value is to be left out, or zero when the worst is assumed."""
    try:
        earning = price()
    except ValueMissingError as missing:
        if scene.is_excluded(missing.args[0]):
            return None
        earning = _earning(scene, missing=missing.args[0])
        earning.lump = ZERO
        earning.shut_by = "missing"
        return earning
    gates = [scene.gate(gate) for gate in scene.term.gates]
    if gates:
        earning.working["gates"] = [trace for trace, _ in gates]
    if not all(holds for _, holds in gates):
        earning.shut_by = "gate"
        earning.lump = None if earning.lump is None else ZERO
        if earning.portions is not None:
            earning.portions.amounts[:] = [ZERO] * len(earning.portions.amounts)
    return earning


def joined(earnings: Sequence[Earning]) -> Portions:
    """All portions of the earnings as one, in the order in which they pass the limits.

    A lump sum is dated on its period's last day and ranks with its metric.
    """
    amounts: list[Fraction] = []
    blocks: list[tuple[Column, ...]] = []
    lumps: list[tuple[int, ...]] = []
    for number, earning in enumerate(earnings):
        if earning.lump is not None:
            rank = earning.version.terms.metric_rank.get(earning.term.metric or "", FIXED_FIRST)
            lumps.append((number, day_number(earning.period.ends_on), rank, 0, NOBODY, NOBODY, 0, len(amounts)))
            amounts.append(earning.lump)
        if earning.portions is not None:
            own = earning.portions
            lines = np.full(len(own.row), number, np.int64)
            shifted = own.amount + len(amounts)
            blocks.append((lines, own.day, own.rank, own.ordinal, own.row, own.person, own.units, shifted))
            amounts += own.amounts
    blocks.append(tuple(np.array(lumps, np.int64).reshape(len(lumps), 8).T))
    columns = [np.concatenate(parts) for parts in zip(*blocks, strict=True)]
    in_line, day, metric_rank, ordinal, row, *_ = columns
    order = in_order(day, metric_rank, ordinal, row, in_line)
    return Portions(amounts, *(column[order] for column in columns))
