"""What an investor sees: capital in and out, to date and over all settlements, and outcomes as one coarse share.

Nothing here lets heads be counted: no count, no metric by itself, no amount of a single settlement.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from actors.policies import Actor, can
from actors.roles import Permission, Role
from contracts.models import Contract, ContractParty
from contracts.policies import holds, roles_of
from outcomes.queries import totals_of
from payments.models import CalculationLine, PaymentOrder
from payments.states import OrderStatus
from reports.queries.amounts import ZERO, Amounts, amounts_of
from rulebook import MIN_CELL

STEP = Fraction(1, 20)  # the share of outcomes is told in steps of five per cent


@dataclass(frozen=True)
class Investment:
    """The investor's side of one contract, to date. None where there is no figure to give."""

    contract: Contract
    currency: str
    committed: Decimal | None
    drawn: Decimal | None
    verified: Decimal | None
    repaid: Decimal | None
    still_possible: Decimal | None
    is_only_computed: bool

    @property
    def expected(self) -> Decimal | None:
        """Verified and not yet repaid: what is owed, whatever happens next."""
        if self.verified is None or self.repaid is None:
            return None
        return self.verified - self.repaid


@dataclass(frozen=True)
class Sums:
    """Sums in one currency over the contracts that are settled here."""

    currency: str
    contracts: int
    committed: Decimal
    drawn: Decimal
    repaid: Decimal
    expected: Decimal
    still_possible: Decimal


def investments_of(
    actor: Actor, contracts: Iterable[Contract], amounts: Mapping[int, Amounts] | None = None
) -> list[Investment]:
    """One row for each contract in which the actor may see the investment. One query beside the amounts'."""
    own = {
        contract.pk: contract
        for contract in contracts
        if can(actor, Permission.VIEW_INVESTMENT, roles_of(actor, contract))
    }
    if not own:
        return []
    amounts = amounts if amounts is not None else amounts_of(own.values())
    parties = [party.pk for contract in own.values() for party in _investing(actor, contract)]
    figures = {row["pk"]: row for row in _figures(own, parties)}
    return [_investment(contract, amounts[pk], figures[pk]) for pk, contract in own.items()]


def _figures(pks: Iterable[int], parties: Iterable[int]) -> QuerySet[Contract, Any]:
    """What was granted and what was paid to these parties, over all settlements of each contract."""

    def total(rows: QuerySet[Any]) -> Subquery:
        of_contract = rows.filter(payee__in=parties, calculation__contract=OuterRef("pk")).order_by()
        return Subquery(of_contract.values("calculation__contract").annotate(total=Sum("amount")).values("total")[:1])

    return Contract.objects.filter(pk__in=list(pks)).values(
        "pk",
        granted=total(CalculationLine.objects.all()),
        repaid=total(PaymentOrder.objects.filter(status=OrderStatus.PAID)),
    )


def investment_in(actor: Actor, contract: Contract) -> tuple[Investment, "Reached"]:
    """The actor's investment in this contract, which `get_contract_for` has given with VIEW_INVESTMENT."""
    amounts = amounts_of([contract])
    return investments_of(actor, [contract], amounts)[0], reached_in(contract, amounts[contract.pk])


def _investing(actor: Actor, contract: Contract) -> list[ContractParty]:
    return [party for party in contract.parties.all() if party.role == Role.INVESTOR and holds(actor, party)]


def _investment(contract: Contract, amounts: Amounts, figures: Mapping[str, Any]) -> Investment:
    only_computed = contract.computed_from_published_facts
    possible = None
    if amounts.at_most is not None and amounts.verified is not None:
        possible = max(ZERO, amounts.at_most - amounts.verified)
    return Investment(
        contract=contract,
        currency=amounts.currency,
        committed=contract.committed_capital,
        drawn=contract.drawn_capital,
        verified=figures["granted"] if only_computed else figures["granted"] or ZERO,
        repaid=None if only_computed else figures["repaid"] or ZERO,
        still_possible=None if only_computed else possible,
        is_only_computed=only_computed,
    )


def sums_of(investments: Iterable[Investment]) -> list[Sums]:
    """The sums per currency; a contract that is only computed has no money to add."""
    by_currency: dict[str, list[Investment]] = {}
    for row in investments:
        if not row.is_only_computed:
            by_currency.setdefault(row.currency, []).append(row)
    return [
        Sums(
            currency=currency,
            contracts=len(rows),
            committed=sum((row.committed or ZERO for row in rows), ZERO),
            drawn=sum((row.drawn or ZERO for row in rows), ZERO),
            repaid=sum((row.repaid or ZERO for row in rows), ZERO),
            expected=sum((row.expected or ZERO for row in rows), ZERO),
            still_possible=sum((row.still_possible or ZERO for row in rows), ZERO),
        )
        for currency, rows in by_currency.items()
    ]


@dataclass(frozen=True)
class Reached:
    """How much of what was planned has been reached over the whole contract, coarse; `hidden` says why not."""

    per_cent: int | None
    hidden: str = ""  # "" | "no_plan" | "few"


def reached_in(contract: Contract, amounts: Amounts) -> Reached:
    """The share of planned outcomes that are verified, to the nearest five per cent.

    Hidden while so few are verified, or planned, that a step of the share could be a handful of persons.
    """
    planned = planned_outcomes(amounts)
    if not planned:
        return Reached(None, "no_plan")
    target = sum(planned.values())
    verified = sum(counts["verified"] for metric, counts in totals_of(contract).items() if metric in planned)
    if verified < MIN_CELL or target * STEP < MIN_CELL:
        return Reached(None, "few")
    steps = round(Fraction(verified, target) / STEP)
    return Reached(min(100, int(steps * STEP * 100)))


def planned_outcomes(amounts: Amounts) -> dict[str, int]:
    """How often each metric that pays per person could be reached by the planned participants, where the terms say."""
    planned = {}
    for metric in amounts.terms.get("metrics", []):
        most = 1 if metric.get("once") else metric.get("at_most")
        if metric.get("level") == "person" and metric.get("role", "payment") == "payment" and most:
            planned[metric["id"]] = int(most) * amounts.planned_participants
    return planned if amounts.planned_participants else {}
