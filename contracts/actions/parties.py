"""Who is in the contract, and as what. Parties change in a draft only: they are frozen with the terms."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from actors.audit import record
from actors.models import Board, Organisation
from actors.policies import Actor, Refused
from actors.roles import PARTY_ROLES, ROLES_A_VERIFIER_MAY_NOT_HOLD, Role
from contracts.actions.begin import begin
from contracts.models import Contract, ContractParty, party_key
from contracts.policies import Act
from contracts.queries import fitting_party_key, unique_party_key


@transaction.atomic
def add_party(
    *,
    actor: Actor,
    contract: Contract,
    organisation: Organisation,
    role: Role,
    at: datetime,
    board: Board | None = None,
    key: str = "",
    data_role: str = "",
) -> ContractParty:
    """Add an organisation, or one of its boards, in a role.

    Without a key it gets the name that the draft terms have for a party in this role, where one is not taken; else it
    is named after itself.
    """
    locked, _version = begin(actor, Act.CHANGE_PARTIES, contract)
    party = ContractParty(
        contract=locked,
        organisation=organisation,
        board=board,
        role=role,
        key=key
        or fitting_party_key(locked, role, organisation, board)
        or unique_party_key(locked, board.name if board else organisation.name),
        data_role=data_role,
    )
    refuse_unfit(party)
    party.save()
    record(
        actor=actor,
        at=at,
        event="contracts.add_party",
        subject=party,
        contract_code=locked.code,
        organisation=organisation.pk,
        role=str(role),
        key=party.key,
        data_role=party.data_role,
    )
    return party


@transaction.atomic
def change_party(
    *,
    actor: Actor,
    party: ContractParty,
    at: datetime,
    organisation: Organisation,
    role: Role,
    key: str,
    board: Board | None = None,
    data_role: str | None = None,
) -> ContractParty:
    """Change who a party is, its role, its name in the terms or its role in data protection (None leaves that)."""
    locked, _version = begin(actor, Act.CHANGE_PARTIES, party.contract)
    changed = ContractParty.objects.get(pk=party.pk, contract=locked)
    changed.contract = locked
    changed.organisation, changed.board, changed.role, changed.key = organisation, board, role, key
    changed.data_role = changed.data_role if data_role is None else data_role
    refuse_unfit(changed)
    changed.save()
    record(
        actor=actor,
        at=at,
        event="contracts.change_party",
        subject=changed,
        contract_code=locked.code,
        organisation=organisation.pk,
        role=str(role),
        key=key,
        data_role=changed.data_role,
    )
    return changed


@transaction.atomic
def remove_party(*, actor: Actor, party: ContractParty, at: datetime) -> None:
    """Take a party out of a draft."""
    locked, _version = begin(actor, Act.CHANGE_PARTIES, party.contract)
    gone = ContractParty.objects.select_related("organisation").get(pk=party.pk, contract=locked)
    record(
        actor=actor,
        at=at,
        event="contracts.remove_party",
        subject=gone,
        contract_code=locked.code,
        organisation=gone.organisation_id,
        role=gone.role,
        key=gone.key,
    )
    gone.delete()


def refuse_unfit(party: ContractParty, *, beside: Iterable[ContractParty] = ()) -> None:
    """Say kindly, and all at once, what the database would refuse. `beside` are others than the present parties."""
    others = [p for p in party.contract.parties.select_related("organisation", "board") if p.pk != party.pk]
    reasons = dict.fromkeys([*_about_itself(party), *_beside_others(party, [*others, *beside])])
    if reasons:
        raise Refused(*reasons)


def _about_itself(party: ContractParty) -> list[str]:
    reasons = []
    if party.role not in PARTY_ROLES:
        reasons.append(_("%(role)s is not a role of a party.") % {"role": Role(party.role).label})
    if party.board is not None and party.board.organisation_id != party.organisation_id:
        reasons.append(
            _("%(board)s does not belong to %(organisation)s. Choose one of its own boards, or none.")
            % {"board": party.board, "organisation": party.organisation}
        )
    if party.role == Role.OUTCOME_PAYER and not party.organisation.is_public:
        reasons.append(
            _("%(organisation)s is not a municipality, region or state agency, and cannot answer for outcomes.")
            % {"organisation": party.organisation}
        )
    if not party_key.regex.match(party.key):  # type: ignore[union-attr]
        reasons.append(
            _("«%(key)s» cannot be a name in the terms. Use small letters a–z, digits, hyphen and underscore.")
            % {"key": party.key}
        )
    return reasons


def _beside_others(party: ContractParty, others: list[ContractParty]) -> list[str]:
    reasons = []
    if any(other.key == party.key for other in others):
        reasons.append(_("Another party is already called «%(key)s» in the terms.") % {"key": party.key})
    same = [other for other in others if other.organisation_id == party.organisation_id]
    if any(other.board_id == party.board_id and other.role == party.role for other in same):
        reasons.append(_("%(party)s already has this role in the contract.") % {"party": party})
    roles = {Role(other.role) for other in same} | {Role(party.role)}
    clashing = roles & ROLES_A_VERIFIER_MAY_NOT_HOLD
    if Role.VERIFIER in roles and clashing:
        reasons.append(
            _(
                "%(organisation)s cannot be both verifier and %(role)s: whoever decides whether an outcome was reached "
                "may not gain or lose by it. Choose another verifier."
            )
            % {
                "organisation": party.organisation,
                "role": ", ".join(sorted(str(role.label).lower() for role in clashing)),
            }
        )
    return reasons
