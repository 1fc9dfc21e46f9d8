"""From what all have accepted to what all have signed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from actors.models import AuditEvent, Board, Membership, Notice
from actors.policies import Actor, NotAllowed, Refused
from contracts import actions
from contracts.models import Signature
from contracts.states import ContractStatus, VersionStatus
from tests.contracts.conftest import AT, SIGNATORIES, Drafting, browser, draft_in
from tests.contracts.test_terms import together
from tests.world import PASSWORD, TERMS, World, build_world


def ready(drafting: Drafting) -> Drafting:
    drafting.propose()
    drafting.accept_all()
    return drafting


def sign(drafting: Drafting, name: str, **more: Any) -> Any:
    said: dict[str, Any] = {
        "document_hash": drafting.version.document_hash,
        "intent": "Jag undertecknar.",
        "method": "test",
        "evidence": {},
        "proved_at": AT,
        "at": AT,
    }
    return actions.sign(actor=drafting.actor(name), contract=drafting.contract, **(said | more))


# --- The act ---------------------------------------------------------------------------------------------------------


def test_the_last_signature_agrees(drafting: Drafting) -> None:
    ready(drafting)
    for name in SIGNATORIES[:-1]:
        assert drafting.sign(name).status == VersionStatus.ACCEPTED
        assert drafting.contract.status == ContractStatus.PROPOSED
    version = drafting.sign(SIGNATORIES[-1])
    version.refresh_from_db()
    assert (drafting.contract.status, version.status, version.agreed_at) == ("agreed", "agreed", AT)
    assert version.signatures.count() == 4
    assert AuditEvent.objects.filter(event="contracts.sign", contract_code=drafting.contract.code).count() == 4
    assert AuditEvent.objects.filter(event="contracts.agree", contract_code=drafting.contract.code).count() == 1


def test_a_signature_holds_what_was_meant_and_how_it_was_proved(drafting: Drafting) -> None:
    ready(drafting)
    evidence = {"issuer": "https://id.example", "subject_hash": "a" * 64}
    sign(drafting, "dag", intent="Jag menar det.", method="oidc", evidence=evidence)
    signature = Signature.objects.get(version=drafting.version)
    assert (signature.intent, signature.method, signature.evidence) == ("Jag menar det.", "oidc", evidence)
    assert signature.document_hash == drafting.version.document_hash
    with pytest.raises(DatabaseError), transaction.atomic():
        Signature.objects.filter(pk=signature.pk).update(intent="Något annat")


def test_nothing_is_signed_before_all_have_accepted(drafting: Drafting) -> None:
    with pytest.raises(Refused, match="No version"):
        sign(drafting, "dag")
    drafting.propose()
    drafting.accept("dag")
    with pytest.raises(Refused, match="they have not yet"):
        sign(drafting, "dag")


def test_an_outdated_hash_is_refused_and_says_what_changed(drafting: Drafting) -> None:
    ready(drafting)
    seen = drafting.version.document_hash
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="För lågt pris", at=AT)
    terms = TERMS | {
        "terms": [TERMS["terms"][0] | {"price": {"kind": "unit", "amount": "14000.00"}}, TERMS["terms"][1]]
    }
    actions.edit_terms(actor=drafting.actor("anna"), contract=drafting.contract, terms=terms, at=AT)
    ready(drafting)
    with pytest.raises(Refused) as refusal:
        sign(drafting, "dag", document_hash=seen)
    text = " ".join(refusal.value.reasons)
    assert "You read version 1. What is to be signed is version 2." in text
    assert "Outcome payments: t1" in text
    assert "Outcome payments: t2" not in text
    assert not drafting.version.signatures.exists()


@pytest.mark.parametrize("seen", ["", "0" * 64])
def test_an_unknown_hash_is_refused(drafting: Drafting, seen: str) -> None:
    ready(drafting)
    with pytest.raises(Refused, match="Read the agreement again"):
        sign(drafting, "dag", document_hash=seen)


@pytest.mark.parametrize("shift", [timedelta(minutes=-5, seconds=-1), timedelta(seconds=1)])
def test_a_proof_is_fresh(drafting: Drafting, shift: timedelta) -> None:
    ready(drafting)
    with pytest.raises(Refused, match="more than 5 minutes ago"):
        sign(drafting, "dag", proved_at=AT + shift)


@pytest.mark.parametrize("name", ["anna", "rut", "alva", "stina", "charlie"])
def test_nobody_signs_without_the_duty(drafting: Drafting, name: str) -> None:
    ready(drafting)
    with pytest.raises(NotAllowed):
        sign(drafting, name)


def test_one_board_does_not_sign_for_another(drafting: Drafting) -> None:
    ready(drafting)
    membership = Membership.objects.get(user=drafting.world.users["dag"])
    membership.board = Board.objects.get(name="Socialnämnden")
    with pytest.raises(NotAllowed, match="Utbildningsnämnden"):
        actions.sign(
            actor=Actor(drafting.world.users["dag"], membership),
            contract=drafting.contract,
            document_hash=drafting.version.document_hash,
            intent="Jag undertecknar.",
            method="test",
            evidence={},
            proved_at=AT,
            at=AT,
        )


def test_a_person_signs_once_and_an_organisation_as_often_as_it_must(drafting: Drafting) -> None:
    ready(drafting)
    drafting.sign("dag")
    with pytest.raises(Refused, match="already signed"):
        drafting.sign("dag")


def test_what_is_accepted_is_still_returned_and_nothing_of_it_counts_again(drafting: Drafting) -> None:
    ready(drafting)
    drafting.sign("dag")
    actions.return_proposal(actor=drafting.actor("vera"), contract=drafting.contract, reason="Vänta", at=AT)
    assert (drafting.refresh().status, drafting.version.number) == (ContractStatus.DRAFT, 2)
    drafting.propose()
    assert not drafting.version.acceptances.exists()
    assert not drafting.version.signatures.exists()
    drafting.accept_all()
    assert drafting.sign_all().status == VersionStatus.AGREED


def test_ending_a_contract_withdraws_an_amendment_that_waits_for_signatures(drafting: Drafting) -> None:
    contract, anna = drafting.activate(), drafting.actor("anna")
    actions.amend(actor=anna, contract=contract, effective_on=TERMS_CHANGE, at=AT)
    ready(drafting)
    actions.close(actor=anna, contract=contract, at=AT)
    assert contract.versions.get(number=2).status == VersionStatus.WITHDRAWN


TERMS_CHANGE = AT.date() + timedelta(days=200)


def test_the_parties_are_told_of_each_step(drafting: Drafting) -> None:
    drafting.agree()
    ines = Notice.objects.filter(user=drafting.world.users["ines"], contract_code=drafting.contract.code)
    told = sorted(notice.kind for notice in ines)
    assert told == ["accepted", "accepted", "agreed", "all_accepted", "proposed", "signed", "signed"]
    assert not Notice.objects.filter(user=drafting.world.users["charlie"]).exists()


def test_the_last_two_signing_at_once_agree_exactly_once(own_database: str) -> None:
    drafting = ready(draft_in(build_world()))
    for name in SIGNATORIES[:2]:
        drafting.sign(name)
    results = together(lambda: sign(drafting, "ines"), lambda: sign(drafting, "vera"))
    assert not [result for result in results if isinstance(result, Exception)]
    assert drafting.refresh().status == ContractStatus.AGREED
    assert drafting.contract.status_changes.filter(act="agree").count() == 1


def test_the_same_person_signing_twice_at_once_signs_once(own_database: str) -> None:
    drafting = ready(draft_in(build_world()))
    results = together(lambda: sign(drafting, "dag"), lambda: sign(drafting, "dag"))
    assert [type(result) for result in results if isinstance(result, Exception)] == [Refused]


# --- The pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def clean_cache() -> None:
    cache.clear()


def url(name: str, drafting: Drafting, *more: object) -> str:
    return reverse(f"contracts:{name}", args=[drafting.contract.code, *more])


def hidden(text: str) -> dict[str, str]:
    import html

    found = re.findall(r'<input type="hidden" name="(document_hash|intent)" value="([^"]*)"', text)
    return {name: html.unescape(value) for name, value in found}


def prove(client: Client, drafting: Drafting, password: str = PASSWORD) -> Any:
    asked = client.post(url("sign_identify", drafting, "password"))
    assert asked.headers["Location"] == url("sign_password", drafting)
    return client.post(asked.headers["Location"], {"password": password})


@pytest.mark.parametrize("language", ["sv", "en"])
def test_all_sign_on_the_page_after_showing_who_they_are(drafting: Drafting, language: str) -> None:
    ready(drafting)
    path = url("contract_sign", drafting)
    for name in SIGNATORIES:
        client = browser(drafting.world, name, language)
        assert hidden(client.get(path).content.decode()) == {}, "no button before the proof"
        assert prove(client, drafting).headers["Location"] == path
        shown = hidden(client.get(path).content.decode())
        assert client.post(path, shown).status_code == 302, name
    assert drafting.refresh().status == ContractStatus.AGREED
    signature = Signature.objects.filter(version__contract=drafting.contract, user__name="Ines").get()
    begins = "Jag undertecknar avtalet" if language == "sv" else "I sign the contract"
    assert signature.intent.startswith(f"{begins} {drafting.contract.code}")
    assert "Norrsken Impact AB" in signature.intent
    assert signature.method == "password"


def test_without_a_proof_nothing_is_signed(drafting: Drafting) -> None:
    ready(drafting)
    client, path = browser(drafting.world, "dag"), url("contract_sign", drafting)
    sent = {"document_hash": drafting.version.document_hash, "intent": "Jag undertecknar"}
    response = client.post(path, sent)
    assert response.status_code == 409
    assert "Show who you are first" in response.content.decode()
    prove(client, drafting)
    assert client.post(path, sent).status_code == 409, "another sentence than the one that was shown"
    assert not drafting.version.signatures.exists()


def test_a_wrong_password_proves_nothing_and_locks_at_last(drafting: Drafting, clean_cache: None) -> None:
    ready(drafting)
    client = browser(drafting.world, "dag")
    for _attempt in range(5):
        response = prove(client, drafting, "fel lösenord")
        assert response.status_code in {422, 429}
    response = prove(client, drafting)
    assert response.status_code in {422, 429}, "the right one is not tried either while the account is locked"
    assert hidden(client.get(url("contract_sign", drafting)).content.decode()) == {}


def test_a_proof_is_for_one_hash_and_one_use(drafting: Drafting, clock: Any) -> None:
    clock.move_to(AT)
    ready(drafting)
    client, path = browser(drafting.world, "dag"), url("contract_sign", drafting)
    prove(client, drafting)
    assert hidden(client.get(path).content.decode())
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="Nej", at=AT)
    ready(drafting)
    assert hidden(client.get(path).content.decode()) == {}
    prove(client, drafting)
    clock.shift(timedelta(minutes=5, seconds=1))
    assert hidden(client.get(path).content.decode()) == {}


def test_an_old_page_is_refused_and_says_what_changed(drafting: Drafting) -> None:
    ready(drafting)
    client, path = browser(drafting.world, "dag"), url("contract_sign", drafting)
    prove(client, drafting)
    shown = hidden(client.get(path).content.decode())
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="Nej", at=AT)
    ready(drafting)
    response = client.post(path, shown)
    assert response.status_code == 409
    assert "You read version 1. What is to be signed is version 2." in response.content.decode()


def test_the_page_tells_everybody_else_who_is_awaited(drafting: Drafting) -> None:
    ready(drafting)
    drafting.sign("dag")
    text = browser(drafting.world, "anna").get(url("contract_sign", drafting)).content.decode()
    assert "Awaited now" in text
    assert "Only a person who signs for a party may sign the agreement." in text
    assert drafting.version.document_hash in text


def test_signing_waits_on_the_start_page(world: World) -> None:
    drafting = ready(draft_in(world))
    assert "Sign the agreement" in browser(world, "ines").get("/start/").content.decode()
    drafting.sign("ines")
    assert "Sign the agreement" not in browser(world, "ines").get("/start/").content.decode()
