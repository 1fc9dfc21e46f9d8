"""Imports: a file comes in, is previewed with everything that is wrong, and is confirmed, discarded or withdrawn."""

import hashlib
import logging
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from actors import audit
from actors.identity import contains_identity_number
from actors.models import Organisation
from actors.moves import move
from actors.policies import Actor, NotVisible, Refused
from actors.roles import Permission
from outcomes.actions.common import authorise, lock, must_be_open, must_have_reason
from outcomes.actions.writing import write_claims, write_values
from outcomes.models import ClaimPeriod, ImportBatch, ImportStatusChange, Withdrawal
from outcomes.queries import known_to, known_values, vocabulary_of
from outcomes.sources import source_of
from outcomes.sources.base import Reading
from outcomes.sources.interpretation import Ground, Interpretation, interpret
from outcomes.sources.rules import RULES, said
from outcomes.sources.scan import identity_positions
from outcomes.states import IMPORT_TRANSITIONS, ImportAct, ImportStatus

SHOWN_REASONS = 10
logger = logging.getLogger(__name__)


class SameFile(Refused):
    """The same file has been imported before: `batch` is that import."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch
        confirmed = timezone.localtime(batch.confirmed_at).date() if batch.confirmed_at else ""
        super().__init__(_("The same file was imported on %(day)s.") % {"day": confirmed})


class UnreadableFile(Refused):
    """The file could not be read at all, and nothing of it was kept."""


def start_import(
    *, actor: Actor, claim_period: ClaimPeriod, file_name: str, content: bytes, at: datetime
) -> ImportBatch:
    """Take a file in: search it for identity numbers, store it, read it, and keep what was understood for a preview.

    A file with identity numbers comes back with status REFUSED: only its hash and the positions are kept.
    Raises SameFile for a file that was imported before, and UnreadableFile for one that nothing can be made of.
    """
    provider = authorise(actor, claim_period.contract, Permission.REPORT_OUTCOMES)
    if len(content) > settings.UPLOAD_MAX_BYTES:
        most = settings.UPLOAD_MAX_BYTES // 1024 // 1024
        raise UnreadableFile(_("The file is larger than %(most)s MB. Divide it into several files.") % {"most": most})
    source = source_of(content)
    reading = source.read(content)  # before the lock: reading may take seconds
    if not reading.tables:
        texts = [
            said({"code": p.code, "params": p.params})["text"] for p in reading.problems if not _is_warning(p.code)
        ]
        raise UnreadableFile(*(texts or [str(RULES["empty_file"].text)]))
    positions = identity_positions(source, content, reading)
    name_is_safe = not contains_identity_number(file_name)
    with transaction.atomic():
        period = lock(claim_period)
        must_be_open(period)
        batch = ImportBatch(
            claim_period=period,
            organisation=provider,
            file_name=file_name[:200] if name_is_safe else f"import.{source.extension}",
            sha256=hashlib.sha256(content).hexdigest(),
            uploaded_by=actor.user,
            uploaded_at=at,
        )
        if positions or not name_is_safe:
            return _refuse(actor, batch, positions if name_is_safe else [_("the name of the file"), *positions], at)
        earlier = _same_file(batch)
        if earlier is not None:
            return earlier
        interpretation = _interpret(reading, period, provider, at)
        batch.reading = interpretation.to_json()
        batch.row_count = interpretation.row_count
        batch.problem_count = len(interpretation.faults)
        batch.file.save(f"{batch.sha256[:16]}.{source.extension}", ContentFile(content), save=False)
        batch.save()
        _record(actor, "outcomes.start_import", batch, at, rows=batch.row_count, faults=batch.problem_count)
    return batch


def _is_warning(code: str) -> bool:
    return RULES[code].is_warning


def _refuse(actor: Actor, batch: ImportBatch, positions: list[str], at: datetime) -> ImportBatch:
    batch.status = ImportStatus.REFUSED  # it begins and ends so: there is no move
    batch.reading = {"positions": positions}
    batch.problem_count = len(positions)
    batch.save()
    _record(actor, "outcomes.refuse_import", batch, at, reason="identity_number", positions=len(positions))
    return batch


def _same_file(batch: ImportBatch) -> ImportBatch | None:
    """The preview that waits for the same file; raises SameFile if it has been confirmed."""
    same = ImportBatch.objects.filter(
        claim_period__contract=batch.claim_period.contract, organisation=batch.organisation, sha256=batch.sha256
    )
    confirmed = same.filter(status=ImportStatus.CONFIRMED).select_related("claim_period__contract").first()
    if confirmed:
        raise SameFile(confirmed)
    return same.filter(status=ImportStatus.PREVIEWED, claim_period=batch.claim_period).first()


def _interpret(reading: Reading, period: ClaimPeriod, provider: Organisation, at: datetime) -> Interpretation:
    ground = Ground(
        words=vocabulary_of(period.contract),
        period=period,
        today=timezone.localtime(at).date(),
        known_to=partial(known_to, period.contract, provider),
        known_values=known_values(period.contract),
    )
    return interpret(reading, ground)


@transaction.atomic
def confirm_import(*, actor: Actor, batch: ImportBatch, at: datetime) -> ImportBatch:
    """Write what the preview showed, all or nothing. Everything is checked again: the world may have moved on."""
    provider = authorise(actor, batch.claim_period.contract, Permission.REPORT_OUTCOMES)
    period, batch = _locked(batch, provider)
    must_be_open(period)
    refusal = _("The import has been settled before: it is %(status)s.") % {
        "status": str(batch.get_status_display()).lower()
    }
    if batch.status != ImportStatus.PREVIEWED:
        raise Refused(refusal)
    try:
        with batch.file.open("rb") as stored:
            content = stored.read()
    except OSError as error:
        logger.exception("the file of import %s cannot be opened", batch.pk)
        text = _("The file is not where it was stored. Discard the import and upload the file again.")
        raise Refused(text) from error
    if hashlib.sha256(content).hexdigest() != batch.sha256:
        raise Refused(_("The stored file is not the one that was uploaded. Discard the import and upload it again."))
    interpretation = _interpret(source_of(content).read(content), period, provider, at)
    if interpretation.faults:
        raise Refused(*_reasons(interpretation))
    if interpretation.loses_rows:
        raise RuntimeError(f"import {batch.pk}: some rows are neither written nor faults")
    enrolled, claims = write_claims(actor, period, provider, interpretation.claims, at, batch=batch)
    values = write_values(actor, period, provider, interpretation.values, at, batch=batch)
    move(
        batch,
        ImportAct.CONFIRM,
        transitions=IMPORT_TRANSITIONS,
        changes=ImportStatusChange,
        subject_field="batch",
        actor=actor,
        refusal=refusal,
        also={"confirmed_at": at, "reading": _kept(batch)},
        at=at,
    )
    counts = {"claims": len(claims), "values": len(values), "participants": len(enrolled)}
    _record(actor, "outcomes.confirm_import", batch, at, sha256=batch.sha256, **counts)
    return batch


def _kept(batch: ImportBatch) -> dict[str, Any]:
    """What stays of a preview when the import is settled: no values of cells, since those hold pseudonyms."""
    return {key: batch.reading[key] for key in ("totals", "warning_count") if key in batch.reading}


def _reasons(interpretation: Interpretation) -> list[str]:
    """The first faults in words with their cells, without values."""
    texts = []
    for fault in interpretation.faults[:SHOWN_REASONS]:
        where = "!".join(part for part in (fault.sheet, fault.cell) if part)
        params = {key: str(value) for key, value in fault.params.items()}
        texts.append(f"{where}: {said({'code': fault.code, 'params': params})['text']}")
    more = len(interpretation.faults) - len(texts)
    if more > 0:
        texts.append(_("… and %(n)s more.") % {"n": more})
    return texts


@transaction.atomic
def discard_import(*, actor: Actor, batch: ImportBatch, at: datetime) -> ImportBatch:
    """Throw a preview away with its file; the hash stays, so that the file is recognised."""
    provider = authorise(actor, batch.claim_period.contract, Permission.REPORT_OUTCOMES)
    _period, batch = _locked(batch, provider)
    name, storage = batch.file.name, batch.file.storage
    move(
        batch,
        ImportAct.DISCARD,
        transitions=IMPORT_TRANSITIONS,
        changes=ImportStatusChange,
        subject_field="batch",
        actor=actor,
        refusal=_("Only an import that waits to be confirmed can be discarded. This one is %(status)s.")
        % {"status": str(batch.get_status_display()).lower()},
        also={"file": "", "reading": _kept(batch)},
        at=at,
    )
    if name:
        transaction.on_commit(lambda: storage.delete(name))
    _record(actor, "outcomes.discard_import", batch, at)
    return batch


@transaction.atomic
def withdraw_import(*, actor: Actor, batch: ImportBatch, reason: str, at: datetime) -> ImportBatch:
    """Take back everything that an import brought in, while its period is still open. The rows stay, withdrawn."""
    provider = authorise(actor, batch.claim_period.contract, Permission.REPORT_OUTCOMES)
    period, batch = _locked(batch, provider)
    must_be_open(period)
    reason = must_have_reason(reason)
    move(
        batch,
        ImportAct.WITHDRAW,
        transitions=IMPORT_TRANSITIONS,
        changes=ImportStatusChange,
        subject_field="batch",
        actor=actor,
        refusal=_("Only a confirmed import can be withdrawn. This one is %(status)s.")
        % {"status": str(batch.get_status_display()).lower()},
        reason=reason,
        at=at,
    )
    claims = batch.claims.filter(withdrawal=None)
    if claims.filter(superseded_by__withdrawal=None, superseded_by__isnull=False).exists():
        raise Refused(_("Claims of this import have been corrected since. Withdraw claims one by one instead."))
    common: dict[str, Any] = {"reason": reason, "withdrawn_by": actor.user, "withdrawn_at": at}
    rows = [Withdrawal(claim=claim, **common) for claim in claims]
    rows += [Withdrawal(observation=value, **common) for value in batch.observations.filter(withdrawal=None)]
    Withdrawal.objects.bulk_create(rows, batch_size=2_000)
    _record(actor, "outcomes.withdraw_import", batch, at, rows=len(rows))
    return batch


def _locked(batch: ImportBatch, provider: Organisation) -> tuple[ClaimPeriod, ImportBatch]:
    """The period and the import as they are now, locked; the import must be the provider's own."""
    period = lock(batch.claim_period)
    found = ImportBatch.objects.select_for_update(of=("self",)).filter(pk=batch.pk, organisation=provider).first()
    if found is None:
        raise NotVisible
    found.claim_period = period
    return period, found


def _record(actor: Actor, event: str, batch: ImportBatch, at: datetime, **data: Any) -> None:
    contract = batch.claim_period.contract
    data["period"] = batch.claim_period.name
    audit.record(actor=actor, event=event, subject=batch, contract_code=contract.code, at=at, **data)
