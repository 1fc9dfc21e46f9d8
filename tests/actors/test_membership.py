"""Duties, ends of memberships, boards, and whom one acts for."""

import pytest
from django.urls import reverse
from django.utils import timezone

from actors import actions
from actors.models import AuditEvent, Board, Membership
from actors.policies import NotAllowed, Refused
from actors.roles import Duty
from tests.actors.conftest import Browser
from tests.world import World


def membership(world: World, name: str) -> Membership:
    return Membership.objects.get(user=world.users[name])


def test_an_administrator_changes_duties_and_the_trail_says_so(world: World, browser_of: Browser) -> None:
    rut = membership(world, "rut")
    address = reverse("actors:member", args=[rut.pk])
    assert browser_of("alva").post(address, {"duties": ["reviewer", "reader"]}).status_code == 302
    rut.refresh_from_db()
    assert rut.duties == ["reviewer", "reader"]
    event = AuditEvent.objects.get(event="membership.duties_changed")
    assert event.data == {"old": ["reviewer"], "new": ["reviewer", "reader"]}
    assert event.user == world.users["alva"]


def test_no_duty_at_all_is_refused(world: World, browser_of: Browser) -> None:
    address = reverse("actors:member", args=[membership(world, "rut").pk])
    assert browser_of("alva").post(address, {}).status_code == 422


def test_the_last_administrator_stays(world: World, browser_of: Browser) -> None:
    alva = membership(world, "alva")
    with pytest.raises(Refused, match="Alva"):
        actions.end_membership(actor=world.actors["alva"], membership_pk=alva.pk, at=timezone.now())
    with pytest.raises(Refused):
        actions.change_duties(
            actor=world.actors["alva"], membership_pk=alva.pk, duties=[Duty.READER], at=timezone.now()
        )
    response = browser_of("alva").post(reverse("actors:member_end", args=[alva.pk]))
    assert response.status_code == 409
    alva.refresh_from_db()
    assert alva.ended_at is None


def test_with_two_administrators_one_may_leave(world: World, browser_of: Browser) -> None:
    anna, alva = membership(world, "anna"), membership(world, "alva")
    anna.duties = [Duty.CASE_OFFICER, Duty.ADMINISTRATOR]
    anna.save()
    assert browser_of("alva").post(reverse("actors:member_end", args=[alva.pk])).status_code == 302
    alva.refresh_from_db()
    assert alva.ended_at is not None
    assert browser_of("alva").get(reverse("actors:members")).status_code == 403


def test_another_organisations_members_are_not_known(world: World, browser_of: Browser) -> None:
    ines = membership(world, "ines")
    alva = browser_of("alva")
    assert alva.get(reverse("actors:member", args=[ines.pk])).status_code == 404
    assert alva.post(reverse("actors:member_end", args=[ines.pk])).status_code == 404


def test_only_an_administrator_ends_a_membership(world: World) -> None:
    with pytest.raises(NotAllowed):
        actions.end_membership(actor=world.actors["anna"], membership_pk=membership(world, "rut").pk, at=timezone.now())


def test_one_acts_for_one_organisation_at_a_time(world: World, browser_of: Browser) -> None:
    second = Membership.objects.create(
        user=world.users["anna"], organisation=world.organisations["mitt"], duties=[Duty.READER]
    )
    anna = browser_of("anna")
    assert anna.get(reverse("actors:organisation")).context["organisation"] == world.organisations["nordviken"]
    assert anna.post(reverse("actors:choose_organisation"), {"membership": second.pk}).status_code == 302
    assert anna.get(reverse("actors:organisation")).context["organisation"] == world.organisations["mitt"]


def test_nobody_acts_by_another_persons_membership(world: World, browser_of: Browser) -> None:
    anna = browser_of("anna")
    for other in (membership(world, "dag").pk, 10**12, "x", ""):
        assert anna.post(reverse("actors:choose_organisation"), {"membership": other}).status_code == 404


def test_a_board_is_added_once(world: World, browser_of: Browser) -> None:
    alva, address = browser_of("alva"), reverse("actors:board_add")
    assert alva.post(address, {"name": "Kulturnämnden"}).status_code == 302
    assert alva.post(address, {"name": "kulturnämnden"}).status_code == 422
    assert Board.objects.filter(organisation=world.organisations["nordviken"]).count() == 3


def test_an_association_has_no_boards(world: World) -> None:
    signe = membership(world, "signe")
    signe.duties = [Duty.ADMINISTRATOR]
    signe.save()
    actor = type(world.actors["signe"])(world.users["signe"], signe)
    with pytest.raises(Refused):
        actions.add_board(actor=actor, name="Styrelsen", at=timezone.now())
