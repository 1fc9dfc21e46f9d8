"""The settlement statement (ersättningsunderlag): what was verified, how every amount was worked out, and who attested.

Everything is read from what was stored when the period was computed; nothing is computed again here.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from django.db.models import Count, Max, Min, OuterRef, Prefetch, QuerySet, Subquery
from django.utils.translation import gettext as _

from actors.policies import Actor, NotVisible
from actors.roles import Permission, Role
from contracts.models import Contract, ContractParty
from contracts.queries import agreed_versions, get_contract_for
from contracts.snapshot import terms_of
from outcomes.models import ClaimPeriod, PeriodStatusChange, Verification
from outcomes.states import Decision, PeriodAct
from payments.models import Attestation, Calculation, CalculationLine, LedgerEntry, PaymentOrder
from payments.states import OrderAct, OrderStatus
from reports.definitions import statement_data as say
from reports.queries.workings import Language, Working, cap_words, said_working
from rulebook import Terms
from rulebook.terms import label_of

TEMPLATE = "reports/settlement_statement_print.html"
STYLESHEET = "css/paper.css"
AUDITED: tuple[str, ...] = ("period",)
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Params:
    """Which settlement, in which language, and whether its payment orders belong to what the reader may see."""

    contract: str
    period: str
    language: str = "sv"
    with_orders: bool = False


def title(params: Params) -> str:
    return _("Settlement statement %(contract)s %(period)s") % {"contract": params.contract, "period": params.period}


def file_stem(params: Params) -> tuple[str, ...]:
    return _("settlement-statement"), params.contract, params.period


def attached(data: say.Statement) -> None:
    """Its data, and nothing else."""


def build(actor: Actor | None, params: Params, as_of: datetime) -> say.Statement:
    """The statement of one computed claim period. NotVisible when there is no such calculation."""
    return build_for(_contract(actor, params), params, as_of)


def build_for(contract: Contract, params: Params, as_of: datetime) -> say.Statement:
    """The same, for a contract that `get_contract_for` has given with VIEW_WORKING."""
    period = _period(contract, params.period)
    calculation: Calculation = period.calculation
    language = cast(Language, params.language)
    terms = {version.number: terms_of(version) for version in agreed_versions(contract)}
    names = _Names(contract, list(terms.values()), language)
    counted, counted_again, measured, verifiers = _verified(period, names)
    lines = _lines(calculation, terms, names, language)
    return say.Statement(
        contract_code=contract.code,
        contract_name=contract.name,
        is_invented=contract.is_invented,
        is_only_computed=contract.computed_from_published_facts,
        period=period.name,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        as_of=as_of,
        facts_as_of=calculation.as_of,
        currency=calculation.currency,
        reported_at=period.reported_at,
        reported_by=period.reported_by_name or "",  # type: ignore[attr-defined]
        verified_at=period.verified_at,
        verified_by=period.verified_by_name or "",  # type: ignore[attr-defined]
        parties=tuple(
            say.Party(party.role_label, str(party), party.organisation.formatted_number) for party in names.parties
        ),
        counted=counted,
        counted_again=counted_again,
        measured=measured,
        verifiers=verifiers,
        lines=lines,
        caps=_caps(calculation, terms, language),
        payers=_payers(calculation, lines, names),
        entitled_to_date=calculation.entitled_to_date,
        granted_before=calculation.entitled_to_date - calculation.total,
        due_now=calculation.total,
        orders=_orders(calculation, names, as_of) if params.with_orders else None,
        calculation=str(calculation.pk),
        computed_at=calculation.computed_at,
        rulebook_version=calculation.rulebook_version,
        inputs_hash=calculation.inputs_hash,
        result_hash=calculation.result_hash,
        versions=tuple(
            say.AgreedVersion(used["number"], date.fromisoformat(used["effective_on"]), used["document_hash"])
            for used in calculation.inputs["versions"]
        ),
    )


def _contract(actor: Actor | None, params: Params) -> Contract:
    if actor is not None:
        return get_contract_for(actor, params.contract, Permission.VIEW_WORKING)
    return Contract.objects.prefetch_related("parties__organisation", "parties__board").get(code=params.contract)


def _period(contract: Contract, name: str) -> ClaimPeriod:
    def who(act: PeriodAct) -> Subquery:
        moves = PeriodStatusChange.objects.filter(claim_period=OuterRef("pk"), act=act).order_by("-at")
        return Subquery(moves.values("user__name")[:1])

    period = (
        ClaimPeriod.objects.filter(contract=contract, name=name, calculation__isnull=False)
        .select_related("calculation")
        .annotate(reported_by_name=who(PeriodAct.REPORT), verified_by_name=who(PeriodAct.VERIFY))
        .first()
    )
    if period is None:
        raise NotVisible
    return period


class _Names:
    """What things are called in the reader's language."""

    def __init__(self, contract: Contract, terms: list[Terms], language: Language) -> None:
        self.parties: list[ContractParty] = sorted(contract.parties.all(), key=_by_role)
        self.party_by_pk = {party.pk: str(party) for party in self.parties}
        self.party_by_key = {party.key: str(party) for party in self.parties}
        self._metrics = {m.id: label_of(m, language) for each in terms for m in each.metrics}
        self._cohorts = {c.id: label_of(c, language) for each in terms for c in each.cohorts}
        self._terms = {
            term.id: label_of(term, language) if term.sv or term.en else self.metric(term.metric or term.id)
            for each in terms
            for term in each.terms
        }

    def metric(self, key: str) -> str:
        return self._metrics.get(key, key)

    def cohort(self, key: str) -> str:
        return self._cohorts.get(key, key)

    def term(self, key: str) -> str:
        return self._terms.get(key, key)


def _by_role(party: ContractParty) -> tuple[int, str]:
    return list(Role).index(Role(party.role)), party.key


def _verified(
    period: ClaimPeriod, names: _Names
) -> tuple[tuple[say.Counted, ...], tuple[say.Counted, ...], tuple[say.Measured, ...], tuple[say.Verifier, ...]]:
    """Counts per metric for the period's own claims and for earlier ones decided on again, values, and verifiers."""
    rows = list(_decisions(period))
    own = [row for row in rows if row["claim__metric"] and row["claim__claim_period"] == period.pk]
    again = [row for row in rows if row["claim__metric"] and row["claim__claim_period"] != period.pk]
    measured = tuple(
        say.Measured(
            metric=names.metric(row["observation__metric"]),
            cohort=names.cohort(row["observation__cohort__key"] or ""),
            period=row["observation__measurement_period"],
            reported=row["observation__value"],
            verified=None
            if row["decision"] == Decision.REJECT
            else row["value"]
            if row["decision"] == Decision.ADJUST
            else row["observation__value"],
            decision=str(Decision(row["decision"]).label),
        )
        for row in rows
        if row["observation__metric"]
    )
    return _counted(own, names), _counted(again, names), measured, _verifiers(rows)


def _decisions(period: ClaimPeriod) -> QuerySet[Verification, Any]:
    """The latest decision on each thing in this period's verification, counted together where they are alike."""
    made = Verification.objects.filter(claim_period=period)
    latest = made.order_by("claim", "observation", "-verified_at", "-pk").distinct("claim", "observation")
    return (
        Verification.objects.filter(pk__in=latest.values("pk"))
        .values(
            "claim__metric",
            "claim__claim_period",
            "observation__metric",
            "observation__cohort__key",
            "observation__measurement_period",
            "observation__value",
            "value",
            "decision",
            "verified_by__name",
            "verified_for__name",
        )
        .annotate(count=Count("pk"), first_at=Min("verified_at"), last_at=Max("verified_at"))
        .order_by("claim__metric", "observation__metric", "observation__measurement_period", "observation__cohort__key")
    )


def _counted(rows: Iterable[dict[str, Any]], names: _Names) -> tuple[say.Counted, ...]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        counts[row["claim__metric"]][row["decision"]] += row["count"]
    return tuple(
        say.Counted(
            metric=names.metric(metric),
            reported=sum(by.values()),
            accepted=by[Decision.ACCEPT],
            adjusted=by[Decision.ADJUST],
            rejected=by[Decision.REJECT],
        )
        for metric, by in counts.items()
    )


def _verifiers(rows: Iterable[dict[str, Any]]) -> tuple[say.Verifier, ...]:
    by_person: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_person[row["verified_by__name"], row["verified_for__name"]].append(row)
    return tuple(
        say.Verifier(
            name=name,
            organisation=organisation,
            decisions=sum(row["count"] for row in made),
            first_at=min(row["first_at"] for row in made),
            last_at=max(row["last_at"] for row in made),
        )
        for (name, organisation), made in sorted(by_person.items())
    )


def _lines(
    calculation: Calculation, terms: dict[int, Terms], names: _Names, language: Language
) -> tuple[say.Line, ...]:
    """The stored lines, those of one term, period and cohort together, each with the working that the trace holds."""
    workings: dict[tuple[str, str, str], list[Working]] = defaultdict(list)
    for line in calculation.entitlement["lines"]:
        key = line["term"], line["period"], line["cohort"] or ""
        workings[key].append(said_working(line, terms[line["version"]], language))
    grouped: dict[tuple[str, str, str], list[CalculationLine]] = defaultdict(list)
    for row in calculation.lines.order_by("ordinal"):
        grouped[row.term, row.measurement_period, row.cohort].append(row)
    return tuple(
        _line(number, key, rows, tuple(workings[key]), names)
        for number, (key, rows) in enumerate(sorted(grouped.items(), key=_new_first), start=1)
    )


def _new_first(group: tuple[tuple[str, str, str], list[CalculationLine]]) -> bool:
    """What is new is told first, corrections after it; otherwise in the stored order."""
    return any(row.kind != CalculationLine.Kind.NEW for row in group[1])


def _line(
    number: int, key: tuple[str, str, str], rows: list[CalculationLine], workings: tuple[Working, ...], names: _Names
) -> say.Line:
    kinds = {row.kind for row in rows}
    kind = CalculationLine.Kind(kinds.pop()) if len(kinds) == 1 else CalculationLine.Kind.CORRECTION
    return say.Line(
        number=number,
        kind=kind.value,
        kind_label=str(kind.label),
        term=names.term(key[0]),
        period=key[1],
        cohort=names.cohort(key[2]),
        workings=workings,
        shares=tuple(
            say.Share(
                payer=names.party_by_pk[row.payer_id],
                payee=names.party_by_pk[row.payee_id],
                entitled=row.entitled,
                granted_before=row.granted_before,
                amount=row.amount,
            )
            for row in rows
        ),
        entitled=sum((row.entitled for row in rows), ZERO),
        granted_before=sum((row.granted_before for row in rows), ZERO),
        amount=sum((row.amount for row in rows), ZERO),
    )


def _caps(calculation: Calculation, terms: dict[int, Terms], language: Language) -> tuple[say.Cap, ...]:
    """Every cap that took something, in the order of the terms, with what it has taken to date."""
    taken: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    for line in calculation.entitlement["lines"]:
        for each in line["taken"]:
            taken[line["version"], each["limit"]] += Decimal(each["amount"])
    caps: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for (version, name), amount in taken.items():
        caps[cap_words(terms[version], name, language)] += amount
    return tuple(say.Cap(name=name, at_most=at_most, taken=amount) for (name, at_most), amount in caps.items())


def _payers(calculation: Calculation, lines: tuple[say.Line, ...], names: _Names) -> tuple[say.PayerTotal, ...]:
    """Per payer: entitlement to date by the trace, due now by the stored lines, and what lies between them."""
    entitled: dict[str, Decimal] = defaultdict(lambda: ZERO)
    due: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in calculation.entitlement["lines"]:
        for share in line["shares"]:
            entitled[names.party_by_key.get(share["payer"], share["payer"])] += Decimal(share["amount"])
    for said in lines:
        for part in said.shares:
            due[part.payer] += part.amount
    return tuple(
        say.PayerTotal(
            payer=payer, entitled=entitled[payer], granted_before=entitled[payer] - due[payer], amount=due[payer]
        )
        for payer in dict.fromkeys([*entitled, *due])
    )


def _orders(calculation: Calculation, names: _Names, as_of: datetime) -> tuple[say.Order, ...]:
    """The payment orders with who attested, as of the moment of the statement."""
    attestations = Attestation.objects.filter(at__lte=as_of).select_related("user").order_by("at", "pk")
    orders = (
        PaymentOrder.objects.filter(calculation=calculation, ordered_at__lte=as_of)
        .annotate(
            decided_entry=_entry(LedgerEntry.Event.DECIDED, as_of),
            paid_entry=_entry(LedgerEntry.Event.PAID, as_of),
            paid_by=_entry(LedgerEntry.Event.PAID, as_of, "user__name"),
            paid_at=_entry(LedgerEntry.Event.PAID, as_of, "at"),
        )
        .prefetch_related(Prefetch("attestations", queryset=attestations))
        .order_by("ordered_at", "pk")
    )
    return tuple(
        say.Order(
            payer=names.party_by_pk[order.payer_id],
            payee=names.party_by_pk[order.payee_id],
            amount=order.amount,
            due_on=order.due_on,
            reference=order.reference,
            status=str(_status(order).label),
            attested=_all_who_attested(order),
            paid_on=order.paid_on if order.paid_entry else None,
            ledger_references=tuple(str(entry) for entry in (order.decided_entry, order.paid_entry) if entry),
        )
        for order in orders
    )


def _entry(event: LedgerEntry.Event, as_of: datetime, column: str = "pk") -> Subquery:
    return Subquery(LedgerEntry.objects.filter(order=OuterRef("pk"), event=event, at__lte=as_of).values(column)[:1])


def _all_who_attested(order: Any) -> tuple[say.Attested, ...]:
    made = [say.Attested(_attested(OrderAct(row.kind)), row.user.name, row.at) for row in order.attestations.all()]
    if order.paid_entry:
        made.append(say.Attested(_("Confirmed as paid"), order.paid_by, order.paid_at))
    return tuple(made)


AFTER = {
    OrderAct.ORDER: OrderStatus.PREPARED,
    OrderAct.REVIEW: OrderStatus.REVIEWED,
    OrderAct.DECIDE: OrderStatus.DECIDED,
    OrderAct.REFUSE: OrderStatus.REFUSED,
}


def _status(order: Any) -> OrderStatus:
    """The order's status as of the moment of the statement, from what had been attested and booked by then."""
    if order.paid_entry:
        return OrderStatus.PAID
    acts = [OrderAct(made.kind) for made in order.attestations.all()]
    return AFTER[acts[-1]] if acts else OrderStatus.PREPARED


def _attested(act: OrderAct) -> str:
    return {
        OrderAct.ORDER: _("Ordered"),
        OrderAct.REVIEW: _("Reviewed"),
        OrderAct.DECIDE: _("Decided"),
        OrderAct.REFUSE: _("Refused"),
    }.get(act, str(act.label))
