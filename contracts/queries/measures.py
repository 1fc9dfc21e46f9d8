"""The measures of a contract with their definitions, baselines and approvals."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.utils.text import slugify

from actors.policies import NotVisible
from contracts.measuring import (
    APPROVALS,
    BASELINE_FIELDS,
    SHEET_FIELDS,
    Scored,
    is_enough,
    missing_fields,
    scored,
    sheet_hash,
)
from contracts.models import Baseline, Contract, Measure, MeasureApproval


def measures_of(contract: Contract) -> list[Measure]:
    """Every measure with its baseline and approvals at hand, in the order of the effect chain. Two queries."""
    approvals = MeasureApproval.objects.select_related("user", "organisation").order_by("at", "pk")
    rows = Measure.objects.filter(contract=contract).select_related("baseline", "link", "indicator")
    found = list(rows.order_by("pk").prefetch_related(Prefetch("approvals", approvals)))
    for measure in found:
        measure.contract = contract
    return found


def measure_for(contract: Contract, pk: int) -> Measure:
    """One measure of this contract, with the same at hand."""
    for measure in measures_of(contract):
        if measure.pk == pk:
            return measure
    raise NotVisible


def sheet_of(measure: Measure) -> dict[str, Any]:
    """What its definition says, by field."""
    return {name: getattr(measure, name) for name in SHEET_FIELDS}


def baseline_of(measure: Measure) -> Baseline | None:
    """How the state before is found, where that is said."""
    return getattr(measure, "baseline", None)


def hash_of(measure: Measure) -> str:
    """The hash of the definition and the baseline as they stand now: what is approved."""
    baseline = baseline_of(measure)
    values = None if baseline is None else {name: getattr(baseline, name) for name in BASELINE_FIELDS}
    return sheet_hash(measure.key, measure.use, sheet_of(measure), values)


def organisations_of(contract: Contract) -> set[int]:
    """The organisations that are parties, of which two must approve."""
    return {party.organisation_id for party in contract.parties.all()}


@dataclass(frozen=True)
class MeasureState:
    """A measure as it stands: what its scores come to, what its definition lacks, and who has approved exactly it."""

    measure: Measure
    scored: Scored
    missing: tuple[str, ...]
    hash: str
    approvals: tuple[MeasureApproval, ...]
    earlier: tuple[MeasureApproval, ...]
    is_frozen: bool

    @property
    def is_chosen(self) -> bool:
        return self.measure.status == Measure.Status.CHOSEN

    @property
    def is_paid_for(self) -> bool:
        return self.is_chosen and self.measure.use == Measure.Use.PAYMENT

    @property
    def is_complete(self) -> bool:
        return not self.missing

    @property
    def is_stale(self) -> bool:
        """Was it approved, and changed since?"""
        return bool(self.earlier) and not self.is_frozen

    @property
    def awaits(self) -> int:
        """How many approvals are missing; one more where two of the same organisation have approved."""
        return 0 if self.is_frozen else max(APPROVALS - len(self.approvals), 1)

    @property
    def missing_labels(self) -> list[str]:
        return [label_of(name) for name in self.missing]


def state_of(measure: Measure, organisations: set[int]) -> MeasureState:
    """What is to be known of one measure; reads its approvals and baseline, which are at hand."""
    now = hash_of(measure)
    approvals = tuple(approval for approval in measure.approvals.all() if approval.sheet_hash == now)
    earlier = tuple(approval for approval in measure.approvals.all() if approval.sheet_hash != now)
    return MeasureState(
        measure=measure,
        scored=scored(measure.scores if isinstance(measure.scores, dict) else {}),
        missing=missing_fields(sheet_of(measure), is_paid_for=measure.use == Measure.Use.PAYMENT),
        hash=now,
        approvals=approvals,
        earlier=earlier,
        is_frozen=is_enough([(a.user_id, a.organisation_id) for a in approvals], organisations),
    )


def states_of(contract: Contract) -> list[MeasureState]:
    """Every measure of the contract as it stands. Two queries."""
    organisations = organisations_of(contract)
    return [state_of(measure, organisations) for measure in measures_of(contract)]


def label_of(name: str) -> str:
    """What people call a field of the definition."""
    return str(Measure._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def unique_measure_key(contract: Contract, name: str) -> str:
    """An id for the terms, made from the measure's own name and free in this contract."""
    base = slugify(name).replace("-", "_")[:34].strip("_") or "matt"
    base = base if base[0].isalpha() else f"m_{base}"
    taken = set(Measure.objects.filter(contract=contract).values_list("key", flat=True))
    numbered = (base if number == 1 else f"{base}_{number}" for number in range(1, len(taken) + 2))
    return next(key for key in numbered if key not in taken)
