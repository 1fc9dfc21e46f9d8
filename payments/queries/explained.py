"""A settlement explained: what was verified, how each line was worked out, which caps took what, who pays how much.

Everything is read from what was stored when the period was computed; nothing is computed again here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Count
from django.utils.translation import get_language

from contracts.models import Contract, ContractParty
from contracts.snapshot import versions_of
from outcomes.models import ClaimPeriod, Verification
from outcomes.states import Decision
from payments.models import Calculation, CalculationLine
from rulebook import Terms, Working, working
from rulebook.terms import Limit, label_of
from rulebook.wording import limit_amount, limit_name, spoken

ZERO = Decimal("0.00")
Language = Literal["sv", "en"]


@dataclass(frozen=True)
class Counted:
    """How the claims on one metric were decided in the period's verification."""

    metric: str
    accepted: int
    adjusted: int
    rejected: int


@dataclass(frozen=True)
class Measured:
    """A measured value that was decided on in the period's verification."""

    metric: str
    cohort: str
    period: str
    value: Decimal
    decision: str


@dataclass(frozen=True)
class Share:
    """One payer's part of a line."""

    payer: ContractParty
    payee: ContractParty
    entitled: Decimal
    granted_before: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Line:
    """One term in one measurement period, for all its payers, with its working (several where the terms changed)."""

    term: str
    period: str
    cohort: str
    kind: str
    workings: list[Working]
    shares: list[Share]

    @property
    def is_correction(self) -> bool:
        return self.kind != CalculationLine.Kind.NEW

    @property
    def kind_label(self) -> str:
        return str(CalculationLine.Kind(self.kind).label)

    @property
    def entitled(self) -> Decimal:
        return sum((share.entitled for share in self.shares), ZERO)

    @property
    def granted_before(self) -> Decimal:
        return sum((share.granted_before for share in self.shares), ZERO)

    @property
    def amount(self) -> Decimal:
        return sum((share.amount for share in self.shares), ZERO)


@dataclass(frozen=True)
class Cap:
    """A limit of the terms, and what it has taken to date from what would otherwise be owed."""

    name: str
    at_most: str
    taken: Decimal


@dataclass(frozen=True)
class Explanation:
    """All that the settlement's page and the API say about one calculation."""

    counted: list[Counted]
    measured: list[Measured]
    lines: list[Line]
    caps: list[Cap]


def explain(calculation: Calculation, contract: Contract) -> Explanation:
    """The calculation in the reader's language. `contract` comes with its parties at hand."""
    spoken: Language = "en" if get_language() == "en" else "sv"
    terms = {version.number: version.terms for version in versions_of(contract)}
    names = _Names(terms.values(), spoken)
    counted, measured = _verified(calculation.claim_period, names)
    return Explanation(
        counted=counted,
        measured=measured,
        lines=_lines(calculation, contract, terms, names, spoken),
        caps=_caps(calculation, terms, spoken),
    )


class _Names:
    """What metrics, cohorts and terms are called; the latest version that names them decides."""

    def __init__(self, versions: Iterable[Terms], language: Language) -> None:
        self.metric: dict[str, str] = {}
        self.cohort: dict[str, str] = {}
        self.term: dict[str, str] = {}
        for terms in versions:
            self.metric |= {metric.id: label_of(metric, language) for metric in terms.metrics}
            self.cohort |= {cohort.id: label_of(cohort, language) for cohort in terms.cohorts}
            for term in terms.terms:
                named = term.sv or term.en or not term.metric
                self.term[term.id] = label_of(term, language) if named else self.metric[term.metric or ""]


def _verified(period: ClaimPeriod, names: _Names) -> tuple[list[Counted], list[Measured]]:
    """The last decision on each claim and value in the period's verification."""
    made = Verification.objects.filter(claim_period=period)
    last = made.order_by("claim", "observation", "-verified_at", "-pk").distinct("claim", "observation")
    rows = (
        Verification.objects.filter(pk__in=last.values("pk"))
        .values(
            "claim__metric",
            "observation__metric",
            "observation__cohort__key",
            "observation__measurement_period",
            "observation__value",
            "value",
            "decision",
        )
        .annotate(count=Count("pk"))
        .order_by("claim__metric", "observation__metric", "observation__measurement_period", "observation__cohort__key")
    )
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    measured = []
    for row in rows:
        if row["claim__metric"]:
            counts[row["claim__metric"]][row["decision"]] += row["count"]
            continue
        cohort = row["observation__cohort__key"] or ""
        measured.append(
            Measured(
                names.metric.get(row["observation__metric"], row["observation__metric"]),
                names.cohort.get(cohort, cohort),
                row["observation__measurement_period"],
                row["value"] if row["value"] is not None else row["observation__value"],
                str(Decision(row["decision"]).label),
            )
        )
    counted = [
        Counted(names.metric.get(metric, metric), by[Decision.ACCEPT], by[Decision.ADJUST], by[Decision.REJECT])
        for metric, by in counts.items()
    ]
    return counted, measured


def _lines(
    calculation: Calculation, contract: Contract, terms: Mapping[int, Terms], names: _Names, language: Language
) -> list[Line]:
    parties = {party.pk: party for party in contract.parties.all()}
    workings: dict[tuple[str, str, str], list[Working]] = defaultdict(list)
    for stored in calculation.entitlement["lines"]:
        key = stored["term"], stored["period"], stored["cohort"] or ""
        workings[key].append(working(_without_claims(stored), terms[stored["version"]], language))
    rows: dict[tuple[str, str, str], list[CalculationLine]] = defaultdict(list)
    for row in calculation.lines.order_by("ordinal"):
        rows[row.term, row.measurement_period, row.cohort].append(row)
    return [
        Line(
            term=names.term.get(key[0], key[0]),
            period=key[1],
            cohort=names.cohort.get(key[2], key[2]),
            kind=_kind(group),
            workings=workings[key],
            shares=[
                Share(parties[row.payer_id], parties[row.payee_id], row.entitled, row.granted_before, row.amount)
                for row in group
            ],
        )
        for key, group in rows.items()
    ]


def _without_claims(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Which claims lost at a cap is about persons; the working says how much was lost."""
    return {**stored, "taken": [{**taken, "claims": []} for taken in stored["taken"]]}


def _kind(rows: list[CalculationLine]) -> str:
    kinds = {row.kind for row in rows}
    return kinds.pop() if len(kinds) == 1 else CalculationLine.Kind.CORRECTION


def _caps(calculation: Calculation, terms: Mapping[int, Terms], language: Language) -> list[Cap]:
    """Every limit of the terms, used or not; the same limit in two versions is one where it says the same."""
    taken: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for number, version in terms.items():
        for limit in version.limits:
            taken[_said(limit, version, language)] += ZERO
        for stored in calculation.entitlement["lines"]:
            if stored["version"] == number:
                for each in stored["taken"]:
                    limit = version.limit_by_name[each["limit"]]
                    taken[_said(limit, version, language)] += Decimal(each["amount"])
    return [Cap(name, at_most, amount) for (name, at_most), amount in taken.items()]


def _said(limit: Limit, terms: Terms, language: Language) -> tuple[str, str]:
    voice = spoken(terms, language)
    return limit_name(limit, voice), limit_amount(limit, voice)
