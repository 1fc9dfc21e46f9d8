"""From a few figures to assumptions that can be simulated: which numbers some terms ask for, and what they come to.

The parties know a handful of figures – how many enrol, how many of them reach each outcome, what it costs. From these
follows the whole document that `rulebook.simulate` reads. Nothing is guessed: a figure that is missing is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, prod, sqrt
from typing import Any, Final, Literal

from rulebook.earnings import life_periods
from rulebook.money import Rounding, exact_text, round_money, split
from rulebook.periods import periods_between
from rulebook.problems import Language, Problem
from rulebook.shapes import Name, Record, places
from rulebook.simulation.assumption_checks import parse_assumptions
from rulebook.simulation.paths import paths_of
from rulebook.terms import Limit, Metric, Term, Terms, label_of

SlotUnit = Literal["share", "persons", "months", "times", "amount", "value"]

ZERO, ONE = Fraction(0), Fraction(1)
CENT: Final = Decimal("0.01")
BEYOND: Final = 0.05
"""How likely it is that a number lies beyond each end of its range."""
PLACES: Final = 12
"""Decimals of a figure that no decimal number equals, such as a third."""
SPREAD_AT_MOST: Final = 600
"""With more histories than this, a range of months counts as its middle value: the page must answer at once."""
INVESTOR: Final = "investeraren"
PROVIDER: Final = "utforaren"
SPENT_ON: Final = "insatsen"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that somebody believes in: the likeliest value, and perhaps a low and a high.

    About one chance in twenty lies beyond each end. An end that is the value itself, or that nobody stated, is sure.
    """

    value: Fraction
    low: Fraction | None = None
    high: Fraction | None = None

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """The least and the most; a side that nobody stated is the value itself."""
        return self.value if self.low is None else self.low, self.value if self.high is None else self.high

    @property
    def is_range(self) -> bool:
        low, high = self.ends
        return low < high

    @property
    def is_ordered(self) -> bool:
        low, high = self.ends
        return low <= self.value <= high


@dataclass(frozen=True, slots=True)
class Slot:
    """A number that a forecast asks for. `lowest` and `highest` are what it can be at all."""

    key: str
    sv: str
    en: str
    unit: SlotUnit
    is_needed: bool = True
    lowest: Fraction | None = None
    highest: Fraction | None = None

    def label(self, language: Language) -> str:
        return self.en if language == "en" else self.sv


@dataclass(frozen=True, slots=True)
class Forecast:
    """The assumptions document, the needed slots that have no figure, and figures or terms that do not fit.

    What is missing or does not fit is left out of the document. `remarks` say where the document is coarser than the
    figures.
    """

    document: dict[str, Any]
    missing: tuple[Slot, ...] = ()
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Problem, ...] = field(default=())

    @property
    def is_complete(self) -> bool:
        return not self.missing and not self.problems


# --- which numbers the terms ask for ------------------------------------------------------------------------------


def slots(terms: Terms) -> tuple[Slot, ...]:
    """Every number that a simulation of the terms asks for, persons first and money last."""
    persons, measured = _needed(terms)
    found = list(_sizes(terms)) if persons or _counts_enrolled(terms) else []
    for metric in persons:
        found += _outcome_slots(metric, terms)
    if persons:
        sv, en = "Andel som lämnar insatsen varje månad", "Share who leave the intervention every month"
        found.append(Slot("dropout", sv, en, "share", False, ZERO, ONE))
    found += [_value_slot(metric) for metric in measured]
    return (*found, *_cash_slots())


def _needed(terms: Terms) -> tuple[list[Metric], list[Metric]]:
    """The metrics that something is paid for or bound by, and those that decide whether these count: persons' first."""
    named = {
        place.value
        for shape, parts in ((Record(Term), terms.terms), (Record(Limit), terms.limits))
        for part in parts
        for place in places(shape, part, "")
        if isinstance(place.shape, Name) and place.shape.of == "metrics"
    }
    waiting = [name for name in named if name in terms.metric_by_id]
    needed: set[str] = set()
    while waiting:
        metric = terms.metric_by_id[waiting.pop()]
        if metric.id not in needed:
            needed.add(metric.id)
            waiting += metric.looks_back_at.values()
    found = [metric for metric in terms.metrics if metric.id in needed]
    return [m for m in found if m.level == "person"], [m for m in found if m.level != "person"]


def _counts_enrolled(terms: Terms) -> bool:
    return any(rule.kind == "enrolled" for term in terms.terms for rule in term.measures)


def _sizes(terms: Terms) -> Iterator[Slot]:
    for cohort in terms.cohorts:
        most = None if cohort.size is None else Fraction(cohort.size)
        sv = f"Antal personer: {label_of(cohort, 'sv')}"
        en = f"Number of persons: {label_of(cohort, 'en')}"
        yield Slot(f"size.{cohort.id}", sv, en, "persons", True, ZERO, most)
    if not terms.cohorts:
        yield Slot("size.all", "Antal personer", "Number of persons", "persons", True, ZERO)


def _outcome_slots(metric: Metric, terms: Terms) -> Iterator[Slot]:
    key, sv, en = f"outcome.{metric.id}", label_of(metric, "sv"), label_of(metric, "en")
    before = terms.metric_by_id.get(metric.after or "")
    if before is None:
        of_sv, of_en, since_sv, since_en = "av alla som skrivs in", "of all who enrol", "inskrivningen", "enrolment"
    else:
        since_sv, since_en = f"«{label_of(before, 'sv')}»", f"“{label_of(before, 'en')}”"
        of_sv, of_en = f"av dem som har nått {since_sv}", f"of those who have reached {since_en}"
    yield Slot(f"{key}.share", f"{sv}: andel {of_sv}", f"{en}: share {of_en}", "share", True, ZERO, ONE)
    months_sv, months_en = f"{sv}: antal månader från {since_sv}", f"{en}: months from {since_en}"
    yield Slot(f"{key}.months", months_sv, months_en, "months", True, ZERO, Fraction(600))
    if metric.most_per_person != 1:
        most = Fraction(metric.most_per_person or 100)
        sv_times, en_times = (
            f"{sv}: antal gånger för den som når det",
            f"{en}: number of times for those who reach it",
        )
        yield Slot(f"{key}.times", sv_times, en_times, "times", True, ONE, most)
    if _has_units(metric):
        yield Slot(f"{key}.units", f"{sv}: enheter varje gång", f"{en}: units each time", "value", True, ZERO)


def _has_units(metric: Metric) -> bool:
    """Whether a claim can be of several units, such as weeks."""
    return metric.unit not in {None, "claim", "yes_no"}


def _value_slot(metric: Metric) -> Slot:
    sv, en, key = label_of(metric, "sv"), label_of(metric, "en"), f"value.{metric.id}"
    if metric.unit == "yes_no":
        return Slot(
            key,
            f"{sv}: sannolikheten för ja i en mätperiod",
            f"{en}: chance of yes in a measurement period",
            "share",
            True,
            ZERO,
            ONE,
        )
    for_sv, for_en = ("kohort och mätperiod", "cohort and") if metric.level == "cohort" else ("mätperiod", "")
    unit: SlotUnit = "amount" if metric.unit == "amount" else "share" if metric.unit == "share" else "value"
    return Slot(
        key,
        f"{sv}: värde för varje {for_sv}",
        " ".join(f"{en}: value for every {for_en} measurement period".split()),
        unit,
        True,
        metric.lowest,
        metric.highest,
    )


def _cash_slots() -> Iterator[Slot]:
    sv, en = "Vad hela insatsen kostar, jämnt över avtalstiden", "What the intervention costs in all, evenly over time"
    yield Slot("cash.cost", sv, en, "amount", False, ZERO)
    sv, en = "Månader från mätperiodens slut till utbetalning", "Months from the end of a period to its payment"
    yield Slot("cash.lag_months", sv, en, "months", False, ZERO, Fraction(120))


# --- the document ---------------------------------------------------------------------------------------------------


def forecast(terms: Terms, figures: Mapping[str, Figure], life: tuple[date, date] | None = None) -> Forecast:
    """The assumptions that follow from the figures; `life` is for terms that do not say how long they apply.

    A range is a triangular distribution with the value as its mode and one chance in twenty beyond each end, as far as
    the slot allows: of a share, drawn once for all participants; of a value, once for each cohort. A range of months
    is how persons differ: two thirds take the middle value, a sixth each end. A number of times that is not whole is
    split between the whole numbers around it. The chance of a yes is drawn anew every period. Cost, lag and rates are
    taken at their value.
    """
    asked = slots(terms)
    problems = [*_beyond(terms, life), *(problem for slot in asked for problem in _misfits(slot, figures))]
    refused = {problem.where for problem in problems}
    sound = {key: figure for key, figure in figures.items() if key not in refused}
    missing = tuple(slot for slot in asked if slot.is_needed and slot.key not in figures)
    maker = _Maker(terms, asked, sound, life or _life(terms))
    document, remarks = maker.document(spread=True), list(maker.remarks())
    if maker.has_spread and _histories(document, terms) > SPREAD_AT_MOST:
        document = maker.document(spread=False)
        remarks.append(_not_spread())
    return Forecast(document, missing, tuple(problems), tuple(remarks))


def _life(terms: Terms) -> tuple[date, date] | None:
    return (terms.life.starts_on, terms.life.ends_on) if terms.life else None


def _histories(document: Mapping[str, Any], terms: Terms) -> int:
    """How many histories a simulation would keep apart; more than allowed when they are too many to list."""
    assumptions, _ = parse_assumptions(document, terms)
    if assumptions is None:
        return 0
    paths, _ = paths_of(assumptions, terms)
    return SPREAD_AT_MOST + 1 if paths is None else len(paths.persons)


def _not_spread() -> Problem:
    sv = "Spannen i månader räknas som sina mittvärden: annars blir förloppen för många att dra."
    en = "Ranges of months count as their middle values: otherwise there would be too many histories to draw."
    return Problem("", "not_spread", sv, en)


def _misfits(slot: Slot, figures: Mapping[str, Figure]) -> Iterator[Problem]:
    """What is wrong with the figure of a slot."""
    figure = figures.get(slot.key)
    if figure is None:
        return
    low, high = figure.ends
    if not figure.is_ordered:
        numbers = f"{exact_text(low)} ≤ {exact_text(figure.value)} ≤ {exact_text(high)}"
        sv = f"«{slot.sv}»: värdet ligger utanför sitt spann ({numbers} stämmer inte). Ändra värdet eller spannet."
        en = f"“{slot.en}”: the value is outside its range ({numbers} does not hold). Change the value or the range."
        yield Problem(slot.key, "figure_order", sv, en)
        return
    if slot.lowest is not None and low < slot.lowest:
        least = exact_text(slot.lowest)
        sv = f"«{slot.sv}» kan bli {exact_text(low)}. Ange minst {least}."
        en = f"“{slot.en}” may be {exact_text(low)}. Give at least {least}."
        yield Problem(slot.key, "figure_range", sv, en)
        return
    if slot.highest is not None and high > slot.highest:
        most = exact_text(slot.highest)
        sv = f"«{slot.sv}» kan bli {exact_text(high)}. Ange högst {most}."
        en = f"“{slot.en}” may be {exact_text(high)}. Give at most {most}."
        yield Problem(slot.key, "figure_range", sv, en)
        return
    if slot.unit == "persons" and not figure.is_range and figure.value.denominator != 1:
        sv = f"«{slot.sv}» är {exact_text(figure.value)}. Ange ett helt antal personer."
        en = f"“{slot.en}” is {exact_text(figure.value)}. Give a whole number of persons."
        yield Problem(slot.key, "figure_whole", sv, en)


def _beyond(terms: Terms, life: tuple[date, date] | None) -> Iterator[Problem]:
    """What in the terms these figures cannot describe, told rather than left out in silence."""
    for index, metric in enumerate(terms.metrics):
        name = {"sv": label_of(metric, "sv"), "en": label_of(metric, "en")}
        if metric.duration:
            sv = f"«{name['sv']}» räknas i tid från en dag till en annan. Det går inte att beräkna här än."
            en = f"“{name['en']}” is counted as stretches of time. That cannot be forecast here yet."
            yield Problem(f"metrics[{index}].duration", "not_forecast", sv, en)
        if metric.groups:
            sv = f"«{name['sv']}» gäller bara vissa grupper. Det går inte att beräkna här än."
            en = f"“{name['en']}” is for some groups only. That cannot be forecast here yet."
            yield Problem(f"metrics[{index}].groups", "not_forecast", sv, en)
    for index, term in enumerate(terms.terms):
        if term.groups:
            sv = f"«{label_of(term, 'sv')}» gäller bara vissa grupper. Det går inte att beräkna här än."
            en = f"“{label_of(term, 'en')}” is for some groups only. That cannot be forecast here yet."
            yield Problem(f"terms[{index}].groups", "not_forecast", sv, en)
        if any(rule.kind == "effect" for rule in term.measures):
            sv = f"«{label_of(term, 'sv')}» bygger på en skattad effekt. Det går inte att beräkna här än."
            en = f"“{label_of(term, 'en')}” rests on an estimated effect. That cannot be forecast here yet."
            yield Problem(f"terms[{index}].measure", "not_forecast", sv, en)
    for index, event in enumerate(terms.events):
        sv = f"Att «{label_of(event, 'sv')}» kan inträffa räknas inte med här än."
        en = f"That “{label_of(event, 'en')}” may happen is not part of the forecast yet."
        yield Problem(f"events[{index}]", "not_forecast", sv, en)
    if terms.life is None and life is None and not isinstance(terms.periods, tuple):
        sv = "Villkoren saknar avtalstid. Ange första och sista dagen."
        en = "The terms have no life. Give the first and the last day."
        yield Problem("life", "no_life", sv, en)


class _Maker:
    """Writes the document: one entry of participants for each cohort, one value for each measured metric."""

    def __init__(
        self, terms: Terms, asked: tuple[Slot, ...], figures: Mapping[str, Figure], life: tuple[date, date] | None
    ) -> None:
        self.terms, self.figures, self.life = terms, figures, life
        self.asked = {slot.key: slot for slot in asked}
        self.personal, self.measured = _needed(terms)

    def document(self, *, spread: bool) -> dict[str, Any]:
        found = {
            "participants": list(self._participants(spread)),
            "measured": [self._value(metric) for metric in self.measured if self._can_be_dated(metric)],
        }
        document: dict[str, Any] = {key: entries for key, entries in found.items() if entries}
        plan = self._plan()
        return {**document, "cash_flow": plan} if plan else document

    @property
    def has_spread(self) -> bool:
        keys = [f"outcome.{metric.id}.months" for metric in self.personal]
        return any(self.figures[key].is_range for key in keys if key in self.figures)

    def remarks(self) -> Iterator[Problem]:
        """Ranges that the document takes at their value."""
        coarse = [key for key, figure in self.figures.items() if figure.is_range and self._is_coarse(key)]
        for slot in self.asked.values():
            if slot.key in coarse:
                sv = f"Spannet för «{slot.sv}» används inte i simuleringen, bara värdet."
                en = f"The range of “{slot.en}” is not used in the simulation, only the value."
                yield Problem(slot.key, "range_not_used", sv, en)

    def _is_coarse(self, key: str) -> bool:
        if key.startswith("value."):
            metric = self.terms.metric_by_id.get(key.removeprefix("value."))
            return metric is not None and metric.unit == "yes_no"
        return key in {"dropout", "cash.cost", "cash.lag_months"} or key.endswith((".times", ".units"))

    def _drawn(self, key: str) -> str | dict[str, str]:
        """The number, or what it is drawn from, within what the slot can be at all."""
        figure, slot = self.figures[key], self.asked[key]
        if not figure.is_range:
            return _text(figure.value)
        low, high = widened(figure)
        low = low if slot.lowest is None else max(low, slot.lowest)
        high = high if slot.highest is None else min(high, slot.highest)
        return {"kind": "triangular", "low": _text(low), "mode": _text(figure.value), "high": _text(high)}

    # --- persons --------------------------------------------------------------------------------------------------

    def _participants(self, spread: bool) -> Iterator[dict[str, Any]]:
        outcomes = list(self._outcomes(spread))
        leaving = {"dropout_per_month": _text(self.figures["dropout"].value)} if "dropout" in self.figures else {}
        cohorts: list[str | None] = [cohort.id for cohort in self.terms.cohorts] or [None]
        for cohort in cohorts:
            size = self.figures.get(f"size.{cohort or 'all'}")
            if size is None:
                continue
            entry: dict[str, Any] = {"size": self._drawn(f"size.{cohort or 'all'}")}
            if cohort is not None:
                entry["cohort"] = cohort
            elif self.terms.life is None:
                if self.life is None:
                    continue
                entry["enrolment"] = [{"on": self.life[0].isoformat(), "share": "1"}]
            yield {**entry, **leaving, "outcomes": outcomes}

    def _outcomes(self, spread: bool) -> Iterator[dict[str, Any]]:
        """The outcomes whose figures are there, and whose chain is."""
        said: set[str] = set()
        for metric in sorted(self.personal, key=lambda metric: self.terms.chain_rank[metric.id]):
            share, months = (self.figures.get(f"outcome.{metric.id}.{part}") for part in ("share", "months"))
            if share is None or months is None or metric.duration or (metric.after and metric.after not in said):
                continue
            said.add(metric.id)
            outcome: dict[str, Any] = {"metric": metric.id, "share": self._drawn(f"outcome.{metric.id}.share")}
            outcome["months"] = _months(months if spread else Figure(months.value))
            times, units = (self.figures.get(f"outcome.{metric.id}.{part}") for part in ("times", "units"))
            if times is not None and times.value != 1:
                outcome["times"] = _whole_numbers(times.value, "times")
                outcome["gap_months"] = gap_months(metric)
            if units is not None:
                outcome["units"] = _text(units.value)
            yield outcome

    # --- values ---------------------------------------------------------------------------------------------------

    def _can_be_dated(self, metric: Metric) -> bool:
        has_cohorts = metric.level == "contract" or bool(self.terms.cohorts)
        return f"value.{metric.id}" in self.figures and has_cohorts and (bool(self._own_periods()) or self._has_life())

    def _has_life(self) -> bool:
        return bool(life_periods(self.terms))

    def _own_periods(self) -> list[str]:
        """The periods' names, for terms that do not say how long they apply."""
        if self._has_life() or self.life is None:
            return []
        return [period.id for period in periods_between(*self.life, self.terms.periods)]

    def _value(self, metric: Metric) -> dict[str, Any]:
        figure = self.figures[f"value.{metric.id}"]
        entry: dict[str, Any] = {"metric": metric.id}
        if metric.unit == "yes_no":
            entry["value"] = _yes_or_no(figure.value)
        else:
            entry["value"] = self._drawn(f"value.{metric.id}")
            entry["drawn"] = "once"
        if self._own_periods():
            entry["periods"] = self._own_periods()
        if self._is_pooled(metric):
            entry["weight"] = "1"
        return entry

    def _is_pooled(self, metric: Metric) -> bool:
        """Whether values are pooled by their denominators, which a forecast takes to be alike."""
        rules = (rule for term in self.terms.terms for rule in term.measures)
        return any(
            getattr(rule.params, "combine", "") == "pooled" and getattr(rule.params, "metric", "") == metric.id
            for rule in rules
        )

    # --- money ----------------------------------------------------------------------------------------------------

    def _plan(self) -> dict[str, Any] | None:
        """The intervention's cost, paid in by the investor in equal parts on the first day of every quarter."""
        cost = self.figures.get("cash.cost")
        if cost is None or self.life is None:
            return None
        amount = round_money(cost.value, Rounding(CENT, "half_up"))
        quarters = periods_between(*self.life, "quarter")
        days = [max(quarter.starts_on, self.life[0]) for quarter in quarters]
        parts = split(amount, [ONE] * len(days), CENT) if days else []
        investor = investor_of(self.terms)
        spent_on = SPENT_ON if investor == PROVIDER else PROVIDER
        costs = [
            {"on": day.isoformat(), "amount": str(part), "from": investor, "to": spent_on}
            for day, part in zip(days, parts, strict=True)
            if part > 0
        ]
        if not costs:
            return None
        plan: dict[str, Any] = {"investor": investor, "costs": costs}
        lag, rate = self.figures.get("cash.lag_months"), self.figures.get("discount_rate")
        if lag is not None:
            plan["outcome_lag"] = {"months": _nearest(lag.value)}
        if rate is not None and rate.value > -1:
            plan["discount_rate"] = _text(rate.value)
        return plan


def investor_of(terms: Terms) -> str:
    """Who bears the cost until outcomes are paid: the party called so, else whoever is paid for outcomes first."""
    paid_for_outcomes = [leg.payee for term in terms.terms if term.measure for leg in terms.legs_of(term) if leg.payee]
    return INVESTOR if INVESTOR in paid_for_outcomes or not paid_for_outcomes else paid_for_outcomes[0]


def gap_months(metric: Metric) -> int:
    """Months between two times that a person reaches the metric: as many as the terms demand, and at least one."""
    return max(1, ceil((metric.min_gap_days + 1) / 28)) if metric.min_gap_days else 1


# --- figures as the document writes them ----------------------------------------------------------------------------


def _text(number: Fraction) -> str:
    """The number as a decimal, to twelve places where no decimal is exact."""
    scaled = number * 10**PLACES
    return exact_text(number if scaled.denominator == 1 else Fraction(round(scaled), 10**PLACES))


def _nearest(number: Fraction) -> int:
    return floor(number + Fraction(1, 2))


def widened(figure: Figure) -> tuple[Fraction, Fraction]:
    """The ends of the triangular distribution that lies beyond each end of the range once in twenty.

    Below the low of a triangle that begins `left` below its mode and ends `right` above it lies
    (left − reach)² / ((left + right) × left) of it, where reach is from the low to the mode; the high is its mirror.
    """
    below, above = (abs(end - figure.value) for end in figure.ends)
    left, right = left_of, right_of = below.numerator / below.denominator, above.numerator / above.denominator
    for _ in range(60):
        width = left + right
        left = left_of + sqrt(BEYOND * width * left) if left_of else 0
        right = right_of + sqrt(BEYOND * width * right) if right_of else 0
    return figure.value - _rounded(left), figure.value + _rounded(right)


def _rounded(number: float) -> Fraction:
    """To six decimals, as the register keeps its figures."""
    return Fraction(round(number * 10**6), 10**6)


def _whole_numbers(value: Fraction, name: str) -> int | list[dict[str, Any]]:
    """The whole number, or the two around it in the shares that give the value on average."""
    below = floor(value)
    if value == below:
        return below
    part = Fraction(_text(value - below))
    return [{name: below, "share": _text(1 - part)}, {name: below + 1, "share": _text(part)}]


def _months(figure: Figure) -> int | list[dict[str, Any]]:
    if not figure.is_range:
        return _whole_numbers(figure.value, "months")
    low, high = figure.ends
    whole: dict[int, Fraction] = {}
    for number, share in ((low, Fraction("0.17")), (figure.value, Fraction("0.66")), (high, Fraction("0.17"))):
        whole[_nearest(number)] = whole.get(_nearest(number), ZERO) + share
    if len(whole) == 1:
        return next(iter(whole))
    return [{"months": months, "share": _text(share)} for months, share in sorted(whole.items())]


def _yes_or_no(chance: Fraction) -> str | dict[str, Any]:
    """Yes as often as the chance says, to one per cent."""
    yes = _nearest(chance * 100)
    if yes in {0, 100}:
        return str(yes // 100)
    return {"kind": "empirical", "values": ["1"] * yes + ["0"] * (100 - yes)}


# --- what the figures come to ---------------------------------------------------------------------------------------


def expected_outcomes(terms: Terms, figures: Mapping[str, Figure]) -> dict[str, Figure]:
    """How many units of each person-level metric the figures give in all: persons × shares along the chain × times.

    Those who leave are gone from the month in which they do. The least and the most are when every figure is at its
    end at once. Windows, limits and the contract's last day take nothing here. A metric is left out when a figure that
    it rests on is missing.
    """
    sizes = [figures.get(slot.key) for slot in _sizes(terms)]
    found: dict[str, Figure] = {}
    for metric in _needed(terms)[0]:
        chain = list(_chain(metric, terms))
        shares, months = ([figures.get(f"outcome.{link.id}.{part}") for link in chain] for part in ("share", "months"))
        own = [
            Figure(ONE) if figure is None and key not in _asked(metric) else figure
            for key in ("times", "units")
            for figure in [figures.get(f"outcome.{metric.id}.{key}")]
        ]
        stated = [figure for figure in (*sizes, *shares, *months, *own) if figure is not None]
        if len(stated) == len(sizes) + len(shares) + len(months) + len(own):
            persons = _sum([size for size in sizes if size is not None])
            last = sum((figure.value for figure in months if figure is not None), ZERO)
            kept = _kept(figures.get("dropout"), _nearest(last), metric, own[0])
            factors = [persons, *(share for share in shares if share), *(one for one in own[1:] if one), kept]
            found[metric.id] = _product(factors)
    return found


def _asked(metric: Metric) -> set[str]:
    """Which of the figures that only some outcomes have this one asks for."""
    return {key for key, is_so in (("times", metric.most_per_person != 1), ("units", _has_units(metric))) if is_so}


def _chain(metric: Metric, terms: Terms) -> Iterator[Metric]:
    """The metric, and those that must come before it."""
    yield metric
    if metric.after in terms.metric_by_id:
        yield from _chain(terms.metric_by_id[metric.after], terms)


def _kept(dropout: Figure | None, months: int, metric: Metric, times: Figure | None) -> Figure:
    """How many times somebody who would reach it does so before leaving."""
    wanted = times or Figure(ONE)
    if dropout is None or not dropout.value:
        return wanted
    stays, gap = 1 - min(max(dropout.value, ZERO), ONE), gap_months(metric)

    def reached(count: Fraction) -> Fraction:
        whole = sum((stays ** (months + gap * number) for number in range(floor(count))), ZERO)
        return whole + (count - floor(count)) * stays ** (months + gap * floor(count))

    low, high = (reached(end) for end in wanted.ends)
    return _figure(reached(wanted.value), low, high)


def _sum(figures: list[Figure]) -> Figure:
    ends = [figure.ends for figure in figures]
    return _figure(
        sum((figure.value for figure in figures), ZERO),
        sum((low for low, _ in ends), ZERO),
        sum((high for _, high in ends), ZERO),
    )


def _product(figures: list[Figure]) -> Figure:
    return _figure(
        prod((figure.value for figure in figures), start=ONE),
        prod((figure.ends[0] for figure in figures), start=ONE),
        prod((figure.ends[1] for figure in figures), start=ONE),
    )


def _figure(value: Fraction, low: Fraction, high: Fraction) -> Figure:
    return Figure(value, low, high) if low < high else Figure(value)


__all__ = [
    "Figure",
    "Forecast",
    "Slot",
    "expected_outcomes",
    "forecast",
    "gap_months",
    "investor_of",
    "slots",
    "widened",
]
