"""The guided path: what each step finds done and missing, whose turn it is, and its pages."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors.models import AuditEvent
from actors.policies import NotAllowed, Refused
from actors.roles import Role
from contracts import actions
from contracts.actions import designing
from contracts.actions import measures as acts
from contracts.models import ChainLink, Contract, Design, PoliticalDecision
from contracts.queries.ground import BEGUN, DONE, EMPTY, STALE, Step, ground_of
from contracts.queries.path import steps_of
from contracts.stages import Known, stage_of, stages_of
from contracts.states import ContractStatus
from tests.contracts.conftest import AT, Drafting, browser
from tests.world import World

LATE = AT + timedelta(minutes=1)


def url(name: str, contract: Contract, *args: Any) -> str:
    return reverse(f"contracts:{name}", args=[contract.code, *args])


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def steps(drafting: Drafting) -> dict[str, Step]:
    contract = Contract.objects.prefetch_related("parties__organisation").get(pk=drafting.contract.pk)
    return {step.key: step for step in steps_of(ground_of(contract))}


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("name", ["design", "design_need", "design_target_group", "chain"])
@pytest.mark.parametrize("who", ["anna", "signe", "ines", "vera", "rut"])
def test_every_party_reads_every_page(drafting: Drafting, language: str, name: str, who: str) -> None:
    assert browser(drafting.world, who, language).get(url(name, drafting.contract)).status_code == 200


@pytest.mark.parametrize("name", ["design", "design_need", "design_target_group", "chain"])
def test_an_outsider_does_not_learn_that_there_is_a_path(drafting: Drafting, name: str) -> None:
    assert browser(drafting.world, "charlie").get(url(name, drafting.contract)).status_code == 404


@pytest.mark.parametrize("who", ["anna", "vera", "ines"])
def test_the_path_asks_few_questions_however_much_there_is(drafting: Drafting, who: str) -> None:
    client, path = browser(drafting.world, who), url("design", drafting.contract)

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    def write(count: int) -> None:
        for number in range(count):
            link = designing.add_chain_link(
                actor=drafting.actor("anna"),
                contract=drafting.contract,
                link=ChainLink.Link.EFFECT,
                text=f"Effekt {number}",
                at=AT,
            )
            acts.add_measure(actor=drafting.actor("anna"), contract=drafting.contract, name_sv="Mått", link=link, at=AT)

    write(2)
    few = questions()
    write(10)
    assert questions() == few <= 15


# --- What the steps find ---------------------------------------------------------------------------------------------


def test_a_new_contract_has_not_begun(world: World) -> None:
    contract = actions.draft_contract(
        actor=world.actors["anna"], name="Nytt", starts_on=date(2027, 1, 1), ends_on=date(2029, 1, 1), at=AT
    )
    found = {step.key: step for step in steps_of(ground_of(contract))}
    assert {step.state for key, step in found.items() if key != "payment"} == {EMPTY}
    assert [step.number for step in found.values()] == list(range(1, 11))
    assert all(step.turn == (world.organisations["nordviken"],) for step in found.values() if step.state == EMPTY)


def write_need(drafting: Drafting) -> None:
    designing.edit_design(
        actor=drafting.actor("anna"),
        contract=drafting.contract,
        changes={"need": "Många är borta", "today": "Samtal hem", "evidence": "Närvaroteam hjälper"},
        at=AT,
    )


def test_a_step_is_begun_and_then_done(drafting: Drafting) -> None:
    assert steps(drafting)["need"].state == EMPTY
    designing.edit_design(
        actor=drafting.actor("anna"), contract=drafting.contract, changes={"need": "Många är borta"}, at=AT
    )
    begun = steps(drafting)["need"]
    assert begun.state == BEGUN
    assert [gap.href.partition("#")[2] for gap in begun.gaps] == ["id_today", "id_evidence"]
    write_need(drafting)
    done = steps(drafting)["need"]
    assert (done.state, done.turn) == (DONE, ())
    assert [gap.is_advice for gap in done.advice] == [True], "figures are advice: nothing waits for them"


def test_the_chain_names_each_empty_link(drafting: Drafting) -> None:
    designing.add_chain_link(
        actor=drafting.actor("anna"), contract=drafting.contract, link=ChainLink.Link.OUTPUT, text="Möten", at=AT
    )
    places = [gap.href.partition("#")[2] for gap in steps(drafting)["chain"].gaps]
    assert places == ["id_intervention", "intervention", "activity", "effect", "influence", "value"]


def test_expected_participants_and_the_groups_of_the_terms_agree(drafting: Drafting) -> None:
    def said() -> str:
        return " ".join(gap.text for gap in steps(drafting)["target_group"].gaps)

    terms = dict(drafting.version.terms)
    terms["cohorts"] = [{**cohort, "size": 30} for cohort in terms["cohorts"]]
    actions.edit_terms(actor=drafting.actor("anna"), contract=drafting.contract, terms=terms, at=AT)
    planned = 30 * len(terms["cohorts"])
    change = {"expected_participants": planned + 1}
    designing.edit_design(actor=drafting.actor("anna"), contract=drafting.contract, changes=change, at=AT)
    assert f"hold {planned}" in said()
    change = {"expected_participants": planned}
    designing.edit_design(actor=drafting.actor("anna"), contract=drafting.contract, changes=change, at=LATE)
    assert "hold" not in said()


def test_what_is_wrong_in_the_terms_is_linked_to_its_field(drafting: Drafting) -> None:
    terms = dict(drafting.version.terms)
    terms["metrics"] = [{key: value for key, value in terms["metrics"][0].items() if key != "level"}]
    terms |= {"currency": ""}
    actions.edit_terms(actor=drafting.actor("anna"), contract=drafting.contract, terms=terms, at=AT)
    page = text_of(browser(drafting.world, "anna").get(url("design", drafting.contract)))
    assert f'href="{url("editor_item", drafting.contract, "metrics", 1)}#' in page
    assert f'href="{url("editor_general", drafting.contract)}#' in page
    reader = text_of(browser(drafting.world, "signe").get(url("design", drafting.contract)))
    assert url("editor_general", drafting.contract) not in reader, "a link that refuses helps nobody"


def test_the_decision_is_each_payers(drafting: Drafting) -> None:
    anna = drafting.actor("anna")
    payer = drafting.world.organisations["nordviken"]
    assert steps(drafting)["decision"].state == EMPTY

    def decide(outcome: str, version: int = 1) -> None:
        PoliticalDecision.objects.create(
            contract=drafting.contract,
            version_number=version,
            organisation=payer,
            body="Kommunstyrelsen",
            decided_on=date(2026, 5, 1),
            registry_number="KS 2026/12",
            paragraph="34",
            outcome=outcome,
            user=anna.user,
            at=AT,
        )

    decide("referred")
    assert steps(drafting)["decision"].state == BEGUN
    decide("approved")
    assert steps(drafting)["decision"].state == DONE
    drafting.propose()
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="Nej", at=LATE)
    assert steps(drafting)["decision"].state == STALE, "what was decided on is no longer what is proposed"


def test_whose_turn_it_is_follows_the_agreement(drafting: Drafting) -> None:
    nordviken = drafting.world.organisations["nordviken"]
    assert steps(drafting)["agreement"].turn == (nordviken,)
    drafting.propose()
    assert len(steps(drafting)["agreement"].turn) == 4
    drafting.accept("dag")
    turn = steps(drafting)["agreement"].turn
    assert len(turn) == 3
    assert nordviken not in turn


# --- The phases ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "phase"),
    [
        (Known(ContractStatus.DRAFT), "idea"),
        (Known(ContractStatus.DRAFT, has_need=True), "needs"),
        (Known(ContractStatus.DRAFT, has_need=True, has_target_group=True), "case"),
        (Known(ContractStatus.DRAFT, has_need=True, has_target_group=True, is_designed=True), "basis"),
        (Known(ContractStatus.DRAFT, True, True, True, is_decided=True), "contracting"),
        (Known(ContractStatus.PROPOSED), "contracting"),
        (Known(ContractStatus.AGREED), "startup"),
        (Known(ContractStatus.ACTIVE), "delivery"),
        (Known(ContractStatus.ACTIVE, has_reported=True), "verification"),
        (Known(ContractStatus.ACTIVE, has_reported=True, has_verified=True), "settlement"),
        (Known(ContractStatus.CLOSED), "evaluation"),
        (Known(ContractStatus.TERMINATED), "evaluation"),
    ],
)
def test_the_phase_follows_from_what_exists(known: Known, phase: str) -> None:
    assert stage_of(known).phase.key == phase
    assert [stage.state for stage in stages_of(known)].count("present") == 1


def test_a_gate_that_was_passed_by_is_said(drafting: Drafting) -> None:
    skipped = [
        stage.phase.key for stage in stages_of(Known(ContractStatus.PROPOSED, has_need=True)) if stage.is_skipped
    ]
    assert skipped == ["needs", "case", "basis"]
    drafting.propose()
    page = text_of(browser(drafting.world, "anna").get(url("design", drafting.contract)))
    assert "Passed without its gate" in page


# --- Need and target group -------------------------------------------------------------------------------------------


def test_a_page_saves_what_is_written_so_far(drafting: Drafting) -> None:
    client, path = browser(drafting.world, "anna"), url("design_need", drafting.contract)
    assert client.post(path, {"need": "Många är borta", "today": "", "evidence": ""}).status_code == 302
    design = Design.objects.get(contract=drafting.contract)
    assert (design.need, design.today) == ("Många är borta", "")
    event = AuditEvent.objects.get(event="contracts.edit_design")
    assert event.data == {"fields": ["need"]}


def test_texts_of_the_contract_and_of_the_design_are_saved_together(drafting: Drafting) -> None:
    path = url("design_target_group", drafting.contract)
    sent = {"target_population": "Elever", "inclusion": "Årskurs 7–9", "exclusion": "", "expected_participants": "90"}
    assert browser(drafting.world, "anna").post(path, sent).status_code == 302
    assert drafting.refresh().target_population == "Elever"
    assert Design.objects.get(contract=drafting.contract).expected_participants == 90


@pytest.mark.parametrize("who", ["signe", "ines", "rut", "dag"])
def test_who_only_reads_changes_nothing(drafting: Drafting, who: str) -> None:
    client = browser(drafting.world, who)
    page = text_of(client.get(url("design_need", drafting.contract)))
    assert "<textarea" not in page
    assert client.post(url("design_need", drafting.contract), {"need": "X"}).status_code == 403
    assert Design.objects.get(contract=drafting.contract).need == ""


def test_an_intermediary_designs_too(drafting: Drafting) -> None:
    organisation = drafting.world.organisations["utanfor"]
    actions.add_party(
        actor=drafting.actor("anna"),
        contract=drafting.contract,
        organisation=organisation,
        role=Role.INTERMEDIARY,
        at=AT,
    )
    path = url("design_need", drafting.contract)
    assert browser(drafting.world, "charlie").post(path, {"need": "X"}).status_code == 302
    assert browser(drafting.world, "charlie").get(url("contract_edit", drafting.contract)).status_code == 403


def test_the_design_stands_still_while_the_parties_read(drafting: Drafting) -> None:
    drafting.propose()
    with pytest.raises(Refused, match="before the parties"):
        designing.edit_design(actor=drafting.actor("anna"), contract=drafting.contract, changes={"need": "X"}, at=LATE)
    page = text_of(browser(drafting.world, "anna").get(url("design_need", drafting.contract)))
    assert "stands still meanwhile" in page
    assert "<textarea" not in page


def test_an_agreed_design_is_opened_by_an_amendment(drafting: Drafting) -> None:
    anna = drafting.actor("anna")
    drafting.activate()
    with pytest.raises(Refused, match="amendment"):
        designing.edit_design(actor=anna, contract=drafting.contract, changes={"need": "X"}, at=LATE)
    actions.amend(actor=anna, contract=drafting.contract, effective_on=date(2027, 7, 1), at=LATE)
    designing.edit_design(actor=anna, contract=drafting.contract, changes={"need": "X"}, at=LATE)
    with pytest.raises(Refused, match="stands still"):
        designing.edit_design(actor=anna, contract=drafting.contract, changes={"target_population": "X"}, at=LATE)


# --- The effect chain ------------------------------------------------------------------------------------------------


def added(drafting: Drafting, text: str, link: ChainLink.Link = ChainLink.Link.EFFECT) -> ChainLink:
    return designing.add_chain_link(
        actor=drafting.actor("anna"), contract=drafting.contract, link=link, text=text, at=AT
    )


def in_order(drafting: Drafting) -> list[str]:
    rows = ChainLink.objects.filter(contract=drafting.contract, link=ChainLink.Link.EFFECT)
    return [row.text for row in rows]


def test_statements_are_moved_within_their_link(drafting: Drafting) -> None:
    rows = [added(drafting, text) for text in ("A", "B", "C")]
    added(drafting, "X", ChainLink.Link.VALUE)
    client = browser(drafting.world, "anna")
    for row, verb, expected in ((2, "up", "ACB"), (2, "up", "CAB"), (2, "up", "CAB"), (0, "down", "CBA")):
        client.post(url("chain_move", drafting.contract, rows[row].pk), {"do": verb})
        assert "".join(in_order(drafting)) == expected


def test_a_statement_is_added_changed_and_removed_on_the_pages(drafting: Drafting) -> None:
    client = browser(drafting.world, "anna")
    response = client.post(url("chain_add", drafting.contract), {"link": "effect", "text": "Fler är i skolan"})
    assert response.headers["Location"].endswith("#effect")
    row = ChainLink.objects.get(contract=drafting.contract)
    sent = {"link": "value", "text": "Lägre kostnad", "grounds": "Antagande"}
    assert client.post(url("chain_change", drafting.contract, row.pk), sent).status_code == 302
    row.refresh_from_db()
    assert (row.link, row.text, row.grounds) == ("value", "Lägre kostnad", "Antagande")
    assert client.post(url("chain_remove", drafting.contract, row.pk), {}).status_code == 302
    assert not ChainLink.objects.exists()
    assert AuditEvent.objects.filter(event__contains="chain_link").count() == 3


@pytest.mark.parametrize("sent", [{"link": "effect", "text": ""}, {"link": "nonsense", "text": "A"}, {}])
def test_a_statement_without_words_or_link_is_told(drafting: Drafting, sent: dict[str, str]) -> None:
    assert browser(drafting.world, "anna").post(url("chain_add", drafting.contract), sent).status_code == 422
    assert not ChainLink.objects.exists()


def test_a_statement_of_another_contract_is_not_there(drafting: Drafting) -> None:
    other = ChainLink.objects.create(contract=drafting.world.contract, link="effect", text="Annans")
    client = browser(drafting.world, "anna")
    for name in ("chain_change", "chain_remove"):
        assert client.get(url(name, drafting.contract, other.pk)).status_code == 404
    with pytest.raises(Refused):
        designing.remove_chain_link(actor=drafting.actor("anna"), link=other, at=AT)


def test_what_somebody_removed_meanwhile_is_told(drafting: Drafting) -> None:
    row = added(drafting, "A")
    designing.remove_chain_link(actor=drafting.actor("anna"), link=row, at=AT)
    row.pk = 4711
    with pytest.raises(Refused, match="no longer in the chain"):
        designing.change_chain_link(actor=drafting.actor("anna"), link=row, changes={"text": "B"}, at=LATE)


@pytest.mark.parametrize("who", ["signe", "rut"])
def test_only_those_who_design_write_the_chain(drafting: Drafting, who: str) -> None:
    with pytest.raises(NotAllowed):
        designing.add_chain_link(
            actor=drafting.actor(who), contract=drafting.contract, link=ChainLink.Link.EFFECT, text="A", at=AT
        )


# --- The bar ---------------------------------------------------------------------------------------------------------


def test_each_step_leads_to_its_neighbours(drafting: Drafting) -> None:
    page = text_of(browser(drafting.world, "anna").get(url("design_target_group", drafting.contract)))
    assert f'href="{url("design_need", drafting.contract)}" rel="prev"' in page
    assert f'href="{url("chain", drafting.contract)}" rel="next"' in page
    assert "Step 2 of 10" in page


def test_what_is_agreed_waits_for_nobody(drafting: Drafting) -> None:
    drafting.activate()
    found = steps(drafting)
    assert found["need"].gaps, "what nobody wrote is still told"
    assert all(not step.turn for key, step in found.items() if key not in {"calculation", "decision"})
    assert not any(gap.href for key in ("need", "chain", "indicators") for gap in found[key].gaps)
