"""Is this the file that was sealed? For anybody who has one: nothing is stored; only what the file says is told."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from actors.forms import Form
from actors.http import ActorRequest, access
from actors.roles import Permission
from reports import seal
from reports.models import SealedAgreement
from reports.queries.agreement import own_fingerprints, sealed_file
from reports.seal import Examination, Found, Kind

logger = logging.getLogger(__name__)
MOST_A_MINUTE = 20  # from one address; a whole town hall may share it


class FileForm(Form):
    """The file to check."""

    file = forms.FileField(
        label=gettext_lazy("The PDF file"),
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
        help_text=gettext_lazy("At most 10 MB. The file is read and thrown away; nothing of it is stored."),
    )

    def clean_file(self) -> "UploadedFile[Any]":
        upload: UploadedFile[Any] = self.cleaned_data["file"]
        if upload.size is not None and upload.size > settings.UPLOAD_MAX_BYTES:
            raise ValidationError(_("The file is larger than 10 MB. A sealed agreement is far smaller."))
        return upload


@dataclass(frozen=True)
class Seal:
    """One seal, as the page shows it."""

    subject: str
    fingerprint: str
    reason: str
    at: datetime | None
    is_stamped: bool
    is_ours: bool
    is_test: bool


@dataclass(frozen=True)
class Verdict:
    """The answer in one line and a few more, and how it is shown."""

    tone: str
    title: str
    text: str
    sha256: str
    exact: SealedAgreement | None = None
    seals: tuple[Seal, ...] = ()


@access(Permission.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def check_document(request: ActorRequest) -> HttpResponse:
    """Ask for a file, and say whether it is whole."""
    if request.method != "POST":
        return render(request, "reports/check_document.html", {"form": FileForm()})
    if _asks_too_often(request):
        text = _("Many files have been checked from your address in the last minute. Wait a minute and try again.")
        return render(request, "reports/check_document.html", {"form": FileForm(), "problems": [text]}, status=429)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "reports/check_document.html", {"form": form}, status=422)
    verdict = verdict_of(form.cleaned_data["file"].read())
    return render(request, "reports/check_document.html", {"form": FileForm(), "verdict": verdict})


def verdict_of(content: bytes) -> Verdict:
    """What can be said of a file: that it is ours byte for byte, or what its own seals say."""
    sha256 = hashlib.sha256(content).hexdigest()
    exact = sealed_file(sha256)
    if exact is not None:
        title = _("The file is intact")
        return Verdict("success", title, _("It is byte for byte the file that was sealed here."), sha256, exact)
    examined = seal.examine_apart(content)
    if examined.kind is not Kind.SIGNED:
        return Verdict(*_not_sealed(examined.kind), sha256)
    known = own_fingerprints()
    seals = tuple(_seal(each, known) for each in examined.found)
    return Verdict(*_sealed(examined, known), sha256, seals=seals)


def _not_sealed(kind: Kind) -> tuple[str, str, str]:
    if kind is Kind.NOT_PDF:
        return (
            "warning",
            _("This is not a PDF"),
            _("Only PDF files are sealed here. Choose the sealed agreement itself."),
        )
    if kind is Kind.ENCRYPTED:
        text = _("A file that is locked with a password cannot be read. Files that are sealed here are never locked.")
        return "warning", _("The file is locked"), text
    if kind is Kind.UNSIGNED:
        text = _(
            "Nobody has sealed this file: it may be a draft, a copy that was printed anew, or a file from which the "
            "seal has been taken away. It proves nothing."
        )
        return "warning", _("The file has no seal"), text
    if kind is Kind.DAMAGED:
        text = _("It says that it is a PDF, but it cannot be read. It is broken, or somebody has changed it.")
        return "danger", _("The file is damaged"), text
    text = _("Reading it takes too long or too much memory. Files that are sealed here are quickly read.")
    return "warning", _("The file cannot be examined"), text


def _sealed(examined: Examination, known: dict[str, bool]) -> tuple[str, str, str]:
    """The worst that its seals say is the answer."""
    if not all(each.is_intact for each in examined.found):
        text = _(
            "What the seal covers is not what stands in the file now. A single changed byte is enough, and what was "
            "changed cannot be seen from the seal. Do not rely on it; ask for the original."
        )
        return "danger", _("The file has been changed after it was sealed"), text
    if not all(each.is_all for each in examined.found):
        text = _(
            "What was there when it was sealed is unchanged, but something has been added after it, which may change "
            "what the file shows. Do not rely on it; ask for the original."
        )
        return "danger", _("Something has been added after the seal"), text
    if any(each.fingerprint in known for each in examined.found):
        text = _(
            "The seal is intact and made with a certificate that seals here, but the file is not byte for byte one "
            "that we have kept: bytes differ where no seal reaches. Ask for the original."
        )
        return "warning", _("The seal is intact, but we do not know the file"), text
    text = _(
        "The file is unchanged since it was signed, but not by us. Who stands behind the certificate, and whether it "
        "is to be trusted, a PDF reader or a trust service can say."
    )
    return "info", _("The file is signed by somebody else"), text


def _seal(found: Found, known: dict[str, bool]) -> Seal:
    at = found.stamped_at or found.signed_at
    return Seal(
        subject=found.subject,
        fingerprint=found.fingerprint,
        reason=found.reason,
        at=datetime.fromisoformat(at) if at else None,
        is_stamped=bool(found.stamped_at),
        is_ours=found.fingerprint in known,
        is_test=known.get(found.fingerprint, False),
    )


def _asks_too_often(request: HttpRequest) -> bool:
    """Counts the files of one address in a minute. Where the counter is broken, people are let in."""
    minute = int(timezone.now().timestamp()) // 60
    key = f"check:{hashlib.sha256(_address(request).encode()).hexdigest()[:16]}:{minute}"
    try:
        cache.add(key, 0, timeout=120)
        return bool(cache.incr(key) > MOST_A_MINUTE)
    except Exception:
        logger.warning("checks of files cannot be counted", exc_info=True)
        return False


def _address(request: HttpRequest) -> str:
    """The last hop before our own proxy, where there is one."""
    if settings.BEHIND_TLS:
        return str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
