"""The moves of a claim period. A verified period stays verified: what turns out wrong is corrected in a later one."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PeriodStatus(TextChoices):
    OPEN = "open", _("Open for reporting")
    REPORTED = "reported", _("Reported")
    VERIFIED = "verified", _("Verified")


class PeriodAct(TextChoices):
    REPORT = "report", _("report the period")
    RETURN = "return", _("return the period to the provider")
    VERIFY = "verify", _("verify the period")


PERIOD_TRANSITIONS: dict[tuple[str, str], str] = {
    (PeriodStatus.OPEN, PeriodAct.REPORT): PeriodStatus.REPORTED,
    (PeriodStatus.REPORTED, PeriodAct.RETURN): PeriodStatus.OPEN,
    (PeriodStatus.REPORTED, PeriodAct.VERIFY): PeriodStatus.VERIFIED,
}


class Decision(TextChoices):
    """What the verifier says of a claim or a measured value."""

    ACCEPT = "accept", _("Accepted")
    ADJUST = "adjust", _("Adjusted")
    REJECT = "reject", _("Rejected")
