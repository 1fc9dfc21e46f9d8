"""Who pays and who gains: the calculation of every budget, made from the terms, the register and the benefits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from django.utils.translation import gettext as _

from actors.models import Board, Organisation, OrganisationKind
from actors.roles import Role
from contracts.models import Benefit, Contract, ContractParty
from contracts.queries.register import (
    CALCULATION_SLOTS,
    DISCOUNT_RATE,
    PRICE_INDEX,
    Asked,
    Entry,
    asked_of,
    figures_of,
    reader_language,
    register_of,
    slot_label,
)
from library.states import BudgetHolder
from rulebook import Terms, terms_hash
from rulebook.benefits import (
    WHOLE,
    Account,
    BreakEven,
    Gain,
    Rates,
    accounts,
    break_even,
    expected_payments,
    missing_of,
    yearly,
)
from rulebook.forecast import Figure, expected_outcomes, forecast
from rulebook.periods import add_time
from rulebook.sensitivity import certain
from rulebook.simulate import Assumptions, parse_assumptions
from rulebook.terms import label_of

DRAWS, FEWER_DRAWS, SEED = 2000, 1000, 1
"""The expected payments are a mean over so many draws, and fewer where only a share of the outcomes is reached: enough
for a page, and always the same ones."""
KEPT = 128
"""Answers about expected payments that are kept at hand: the charts ask the same as the page."""
SHARES = tuple(Fraction(quarter, 4) for quarter in range(5))
"""The shares of the expected outcomes at which payments are worked out to find where gains cover them."""
DAYS_A_MONTH = 30
_ZERO = Fraction(0)

_HOLDERS = {
    OrganisationKind.MUNICIPALITY: BudgetHolder.MUNICIPALITY,
    OrganisationKind.REGION: BudgetHolder.REGION,
}
_AGENCIES = {
    "försäkringskassan": BudgetHolder.SOCIAL_INSURANCE,
    "arbetsförmedlingen": BudgetHolder.EMPLOYMENT_SERVICE,
}


def holder_of(organisation: Organisation) -> BudgetHolder:
    """Whose budget an outcome payer draws on."""
    name = organisation.name.lower()
    agency = next((holder for word, holder in _AGENCIES.items() if word in name), BudgetHolder.STATE)
    return _HOLDERS.get(OrganisationKind(organisation.kind), agency)


def holders_of(contract: Contract) -> dict[str, str]:
    """Every outcome payer's name in the terms, and whose budget it draws on."""
    return {party.key: str(holder_of(party.organisation).value) for party in _payers(contract)}


def _payers(contract: Contract) -> list[ContractParty]:
    return [party for party in contract.parties.all() if party.role == Role.OUTCOME_PAYER]


def pocket(holder: str, board: Board | None) -> str:
    """The key of one budget: each board has a pocket of its own, for the gain often falls in another than the cost."""
    return f"{holder}-{board.pk}" if board else holder


def benefits_of(contract: Contract) -> list[Benefit]:
    """Who gains what, in the order it was written. One query."""
    rows = Benefit.objects.filter(contract=contract)
    return list(rows.select_related("volume", "unit_cost", "attribution", "board", "shelf_cost").order_by("pk"))


def gain_of(benefit: Benefit) -> Gain:
    """The benefit as the rulebook reads it, board by board."""
    return Gain(
        id=str(benefit.pk),
        holder=pocket(benefit.holder, benefit.board),
        label=benefit.label,
        metric=benefit.metric,
        volume=benefit.volume.key,
        unit_cost=benefit.unit_cost.key,
        attribution=benefit.attribution.key if benefit.attribution else "",
        from_year=benefit.from_year,
        years=benefit.years,
        is_cashable=benefit.is_cashable,
    )


# --- What is shown -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Missing:
    """Something that the calculation lacks, and where it is mended."""

    text: str
    key: str = ""  # of the assumption to state
    path: str = ""  # otherwise, the address's name


@dataclass(frozen=True)
class BenefitLine:
    """One benefit with what it gives in a year, or what it lacks."""

    benefit: Benefit
    gain: Gain
    entries: tuple[Entry, ...]
    metric: str
    yearly: Fraction | None
    lacks: tuple[str, ...]

    @property
    def last_year(self) -> int:
        return self.benefit.from_year + self.benefit.years - 1

    @property
    def whole_yearly(self) -> Decimal | None:
        """In whole kronor: an estimate has no öre."""
        return None if self.yearly is None else Decimal(round(self.yearly))


@dataclass(frozen=True)
class Budget:
    """One budget's account with the answers that are read first."""

    account: Account
    label: str
    holder: str
    pays: bool
    break_even: BreakEven | None

    def within(self, years: int) -> Fraction:
        return self.account.net_within(years)


@dataclass(frozen=True)
class Calculation:
    """Everything that the pages of the calculation show."""

    contract: Contract
    asked: Asked
    register: dict[str, Entry]
    lines: list[BenefitLine]
    budgets: list[Budget]
    rates: Rates
    horizon: int
    outcomes: Mapping[str, Figure]
    payments: Mapping[str, tuple[Fraction, ...]] | None
    later: Fraction
    is_proportional: bool
    by_holder: Mapping[str, BreakEven]
    together: BreakEven | None
    missing: list[Missing] = field(default_factory=list)

    @property
    def is_anything(self) -> bool:
        return bool(self.budgets)

    @property
    def horizons(self) -> list[int]:
        """The first year, five years, and the contract's own."""
        return sorted({1, 5, self.horizon})

    @property
    def draws(self) -> int:
        return DRAWS

    @property
    def currency(self) -> str:
        return self.asked.terms.currency if self.asked.terms else "SEK"

    @property
    def discount_percent(self) -> Decimal:
        return _decimal(self.rates.discount)

    @property
    def index_percent(self) -> Decimal:
        return _decimal(self.rates.index)

    @property
    def payers(self) -> list[Budget]:
        return [budget for budget in self.budgets if budget.pays]

    def first_day(self, year: int) -> date:
        return add_time(self.contract.starts_on, 12 * (year - 1))

    def whole(self, years: int, holder: str = "") -> Fraction:
        """The present value of the net of all budgets together, or of all boards of one holder."""
        return sum((budget.within(years) for budget in self.budgets if holder in {"", budget.holder}), _ZERO)

    @property
    def divided(self) -> list[tuple[str, str]]:
        """The holders, with their names, that have several budgets here."""
        holders = [budget.holder for budget in self.budgets]
        return [(str(key), str(label)) for key, label in BudgetHolder.choices if holders.count(key) > 1]

    @property
    def used(self) -> list[Entry]:
        """The assumptions that the figures rest on: those the terms ask for, the rates, and those of the benefits."""
        keys = {slot.key for slot in self.asked.slots} | set(CALCULATION_SLOTS)
        keys |= {key for line in self.lines for key in line.gain.keys}
        return [entry for key, entry in self.register.items() if key in keys]


def calculation_of(contract: Contract, register: dict[str, Entry] | None = None) -> Calculation:
    """The calculation as it stands now. Five queries at most, whatever it holds."""
    asked = asked_of(contract)
    register = register_of(contract) if register is None else register
    figures = figures_of(register)
    terms = asked.terms
    horizon = max(contract.design.horizon_years, 1)
    years = max(horizon, 5)
    outcomes = expected_outcomes(terms, figures) if terms else {}
    rates = _rates(figures)
    gains = [(benefit, gain_of(benefit)) for benefit in benefits_of(contract)]
    pockets = _pockets(contract, [benefit for benefit, _gain in gains])
    payments = _Payments(contract, asked, figures, years)
    paid = payments.at(Fraction(1))
    kept = [gain for _benefit, gain in gains if not missing_of(gain, figures, outcomes)]
    found = accounts(kept, figures, outcomes, paid or {}, rates=rates, horizon=years)
    points = _points(kept, figures, outcomes, payments, rates, horizon) if paid is not None else {}
    paying = {key for key, amounts in (paid or {}).items() if any(amounts)}
    payers = dict.fromkeys(pockets[key][1] for key in pockets if key in paying)
    return Calculation(
        contract=contract,
        asked=asked,
        register=register,
        lines=[_line(benefit, gain, register, figures, outcomes, terms) for benefit, gain in gains],
        budgets=[
            Budget(
                found[key],
                label,
                holder,
                key in paying,
                break_even(points[key]) if key in paying else None,
            )
            for key, (label, holder) in pockets.items()
            if key in found
        ],
        rates=rates,
        horizon=horizon,
        outcomes=outcomes,
        payments=paid,
        later=payments.later,
        is_proportional=payments.is_proportional,
        by_holder={
            holder: break_even(_sum_of(points, [key for key in points if pockets[key][1] == holder]))
            for holder in payers
        },
        together=break_even(_sum_of(points, [key for key in points if pockets[key][1] in payers])) if payers else None,
        missing=_missing(asked, register, gains, payments),
    )


def _decimal(share: Fraction) -> Decimal:
    return Decimal(share.numerator) / Decimal(share.denominator)


def _rates(figures: Mapping[str, Figure]) -> Rates:
    """The rates that are stated; what is not stated counts as none, and is listed as missing."""
    discount, index = (figures[key].value if key in figures else _ZERO for key in (DISCOUNT_RATE, PRICE_INDEX))
    return Rates(max(discount, Fraction(-99, 100)), max(index, Fraction(-99, 100)))


def _pockets(contract: Contract, benefits: list[Benefit]) -> dict[str, tuple[str, str]]:
    """Every budget that pays or gains, in the order of the holders: its name, and whose it is."""
    found: dict[str, tuple[str, str]] = {}
    names = dict(BudgetHolder.choices)
    rows = [(str(holder_of(party.organisation).value), party.board) for party in _payers(contract)]
    rows += [(benefit.holder, benefit.board) for benefit in benefits]
    order = list(BudgetHolder.values)
    divided = {holder for holder, board in rows if board}
    for holder, board in sorted(rows, key=lambda row: (order.index(row[0]), row[1] is None, str(row[1]))):
        name = str(names[holder])
        whole = _("%(holder)s, no board named") % {"holder": name} if holder in divided else name
        found[pocket(holder, board)] = (str(board) if board else whole, holder)
    return found


def _line(  # noqa: PLR0917 – what `calculation_of` has at hand
    benefit: Benefit,
    gain: Gain,
    register: Mapping[str, Entry],
    figures: Mapping[str, Figure],
    outcomes: Mapping[str, Figure],
    terms: Terms | None,
) -> BenefitLine:
    lacks = tuple(_lack(what, benefit, terms) for what in missing_of(gain, figures, outcomes))
    entries = tuple(register[key] for key in gain.keys if key in register)
    amount = None if lacks else yearly(gain, figures, outcomes)
    return BenefitLine(benefit, gain, entries, metric_label(gain.metric, terms), amount, lacks)


def _lack(what: str, benefit: Benefit, terms: Terms | None) -> str:
    if not what.startswith("metric:"):
        return _("The assumption «%(key)s» is not in the register.") % {"key": what}
    name = what.removeprefix("metric:")
    if terms is None or name not in terms.metric_by_id:
        return _("The terms have no metric «%(metric)s».") % {"metric": name}
    label = metric_label(name, terms)
    if terms.metric_by_id[name].level != "person":
        return _("«%(metric)s» is not counted in persons. Choose the whole contract instead.") % {"metric": label}
    return _("It is not stated how many reach «%(metric)s».") % {"metric": label}


def metric_label(metric: str, terms: Terms | None) -> str:
    """The metric's name in the reader's language; for the whole contract, nothing."""
    if metric == WHOLE or terms is None or metric not in terms.metric_by_id:
        return metric
    return label_of(terms.metric_by_id[metric], reader_language())


def _missing(
    asked: Asked, register: Mapping[str, Entry], gains: Iterable[tuple[Benefit, Gain]], payments: _Payments
) -> list[Missing]:
    found: list[Missing] = []
    if asked.version is None or asked.terms is None:
        text = _("The terms do not hold together yet, so no payments can be reckoned.")
        found.append(Missing(text, path="contracts:contract_terms"))
    for slot in asked.slots:
        if slot.is_needed and slot.key not in register:
            found.append(Missing(slot_label(slot), key=slot.key))
    for key, (label, _unit, _why) in CALCULATION_SLOTS.items():
        if key not in register:
            text = _("%(rate)s: nothing is stated, so it counts as 0 per cent") % {"rate": label}
            found.append(Missing(text, key=key))
    found += [Missing(text, path="contracts:assumptions") for text in payments.problems]
    if not any(True for _gain in gains):
        found.append(Missing(_("Nobody is said to gain anything yet."), path="contracts:benefit_add"))
    if payments.is_drawn and not payments.has_payers:
        found.append(
            Missing(
                _("No payer of the terms is an outcome payer among the parties."), path="contracts:contract_parties"
            )
        )
    return found


# --- Payments ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Question:
    """Everything that decides the expected payments, by hashes; two questions with the same ones are the same."""

    asked: tuple[str, str, date, int, int, bool]
    terms: Terms = field(compare=False)
    assumptions: Assumptions = field(compare=False)


@lru_cache(maxsize=KEPT)
def _answer(question: _Question) -> dict[str, dict[int, Fraction]]:
    _terms, _assumptions, starts_on, lag_months, draws, is_fixed = question.asked
    return expected_payments(
        question.terms, question.assumptions, starts_on, lag_months, draws=draws, seed=SEED, is_fixed=is_fixed
    )


class _Payments:
    """What every budget is expected to pay each year, when a share of the expected outcomes is reached."""

    def __init__(self, contract: Contract, asked: Asked, figures: Mapping[str, Figure], years: int) -> None:
        self.contract, self.terms, self.years = contract, asked.terms, years
        self.figures = certain(figures)  # as the gains: what is assumed, not the whole range of it
        payers = _payers(contract)
        self.pockets = {party.key: pocket(str(holder_of(party.organisation).value), party.board) for party in payers}
        self.problems: list[str] = []
        self.later = _ZERO
        self._found: dict[Fraction, dict[str, tuple[Fraction, ...]] | None] = {}
        self._whole = self._assumptions(self.figures)
        self.is_proportional = self._whole is not None and bool(self._whole.measured)

    @property
    def is_drawn(self) -> bool:
        return self._whole is not None

    @property
    def has_payers(self) -> bool:
        return bool(self.at(Fraction(1)))

    @property
    def lag_months(self) -> int:
        """Months from the end of a period to its payment: as assumed, or else as the schedule allows."""
        lag = self.figures.get("cash.lag_months")
        design = self.contract.design
        days = design.report_within_days + design.verify_within_days + design.pay_within_days
        return max(round(lag.value), 0) if lag is not None else round(days / DAYS_A_MONTH)

    def _assumptions(self, figures: Mapping[str, Figure]) -> Assumptions | None:
        """What the register says may happen; None while something is missing or does not fit."""
        if self.terms is None:
            return None
        made = forecast(self.terms, figures, (self.contract.starts_on, self.contract.ends_on))
        if made.missing:
            return None
        assumptions, problems = parse_assumptions(made.document, self.terms)
        wrong = [*(one for one in made.problems if one.code != "not_forecast"), *problems]
        self.problems += [one.message(reader_language()) for one in (*made.problems, *problems)]
        return None if wrong else assumptions

    def at(self, share: Fraction) -> dict[str, tuple[Fraction, ...]] | None:
        """By holder and year; None while they cannot be reckoned."""
        if share not in self._found:
            self._found[share] = self._at(share)
        return self._found[share]

    def _at(self, share: Fraction) -> dict[str, tuple[Fraction, ...]] | None:
        if self._whole is None or self.terms is None:
            return None
        if share == 1:
            return self._drawn(self._whole, self.terms)
        if self.is_proportional:
            whole, fixed = self.at(Fraction(1)) or {}, self._fixed()
            return {
                holder: tuple(
                    still + share * (amount - still)
                    for amount, still in zip(amounts, fixed.get(holder, (_ZERO,) * self.years), strict=True)
                )
                for holder, amounts in whole.items()
            }
        problems = list(self.problems)
        assumptions = self._assumptions(self._scaled(share))
        self.problems = problems
        return self._drawn(assumptions, self.terms, draws=FEWER_DRAWS) if assumptions else None

    def _scaled(self, share: Fraction) -> dict[str, Figure]:
        """The figures when only a share of the expected outcomes is reached: fewer reach the first of each chain."""
        first = [metric.id for metric in self.terms.metrics if not metric.after] if self.terms else []
        figures = dict(self.figures)
        for key in (f"outcome.{metric}.share" for metric in first):
            if key in figures:
                figures[key] = Figure(figures[key].value * share)
        return figures

    def _fixed(self) -> dict[str, tuple[Fraction, ...]]:
        """What is paid whatever the outcomes are."""
        assert self._whole is not None and self.terms is not None  # noqa: S101, PT018
        return self._drawn(self._whole, self.terms, is_fixed=True)

    def _drawn(
        self, assumptions: Assumptions, terms: Terms, *, draws: int = DRAWS, is_fixed: bool = False
    ) -> dict[str, tuple[Fraction, ...]]:
        question = _Question(
            (terms_hash(terms.document), assumptions.hash, self.contract.starts_on, self.lag_months, draws, is_fixed),
            terms,
            assumptions,
        )
        paid = _answer(question)
        found: dict[str, list[Fraction]] = {}
        later = _ZERO
        for payer, by_year in paid.items():
            holder = self.pockets.get(payer)
            if holder is None:
                continue
            amounts = found.setdefault(holder, [_ZERO] * self.years)
            for year, amount in by_year.items():
                if year <= self.years:
                    amounts[year - 1] += amount
                else:
                    later += amount
        if not is_fixed and assumptions is self._whole:
            self.later = later
        return {holder: tuple(amounts) for holder, amounts in found.items()}


def _points(  # noqa: PLR0917 – what `calculation_of` has at hand
    gains: list[Gain],
    figures: Mapping[str, Figure],
    outcomes: Mapping[str, Figure],
    payments: _Payments,
    rates: Rates,
    horizon: int,
) -> dict[str, list[tuple[Fraction, Fraction]]]:
    """Every holder's net at each share of the expected outcomes, over the contract's own horizon.

    Gains follow the share, also those for the whole contract; what the intervention costs a budget besides does not.
    """
    reached: list[tuple[Fraction, dict[str, Account]]] = []
    costs = {gain.id for gain in gains if gain.metric == WHOLE and yearly(gain, figures, outcomes) < 0}
    for share in SHARES:
        paid = payments.at(share)
        if paid is None:
            return {}
        fewer = {metric: Figure(figure.value * share) for metric, figure in outcomes.items()}
        scaled = [gain if gain.id in costs else replace(gain, metric=gain.metric or _PART) for gain in gains]
        units = fewer | {_PART: Figure(share)}
        reached.append((share, accounts(scaled, figures, units, paid, rates=rates, horizon=horizon)))
    return {
        holder: [(share, at[holder].net_within(horizon) if holder in at else _ZERO) for share, at in reached]
        for holder in dict.fromkeys(holder for _share, at in reached for holder in at)
    }


_PART = "·"
"""Stands for the whole contract's gain as something that a share of can be reached."""


def _sum_of(
    points: Mapping[str, list[tuple[Fraction, Fraction]]], holders: Iterable[str]
) -> list[tuple[Fraction, Fraction]]:
    rows = [points[holder] for holder in holders]
    return [(row[0][0], sum((net for _share, net in row), _ZERO)) for row in zip(*rows, strict=True)]
