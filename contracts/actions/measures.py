"""Acts on the measures: put on the long list, score, choose, define, approve, and make a metric of the terms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from actors.audit import record
from actors.policies import Actor, Refused
from contracts.actions.begin import begin
from contracts.actions.saving import change, changed_since, labels_of
from contracts.actions.terms import edit_terms
from contracts.measuring import CRITERIA, CRITERIA_KEYS, HIGHEST, LOWEST, SHEET_FIELDS, metric_of, with_metric
from contracts.models import ChainLink, Contract, ContractVersion, Measure, MeasureApproval
from contracts.policies import Act
from contracts.queries import open_version
from contracts.queries.measures import hash_of, sheet_of, state_of, unique_measure_key
from rulebook import Problem

DEFINED = frozenset(SHEET_FIELDS) | {"key", "link"}
"""What `define_measure` changes."""


@transaction.atomic
def add_measure(
    *,
    actor: Actor,
    contract: Contract,
    name_sv: str,
    at: datetime,
    name_en: str = "",
    link: ChainLink | None = None,
    unit: str = "",
    key: str = "",
) -> Measure:
    """Put a measure of one's own on the long list. Without a key it is named after itself."""
    locked, _version = begin(actor, Act.EDIT_DESIGN, contract)
    measure = Measure(
        contract=locked,
        key=key or unique_measure_key(locked, name_sv),
        name_sv=name_sv,
        name_en=name_en,
        link=link,
        unit=unit,
    )
    _save(measure)
    _record(actor, at, "contracts.add_measure", measure, locked, key=measure.key)
    return measure


@transaction.atomic
def define_measure(
    *,
    actor: Actor,
    measure: Measure,
    changes: Mapping[str, Any],
    at: datetime,
    seen: Mapping[str, Any] | None = None,
) -> Measure:
    """Change the definition sheet. Approvals are of exactly one definition, so a change leaves them behind."""
    locked, row = _begin(actor, Act.EDIT_DESIGN, measure)
    unknown = set(changes) - DEFINED
    if unknown:
        raise ValueError(f"not fields of a definition: {sorted(unknown)}")
    before = hash_of(row)
    lost = [approval for approval in row.approvals.all() if approval.sheet_hash == before]
    changed = change(row, changes, seen)
    if changed:
        _save(row, *changed)
        is_lost = bool(lost) and hash_of(row) != before
        _record(
            actor,
            at,
            "contracts.define_measure",
            row,
            locked,
            key=row.key,
            fields=sorted(changed),
            approvals_lost=len(lost) if is_lost else 0,
        )
    return row


@transaction.atomic
def score_measure(
    *,
    actor: Actor,
    measure: Measure,
    scores: Mapping[str, int | None],
    note: str,
    at: datetime,
    seen: Mapping[str, Any] | None = None,
) -> Measure:
    """Score a candidate by the seven criteria, 1 to 5; None takes a score away. Each is a field of its own."""
    locked, row = _begin(actor, Act.EDIT_DESIGN, measure)
    given = {key: score for key, score in scores.items() if score is not None}
    if not given.keys() <= set(CRITERIA_KEYS) or not all(LOWEST <= score <= HIGHEST for score in given.values()):
        raise ValueError(f"not scores: {given}")
    stored = {key: row.scores.get(key) for key in scores} | {"score_note": row.score_note}
    labels = {criterion.key: str(criterion.name) for criterion in CRITERIA} | labels_of(row, {"score_note": None})
    changed = changed_since(stored, {**scores, "score_note": note}, seen, labels)
    if changed:
        merged = {key: changed.get(key, row.scores.get(key)) for key in CRITERIA_KEYS}
        row.scores = {key: score for key, score in merged.items() if score is not None}
        row.score_note = changed.get("score_note", row.score_note)
        row.save(update_fields=["scores", "score_note"])
        _record(actor, at, "contracts.score_measure", row, locked, key=row.key, scores=row.scores)
    return row


@transaction.atomic
def choose_measure(*, actor: Actor, measure: Measure, use: Measure.Use, at: datetime, reason: str = "") -> Measure:
    """Choose a measure and say what it is used as: grounds for payment, follow-up, or guard."""
    locked, row = _begin(actor, Act.EDIT_DESIGN, measure)
    return _put(actor, at, locked, row, status=Measure.Status.CHOSEN, use=use, reason=reason)


@transaction.atomic
def drop_measure(*, actor: Actor, measure: Measure, reason: str, at: datetime) -> Measure:
    """Say why a measure is not chosen. It stays on the list with the reason, so that nobody asks again."""
    locked, row = _begin(actor, Act.EDIT_DESIGN, measure)
    if not reason.strip():
        raise Refused(_("Write why the measure is not chosen: the next one who thinks of it needs to know."))
    return _put(actor, at, locked, row, status=Measure.Status.DROPPED, use="", reason=reason)


@transaction.atomic
def relist_measure(*, actor: Actor, measure: Measure, at: datetime) -> Measure:
    """Put a chosen or dropped measure back on the long list."""
    locked, row = _begin(actor, Act.EDIT_DESIGN, measure)
    return _put(actor, at, locked, row, status=Measure.Status.CANDIDATE, use="", reason="")


@transaction.atomic
def approve_measure(*, actor: Actor, measure: Measure, sheet_hash: str, at: datetime) -> MeasureApproval:
    """Approve exactly the definition that was shown. Two persons freeze it, of different organisations once there are
    two; whoever changes it later leaves the approvals behind."""
    locked, row = _begin(actor, Act.APPROVE_MEASURE, measure)
    if actor.organisation is None:
        raise AssertionError("only a member of an organisation is permitted to approve")
    state = state_of(row, set())
    if sheet_hash != state.hash:
        raise Refused(_("The definition has been changed since you opened it. Read it again before you approve it."))
    if not state.is_chosen:
        raise Refused(_("Only a measure that is chosen is approved. Choose it first, or leave it."))
    if state.missing:
        raise Refused(
            _("The definition is not complete. It says nothing yet of: %(fields)s.")
            % {"fields": ", ".join(state.missing_labels)}
        )
    if any(approval.user_id == actor.user.pk for approval in state.approvals):
        raise Refused(_("You have already approved this definition. Somebody else is needed too."))
    approval = MeasureApproval.objects.create(
        measure=row, sheet_hash=state.hash, user=actor.user, organisation=actor.organisation, at=at
    )
    _record(actor, at, "contracts.approve_measure", row, locked, key=row.key, sheet_hash=state.hash)
    return approval


@transaction.atomic
def make_metric(
    *,
    actor: Actor,
    measure: Measure,
    level: str,
    unit: str,
    direction: str,
    missing: str,
    at: datetime,
    seen_at: datetime | None = None,
) -> list[Problem]:
    """Write the measure into the draft of the terms as a metric, or bring the metric that stands there into line.

    What else the metric says there (window, evidence, chains …) is left alone, but for months that the sheet says
    otherwise. Returns every problem that remains in the terms.
    """
    permit_row = Measure.objects.select_related("contract").get(pk=measure.pk)
    version: ContractVersion | None = open_version(permit_row.contract)
    if permit_row.status != Measure.Status.CHOSEN:
        raise Refused(_("Only a chosen measure becomes a metric of the terms. Choose it first."))
    terms = version.terms if version is not None and isinstance(version.terms, dict) else {}
    return edit_terms(
        actor=actor,
        contract=permit_row.contract,
        terms=with_metric(
            terms,
            metric_from(permit_row, terms, level=level, unit=unit, direction=direction, missing=missing),
        ),
        seen_at=seen_at,
        at=at,
    )


def metric_from(measure: Measure, terms: Mapping[str, Any], **chosen: str) -> dict[str, Any]:
    """What the metric of the terms shall say. An empty choice leaves what stands there."""
    sheet = sheet_of(measure)
    metric: dict[str, Any] = {"id": measure.key, "sv": sheet["name_sv"], "role": measure.use}
    metric |= {"en": sheet["name_en"]} if sheet["name_en"] else {}
    metric |= {key: value for key, value in chosen.items() if value}
    months = sheet["window_months"]
    found = metric_of(terms, measure.key)
    window = found[1].get("window") if found else None
    if months and chosen.get("level") == "person" and not isinstance(window, dict):
        metric["window"] = {"from": "enrolment", "months": months}
    elif months and isinstance(window, dict) and window.get("months") not in (None, months):
        metric["window"] = {**window, "months": months}
    return metric


def _begin(actor: Actor, act: Act, measure: Measure) -> tuple[Contract, Measure]:
    locked, _version = begin(actor, act, measure.contract)
    row = Measure.objects.select_for_update(of=("self",)).select_related("baseline").get(pk=measure.pk, contract=locked)
    row.contract = locked
    return locked, row


def _put(
    actor: Actor, at: datetime, contract: Contract, row: Measure, *, status: Measure.Status, use: str, reason: str
) -> Measure:
    row.status, row.use, row.reason = status, use, reason.strip()
    row.save(update_fields=["status", "use", "reason"])
    _record(actor, at, "contracts.choose_measure", row, contract, key=row.key, status=str(status), use=str(use))
    return row


def _save(row: Measure, *fields: str) -> None:
    """Save, and say kindly that the name in the terms is taken."""
    try:
        with transaction.atomic():
            row.save(update_fields=list(fields) or None)
    except IntegrityError:
        raise Refused(
            _("Another measure of the contract is called «%(key)s» in the terms. Choose another name.")
            % {"key": row.key}
        ) from None


def _record(actor: Actor, at: datetime, event: str, measure: Measure, contract: Contract, **data: Any) -> None:
    record(actor=actor, at=at, event=event, subject=measure, contract_code=contract.code, **data)
