"""The negotiation: turns, comments that follow the text, and who is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors.mail import words_of
from actors.models import AuditEvent, Notice
from actors.policies import NotAllowed, Refused
from contracts import actions
from contracts.actions.negotiating import comment, resolve_comment
from contracts.models import Comment
from contracts.queries import versions_with_acceptances
from contracts.queries.negotiation import talk_about
from tests.contracts.conftest import AT, Drafting, browser
from tests.contracts.test_redline import changed
from tests.world import World


def url(name: str, drafting: Drafting, *more: object) -> str:
    return reverse(f"contracts:{name}", args=[drafting.contract.code, *more])


def show(drafting: Drafting, who: str, name: str = "negotiation") -> str:
    response = browser(drafting.world, who).get(url(name, drafting))
    assert response.status_code == 200
    return response.content.decode()


def say(
    drafting: Drafting, who: str, text: str = "Priset är för lågt.", clause: str = "terms/t1", **more: Any
) -> Comment:
    return comment(actor=drafting.actor(who), contract=drafting.contract, text=text, clause=clause, at=AT, **more)


def new_version(drafting: Drafting, **terms: Any) -> None:
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="Nej", at=AT)
    document = changed(**terms)
    if not terms:
        document["terms"][0]["price"]["amount"] = "14000.00"
    actions.edit_terms(actor=drafting.actor("anna"), contract=drafting.contract, terms=document, at=AT)


def talks(drafting: Drafting) -> dict[str, Any]:
    versions = versions_with_acceptances(drafting.contract)
    return {talk.place: talk for talk in talk_about(drafting.contract, drafting.version, versions, "en")}


# --- Turns -----------------------------------------------------------------------------------------------------------


def test_the_page_says_whose_turn_it_is(drafting: Drafting) -> None:
    assert "the outcome payer's turn" in show(drafting, "signe")
    drafting.propose()
    drafting.accept("dag")
    text = show(drafting, "anna")
    assert "It is the turn of these: " in text
    assert "Föreningen Språnget" in text
    for name in ("signe", "ines", "vera"):
        drafting.accept(name)
    assert "accepted by all and is being signed" in show(drafting, "anna")
    drafting.sign_all()
    assert "Nothing is being negotiated" in show(drafting, "anna")


def test_a_proposal_has_a_day_to_answer_by(drafting: Drafting) -> None:
    day = AT.date() + timedelta(days=14)
    anna = browser(drafting.world, "anna")
    gone = anna.post(url("contract_propose", drafting), {"answer_by": "2020-01-01"})
    assert gone.status_code == 409
    assert "2020-01-01, which has passed" in gone.content.decode()
    actions.propose(actor=drafting.actor("anna"), contract=drafting.contract, answer_by=day, at=AT)
    assert drafting.version.answer_by == day
    told = Notice.objects.get(user=drafting.world.users["ines"], kind="proposed")
    assert day.isoformat() in words_of(told)[1]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_notice_has_words_in_both_languages(drafting: Drafting, language: str) -> None:
    from django.utils import translation

    drafting.propose()
    say(drafting, "ines")
    drafting.accept("dag")
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="Nej", at=AT)
    drafting.agree()
    kinds = set()
    with translation.override(language):
        for notice in Notice.objects.all():
            subject, text = words_of(notice)
            kinds.add(notice.kind)
            assert drafting.contract.name in subject + text
            assert ("villkoren" if language == "sv" else "terms") in text
    assert kinds == {"proposed", "comment", "accepted", "returned", "all_accepted", "signed", "agreed"}


# --- Comments --------------------------------------------------------------------------------------------------------


def test_a_comment_quotes_the_clause_and_is_told(drafting: Drafting) -> None:
    drafting.propose()
    said = say(drafting, "ines")
    assert "12,000.00" in said.quoted
    assert said.organisation == drafting.world.organisations["norrsken"]
    assert "12,000.00" not in str(AuditEvent.objects.get(event="contracts.comment").data)
    told = set(Notice.objects.filter(kind="comment").values_list("user__name", flat=True))
    assert {"Anna", "Dag", "Signe", "Vera"} == told


def test_a_comment_is_answered_and_settled(drafting: Drafting) -> None:
    drafting.propose()
    said = say(drafting, "ines")
    answer = say(drafting, "anna", "Vi höjer det.", "", reply_to=said)
    assert (answer.reply_to, answer.clause) == (said, "terms/t1")
    say(drafting, "ines", "Tack.", "", reply_to=answer)
    thread = talks(drafting)["terms/t1"].open[0]
    assert [reply.text for reply in thread.replies] == ["Vi höjer det.", "Tack."]
    resolve_comment(actor=drafting.actor("ines"), contract=drafting.contract, comment=said, at=AT)
    assert not talks(drafting)["terms/t1"].open
    assert len(talks(drafting)["terms/t1"].resolved) == 1
    with pytest.raises(Refused, match="already settled"):
        resolve_comment(actor=drafting.actor("anna"), contract=drafting.contract, comment=said, at=AT)


@pytest.mark.parametrize("who", ["rut", "alva", "stina", "charlie"])
def test_only_those_who_negotiate_comment(drafting: Drafting, who: str) -> None:
    with pytest.raises(NotAllowed):
        say(drafting, who)


def test_a_clause_that_is_not_there_is_not_commented_on(drafting: Drafting) -> None:
    with pytest.raises(Refused, match="no longer in the text"):
        say(drafting, "ines", clause="terms/t9")
    with pytest.raises(Refused, match="Write what"):
        say(drafting, "ines", " ")


def test_comments_follow_the_text_and_say_that_it_changed(drafting: Drafting) -> None:
    drafting.propose()
    say(drafting, "ines")
    say(drafting, "ines", "Bra.", "terms/t2")
    new_version(drafting)
    now = talks(drafting)
    assert now["terms/t1"].open[0].is_changed
    assert not now["terms/t2"].open[0].is_changed
    text = show(drafting, "signe")
    assert "The clause has changed since" in text
    assert "on version 1" in text


def test_a_comment_on_a_clause_that_is_gone_is_not_lost(drafting: Drafting) -> None:
    drafting.propose()
    say(drafting, "ines", "Behövs den?", "terms/t2")
    new_version(drafting, terms=changed()["terms"][:1])
    assert "Behövs den?" in show(drafting, "anna")
    assert talks(drafting)["terms/t2"].clause is None


def test_a_new_round_begins_after_an_agreement(drafting: Drafting) -> None:
    drafting.propose()
    say(drafting, "ines")
    drafting.accept_all()
    drafting.sign_all()
    drafting.contract = actions.start(actor=drafting.actor("anna"), contract=drafting.contract, at=AT)
    with pytest.raises(Refused, match="No version of the terms is being negotiated"):
        say(drafting, "ines")
    actions.amend(
        actor=drafting.actor("anna"), contract=drafting.contract, effective_on=AT.date() + timedelta(days=90), at=AT
    )
    assert not talks(drafting)["terms/t1"].open


def test_what_the_parties_say_is_not_shown_to_others(world: World, drafting: Drafting) -> None:
    drafting.contract.open_to_support = True
    drafting.contract.save()
    drafting.propose()
    say(drafting, "ines", "Hemligt bud")
    assert "Hemligt bud" in show(drafting, "rut"), "whoever reads for a party reads it"
    assert "Hemligt bud" not in show(drafting, "stina")


def test_the_forms_of_the_page(drafting: Drafting) -> None:
    drafting.propose()
    ines = browser(drafting.world, "ines")
    response = ines.post(url("comment_add", drafting), {"clause": "terms/t1", "text": "Höj priset"})
    assert response.headers["Location"] == url("negotiation", drafting) + "#c-terms-t1"
    said = Comment.objects.get()
    assert ines.post(url("comment_answer", drafting, said.pk), {"text": "Ja"}).status_code == 302
    assert ines.post(url("comment_resolve", drafting, said.pk)).status_code == 302
    assert ines.post(url("comment_add", drafting), {"clause": "", "text": ""}).status_code == 422
    refused = ines.post(url("comment_add", drafting), {"clause": "terms/t9", "text": "Vilken?"})
    assert refused.status_code == 409
    assert "Vilken?" in refused.content.decode(), "what was written is kept"
    number = ines.post(url("comment_add", drafting), {"clause": "", "text": "Gäller 19121212-1212"})
    assert number.status_code == 422
    assert "19121212" not in number.content.decode()


def test_a_comment_of_another_contract_is_not_found(world: World, drafting: Drafting) -> None:
    drafting.propose()
    said = say(drafting, "ines")
    path = reverse("contracts:comment_resolve", args=[world.contract.code, said.pk])
    assert browser(world, "ines").post(path).status_code == 404


def test_the_page_asks_as_much_with_many_comments(drafting: Drafting) -> None:
    drafting.propose()
    client, path = browser(drafting.world, "ines"), url("negotiation", drafting)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    said = say(drafting, "ines")
    say(drafting, "anna", "Svar", "", reply_to=said)
    few = asked()
    for number in range(6):
        said = say(drafting, "signe", f"Kommentar {number}", "terms/t2")
        say(drafting, "vera", "Svar", "", reply_to=said)
    assert asked() == few <= 15


@pytest.mark.parametrize("name", ["contract_sign", "signing_plan", "delegates", "redline", "contract_accept"])
def test_the_other_pages_ask_little(drafting: Drafting, name: str) -> None:
    drafting.propose()
    new_version(drafting)
    drafting.propose()
    if name != "contract_accept":
        drafting.accept_all()
    client = browser(drafting.world, "dag")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url(name, drafting)).status_code == 200
    assert len(queries) <= 15
