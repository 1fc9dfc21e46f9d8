"""Which roles an actor holds in a contract, and what can be done with it now. What a role may do: `actors.roles`."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from actors.policies import Actor, Permit, can
from actors.roles import Duty, Permission, Role
from contracts.models import Contract, ContractParty, ContractVersion, Delegate, Succession
from contracts.states import BEFORE_THE_PARTIES, CONTRACT_TRANSITIONS, ContractAct, ContractStatus, VersionStatus

# What may still be changed about the contract itself. From the proposal on, everything that the parties agree about
# stands still; only descriptions and what happens during the contract's life go on.
_LATER = frozenset({"summary", "open_to_support", "drawn_capital"})
EDITABLE_FIELDS: dict[str, frozenset[str]] = {
    ContractStatus.DRAFT: _LATER
    | {"name", "target_population", "intervention", "starts_on", "ends_on", "committed_capital"},
    ContractStatus.PROPOSED: frozenset(),
    ContractStatus.AGREED: _LATER,
    ContractStatus.ACTIVE: _LATER,
    ContractStatus.CLOSED: frozenset({"summary", "open_to_support"}),
    ContractStatus.TERMINATED: frozenset({"summary", "open_to_support"}),
}


def holds(actor: Actor, party: ContractParty) -> bool:
    """Does the actor act for this party? A duty limited to one board does not reach the others."""
    membership = actor.membership
    return (
        membership is not None
        and party.organisation_id == membership.organisation_id
        and (membership.board_id is None or party.board_id is None or party.board_id == membership.board_id)
    )


def _drafts(actor: Actor, contract: Contract) -> bool:
    """Whoever drafts a contract works on it before it has any parties; but one board's draft is not another's."""
    membership = actor.membership
    if membership is None or contract.status != ContractStatus.DRAFT:
        return False
    if contract.owner_id != membership.organisation_id:
        return False
    others = any(party.organisation_id == membership.organisation_id for party in contract.parties.all())
    return membership.board_id is None or not others


def successors_of(contract: Contract) -> list[dict[str, Any]]:
    """Who would take which party's place, as `visible_contracts` brings it along. One query."""
    rows = Succession.objects.filter(version__contract=contract, version__status__in=BEFORE_THE_PARTIES)
    return [
        {
            "organisation_id": row.organisation_id,
            "board_id": row.board_id,
            "role": row.party.role,
            "key": row.party.key,
        }
        for row in rows.select_related("party").order_by("party__key")
    ]


def incoming(contract: Contract) -> list[ContractParty]:
    """The parties as they would become by the amendment that is before the parties now. They are not stored.

    Reads `contract.successors`, which `contracts.queries.visible_contracts` brings along, or asks the database.
    """
    known: list[dict[str, Any]] | None = getattr(contract, "successors", None)
    rows = successors_of(contract) if known is None else known
    return [ContractParty(contract_id=contract.pk, **row) for row in rows]


def roles_of(actor: Actor, contract: Contract) -> frozenset[Role]:
    """The actor's roles in the contract; reads `contract.parties` and `contract.readers`, prefetched or not."""
    roles = {Role(party.role) for party in contract.parties.all() if holds(actor, party)}
    if not roles and any(holds(actor, party) for party in incoming(contract)):
        roles.add(Role.SUCCESSOR)
    if contract.open_to_support and actor.organisation and actor.organisation.is_national_support:
        roles.add(Role.NATIONAL_SUPPORT)
    if actor.organisation and actor.organisation in contract.readers.all():
        roles.add(Role.OBSERVER)
    if _drafts(actor, contract):
        roles.add(Role.OUTCOME_PAYER)
    return frozenset(roles)


class Act(StrEnum):
    """Everything that can be done with a contract and its terms."""

    EDIT = "edit"
    CHANGE_PARTIES = "change_parties"
    EDIT_TERMS = "edit_terms"
    PROPOSE = "propose"
    ACCEPT = "accept"
    SIGN = "sign"
    RETURN = "return"
    WITHDRAW = "withdraw"
    AMEND = "amend"
    REPLACE_PARTY = "replace_party"
    START = "start"
    CLOSE = "close"
    TERMINATE = "terminate"
    COMMENT = "comment"
    NAME_PEOPLE = "name_people"
    ORDER_SIGNING = "order_signing"
    EDIT_CALCULATION = "edit_calculation"
    EDIT_DESIGN = "edit_design"
    APPROVE_MEASURE = "approve_measure"
    OFFER_TEMPLATE = "offer_template"


PERMISSIONS: dict[Act, Permission] = dict.fromkeys(Act, Permission.EDIT_CONTRACT) | {
    Act.ACCEPT: Permission.ACCEPT_TERMS,
    Act.SIGN: Permission.SIGN_AGREEMENT,
    Act.COMMENT: Permission.COMMENT,
    Act.NAME_PEOPLE: Permission.VIEW_DESIGN,
    Act.RETURN: Permission.ACCEPT_TERMS,
    Act.EDIT_CALCULATION: Permission.EDIT_DESIGN,
    Act.EDIT_DESIGN: Permission.EDIT_DESIGN,
    Act.APPROVE_MEASURE: Permission.COMMENT,
}
_BINDING = frozenset({Permission.ACCEPT_TERMS, Permission.SIGN_AGREEMENT})
# What a delegate may do on the days they are named for, by the permission it stands for.
DELEGABLE: dict[Permission, str] = {
    Permission.COMMENT: Delegate.May.COMMENT,
    Permission.ACCEPT_TERMS: Delegate.May.ACCEPT,
    Permission.SIGN_AGREEMENT: Delegate.May.SIGN,
}
_NAMES_PEOPLE = frozenset({Duty.CASE_OFFICER, Duty.ADMINISTRATOR})


def _status(contract: Contract) -> str:
    return str(ContractStatus(contract.status).label)


def _edit(contract: Contract, version: ContractVersion | None) -> str:
    if EDITABLE_FIELDS[contract.status]:
        return ""
    return _("The terms are proposed, and the parties are reading. Nothing is changed meanwhile; return the proposal.")


def _change_parties(contract: Contract, version: ContractVersion | None) -> str:
    if contract.status == ContractStatus.DRAFT:
        return ""
    return _("The parties stand still once the terms are proposed. The status of the contract is «%(status)s».") % {
        "status": _status(contract)
    }


def _draft_version(contract: Contract, version: ContractVersion | None) -> str:
    if version is None:
        return _("There is no draft of the terms. An amendment makes one while the contract is active.")
    if version.status != VersionStatus.DRAFT:
        return _("Version %(number)s is proposed and cannot be changed. Returning it makes a new draft.") % {
            "number": version.number
        }
    return ""


def _proposed_version(contract: Contract, version: ContractVersion | None) -> str:
    if version is not None and version.status == VersionStatus.PROPOSED:
        return ""
    if version is not None and version.status == VersionStatus.ACCEPTED:
        return _("All parties have accepted version %(number)s. It is to be signed, or returned.") % {
            "number": version.number
        }
    return _("No version of the terms is proposed now.")


def _accepted_version(contract: Contract, version: ContractVersion | None) -> str:
    if version is None or version.status not in BEFORE_THE_PARTIES:
        return _("No version of the terms is accepted by all parties and waits to be signed.")
    if version.status == VersionStatus.PROPOSED:
        return _("Version %(number)s is signed when all parties have accepted it, and they have not yet.") % {
            "number": version.number
        }
    return ""


def _before_the_parties(contract: Contract, version: ContractVersion | None) -> str:
    if version is not None and version.status in BEFORE_THE_PARTIES:
        return ""
    return _("No version of the terms is proposed now.")


def _open_version(contract: Contract, version: ContractVersion | None) -> str:
    if version is not None:
        return ""
    return _("No version of the terms is being negotiated now. An amendment opens one.")


def _plan(contract: Contract, version: ContractVersion | None) -> str:
    if version is not None and version.status == VersionStatus.ACCEPTED and version.signatures.exists():
        return _(
            "Somebody has signed version %(number)s. Who signs, and in which order, stands still until all have."
        ) % {"number": version.number}
    return ""


def _replace_party(contract: Contract, version: ContractVersion | None) -> str:
    if contract.status == ContractStatus.DRAFT:
        return _("The contract is a draft: change the party itself. Only an agreed party is replaced by an amendment.")
    return _draft_version(contract, version)


def _withdraw(contract: Contract, version: ContractVersion | None) -> str:
    if contract.status == ContractStatus.DRAFT:
        return _("The first draft of a contract is edited, not withdrawn. Only a draft amendment can be withdrawn.")
    return _draft_version(contract, version)


def _amend(contract: Contract, version: ContractVersion | None) -> str:
    if contract.status != ContractStatus.ACTIVE:
        return _("Only an active contract is amended. The status of the contract is «%(status)s».") % {
            "status": _status(contract)
        }
    if version is not None:
        return _("Version %(number)s is already open. One change of the terms at a time.") % {"number": version.number}
    return ""


def _edit_calculation(contract: Contract, version: ContractVersion | None) -> str:
    """Assumptions go on changing during the contract, for the agreement holds a copy; not while the parties read it."""
    if contract.status in {ContractStatus.CLOSED, ContractStatus.TERMINATED}:
        return _("The contract has ended: its assumptions stay as they were.")
    if version is not None and version.status in {VersionStatus.PROPOSED, VersionStatus.ACCEPTED}:
        return _(
            "The parties are reading version %(number)s with its assumptions. Nothing is changed meanwhile; return the "
            "proposal."
        ) % {"number": version.number}
    return ""


def _edit_design(contract: Contract, version: ContractVersion | None) -> str:
    """The design is part of what the parties agree about: it changes while there is a draft, and stands still else."""
    if version is None:
        return _("The design is agreed with the terms and stands still. An amendment opens it again.")
    if version.status != VersionStatus.DRAFT:
        return _(
            "Version %(number)s is before the parties, and the design stands still meanwhile. Returning it makes a new "
            "draft."
        ) % {"number": version.number}
    return ""


def _by_table(act: ContractAct) -> Callable[[Contract, ContractVersion | None], str]:
    def hindrance(contract: Contract, version: ContractVersion | None) -> str:
        if (contract.status, act) in CONTRACT_TRANSITIONS:
            return ""
        return _("A contract with the status «%(status)s» cannot take the step: %(act)s.") % {
            "status": _status(contract),
            "act": act.label,
        }

    return hindrance


def _offer_template(contract: Contract, version: ContractVersion | None) -> str:
    if contract.status in {ContractStatus.AGREED, ContractStatus.ACTIVE, ContractStatus.CLOSED}:
        return ""
    return _("Only an agreed contract becomes a template. The status of the contract is «%(status)s».") % {
        "status": _status(contract)
    }


_HINDRANCES: dict[Act, Callable[[Contract, ContractVersion | None], str]] = {
    Act.EDIT: _edit,
    Act.CHANGE_PARTIES: _change_parties,
    Act.EDIT_TERMS: _draft_version,
    Act.EDIT_DESIGN: _edit_design,
    Act.APPROVE_MEASURE: _edit_design,
    Act.OFFER_TEMPLATE: _offer_template,
    Act.PROPOSE: _draft_version,
    Act.ACCEPT: _proposed_version,
    Act.SIGN: _accepted_version,
    Act.COMMENT: _open_version,
    Act.NAME_PEOPLE: _plan,
    Act.ORDER_SIGNING: _plan,
    Act.RETURN: _before_the_parties,
    Act.WITHDRAW: _withdraw,
    Act.AMEND: _amend,
    Act.REPLACE_PARTY: _replace_party,
    Act.START: _by_table(ContractAct.START),
    Act.CLOSE: _by_table(ContractAct.CLOSE),
    Act.TERMINATE: _by_table(ContractAct.TERMINATE),
    Act.EDIT_CALCULATION: _edit_calculation,
}


def hindrance(act: Act, contract: Contract, version: ContractVersion | None) -> str:
    """Why the act is not possible in the contract's state, or nothing. `version` is the open one, if any."""
    return _HINDRANCES[act](contract, version)


def is_delegate(actor: Actor, contract: Contract, permission: Permission) -> bool:
    """Is the person named to do this for their organisation in this contract, today?

    Reads `contract.delegations`, which `contracts.queries.visible_contracts` brings along, or asks the database.
    """
    may, membership = DELEGABLE.get(permission), actor.membership
    if may is None or membership is None:
        return False
    today = timezone.localdate().isoformat()
    return any(
        row["user"] == actor.user.pk
        and row["organisation"] == membership.organisation_id
        and may in row["may"]
        and row["from_on"] <= today <= row["until_on"]
        for row in _delegations(contract)
    )


def _delegations(contract: Contract) -> list[dict[str, Any]]:
    known: list[dict[str, Any]] | None = getattr(contract, "delegations", None)
    return delegations_of(contract) if known is None else known


def delegations_of(contract: Contract) -> list[dict[str, Any]]:
    """The delegates named now, as `visible_contracts` brings them along. One query."""
    return [
        {
            "user": delegate.user_id,
            "organisation": delegate.organisation_id,
            "may": delegate.may,
            "from_on": delegate.from_on.isoformat(),
            "until_on": delegate.until_on.isoformat(),
        }
        for delegate in contract.delegates.filter(ended_at__isnull=True)
    ]


def may(actor: Actor, permission: Permission, contract: Contract) -> Permit:
    """May the actor do this in the contract: by the duty they have, or as a delegate of their organisation?

    A delegate reads the contract by their own duty; being named adds to comment, to accept and to sign.
    """
    permit = can(actor, permission, roles_of(actor, contract))
    if permit or permission not in DELEGABLE:
        return permit
    if may_as_successor(actor, permission, contract):
        return Permit(True)
    return Permit(is_delegate(actor, contract, permission) and negotiates(actor, contract), permit.reason)


def may_as_successor(actor: Actor, permission: Permission, contract: Contract) -> bool:
    """May the actor answer the amendment as the party it would become? That and reading is all, until it is agreed."""
    if permission not in DELEGABLE:
        return False
    return bool(can(actor, permission, [Role(party.role) for party in incoming(contract) if holds(actor, party)]))


def negotiates(actor: Actor, contract: Contract) -> bool:
    """Does the actor act for a party, or for one that would become a party by what is proposed now?"""
    return any(holds(actor, party) for party in [*contract.parties.all(), *incoming(contract)])


def can_act(actor: Actor, act: Act, contract: Contract) -> Permit:
    """May this person do it at all, whatever the state?

    Accepting, signing and returning bind the whole organisation, and so does naming who does: a duty limited to one
    board is not enough when the contract binds another board of the same organisation as well; being named is.
    """
    permit = may(actor, PERMISSIONS[act], contract)
    if permit and act is Act.NAME_PEOPLE:
        permit = _names_people(actor, contract)
    if permit and (act is Act.NAME_PEOPLE or PERMISSIONS[act] in _BINDING) and actor.organisation:
        bound = [*contract.parties.all(), *incoming(contract)]
        own = [party for party in bound if party.organisation_id == actor.organisation.pk]
        beyond = [str(party.board) for party in own if not holds(actor, party)]
        if beyond and not is_delegate(actor, contract, PERMISSIONS[act]):
            return Permit(
                False,
                _("The contract also binds %(boards)s. Somebody who acts for the whole organisation must decide.")
                % {"boards": ", ".join(sorted(beyond))},
            )
    return permit


def _names_people(actor: Actor, contract: Contract) -> Permit:
    """Who signs and who speaks for an organisation is named by that organisation itself."""
    if negotiates(actor, contract) and actor.duties & _NAMES_PEOPLE:
        return Permit(True)
    return Permit(False, _("Only a case officer or the administrator of a party names who speaks and signs for it."))


def permit_for(actor: Actor, act: Act, contract: Contract, version: ContractVersion | None) -> Permit:
    """May this person do it now? What disables the button, in the words that would refuse the request."""
    permit = can_act(actor, act, contract)
    if not permit:
        return permit
    reason = hindrance(act, contract, version)
    return Permit(not reason, reason)
