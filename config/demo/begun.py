"""Nordviken – unga i arbete: an invented contract that is being designed, begun from a template of the shelf.

It stands where many stand: text, measures and assumptions are there, one party is asked, one simulation is drawn, and
much is left to do.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import translation

from actors.models import Board, Organisation
from actors.policies import Actor
from actors.roles import Role
from contracts.actions import add_party
from contracts.actions.adopt import draft_from_template
from contracts.actions.simulating import simulate_now
from contracts.models import Contract
from library.models import ContractTemplate
from library.states import ShelfStatus

CODE = "UK-2027-01"
TEMPLATE = "young-adults-work"
AT = datetime(2026, 11, 9, 10, 0, tzinfo=ZoneInfo("Europe/Stockholm"))
SEED = 20261109


def seed(actors: dict[str, Actor], organisations: dict[str, Organisation], boards: list[Board]) -> Contract:
    """Begin the contract by the same acts as people use. The shelf is there already."""
    official = actors["official"]
    template = ContractTemplate.objects.get(key=TEMPLATE, status=ShelfStatus.PUBLISHED)
    with translation.override("sv"):
        contract = draft_from_template(
            actor=official,
            template=template,
            name="Nordviken – Unga i arbete",
            starts_on=date(2027, 7, 1),
            ends_on=date(2030, 6, 30),
            at=AT,
        )
        Contract.objects.filter(pk=contract.pk).update(is_invented=True)
        for organisation, board, role in (
            (organisations["nordviken"], boards[1], Role.OUTCOME_PAYER),
            (organisations["mitt"], None, Role.INTERMEDIARY),
        ):
            add_party(actor=official, contract=contract, organisation=organisation, board=board, role=role, at=AT)
        simulate_now(actor=official, contract=contract, seed=SEED, at=AT, draws=20_000)
    return contract
