"""Cash flow: who pays whom on which day because of one contract, and what that is worth to a party.

Amounts are exact (Decimal, the contract's currency). What is derived from them over time – rates, present values –
is an estimate for deciding whether to sign, never a payment; only these use binary floating point.
"""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyxirr

from rulebook.money import EXACT, Rounding, round_money, total
from rulebook.periods import add_time
from rulebook.problems import Problem, inside
from rulebook.remainder import Remainder
from rulebook.results import Line
from rulebook.shapes import (
    REFUSED,
    Day,
    ListOf,
    Name,
    Number,
    Record,
    Schema,
    Whole,
    entry,
    nearest,
    record_schema,
)
from rulebook.timeline import Timeline, Version

Array = npt.NDArray[np.float64]
Kind = Literal["drawdown", "cost", "fee", "outcome"]
Answer = Literal["defined", "not_unique", "not_defined"]

ZERO: Final = Fraction(0)
CENT: Final = Rounding(Decimal("0.01"), "half_even")
RATE_PLACES: Final = Rounding(Decimal("0.000000000001"), "half_even")
MULTIPLE_PLACES: Final = Rounding(Decimal("0.000001"), "half_even")
PRECISE: Final = Context(prec=60)
YEAR: Final = 365
"""Days in a year: rates and present values count actual days over 365, as spreadsheets' XIRR and XNPV do."""


# --- The plan ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transfer:
    """An amount that one party pays another on a day."""

    on: date = entry(Day(), "Dag", "Day")
    amount: Decimal = entry(Number(above=ZERO, as_decimal=True), "Belopp", "Amount")
    payer: str = entry(Name(), "Betalare", "Payer", key="from")
    payee: str = entry(Name(), "Mottagare", "Payee", key="to")


@dataclass(frozen=True, slots=True)
class Lag:
    """How long after the last day of its measurement period an outcome is paid."""

    months: int = entry(Whole(), "Månader", "Months", default=0)
    days: int = entry(Whole(), "Dagar", "Days", default=0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is paid because of the contract besides the outcome payments, and how to value it all.

    Where a leg of the terms names no payee, the investor receives. Without `discount_rate` no present value is worked
    out; without `valued_on` the value is that on the first day of the plan.
    """

    investor: str = entry(Name(), "Investeraren", "The investor")
    drawdowns: tuple[Transfer, ...] = entry(
        ListOf(Record(Transfer)), "Kapital som betalas in", "Capital that is paid in", default=()
    )
    costs: tuple[Transfer, ...] = entry(
        ListOf(Record(Transfer)), "Insatsens kostnader", "Costs of the intervention", default=()
    )
    fees: tuple[Transfer, ...] = entry(ListOf(Record(Transfer)), "Avgifter", "Fees", default=())
    outcome_lag: Lag = entry(
        Record(Lag),
        "Hur länge efter mätperioden utfallen betalas",
        "How long after the measurement period outcomes are paid",
        default=Lag(),
    )
    discount_rate: Fraction | None = entry(
        Number(above=Fraction(-1)), "Kalkylränta per år, 0.03 är 3 procent", "Discount rate a year; 0.03 is 3 per cent",
        default=None,
    )  # fmt: skip
    valued_on: date | None = entry(Day(), "Värderas per", "Valued on", default=None)

    @property
    def transfers(self) -> Iterator[tuple[str, Kind, tuple[Transfer, ...]]]:
        """The lists of dated amounts: key in the document, kind of flow, amounts."""
        yield "drawdowns", "drawdown", self.drawdowns
        yield "costs", "cost", self.costs
        yield "fees", "fee", self.fees

    @property
    def valuation_day(self) -> date:
        return self.valued_on or min(one.on for _, _, transfers in self.transfers for one in transfers)

    def paid_on(self, period_ends_on: date) -> date:
        """The day on which the outcomes of a measurement period are paid."""
        return add_time(period_ends_on, self.outcome_lag.months, self.outcome_lag.days)


def parse_plan(document: object) -> tuple[Plan | None, list[Problem]]:
    """The cash-flow plan in a document, or every problem in it."""
    problems: list[Problem] = []
    plan = Record(Plan).read(document, "", problems)
    if plan is REFUSED and isinstance(document, Mapping):
        remainder = Remainder(document, problems)
        readable = Record(Plan).read(remainder.document, "", [])
        elsewhere = [] if readable is REFUSED else _check(readable)
        return None, [*problems, *remainder.placed(elsewhere, CAUSED_BY)]
    if plan is not REFUSED:
        problems = list(_check(plan))
    return (None, problems) if problems else (plan, [])


CAUSED_BY: Final = {key: frozenset({"unknown_party"}) for key in ("drawdowns", "costs", "fees")}
"""Problems that may only show because an amount could not be read."""


def _check(plan: Plan) -> Iterable[Problem]:
    for key, _, transfers in plan.transfers:
        for index, transfer in enumerate(transfers):
            if transfer.payer == transfer.payee:
                name = transfer.payer
                sv = f"{name} betalar till sig själv. Ange olika parter i from och to."
                en = f"{name} pays itself. Give different parties in from and to."
                yield Problem(inside(inside(key, index), "to"), "same_party", sv, en)
    parties = {name: None for _, _, transfers in plan.transfers for one in transfers for name in (one.payer, one.payee)}
    if plan.investor not in parties:
        near = nearest(plan.investor, parties)
        known = ", ".join(parties) or "–"
        sv = f"{plan.investor} betalar eller får inget belopp i planen. "
        en = f"{plan.investor} neither pays nor receives an amount in the plan. "
        sv += f"Menade du {near}?" if near else f"Parterna är: {known}. Lägg till vad investeraren betalar in."
        en += f"Did you mean {near}?" if near else f"The parties are: {known}. Add what the investor pays in."
        yield Problem("investor", "unknown_party", sv, en)


PLAN_SCHEMA: Final[Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Cash-flow plan of a social outcomes contract",
    **record_schema(Plan),
}


# --- Flows ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Flow:
    """One payment: on a day, from one party to another, an amount above zero."""

    on: date
    payer: str
    payee: str
    amount: Decimal
    kind: Kind


def planned_flows(plan: Plan) -> list[Flow]:
    """The flows that the plan itself names, in order of time."""
    return sorted(
        Flow(one.on, one.payer, one.payee, one.amount, kind)
        for _, kind, transfers in plan.transfers
        for one in transfers
    )


def flows_of(plan: Plan, lines: Iterable[Line], versions: Sequence[Version]) -> list[Flow]:
    """Every flow of the contract, in order of time: the plan's, and each payer's share of each line.

    A share is paid `outcome_lag` after the last day of the line's measurement period. A negative share is paid the
    other way. Raises ValueError when no version of the terms knows a line's period.
    """
    timeline = Timeline(versions)
    outcomes = (flow for line in lines for flow in _outcome_flows(plan, line, timeline))
    return sorted([*planned_flows(plan), *outcomes])


def _outcome_flows(plan: Plan, line: Line, timeline: Timeline) -> Iterator[Flow]:
    period = timeline.period_named(line.period)
    if period is None:
        raise ValueError(f"no version of the terms has the measurement period {line.period}")
    for share in line.shares:
        payer, payee = share.payer, share.payee or plan.investor
        if share.amount < 0:
            payer, payee = payee, payer
        if share.amount and payer != payee:
            yield Flow(plan.paid_on(period.ends_on), payer, payee, share.amount.copy_abs(), "outcome")


def positions(flows: Iterable[Flow]) -> dict[str, Decimal]:
    """What each party has received less what it has paid, in all. The positions of all parties sum to zero."""
    kept: dict[str, list[Decimal]] = defaultdict(list)
    for flow in flows:
        kept[flow.payee].append(flow.amount)
        kept[flow.payer].append(flow.amount.copy_negate())
    return {party: total(amounts) for party, amounts in sorted(kept.items())}


# --- Worth of one row of flows -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rate:
    """The internal rate of return a year (XIRR, actual days over 365), or why there is none.

    `not_unique`: more than one rate may fit, because the party's net flow turns more than once between plus and minus.
    `not_defined`: no rate fits, as when the party only pays or only receives; or the rate is too large, or too near
    −100 %, to be written.
    """

    answer: Answer
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Worth:
    """What the flows are worth to one party, in the contract's currency."""

    party: str
    paid_in: Decimal
    received: Decimal
    irr: Rate
    npv: Decimal | None
    """Net present value, rounded to hundredths; None without a discount rate."""
    multiple: Decimal | None
    """Received over paid in, to six places; None for a party that pays nothing in."""
    peak_exposure: Decimal
    """The most that the party has had out at the end of any day; zero when it never had anything out."""
    peak_on: date | None

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict; amounts and rates are texts, so that nothing is lost."""
        return {
            "party": self.party,
            "paid_in": str(self.paid_in),
            "received": str(self.received),
            "irr": {"answer": self.irr.answer, "value": _text(self.irr.value)},
            "npv": _text(self.npv),
            "multiple": _text(self.multiple),
            "peak_exposure": str(self.peak_exposure),
            "peak_on": self.peak_on.isoformat() if self.peak_on else None,
        }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"


def worth(plan: Plan, flows: Iterable[Flow], party: str | None = None) -> Worth:
    """What dated flows are worth to a party; without a party, to the investor."""
    party = party or plan.investor
    return _worth(plan, party, _seen_by(party, flows))


def _seen_by(party: str, flows: Iterable[Flow]) -> list[tuple[date, Decimal]]:
    """What the party receives (plus) and pays (minus), by day."""
    return [
        (flow.on, flow.amount if flow.payee == party else flow.amount.copy_negate())
        for flow in flows
        if party in (flow.payer, flow.payee)
    ]


def _worth(plan: Plan, party: str, amounts: Sequence[tuple[date, Decimal]]) -> Worth:
    paid_in, received = _totals(amounts)
    net = _net_by_day(amounts)
    peak, peak_on = _peak(net)
    multiple = round_money(Fraction(received) / Fraction(paid_in), MULTIPLE_PLACES) if paid_in else None
    return Worth(party, paid_in, received, _rate(net), _present(plan, net), multiple, peak, peak_on)


def _totals(amounts: Iterable[tuple[date, Decimal]]) -> tuple[Decimal, Decimal]:
    """Paid in and received."""
    signed = [amount for _, amount in amounts]
    return total(amount.copy_abs() for amount in signed if amount < 0), total(amount for amount in signed if amount > 0)


def _net_by_day(amounts: Iterable[tuple[date, Decimal]]) -> list[tuple[date, Decimal]]:
    """One amount a day, in order of time. A day on which as much comes in as goes out stays, as a zero."""
    by_day: dict[date, list[Decimal]] = defaultdict(list)
    for day, amount in amounts:
        by_day[day].append(amount)
    return [(day, total(by_day[day])) for day in sorted(by_day)]


def _peak(net: Sequence[tuple[date, Decimal]]) -> tuple[Decimal, date | None]:
    out, peak, peak_on = Decimal(0), Decimal(0), None
    for day, amount in net:
        out = EXACT.subtract(out, amount)
        if out > peak:
            peak, peak_on = out, day
    return peak, peak_on


def _rate(net: Sequence[tuple[date, Decimal]]) -> Rate:
    moving = [(day, amount) for day, amount in net if amount]
    most = _most_rates([Fraction(amount) for _, amount in moving])
    if most == 0:
        return Rate("not_defined")
    days, amounts = zip(*moving, strict=True)
    if most > 1 and not rates_of(days, [[np.float64(amount) for amount in amounts]]).is_defined[0]:
        return Rate("not_unique")
    found = pyxirr.xirr(days, amounts)
    if found is None:  # it gives up near −100 %
        found = rates_of(days, [[np.float64(amount) for amount in amounts]]).values[0]
    if not -1 < found < np.inf:  # NaN too: beyond what a float can hold
        return Rate("not_defined")
    return Rate("defined", round_money(Decimal(str(found)), RATE_PLACES))


def _most_rates(amounts: Sequence[Fraction]) -> int:
    """How many rates of return may fit at most; where that is one, exactly one does.

    Descartes: no more than the changes of sign. Norstrøm: no more rates above zero than the running total has changes
    of sign, no more below zero than the running total from the end has, and zero is one when the total is nothing.
    """
    forward, backward = [*accumulate(amounts)], [*accumulate(reversed(amounts))]
    at_zero = 1 if forward and forward[-1] == 0 else 0
    return min(_turns(amounts), _turns(forward) + _turns(backward) + at_zero)


def _turns(amounts: Iterable[Fraction]) -> int:
    """Changes of sign; a zero is no sign."""
    return sum(before != after for before, after in pairwise(amount > 0 for amount in amounts if amount))


def _present(plan: Plan, net: Sequence[tuple[date, Decimal]]) -> Decimal | None:
    """Sum of amount × (1 + rate) ^ ((valuation day − day) / 365)."""
    if plan.discount_rate is None:
        return None
    growth = PRECISE.divide(*(1 + plan.discount_rate).as_integer_ratio())
    present = Decimal(0)
    for day, amount in net:
        years = PRECISE.divide((plan.valuation_day - day).days, YEAR)
        present = PRECISE.fma(amount, PRECISE.power(growth, years), present)
    return round_money(present, CENT)


# --- Worth of many draws -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rates:
    """One internal rate of return per draw.

    `values` holds a rate where `is_defined`, and NaN elsewhere; `known` are the rates there are, and `counts` says how
    many draws had each answer, so that a percentile of `known` is never shown without what it leaves out.
    """

    values: Array
    is_defined: npt.NDArray[np.bool_]
    is_not_unique: npt.NDArray[np.bool_]

    @property
    def known(self) -> Array:
        return self.values[self.is_defined]

    @property
    def counts(self) -> dict[Answer, int]:
        defined, not_unique = int(self.is_defined.sum()), int(self.is_not_unique.sum())
        return {"defined": defined, "not_unique": not_unique, "not_defined": self.values.size - defined - not_unique}


@dataclass(frozen=True, slots=True)
class DrawnWorth:
    """What the flows are worth to the investor in each draw; arrays are draws long, amounts float64 estimates.

    `expected` is the worth of the expected flows – every payment at its mean over the draws, rounded to hundredths –
    which is not the mean of the worths. `peak_at` is a place in `days`, or −1 in a draw without exposure. `multiple` is
    None when nothing is paid in by plan; where outcome payments turn negative, they count as paid in.
    """

    expected: Worth
    days: tuple[date, ...]
    paid_in: Array
    received: Array
    irr: Rates
    npv: Array | None
    multiple: Array | None
    peak_exposure: Array
    peak_at: npt.NDArray[np.intp]

    def to_json(self, percentiles: Sequence[int] = (5, 25, 50, 75, 95)) -> dict[str, Any]:
        """The draws in figures: percentiles of each measure, the answers about the rate, and the chance of a loss."""
        draws = self.paid_in.size
        named = {
            "paid_in": self.paid_in,
            "received": self.received,
            "irr": self.irr.known,
            "npv": self.npv,
            "multiple": self.multiple,
            "peak_exposure": self.peak_exposure,
        }
        return {
            "draws": draws,
            "expected": self.expected.to_json(),
            "percentiles": {name: _percentiles(values, percentiles) for name, values in named.items()},
            "irr_answers": dict(self.irr.counts),
            "chance_of_loss": int((self.received < self.paid_in).sum()) / draws,
            "peak_on": {self.days[place].isoformat(): count for place, count in self._peaks()},
        }

    def _peaks(self) -> list[tuple[int, int]]:
        return sorted(Counter(self.peak_at[self.peak_at >= 0].tolist()).items())


def _percentiles(values: Array | None, percentiles: Sequence[int]) -> dict[str, Any] | None:
    if values is None or not values.size:
        return None
    return dict(zip(map(str, percentiles), np.percentile(values, percentiles).tolist(), strict=True))


def worth_of_draws(plan: Plan, period_ends: Sequence[date], payments: npt.ArrayLike) -> DrawnWorth:
    """What the contract is worth to the investor when outcome payments are drawn.

    `payments` is draws × periods: what the investor receives for each measurement period (negative: pays back), in the
    contract's currency; `period_ends` are the periods' last days. The plan's own flows are the same in every draw.
    Raises ValueError when the shapes do not fit, when there are no draws, or when a payment is not a finite number.
    """
    drawn = np.asarray(payments, dtype=np.float64)
    if drawn.ndim != 2 or drawn.shape[1] != len(period_ends) or not drawn.shape[0]:
        raise ValueError(f"payments of shape {drawn.shape} are not draws × {len(period_ends)} periods")
    if not np.isfinite(drawn).all():
        raise ValueError("every payment must be a finite number")
    fixed = _seen_by(plan.investor, planned_flows(plan))
    paid_days = [plan.paid_on(day) for day in period_ends]
    expected = _worth(plan, plan.investor, [*fixed, *zip(paid_days, _cents(drawn.mean(axis=0)), strict=True)])
    days = sorted({*paid_days, *(day for day, _ in fixed)})
    blocks = [_worth_of_block(plan, days, fixed, paid_days, drawn[start : start + ROWS])
              for start in range(0, len(drawn), ROWS)]  # fmt: skip
    paid_in, received, rates, not_unique, npv, peak, peak_at = (
        np.concatenate(parts) for parts in zip(*blocks, strict=True)
    )
    return DrawnWorth(
        expected,
        tuple(days),
        paid_in,
        received,
        Rates(rates, np.isfinite(rates), not_unique),
        None if plan.discount_rate is None else npv,
        received / paid_in if (paid_in > 0).all() else None,
        peak,
        peak_at,
    )


ROWS: Final = 5000
"""Draws that are worked on together: few enough to stay in the processor's cache."""


def _worth_of_block(
    plan: Plan, days: Sequence[date], fixed: Sequence[tuple[date, Decimal]], paid_days: Sequence[date], drawn: Array
) -> tuple[npt.NDArray[Any], ...]:
    """For some draws: paid in, received, rates, whether not unique, present value, peak exposure and its place."""
    net = np.zeros((len(drawn), len(days)))
    for place, day in enumerate(paid_days):
        net[:, days.index(day)] += drawn[:, place]
    for day, amount in fixed:
        net[:, days.index(day)] += np.float64(amount)
    paid_in, received = (np.float64(amount) for amount in _totals(fixed))
    paid_in, received = paid_in - np.minimum(drawn, 0).sum(axis=1), received + np.maximum(drawn, 0).sum(axis=1)
    rates = rates_of(days, net)
    growth = np.float64((plan.discount_rate or 0) + 1)
    npv = net @ np.power(growth, [(plan.valuation_day - day).days / YEAR for day in days])
    exposure = -np.cumsum(net, axis=1)
    peak_at = exposure.argmax(axis=1)
    peak = np.maximum(exposure.max(axis=1), 0)
    return paid_in, received, rates.values, rates.is_not_unique, npv, peak, np.where(peak > 0, peak_at, -1)


def _cents(amounts: Array) -> list[Decimal]:
    return [round_money(Decimal(str(amount)), CENT) for amount in amounts.tolist()]


def rates_of(days: Sequence[date], net: npt.ArrayLike) -> Rates:
    """The internal rate of return of every row of `net` (draws × days, days in rising order, one net amount a day)."""
    amounts = np.asarray(net, dtype=np.float64)
    years = np.array([(day - days[0]).days for day in days]) / YEAR
    at_zero, whole = _most_by_total(amounts)
    most = np.minimum(_turns_of(amounts), at_zero)
    many = np.flatnonzero(most > 1)
    if many.size:
        most[many] = np.minimum(most[many], _most_near_a_root(years, amounts[many]))
    values = np.full(len(amounts), np.nan)
    single = np.flatnonzero(most == 1)
    if single.size:
        values[single] = _solve(years, amounts[single], whole[single])
    return Rates(values, np.isfinite(values), most > 1)


def _most_by_total(amounts: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """Norstrøm's bound for each row – rates above zero, at it and below it – and the total."""
    nothing = np.abs(amounts).sum(axis=1, keepdims=True) * NOTHING
    forward = np.cumsum(amounts, axis=1)
    forward[np.abs(forward) <= nothing] = 0
    whole = forward[:, -1:]
    backward = whole - np.column_stack([np.zeros(len(amounts)), forward[:, :-1]])
    return _turns_of(forward) + _turns_of(backward) + (whole[:, 0] == 0), whole[:, 0]


def _most_near_a_root(years: Array, amounts: Array) -> npt.NDArray[np.intp]:
    """Norstrøm's bound seen from another rate than zero: of amounts discounted at a rate, it counts the rates above it
    and below it. It is least close to a root, so it is asked on both sides of the first one on a scale of rates."""
    worths = amounts @ np.power(1 + SCALE, -years[:, None])
    changes = worths[:, 1:] * worths[:, :-1] < 0
    most = np.full(len(amounts), years.size)
    rows = np.flatnonzero(changes.any(axis=1))
    places = changes[rows].argmax(axis=1)
    for beside in (0, 1):
        discounted = amounts[rows] * np.power(1 + SCALE[places + beside], -years[:, None]).T
        most[rows] = np.minimum(most[rows], _most_by_total(discounted)[0])
    return most


def _turns_of(amounts: Array) -> npt.NDArray[np.intp]:
    """Changes of sign in each row; a zero is no sign."""
    turns = np.zeros(len(amounts), dtype=np.intp)
    sign = np.zeros(len(amounts))
    for column in np.sign(amounts).T:
        turns += column * sign < 0
        sign = np.where(column == 0, sign, column)
    return turns


SCALE: Final = np.concatenate([np.linspace(-9 / 10, 1, 191), np.linspace(1, 10, 91)[1:]])
"""Rates between which a root is looked for: one per cent apart up to 100 per cent, then ten."""
NOTHING: Final = 1 / 10**12
"""A running total this small beside the amounts is what floats leave of zero."""
CLOSE: Final = 1 / 10**14
ROUNDS: Final = 200
STEPS: Final = 30


def _solve(years: Array, amounts: Array, whole: Array) -> Array:
    """The rate of each row, of which exactly one fits; NaN where no float can hold it.

    With x = −ln(1 + rate), the rate is where Σ amount × e^(x × years) is nothing. Seen so that the first amount is
    paid, what is received is less than what is paid left of the root, and more on its right. Far enough left the first
    amount outweighs all others, far enough right the last, and the total says on which side of zero the root is: that
    brackets it. Newton's steps on the log of received over paid find it; where a step would leave the bracket, or after
    `STEPS` of them, the bracket is halved instead.
    """
    rows, moves = np.arange(len(amounts)), amounts != 0
    first, last = moves.argmax(axis=1), len(years) - 1 - moves[:, ::-1].argmax(axis=1)
    signed = amounts * -np.sign(amounts[rows, first])[:, None]
    whole = whole * -np.sign(amounts[rows, first])
    paid, received, size = np.maximum(-signed, 0), np.maximum(signed, 0), np.abs(signed)
    moves[rows, first] = False
    second = moves.argmax(axis=1)
    moves[rows, first], moves[rows, last] = True, False
    last_but_one = len(years) - 1 - moves[:, ::-1].argmax(axis=1)
    others = size.sum(axis=1)
    low = -np.log(others / size[rows, first]) / (years[second] - years[first])
    high = np.log(others / size[rows, last]) / (years[last] - years[last_but_one])
    low, high = np.where(whole > 0, low, 0), np.where(whole < 0, high, 0)
    root = (low + high) / 2
    for turn in range(ROUNDS):
        exponents = np.where(size > 0, root[:, None] * years, -np.inf)
        growth = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        minus, plus = (paid * growth).sum(axis=1), (received * growth).sum(axis=1)
        low, high = np.where(plus < minus, root, low), np.where(plus > minus, root, high)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            slope = (received * growth) @ years / plus - (paid * growth) @ years / minus
            step = root - np.log(plus / minus) / slope
        is_inside = (step >= low) & (step <= high) & (turn < STEPS)  # False for NaN
        step = np.where(is_inside, step, np.where(plus == minus, root, (low + high) / 2))
        moved, root = np.abs(step - root), step
        if (moved <= CLOSE * np.maximum(1, np.abs(root))).all():
            break
    with np.errstate(over="ignore"):
        rates = np.expm1(-root)
    return np.where(np.isfinite(rates) & (rates > -1), rates, np.nan)
