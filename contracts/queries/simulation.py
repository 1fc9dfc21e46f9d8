"""What a simulation is drawn from, the runs that are kept, and what has changed since each of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from actors.policies import Actor, NotVisible
from actors.roles import Permission
from contracts.models import Contract, ContractVersion, Design, Scenario, SimulationRun
from contracts.queries.calculation import DAYS_A_MONTH, benefits_of, holders_of
from contracts.queries.contracts import get_contract_for
from contracts.queries.register import Entry, register_of, register_snapshot
from contracts.states import OPEN_STATUSES, VersionStatus
from rulebook import RULEBOOK_VERSION, Terms, canonical_json, parse_terms, terms_hash
from rulebook.forecast import Forecast, forecast
from rulebook.problems import Problem

DRAWS = 100_000
FIRST_SEED = 1
"""What everybody draws with who does not ask for other random numbers: the same numbers give the same run."""

NAMES = "names"
"""What the parties are called: kept to be read, but the result does not depend on it."""


@dataclass(frozen=True)
class Inputs:
    """Everything that a simulation of one version would be drawn from now, and what is missing for it."""

    contract: Contract
    version: ContractVersion | None
    terms: Terms | None
    problems: tuple[Problem, ...]
    register: dict[str, Entry]
    benefits: list[dict[str, Any]]
    settings: dict[str, Any]
    forecast: Forecast | None
    snapshot: dict[str, Any] = field(default_factory=dict)

    @property
    def unfit(self) -> list[Problem]:
        """Figures and terms that cannot be simulated. What is merely left out is told beside the result."""
        return [one for one in self.forecast.problems if not _is_remark(one)] if self.forecast else []

    @property
    def is_complete(self) -> bool:
        return self.forecast is not None and not self.forecast.missing and not self.unfit

    @property
    def terms_hash(self) -> str:
        return terms_hash(self.version.terms) if self.version else ""

    def row(self, kind: str, *, seed: int, draws: int, settings: Mapping[str, Any] | None = None) -> SimulationRun:
        """A run of these inputs, not yet stored."""
        assert self.version is not None  # noqa: S101 – complete inputs have a version
        run = SimulationRun(
            contract=self.contract,
            kind=kind,
            version_number=self.version.number,
            terms=self.version.terms,
            terms_hash=self.terms_hash,
            register=self.snapshot,
            benefits=self.benefits,
            settings=self.settings | dict(settings or {}),
            rulebook_version=RULEBOOK_VERSION,
            draws=draws,
            seed=seed,
        )
        run.inputs_hash = inputs_hash(run)
        return run


def _is_remark(problem: Problem) -> bool:
    """What the forecast leaves out is said beside the result; all else would make the result wrong."""
    return problem.code == "not_forecast"


def inputs_hash(run: SimulationRun) -> str:
    """The sha256 of everything that decides what a run gives."""
    said = {
        "kind": str(run.kind),
        "terms": run.terms_hash,
        "register": run.register,
        "benefits": run.benefits,
        "settings": {name: value for name, value in run.settings.items() if name != NAMES},
        "rulebook": run.rulebook_version,
        "draws": run.draws,
        "seed": run.seed,
    }
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


def inputs_of(contract: Contract, number: int | None = None, register: dict[str, Entry] | None = None) -> Inputs:
    """What a simulation would be drawn from: the open version's terms, else those in force; or a version by number."""
    version = _version(contract, number)
    found = register_of(contract) if register is None else register
    settings = settings_of(contract)
    if version is None:
        return Inputs(contract, None, None, (), found, [], settings, None)
    terms, problems = parse_terms(version.terms)
    figures = {key: entry.figure for key, entry in found.items()}
    life = (contract.starts_on, contract.ends_on)
    return Inputs(
        contract,
        version,
        terms,
        tuple(problems),
        found,
        copied_benefits(contract),
        settings,
        forecast(terms, figures, life) if terms else None,
        register_snapshot(found),
    )


def _version(contract: Contract, number: int | None) -> ContractVersion | None:
    versions = [version for version in contract.versions.all() if version.status != VersionStatus.WITHDRAWN]
    if number is not None:
        return next((version for version in contract.versions.all() if version.number == number), None)
    opened = [version for version in versions if version.status in OPEN_STATUSES]
    agreed = [version for version in versions if version.status == VersionStatus.AGREED]
    in_order = sorted(agreed, key=lambda version: (version.effective_on, version.number), reverse=True)
    return next(iter([*opened, *in_order, *sorted(versions, key=lambda version: -version.number)]), None)


def copied_benefits(contract: Contract) -> list[dict[str, Any]]:
    """Copies of who gains what, by the keys of the register."""
    return [
        {
            "id": row.pk,
            "holder": row.holder,
            "board": str(row.board) if row.board else "",
            "label": row.label,
            "metric": row.metric,
            "volume": row.volume.key,
            "unit_cost": row.unit_cost.key,
            "attribution": row.attribution.key if row.attribution else "",
            "from_year": row.from_year,
            "years": row.years,
            "is_cashable": row.is_cashable,
        }
        for row in benefits_of(contract)
    ]


def settings_of(contract: Contract) -> dict[str, Any]:
    """What else decides the result: the life, the horizon, and whose budget each payer draws on."""
    design = getattr(contract, "design", None)
    return {
        "starts_on": contract.starts_on.isoformat(),
        "ends_on": contract.ends_on.isoformat(),
        "horizon_years": design.horizon_years if design else 5,
        "lag_months": lag_months(design) if design else 0,
        "holders": holders_of(contract),
        NAMES: {party.key: str(party) for party in contract.parties.all()},
    }


def lag_months(design: Design) -> int:
    """Months from the end of a measurement period to its payment, as the schedule allows."""
    days = design.report_within_days + design.verify_within_days + design.pay_within_days
    return round(days / DAYS_A_MONTH)


# --- Runs ----------------------------------------------------------------------------------------------------------


def runs_of(contract: Contract) -> QuerySet[SimulationRun]:
    """The runs of a contract, the newest first."""
    return SimulationRun.objects.filter(contract=contract).select_related("requested_by").order_by("-requested_at")


def latest_run(contract: Contract, kind: str) -> SimulationRun | None:
    """The newest run of the kind that has not failed."""
    return runs_of(contract).filter(kind=kind).exclude(status=SimulationRun.Status.FAILED).first()


def get_simulation_for(actor: Actor, code: str, simulation: UUID) -> SimulationRun:
    """One run of a contract that the actor may read the design of; NotVisible where there is no such run."""
    contract = get_contract_for(actor, code, Permission.VIEW_DESIGN)
    run = runs_of(contract).filter(pk=simulation).first()
    if run is None:
        raise NotVisible
    run.contract = contract
    return run


def same_run(run: SimulationRun) -> SimulationRun | None:
    """The stored run of the same inputs, done or on its way."""
    rows = SimulationRun.objects.filter(contract=run.contract, kind=run.kind, inputs_hash=run.inputs_hash)
    return rows.exclude(status=SimulationRun.Status.FAILED).order_by("requested_at").first()


@dataclass(frozen=True)
class Change:
    """One thing that has changed since a run was drawn: what it is, what it was and what it is now, as texts."""

    label: str
    unit: str
    was: Mapping[str, Any] | None
    now: Mapping[str, Any] | None


@dataclass(frozen=True)
class Since:
    """What has changed since a run: assumptions, terms, who gains what, and the rest."""

    assumptions: list[Change]
    terms: str = ""
    others: list[str] = field(default_factory=list)

    @property
    def is_anything(self) -> bool:
        return bool(self.assumptions or self.terms or self.others)


NUMBERS = ("value", "low", "high", "unit")


def since(run: SimulationRun, now: Inputs) -> Since:
    """What a run drawn now would have otherwise. A new source for the same number changes nothing in the result."""
    changes = [
        Change(either["label"], either["unit"], kept, new)
        for key in sorted(run.register.keys() | now.snapshot.keys())
        for kept, new in [(run.register.get(key), now.snapshot.get(key))]
        for either in [kept or new or {}]
        if _numbers(kept) != _numbers(new)
    ]
    terms = ""
    if run.terms_hash != now.terms_hash:
        terms = _("version %(number)s") % {"number": now.version.number} if now.version else _("no version")
    others = []
    if run.benefits != now.benefits:
        others.append(_("Who gains what has been changed."))
    if any(run.settings.get(name) != value for name, value in now.settings.items() if name != NAMES):
        others.append(_("The contract's dates, horizon or parties have been changed."))
    if run.rulebook_version != RULEBOOK_VERSION:
        others.append(_("The rules of calculation have a new version."))
    return Since(changes, terms, others)


def _numbers(kept: Mapping[str, Any] | None) -> tuple[Any, ...] | None:
    return None if kept is None else tuple(kept.get(name) for name in NUMBERS)


# --- Scenarios -----------------------------------------------------------------------------------------------------


def scenarios_of(contract: Contract) -> list[Scenario]:
    """The contract's own scenarios by name."""
    return list(Scenario.objects.filter(contract=contract).order_by("name", "pk"))


def get_scenario_for(actor: Actor, code: str, scenario: int) -> Scenario:
    """One scenario of a contract whose design the actor may change."""
    contract = get_contract_for(actor, code, Permission.EDIT_DESIGN)
    try:
        found = Scenario.objects.filter(contract=contract, pk=scenario).first()
    except (ValidationError, OverflowError):
        found = None
    if found is None:
        raise NotVisible
    found.contract = contract
    return found


def life_of(settings: Mapping[str, Any]) -> tuple[date, date]:
    """The contract's first and last day as a run remembers them."""
    return date.fromisoformat(settings["starts_on"]), date.fromisoformat(settings["ends_on"])
