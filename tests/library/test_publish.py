"""From a contract to the shelf: what is offered of it, what is not, and who decides."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from actors.mail import words_of
from actors.models import AuditEvent, Notice
from actors.policies import NotAllowed, Refused
from contracts.actions.adopt import draft_from_template
from contracts.actions.assumptions import add_benefit, state_assumption
from contracts.actions.offering import offer_template
from contracts.models import Baseline, ChainLink, Contract, Design, Measure
from contracts.queries import open_version
from library import actions
from library.models import ContractTemplate
from library.states import Certainty, ShelfStatus
from rulebook import parse_terms
from tests.contracts.conftest import AT, browser
from tests.library.shelf import shelve
from tests.world import NOW, World


@pytest.fixture
def offered_from(world: World) -> Contract:
    """The running contract of the named world, with a design, two measures, assumptions and a gain."""
    contract, anna = world.contract, world.actors["anna"]
    Contract.objects.filter(pk=contract.pk).update(is_invented=False, target_population="Elever i Nordvikens kommun")
    Design.objects.filter(contract=contract).update(
        need="I Nordviken, UK-2026-01, hoppar elever av. Föreningen Språnget hjälper.", expected_participants=3
    )
    link = ChainLink.objects.create(contract=contract, link="effect", text="Nordvikens elever går i skolan")
    measure = Measure.objects.create(
        contract=contract,
        key="att3",
        name_sv="Närvaro",
        name_en="Attendance",
        status="chosen",
        use="payment",
        link=link,
    )
    Baseline.objects.create(measure=measure, method="own_period", value=4, persons=3, source="Elevregistret, 3 elever")
    Measure.objects.create(contract=contract, key="long", name_sv="På långa listan")
    for key, unit, value, certainty in (
        ("size.ht26", "persons", "3", Certainty.ASSUMED),
        ("outcome.att3.share", "share", "0.6", Certainty.PUBLISHED),
        ("own.cost", "amount", "90000", Certainty.UNCERTAIN),
        ("own.days", "times", "1", Certainty.COMPUTED),
    ):
        state_assumption(
            actor=anna,
            contract=contract,
            key=key,
            label=f"Nordvikens {key}",
            unit=unit,
            value=Decimal(value),
            low=None,
            high=None,
            source="Nordvikens kommun, bokslut",
            source_url="https://example.org/",
            certainty=certainty,
            owner="Anna Andersson",
            stated_on=NOW.date(),
            reason="",
            at=NOW,
        )
    for label, volume in (("Färre dygn", "own.days"), ("Färre personer", "size.ht26")):
        add_benefit(
            actor=anna,
            contract=contract,
            holder="municipality",
            label=label,
            volume=volume,
            unit_cost="own.cost",
            at=NOW,
        )
    return Contract.objects.get(pk=contract.pk)


def offer(world: World, contract: Contract, who: str = "anna", **fields: str) -> ContractTemplate:
    given = {
        "name_sv": "Skola hela vägen",
        "name_en": "School all the way",
        "summary_sv": "För elever",
        "summary_en": "For pupils",
        "area": "school",
        "language": "sv",
    }
    return offer_template(actor=world.actors[who], contract=contract, at=AT, **(given | fields))


def publish(world: World, template: ContractTemplate, who: str = "stina") -> ContractTemplate:
    return actions.publish_template(actor=world.actors[who], template=template, at=AT)


# --- What is offered -------------------------------------------------------------------------------------------------


def test_the_agreed_contract_goes_with_its_parties_called_by_their_roles(world: World, offered_from: Contract) -> None:
    template = offer(world, offered_from)
    assert (template.status, template.version, template.author) == ("offered", 1, world.organisations["nordviken"])
    terms, problems = parse_terms(template.document["terms"])
    assert problems == []
    assert terms is not None
    assert {leg.payer for leg in terms.legs} == {"kommunen", "kommunen_2"}
    assert {leg.payee for leg in terms.legs} == {"investeraren"}
    assert [(party["key"], party["role"]) for party in template.document["parties"]] == [
        ("kommunen", "outcome_payer"),
        ("kommunen_2", "outcome_payer"),
        ("investeraren", "investor"),
        ("utforaren", "service_provider"),
        ("intermediaren", "intermediary"),
        ("granskaren", "verifier"),
    ]
    assert [measure["key"] for measure in template.document["measures"]] == ["att3"]
    assert template.document["measures"][0]["sheet"]["suppression_threshold"] == 5


def test_no_name_of_a_party_a_contract_or_a_person_is_in_it(world: World, offered_from: Contract) -> None:
    template = offer(world, offered_from)
    said = str(template.document)
    for name in ("Nordvik", "Språnget", "Norrsken", "Region Mitt", "212099", "UK-2026-01", "Anna", "p7f3", "p8a1"):
        assert name not in said, name
    assert template.document["design"]["sv"]["need"] == "I kommunen, avtalet, hoppar elever av. Utföraren hjälper."
    assert template.document["chain"][0]["sv"] == "Kommunens elever går i skolan"


def test_no_small_count_and_no_baseline_is_in_it(world: World, offered_from: Contract) -> None:
    document = offer(world, offered_from).document
    assert document["design"]["expected_participants"] is None
    assert [item["key"] for item in document["assumptions"]] == ["outcome.att3.share", "own.cost", "own.days"]
    assert [item["sv"] for item in document["benefits"]] == ["Färre dygn"]  # the other rests on what is left out
    assert "Elevregistret" not in str(document)


def test_figures_keep_source_and_certainty(world: World, offered_from: Contract) -> None:
    template = offer(world, offered_from)
    shares = {item["key"]: item for item in template.document["assumptions"]}
    assert shares["outcome.att3.share"]["certainty"] == "published"
    assert shares["own.cost"]["source_url"] == "https://example.org/"
    assert template.certainty == Certainty.UNCERTAIN  # as unsure as its least sure figure


def test_a_cohort_named_by_its_year_is_named_anew(world: World, offered_from: Contract) -> None:
    cohort = offer(world, offered_from).document["terms"]["cohorts"][0]
    assert (cohort["id"], cohort["sv"], cohort["en"]) == ("ht26", "Kohort 1", "Cohort 1")


@pytest.mark.parametrize("who", ["rut", "dag", "alva", "signe", "ines", "vera", "stina", "charlie"])
def test_only_the_payers_case_officer_offers(world: World, offered_from: Contract, who: str) -> None:
    with pytest.raises(NotAllowed):
        offer(world, offered_from, who)
    assert not ContractTemplate.objects.exists()


def test_a_draft_is_not_offered(world: World) -> None:
    from contracts.actions import draft_contract

    contract = draft_contract(
        actor=world.actors["anna"], name="Ny", starts_on=date(2027, 1, 1), ends_on=date(2028, 1, 1), at=NOW
    )
    with pytest.raises(Refused, match="Only an agreed contract becomes a template"):
        offer(world, contract)


def test_a_template_waits_once_and_comes_again_as_the_next_version(world: World, offered_from: Contract) -> None:
    first = offer(world, offered_from)
    with pytest.raises(Refused, match="already offered"):
        offer(world, offered_from)
    actions.return_template(actor=world.actors["stina"], template=first, reason="Källor saknas", at=AT)
    second = offer(world, offered_from, name_sv="Annat namn")
    assert (second.key, second.version) == (first.key, 2)


def test_two_contracts_do_not_share_a_key(world: World, offered_from: Contract) -> None:
    shelve("skola-hela-vagen")
    assert offer(world, offered_from).key == "skola-hela-vagen-2"


# --- What the support decides ----------------------------------------------------------------------------------------


def test_a_published_template_can_be_begun_from(world: World, offered_from: Contract) -> None:
    template = publish(world, offer(world, offered_from))
    contract = draft_from_template(
        actor=world.actors["charlie"],
        template=template,
        name="Vårt",
        starts_on=date(2027, 8, 1),
        ends_on=date(2029, 7, 31),
        at=AT,
    )
    version = open_version(contract)
    assert version is not None
    assert parse_terms(version.terms)[1] == []
    assert contract.measures.get().name_sv == "Närvaro minst 80 % i tre månader"  # as the terms call it
    assert contract.benefits.get().label == "Färre dygn"


def test_publishing_takes_the_former_version_down(world: World) -> None:
    first = shelve("own")
    second = shelve("own", version=2, status=ShelfStatus.OFFERED)
    publish(world, second)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (ShelfStatus.RETIRED, ShelfStatus.PUBLISHED)
    assert [change.reason for change in first.status_changes.all()] == ["Replaced by version 2."]
    assert AuditEvent.objects.filter(event="library.publish_template").count() == 1


@pytest.mark.parametrize("who", ["anna", "alva", "signe", "charlie"])
def test_only_the_support_decides(world: World, who: str) -> None:
    template = shelve("own", status=ShelfStatus.OFFERED, author=world.organisations["nordviken"])
    actor = world.actors[who]
    with pytest.raises(NotAllowed):
        actions.publish_template(actor=actor, template=template, at=AT)
    with pytest.raises(NotAllowed):
        actions.return_template(actor=actor, template=template, reason="Nej", at=AT)
    with pytest.raises(NotAllowed):
        actions.retire_template(actor=actor, template=template, reason="Nej", at=AT)
    client = browser(world, who)
    assert client.get(reverse("library:review_queue")).status_code == 403
    for name in ("template_publish", "template_return", "template_retire"):
        assert client.post(reverse(f"library:{name}", args=["own", 1]), {"reason": "Nej"}).status_code == 403
    template.refresh_from_db()
    assert template.status == ShelfStatus.OFFERED


def test_a_decision_is_taken_once_and_a_reason_is_needed(world: World) -> None:
    template = shelve("own", status=ShelfStatus.OFFERED)
    with pytest.raises(Refused, match="Write why"):
        actions.return_template(actor=world.actors["stina"], template=template, reason=" ", at=AT)
    with pytest.raises(Refused, match="cannot take the step"):
        actions.retire_template(actor=world.actors["stina"], template=template, reason="Nej", at=AT)
    publish(world, template)
    with pytest.raises(Refused, match="cannot take the step"):
        publish(world, template)
    actions.retire_template(actor=world.actors["stina"], template=template, reason="Föråldrad", at=AT)
    template.refresh_from_db()
    assert template.status == ShelfStatus.RETIRED


def test_those_concerned_are_told(world: World, offered_from: Contract) -> None:
    template = offer(world, offered_from)
    told = Notice.objects.get(kind="template_offered")
    assert told.user == world.users["stina"]
    assert told.path == reverse("library:template_version", args=[template.key, 1])
    actions.return_template(actor=world.actors["stina"], template=template, reason="Källor saknas", at=AT)
    returned = Notice.objects.get(kind="template_returned")
    assert returned.user == world.users["anna"]
    subject, text = words_of(returned)
    assert "School all the way" in subject
    assert "Källor saknas" in text
    publish(world, offer(world, offered_from))
    for kind in ("template_offered", "template_published"):
        for notice in Notice.objects.filter(kind=kind):
            assert all(words_of(notice))


# --- The pages -------------------------------------------------------------------------------------------------------


def test_offer_read_and_publish_in_the_pages(world: World, offered_from: Contract) -> None:
    path = reverse("contracts:template_offer", args=[offered_from.code])
    anna, stina = browser(world, "anna"), browser(world, "stina")
    text = anna.get(path).content.decode()
    assert "fewer than 5 persons" in text
    assert "What the support will ask about" in text
    sent: dict[str, Any] = {"name_sv": "Skola", "name_en": "School", "summary_sv": "S", "summary_en": "S"}
    assert anna.post(path, sent).status_code == 422
    answer = anna.post(path, sent | {"area": "school", "language": "sv"})
    template = ContractTemplate.objects.get()
    shown = reverse("library:template_version", args=[template.key, 1])
    assert (answer.status_code, answer.headers["Location"]) == (302, shown)
    assert anna.post(path, sent | {"area": "school", "language": "sv"}).status_code == 409
    assert "The texts of this template are in Swedish only." in anna.get(shown).content.decode()
    assert shown in stina.get(reverse("library:review_queue")).content.decode()
    publish_path = reverse("library:template_publish", args=[template.key, 1])
    assert stina.get(publish_path).status_code == 200
    assert template.status_changes.count() == 0
    assert stina.post(publish_path).status_code == 302
    assert stina.post(publish_path).status_code == 409
    assert "No longer" not in anna.get(shown).content.decode()
    assert "Nothing waits" in stina.get(reverse("library:review_queue")).content.decode()
    retire_path = reverse("library:template_retire", args=[template.key, 1])
    assert stina.post(retire_path, {}).status_code == 422
    assert stina.post(retire_path, {"reason": "Föråldrad"}).status_code == 302
    assert "Föråldrad" in browser(world, "charlie").get(shown).content.decode()


def test_an_outsider_does_not_learn_of_the_offer(world: World, offered_from: Contract) -> None:
    path = reverse("contracts:template_offer", args=[offered_from.code])
    assert browser(world, "charlie").get(path).status_code == 404
    assert browser(world, "signe").get(path).status_code == 403


def test_the_agreed_contracts_are_found_from_the_library(world: World, offered_from: Contract) -> None:
    path = reverse("contracts:template_contracts")
    wanted = reverse("contracts:template_offer", args=[offered_from.code])
    assert wanted in browser(world, "anna").get(path).content.decode()
    assert "No agreed contract yet" in browser(world, "charlie").get(path).content.decode()
    assert path in browser(world, "anna").get(reverse("library:templates")).content.decode()


def test_the_name_and_summary_of_the_form_name_nobody(world: World, offered_from: Contract) -> None:
    Contract.objects.filter(pk=offered_from.pk).update(name="Nordviken – Skola", summary="Föreningen Språnget hjälper")
    text = browser(world, "anna").get(reverse("contracts:template_offer", args=[offered_from.code])).content.decode()
    assert 'value="Kommunen – Skola"' in text
    assert "Utföraren hjälper" in text
