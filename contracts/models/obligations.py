"""What the parties have done of what they agreed to do by a day, where no other row says it."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actors.models import AppendOnly, User
from contracts.models.contract import Contract


class MeetingHeld(AppendOnly):
    """A meeting of the steering group that was held. `key` is the obligation's (`contracts.obligations`)."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="meetings_held")
    key = models.CharField(max_length=60)
    held_on = models.DateField(_("held"))
    minutes = models.CharField(_("where the minutes are"), max_length=300, blank=True, default="")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("meeting held")
        verbose_name_plural = _("meetings held")
        constraints: ClassVar = [models.UniqueConstraint(fields=["contract", "key"], name="each_meeting_held_once")]

    def __str__(self) -> str:
        return self.key
