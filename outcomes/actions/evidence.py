"""Evidence: files behind the reports of a period, known by their content and searched before they are stored."""

import hashlib
import io
from datetime import datetime
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from actors import audit
from actors.identity import contains_identity_number
from actors.policies import Actor, NotAllowed, NotVisible, Refused, can
from actors.roles import REASONS, Permission
from contracts.policies import roles_of
from outcomes.actions.common import lock
from outcomes.models import Claim, ClaimPeriod, Evidence
from outcomes.policies import participants_seen
from outcomes.sources import csv_file, xlsx_file
from outcomes.sources.scan import identity_positions
from outcomes.states import PeriodStatus

IMAGES = {"image/png", "image/jpeg"}
TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}


@transaction.atomic
def add_evidence(
    *,
    actor: Actor,
    claim_period: ClaimPeriod,
    file_name: str,
    content: bytes,
    description: str,
    at: datetime,
    metric: str = "",
    claim: Claim | None = None,
) -> Evidence:
    """Add a file: the provider while the period is open, the verifier while it is being verified.

    Text is searched for identity numbers before anything is stored; pictures cannot be, which the page says.
    """
    contract = claim_period.contract
    roles = roles_of(actor, contract)
    reports, verifies = can(actor, Permission.REPORT_OUTCOMES, roles), can(actor, Permission.VERIFY_OUTCOMES, roles)
    if (not reports and not verifies) or actor.organisation is None:
        raise NotAllowed(str(REASONS[Permission.REPORT_OUTCOMES]))
    period = lock(claim_period)
    in_time = (reports and period.status == PeriodStatus.OPEN) or (verifies and period.status == PeriodStatus.REPORTED)
    if not in_time:
        raise Refused(
            _(
                "The provider adds evidence while a period is open, and the verifier while it is being verified. "
                "%(period)s is %(status)s."
            )
            % {"period": period.name, "status": str(period.get_status_display()).lower()}
        )
    if claim is not None:
        own = Claim.objects.filter(pk=claim.pk, claim_period=period)
        if not own.filter(participants_seen(actor, contract, "participant__")).exists():
            raise NotVisible
    kind = content_type(file_name, content)
    _refuse_identity_numbers(kind, file_name, description, content)
    digest = hashlib.sha256(content).hexdigest()
    if Evidence.objects.filter(claim_period=period, sha256=digest, claim=claim).exists():
        raise Refused(_("The same file is already there."))
    evidence = Evidence(
        claim_period=period,
        metric=metric,
        claim=claim,
        description=description[:200],
        file_name=PurePosixPath(file_name.replace("\\", "/")).name[:200],
        content_type=kind,
        sha256=digest,
        uploaded_by=actor.user,
        uploaded_for=actor.organisation,
        uploaded_at=at,
    )
    evidence.file.save(f"{digest[:16]}.{_extension(file_name)}", ContentFile(content), save=False)
    evidence.save()
    audit.record(
        actor=actor,
        event="outcomes.add_evidence",
        subject=evidence,
        contract_code=contract.code,
        at=at,
        period=period.name,
        sha256=digest,
    )
    return evidence


def _extension(file_name: str) -> str:
    return PurePosixPath(file_name).suffix.lstrip(".").lower()


def content_type(file_name: str, content: bytes) -> str:
    """What the file is, by its content and its name together; refused when they differ or are not allowed."""
    most = settings.UPLOAD_MAX_BYTES // 1024 // 1024
    if not content:
        raise Refused(_("The file is empty."))
    if len(content) > settings.UPLOAD_MAX_BYTES:
        raise Refused(_("The file is larger than %(most)s MB.") % {"most": most})
    named = TYPES.get(_extension(file_name))
    if named is None:
        raise Refused(_("Evidence can be PDF, CSV, text, Excel (.xlsx), PNG or JPEG. Save the file as one of them."))
    found = _sniffed(content)
    is_text = named in {"text/csv", "text/plain"} and found == "text/plain"
    if found != named and not is_text:
        raise Refused(_("The file is not what its name says. Save it anew in the right format."))
    return named


def _sniffed(content: bytes) -> str:
    for mark, kind in (
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
    ):
        if content.startswith(mark):
            return kind
    if xlsx_file.matches(content):
        return TYPES["xlsx"] if xlsx_file.archive_fault(content) is None else ""
    is_text = b"\x00" not in content and csv_file.decoded(content) is not None
    return "text/plain" if is_text and not content.lstrip().startswith((b"<", b"\xef\xbb\xbf<")) else ""


def _refuse_identity_numbers(kind: str, file_name: str, description: str, content: bytes) -> None:
    places: list[str] = []
    if contains_identity_number(file_name):
        places.append(_("the name of the file"))
    if contains_identity_number(description):
        places.append(_("the description"))
    places += _positions(kind, content)
    if places:
        raise Refused(
            _("The file seems to hold personal identity numbers and has not been stored. Where: %(places)s.")
            % {"places": ", ".join(places[:20])}
        )


def _positions(kind: str, content: bytes) -> list[str]:
    if kind == "application/pdf":
        return [
            _("page %(n)s") % {"n": n} for n, text in enumerate(_pages(content), 1) if contains_identity_number(text)
        ]
    if kind == TYPES["xlsx"]:
        return identity_positions(xlsx_file.SOURCE, content, xlsx_file.read(content))
    if kind in IMAGES:
        return []
    lines = (csv_file.decoded(content) or "").splitlines()
    separate = [line.replace(";", "\n").replace("\t", "\n") for line in lines]
    return [_("line %(n)s") % {"n": n} for n, line in enumerate(separate, 1) if contains_identity_number(line)]


def _pages(content: bytes) -> list[str]:
    """The text of each page, and what the document says of itself. A PDF that cannot be read cannot be searched."""
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise Refused(_("The PDF is locked with a password and cannot be searched. Save it without one."))
        said = " ".join(str(value) for value in (reader.metadata or {}).values())
        return [page.extract_text() for page in reader.pages] + [said]
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError, AttributeError, OSError) as error:
        raise Refused(_("The PDF cannot be read and therefore not searched. Save it anew and try again.")) from error
