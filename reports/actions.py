"""Asking for a report and making it; sealing an agreement. The row is the work.

A run is claimed with a lease, and a lease can expire. An agreed version without a sealed document is sealed once.
"""

import hashlib
import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from actors import audit
from actors.policies import Actor, require
from contracts.models import Contract, ContractVersion
from contracts.policies import roles_of
from reports import render, seal
from reports.definitions import REPORTS, agreement, agreement_data, as_json
from reports.models import ReportRun, SealedAgreement
from reports.policies import permission_to_see
from reports.queries.agreement import waiting_for_seal

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=6)  # longer than a task may live, so that two never hold one
MOST_ATTEMPTS = 3
Status = ReportRun.Status


def request_report(
    *, actor: Actor, contract: Contract, report: str, params: dict[str, Any], language: str, at: datetime
) -> ReportRun:
    """Ask for a report as of now. While the same report with the same data is being made, that run is the answer."""
    definition = REPORTS[report]
    with transaction.atomic():
        run = ReportRun(
            contract=contract, report=report, params=params, language=language, requested_by=actor.user, requested_at=at
        )
        require(actor, permission_to_see(run), roles_of(actor, contract))
        Contract.objects.select_for_update(of=["self"]).get(pk=contract.pk)  # two clicks at once make one run
        run.data_hash = data_hash(as_json(build(run, actor)))
        same = ReportRun.objects.filter(
            contract=contract,
            report=report,
            params=params,
            language=language,
            data_hash=run.data_hash,
            status__in=[Status.QUEUED, Status.RUNNING],
        ).first()
        if same is not None:
            return same
        run.next_attempt_at = at
        run.save()
        audit.record(
            actor=actor,
            at=at,
            event="reports.request_report",
            subject=run,
            contract_code=contract.code,
            report=report,
            language=language,
            **{name: params[name] for name in definition.AUDITED},
        )
    return run


def params_of(run: ReportRun) -> Any:
    """The parameters of a run as its definition knows them."""
    return REPORTS[run.report].Params(contract=run.contract.code, language=run.language, **run.params)


def build(run: ReportRun, actor: Actor | None = None) -> Any:
    """The data of a run, in its own language and as of the moment it was asked for."""
    with translation.override(run.language):
        return REPORTS[run.report].build(actor, params_of(run), run.requested_at)


def data_hash(data: dict[str, Any]) -> str:
    """The sha256 of what the document says; when it was asked for is not part of it."""
    said = {name: value for name, value in data.items() if name != "as_of"}
    return hashlib.sha256(render.data_bytes(said)).hexdigest()


def run(run_pk: Any, *, clock: Callable[[], datetime]) -> bool:
    """Make the file of a queued run. False when somebody else has it, or it is not time yet.

    Not one transaction: progress is written as it goes, and the lease stands in for the lock. A failure is stored on
    the run with the time of the next attempt; one that nobody foresaw is raised as well.
    """
    lease = _claim(run_pk, clock())
    if lease is None:
        return False
    row = ReportRun.objects.select_related("contract").get(pk=run_pk)
    try:
        data = build(row)
        _progress(row, lease, 40)
        content = _content(row, data)
        _progress(row, lease, 90)
        return _finish(row, lease, data, content, clock())
    except render.RenderError as error:
        _fail(row, lease, str(error), clock())
        return False
    except Exception:
        with translation.override(row.language):
            text = _("Something unforeseen went wrong while the document was made. The administrator can see what.")
        _fail(row, lease, text, clock())
        raise


def _claim(run_pk: Any, at: datetime) -> datetime | None:
    lease = at + LEASE
    taken = ReportRun.objects.filter(pk=run_pk, status=Status.QUEUED, next_attempt_at__lte=at).update(
        status=Status.RUNNING, lease_until=lease, attempts=F("attempts") + 1, progress=10, error=""
    )
    return lease if taken == 1 else None


def _held(row: ReportRun, lease: datetime) -> Any:
    return ReportRun.objects.filter(pk=row.pk, status=Status.RUNNING, lease_until=lease)


def _progress(row: ReportRun, lease: datetime, per_cent: int) -> None:
    _held(row, lease).update(progress=per_cent)


def _content(row: ReportRun, data: Any) -> bytes:
    definition = REPORTS[row.report]
    with translation.override(row.language):
        context = {"data": data, "title": definition.title(params_of(row))}
        markup = render.html(definition.TEMPLATE, context, language=row.language)
        files = definition.attached(data)
        return render.pdf(
            markup, stylesheet=definition.STYLESHEET, data=as_json(data), at=row.requested_at, attached=files
        )


def _finish(row: ReportRun, lease: datetime, data: Any, content: bytes, at: datetime) -> bool:
    """Store the file under the run's own name, so that a run has one file however often it was begun."""
    name = f"reports/{row.requested_at:%Y}/{row.pk}.pdf"
    if not _held(row, lease).exists():
        return False
    default_storage.delete(name)  # left by one who died after writing it
    stored = default_storage.save(name, ContentFile(content))
    finished: int = _held(row, lease).update(
        status=Status.DONE,
        progress=100,
        lease_until=None,
        file=stored,
        file_sha256=hashlib.sha256(content).hexdigest(),
        data_hash=data_hash(as_json(data)),
        finished_at=at,
    )
    return finished == 1


def _fail(row: ReportRun, lease: datetime, text: str, at: datetime) -> None:
    """Try again later, a few times; then say that it failed and leave it to people."""
    last = row.attempts >= MOST_ATTEMPTS
    _held(row, lease).update(
        status=Status.FAILED if last else Status.QUEUED,
        progress=0,
        lease_until=None,
        error=text,
        next_attempt_at=at + timedelta(minutes=2**row.attempts),
    )
    logger.warning("report run %s: attempt %s failed", row.pk, row.attempts)


def requeue_expired(*, at: datetime) -> int:
    """Put runs whose worker died back in the queue, and give up those that have died too often."""
    expired = ReportRun.objects.filter(status=Status.RUNNING, lease_until__lt=at)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            text = _("The document was interrupted several times while it was made. Ask for it again.")
            expired.filter(attempts__gte=MOST_ATTEMPTS, language=language).update(
                status=Status.FAILED, lease_until=None, progress=0, error=text
            )
    return expired.update(status=Status.QUEUED, lease_until=None, progress=0, next_attempt_at=at)


def waiting(*, at: datetime) -> list[Any]:
    """The runs whose time has come."""
    due = ReportRun.objects.filter(status=Status.QUEUED, next_attempt_at__lte=at).order_by("requested_at")
    return list(due.values_list("pk", flat=True)[:100])


# --- Sealed agreements ---------------------------------------------------------------------------------------------


def seal_agreement(version_pk: Any, *, at: datetime) -> SealedAgreement | None:
    """Make the final document of an agreed version, seal it, and keep it for ever. None when there is nothing to seal.

    Raises `seal.SealError` or `render.RenderError` where this server cannot do it. Two at once are harmless: the
    second's file is thrown away.
    """
    version = waiting_for_seal().filter(pk=version_pk).select_related("contract").first()
    if version is None:
        return None
    identity = seal.identity_of(at)
    params = agreement.Params(contract=version.contract.code, version=version.number, language=settings.LANGUAGE_CODE)
    with translation.override(params.language):
        data = agreement.build_for(
            version,
            params,
            at,
            seal=agreement_data.Seal(identity.subject, identity.fingerprint, identity.is_test),
        )
        markup = render.html(
            agreement.TEMPLATE, {"data": data, "title": agreement.title(params)}, language=params.language
        )
        content = render.pdf(
            markup, stylesheet=agreement.STYLESHEET, data=as_json(data), at=at, attached=agreement.attached(data)
        )
        reason = f"{version.contract.code} v{version.number} sha256 {version.document_hash}"
        sealed = seal.seal(content, reason=reason, label=_("Seal of the agreement"))
    return _keep(version, sealed, identity, at)


def _keep(version: ContractVersion, content: bytes, identity: seal.Identity, at: datetime) -> SealedAgreement | None:
    stored = default_storage.save(f"agreements/{version.contract.code}/{uuid.uuid4()}.pdf", ContentFile(content))
    try:
        with transaction.atomic():
            row = SealedAgreement.objects.create(
                contract=version.contract,
                version_number=version.number,
                file=stored,
                sha256=hashlib.sha256(content).hexdigest(),
                document_hash=version.document_hash,
                sealed_at=at,
                subject=identity.subject,
                fingerprint=identity.fingerprint,
                is_test=identity.is_test,
            )
            audit.record(
                actor=None,
                at=at,
                event="reports.seal_agreement",
                subject=row,
                contract_code=version.contract.code,
                version=version.number,
                document_hash=version.document_hash,
                sha256=row.sha256,
            )
    except IntegrityError:  # somebody else sealed it meanwhile
        default_storage.delete(stored)
        return None
    return row
