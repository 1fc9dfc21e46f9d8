"""The frame of every page: what the menus promise, the demo's label, and how errors look."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, resolve, reverse

from actors.policies import can
from actors.roles import Duty, Permission
from config.navigation import CONTRACT_SECTIONS, contract_head, contract_sections, site_sections
from contracts.policies import roles_of
from tests.actors.conftest import Browser
from tests.world import World

PEOPLE = ["anna", "rut", "dag", "signe", "ines", "vera", "stina"]


@pytest.mark.parametrize("name", PEOPLE)
def test_a_menu_holds_exactly_the_sections_that_open(world: World, name: str) -> None:
    actor = world.actors[name]
    shown = {section.key for section in contract_sections(world.contract, actor)}
    for key, address, _label in CONTRACT_SECTIONS:
        try:
            permission = resolve(reverse(address, args=[world.contract.code])).func.permission  # type: ignore[attr-defined]
        except NoReverseMatch:
            assert key not in shown
            continue
        assert (key in shown) == bool(can(actor, permission, roles_of(actor, world.contract)))


def test_an_outsider_and_a_visitor_are_promised_nothing(world: World) -> None:
    assert contract_sections(world.contract, world.actors["charlie"]) == []
    assert contract_sections(world.contract, None) == []


def test_the_head_of_a_contract_names_every_party_once(world: World) -> None:
    head = contract_head(world.contract)
    assert head["tone"] == "success"
    names = {str(role): names for role, names in head["parties"]}
    assert ["Nordvikens kommun (Utbildningsnämnden, Socialnämnden)"] in names.values()
    assert list(names.values()).count(["Region Mitt"]) == 2


def test_the_frame_of_a_contract_has_one_heading_and_marks_where_one_is(world: World) -> None:
    request: Any = RequestFactory().get("/avtal/UK-2026-01/villkor/")
    request.user, request.actor = world.users["anna"], world.actors["anna"]
    page = render_to_string(
        "contracts/contract_base.html", {"contract": world.contract, "section": "terms"}, request=request
    )
    assert page.count("<h1") == 1
    assert page.count('aria-current="page"') <= 1
    assert "Fullföljd skolgång" in page


def test_the_main_menu_marks_the_page_one_is_on(world: World) -> None:
    request = RequestFactory().get("/avtal/UK-2026-01/villkor/")
    current = {
        section.key: section.current for section in site_sections(request, world.actors["anna"]) if section.is_current
    }
    assert current in ({}, {"contracts": "true"})


def test_every_page_of_the_demo_says_so(db: None, client: Client, settings: Any) -> None:
    assert "demo-banner" not in client.get("/konto/logga-in/").content.decode()
    settings.DEMO = True
    assert "demo-banner" in client.get("/konto/logga-in/").content.decode()
    assert "demo-banner" in client.get("/finns-inte/").content.decode()


def test_one_who_acts_for_several_sees_for_whom_and_can_change(world: World, browser_of: Browser) -> None:
    from actors.models import Membership

    anna = browser_of("anna")
    assert reverse("actors:choose_organisation") not in anna.get(reverse("actors:organisation")).content.decode()
    Membership.objects.create(user=world.users["anna"], organisation=world.organisations["mitt"], duties=[Duty.READER])
    assert reverse("actors:choose_organisation") in anna.get(reverse("actors:organisation")).content.decode()


def test_errors_are_pages_with_words(world: World, browser_of: Browser) -> None:
    anna = browser_of("anna")
    missing = anna.get("/finns-inte/")
    assert missing.status_code == 404
    assert "Logga ut" in missing.content.decode()  # the frame is there, so that one is not lost
    refused = anna.get(reverse("actors:members"))
    assert refused.status_code == 403
    assert "Bara en administratör" in refused.content.decode()


def test_a_form_from_elsewhere_is_refused_in_words(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/konto/logga-in/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "ladda om sidan" in response.content.decode()


def test_the_page_for_our_own_faults_needs_nothing(settings: Any) -> None:
    page = render_to_string("500.html")
    assert "<h1>" in page
    assert "{%" not in page


def test_public_pages_are_declared_so(world: World) -> None:
    assert resolve("/konto/logga-in/").func.permission is Permission.PUBLIC  # type: ignore[attr-defined]
