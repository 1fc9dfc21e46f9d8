"""What every act on outcomes begins with: the permission, the lock, the state."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from actors.models import Organisation
from actors.policies import Actor, NotVisible, Refused, require
from actors.roles import Permission
from contracts.models import Contract
from contracts.policies import roles_of
from outcomes.models import ClaimPeriod, Cohort
from outcomes.queries import Vocabulary
from outcomes.sources.columns import NAMES
from outcomes.sources.rows import Fault
from outcomes.sources.rules import RULES, said
from outcomes.states import PeriodStatus
from rulebook.terms import label_of


class ReportFaults(Refused):
    """A report that breaks rules: all of them, each with the number of its row and the name of its field."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = [fault for fault in faults if not RULES[fault.code].is_warning]
        super().__init__(*(text_of_fault(fault) for fault in self.faults))


def text_of_fault(fault: Fault) -> str:
    """The rule in words, after the name of the field. Without the value, which may be a pseudonym."""
    text = said({"code": fault.code, "params": fault.params or {}})["text"]
    return f"{NAMES[fault.field][0]}: {text}" if fault.field in NAMES else str(text)


def authorise(actor: Actor, contract: Contract, permission: Permission) -> Organisation:
    """Raise NotAllowed unless the actor may; answer with the organisation they act for."""
    require(actor, permission, roles_of(actor, contract))
    if actor.organisation is None:
        raise NotVisible
    return actor.organisation


def lock(claim_period: ClaimPeriod) -> ClaimPeriod:
    """The claim period as it is now, locked with its contract: reports of one contract are written one at a time."""
    Contract.objects.select_for_update().get(pk=claim_period.contract_id)
    return ClaimPeriod.objects.select_for_update(of=("self",)).select_related("contract").get(pk=claim_period.pk)


def must_be_open(period: ClaimPeriod) -> None:
    if period.status != PeriodStatus.OPEN:
        raise Refused(
            _("%(period)s is not open for reporting: it is %(status)s. Report in a period that is open.")
            % {"period": period.name, "status": str(PeriodStatus(period.status).label).lower()}
        )


def must_be_reported(period: ClaimPeriod) -> None:
    if period.status != PeriodStatus.REPORTED:
        raise Refused(
            _("Decisions are taken while a period is reported and not yet verified. %(period)s is %(status)s.")
            % {"period": period.name, "status": str(PeriodStatus(period.status).label).lower()}
        )


def must_have_reason(reason: str) -> str:
    """The reason without spaces around it, or a refusal."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Give a reason: whoever is concerned will read it."))
    return reason


def set_up_cohorts(contract: Contract, words: Vocabulary) -> dict[str, Cohort]:
    """Every cohort of the contract by its key; those that the terms name and that are not here yet are written.

    Terms without cohorts get one without a key, for everybody.
    """
    here = {cohort.key: cohort for cohort in contract.cohorts.all()}
    named = {cohort.id: (label_of(cohort, "sv"), label_of(cohort, "en")) for cohort in words.cohorts.values()}
    rows = [
        Cohort(contract=contract, key=key, name_sv=sv, name_en=en)
        for key, (sv, en) in (named or {"": ("Alla deltagare", "All participants")}).items()
        if key not in here
    ]
    return here | {cohort.key: cohort for cohort in Cohort.objects.bulk_create(rows)}
