"""The moves of a claim period and of an import.

A verified period stays verified: what turns out wrong is corrected in a later one.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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


class ImportStatus(TextChoices):
    REFUSED = "refused", _("Refused")
    PREVIEWED = "previewed", _("Waiting to be confirmed")
    CONFIRMED = "confirmed", _("Confirmed")
    DISCARDED = "discarded", _("Discarded")
    WITHDRAWN = "withdrawn", pgettext_lazy("import", "Withdrawn")


class ImportAct(TextChoices):
    CONFIRM = "confirm", _("confirm the import")
    DISCARD = "discard", _("discard the import")
    WITHDRAW = "withdraw", _("withdraw the import")


# What was imported is never deleted: withdrawing leaves a withdrawal beside every row.
IMPORT_TRANSITIONS: dict[tuple[str, str], str] = {
    (ImportStatus.PREVIEWED, ImportAct.CONFIRM): ImportStatus.CONFIRMED,
    (ImportStatus.PREVIEWED, ImportAct.DISCARD): ImportStatus.DISCARDED,
    (ImportStatus.CONFIRMED, ImportAct.WITHDRAW): ImportStatus.WITHDRAWN,
}


class Decision(TextChoices):
    """What the verifier says of a claim or a measured value."""

    ACCEPT = "accept", pgettext_lazy("decision on a claim", "Accepted")
    ADJUST = "adjust", pgettext_lazy("decision on a claim", "Adjusted")
    REJECT = "reject", pgettext_lazy("decision on a claim", "Rejected")


class ReasonCode(TextChoices):
    """Why a claim or a value is not accepted as it was reported."""

    NOT_TARGET = "not_target", _("The person does not belong to the target population")
    NO_EVIDENCE = "no_evidence", _("Evidence is missing")
    NOT_REACHED = "not_reached", _("The outcome was not reached")
    WRONG_DATE = "wrong_date", _("The date is wrong")
    WRONG_NUMBER = "wrong_number", _("The number is wrong")
    DUPLICATE = "duplicate", _("The same outcome has been reported before")
    OTHER = "other", _("Another reason")
