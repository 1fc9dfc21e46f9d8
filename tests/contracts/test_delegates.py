"""Who speaks and signs for an organisation: delegates, signing groups, and the order between organisations."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from actors.models import AuditEvent, Board, Membership, Notice, User
from actors.policies import Actor, NotAllowed, Refused
from actors.roles import Duty, Permission
from contracts.actions.delegates import (
    end_delegate,
    end_signing_group,
    name_delegate,
    order_signing,
    save_signing_group,
)
from contracts.models import Delegate, SigningGroup
from contracts.policies import Act, can_act
from contracts.queries import get_contract_for
from contracts.queries.signing import signing_plan
from tests.contracts.conftest import AT, Drafting, browser
from tests.world import World

TODAY = AT.date()


@pytest.fixture(autouse=True)
def _on_that_day(clock: Any) -> None:
    """Delegates are looked up by today's date."""
    clock.move_to(AT)


def colleague(world: World, organisation: str, *duties: Duty) -> Actor:
    user = User.objects.create_user(f"kim@{organisation}.example", name="Kim")
    membership = Membership.objects.create(
        user=user, organisation=world.organisations[organisation], duties=list(duties or [Duty.READER])
    )
    return Actor(user, membership)


def name(drafting: Drafting, delegate: Actor, *may: str, by: str = "ines", **days: date) -> Delegate:
    return name_delegate(
        actor=drafting.actor(by),
        contract=drafting.contract,
        user=delegate.user,
        may=may or Delegate.May.values,
        from_on=days.get("from_on", TODAY),
        until_on=days.get("until_on", TODAY + timedelta(days=10)),
        at=AT,
    )


def test_a_delegate_accepts_and_signs_on_their_days(drafting: Drafting) -> None:
    kim = colleague(drafting.world, "norrsken")
    drafting.world.actors["kim"] = kim
    drafting.propose()
    with pytest.raises(NotAllowed):
        drafting.accept("kim")
    name(drafting, kim)
    drafting.accept("kim")
    for who in ("dag", "signe", "vera"):
        drafting.accept(who)
    drafting.sign("kim")
    assert drafting.version.signatures.get().organisation == drafting.world.organisations["norrsken"]


@pytest.mark.parametrize(
    ("from_on", "until_on"),
    [(TODAY + timedelta(days=1), TODAY + timedelta(days=2)), (TODAY - timedelta(days=9), TODAY)],
)
def test_before_and_after_their_days_a_delegate_may_nothing(
    drafting: Drafting, clock: Any, from_on: date, until_on: date
) -> None:
    kim = colleague(drafting.world, "norrsken")
    name(drafting, kim, from_on=from_on, until_on=until_on)
    clock.shift(timedelta(days=0 if from_on > TODAY else 1))
    assert not can_act(kim, Act.ACCEPT, drafting.contract)


def test_a_delegate_may_only_what_they_are_named_for(drafting: Drafting) -> None:
    kim = colleague(drafting.world, "norrsken")
    name(drafting, kim, Delegate.May.COMMENT)
    assert can_act(kim, Act.COMMENT, drafting.contract)
    assert not can_act(kim, Act.ACCEPT, drafting.contract)
    assert not can_act(kim, Act.SIGN, drafting.contract)
    assert not can_act(kim, Act.EDIT_TERMS, drafting.contract)


def test_the_page_and_the_act_know_the_same_delegates(drafting: Drafting) -> None:
    kim = colleague(drafting.world, "norrsken")
    code = drafting.contract.code
    with pytest.raises(NotAllowed):
        get_contract_for(kim, code, Permission.ACCEPT_TERMS)
    delegate = name(drafting, kim)
    assert get_contract_for(kim, code, Permission.ACCEPT_TERMS) == drafting.contract
    end_delegate(actor=drafting.actor("ines"), contract=drafting.contract, delegate=delegate, at=AT)
    with pytest.raises(NotAllowed):
        get_contract_for(kim, code, Permission.ACCEPT_TERMS)


def test_a_delegation_of_one_contract_is_not_one_of_another(drafting: Drafting) -> None:
    kim = colleague(drafting.world, "norrsken")
    name(drafting, kim)
    assert not can_act(kim, Act.ACCEPT, drafting.world.contract)


def test_a_delegate_acts_for_the_organisation_that_named_them_only(drafting: Drafting) -> None:
    kim = colleague(drafting.world, "norrsken")
    name(drafting, kim)
    elsewhere = Membership.objects.create(
        user=kim.user, organisation=drafting.world.organisations["spranget"], duties=[Duty.READER]
    )
    assert not can_act(Actor(kim.user, elsewhere), Act.ACCEPT, drafting.contract)


def test_nobody_names_themselves_nor_strangers(drafting: Drafting) -> None:
    with pytest.raises(Refused, match="yourself"):
        name(drafting, drafting.actor("ines"))
    with pytest.raises(Refused, match="not a member of Norrsken"):
        name(drafting, drafting.actor("signe"))


@pytest.mark.parametrize("who", ["dag", "rut", "stina", "charlie"])
def test_only_case_officers_and_administrators_name_people(drafting: Drafting, who: str) -> None:
    kim = colleague(drafting.world, "nordviken")
    with pytest.raises(NotAllowed):
        name(drafting, kim, by=who)


def test_one_board_names_nobody_for_another(drafting: Drafting) -> None:
    """Or somebody who may not sign for the other board could name a colleague who does."""
    world = drafting.world
    membership = Membership.objects.get(user=world.users["anna"])
    membership.board = Board.objects.get(name="Socialnämnden")
    world.actors["anna"] = Actor(world.users["anna"], membership)
    with pytest.raises(NotAllowed, match="Utbildningsnämnden"):
        name(drafting, colleague(world, "nordviken"), by="anna")


def test_a_delegate_is_named_with_days_that_hold_together_and_once(drafting: Drafting) -> None:
    kim = colleague(drafting.world, "norrsken")
    with pytest.raises(Refused, match="before the first"):
        name(drafting, kim, from_on=TODAY, until_on=TODAY - timedelta(days=1))
    with pytest.raises(Refused, match="has passed"):
        name(drafting, kim, from_on=TODAY - timedelta(days=3), until_on=TODAY - timedelta(days=1))
    name(drafting, kim)
    with pytest.raises(Refused, match="already named"):
        name(drafting, kim)
    assert Notice.objects.get(user=kim.user).kind == "delegate_named"
    assert AuditEvent.objects.filter(event="contracts.name_delegate").count() == 1


def test_another_organisation_does_not_end_a_delegate(drafting: Drafting) -> None:
    delegate = name(drafting, colleague(drafting.world, "norrsken"))
    path = reverse("contracts:delegate_end", args=[drafting.contract.code, delegate.pk])
    assert browser(drafting.world, "signe").post(path).status_code == 404
    assert browser(drafting.world, "ines").post(path).status_code == 302
    delegate.refresh_from_db()
    assert delegate.ended_at is not None


def test_the_pages_of_delegates(drafting: Drafting) -> None:
    kim = colleague(drafting.world, "norrsken")
    code = drafting.contract.code
    ines = browser(drafting.world, "ines")
    path = reverse("contracts:delegate_add", args=[code])
    assert ines.get(path).status_code == 200
    assert ines.post(path, {}).status_code == 422
    days = {"from_on": TODAY.isoformat(), "until_on": TODAY.isoformat()}
    assert ines.post(path, {"user": kim.user.pk, "may": ["comment", "sign"], **days}).status_code == 302
    text = browser(drafting.world, "anna").get(reverse("contracts:delegates", args=[code])).content.decode()
    assert "Kim" in text
    assert "comment, sign" in text


# --- Groups and order ------------------------------------------------------------------------------------------------


def group(drafting: Drafting, by: str, *members: Actor, needed: int = 1, order: int = 1) -> SigningGroup:
    return save_signing_group(
        actor=drafting.actor(by),
        contract=drafting.contract,
        label=f"Grupp {order}",
        members=[member.user for member in members],
        needed=needed,
        order=order,
        at=AT,
    )


def test_n_of_m_must_sign_in_every_group_in_order(drafting: Drafting) -> None:
    world = drafting.world
    pair = [colleague(world, "norrsken"), drafting.actor("ines")]
    world.actors["kim"] = pair[0]
    name(drafting, pair[0])
    boss = Actor(
        (made := User.objects.create_user("bo@norrsken.example", name="Bo")),
        Membership.objects.create(user=made, organisation=world.organisations["norrsken"], duties=[Duty.CASE_OFFICER]),
    )
    world.actors["bo"] = boss
    group(drafting, "ines", *pair, needed=2, order=1)
    group(drafting, "ines", boss, order=2)
    drafting.propose()
    drafting.accept_all()
    with pytest.raises(Refused, match="not your turn"):
        drafting.sign("bo")
    drafting.sign("kim")
    with pytest.raises(Refused, match="already signed"):
        drafting.sign("kim")
    drafting.sign("ines")
    for who in ("dag", "signe", "vera"):
        assert drafting.sign(who).status == "accepted"
    assert drafting.sign("bo").status == "agreed"


def test_who_is_not_named_does_not_sign(drafting: Drafting) -> None:
    kim = colleague(drafting.world, "norrsken", Duty.CASE_OFFICER)
    group(drafting, "ines", kim)
    drafting.propose()
    drafting.accept_all()
    with pytest.raises(Refused, match="you are not among them"):
        drafting.sign("ines")


def test_the_payer_sets_which_organisation_signs_first(drafting: Drafting) -> None:
    organisations = drafting.world.organisations
    turns = {organisations["norrsken"]: 1, organisations["nordviken"]: 3, organisations["spranget"]: 2}
    with pytest.raises(NotAllowed):
        order_signing(actor=drafting.actor("ines"), contract=drafting.contract, turns=turns, at=AT)
    order_signing(actor=drafting.actor("anna"), contract=drafting.contract, turns=turns, at=AT)
    drafting.propose()
    drafting.accept_all()
    with pytest.raises(Refused, match="Before you sign: Norrsken Impact AB"):
        drafting.sign("dag")
    for who in ("ines", "vera", "signe", "dag"):
        version = drafting.sign(who)
    assert version.status == "agreed"


def test_the_plan_stands_still_once_somebody_has_signed(drafting: Drafting) -> None:
    made = group(drafting, "ines", drafting.actor("ines"))
    drafting.propose()
    drafting.accept_all()
    drafting.sign("signe")
    with pytest.raises(Refused, match="stands still"):
        group(drafting, "ines", drafting.actor("ines"), order=2)
    with pytest.raises(Refused, match="stands still"):
        end_signing_group(actor=drafting.actor("ines"), contract=drafting.contract, group=made, at=AT)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"needed": 2}, "2 cannot sign"),
        ({"order": 0}, "from 1 to"),
        ({"label": " "}, "name"),
        ({"members": []}, "one person"),
    ],
)
def test_a_group_that_could_never_sign_is_refused(drafting: Drafting, fault: dict[str, Any], reason: str) -> None:
    said: dict[str, Any] = {"label": "Styrelsen", "members": [drafting.world.users["ines"]], "needed": 1, "order": 1}
    with pytest.raises(Refused, match=reason):
        save_signing_group(actor=drafting.actor("ines"), contract=drafting.contract, at=AT, **(said | fault))


def test_a_changed_group_takes_the_old_ones_place(drafting: Drafting) -> None:
    made = group(drafting, "ines", drafting.actor("ines"))
    code = drafting.contract.code
    ines, path = browser(drafting.world, "ines"), reverse("contracts:signing_group_change", args=[code, made.pk])
    assert "Grupp 1" in ines.get(path).content.decode()
    sent = {"label": "Styrelsen", "members": [drafting.world.users["ines"].pk], "needed": 1, "order": 1}
    assert ines.post(path, sent).status_code == 302
    assert [seat.group.label for seat in signing_plan(drafting.contract, None).seats if seat.group] == ["Styrelsen"]
    assert ines.post(path, sent).status_code == 404, "the old group is gone"


def test_the_page_of_the_plan(drafting: Drafting) -> None:
    path = reverse("contracts:signing_plan", args=[drafting.contract.code])
    anna = browser(drafting.world, "anna")
    text = anna.get(path).content.decode()
    assert "Order between the organisations" in text
    assert "Order between the organisations" not in browser(drafting.world, "ines").get(path).content.decode()
    turns = {f"turn_{organisation.pk}": 1 for organisation in signing_organisations(drafting)}
    assert anna.post(path, turns).status_code == 302
    assert anna.post(path, turns | {next(iter(turns)): 0}).status_code == 422
    assert browser(drafting.world, "ines").post(path, turns).status_code == 403


def signing_organisations(drafting: Drafting) -> set[Any]:
    return {seat.organisation for seat in signing_plan(drafting.contract, None).seats}
