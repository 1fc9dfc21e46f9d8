"""The three amounts that matter about a contract: at most, verified, paid."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import DecimalField, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from contracts.models import Contract, ContractVersion
from contracts.states import VersionStatus
from outcomes.models import Cohort, Verification
from outcomes.states import Decision, PeriodStatus
from payments.models import Calculation, PaymentOrder
from payments.states import OrderStatus
from rulebook import Rounding, round_money

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Amounts:
    """`at_most` is None when the terms state no cap, or one that rests on a value nobody has verified yet.

    `terms` is the document that the amounts rest on: the agreed one, or before that the open one.
    """

    currency: str
    at_most: Decimal | None
    at_most_rests_on_value: bool
    is_agreed: bool
    verified: Decimal | None
    as_of: date | None
    latest_period: str
    paid: Decimal | None
    is_only_computed: bool
    terms: Mapping[str, Any]
    planned_participants: int

    @property
    def verified_kind(self) -> str:
        """A historical contract's amount is computed from published facts; nobody verified them here."""
        return "computed" if self.is_only_computed else "verified"


def amounts_of(contracts: Iterable[Contract]) -> dict[int, Amounts]:
    """The amounts of every contract given, by pk. One query, and one more where a cap is a share of a metric."""
    by_pk = {contract.pk: contract for contract in contracts}
    rows = list(_figures(by_pk))
    values = _values_of(rows)
    return {row["pk"]: _amounts(row, values, by_pk[row["pk"]]) for row in rows}


def _figures(pks: Iterable[int]) -> QuerySet[Contract, Any]:
    versions = ContractVersion.objects.filter(contract=OuterRef("pk"))
    agreed = versions.filter(status=VersionStatus.AGREED).order_by("-effective_on", "-number")
    latest = Calculation.objects.filter(contract=OuterRef("pk")).order_by("-number")
    paid = (
        PaymentOrder.objects.filter(calculation__contract=OuterRef("pk"), status=OrderStatus.PAID)
        .order_by()
        .values("calculation__contract")
        .annotate(total=Sum("amount"))
    )
    planned = Cohort.objects.filter(contract=OuterRef("pk")).order_by().values("contract").annotate(total=Sum("size"))
    return Contract.objects.filter(pk__in=list(pks)).values(
        "pk",
        agreed_terms=Subquery(agreed.values("terms")[:1]),
        open_terms=Subquery(versions.order_by("-number").values("terms")[:1]),
        verified=Subquery(latest.values("entitled_to_date")[:1]),
        as_of=Subquery(latest.values("as_of")[:1]),
        latest_period=Subquery(latest.values("claim_period__name")[:1]),
        planned=Subquery(planned.values("total")[:1]),
        paid=Coalesce(
            Subquery(paid.values("total")[:1]), ZERO, output_field=DecimalField(max_digits=14, decimal_places=2)
        ),
    )


def _amounts(row: Mapping[str, Any], values: Mapping[tuple[int, str], Decimal], contract: Contract) -> Amounts:
    terms = row["agreed_terms"] or row["open_terms"] or {}
    cap = _cap(terms)
    at_most = _resolved(cap, terms, values, row["pk"])
    is_only_computed = contract.computed_from_published_facts
    return Amounts(
        currency=terms.get("currency", "SEK"),
        at_most=at_most,
        at_most_rests_on_value=cap is not None and at_most is None,
        is_agreed=row["agreed_terms"] is not None,
        verified=row["verified"] if row["verified"] is not None or is_only_computed else ZERO,
        as_of=row["as_of"],
        latest_period=row["latest_period"] or "",
        paid=None if is_only_computed else row["paid"],
        is_only_computed=is_only_computed,
        terms=terms,
        planned_participants=row["planned"] or 0,
    )


def _cap(terms: Mapping[str, Any]) -> Any:
    """The cap of the whole contract as the terms write it: a number, a share of a metric, or None."""
    limits = terms.get("limits") or []
    return next((cap["at_most"] for cap in limits if cap.get("scope") == "contract" and not cap.get("metric")), None)


def _values_of(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[int, str], Decimal]:
    """The last verified value of every metric that a cap is a share of, by contract and metric."""
    caps = [(row["pk"], _cap(row["agreed_terms"] or row["open_terms"] or {})) for row in rows]
    wanted = {(pk, cap["of"]) for pk, cap in caps if isinstance(cap, dict)}
    if not wanted:
        return {}
    verified = (
        Verification.objects.filter(
            observation__claim_period__contract__in={pk for pk, _ in wanted},
            observation__metric__in={metric for _, metric in wanted},
            claim_period__status=PeriodStatus.VERIFIED,
        )
        .exclude(decision=Decision.REJECT)
        .order_by("observation__claim_period__contract", "observation__metric", "-verified_at")
        .distinct("observation__claim_period__contract", "observation__metric")
        .values_list(
            "observation__claim_period__contract", "observation__metric", Coalesce(F("value"), F("observation__value"))
        )
    )
    return {(contract, metric): value for contract, metric, value in verified if metric}


def _resolved(
    cap: Any, terms: Mapping[str, Any], values: Mapping[tuple[int, str], Decimal], contract: int
) -> Decimal | None:
    if cap is None:
        return None
    if not isinstance(cap, dict):
        return round_money(Fraction(str(cap)), Rounding())
    value = values.get((contract, cap["of"]))
    return None if value is None else round_money(Fraction(str(cap["share"])) * Fraction(value), Rounding())
