"""Participants under pseudonym: enrolled, and erased."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from actors import audit
from actors.identity import contains_identity_number
from actors.policies import Actor, NotAllowed, NotVisible, Refused, can
from actors.roles import REASONS, Permission
from contracts.models import Contract
from contracts.policies import roles_of
from outcomes.actions.common import ReportFaults, authorise, set_up_cohorts
from outcomes.models import ImportBatch, Participant
from outcomes.policies import participants_seen
from outcomes.queries import vocabulary_of
from outcomes.sources import source_of
from outcomes.sources.check import enrolment_faults
from outcomes.sources.rows import Fault
from outcomes.sources.values import PSEUDONYM, text_of


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Somebody to enrol: the pseudonym the provider has given, the cohort's id in the terms, and the day."""

    pseudonym: str
    cohort: str
    enrolled_on: date


@transaction.atomic
def enrol(*, actor: Actor, contract: Contract, people: Iterable[Enrolment], at: datetime) -> list[Participant]:
    """Enrol participants under pseudonym; the provider. All or nobody. Raises ReportFaults with everything wrong."""
    provider = authorise(actor, contract, Permission.REPORT_OUTCOMES)
    contract = Contract.objects.select_for_update().get(pk=contract.pk)
    people = list(people)
    words, today = vocabulary_of(contract), timezone.localtime(at).date()
    taken = set(contract.participants.filter(provider=provider).values_list("pseudonym", flat=True))
    cohorts = set_up_cohorts(contract, words)
    faults: list[Fault] = []
    for number, person in enumerate(people, start=1):
        code = pseudonym_fault(person.pseudonym) or ("already_enrolled" if person.pseudonym in taken else "")
        if code:
            faults.append(Fault(number, "pseudonym", code))
        taken.add(person.pseudonym)
        found = enrolment_faults(words, person.cohort, person.enrolled_on, today)
        faults += [Fault(number, name, code, params=params) for code, name, params in found]
    if faults:
        raise ReportFaults(faults)
    rows = Participant.objects.bulk_create(
        Participant(
            contract=contract,
            cohort=cohorts[person.cohort],
            provider=provider,
            pseudonym=person.pseudonym,
            enrolled_on=person.enrolled_on,
        )
        for person in people
    )
    audit.record(
        actor=actor,
        event="outcomes.enrol",
        subject=contract,
        contract_code=contract.code,
        at=at,
        count=len(rows),
    )
    return rows


def pseudonym_fault(pseudonym: str) -> str:
    """The rule that the pseudonym breaks, if any."""
    if contains_identity_number(pseudonym):
        return "identity_number"
    return "" if PSEUDONYM.match(pseudonym) else "bad_pseudonym"


@transaction.atomic
def erase_pseudonym(*, actor: Actor, participant: Participant, at: datetime) -> Participant:
    """Forget who a participant is: the pseudonym goes, the facts and their hashes stay. It cannot be undone.

    The provider for its own, or the payer's case officer. Stored import files that hold the pseudonym go with it.
    """
    roles = roles_of(actor, participant.contract)
    if not (can(actor, Permission.REPORT_OUTCOMES, roles) or can(actor, Permission.EDIT_CONTRACT, roles)):
        raise NotAllowed(str(REASONS[Permission.REPORT_OUTCOMES]))
    contract = Contract.objects.select_for_update().get(pk=participant.contract_id)
    row = Participant.objects.select_for_update().filter(pk=participant.pk)
    row = row.filter(participants_seen(actor, contract))
    found = row.first()
    if found is None:
        raise NotVisible
    if found.erased_at is not None:
        raise Refused(_("The pseudonym has been erased before."))
    files = _forget_files(found)
    found.pseudonym = f"raderad-{secrets.token_hex(4)}"
    found.erased_at = at
    found.save(update_fields=["pseudonym", "erased_at"])
    audit.record(
        actor=actor,
        event="outcomes.erase_pseudonym",
        subject=found,
        contract_code=contract.code,
        at=at,
        import_files=files,
    )
    return found


def _forget_files(participant: Participant) -> int:
    """Remove the stored import files in which the pseudonym stands, and what their previews show; the hashes stay."""
    batches = ImportBatch.objects.filter(
        claim_period__contract=participant.contract_id, organisation=participant.provider_id
    ).exclude(file="")
    forgotten = 0
    for batch in batches:
        try:
            with batch.file.open("rb") as stored:
                data = stored.read()
        except OSError:  # gone already; what its preview shows goes too
            data = b""
        tables = source_of(data).read(data).tables if data else []
        stands_there = any(
            text_of(cell) == participant.pseudonym for table in tables for row in table.rows for cell in row
        )
        if stands_there or not data:
            name, storage = batch.file.name, batch.file.storage
            batch.file = ""
            batch.reading = {key: batch.reading[key] for key in ("totals",) if key in batch.reading}
            batch.save(update_fields=["file", "reading"])
            transaction.on_commit(lambda name=name, storage=storage: storage.delete(name))  # type: ignore[misc]
            forgotten += 1
    return forgotten
