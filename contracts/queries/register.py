"""The register of assumptions: what each says now, what it said before, and everything that depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from django.db.models import Count
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from contracts.models import Assumption, AssumptionRevision, Benefit, Contract, ContractVersion, SimulationRun
from contracts.states import OPEN_STATUSES, VersionStatus
from library.states import Certainty
from rulebook import Terms, parse_terms
from rulebook.forecast import Figure, Slot, slots
from rulebook.problems import Language

DISCOUNT_RATE = "discount_rate"
PRICE_INDEX = "price_index"
OWN = "own."
"""What the keys of assumptions begin with that neither the terms nor the calculation ask for by name."""

# What the calculation asks for besides the terms: key, label, unit, what it is for.
CALCULATION_SLOTS: dict[str, tuple[Any, str, Any]] = {
    DISCOUNT_RATE: (
        gettext_lazy("Discount rate a year"),
        "share",
        gettext_lazy("Amounts of later years are worth less today. Common rates are 3 % (TLV) and 3.5 % (ASEK)."),
    ),
    PRICE_INDEX: (
        gettext_lazy("Price rise a year"),
        "share",
        gettext_lazy("Unit costs are moved by it from the first year of the contract to the year of the gain."),
    ),
}

UNITS: dict[str, Any] = {
    "share": gettext_lazy("per cent"),
    "amount": gettext_lazy("kronor"),
    "persons": gettext_lazy("persons"),
    "months": gettext_lazy("months"),
    "times": gettext_lazy("times"),
    "value": gettext_lazy("value"),
}
"""The units that the product knows; any other word is shown as it is written."""

UNSURE = frozenset({Certainty.UNCERTAIN, Certainty.ASSUMED, Certainty.INVENTED})


def unit_label(unit: str) -> str:
    """The unit in the reader's words."""
    return str(UNITS.get(unit, unit))


@dataclass(frozen=True)
class Entry:
    """One assumption with what it says now. `number` counts its revisions: 1 for the first."""

    assumption: Assumption
    revision: AssumptionRevision
    number: int

    @property
    def key(self) -> str:
        return self.assumption.key

    @property
    def label(self) -> str:
        return self.assumption.label

    @property
    def unit(self) -> str:
        return self.assumption.unit

    @property
    def unit_label(self) -> str:
        return unit_label(self.unit)

    @property
    def value(self) -> Decimal:
        return self.revision.value

    @property
    def low(self) -> Decimal | None:
        return self.revision.low

    @property
    def high(self) -> Decimal | None:
        return self.revision.high

    @property
    def certainty(self) -> Certainty:
        return Certainty(self.revision.certainty)

    @property
    def is_unsure(self) -> bool:
        return self.certainty in UNSURE

    @property
    def lacks_source(self) -> bool:
        return not (self.revision.source or self.revision.source_url)

    @property
    def figure(self) -> Figure:
        low, high = self.low, self.high
        return Figure(
            Fraction(self.value), None if low is None else Fraction(low), None if high is None else Fraction(high)
        )


def register_of(contract: Contract) -> dict[str, Entry]:
    """Every assumption of the contract that is not removed, by key, as it stands now. Two queries."""
    kept = Assumption.objects.filter(contract=contract, removed_at__isnull=True)
    assumptions = {row.pk: row for row in kept.annotate(count=Count("revisions")).order_by("label", "pk")}
    latest = AssumptionRevision.objects.filter(assumption__in=assumptions).select_related("user")
    revisions = {row.assumption_id: row for row in latest.order_by("assumption", "-pk").distinct("assumption")}
    return {row.key: Entry(row, revisions[pk], row.count) for pk, row in assumptions.items() if pk in revisions}


def figures_of(register: Mapping[str, Entry]) -> dict[str, Figure]:
    """The register as the rulebook reads it: exact numbers with their ranges, by key."""
    return {key: entry.figure for key, entry in register.items()}


def register_snapshot(register: Mapping[str, Entry]) -> dict[str, dict[str, Any]]:
    """The register as it stands now, to be kept in an agreement or beside a simulation."""
    return {
        key: {
            "label": entry.label,
            "unit": entry.unit,
            "value": _text(entry.value),
            "low": _text(entry.low),
            "high": _text(entry.high),
            "source": entry.revision.source or entry.revision.source_url,
            "certainty": str(entry.certainty.value),
            "owner": entry.revision.owner,
            "stated_on": entry.revision.stated_on.isoformat(),
            "revision": entry.number,
        }
        for key, entry in sorted(register.items())
    }


def _text(value: Decimal | None) -> str | None:
    """The number without closing zeros: equal numbers have one spelling, also in a hash."""
    return None if value is None else f"{value.normalize():f}"


def stale_keys(snapshot: Mapping[str, Mapping[str, Any]], register: Mapping[str, Entry]) -> list[str]:
    """Which assumptions say something else now than when the snapshot was taken, or are gone, or have come since."""
    changed = [key for key, kept in snapshot.items() if _is_stale(key, kept, register)]
    return sorted([*changed, *(register.keys() - snapshot.keys())])


# --- Where it is used ----------------------------------------------------------------------------------------------


class UseKind(StrEnum):
    SLOT = "slot"
    CALCULATION = "calculation"
    BENEFIT = "benefit"
    SIMULATION = "simulation"
    AGREEMENT = "agreement"


@dataclass(frozen=True)
class Use:
    """Something that depends on an assumption. `is_stale`: it was made from what the assumption said before."""

    kind: UseKind
    label: str
    path: str
    is_stale: bool = False
    on: date | None = None


@dataclass(frozen=True)
class Asked:
    """The terms that the calculation is for, and the numbers they ask for. Without terms, `problems` is how many."""

    version: ContractVersion | None
    terms: Terms | None
    slots: tuple[Slot, ...]
    problems: int = 0
    versions: tuple[ContractVersion, ...] = ()

    @property
    def open_version(self) -> ContractVersion | None:
        """The version being drafted or before the parties, which decides what may be changed."""
        return self.version if self.version is not None and self.version.status in OPEN_STATUSES else None


def asked_of(contract: Contract) -> Asked:
    """What the terms ask for: those of the open version where there is one, otherwise those in force. One query."""
    versions = [v for v in contract.versions.all() if v.status != VersionStatus.WITHDRAWN]
    opened = [v for v in versions if v.status in OPEN_STATUSES]
    agreed = sorted((v for v in versions if v.status == VersionStatus.AGREED), key=lambda v: (v.effective_on, v.number))
    version = next(iter([*opened, *reversed(agreed)]), None)
    if version is None:
        return Asked(None, None, (), versions=tuple(versions))
    terms, problems = parse_terms(version.terms)
    return Asked(version, terms, slots(terms) if terms else (), len(problems), tuple(versions))


def reader_language() -> Language:
    """The rulebook's name for the language of whoever reads."""
    return "en" if (get_language() or "sv").startswith("en") else "sv"


def slot_label(slot: Slot) -> str:
    """The slot's question in the reader's language."""
    return slot.label(reader_language())


def all_uses(contract: Contract, asked: Asked, register: Mapping[str, Entry]) -> dict[str, list[Use]]:
    """What depends on each assumption, the nearest first: places in the terms, benefits, the agreement, simulations.

    Two queries, however many assumptions there are.
    """
    uses: dict[str, list[Use]] = {key: [] for key in register}
    found = (
        *_in_places(contract, asked),
        *_in_benefits(contract, register),
        *_in_agreements(contract, asked, register),
        *_in_simulations(contract, register),
    )
    for key, use in found:
        if key in uses:
            uses[key].append(use)
    return uses


def _in_places(contract: Contract, asked: Asked) -> Iterator[tuple[str, Use]]:
    terms = path_of("contracts:contract_terms", contract)
    for slot in asked.slots:
        yield slot.key, Use(UseKind.SLOT, slot_label(slot), terms)
    for key in CALCULATION_SLOTS:
        sums = _("Every sum over several years")
        yield key, Use(UseKind.CALCULATION, sums, path_of("contracts:calculation", contract))


def _in_benefits(contract: Contract, register: Mapping[str, Entry]) -> Iterator[tuple[str, Use]]:
    keys = {entry.assumption.pk: key for key, entry in register.items()}
    for benefit in Benefit.objects.filter(contract=contract).order_by("pk"):
        for pk in dict.fromkeys((benefit.volume_id, benefit.unit_cost_id, benefit.attribution_id)):
            path = path_of("contracts:calculation", contract)
            yield keys.get(pk or 0, ""), Use(UseKind.BENEFIT, benefit.label, path)


def _in_agreements(contract: Contract, asked: Asked, register: Mapping[str, Entry]) -> Iterator[tuple[str, Use]]:
    for version in sorted(asked.versions, key=lambda version: -version.number):
        label = _("The agreement, version %(number)s") % {"number": version.number}
        for key, kept in ((version.document or {}).get("assumptions") or {}).items():
            stale = _is_stale(key, kept, register)
            yield key, Use(UseKind.AGREEMENT, label, path_of("reports:agreement", contract), stale)


def _in_simulations(contract: Contract, register: Mapping[str, Entry]) -> Iterator[tuple[str, Use]]:
    for run in _runs(contract):
        label = _("Simulation: %(kind)s") % {"kind": run.get_kind_display().lower()}
        for key, kept in run.register.items():
            path, day = path_of("contracts:simulation", contract), localtime(run.requested_at).date()
            yield key, Use(UseKind.SIMULATION, label, path, _is_stale(key, kept, register), day)


def _is_stale(key: str, kept: Mapping[str, Any], register: Mapping[str, Entry]) -> bool:
    return key not in register or register[key].number != kept.get("revision")


RUNS_READ = 20


def _runs(contract: Contract) -> list[SimulationRun]:
    """The latest simulations, without their results, which can be long."""
    wanted = SimulationRun.objects.filter(contract=contract).defer("result", "terms", "benefits")
    return list(wanted.order_by("-requested_at")[:RUNS_READ])


def uses_of(contract: Contract, key: str) -> list[Use]:
    """Everything that depends on one assumption."""
    return all_uses(contract, asked_of(contract), register_of(contract)).get(key, [])


def path_of(name: str, contract: Contract) -> str:
    """The address of one of the contract's pages, or nothing where the installation has no such page."""
    try:
        return reverse(name, args=[contract.code])
    except NoReverseMatch:
        return ""


def entry_of(register: Mapping[str, Entry], pk: int) -> Entry | None:
    """The entry of one assumption's row."""
    return next((entry for entry in register.values() if entry.assumption.pk == pk), None)


def history_of(assumption: Assumption) -> list[AssumptionRevision]:
    """What an assumption has said, the newest first. One query."""
    return list(assumption.revisions.select_related("user").order_by("-pk"))


def gaps_of(asked: Asked, register: Mapping[str, Entry]) -> list[Slot]:
    """The numbers that the terms ask for and nobody has stated."""
    return [slot for slot in asked.slots if slot.key not in register]
