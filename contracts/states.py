"""All moves of a contract and of a version on one screen."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ContractStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    PROPOSED = "proposed", _("Proposed")
    AGREED = "agreed", _("Agreed")
    ACTIVE = "active", _("Active")
    CLOSED = "closed", _("Closed")
    TERMINATED = "terminated", _("Terminated")


class ContractAct(TextChoices):
    PROPOSE = "propose", _("propose the terms")
    RETURN = "return", _("return the proposal")
    AGREE = "agree", _("agree")
    START = "start", _("start the contract")
    CLOSE = "close", _("close the contract")
    TERMINATE = "terminate", _("terminate the contract")


CONTRACT_TRANSITIONS: dict[tuple[str, str], str] = {
    (ContractStatus.DRAFT, ContractAct.PROPOSE): ContractStatus.PROPOSED,
    (ContractStatus.PROPOSED, ContractAct.RETURN): ContractStatus.DRAFT,
    (ContractStatus.PROPOSED, ContractAct.AGREE): ContractStatus.AGREED,
    (ContractStatus.AGREED, ContractAct.START): ContractStatus.ACTIVE,
    (ContractStatus.AGREED, ContractAct.TERMINATE): ContractStatus.TERMINATED,
    (ContractStatus.ACTIVE, ContractAct.CLOSE): ContractStatus.CLOSED,
    (ContractStatus.ACTIVE, ContractAct.TERMINATE): ContractStatus.TERMINATED,
}


class VersionStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    PROPOSED = "proposed", _("Proposed")
    ACCEPTED = "accepted", _("Accepted, to be signed")
    AGREED = "agreed", _("Agreed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class VersionAct(TextChoices):
    PROPOSE = "propose", _("propose")
    ACCEPT = "accept", _("accept")
    RETURN = "return", _("return")
    WITHDRAW = "withdraw", _("withdraw")
    AGREE = "agree", _("agree")


# A returned proposal is withdrawn and a new draft follows it: what was proposed is never edited. What all parties have
# accepted can still be returned until the last needed signature agrees it.
VERSION_TRANSITIONS: dict[tuple[str, str], str] = {
    (VersionStatus.DRAFT, VersionAct.PROPOSE): VersionStatus.PROPOSED,
    (VersionStatus.DRAFT, VersionAct.WITHDRAW): VersionStatus.WITHDRAWN,
    (VersionStatus.PROPOSED, VersionAct.RETURN): VersionStatus.WITHDRAWN,
    (VersionStatus.PROPOSED, VersionAct.ACCEPT): VersionStatus.ACCEPTED,
    (VersionStatus.ACCEPTED, VersionAct.RETURN): VersionStatus.WITHDRAWN,
    (VersionStatus.ACCEPTED, VersionAct.AGREE): VersionStatus.AGREED,
}

# Frozen and hashed, but not agreed yet: the parties have the word.
BEFORE_THE_PARTIES = frozenset({VersionStatus.PROPOSED, VersionStatus.ACCEPTED})
# One version at a time is on its way to be agreed.
OPEN_STATUSES = frozenset({VersionStatus.DRAFT, VersionStatus.PROPOSED, VersionStatus.ACCEPTED})

VERSION_TONES: dict[VersionStatus, str] = {
    VersionStatus.DRAFT: "neutral",
    VersionStatus.PROPOSED: "warning",
    VersionStatus.ACCEPTED: "info",
    VersionStatus.AGREED: "success",
    VersionStatus.WITHDRAWN: "neutral",
}
