"""Who may be a party, as what, and until when."""

import pytest
from django.db import DatabaseError, transaction

from actors.models import AuditEvent
from actors.policies import NotAllowed, Refused
from actors.roles import Role
from contracts import actions
from contracts.models import ContractParty
from tests.contracts.conftest import AT, Drafting


def add(drafting: Drafting, organisation: str, role: Role, **more: object) -> ContractParty:
    return actions.add_party(
        actor=drafting.actor("anna"),
        contract=drafting.contract,
        organisation=drafting.world.organisations[organisation],
        role=role,
        at=AT,
        **more,  # type: ignore[arg-type]
    )


def test_a_party_is_named_after_itself(drafting: Drafting) -> None:
    party = add(drafting, "utanfor", Role.INTERMEDIARY)
    assert party.key == "utanfors-kommun"
    assert add(drafting, "utanfor", Role.OUTCOME_PAYER).key == "utanfors-kommun-2"
    assert AuditEvent.objects.filter(
        event="contracts.add_party", subject=f"contracts.contractparty:{party.pk}"
    ).exists()


@pytest.mark.parametrize("role", [Role.OUTCOME_PAYER, Role.INVESTOR, Role.SERVICE_PROVIDER])
def test_a_verifier_is_not_payer_investor_or_provider(drafting: Drafting, role: Role) -> None:
    with pytest.raises(Refused, match="may not gain or lose"):
        add(drafting, "mitt", role)
    assert not drafting.contract.parties.filter(organisation=drafting.world.organisations["mitt"], role=role).exists()


@pytest.mark.parametrize("organisation", ["nordviken", "norrsken", "spranget"])
def test_payer_investor_and_provider_are_not_verifiers(drafting: Drafting, organisation: str) -> None:
    with pytest.raises(Refused, match="Choose another verifier"):
        add(drafting, organisation, Role.VERIFIER)


def test_the_database_refuses_a_verifier_who_pays(drafting: Drafting) -> None:
    with pytest.raises(DatabaseError, match="verifier"), transaction.atomic():
        ContractParty.objects.create(
            contract=drafting.contract,
            organisation=drafting.world.organisations["mitt"],
            role=Role.OUTCOME_PAYER,
            key="mitt-betalar",
        )


def test_only_a_public_body_answers_for_outcomes(drafting: Drafting) -> None:
    with pytest.raises(Refused, match="Norrsken Impact AB is not a municipality"):
        add(drafting, "norrsken", Role.OUTCOME_PAYER)


def test_a_board_belongs_to_its_organisation(drafting: Drafting) -> None:
    board = drafting.world.parties["socialnamnden"].board
    with pytest.raises(Refused, match="does not belong"):
        add(drafting, "utanfor", Role.OUTCOME_PAYER, board=board)


def test_everything_wrong_with_a_party_is_said_at_once(drafting: Drafting) -> None:
    board = drafting.world.parties["socialnamnden"].board
    with pytest.raises(Refused) as refusal:
        add(drafting, "norrsken", Role.OUTCOME_PAYER, board=board, key="granskaren")
    assert len(refusal.value.reasons) == 3


def test_the_same_party_in_the_same_role_is_added_once(drafting: Drafting) -> None:
    with pytest.raises(Refused, match="already has this role"):
        add(drafting, "spranget", Role.SERVICE_PROVIDER)


@pytest.mark.parametrize("key", ["Stor", "två", "-x", "a b", ""])
def test_a_bad_name_in_the_terms_is_refused(drafting: Drafting, key: str) -> None:
    party = drafting.contract.parties.get(key="utforaren")
    with pytest.raises(Refused, match="cannot be a name"):
        actions.change_party(
            actor=drafting.actor("anna"),
            party=party,
            organisation=party.organisation,
            role=Role.SERVICE_PROVIDER,
            key=key,
            at=AT,
        )


def test_a_party_changes_and_leaves_in_a_draft(drafting: Drafting) -> None:
    anna, party = drafting.actor("anna"), drafting.contract.parties.get(key="utforaren")
    changed = actions.change_party(
        actor=anna, party=party, organisation=party.organisation, role=Role.SERVICE_PROVIDER, key="spranget", at=AT
    )
    assert changed.key == "spranget"
    actions.remove_party(actor=anna, party=changed, at=AT)
    assert not drafting.contract.parties.filter(pk=changed.pk).exists()


@pytest.mark.parametrize("name", ["dag", "signe", "ines", "vera"])
def test_only_the_payers_case_officer_changes_parties(drafting: Drafting, name: str) -> None:
    with pytest.raises(NotAllowed):
        actions.remove_party(actor=drafting.actor(name), party=drafting.contract.parties.get(key="utforaren"), at=AT)


def test_parties_are_frozen_once_proposed(drafting: Drafting) -> None:
    drafting.propose()
    with pytest.raises(Refused, match="stand still"):
        add(drafting, "utanfor", Role.INTERMEDIARY)
    party = drafting.contract.parties.get(key="utforaren")
    with pytest.raises(Refused, match="stand still"):
        actions.remove_party(actor=drafting.actor("anna"), party=party, at=AT)
    for act in (party.delete, lambda: ContractParty.objects.filter(pk=party.pk).update(key="annan")):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            act()


def test_a_returned_proposal_lets_the_parties_change_again(drafting: Drafting) -> None:
    drafting.propose()
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="Fel part", at=AT)
    drafting.refresh()
    assert add(drafting, "utanfor", Role.INTERMEDIARY).pk


def test_parties_stay_frozen_in_an_amendment(drafting: Drafting) -> None:
    from datetime import date

    contract = drafting.activate()
    actions.amend(actor=drafting.actor("anna"), contract=contract, effective_on=date(2027, 1, 1), at=AT)
    with pytest.raises(Refused, match="stand still"):
        add(drafting, "utanfor", Role.INTERMEDIARY)
