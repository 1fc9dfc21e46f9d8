"""A party is replaced by an amendment: who is asked, who signs, and what the change leaves alone."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from actors.models import AuditEvent, Notice
from actors.policies import NotAllowed, NotVisible, Refused
from actors.roles import Permission, Role
from contracts import actions
from contracts.actions.succession import name_successor, withdraw_successor
from contracts.models import Contract, ContractParty, Succession
from contracts.policies import roles_of
from contracts.queries import (
    awaited_organisations,
    get_contract_for,
    people_of,
    visible_contracts,
    with_role,
)
from contracts.queries.signing import signing_plan
from contracts.snapshot import document_hash
from contracts.states import VersionStatus
from payments.snapshot import run_again
from tests.contracts.conftest import AT, SIGNATORIES, Drafting, browser
from tests.payments.facts import compute, first_quarter
from tests.world import World

EVERYBODY = (*SIGNATORIES, "charlie")
OWN = {"public", "own_account", "view_library", "draft_contract", "review_library"}  # whatever the contract
ANSWERS = {Permission.COMMENT, Permission.ACCEPT_TERMS, Permission.SIGN_AGREEMENT}


@pytest.fixture
def amending(world: World) -> Drafting:
    """The running contract with a draft amendment, in which nobody is replaced yet."""
    actions.amend(actor=world.actors["anna"], contract=world.contract, effective_on=date(2027, 7, 1), at=AT)
    return Drafting(world, Contract.objects.get(pk=world.contract.pk))


def name(
    drafting: Drafting, key: str = "investeraren", to: str = "utanfor", by: str = "anna", **more: Any
) -> Succession:
    return name_successor(
        actor=drafting.actor(by),
        contract=drafting.refresh(),
        party=drafting.world.parties[key],
        organisation=drafting.world.organisations[to],
        at=AT,
        **more,
    )


def proposed(drafting: Drafting, **more: Any) -> Drafting:
    name(drafting, **more)
    drafting.propose()
    return drafting


def agreed(drafting: Drafting) -> ContractParty:
    proposed(drafting)
    for person in EVERYBODY:
        drafting.accept(person)
    for person in EVERYBODY:
        drafting.sign(person)
    return ContractParty.objects.get(pk=drafting.world.parties["investeraren"].pk)


def permissions(drafting: Drafting, person: str) -> set[Permission]:
    found = set()
    for permission in Permission:
        try:
            get_contract_for(drafting.actor(person), drafting.contract.code, permission)
        except (NotVisible, NotAllowed):
            continue
        found.add(permission)
    return found


# --- Naming ----------------------------------------------------------------------------------------------------------


def test_a_successor_is_named_changed_and_withdrawn_in_a_draft(amending: Drafting) -> None:
    name(amending)
    board = amending.world.parties["socialnamnden"].board
    name(amending, key="utbildningsnamnden", to="utanfor")
    assert amending.version.successions.count() == 2
    with pytest.raises(Refused, match="does not belong"):
        name(amending, to="stodet", board=board)
    name(amending, to="stodet")
    assert amending.version.successions.get(party__key="investeraren").organisation.name == "Nationella stödet"
    for key in ("investeraren", "utbildningsnamnden"):
        party = amending.world.parties[key]
        withdraw_successor(actor=amending.actor("anna"), contract=amending.refresh(), party=party, at=AT)
    assert not amending.version.successions.exists()
    with pytest.raises(Refused, match="Nobody is named"):
        withdraw_successor(actor=amending.actor("anna"), contract=amending.refresh(), party=party, at=AT)
    events = AuditEvent.objects.filter(contract_code=amending.contract.code, event__endswith="_successor")
    assert events.count() == 5


def test_the_party_itself_is_no_successor(amending: Drafting) -> None:
    with pytest.raises(Refused, match="is the party already"):
        name(amending, to="norrsken")


@pytest.mark.parametrize(
    ("key", "to", "reason"),
    [
        ("investeraren", "mitt", "may not gain or lose"),
        ("granskaren", "spranget", "may not gain or lose"),
        ("socialnamnden", "norrsken", "cannot answer for outcomes"),
    ],
)
def test_an_unfit_successor_is_refused(amending: Drafting, key: str, to: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        name(amending, key, to)
    assert not Succession.objects.exists()


def test_two_successors_must_fit_together(amending: Drafting) -> None:
    name(amending, "granskaren", "utanfor")
    with pytest.raises(Refused, match="may not gain or lose"):
        name(amending, "investeraren", "utanfor")


def test_a_party_of_a_first_draft_is_changed_instead(drafting: Drafting) -> None:
    with pytest.raises(Refused, match="change the party itself"):
        name_successor(
            actor=drafting.actor("anna"),
            contract=drafting.contract,
            party=drafting.contract.parties.get(key="investeraren"),
            organisation=drafting.world.organisations["utanfor"],
            at=AT,
        )


@pytest.mark.parametrize("person", ["dag", "signe", "ines", "vera", "stina", "charlie"])
def test_only_the_payers_case_officer_names_a_successor(amending: Drafting, person: str) -> None:
    with pytest.raises(NotAllowed):
        name(amending, by=person)


def test_what_is_proposed_stands_still(amending: Drafting) -> None:
    row = name(amending)
    amending.propose()
    with pytest.raises(Refused, match="cannot be changed"):
        name(amending, to="stodet")
    other, found = amending.world.parties["utforaren"], Succession.objects.filter(pk=row.pk)
    for act in (row.delete, lambda: found.update(party=other)):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            act()


def test_a_returned_proposal_keeps_its_successor_in_the_next_draft(amending: Drafting) -> None:
    proposed(amending)
    actions.return_proposal(actor=amending.actor("charlie"), contract=amending.refresh(), reason="Inte än", at=AT)
    assert amending.version.number == 3
    assert amending.version.successions.get().organisation == amending.world.organisations["utanfor"]
    assert permissions(amending, "charlie") == set(), "nobody outside reads a draft"


# --- Reading and answering -------------------------------------------------------------------------------------------


def test_a_successor_reads_and_answers_and_no_more_while_it_is_asked(amending: Drafting) -> None:
    name(amending)
    assert permissions(amending, "charlie") == set()
    amending.propose()
    assert permissions(amending, "charlie") - OWN == {Permission.VIEW_CONTRACT, Permission.VIEW_DESIGN} | ANSWERS
    charlie = amending.actor("charlie")
    assert roles_of(charlie, amending.refresh()) == {Role.SUCCESSOR}
    assert list(with_role(charlie, visible_contracts(charlie), Role.SUCCESSOR)) == [amending.contract]


def test_a_successor_answers_as_the_party_it_would_become(amending: Drafting) -> None:
    charlie = amending.actor("charlie")
    assert charlie.membership is not None
    charlie.membership.duties = ["reader"]
    charlie.membership.save()
    proposed(amending)
    assert not permissions(amending, "charlie") & ANSWERS
    with pytest.raises(NotAllowed):
        amending.accept("charlie")


def test_the_successor_is_awaited_and_told(amending: Drafting) -> None:
    proposed(amending)
    utanfor, norrsken = (amending.world.organisations[key] for key in ("utanfor", "norrsken"))
    contract = amending.contract
    assert {utanfor, norrsken} <= set(awaited_organisations(contract, []))
    assert {utanfor, norrsken} <= {seat.organisation for seat in signing_plan(contract, amending.version).seats}
    assert people_of(contract, Permission.ACCEPT_TERMS)[utanfor] == [amending.world.users["charlie"]]
    assert Notice.objects.filter(user=amending.world.users["charlie"], kind="proposed").exists()


@pytest.mark.parametrize("last", ["ines", "charlie"])
def test_the_leaving_and_the_incoming_accept_and_sign_like_all_others(amending: Drafting, last: str) -> None:
    proposed(amending)
    others = [person for person in EVERYBODY if person != last]
    for person in others:
        assert amending.accept(person).status == VersionStatus.PROPOSED
    assert amending.accept(last).status == VersionStatus.ACCEPTED
    for person in others:
        assert amending.sign(person).status == VersionStatus.ACCEPTED
    assert ContractParty.objects.get(key="investeraren").organisation == amending.world.organisations["norrsken"]
    assert amending.sign(last).status == VersionStatus.AGREED
    assert ContractParty.objects.get(key="investeraren").organisation == amending.world.organisations["utanfor"]
    for person in {"ines", "charlie"} - {last}:
        assert Notice.objects.filter(user=amending.world.users[person], kind="agreed").exists()


# --- The change ------------------------------------------------------------------------------------------------------


def test_only_the_organisation_of_the_party_changes(amending: Drafting) -> None:
    before = amending.world.parties["investeraren"]
    after = agreed(amending)
    assert (after.pk, after.key, after.role, after.data_role) == (before.pk, before.key, before.role, before.data_role)
    assert roles_of(amending.actor("charlie"), amending.refresh()) == {Role.INVESTOR}
    event = AuditEvent.objects.get(event="contracts.succeed")
    assert event.data["organisation"] == amending.world.organisations["utanfor"].pk
    assert event.data["leaving"] == amending.world.organisations["norrsken"].pk


def test_whoever_left_reads_and_may_do_nothing(amending: Drafting) -> None:
    agreed(amending)
    ines = amending.actor("ines")
    assert roles_of(ines, amending.refresh()) == {Role.OBSERVER}
    assert permissions(amending, "ines") - OWN == {Permission.VIEW_CONTRACT, Permission.VIEW_TOTALS}


def test_a_board_that_leaves_does_not_make_its_municipality_a_reader(amending: Drafting) -> None:
    proposed(amending, key="socialnamnden")
    for person in EVERYBODY:
        amending.accept(person)
    for person in EVERYBODY:
        amending.sign(person)
    assert ContractParty.objects.get(key="socialnamnden").organisation == amending.world.organisations["utanfor"]
    assert not amending.contract.readers.exists()


def test_what_was_calculated_and_agreed_before_stays(world: World) -> None:
    calculation = compute(first_quarter(world))
    stored = calculation.result_hash
    actions.amend(actor=world.actors["anna"], contract=world.contract, effective_on=date(2027, 7, 1), at=AT)
    drafting = Drafting(world, world.contract)
    agreed(drafting)
    calculation.refresh_from_db()
    assert calculation.result_hash == stored
    assert run_again(calculation).is_same
    for version in drafting.contract.versions.all():
        assert version.document is not None
        assert document_hash(version.document) == version.document_hash


def test_the_database_lets_nothing_else_of_a_party_change(amending: Drafting) -> None:
    proposed(amending)
    row = ContractParty.objects.filter(pk=amending.world.parties["investeraren"].pk)
    utanfor, stodet = (amending.world.organisations[key] for key in ("utanfor", "stodet"))

    def refused(**change: Any) -> None:
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            row.update(**change)

    refused(organisation=utanfor)
    for person in EVERYBODY:
        amending.accept(person)
    refused(organisation=stodet)
    refused(organisation=utanfor, key="annan")
    refused(organisation=utanfor, role=Role.INTERMEDIARY)
    refused(organisation=utanfor, data_role="joint")
    refused(organisation=utanfor, board=amending.world.parties["socialnamnden"].board)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        ContractParty.objects.filter(key="utforaren").update(organisation=utanfor)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        ContractParty.objects.create(contract=amending.contract, organisation=utanfor, role=Role.INVESTOR, key="x")
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        ContractParty.objects.get(key="utforaren").delete()
    for person in EVERYBODY:
        amending.sign(person)
    refused(organisation=stodet)
    refused(key="annan")


# --- The pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_party_is_replaced_on_the_pages(amending: Drafting, language: str) -> None:
    world, code, party = amending.world, amending.contract.code, amending.world.parties["investeraren"]
    anna, parties = browser(world, "anna", language), reverse("contracts:contract_parties", args=[code])
    path = reverse("contracts:succession_name", args=[code, party.pk])
    assert path in anna.get(parties).content.decode()
    assert anna.get(path).status_code == 200
    assert anna.post(path, {"who": ""}).status_code == 422
    assert anna.post(path, {"who": str(world.organisations["mitt"].pk)}).status_code == 409
    assert anna.post(path, {"who": str(world.organisations["utanfor"].pk)}).headers["Location"] == parties
    said = "ersätts av Utanförs kommun när version 2" if language == "sv" else "is replaced by Utanförs kommun when"
    assert said in anna.get(parties).content.decode()
    withdraw = reverse("contracts:succession_withdraw", args=[code, party.pk])
    assert withdraw in anna.get(path).content.decode()
    assert said in anna.get(reverse("contracts:contract_propose", args=[code])).content.decode()
    amending.propose()
    charlie = browser(world, "charlie", language)
    for page in ("contract_accept", "contract_sign", "contract_terms", "contract_parties"):
        shown = charlie.get(reverse(f"contracts:{page}", args=[code]))
        assert shown.status_code == 200, page
        assert "Utanförs kommun" in shown.content.decode(), page
    for page in ("negotiation", "signing_plan"):
        assert charlie.get(reverse(f"contracts:{page}", args=[code])).status_code == 200, page
    assert charlie.get(reverse("reports:start")).status_code == 200
    assert charlie.get(reverse("outcomes:periods", args=[code])).status_code == 403
    returned = charlie.post(reverse("contracts:contract_return", args=[code]), {"reason": "Inte än"})
    assert returned.headers["Location"] == reverse("contracts:contract_list")
    assert charlie.get(parties).status_code == 404
    assert anna.post(withdraw).headers["Location"] == parties
    assert said not in anna.get(parties).content.decode()


@pytest.mark.parametrize(("person", "status"), [("dag", 403), ("ines", 403), ("charlie", 404)])
def test_others_do_not_reach_the_page(amending: Drafting, person: str, status: int) -> None:
    party = amending.world.parties["investeraren"]
    for page in ("succession_name", "succession_withdraw"):
        path = reverse(f"contracts:{page}", args=[amending.contract.code, party.pk])
        assert browser(amending.world, person).post(path).status_code == status
