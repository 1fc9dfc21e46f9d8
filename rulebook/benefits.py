"""Who gains what from the outcomes, year by year, beside who pays for them: the business case of every budget.

A gain is volume × unit cost × attribution for each outcome, as in the calculations of social investments that SKR and
the municipal funds describe (SKL & Örebro kommun, Helhet, hållbarhet och resultat, 2017); the horizons of one and five
years and the budgets are those of the reports by payoff and NyttoSam. Indexing and present values are the textbook's
(ASEK; TLV's general advice): the rates are assumptions that the reader can see and change, never constants.

Exact with fractions; `drawn` reads the same gains on arrays of draws. Estimates for a decision, never a payment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import sha256
from itertools import accumulate, pairwise
from typing import Final, Literal

import numpy as np

from rulebook.forecast import Figure
from rulebook.periods import add_time
from rulebook.simulation.algebra import Array
from rulebook.simulation.assumptions import Assumptions
from rulebook.simulation.chunks import Work, in_chunks
from rulebook.simulation.distributions import real
from rulebook.terms import Terms

ZERO, ONE = Fraction(0), Fraction(1)
Years = tuple[Fraction, ...]
"""One amount for each year, the contract's first year first."""
WHOLE: Final = ""
"""The metric of a gain that is for the whole contract, not for each outcome."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What one budget holder is spared or gains every year from `from_year` on, for `years` years.

    `volume`, `unit_cost` and `attribution` are keys of figures; without an attribution all of it counts. With a metric
    the volume is for each outcome reached. A negative volume is a cost that the intervention brings.
    """

    id: str
    holder: str
    label: str
    metric: str
    volume: str
    unit_cost: str
    attribution: str = ""
    from_year: int = 1
    years: int = 1
    is_cashable: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The figures that the gain rests on."""
        return tuple(key for key in (self.volume, self.unit_cost, self.attribution) if key)

    def lasts_in(self, year: int) -> bool:
        return self.from_year <= year < self.from_year + self.years


@dataclass(frozen=True, slots=True)
class Rates:
    """How prices rise and later amounts lose in worth, a year: 0.02 is two per cent."""

    discount: Fraction = ZERO
    index: Fraction = ZERO

    def __post_init__(self) -> None:
        if self.discount <= -1 or self.index <= -1:
            raise ValueError("a rate a year must be above −100 per cent")

    def indexed(self, amount: Fraction, year: int) -> Fraction:
        """amount × (1 + price rise) ^ (year − 1): unit costs are in the prices of the first year.

        >>> Rates(index=Fraction("0.02")).indexed(Fraction(1000), 2)
        Fraction(1020, 1)
        """
        return amount * (1 + self.index) ** (year - 1)

    def present(self, amount: Fraction, year: int) -> Fraction:
        """amount ÷ (1 + discount rate) ^ (year − 1): what it is worth in the first year.

        >>> Rates(discount=Fraction("0.25")).present(Fraction(1000), 2)
        Fraction(800, 1)
        """
        return amount / (1 + self.discount) ** (year - 1)


# --- Gains ---------------------------------------------------------------------------------------------------------


def missing_of(gain: Gain, figures: Mapping[str, Figure], outcomes: Mapping[str, Figure]) -> tuple[str, ...]:
    """The figures without which the gain cannot be reckoned; `metric:<id>` where its outcomes are not expected yet."""
    keys = tuple(key for key in gain.keys if key not in figures)
    is_unknown = gain.metric != WHOLE and gain.metric not in outcomes
    return (*keys, f"metric:{gain.metric}") if is_unknown else keys


def yearly(gain: Gain, figures: Mapping[str, Figure], outcomes: Mapping[str, Figure]) -> Fraction:
    """outcomes × volume × unit cost × attribution: the gain of one year in the prices of the first.

    >>> figures = {"days": Figure(Fraction(30)), "day": Figure(Fraction(5000)), "due": Figure(Fraction("0.6"))}
    >>> gain = Gain("1", "municipality", "Days in care", "home", "days", "day", "due")
    >>> yearly(gain, figures, {"home": Figure(Fraction(10))})
    Fraction(900000, 1)
    """
    amount = ONE if gain.metric == WHOLE else outcomes[gain.metric].value
    for key in gain.keys:
        amount *= figures[key].value
    return amount


def yearly_ends(gain: Gain, figures: Mapping[str, Figure], outcomes: Mapping[str, Figure]) -> tuple[Fraction, Fraction]:
    """The least and the most that a year's gain can be when every figure is somewhere in its range."""
    factors = [figures[key].ends for key in gain.keys]
    if gain.metric != WHOLE:
        factors.append(outcomes[gain.metric].ends)
    low = high = ONE
    for ends in factors:
        corners = [one * end for one in (low, high) for end in ends]
        low, high = min(corners), max(corners)
    return low, high


# --- Accounts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """What one budget gains and pays, year by year, in the money of each year.

    `gross` is in the prices of the first year; `gains` is the same moved by the price rise. `costs` is what the
    intervention brings it besides payments, as amounts above zero. `least` and `most` are the present values of gains
    less costs with every figure at the worse and at the better end of its range.
    """

    holder: str
    gross: Years
    gains: Years
    costs: Years
    cashable: Years
    payments: Years
    rates: Rates
    least: Years
    most: Years

    @property
    def net(self) -> Years:
        """gains − own costs − payments, every year."""
        rows = zip(self.gains, self.costs, self.payments, strict=True)
        return tuple(gain - cost - paid for gain, cost, paid in rows)

    @property
    def cumulative(self) -> Years:
        """The net of all years so far."""
        return tuple(accumulate(self.net))

    @property
    def payback_year(self) -> int | None:
        """The first year from whose end on the net so far is never below nothing again."""
        return payback_year(self.net)

    def present(self, amounts: Sequence[Fraction], years: int | None = None) -> Fraction:
        """What the amounts of the first years are worth in the first: Σ amount ÷ (1 + discount rate) ^ (year − 1)."""
        within = enumerate(amounts[:years], start=1)
        return sum((self.rates.present(amount, year) for year, amount in within), ZERO)

    def net_within(self, years: int) -> Fraction:
        """The present value of the net of so many years."""
        return self.present(self.net, years)


def payback_year(net: Sequence[Fraction]) -> int | None:
    """The first year from whose end on the sum so far is never below zero again; None when it ends below.

    >>> payback_year([Fraction(-10), Fraction(4), Fraction(8)])
    3
    """
    found: int | None = None
    for year, whole in enumerate(accumulate(net), start=1):
        if whole < 0:
            found = None
        elif found is None:
            found = year
    return found


def accounts(
    gains: Iterable[Gain],
    figures: Mapping[str, Figure],
    outcomes: Mapping[str, Figure],
    payments: Mapping[str, Sequence[Fraction]],
    *,
    rates: Rates,
    horizon: int,
) -> dict[str, Account]:
    """The account of every holder that gains or pays, in that order, over so many years.

    `payments` is what each holder is expected to pay every year; years beyond the horizon are left out. A gain whose
    figures are missing is left out too: ask `missing_of` first, and say so. Gains that come to less than nothing are
    costs.
    """
    known = [gain for gain in gains if not missing_of(gain, figures, outcomes)]
    holders = dict.fromkeys([*(gain.holder for gain in known), *payments])
    return {
        holder: _account(
            holder,
            [gain for gain in known if gain.holder == holder],
            figures,
            outcomes,
            payments.get(holder, ()),
            rates,
            horizon,
        )
        for holder in holders
    }


def _account(  # noqa: PLR0917 – the arguments of `accounts`
    holder: str,
    gains: Sequence[Gain],
    figures: Mapping[str, Figure],
    outcomes: Mapping[str, Figure],
    paid: Sequence[Fraction],
    rates: Rates,
    horizon: int,
) -> Account:
    years = range(1, horizon + 1)
    amounts = {gain.id: yearly(gain, figures, outcomes) for gain in gains}
    ends = {gain.id: yearly_ends(gain, figures, outcomes) for gain in gains}

    def each_year(of: Mapping[str, Fraction]) -> Years:
        return tuple(
            sum((of[gain.id] for gain in gains if gain.id in of and gain.lasts_in(year)), ZERO) for year in years
        )

    def moved(amounts: Years) -> Years:
        return tuple(rates.indexed(amount, year) for year, amount in zip(years, amounts, strict=True))

    plus = {key: amount for key, amount in amounts.items() if amount >= 0}
    minus = {key: -amount for key, amount in amounts.items() if amount < 0}
    cashable = {gain.id: plus[gain.id] for gain in gains if gain.is_cashable and gain.id in plus}
    gross = each_year(plus)
    return Account(
        holder=holder,
        gross=gross,
        gains=moved(gross),
        costs=moved(each_year(minus)),
        cashable=moved(each_year(cashable)),
        payments=tuple(paid[year - 1] if year <= len(paid) else ZERO for year in years),
        rates=rates,
        least=moved(each_year({key: low for key, (low, _) in ends.items()})),
        most=moved(each_year({key: high for key, (_, high) in ends.items()})),
    )


# --- Break-even ----------------------------------------------------------------------------------------------------

Answer = Literal["always", "never", "from", "until", "between"]


@dataclass(frozen=True, slots=True)
class BreakEven:
    """At which shares of the expected outcomes gains cover payments and own costs.

    `always` and `never` are answers; `from` a share on, `until` a share, or `between` two.
    """

    answer: Answer
    share: Fraction | None = None
    until: Fraction | None = None


def break_even(points: Sequence[tuple[Fraction, Fraction]]) -> BreakEven:
    """Where the net is not below nothing; `points` are (share of the expected outcomes, net), the least share first.

    Between two points the net is taken to move in a straight line: share = s₁ + (s₂ − s₁) × n₁ ÷ (n₁ − n₂). Where the
    net turns more than once, it is the last stretch that counts. Nothing gained and nothing paid for nothing is no
    answer: a first net of zero is left out.

    >>> break_even([(Fraction(0), Fraction(-50)), (Fraction(1), Fraction(150))])
    BreakEven(answer='from', share=Fraction(1, 4), until=None)
    """
    if len(points) > 1 and points[0][1] == 0:
        points = points[1:]
    nets = [net for _, net in points]
    if all(net >= 0 for net in nets):
        return BreakEven("always")
    if all(net < 0 for net in nets):
        return BreakEven("never")
    turns = [
        (_crossing(before, after), after[1] >= 0)
        for before, after in pairwise(points)
        if (before[1] >= 0) != (after[1] >= 0)
    ]
    share, is_up = turns[-1]
    if is_up:
        return BreakEven("from", share)
    if len(turns) == 1:
        return BreakEven("until", until=share)
    return BreakEven("between", turns[-2][0], share)


def _crossing(before: tuple[Fraction, Fraction], after: tuple[Fraction, Fraction]) -> Fraction:
    (start, net), (end, later) = before, after
    return start + (end - start) * net / (net - later)


# --- Payments ------------------------------------------------------------------------------------------------------


def expected_payments(
    terms: Terms,
    assumptions: Assumptions,
    starts_on: date,
    lag_months: int,
    *,
    draws: int,
    seed: int,
    is_fixed: bool = False,
) -> dict[str, dict[int, Fraction]]:
    """What each payer is expected to pay in each year of the contract: the mean over draws from the assumptions.

    A payment falls in the year of the day that is `lag_months` after the last day of its measurement period; the first
    year begins on `starts_on`. With `is_fixed` only what is paid whatever is measured counts. The mean is given to the
    hundredth of the currency; the draws are a sample.
    """
    work = Work.of(terms, assumptions, draws, seed)
    sums: dict[tuple[str, int], np.float64] = {}
    for _, payments in in_chunks(work.read, work.chunks, 1):
        for paid in payments.paid:
            if is_fixed and paid.line.term.measure is not None:
                continue
            year = year_of(add_time(paid.line.period.ends_on, lag_months, 0), starts_on)
            for place, leg in enumerate(paid.legs):
                key = (leg.payer, year)
                sums[key] = sums.get(key, np.float64(0)) + paid.part(place).sum()
    found: dict[str, dict[int, Fraction]] = {}
    for (payer, year), amount in sorted(sums.items()):
        found.setdefault(payer, {})[year] = Fraction(round(amount / draws * 100), 100)
    return found


def year_of(day: date, starts_on: date) -> int:
    """Which year of the contract the day falls in; days before the first belong to the first.

    >>> year_of(date(2027, 6, 30), date(2026, 7, 1)), year_of(date(2027, 7, 1), date(2026, 7, 1))
    (1, 2)
    """
    whole = day.year - starts_on.year - ((day.month, day.day) < (starts_on.month, starts_on.day))
    return max(whole, 0) + 1


# --- On draws ------------------------------------------------------------------------------------------------------


def drawn(
    gains: Iterable[Gain],
    figures: Mapping[str, Figure],
    draws: int,
    seed: int,
    *,
    reached: Mapping[str, Array],
    rates: Rates,
    horizon: int,
) -> dict[str, Array]:
    """The present value of what each holder gains within the horizon, less its own costs, in every draw.

    `reached` is how many outcomes of each metric every draw has. A figure with a range is drawn from the triangular
    distribution over it, with random numbers that follow from the seed and its key alone: a gain more or less leaves
    the others as they were, and gains that rest on the same figure move together. Gains that miss a figure or an
    outcome are left out, as in `accounts`.
    """
    figured: dict[str, Array] = {}

    def of(key: str) -> Array:
        if key not in figured:
            figured[key] = _drawn_figure(figures[key], key, draws, seed)
        return figured[key]

    found: dict[str, Array] = {}
    for gain in gains:
        if any(key not in figures for key in gain.keys) or (gain.metric != WHOLE and gain.metric not in reached):
            continue
        worth = sum(
            (rates.present(rates.indexed(ONE, year), year) for year in range(1, horizon + 1) if gain.lasts_in(year)),
            ZERO,
        )
        amount = np.full(draws, real(worth)) if gain.metric == WHOLE else reached[gain.metric] * real(worth)
        for key in gain.keys:
            amount = amount * of(key)
        found[gain.holder] = found[gain.holder] + amount if gain.holder in found else amount
    return found


def _drawn_figure(figure: Figure, key: str, draws: int, seed: int) -> Array:
    if not figure.is_range:
        return np.full(draws, real(figure.value))
    own = int.from_bytes(sha256(key.encode()).digest()[:8], "big")
    low, high = figure.ends
    return np.random.default_rng([seed, own]).triangular(real(low), real(figure.value), real(high), draws)
