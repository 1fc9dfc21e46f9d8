"""The signature: the last needed one agrees the version."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from actors.audit import record
from actors.policies import Actor, Refused
from contracts.actions.begin import begin_with_version, move_contract, move_version
from contracts.actions.readiness import reader_language
from contracts.actions.succession import take_places
from contracts.actions.telling import tell_parties
from contracts.models import Contract, ContractVersion, Signature
from contracts.policies import Act
from contracts.queries.negotiation import compared, negotiators
from contracts.queries.signing import Seat, SigningPlan, signing_plan
from contracts.redline import changed_only
from contracts.snapshot import terms_of
from contracts.states import ContractAct, ContractStatus, VersionAct

PROOF_LASTS = timedelta(minutes=5)


@transaction.atomic
def sign(
    *,
    actor: Actor,
    contract: Contract,
    document_hash: str,
    intent: str,
    method: str,
    evidence: Mapping[str, Any],
    proved_at: datetime,
    at: datetime,
) -> ContractVersion:
    """Sign exactly the text with this hash for one's organisation; the last needed signature agrees it.

    `intent` is the sentence the person read and meant. `method`, `evidence` and `proved_at` say how and when the
    person proved who they are (`contracts.identification`); the proof is fresh and was given for this hash.
    """
    locked, version = begin_with_version(actor, Act.SIGN, contract)
    organisation = actor.organisation
    if organisation is None:
        raise AssertionError("only a member of an organisation is permitted to sign")
    refuse_outdated(locked, version, document_hash)
    if not intent.strip() or not method.strip():
        raise AssertionError("a signature says what was meant and how the person proved who they are")
    if not proved_at <= at <= proved_at + PROOF_LASTS:
        raise Refused(
            _("You proved who you are more than %(minutes)s minutes ago. Do it once more, and sign.")
            % {"minutes": PROOF_LASTS // timedelta(minutes=1)}
        )
    seat = _seat(actor, signing_plan(locked, version), version)
    Signature.objects.create(
        version=version,
        organisation=organisation,
        group=seat.group,
        user=actor.user,
        document_hash=version.document_hash,
        intent=intent.strip(),
        method=method,
        evidence=dict(evidence),
        proved_at=proved_at,
        at=at,
    )
    record(
        actor=actor,
        at=at,
        event="contracts.sign",
        subject=version,
        contract_code=locked.code,
        version=version.number,
        document_hash=version.document_hash,
        method=method,
    )
    if signing_plan(locked, version).is_done:
        people = negotiators(locked)  # before anybody leaves: whoever signed is told
        _agree(locked, version, actor=actor, at=at)
        tell_parties("agreed", actor=actor, version=version, at=at, page="contract_terms", users=people)
    else:
        about = f"{organisation.pk}.{actor.user.pk}"
        tell_parties("signed", actor=actor, version=version, at=at, page="contract_sign", about=about)
    return version


def why_not_sign(actor: Actor, plan: SigningPlan, version: ContractVersion) -> str:
    """What hinders this person from signing now, or nothing. The page and the act read the same sentence."""
    organisation = actor.organisation
    if organisation is None:
        return _("You act for no organisation.")
    if plan.has_signed(actor.user, organisation):
        return _("You have already signed version %(number)s.") % {"number": version.number}
    own = plan.seats_of(organisation)
    open_seats = [seat for seat in own if not seat.is_done]
    if not open_seats:
        return _("%(organisation)s has signed version %(number)s.") % {
            "organisation": organisation,
            "number": version.number,
        }
    mine = [seat for seat in open_seats if seat.is_open_to(actor.user)]
    if not mine:
        return _("%(organisation)s has named who signs, and you are not among them: %(groups)s.") % {
            "organisation": organisation,
            "groups": ", ".join(str(seat.group) for seat in own),
        }
    if not any(seat in plan.awaited for seat in mine):
        return _("It is not your turn yet. Before you sign: %(awaited)s.") % {
            "awaited": ", ".join(sorted({_called(seat) for seat in plan.awaited}))
        }
    return ""


def _called(seat: Seat) -> str:
    return f"{seat.organisation} ({seat.group})" if seat.group else str(seat.organisation)


def _seat(actor: Actor, plan: SigningPlan, version: ContractVersion) -> Seat:
    reason = why_not_sign(actor, plan, version)
    if reason:
        raise Refused(reason)
    return next(
        seat for seat in plan.awaited if seat.organisation == actor.organisation and seat.is_open_to(actor.user)
    )


def refuse_outdated(contract: Contract, version: ContractVersion, seen: str) -> None:
    """Raise Refused when the hash that was read is not the one to be signed, saying what has changed since."""
    if seen != version.document_hash:
        raise Refused(*_outdated(contract, version, seen))


def _outdated(contract: Contract, version: ContractVersion, seen: str) -> list[str]:
    said = [
        _(
            "What you read has the hash %(seen)s, but what is to be signed now has the hash %(now)s. "
            "Read the agreement again before you sign it."
        )
        % {"seen": seen[:12] or "–", "now": version.document_hash[:12]}
    ]
    read = contract.versions.filter(document_hash=seen).first() if seen else None
    if read is None:
        return said
    said.append(
        _("You read version %(read)s. What is to be signed is version %(number)s.")
        % {"read": read.number, "number": version.number}
    )
    changed = changed_only(compared(contract, read, version, reader_language()))
    named = [f"{diff.clause.number} {diff.clause.heading}" for diff in changed]
    said.append(
        _("These clauses differ: %(clauses)s.") % {"clauses": "; ".join(named)}
        if named
        else _("The clauses read the same; something else in the agreement differs.")
    )
    return said


def _agree(contract: Contract, version: ContractVersion, *, actor: Actor, at: datetime) -> None:
    move_version(version, VersionAct.AGREE, actor=actor, at=at, also={"agreed_at": at})
    if contract.status == ContractStatus.PROPOSED:
        move_contract(contract, ContractAct.AGREE, actor=actor, at=at)
    life = terms_of(version).life
    if life is not None and life.ends_on > contract.ends_on:
        contract.ends_on = life.ends_on  # an amendment that all parties signed makes the contract longer
        contract.save(update_fields=["ends_on"])
    take_places(contract, version, actor=actor, at=at)
    record(
        actor=actor,
        at=at,
        event="contracts.agree",
        subject=version,
        contract_code=contract.code,
        version=version.number,
        document_hash=version.document_hash,
    )
