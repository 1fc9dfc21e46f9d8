"""Drawing a simulation: at once in the request, or as a queued row for the worker. The row is the work.

A run holds copies of everything that it was drawn from. The same inputs always give the same stored run.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from actors import audit
from actors.policies import Actor, Refused, require
from actors.roles import Permission
from contracts.actions.assumptions import faults_of
from contracts.actions.drawing import draw
from contracts.models import Contract, Scenario, SimulationRun
from contracts.policies import roles_of
from contracts.queries.register import reader_language, register_of
from contracts.queries.simulation import DRAWS, Inputs, inputs_of, same_run, scenarios_of

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=6)  # longer than a task may live, so that two never hold one
MOST_ATTEMPTS = 3
FEWER_DRAWS = 20_000
"""For each reading of a tornado or a scenario, of which there are many."""
MOST_SEED = 2**31 - 1
MOST_SCENARIOS = 12
Kind, Status = SimulationRun.Kind, SimulationRun.Status

# What a run that failed says; stored as it stands, and shown in the reader's language.
UNFORESEEN = gettext_noop(
    "Something unforeseen went wrong while the simulation was drawn. The administrator can see what."
)
INTERRUPTED = gettext_noop("The simulation was interrupted several times while it was drawn. Ask for it again.")


# --- Asking --------------------------------------------------------------------------------------------------------


def simulate_now(
    *,
    actor: Actor,
    contract: Contract,
    seed: int,
    at: datetime,
    draws: int = DRAWS,
    number: int | None = None,
    inputs: Inputs | None = None,
) -> SimulationRun:
    """Draw the distribution now and keep it with what it was drawn from. `number` is a version of the terms.

    What has been drawn already is not drawn again: the stored run is the answer. The lock is taken after the drawing,
    which takes a second or two.
    """
    require(actor, Permission.EDIT_DESIGN, roles_of(actor, contract))
    run = _row(Kind.DISTRIBUTION, inputs or inputs_of(contract, number), seed=seed, draws=draws)
    same = same_run(run)
    if same is not None and same.status == Status.DONE:
        return same
    run.result = draw(run)
    run.status, run.progress, run.finished_at = Status.DONE, 100, at
    return _store(actor, run, at)


def request_run(
    *, actor: Actor, contract: Contract, kind: str, seed: int, at: datetime, draws: int = FEWER_DRAWS
) -> SimulationRun:
    """Ask the worker for a tornado, or for the scenarios side by side. The same question gives the same run."""
    require(actor, Permission.EDIT_DESIGN, roles_of(actor, contract))
    settings = {}
    if kind == Kind.SCENARIOS:
        settings["scenarios"] = [{"name": one.name, "values": one.values} for one in scenarios_of(contract)]
    inputs = inputs_of(contract)
    if not any(entry.figure.is_range for entry in inputs.register.values()) and not settings.get("scenarios"):
        raise Refused(
            _("No assumption has a range, so there is nothing to turn. State a low and a high for some of them.")
        )
    run = _row(kind, inputs, seed=seed, draws=draws, settings=settings)
    run.next_attempt_at = at
    return _store(actor, run, at)


def _row(
    kind: str, inputs: Inputs, *, seed: int, draws: int, settings: Mapping[str, Any] | None = None
) -> SimulationRun:
    """The run of complete inputs. Raises Refused with everything that is missing."""
    if not 0 <= seed <= MOST_SEED:
        raise Refused(_("Choose a seed from 0 to %(most)s.") % {"most": MOST_SEED})
    if not inputs.is_complete:
        raise Refused(*gaps_in_words(inputs))
    return inputs.row(kind, seed=seed, draws=draws, settings=settings)


def gaps_in_words(inputs: Inputs) -> list[str]:
    """What stands between the contract and a simulation, one sentence each."""
    language = reader_language()
    if inputs.version is None or inputs.forecast is None:
        return [_("The terms do not hold together yet, so nothing can be drawn from them.")]
    missing = [_("Missing: %(what)s.") % {"what": slot.label(language)} for slot in inputs.forecast.missing]
    return [*missing, *(problem.message(language) for problem in inputs.unfit)]


def _store(actor: Actor, run: SimulationRun, at: datetime) -> SimulationRun:
    with transaction.atomic():
        Contract.objects.select_for_update(of=["self"]).get(pk=run.contract_id)  # two clicks at once make one run
        same = same_run(run)
        if same is not None:
            return same
        run.requested_by, run.requested_at = actor.user, at
        run.save(force_insert=True)
        audit.record(
            actor=actor,
            at=at,
            event="contracts.simulate",
            subject=run,
            contract_code=run.contract.code,
            kind=str(run.kind),
            version=run.version_number,
            seed=run.seed,
            draws=run.draws,
        )
    return run


# --- The worker ----------------------------------------------------------------------------------------------------


def run(run_pk: Any, *, clock: Callable[[], datetime]) -> bool:
    """Draw a queued run. False when somebody else has it, or it is not time yet.

    Not one transaction: progress is written as it goes, and the lease stands in for the lock. A failure is stored with
    the time of the next attempt, and raised.
    """
    lease = _claim(run_pk, clock())
    if lease is None:
        return False
    row = SimulationRun.objects.select_related("contract").get(pk=run_pk)
    try:
        result = draw(row, lambda per_cent: _progress(row, lease, per_cent))
    except Exception:
        _fail(row, lease, UNFORESEEN, clock())
        raise
    finished: int = _held(row, lease).update(
        status=Status.DONE, progress=100, lease_until=None, result=result, finished_at=clock()
    )
    return finished == 1


def _claim(run_pk: Any, at: datetime) -> datetime | None:
    lease = at + LEASE
    taken = SimulationRun.objects.filter(pk=run_pk, status=Status.QUEUED, next_attempt_at__lte=at).update(
        status=Status.RUNNING, lease_until=lease, attempts=F("attempts") + 1, progress=2, error=""
    )
    return lease if taken == 1 else None


def _held(row: SimulationRun, lease: datetime) -> Any:
    return SimulationRun.objects.filter(pk=row.pk, status=Status.RUNNING, lease_until=lease)


def _progress(row: SimulationRun, lease: datetime, per_cent: int) -> None:
    _held(row, lease).update(progress=max(2, min(99, per_cent)))


def _fail(row: SimulationRun, lease: datetime, text: str, at: datetime) -> None:
    """Try again later, a few times; then say that it failed and leave it to people."""
    last = row.attempts >= MOST_ATTEMPTS
    _held(row, lease).update(
        status=Status.FAILED if last else Status.QUEUED,
        progress=0,
        lease_until=None,
        error=text,
        next_attempt_at=at + timedelta(minutes=2**row.attempts),
    )
    logger.warning("simulation %s: attempt %s failed", row.pk, row.attempts)


def requeue_expired(*, at: datetime) -> int:
    """Put runs whose worker died back in the queue, and give up those that have died too often."""
    expired = SimulationRun.objects.filter(status=Status.RUNNING, lease_until__lt=at)
    expired.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=Status.FAILED, lease_until=None, progress=0, error=INTERRUPTED
    )
    return expired.update(status=Status.QUEUED, lease_until=None, progress=0, next_attempt_at=at)


def waiting(*, at: datetime) -> list[Any]:
    """The runs whose time has come."""
    due = SimulationRun.objects.filter(status=Status.QUEUED, next_attempt_at__lte=at).order_by("requested_at")
    return list(due.values_list("pk", flat=True)[:100])


# --- Scenarios -----------------------------------------------------------------------------------------------------


def add_scenario(*, actor: Actor, contract: Contract, name: str, values: Mapping[str, str], at: datetime) -> Scenario:
    """Keep a named set of other values for some assumptions."""
    return _save_scenario(actor, Scenario(contract=contract), name, values, at=at)


def change_scenario(
    *, actor: Actor, scenario: Scenario, name: str, values: Mapping[str, str], at: datetime
) -> Scenario:
    """Change its name or its values. Runs that are drawn keep theirs."""
    return _save_scenario(actor, scenario, name, values, at=at)


def remove_scenario(*, actor: Actor, scenario: Scenario, at: datetime) -> None:
    """Take a scenario away. Runs that are drawn keep it."""
    contract = scenario.contract
    require(actor, Permission.EDIT_DESIGN, roles_of(actor, contract))
    with transaction.atomic():
        Contract.objects.select_for_update(of=["self"]).get(pk=contract.pk)
        audit.record(
            actor=actor, at=at, event="contracts.remove_scenario", subject=scenario, contract_code=contract.code
        )
        scenario.delete()


def _save_scenario(actor: Actor, scenario: Scenario, name: str, values: Mapping[str, str], *, at: datetime) -> Scenario:
    event = "contracts.change_scenario" if scenario.pk else "contracts.add_scenario"
    contract = scenario.contract
    require(actor, Permission.EDIT_DESIGN, roles_of(actor, contract))
    with transaction.atomic():
        Contract.objects.select_for_update(of=["self"]).get(pk=contract.pk)
        others = [one for one in scenarios_of(contract) if one.pk != scenario.pk]
        reasons = [*_name_faults(name.strip(), others), *_value_faults(contract, values)]
        if reasons:
            raise Refused(*reasons)
        scenario.name, scenario.values = name.strip(), {key: values[key] for key in sorted(values)}
        scenario.save()
        audit.record(actor=actor, at=at, event=event, subject=scenario, contract_code=contract.code)
    return scenario


def _name_faults(name: str, others: Sequence[Scenario]) -> list[str]:
    if not name:
        return [_("Give the scenario a name.")]
    if any(one.name.casefold() == name.casefold() for one in others):
        return [_("There is a scenario «%(name)s» already. Choose another name.") % {"name": name}]
    if len(others) >= MOST_SCENARIOS:
        return [_("There are %(most)s scenarios already. Remove one first.") % {"most": MOST_SCENARIOS}]
    return []


def _value_faults(contract: Contract, values: Mapping[str, str]) -> list[str]:
    if not values:
        return [_("Give at least one assumption another value; otherwise the scenario is what is assumed already.")]
    register = register_of(contract)
    found = []
    for key, text in values.items():
        entry = register.get(key)
        if entry is None:
            found.append(_("There is no assumption «%(key)s» in the register.") % {"key": key})
            continue
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            found.append(_("«%(label)s»: «%(text)s» is not a number.") % {"label": entry.label, "text": text})
            continue
        faults = faults_of(key=key, unit=entry.unit, value=value, low=None, high=None)
        found += [f"«{entry.label}»: {fault}" for _name, fault in faults]
    return found
