"""Invitations: sent by an administrator, accepted once, by whom they were meant for."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from actors import actions
from actors.models import AuditEvent, Board, Invitation, Membership, Organisation, User
from actors.policies import NotAllowed, NotVisible, Refused
from actors.roles import Duty
from tests.actors.conftest import Browser
from tests.world import World

EMAIL = "ny@nordviken.example"
PASSWORD = "some-words-put-together"
DATA = {"name": "Nils Ny", "password": PASSWORD, "password_again": PASSWORD}


def invite(world: World, **changes: object) -> tuple[Invitation, str]:
    wanted = {
        "actor": world.actors["alva"],
        "email": EMAIL,
        "name": "Nils Ny",
        "duties": [Duty.READER],
        "board": None,
        "at": timezone.now(),
    }
    return actions.invite(**(wanted | changes))  # type: ignore[arg-type]


def test_an_administrator_invites_and_the_person_joins(
    world: World, browser_of: Browser, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        response = browser_of("alva").post(
            reverse("actors:invite"), {"email": EMAIL, "name": "Nils Ny", "duties": ["reader", "reviewer"]}
        )
    assert response.status_code == 302
    found = re.search(r"http://localhost:8000(/inbjudan/\S+)", str(mail.outbox[0].body))
    assert found
    visitor = Client()
    assert "Nordvikens kommun" in visitor.get(found[1]).content.decode()
    assert visitor.post(found[1], DATA).status_code == 302
    user = User.objects.get(email=EMAIL)
    assert user.check_password(PASSWORD)
    membership = Membership.objects.get(user=user)
    assert membership.duties == ["reader", "reviewer"]
    assert visitor.get(reverse("actors:account")).status_code == 200  # logged in at once
    assert AuditEvent.objects.filter(event__startswith="invitation.").count() == 2


def test_only_the_hash_of_the_link_is_stored(world: World) -> None:
    invitation, path = invite(world)
    secret = path.rstrip("/").rpartition("/")[2]
    assert secret not in str(vars(invitation))
    assert invitation.token_hash == actions.secret_hash(secret)
    assert secret not in str(list(AuditEvent.objects.values()))


def test_a_link_works_once(world: World) -> None:
    _, path = invite(world)
    assert Client().post(path, DATA).status_code == 302
    again = Client().post(path, DATA | {"name": "Någon Annan"})
    assert again.status_code == 404
    assert User.objects.get(email=EMAIL).name == "Nils Ny"


def test_a_link_lasts_fourteen_days(world: World) -> None:
    _, path = invite(world, at=timezone.now() - timedelta(days=14, minutes=1))
    assert Client().get(path).status_code == 404
    with pytest.raises(Refused):
        actions.accept_invitation(token=path.split("/")[2], name="x", password="y", at=timezone.now())


def test_a_withdrawn_link_does_not_work(world: World, browser_of: Browser) -> None:
    invitation, path = invite(world)
    address = reverse("actors:invitation_withdraw", args=[invitation.pk])
    assert browser_of("charlie").post(address).status_code in {403, 404}
    assert browser_of("alva").post(address).status_code == 302
    assert browser_of("alva").post(address).status_code == 409
    assert Client().get(path).status_code == 404


def test_an_existing_account_is_not_opened_by_the_link(world: World, browser_of: Browser) -> None:
    _, path = invite(world, email="charlie@utanfor.example")
    assert Client().post(path, DATA).status_code == 200  # a page that asks to log in
    assert browser_of("ines").post(path).status_code == 200
    assert Membership.objects.filter(user=world.users["charlie"]).count() == 1
    charlie = browser_of("charlie")
    assert charlie.post(path).status_code == 302
    assert Membership.objects.filter(user=world.users["charlie"]).count() == 2
    assert "Nordvikens kommun" in charlie.get(reverse("actors:account")).content.decode()


def test_a_member_or_an_invited_person_is_not_invited_again(world: World) -> None:
    with pytest.raises(Refused):
        invite(world, email="Anna@nordviken.example")
    invite(world)
    with pytest.raises(Refused):
        invite(world, email=EMAIL.upper())


def test_an_expired_invitation_gives_way_to_a_new_one(world: World) -> None:
    old, _ = invite(world, at=timezone.now() - timedelta(days=20))
    invite(world)
    old.refresh_from_db()
    assert old.withdrawn_at is not None


def test_only_an_administrator_invites(world: World) -> None:
    with pytest.raises(NotAllowed):
        invite(world, actor=world.actors["anna"])


def test_faults_are_told_all_at_once_and_nothing_is_saved(world: World, browser_of: Browser) -> None:
    response = browser_of("alva").post(reverse("actors:invite"), {"email": "no", "name": ""})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"email", "name", "duties"}
    assert not Invitation.objects.exists()


def test_the_board_must_be_ones_own(world: World) -> None:
    other = Board.objects.create(organisation=world.organisations["utanfor"], name="Nämnden")
    with pytest.raises(Refused):
        invite(world, board=other)
    with pytest.raises(Refused):
        invite(world, board=Board.objects.get(name="Socialnämnden"), duties=[Duty.ADMINISTRATOR])


def test_another_organisations_invitation_is_not_known(world: World) -> None:
    invitation, _ = invite(world)
    with pytest.raises((NotVisible, NotAllowed)):
        actions.withdraw_invitation(actor=world.actors["charlie"], invitation_pk=invitation.pk, at=timezone.now())


def create(*changes: str) -> str:
    out = StringIO()
    call_command(
        "create_organisation",
        *(
            "Storköpings kommun",
            "--kind",
            "municipality",
            "--administrator",
            "Ada Admin",
            "--email",
            "ada@stor.example",
        ),
        *changes,
        stdout=out,
    )
    return out.getvalue()


def test_the_first_administrator_gets_in_by_a_command(db: None) -> None:
    printed = create("--number", "212000-0456")
    path = re.search(r"http://localhost:8000(/inbjudan/\S+)", printed)
    assert path
    ada = Client()
    assert ada.post(path[1], DATA).status_code == 302
    assert ada.get(reverse("actors:members")).status_code == 200
    assert Organisation.objects.get().organisation_number == "2120000456"


def test_the_command_refuses_a_wrong_number_and_writes_nothing(db: None) -> None:
    with pytest.raises(CommandError, match="212000-0457"):
        create("--number", "212000-0457")
    assert not Organisation.objects.exists()
    create("--number", "2120000456")
    with pytest.raises(CommandError):
        create("--number", "212000-0456")
    assert Organisation.objects.count() == 1
