"""Runs of reports with their files, and the sealed agreements."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actors.models import AppendOnly, User
from contracts.models import Contract


class ReportRun(models.Model):
    """One rendering of one report. The row is the work; a lease says that somebody is at it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being made")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="report_runs")
    report = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    language = models.CharField(max_length=2, default="sv")
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="per cent")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True, default="")
    data_hash = models.CharField(max_length=64, blank=True, default="")
    file = models.FileField(upload_to="reports/%Y/", blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True, default="")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("report run")
        verbose_name_plural = _("report runs")
        indexes: ClassVar = [models.Index(fields=["status", "next_attempt_at"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(status="done") | (~Q(file_sha256="") & Q(finished_at__isnull=False)),
                name="done_report_has_a_file",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class SealedAgreement(AppendOnly):
    """The document of an agreed version, sealed once and kept byte for byte.

    `document_hash` is what the parties signed; `sha256` is of the file itself, by which a copy is recognised.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="sealed_agreements")
    version_number = models.PositiveIntegerField(_("version"))
    file = models.FileField(upload_to="agreements/")
    sha256 = models.CharField(max_length=64, unique=True)
    document_hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    subject = models.CharField(_("sealed with the certificate of"), max_length=300)
    fingerprint = models.CharField(_("the certificate's fingerprint (sha256)"), max_length=64)
    is_test = models.BooleanField(_("is a test seal"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("sealed agreement")
        verbose_name_plural = _("sealed agreements")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "version_number"], name="each_version_is_sealed_once")
        ]

    def __str__(self) -> str:
        return f"{self.contract.code} v{self.version_number}"
