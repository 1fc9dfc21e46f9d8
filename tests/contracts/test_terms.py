"""From a draft of the terms to an agreement, and to amendments."""

import copy
import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from actors.models import AuditEvent, Board, Membership
from actors.policies import Actor, NotAllowed, Refused
from actors.roles import Duty, Role
from contracts import actions
from contracts.models import Acceptance, Contract, ContractVersion
from contracts.policies import Act, permit_for
from contracts.snapshot import document_hash
from contracts.states import (
    CONTRACT_TRANSITIONS,
    VERSION_TRANSITIONS,
    ContractAct,
    ContractStatus,
    VersionAct,
    VersionStatus,
)
from tests.contracts.conftest import AT, Drafting, draft_in
from tests.world import NOW, TERMS, build_world

LATER = date(2027, 7, 1)

# --- The tables, cell by cell ----------------------------------------------------------------------------------------

S, A = ContractStatus, ContractAct
CONTRACT_TABLE = {
    # act:          draft        proposed   agreed        active        closed  terminated
    A.PROPOSE: [S.PROPOSED, None, None, None, None, None],
    A.RETURN: [None, S.DRAFT, None, None, None, None],
    A.AGREE: [None, S.AGREED, None, None, None, None],
    A.START: [None, None, S.ACTIVE, None, None, None],
    A.CLOSE: [None, None, None, S.CLOSED, None, None],
    A.TERMINATE: [None, None, S.TERMINATED, S.TERMINATED, None, None],
}


@pytest.mark.parametrize("act", list(ContractAct))
@pytest.mark.parametrize(("column", "status"), list(enumerate(ContractStatus)))
def test_moves_of_a_contract(act: ContractAct, column: int, status: ContractStatus) -> None:
    assert CONTRACT_TRANSITIONS.get((status, act)) == CONTRACT_TABLE[act][column]


V, B = VersionStatus, VersionAct
VERSION_TABLE = {
    # act:       draft        proposed     accepted     agreed  withdrawn
    B.PROPOSE: [V.PROPOSED, None, None, None, None],
    B.ACCEPT: [None, V.ACCEPTED, None, None, None],
    B.RETURN: [None, V.WITHDRAWN, V.WITHDRAWN, None, None],
    B.WITHDRAW: [V.WITHDRAWN, None, None, None, None],
    B.AGREE: [None, None, V.AGREED, None, None],
}


@pytest.mark.parametrize("act", list(VersionAct))
@pytest.mark.parametrize(("column", "status"), list(enumerate(VersionStatus)))
def test_moves_of_a_version(act: VersionAct, column: int, status: VersionStatus) -> None:
    assert VERSION_TRANSITIONS.get((status, act)) == VERSION_TABLE[act][column]


POSSIBLE = {  # contract status, version status → what can be done by somebody who may
    ("draft", "draft"): {Act.EDIT, Act.CHANGE_PARTIES, Act.EDIT_TERMS, Act.PROPOSE},
    ("proposed", "proposed"): {Act.ACCEPT, Act.RETURN},
    ("proposed", "accepted"): {Act.SIGN, Act.RETURN},
    ("agreed", None): {Act.EDIT, Act.START, Act.TERMINATE},
    ("active", None): {Act.EDIT, Act.AMEND, Act.CLOSE, Act.TERMINATE},
    ("active", "draft"): {Act.EDIT, Act.EDIT_TERMS, Act.PROPOSE, Act.WITHDRAW, Act.CLOSE, Act.TERMINATE},
    ("active", "proposed"): {Act.EDIT, Act.ACCEPT, Act.RETURN, Act.CLOSE, Act.TERMINATE},
    ("active", "accepted"): {Act.EDIT, Act.SIGN, Act.RETURN, Act.CLOSE, Act.TERMINATE},
    ("closed", None): {Act.EDIT},
    ("terminated", None): {Act.EDIT},
}


@pytest.mark.parametrize("act", sorted(set().union(*POSSIBLE.values())))
@pytest.mark.parametrize("state", list(POSSIBLE))
def test_what_can_be_done_in_each_state(drafting: Drafting, act: Act, state: tuple[str, str | None]) -> None:
    contract_status, version_status = state
    contract = drafting.contract
    contract.status = contract_status
    version = ContractVersion(contract=contract, number=2, status=version_status) if version_status else None
    membership = Membership.objects.get(user=drafting.world.users["anna"])
    membership.duties = [Duty.CASE_OFFICER, Duty.DECIDER]
    both = Actor(drafting.world.users["anna"], membership)
    permit = permit_for(both, act, contract, version)
    assert permit.allowed == (act in POSSIBLE[state])
    assert permit.allowed or permit.reason


# --- The draft -------------------------------------------------------------------------------------------------------


def edit(drafting: Drafting, terms: Any, **more: Any) -> list[Any]:
    return actions.edit_terms(
        actor=drafting.actor("anna"), contract=drafting.contract, terms=terms, at=more.pop("at", AT), **more
    )


def test_an_unfinished_draft_is_saved_with_all_its_problems(drafting: Drafting) -> None:
    unfinished = {"currency": "kronor", "metrics": [], "terms": []}
    problems = edit(drafting, unfinished)
    assert len(problems) >= 4
    assert drafting.version.terms == unfinished


def test_only_a_case_officer_of_the_payer_edits_the_terms(drafting: Drafting) -> None:
    for name in ("dag", "rut", "signe", "ines", "vera"):
        with pytest.raises(NotAllowed):
            actions.edit_terms(actor=drafting.actor(name), contract=drafting.contract, terms={}, at=AT)
    assert drafting.version.terms["currency"] == "SEK"


def test_a_colleague_is_never_overwritten(drafting: Drafting) -> None:
    seen_at = drafting.version.edited_at
    edit(drafting, TERMS | {"name": "A"}, seen_at=seen_at)
    with pytest.raises(actions.TermsConflict, match="Anna saved this draft") as conflict:
        edit(drafting, TERMS | {"name": "B"}, seen_at=seen_at)
    assert conflict.value.version.terms["name"] == "A"
    assert drafting.version.terms["name"] == "A"
    edit(drafting, TERMS | {"name": "B"}, seen_at=conflict.value.version.edited_at)
    assert drafting.version.terms["name"] == "B"


def test_two_saves_in_the_same_instant_are_told_apart(drafting: Drafting) -> None:
    at = drafting.version.edited_at
    edit(drafting, TERMS, seen_at=at, at=at)
    with pytest.raises(actions.TermsConflict):
        edit(drafting, TERMS, seen_at=at, at=at)


# --- Proposing -------------------------------------------------------------------------------------------------------


def problems_of(drafting: Drafting) -> list[str]:
    with pytest.raises(Refused) as refusal:
        drafting.propose()
    assert drafting.version.status == VersionStatus.DRAFT
    assert drafting.version.document_hash == ""
    return list(refusal.value.reasons)


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    terms = copy.deepcopy(TERMS)
    place: Any = terms
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return terms


def test_proposing_freezes_and_hashes_terms_and_parties(drafting: Drafting) -> None:
    version = drafting.propose()
    version.refresh_from_db()
    assert (drafting.contract.status, version.status) == (ContractStatus.PROPOSED, VersionStatus.PROPOSED)
    assert version.proposed_at == AT
    assert version.document is not None
    assert version.document_hash == document_hash(version.document)
    assert len(version.document_hash) == 64
    assert {p["key"] for p in version.document["parties"]} == set(drafting.world.parties)
    assert version.document["terms"] == version.terms
    assert AuditEvent.objects.get(event="contracts.propose").data["document_hash"] == version.document_hash
    assert [c.act for c in drafting.contract.status_changes.all()] == ["propose"]
    assert [c.at for c in version.status_changes.all()] == [AT]


@pytest.mark.parametrize(
    "field", [{"terms": {}}, {"effective_on": LATER}, {"note": "x"}, {"document_hash": "0" * 64}, {"document": {}}]
)
def test_the_database_keeps_a_proposed_version_as_it_is(drafting: Drafting, field: dict[str, Any]) -> None:
    version = drafting.propose()
    with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic():
        ContractVersion.objects.filter(pk=version.pk).update(**field)


def test_the_database_never_deletes_a_version(drafting: Drafting) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        drafting.version.delete()


def test_a_proposed_version_is_not_edited(drafting: Drafting) -> None:
    drafting.propose()
    with pytest.raises(Refused, match="cannot be changed"):
        edit(drafting, TERMS)


def test_everything_that_is_missing_is_said_at_once(drafting: Drafting) -> None:
    terms = changed(["legs", 0, "payee"], "ingen")
    terms["legs"][1]["payer"] = "spoke"
    terms["cohorts"] = []
    terms["metrics"] = terms["metrics"][:2]
    edit(drafting, terms, effective_on=date(2026, 9, 1))
    party = drafting.contract.parties.get(key="granskaren")
    actions.remove_party(actor=drafting.actor("anna"), party=party, at=AT)
    text = "\n".join(problems_of(drafting))
    for part in ("«ingen»", "«spoke»", "name no cohort", "No verifier", "2026-09-01"):
        assert part in text


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        (["legs", 0, "payer"], "investeraren", "Only an outcome payer pays"),
        (["legs", 0, "payee"], "socialnamnden", "is not paid for outcomes"),
        (["legs", 0, "payee"], "intermediaren", "may not gain"),
        (["life", "to"], "2029-01-01", "Make the dates agree"),
        (["cohorts", 0, "enrols"], ["2029-01-01", "2029-02-01"], "after the contract ends"),
        (["currency"], "kronor", "currency"),
    ],
)
def test_a_draft_that_does_not_fit_is_not_proposed(drafting: Drafting, path: list[Any], value: Any, part: str) -> None:
    edit(drafting, changed(path, value))
    assert any(part in reason for reason in problems_of(drafting))


def test_terms_that_nobody_could_report_on_are_not_proposed(drafting: Drafting) -> None:
    """The rulebook can settle more than claim periods can record: better said before signing than after."""
    document = {
        **TERMS,
        "groups": [{"id": "unga"}],
        "events": [{"id": "stopp", "ends": True}],
        "metrics": [
            *TERMS["metrics"],
            {"id": "dagar", "level": "person", "duration": {"unit": "day"}, "groups": ["unga"]},
            {"id": "brott", "level": "contract", "unit": "share"},
        ],
        "terms": [
            *TERMS["terms"],
            {"id": "t8", "measure": {"kind": "effect", "metric": "brott"}, "price": {"kind": "unit", "amount": "1"}},
            {"id": "t9", "measure": {"kind": "enrolled"}, "price": {"kind": "unit", "amount": "1"}},
        ],
    }
    edit(drafting, document)
    reasons = " ".join(problems_of(drafting))
    for part in ("Stretches of time", "groups of a participant", "Events", "standard error", "enrolled persons"):
        assert part in reasons


def test_an_empty_draft_is_not_proposed(drafting: Drafting) -> None:
    edit(drafting, {})
    assert len(problems_of(drafting)) >= 3


def test_only_a_party_proposes(drafting: Drafting) -> None:
    for key in ("utbildningsnamnden", "socialnamnden"):
        party = drafting.contract.parties.get(key=key)
        actions.remove_party(actor=drafting.actor("anna"), party=party, at=AT)
    assert any("Your organisation is not a party" in reason for reason in problems_of(drafting))


# --- Accepting -------------------------------------------------------------------------------------------------------


def test_the_last_acceptance_makes_it_ready_to_sign(drafting: Drafting) -> None:
    drafting.propose()
    for name in ("dag", "signe", "ines"):
        assert drafting.accept(name).status == VersionStatus.PROPOSED
        assert drafting.contract.status == ContractStatus.PROPOSED
    version = drafting.accept("vera")
    version.refresh_from_db()
    assert (drafting.contract.status, version.status) == ("proposed", "accepted")
    assert (version.accepted_at, version.agreed_at) == (AT, None)
    assert version.acceptances.count() == 4, "Nordviken and Region Mitt have two roles each, and accept once"


def test_exactly_the_hash_that_was_read_is_accepted(drafting: Drafting) -> None:
    drafting.propose()
    for seen in ("", "0" * 64):
        with pytest.raises(Refused, match="Read the proposal again"):
            actions.accept(actor=drafting.actor("dag"), contract=drafting.contract, document_hash=seen, at=AT)
    assert not Acceptance.objects.filter(version=drafting.version).exists()


def test_a_party_accepts_once(drafting: Drafting) -> None:
    drafting.propose()
    drafting.accept("dag")
    with pytest.raises(Refused, match="already accepted"):
        drafting.accept("dag")
    with pytest.raises(DatabaseError), transaction.atomic():
        Acceptance.objects.create(
            version=drafting.version,
            organisation=drafting.world.organisations["nordviken"],
            document_hash=drafting.version.document_hash,
            user=drafting.world.users["dag"],
        )


@pytest.mark.parametrize("name", ["anna", "rut", "alva", "stina", "charlie"])
def test_nobody_accepts_without_the_duty(drafting: Drafting, name: str) -> None:
    drafting.propose()
    with pytest.raises(NotAllowed):
        drafting.accept(name)


def test_one_board_does_not_accept_for_another(drafting: Drafting) -> None:
    drafting.propose()
    membership = Membership.objects.get(user=drafting.world.users["dag"])
    membership.board = Board.objects.get(name="Socialnämnden")
    limited = Actor(drafting.world.users["dag"], membership)
    with pytest.raises(NotAllowed, match="Utbildningsnämnden"):
        actions.accept(actor=limited, contract=drafting.contract, document_hash=drafting.version.document_hash, at=AT)


def test_nothing_is_accepted_before_it_is_proposed(drafting: Drafting) -> None:
    with pytest.raises(Refused, match="No version"):
        drafting.accept("dag")


# --- Returning and withdrawing ---------------------------------------------------------------------------------------


def test_returning_withdraws_the_version_and_opens_a_new_draft(drafting: Drafting) -> None:
    first = drafting.propose()
    drafting.accept("dag")
    draft = actions.return_proposal(
        actor=drafting.actor("ines"), contract=drafting.contract, reason="Taket är för lågt.", at=AT
    )
    first.refresh_from_db()
    assert (first.status, draft.status, draft.number) == ("withdrawn", "draft", 2)
    assert draft.terms == first.terms
    assert drafting.refresh().status == ContractStatus.DRAFT
    assert first.status_changes.get(act="return").reason == "Taket är för lågt."
    assert not draft.acceptances.exists()


def test_a_proposal_is_returned_with_a_reason(drafting: Drafting) -> None:
    drafting.propose()
    with pytest.raises(Refused, match="why"):
        actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason=" ", at=AT)


@pytest.mark.parametrize("name", ["anna", "rut", "stina"])
def test_only_who_may_accept_may_return(drafting: Drafting, name: str) -> None:
    drafting.propose()
    with pytest.raises(NotAllowed):
        actions.return_proposal(actor=drafting.actor(name), contract=drafting.contract, reason="Nej", at=AT)


def test_a_withdrawn_version_stays_withdrawn(drafting: Drafting) -> None:
    version = drafting.propose()
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="Nej", at=AT)
    with pytest.raises(DatabaseError, match="stays so"), transaction.atomic():
        ContractVersion.objects.filter(pk=version.pk).update(status="draft")


# --- The contract's life ---------------------------------------------------------------------------------------------


def test_a_contract_starts_when_it_is_agreed_and_not_before(drafting: Drafting) -> None:
    anna = drafting.actor("anna")
    with pytest.raises(Refused, match="Draft"):
        actions.start(actor=anna, contract=drafting.contract, at=AT)
    drafting.agree()
    assert actions.start(actor=anna, contract=drafting.contract, at=AT).status == ContractStatus.ACTIVE
    with pytest.raises(Refused, match="Active"):
        actions.start(actor=anna, contract=drafting.contract, at=AT)


@pytest.mark.parametrize("act", [actions.start, actions.close])
@pytest.mark.parametrize("name", ["dag", "signe", "ines", "vera"])
def test_others_neither_start_nor_close(drafting: Drafting, act: Callable[..., Contract], name: str) -> None:
    drafting.activate()
    with pytest.raises(NotAllowed):
        act(actor=drafting.actor(name), contract=drafting.contract, at=AT)


def test_an_ended_contract_has_no_open_change_left(drafting: Drafting) -> None:
    contract, anna = drafting.activate(), drafting.actor("anna")
    draft = actions.amend(actor=anna, contract=contract, effective_on=LATER, at=AT)
    assert actions.close(actor=anna, contract=contract, at=AT).status == ContractStatus.CLOSED
    draft.refresh_from_db()
    assert draft.status == VersionStatus.WITHDRAWN


def test_termination_has_a_reason_and_is_final(drafting: Drafting) -> None:
    contract, anna = drafting.activate(), drafting.actor("anna")
    with pytest.raises(Refused, match="why"):
        actions.terminate(actor=anna, contract=contract, reason="", at=AT)
    ended = actions.terminate(actor=anna, contract=contract, reason="Utföraren har slutat.", at=AT)
    assert ended.status == ContractStatus.TERMINATED
    assert ended.status_changes.get(act="terminate").reason == "Utföraren har slutat."
    with pytest.raises(Refused):
        actions.close(actor=anna, contract=contract, at=AT)


# --- Amendments ------------------------------------------------------------------------------------------------------


def amend(drafting: Drafting, on: date = LATER, note: str = "Nytt pris") -> ContractVersion:
    return actions.amend(actor=drafting.actor("anna"), contract=drafting.contract, effective_on=on, note=note, at=AT)


def test_an_amendment_is_drafted_while_the_contract_goes_on(drafting: Drafting) -> None:
    contract = drafting.activate()
    draft = amend(drafting)
    assert (draft.number, draft.status, draft.effective_on) == (2, "draft", LATER)
    assert draft.terms == contract.versions.get(number=1).terms
    drafting.propose()
    assert drafting.contract.status == ContractStatus.ACTIVE
    drafting.accept_all()
    drafting.sign_all()
    assert drafting.contract.status == ContractStatus.ACTIVE
    assert [v.status for v in contract.versions.order_by("number")] == ["agreed", "agreed"]


def test_a_returned_amendment_leaves_the_contract_active(drafting: Drafting) -> None:
    drafting.activate()
    amend(drafting)
    drafting.propose()
    draft = actions.return_proposal(actor=drafting.actor("vera"), contract=drafting.contract, reason="Nej", at=AT)
    assert (draft.number, drafting.refresh().status) == (3, ContractStatus.ACTIVE)


@pytest.mark.parametrize("on", [date(2026, 7, 1), date(2026, 6, 30), date(2028, 7, 1)])
def test_an_amendment_takes_effect_later_than_what_is_agreed_and_within_the_contract(
    drafting: Drafting, on: date
) -> None:
    drafting.activate()
    with pytest.raises(Refused, match=on.isoformat()):
        amend(drafting, on)


def test_an_amendment_cannot_be_moved_back_in_time_by_editing_it(drafting: Drafting) -> None:
    drafting.activate()
    amend(drafting)
    edit(drafting, TERMS, effective_on=date(2026, 7, 1))
    assert any("Choose a later date" in reason for reason in problems_of(drafting))


def test_an_amendment_that_applies_backwards_says_why(drafting: Drafting) -> None:
    drafting.activate()
    amend(drafting, date(2026, 8, 1), note="")
    assert any("applies backwards" in reason for reason in problems_of(drafting))
    edit(drafting, TERMS, note="Rättar ett skrivfel.")
    assert drafting.propose().status == VersionStatus.PROPOSED


def test_an_amendment_keeps_cohorts_and_currency(drafting: Drafting) -> None:
    drafting.activate()
    amend(drafting)
    terms = TERMS | {"currency": "EUR", "cohorts": [{"id": "vt27", "enrols": ["2027-01-01", "2027-06-30"]}]}
    edit(drafting, terms)
    text = "\n".join(problems_of(drafting))
    assert "EUR" in text
    assert "ht26" in text


def test_one_change_of_the_terms_at_a_time(drafting: Drafting) -> None:
    drafting.activate()
    amend(drafting)
    with pytest.raises(Refused, match="One change"):
        amend(drafting)


def test_only_an_active_contract_is_amended(drafting: Drafting) -> None:
    drafting.agree()
    with pytest.raises(Refused, match="Only an active contract"):
        amend(drafting)


def test_a_draft_amendment_is_withdrawn_but_a_first_draft_is_not(drafting: Drafting) -> None:
    anna = drafting.actor("anna")
    with pytest.raises(Refused, match="first draft"):
        actions.withdraw_draft(actor=anna, contract=drafting.contract, at=AT)
    drafting.activate()
    amend(drafting)
    gone = actions.withdraw_draft(actor=anna, contract=drafting.contract, reason="Behövs inte", at=AT)
    assert gone.status == VersionStatus.WITHDRAWN
    assert amend(drafting).number == 3


def test_an_agreed_amendment_can_make_the_contract_longer(drafting: Drafting) -> None:
    drafting.activate()
    amend(drafting)
    edit(drafting, changed(["life", "to"], "2029-06-30"))
    drafting.agree()
    assert drafting.contract.ends_on == date(2029, 6, 30)


# --- At once ---------------------------------------------------------------------------------------------------------


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts in threads of their own, each with its own connection; what each returned or raised."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(index: int, act: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            results[index] = act()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_the_last_two_parties_accepting_at_once_accept_it_exactly_once(own_database: str) -> None:
    drafting = draft_in(build_world())
    drafting.propose()
    drafting.accept("dag")
    drafting.accept("signe")
    contract, seen = drafting.contract, drafting.version.document_hash

    def accepts(name: str) -> Callable[[], object]:
        return lambda: actions.accept(actor=drafting.actor(name), contract=contract, document_hash=seen, at=AT)

    results = together(accepts("ines"), accepts("vera"))
    assert not [result for result in results if isinstance(result, Exception)]
    assert drafting.version.status == VersionStatus.ACCEPTED
    assert drafting.version.status_changes.filter(act="accept").count() == 1
    assert AuditEvent.objects.filter(event="contracts.accept", contract_code=contract.code).count() == 4


def test_two_from_the_same_organisation_accept_once(own_database: str) -> None:
    drafting = draft_in(build_world())
    drafting.propose()
    contract, seen = drafting.contract, drafting.version.document_hash

    def accept() -> object:
        return actions.accept(actor=drafting.actor("dag"), contract=contract, document_hash=seen, at=AT)

    results = together(accept, accept)
    assert [type(result) for result in results if isinstance(result, Exception)] == [Refused]
    assert Acceptance.objects.filter(version__contract=contract).count() == 1


def test_accepting_and_returning_at_once_end_in_a_draft(own_database: str) -> None:
    drafting = draft_in(build_world())
    drafting.propose()
    for name in ("dag", "signe", "ines"):
        drafting.accept(name)
    contract, seen = drafting.contract, drafting.version.document_hash
    vera = drafting.actor("vera")
    results = together(
        lambda: actions.accept(actor=vera, contract=contract, document_hash=seen, at=AT),
        lambda: actions.return_proposal(actor=drafting.actor("ines"), contract=contract, reason="Nej", at=AT),
    )
    assert isinstance(results[0], Refused | ContractVersion)
    if isinstance(results[1], Refused):
        raise AssertionError("what is accepted can still be returned")
    assert (drafting.refresh().status, drafting.version.status) == ("draft", "draft")


def test_a_party_added_while_the_terms_are_proposed_is_either_in_the_document_or_refused(own_database: str) -> None:
    drafting = draft_in(build_world())
    contract, anna = drafting.contract, drafting.actor("anna")
    outside = drafting.world.organisations["utanfor"]
    together(
        lambda: actions.propose(actor=anna, contract=contract, at=AT),
        lambda: actions.add_party(
            actor=anna, contract=contract, organisation=outside, role=Role.INTERMEDIARY, key="ny", at=AT
        ),
    )
    document = drafting.version.document
    assert document is not None
    assert {p["key"] for p in document["parties"]} == set(contract.parties.values_list("key", flat=True))


def test_two_drafts_at_once_get_a_code_each(own_database: str) -> None:
    world = build_world()

    def draft() -> object:
        return actions.draft_contract(
            actor=world.actors["anna"], name="Nytt", starts_on=date(2030, 1, 1), ends_on=date(2031, 1, 1), at=NOW
        ).code

    assert set(map(str, together(draft, draft))) == {"UK-2030-01", "UK-2030-02"}


def test_a_terms_edit_and_another_at_once_lose_nothing(own_database: str) -> None:
    drafting = draft_in(build_world())
    seen_at = drafting.version.edited_at
    results = together(
        lambda: edit(drafting, TERMS | {"name": "A"}, seen_at=seen_at, at=AT + timedelta(seconds=1)),
        lambda: edit(drafting, TERMS | {"name": "B"}, seen_at=seen_at, at=AT + timedelta(seconds=2)),
    )
    assert [type(result) for result in results if isinstance(result, Exception)] == [actions.TermsConflict]
