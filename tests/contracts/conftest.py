"""A draft to work on, beside the running contract of the named world."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from actors.policies import Actor
from actors.roles import Role
from contracts import actions
from contracts.models import Contract, ContractVersion
from contracts.queries import open_version
from tests.world import NOW, TERMS, World, build_world

AT = NOW + timedelta(minutes=1)
SIGNATORIES = ("dag", "signe", "ines", "vera")  # one of each organisation that is a party


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@dataclass
class Drafting:
    """A new contract in the hands of Anna, with the same parties and terms as the running one."""

    world: World
    contract: Contract

    @property
    def version(self) -> ContractVersion:
        version = open_version(self.contract)
        assert version is not None
        return version

    def actor(self, name: str) -> Actor:
        return self.world.actors[name]

    def refresh(self) -> Contract:
        self.contract = Contract.objects.get(pk=self.contract.pk)
        return self.contract

    def propose(self) -> ContractVersion:
        version = actions.propose(actor=self.actor("anna"), contract=self.refresh(), at=AT)
        self.refresh()
        return version

    def accept(self, name: str, *, at: datetime = AT) -> ContractVersion:
        version = actions.accept(
            actor=self.actor(name), contract=self.refresh(), document_hash=self.version.document_hash, at=at
        )
        self.refresh()
        return version

    def accept_all(self) -> ContractVersion:
        for name in SIGNATORIES:
            version = self.accept(name)
        return version

    def sign(self, name: str, *, at: datetime = AT) -> ContractVersion:
        version = actions.sign(
            actor=self.actor(name),
            contract=self.refresh(),
            document_hash=self.version.document_hash,
            intent="Jag undertecknar avtalet.",
            method="test",
            evidence={},
            proved_at=at,
            at=at,
        )
        self.refresh()
        return version

    def sign_all(self) -> ContractVersion:
        for name in SIGNATORIES:
            version = self.sign(name)
        return version

    def agree(self) -> ContractVersion:
        self.propose()
        self.accept_all()
        return self.sign_all()

    def activate(self) -> Contract:
        self.agree()
        self.contract = actions.start(actor=self.actor("anna"), contract=self.contract, at=AT)
        return self.contract


def draft_in(world: World, **terms: Any) -> Drafting:
    anna = world.actors["anna"]
    contract = actions.draft_contract(
        actor=anna, name="Fler i arbete", starts_on=date(2026, 7, 1), ends_on=date(2028, 6, 30), at=NOW
    )
    for key, party in world.parties.items():
        actions.add_party(
            actor=anna,
            contract=contract,
            organisation=party.organisation,
            board=party.board,
            role=Role(party.role),
            key=key,
            at=NOW,
        )
    problems = actions.edit_terms(actor=anna, contract=contract, terms=TERMS | terms, at=NOW)
    assert problems == []
    return Drafting(world, contract)


@pytest.fixture
def drafting(world: World) -> Drafting:
    return draft_in(world)


def browser(world: World, name: str, language: str = "en") -> Client:
    """A browser in which this person is logged in."""
    client = Client()
    client.force_login(world.users[name], backend=settings.AUTHENTICATION_BACKENDS[-1])
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client
