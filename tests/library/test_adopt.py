"""From the shelf into a draft: what is copied, what is kept of where it came from, and what is never overwritten."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from actors.models import AuditEvent, Board, Membership, Organisation
from actors.policies import Actor, NotAllowed, Refused
from actors.roles import Role
from contracts import actions
from contracts.actions.adopt import WouldBeLost, adopt_indicator, adopt_template, draft_from_template
from contracts.models import Assumption, ChainLink, Contract, ContractVersion, Measure, MeasureApproval
from contracts.queries import open_version
from contracts.queries.register import register_of
from library.models import ContractTemplate, Indicator
from library.states import ShelfStatus
from rulebook import parse_terms
from tests.contracts.conftest import AT, browser
from tests.library.shelf import document, shelve
from tests.world import NOW, World


def drafted(world: World, who: str = "anna", **dates: Any) -> Contract:
    given: dict[str, Any] = {"starts_on": date(2027, 1, 1), "ends_on": date(2029, 12, 31)} | dates
    return actions.draft_contract(actor=world.actors[who], name="Ny", at=NOW, **given)


def adopted(world: World, template: ContractTemplate, **dates: Any) -> Contract:
    contract = drafted(world, **dates)
    adopt_template(actor=world.actors["anna"], contract=contract, template=template, at=AT)
    return Contract.objects.get(pk=contract.pk)


def draft_of(contract: Contract) -> ContractVersion:
    version = open_version(contract)
    assert version is not None
    return version


# --- What is copied --------------------------------------------------------------------------------------------------


def test_the_terms_move_to_the_contracts_days_and_end_with_it(world: World, template: ContractTemplate) -> None:
    contract = adopted(world, template)
    terms, problems = parse_terms(draft_of(contract).terms)
    assert problems == []
    assert terms is not None
    assert terms.life is not None
    assert (terms.life.starts_on, terms.life.ends_on) == (contract.starts_on, contract.ends_on)
    assert terms.cohorts[0].enrols == (date(2027, 1, 1), date(2027, 6, 30))


def test_a_cohort_named_by_its_year_gets_a_number_when_it_moves(world: World) -> None:
    content = document()
    content["terms"]["cohorts"][0] |= {"sv": "Hösten 2026", "en": "Autumn 2026"}
    content["assumptions"][0] |= {"sv": "Antal personer i Hösten 2026", "en": "Number of persons in Autumn 2026"}
    template = shelve("named", document=content)
    moved = adopted(world, template)
    assert draft_of(moved).terms["cohorts"][0]["sv"] == "Kohort 1"
    assert register_of(moved)["size.k1"].label == "Number of persons in Cohort 1"
    stays = adopted(world, template, starts_on=date(2026, 7, 1))
    assert draft_of(stays).terms["cohorts"][0]["en"] == "Autumn 2026"


def test_texts_come_in_the_readers_language(world: World, template: ContractTemplate) -> None:
    with translation.override("sv"):
        contract = adopted(world, template)
    assert (contract.design.need, contract.target_population) == ("sv need", "sv target_population")
    assert contract.chain.get(link="effect").text == "sv effect"
    assert contract.chain.get(link="effect").grounds == "Därför"
    assert contract.measures.get(key="att3").numerator == "sv numerator"
    assert contract.benefits.get().label == "Färre placeringar"
    assert (contract.design.expected_participants, contract.design.horizon_years) == (40, 7)


def test_a_template_in_one_language_is_read_in_it(world: World) -> None:
    content = document()
    del content["design"]["en"]
    content["language"] = "sv"
    contract = adopted(world, shelve("sv-only", document=content))
    assert contract.design.need == "sv need"


def test_measures_keep_their_indicator_and_its_definition(world: World, template: ContractTemplate) -> None:
    contract = adopted(world, template)
    measure = contract.measures.get(key="att3")
    assert measure.indicator == Indicator.objects.get(key="attendance")
    assert (measure.status, measure.use, measure.target) == (Measure.Status.CHOSEN, "payment", Decimal("0.5"))
    assert (measure.suppression_threshold, measure.kolada_id) == (10, "N15428")
    assert measure.link == contract.chain.get(link="effect")
    assert measure.name_en == "Attendance of at least 80 % for three months"  # as the terms call it
    assert contract.measures.get(key="well").numerator == ""


def test_assumptions_keep_value_range_source_and_certainty(world: World, template: ContractTemplate) -> None:
    contract = adopted(world, template)
    register = register_of(contract)
    share = register["outcome.att3.share"]
    assert (share.value, share.low, share.high) == (Decimal("0.6"), Decimal("0.4"), Decimal("0.8"))
    assert (share.revision.source, share.revision.source_url) == ("A report", "https://example.org/report")
    assert "School completion" in share.revision.reason
    assert register["own.days"].certainty == "invented"
    assert register["own.cost"].certainty == "published"


def test_gains_point_to_the_assumptions_and_the_shelf(world: World, template: ContractTemplate) -> None:
    benefit = adopted(world, template).benefits.get()
    assert (benefit.volume.key, benefit.unit_cost.key, benefit.attribution) == ("own.days", "own.cost", None)
    assert benefit.shelf_cost is not None
    assert benefit.shelf_cost.key == "foster-care-day"
    assert (benefit.from_year, benefit.years, benefit.is_cashable) == (2, 3, True)


def test_the_draft_remembers_its_template(world: World, template: ContractTemplate) -> None:
    contract = adopted(world, template)
    assert contract.design.template == template
    event = AuditEvent.objects.get(event="contracts.adopt_template")
    assert (event.contract_code, event.data["template"], event.data["template_version"]) == (
        contract.code,
        template.key,
        1,
    )


def test_a_contract_too_short_for_the_template_is_told(world: World, template: ContractTemplate) -> None:
    content = document()
    content["terms"]["metrics"][0]["window"] = {"from": "enrolment", "months": 12}
    contract = drafted(world, ends_on=date(2027, 3, 1))
    adopt_template(actor=world.actors["anna"], contract=contract, template=shelve("w", document=content), at=AT)
    life = draft_of(contract).terms["life"]
    assert life == {"from": "2027-01-01", "to": "2027-03-01"}


# --- What is never overwritten ---------------------------------------------------------------------------------------


def test_a_draft_with_content_is_not_overwritten_unless_confirmed(world: World, template: ContractTemplate) -> None:
    contract = adopted(world, template)
    before = draft_of(contract).terms
    other = document()
    other["terms"]["terms"] = other["terms"]["terms"][:1]
    second = shelve("second", document=other)
    with pytest.raises(WouldBeLost) as refusal:
        adopt_template(actor=world.actors["anna"], contract=contract, template=second, at=AT)
    assert refusal.value.reasons == (
        "The draft of the terms, with 2 payment terms.",
        "6 statements of the effect chain.",
        "2 measures with their definitions.",
        "1 gain of the calculation.",
    )
    assert draft_of(contract).terms == before
    adopt_template(actor=world.actors["anna"], contract=contract, template=second, at=AT, is_confirmed=True)
    contract = Contract.objects.get(pk=contract.pk)
    assert len(draft_of(contract).terms["terms"]) == 1
    assert contract.design.template == second
    assert (contract.chain.count(), contract.measures.count(), contract.benefits.count()) == (6, 2, 1)
    assert Assumption.objects.get(contract=contract, key="own.cost").revisions.count() == 1  # it says the same


def test_texts_already_written_stay(world: World, template: ContractTemplate) -> None:
    contract = draft_from_template(
        actor=world.actors["anna"],
        template=template,
        name="Ny",
        starts_on=date(2027, 1, 1),
        ends_on=date(2028, 12, 31),
        target_population="Våra elever",
        at=NOW,
    )
    contract = Contract.objects.get(pk=contract.pk)
    assert contract.target_population == "Våra elever"
    assert contract.intervention == "en intervention"


def test_an_approved_measure_is_never_taken_away(world: World, template: ContractTemplate) -> None:
    contract = adopted(world, template)
    measure = contract.measures.get(key="att3")
    MeasureApproval.objects.create(
        measure=measure,
        sheet_hash="x" * 64,
        user=world.users["anna"],
        organisation=world.organisations["nordviken"],
    )
    with pytest.raises(Refused, match="have been approved"):
        adopt_template(actor=world.actors["anna"], contract=contract, template=template, at=AT, is_confirmed=True)
    assert contract.measures.filter(pk=measure.pk).exists()


@pytest.mark.parametrize("status", [ShelfStatus.OFFERED, ShelfStatus.RETURNED, ShelfStatus.RETIRED])
def test_only_what_is_on_the_shelf_is_adopted(world: World, status: ShelfStatus) -> None:
    contract = drafted(world)
    with pytest.raises(Refused, match="not on the shelf"):
        adopt_template(actor=world.actors["anna"], contract=contract, template=shelve("x", status=status), at=AT)
    assert not ChainLink.objects.filter(contract=contract).exists()


def test_a_running_contract_takes_in_no_template(world: World, template: ContractTemplate) -> None:
    with pytest.raises(Refused):
        adopt_template(actor=world.actors["anna"], contract=world.contract, template=template, at=AT)
    actions.amend(actor=world.actors["anna"], contract=world.contract, effective_on=date(2027, 6, 1), at=AT)
    with pytest.raises(Refused, match="Only a draft begins from a template"):
        adopt_template(actor=world.actors["anna"], contract=world.contract, template=template, at=AT)


@pytest.mark.parametrize("who", ["rut", "dag", "signe", "ines", "vera", "stina", "charlie"])
def test_only_the_payers_case_officer_adopts(world: World, template: ContractTemplate, who: str) -> None:
    contract = drafted(world)
    with pytest.raises(NotAllowed):
        adopt_template(actor=world.actors[who], contract=contract, template=template, at=AT)
    with pytest.raises(NotAllowed):
        adopt_indicator(
            actor=world.actors[who], contract=contract, indicator=Indicator.objects.get(key="attendance"), at=AT
        )
    assert not Measure.objects.filter(contract=contract).exists()


# --- Party keys ------------------------------------------------------------------------------------------------------


def add(world: World, contract: Contract, organisation: Organisation, role: Role, board: Board | None = None) -> str:
    party = actions.add_party(
        actor=world.actors["anna"], contract=contract, organisation=organisation, role=role, board=board, at=AT
    )
    return party.key


def test_parties_get_the_names_of_the_terms_by_their_roles(world: World, template: ContractTemplate) -> None:
    contract = adopted(world, template)
    own = world.organisations
    assert add(world, contract, own["nordviken"], Role.OUTCOME_PAYER) == "kommunen"
    assert add(world, contract, own["mitt"], Role.VERIFIER) == "granskaren"
    assert add(world, contract, own["spranget"], Role.SERVICE_PROVIDER) == "utforaren"
    assert add(world, contract, own["norrsken"], Role.INVESTOR) == "investeraren"
    assert add(world, contract, own["mitt"], Role.INTERMEDIARY) == "region-mitt"  # the template has none
    assert add(world, contract, own["utanfor"], Role.OUTCOME_PAYER) == "utanfors-kommun"
    assert actions.problems_before_proposing(world.actors["anna"], contract, draft_of(contract), on=AT.date()) == []


def test_a_region_and_a_municipality_get_their_own_names(world: World) -> None:
    content = document()
    content["terms"]["legs"] = [
        {"payer": "kommunen", "payee": "investeraren", "share": "0.5"},
        {"payer": "regionen", "payee": "investeraren", "share": "0.5"},
    ]
    content["parties"].append({"key": "regionen", "role": "outcome_payer", "sv": "regionen", "en": "the region"})
    contract = adopted(world, shelve("two", document=content))
    assert add(world, contract, world.organisations["mitt"], Role.OUTCOME_PAYER) == "regionen"
    assert add(world, contract, world.organisations["nordviken"], Role.OUTCOME_PAYER) == "kommunen"


def test_own_terms_name_their_parties_too(world: World) -> None:
    contract = drafted(world)
    legs = [
        {"payer": "socialnamnden", "payee": "fonden", "share": "0.5"},
        {"payer": "utbildningsnamnden", "payee": "fonden", "share": "0.5"},
    ]
    actions.edit_terms(actor=world.actors["anna"], contract=contract, terms={"legs": legs}, at=AT)
    nordviken = world.organisations["nordviken"]
    board = nordviken.boards.get(name="Utbildningsnämnden")
    assert add(world, contract, nordviken, Role.OUTCOME_PAYER, board) == "utbildningsnamnden"
    assert add(world, contract, world.organisations["mitt"], Role.VERIFIER) == "region-mitt"  # a verifier is not paid
    assert add(world, contract, world.organisations["norrsken"], Role.INVESTOR) == "fonden"


def test_a_boards_own_draft_fits_the_template(world: World, template: ContractTemplate) -> None:
    board = world.organisations["nordviken"].boards.get(name="Socialnämnden")
    Membership.objects.filter(user=world.users["anna"]).update(board=board)
    actor = Actor(world.users["anna"], Membership.objects.get(user=world.users["anna"]))
    contract = draft_from_template(
        actor=actor, template=template, name="Ny", starts_on=date(2027, 1, 1), ends_on=date(2028, 12, 31), at=NOW
    )
    assert contract.parties.get().key == "kommunen"


# --- Indicators ------------------------------------------------------------------------------------------------------


def test_an_indicator_becomes_a_candidate_with_its_sheet(world: World, template: ContractTemplate) -> None:
    contract = drafted(world)
    indicator = Indicator.objects.get(key="well-being")
    measure = adopt_indicator(actor=world.actors["anna"], contract=contract, indicator=indicator, at=AT)
    assert (measure.key, measure.status, measure.use) == ("well_being", Measure.Status.CANDIDATE, "")
    assert (measure.indicator, measure.name_sv, measure.name_en) == (indicator, indicator.name_sv, "Well-being")
    assert (measure.window, measure.weaknesses) == ("en window", "en weaknesses")
    assert AuditEvent.objects.filter(event="contracts.adopt_indicator", contract_code=contract.code).exists()
    with pytest.raises(Refused, match="already among the measures"):
        adopt_indicator(actor=world.actors["anna"], contract=contract, indicator=indicator, at=AT)


# --- The pages -------------------------------------------------------------------------------------------------------


def post(world: World, who: str, path: str, **sent: Any) -> Any:
    return browser(world, who).post(path, sent)


def test_a_contract_begins_from_a_template_in_one_act(world: World, template: ContractTemplate) -> None:
    path = reverse("contracts:contract_draft")
    text = browser(world, "anna").get(f"{path}?mall={template.key}").content.decode()
    assert f'<option value="{template.key}" selected>' in text
    assert "For pupils at risk" in text
    answer = post(world, "anna", path, mall=template.key, name="Skola", starts_on="2027-01-01", ends_on="2028-12-31")
    contract = Contract.objects.get(name="Skola")
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("contracts:design", args=[contract.code])
    assert contract.design.template == template
    assert draft_of(contract).terms["life"]["to"] == "2028-12-31"


def test_a_contract_begins_from_nothing(world: World, template: ContractTemplate) -> None:
    sent = {"mall": "", "name": "Tomt", "starts_on": "2027-01-01", "ends_on": "2028-12-31"}
    assert post(world, "anna", reverse("contracts:contract_draft"), **sent).status_code == 302
    contract = Contract.objects.get(name="Tomt")
    assert (contract.design.template, draft_of(contract).terms) == (None, {})


def test_an_unknown_template_is_left_out_of_the_page_and_refused_in_the_form(world: World) -> None:
    path = reverse("contracts:contract_draft")
    assert browser(world, "anna").get(f"{path}?mall=nope").status_code == 200
    sent = {"mall": "nope", "name": "X", "starts_on": "2027-01-01", "ends_on": "2028-12-31"}
    assert post(world, "anna", path, **sent).status_code == 422
    assert Contract.objects.count() == 1


def test_a_template_goes_into_an_existing_draft_with_confirmation(world: World, template: ContractTemplate) -> None:
    contract = drafted(world)
    path = reverse("contracts:template_adopt", args=[contract.code])
    assert "is_confirmed" not in browser(world, "anna").get(path).content.decode()
    assert post(world, "anna", path, mall=template.key).status_code == 302
    text = browser(world, "anna").get(path).content.decode()
    assert "6 statements of the effect chain." in text
    refused = post(world, "anna", path, mall=template.key)
    assert refused.status_code == 409
    assert post(world, "anna", path, mall=template.key, is_confirmed="on").status_code == 302


def test_an_indicator_is_put_in_a_draft_from_its_page(world: World, template: ContractTemplate) -> None:
    contract = drafted(world)
    path = reverse("contracts:indicator_adopt", args=["attendance"])
    assert contract.code in browser(world, "anna").get(path).content.decode()
    assert contract.code not in browser(world, "charlie").get(path).content.decode()
    assert "No draft to use it in" in browser(world, "signe").get(path).content.decode()
    assert post(world, "charlie", path, contract=contract.code).status_code == 422
    assert post(world, "anna", path, contract=contract.code).status_code == 302
    assert contract.measures.get().indicator is not None
    assert post(world, "anna", path, contract=contract.code).status_code == 409


def test_the_party_form_tells_which_names_wait(world: World, template: ContractTemplate) -> None:
    contract = adopted(world, template)
    text = browser(world, "anna").get(reverse("contracts:party_add", args=[contract.code])).content.decode()
    assert "kommunen, investeraren, utforaren, granskaren" in text


def test_a_template_finds_its_way_to_a_draft_there_is(world: World, template: ContractTemplate) -> None:
    path = reverse("contracts:template_drafts", args=[template.key])
    assert "No draft to take it into" in browser(world, "anna").get(path).content.decode()
    contract = drafted(world)
    wanted = f"{reverse('contracts:template_adopt', args=[contract.code])}?mall={template.key}"
    assert wanted in browser(world, "anna").get(path).content.decode()
    assert wanted not in browser(world, "charlie").get(path).content.decode()
    assert browser(world, "signe").get(path).status_code == 403
