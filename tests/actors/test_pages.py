"""Every page of people opens for whom it should, and says no to others."""

import pytest
from django.test import Client
from django.urls import reverse

from actors.models import Membership
from tests.actors.conftest import Browser
from tests.world import World

OPEN = ["login", "password_reset", "password_reset_sent", "accessibility", "personal_data"]
OWN = ["account", "password_change", "choose_organisation", "token_new", "organisation"]
MANAGING = ["members", "invite", "board_add"]


@pytest.mark.parametrize("name", OPEN)
def test_a_visitor_opens_the_public_pages(name: str, db: None) -> None:
    assert Client().get(reverse(f"actors:{name}")).status_code == 200


@pytest.mark.parametrize("name", OWN + MANAGING)
def test_a_visitor_is_sent_to_log_in_and_back(name: str, db: None) -> None:
    address = reverse(f"actors:{name}")
    response = Client().get(address)
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('actors:login')}?next={address}"


@pytest.mark.parametrize("name", OWN)
def test_everybody_opens_their_own_pages(name: str, browser_of: Browser) -> None:
    assert browser_of("charlie").get(reverse(f"actors:{name}")).status_code == 200


@pytest.mark.parametrize("name", MANAGING)
def test_only_an_administrator_manages_the_organisation(name: str, browser_of: Browser) -> None:
    assert browser_of("alva").get(reverse(f"actors:{name}")).status_code == 200
    refused = browser_of("anna").get(reverse(f"actors:{name}"))
    assert refused.status_code == 403
    assert "administrat" in refused.content.decode()


def test_a_person_without_organisation_is_told_what_to_do(world: World, browser_of: Browser) -> None:
    Membership.objects.filter(user=world.users["charlie"]).update(ended_at="2026-01-01T00:00Z")
    charlie = browser_of("charlie")
    for name in ("account", "organisation", "choose_organisation"):
        assert charlie.get(reverse(f"actors:{name}")).status_code == 200
    assert charlie.get(reverse("actors:members")).status_code == 403


def test_nothing_of_a_page_stays_in_a_shared_browser(browser_of: Browser) -> None:
    assert browser_of("anna").get(reverse("actors:account"))["Cache-Control"] == "no-store"


def test_the_policy_for_content_allows_nothing_inline(browser_of: Browser) -> None:
    response = browser_of("anna").get(reverse("actors:account"))
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "style=" not in response.content.decode()


def test_members_cost_the_same_number_of_queries_however_many(
    world: World, browser_of: Browser, django_assert_max_num_queries: object
) -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    alva, address = browser_of("alva"), reverse("actors:members")

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert alva.get(address).status_code == 200
        return len(queries)

    few = count()
    for number in range(12):
        user = get_user_model().objects.create_user(f"p{number}@nordviken.example", None, name=f"Person {number}")
        Membership.objects.create(user=user, organisation=world.organisations["nordviken"], duties=["reader"])
    assert count() == few <= 15


def test_members_are_found_and_sorted_as_swedes_do(world: World, browser_of: Browser) -> None:
    from django.contrib.auth import get_user_model

    for name in ("Örjan", "Åsa", "Ärlig"):
        user = get_user_model().objects.create_user(f"{name}@nordviken.example", None, name=name)
        Membership.objects.create(user=user, organisation=world.organisations["nordviken"], duties=["reader"])
    alva, address = browser_of("alva"), reverse("actors:members")

    def names(query: str) -> list[str]:
        return [row.user.name for row in alva.get(f"{address}?{query}").context["page"]]

    assert names("sort=name") == ["Alva", "Anna", "Dag", "Rut", "Åsa", "Ärlig", "Örjan"]
    assert names("sort=-name") == list(reversed(names("sort=name")))
    assert names("q=rut") == ["Rut"]
    assert names("q=ingen-sådan") == []
    assert names("sort=nonsense&page=99") == names("sort=name")
