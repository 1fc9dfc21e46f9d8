"""Who takes a party's place by an amendment, and everybody who answers to it."""

from collections.abc import Iterable
from copy import copy

from django.db.models import prefetch_related_objects

from contracts.models import Contract, ContractParty, ContractVersion, Succession
from contracts.policies import delegations_of, incoming, successors_of


def successions_of(version: ContractVersion | None) -> dict[int, Succession]:
    """The successions of a version, by the party that is replaced. One query."""
    if version is None:
        return {}
    return {row.party_id: row for row in version.successions.select_related("organisation", "board", "version")}


def negotiating_parties(contract: Contract) -> list[ContractParty]:
    """The parties, and those who would become parties by what is proposed now, with their organisations at hand."""
    arriving = incoming(contract)
    prefetch_related_objects(arriving, "organisation", "board")
    return [*contract.parties.all(), *arriving]


def parties_after(parties: Iterable[ContractParty], successions: dict[int, Succession]) -> list[ContractParty]:
    """The parties as they would become, not stored."""
    return [succeeded(party, successions[party.pk]) if party.pk in successions else party for party in parties]


def succeeded(party: ContractParty, succession: Succession) -> ContractParty:
    """The party with its successor in it, not stored."""
    after = copy(party)
    after._state = copy(party._state)
    after._state.fields_cache = dict(party._state.fields_cache)
    after.organisation, after.board = succession.organisation, succession.board
    return after


def bring_along(contract: Contract) -> None:
    """Ask once what the policies read of many people: delegates, and who would become a party. Two queries."""
    contract.delegations = delegations_of(contract)  # type: ignore[attr-defined]
    contract.successors = successors_of(contract)  # type: ignore[attr-defined]
