"""A contract at a glance: whose turn it is, outcomes against what was planned, and what is said of its background."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from actors.policies import Actor, can
from actors.roles import Permission
from contracts.models import Contract, Statement
from contracts.policies import roles_of
from contracts.queries import agreed_versions
from contracts.snapshot import terms_of
from contracts.states import ContractStatus
from outcomes.models import ClaimPeriod
from outcomes.queries import shown_counts, totals_for
from outcomes.states import PeriodStatus
from payments.models import Calculation
from reports.queries.amounts import Amounts, amounts_of
from reports.queries.investment import planned_outcomes
from reports.queries.workings import Language, SaidLine, said_lines

TONES = {
    Statement.Kind.PUBLISHED: "success",
    Statement.Kind.COMPUTED: "info",
    Statement.Kind.UNCERTAIN: "warning",
    Statement.Kind.INVENTED: "neutral",
}


@dataclass(frozen=True)
class Reached:
    """One metric over the whole contract: verified against planned. None: hidden, or not planned."""

    name: str
    reported: int | None
    verified: int | None
    planned: int | None


@dataclass(frozen=True)
class Said:
    """A statement about the background, with its kind and source."""

    kind: str
    label: str
    tone: str
    text: str
    source: str
    source_url: str


@dataclass(frozen=True)
class Overview:
    amounts: Amounts
    turn: str
    period: ClaimPeriod | None
    reached: list[Reached]
    sees_totals: bool
    said: list[Said]
    computed: list[SaidLine]
    computed_as_of: date | None


def overview_of(actor: Actor, contract: Contract, today: date) -> Overview:
    """Everything the overview shows. `contract` comes from `get_contract_for`."""
    is_historical = contract.computed_from_published_facts
    sees_totals = bool(can(actor, Permission.VIEW_TOTALS, roles_of(actor, contract)))
    period = None if is_historical else _period_now(contract, today)
    calculation = contract.calculations.order_by("-number").first() if is_historical else None
    amounts = amounts_of([contract])[contract.pk]
    return Overview(
        amounts=amounts,
        turn=_turn(contract, period),
        period=period,
        reached=_reached(actor, contract, amounts) if sees_totals and not is_historical else [],
        sees_totals=sees_totals,
        said=_said(contract),
        computed=_computed(contract, calculation) if calculation else [],
        computed_as_of=calculation.as_of if calculation else None,
    )


def _period_now(contract: Contract, today: date) -> ClaimPeriod | None:
    """The oldest period that is not finished, or else the last one."""
    periods = list(
        contract.claim_periods.select_related("calculation")
        .defer("calculation__inputs", "calculation__entitlement")
        .order_by("starts_on")
    )
    waiting = [period for period in periods if period.status != PeriodStatus.VERIFIED and period.starts_on <= today]
    return waiting[0] if waiting else periods[-1] if periods else None


BEFORE_AND_AFTER = {
    ContractStatus.DRAFT: gettext_lazy("The outcome payer is drafting the contract and its terms."),
    ContractStatus.PROPOSED: gettext_lazy("The terms are proposed. Every party is to accept them or return them."),
    ContractStatus.AGREED: gettext_lazy("All parties have agreed. The outcome payer can start the contract."),
    ContractStatus.CLOSED: gettext_lazy("The contract has ended. Nothing waits to be done."),
    ContractStatus.TERMINATED: gettext_lazy("The contract has ended. Nothing waits to be done."),
}
IN_A_PERIOD = {
    PeriodStatus.OPEN: gettext_lazy("The service provider is to report the outcomes of %(period)s."),
    PeriodStatus.REPORTED: gettext_lazy("The verifier is to decide on the outcomes of %(period)s."),
}


def _turn(contract: Contract, period: ClaimPeriod | None) -> str:
    """Whose turn it is, in one sentence."""
    sentence = BEFORE_AND_AFTER.get(ContractStatus(contract.status))
    if sentence:
        return str(sentence)
    if period is None:
        return _("No claim period is open yet.")
    name = {"period": period.name}
    if period.status in IN_A_PERIOD:
        return str(IN_A_PERIOD[PeriodStatus(period.status)]) % name
    if not hasattr(period, "calculation"):
        return _("The settlement of %(period)s is being computed.") % name
    return _("%(period)s is verified and computed. The outcome payer orders, reviews and decides the payment.") % name


def _reached(actor: Actor, contract: Contract, amounts: Amounts) -> list[Reached]:
    planned = planned_outcomes(amounts)
    totals = totals_for(actor, contract)
    rows = []
    for metric in amounts.terms.get("metrics", []):
        if metric.get("level") != "person":
            continue
        counts = totals.get(metric["id"]) or {"reported": 0, "verified": 0, "rejected": 0}
        shown = shown_counts(actor, contract, counts)
        rows.append(Reached(_name(metric), shown["reported"], shown["verified"], planned.get(metric["id"])))
    return rows


def _name(labelled: Mapping[str, Any]) -> str:
    first, second = ("en", "sv") if get_language() == "en" else ("sv", "en")
    return str(labelled.get(first) or labelled.get(second) or labelled["id"])


def _said(contract: Contract) -> list[Said]:
    in_english = get_language() == "en"
    return [
        Said(
            kind=row.kind,
            label=row.get_kind_display(),
            tone=TONES[Statement.Kind(row.kind)],
            text=row.text_en if in_english else row.text_sv,
            source=row.source,
            source_url=row.source_url,
        )
        for row in contract.statements.order_by("ordinal")
    ]


def _computed(contract: Contract, calculation: Calculation) -> list[SaidLine]:
    """The working of a historical contract: its facts are public, so everybody who sees the contract sees it."""
    language: Language = "en" if get_language() == "en" else "sv"
    terms = {version.number: terms_of(version) for version in agreed_versions(contract)}
    return said_lines(calculation.entitlement, terms, language)
