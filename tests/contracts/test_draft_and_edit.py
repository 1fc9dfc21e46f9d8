"""Drafting a contract and changing what stands in it."""

from datetime import date, timedelta
from typing import Any

import pytest

from actors.models import AuditEvent, Membership, Organisation
from actors.policies import Actor, NotAllowed, Refused
from actors.roles import Role
from contracts import actions
from contracts.models import Contract
from contracts.queries import visible_contracts
from contracts.states import ContractStatus
from tests.contracts.conftest import AT, Drafting
from tests.world import NOW, World


def draft(world: World, actor: Actor | None = None, **changes: Any) -> Contract:
    fields: dict[str, Any] = {
        "name": "Nytt",
        "starts_on": date(2027, 1, 1),
        "ends_on": date(2028, 1, 1),
        "at": NOW,
    } | changes
    return actions.draft_contract(actor=actor or world.actors["anna"], **fields)


def test_a_case_officer_of_a_public_body_drafts(world: World) -> None:
    contract = draft(world)
    assert contract.code == "UK-2027-01"
    assert contract.status == ContractStatus.DRAFT
    assert contract.owner == world.organisations["nordviken"]
    version = contract.versions.get()
    assert (version.number, version.status, version.effective_on) == (1, "draft", date(2027, 1, 1))
    event = AuditEvent.objects.get(event="contracts.draft_contract")
    assert (event.user, event.contract_code, event.at) == (world.users["anna"], contract.code, NOW)


@pytest.mark.parametrize("name", ["signe", "ines", "rut", "dag", "alva"])
def test_nobody_else_drafts(world: World, name: str) -> None:
    with pytest.raises(NotAllowed):
        draft(world, world.actors[name])
    assert Contract.objects.count() == 1


def test_codes_follow_one_another_within_a_year(world: World) -> None:
    assert [draft(world).code, draft(world).code] == ["UK-2027-01", "UK-2027-02"]
    assert draft(world, starts_on=date(2026, 1, 1)).code == "UK-2026-02"


def test_a_taken_code_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="UK-2026-01"):
        draft(world, code="UK-2026-01")


def test_a_contract_ends_after_it_starts(world: World) -> None:
    with pytest.raises(Refused, match="2026-01-01"):
        draft(world, ends_on=date(2026, 1, 1))


def limited(world: World, name: str, board: str) -> Actor:
    party = world.parties[board]
    membership = Membership.objects.get(user=world.users[name])
    membership.board = party.board
    membership.save()
    return Actor(world.users[name], membership)


def test_who_acts_for_one_board_drafts_for_that_board(world: World) -> None:
    anna = limited(world, "anna", "socialnamnden")
    contract = draft(world, anna)
    party = contract.parties.get()
    assert (party.board, party.role, party.key) == (
        world.parties["socialnamnden"].board,
        Role.OUTCOME_PAYER,
        "socialnamnden",
    )
    assert contract in visible_contracts(anna)


def test_another_board_does_not_see_the_draft(world: World) -> None:
    contract = draft(world, limited(world, "anna", "socialnamnden"))
    other = limited(world, "rut", "utbildningsnamnden")
    assert contract not in visible_contracts(other)
    assert contract in visible_contracts(world.actors["dag"])


def test_a_change_is_saved_and_recorded(drafting: Drafting) -> None:
    anna = drafting.actor("anna")
    changes = {"name": "Fler i jobb", "starts_on": date(2026, 6, 1)}
    contract = actions.edit_contract(actor=anna, contract=drafting.contract, changes=changes, at=AT)
    assert contract.name == "Fler i jobb"
    assert drafting.version.effective_on == date(2026, 6, 1), "the first version applies from the first day"
    assert AuditEvent.objects.get(event="contracts.edit_contract").data == {"fields": ["name", "starts_on"]}


@pytest.mark.parametrize("name", ["rut", "dag", "alva", "signe", "vera"])
def test_only_a_case_officer_of_the_payer_changes_it(drafting: Drafting, name: str) -> None:
    with pytest.raises(NotAllowed):
        actions.edit_contract(actor=drafting.actor(name), contract=drafting.contract, changes={"name": "Stulet"}, at=AT)
    assert drafting.refresh().name == "Fler i arbete"


@pytest.mark.parametrize("field", ["name", "starts_on", "ends_on", "target_population", "committed_capital"])
def test_what_is_agreed_stands_still(drafting: Drafting, field: str) -> None:
    drafting.activate()
    with pytest.raises(Refused, match="stands still"):
        actions.edit_contract(actor=drafting.actor("anna"), contract=drafting.contract, changes={field: "other"}, at=AT)


def test_a_running_contract_may_still_be_described_and_shared(drafting: Drafting) -> None:
    drafting.activate()
    changes = {"summary": "Så här går det.", "open_to_support": True}
    actions.edit_contract(actor=drafting.actor("anna"), contract=drafting.contract, changes=changes, at=AT)
    assert drafting.refresh().open_to_support is True


def test_nothing_is_changed_while_the_parties_read(drafting: Drafting) -> None:
    drafting.propose()
    with pytest.raises(Refused, match="reading"):
        actions.edit_contract(
            actor=drafting.actor("anna"), contract=drafting.contract, changes={"summary": "Nytt"}, at=AT
        )


def test_two_writers_in_different_fields_both_keep_their_text(drafting: Drafting) -> None:
    anna, seen = drafting.actor("anna"), {"name": "Fler i arbete", "summary": ""}
    actions.edit_contract(
        actor=anna, contract=drafting.contract, changes={"name": "A", "summary": ""}, seen=seen, at=AT
    )
    late = AT + timedelta(minutes=1)
    changes = {"name": "Fler i arbete", "summary": "B"}
    actions.edit_contract(actor=anna, contract=drafting.contract, changes=changes, seen=seen, at=late)
    contract = drafting.refresh()
    assert (contract.name, contract.summary) == ("A", "B")


def test_two_writers_in_one_field_meet_a_message_and_lose_nothing(drafting: Drafting) -> None:
    anna, seen = drafting.actor("anna"), {"name": "Fler i arbete"}
    actions.edit_contract(actor=anna, contract=drafting.contract, changes={"name": "A"}, seen=seen, at=AT)
    with pytest.raises(actions.EditConflict) as conflict:
        actions.edit_contract(actor=anna, contract=drafting.contract, changes={"name": "B"}, seen=seen, at=AT)
    assert conflict.value.theirs == {"name": "A"}
    assert drafting.refresh().name == "A"


def test_the_support_sees_open_contracts_only(world: World, drafting: Drafting) -> None:
    stina = world.actors["stina"]
    assert list(visible_contracts(stina)) == [world.contract]


def test_a_reader_sees_the_contract_it_is_let_into(world: World, drafting: Drafting) -> None:
    charlie = world.actors["charlie"]
    assert not visible_contracts(charlie)
    drafting.contract.readers.add(Organisation.objects.get(pk=world.organisations["utanfor"].pk))
    assert list(visible_contracts(charlie)) == [drafting.contract]
