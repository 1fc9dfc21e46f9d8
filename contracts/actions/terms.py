"""Acts on the terms: edit a draft, propose, return, withdraw, accept, amend."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from actors.audit import record
from actors.models import AuditEvent
from actors.policies import Actor, Refused
from contracts.actions.begin import begin, begin_with_version, move_contract, move_version
from contracts.actions.readiness import amendment_date_problem, problems_before_proposing
from contracts.actions.succession import copy_successions
from contracts.actions.telling import tell_parties
from contracts.models import Acceptance, Contract, ContractVersion
from contracts.policies import Act, incoming
from contracts.queries import agreed_versions, last_editor
from contracts.snapshot import agreement_document, document_hash
from contracts.states import ContractAct, ContractStatus, VersionAct, VersionStatus
from rulebook import Problem, parse_terms

_TICK = timedelta(microseconds=1)


class TermsConflict(Refused):
    """Somebody else changed the draft meanwhile. `version` is the draft as it stands now."""

    def __init__(self, version: ContractVersion, reason: str) -> None:
        super().__init__(reason)
        self.version = version


@transaction.atomic
def edit_terms(
    *,
    actor: Actor,
    contract: Contract,
    terms: Mapping[str, Any],
    at: datetime,
    seen_at: datetime | None = None,
    effective_on: date | None = None,
    note: str | None = None,
) -> list[Problem]:
    """Save the draft of the terms, finished or not, and return every problem that remains before it can be proposed.

    `seen_at` is the draft's `edited_at` when the writer opened it: if somebody else has saved since, TermsConflict says
    who and when, and nothing is overwritten.
    """
    locked, version = begin_with_version(actor, Act.EDIT_TERMS, contract)
    if seen_at is not None and version.edited_at != seen_at:
        raise TermsConflict(version, _conflict_text(version))
    parsed, problems = parse_terms(terms)
    version.terms = parsed.document if parsed is not None else _storable(terms)
    version.effective_on = effective_on or version.effective_on
    version.note = version.note if note is None else note
    # Two saves never share an instant, or the second writer's lock would not see the first.
    version.edited_at = max(at, version.edited_at + _TICK)
    version.save(update_fields=["terms", "effective_on", "note", "edited_at"])
    record(
        actor=actor,
        at=at,
        event="contracts.edit_terms",
        subject=version,
        contract_code=locked.code,
        version=version.number,
        problems=len(problems),
    )
    return problems


@transaction.atomic
def propose(*, actor: Actor, contract: Contract, at: datetime, answer_by: date | None = None) -> ContractVersion:
    """Freeze the draft with the parties, hash it, and put it before them. Refused with every problem at once.

    `answer_by` is the day by which the parties are asked to accept or return it; it binds nobody.
    """
    locked, version = begin_with_version(actor, Act.PROPOSE, contract)
    problems = problems_before_proposing(actor, locked, version, on=localtime(at).date())
    if answer_by is not None and answer_by < localtime(at).date():
        problems.append(_("The parties cannot answer by %(day)s, which has passed.") % {"day": answer_by.isoformat()})
    if problems:
        raise Refused(*problems)
    version.document = agreement_document(version)
    version.document_hash = document_hash(version.document)
    version.proposed_at = at
    version.answer_by = answer_by
    version.save(update_fields=["document", "document_hash", "proposed_at", "answer_by"])
    move_version(version, VersionAct.PROPOSE, actor=actor, at=at)
    if locked.status == ContractStatus.DRAFT:
        move_contract(locked, ContractAct.PROPOSE, actor=actor, at=at)
    record(
        actor=actor,
        at=at,
        event="contracts.propose",
        subject=version,
        contract_code=locked.code,
        version=version.number,
        document_hash=version.document_hash,
    )
    tell_parties("proposed", actor=actor, version=version, at=at, answer_by=answer_by.isoformat() if answer_by else "")
    return version


@transaction.atomic
def return_proposal(*, actor: Actor, contract: Contract, reason: str, at: datetime) -> ContractVersion:
    """Send the proposal back: it is withdrawn for ever, and a new draft with the same terms follows it."""
    locked, version = begin_with_version(actor, Act.RETURN, contract)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Write why the proposal is returned: whoever drafts the next one needs to know."))
    move_version(version, VersionAct.RETURN, actor=actor, at=at, reason=reason)
    if locked.status == ContractStatus.PROPOSED:
        move_contract(locked, ContractAct.RETURN, actor=actor, at=at, reason=reason)
    draft = _copy(version, locked, effective_on=version.effective_on, note=version.note, at=at)
    copy_successions(version, draft)
    record(
        actor=actor,
        at=at,
        event="contracts.return_proposal",
        subject=version,
        contract_code=locked.code,
        version=version.number,
        new_version=draft.number,
    )
    tell_parties("returned", actor=actor, version=version, at=at, new=draft.number)
    return draft


@transaction.atomic
def withdraw_draft(*, actor: Actor, contract: Contract, at: datetime, reason: str = "") -> ContractVersion:
    """Give up a draft amendment. The agreed terms go on as before."""
    locked, version = begin_with_version(actor, Act.WITHDRAW, contract)
    move_version(version, VersionAct.WITHDRAW, actor=actor, at=at, reason=reason.strip())
    record(
        actor=actor,
        at=at,
        event="contracts.withdraw_draft",
        subject=version,
        contract_code=locked.code,
        version=version.number,
    )
    return version


@transaction.atomic
def accept(*, actor: Actor, contract: Contract, document_hash: str, at: datetime) -> ContractVersion:
    """Accept exactly the proposal with this hash for one's organisation. The last acceptance makes it ready to sign."""
    locked, version = begin_with_version(actor, Act.ACCEPT, contract)
    organisation = actor.organisation
    if organisation is None:
        raise AssertionError("only a member of an organisation is permitted to accept")
    if document_hash != version.document_hash:
        raise Refused(
            _(
                "What you read has the hash %(seen)s, but what is proposed now has the hash %(now)s. "
                "Read the proposal again before you accept it."
            )
            % {"seen": document_hash[:12] or "–", "now": version.document_hash[:12]}
        )
    if version.acceptances.filter(organisation=organisation).exists():
        raise Refused(
            _("%(organisation)s has already accepted version %(number)s.")
            % {"organisation": organisation, "number": version.number}
        )
    Acceptance.objects.create(
        version=version, organisation=organisation, document_hash=version.document_hash, user=actor.user, at=at
    )
    record(
        actor=actor,
        at=at,
        event="contracts.accept",
        subject=version,
        contract_code=locked.code,
        version=version.number,
        document_hash=version.document_hash,
    )
    answering = {party.organisation_id for party in [*locked.parties.all(), *incoming(locked)]}
    awaited = answering - set(version.acceptances.values_list("organisation", flat=True))
    if awaited:
        tell_parties("accepted", actor=actor, version=version, at=at, about=str(organisation.pk))
    else:
        move_version(version, VersionAct.ACCEPT, actor=actor, at=at, also={"accepted_at": at})
        tell_parties("all_accepted", actor=actor, version=version, at=at, page="contract_sign")
    return version


@transaction.atomic
def amend(*, actor: Actor, contract: Contract, effective_on: date, at: datetime, note: str = "") -> ContractVersion:
    """Begin a change of an active contract's terms: a draft with the agreed terms that takes effect on a later date."""
    locked, _none = begin(actor, Act.AMEND, contract)
    latest = agreed_versions(locked).last()
    if latest is None:
        raise Refused(_("No version of the terms is agreed yet."))
    problem = amendment_date_problem(locked, latest, effective_on)
    if problem:
        raise Refused(problem)
    draft = _copy(latest, locked, effective_on=effective_on, note=note.strip(), at=at)
    record(
        actor=actor,
        at=at,
        event="contracts.amend",
        subject=draft,
        contract_code=locked.code,
        version=draft.number,
        effective_on=effective_on.isoformat(),
    )
    return draft


def _copy(
    source: ContractVersion, contract: Contract, *, effective_on: date, note: str, at: datetime
) -> ContractVersion:
    highest = contract.versions.aggregate(highest=Max("number"))["highest"]
    return ContractVersion.objects.create(
        contract=contract,
        number=highest + 1,
        status=VersionStatus.DRAFT,
        terms=source.terms,
        effective_on=effective_on,
        note=note,
        edited_at=at,
    )


def _conflict_text(version: ContractVersion) -> str:
    event: AuditEvent | None = last_editor(version)
    who = event.user.name if event and event.user else _("Somebody else")
    when = date_format(localtime(version.edited_at), "Y-m-d H:i")
    return _("%(who)s saved this draft on %(when)s, after you opened it. Your text is not saved, and not lost.") % {
        "who": who,
        "when": when,
    }


def _storable(value: Any) -> Any:
    """An unfinished document as JSON can hold it: exact numbers as text."""
    if isinstance(value, Mapping):
        return {str(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value
