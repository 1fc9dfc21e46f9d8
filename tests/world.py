"""The named world of the tests: who pays, delivers, invests and verifies in Nordviken, and Charlie, who is outside.

`build_world()` writes it straight to the database, without the actions under test: an active contract with a small
rate card, agreed by all parties, one open claim period and two participants.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from actors.models import Board, Membership, Organisation, OrganisationKind, User
from actors.policies import Actor
from actors.roles import Duty, Role
from contracts.models import Acceptance, Contract, ContractParty, ContractVersion, Design, Signature
from contracts.snapshot import agreement_document, document_hash
from contracts.states import ContractStatus, VersionStatus
from outcomes.models import ClaimPeriod, Cohort, Participant

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=ZoneInfo("Europe/Stockholm"))
PASSWORD = "a-long-test-password"

TERMS: dict[str, Any] = {
    "currency": "SEK",
    "rounding": {"unit": "0.01", "mode": "half_up"},
    "life": {"from": "2026-07-01", "to": "2028-06-30"},
    "periods": "quarter",
    "cohorts": [{"id": "ht26", "enrols": ["2026-07-01", "2026-12-31"], "sv": "Hösten 2026", "en": "Autumn 2026"}],
    "metrics": [
        {
            "id": "att3",
            "level": "person",
            "role": "payment",
            "unit": "claim",
            "once": True,
            "sv": "Närvaro minst 80 % i tre månader",
            "en": "Attendance of at least 80 % for three months",
        },
        {
            "id": "att6",
            "level": "person",
            "role": "payment",
            "unit": "claim",
            "once": True,
            "after": "att3",
            "sv": "Närvaro minst 80 % i sex månader",
            "en": "Attendance of at least 80 % for six months",
        },
        {
            "id": "well",
            "level": "cohort",
            "role": "guard",
            "unit": "score",
            "missing": "last_known",
            "sv": "Elevernas mående",
            "en": "The pupils' well-being",
        },
    ],
    "terms": [
        {"id": "t1", "measure": {"kind": "count", "metric": "att3"}, "price": {"kind": "unit", "amount": "12000.00"}},
        {"id": "t2", "measure": {"kind": "count", "metric": "att6"}, "price": {"kind": "unit", "amount": "18000.00"}},
    ],
    "limits": [{"scope": "person", "at_most": "25000.00"}, {"scope": "contract", "at_most": "3000000.00"}],
    "legs": [
        {"payer": "utbildningsnamnden", "payee": "investeraren", "share": "0.60"},
        {"payer": "socialnamnden", "payee": "investeraren", "share": "0.40"},
    ],
}


@dataclass
class World:
    """Everybody by name; `actors["anna"]` is what the actions take, `users["anna"]` is who logs in."""

    contract: Contract
    version: ContractVersion
    period: ClaimPeriod
    cohort: Cohort
    participants: list[Participant]
    organisations: dict[str, Organisation] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    parties: dict[str, ContractParty] = field(default_factory=dict)


PEOPLE: dict[str, tuple[str, str, list[Duty]]] = {
    # name: (organisation, e-mail, duties)
    "anna": ("nordviken", "anna@nordviken.example", [Duty.CASE_OFFICER]),
    "rut": ("nordviken", "rut@nordviken.example", [Duty.REVIEWER]),
    "dag": ("nordviken", "dag@nordviken.example", [Duty.DECIDER]),
    "alva": ("nordviken", "alva@nordviken.example", [Duty.ADMINISTRATOR]),
    "signe": ("spranget", "signe@spranget.example", [Duty.CASE_OFFICER]),
    "ines": ("norrsken", "ines@norrsken.example", [Duty.CASE_OFFICER]),
    "vera": ("mitt", "vera@mitt.example", [Duty.CASE_OFFICER]),
    "stina": ("stodet", "stina@stodet.example", [Duty.CASE_OFFICER]),
    "charlie": ("utanfor", "charlie@utanfor.example", [Duty.CASE_OFFICER, Duty.REVIEWER, Duty.DECIDER]),
}


def _organisations() -> dict[str, Organisation]:
    kinds = OrganisationKind
    rows = {
        "nordviken": ("Nordvikens kommun", kinds.MUNICIPALITY, "2120999905", False),
        "spranget": ("Föreningen Språnget", kinds.ASSOCIATION, "8099999909", False),
        "norrsken": ("Norrsken Impact AB", kinds.COMPANY, "5599999900", False),
        "mitt": ("Region Mitt", kinds.REGION, "2321999902", False),
        "stodet": ("Nationella stödet", kinds.STATE_AGENCY, "2021999905", True),
        "utanfor": ("Utanförs kommun", kinds.MUNICIPALITY, "2120999913", False),
    }
    return {
        key: Organisation.objects.create(
            name=name, kind=kind, organisation_number=number, is_national_support=support, is_invented=True
        )
        for key, (name, kind, number, support) in rows.items()
    }


def build_world() -> World:
    """Write the world and return it by name."""
    organisations = _organisations()
    users: dict[str, User] = {}
    actors: dict[str, Actor] = {}
    for name, (organisation, email, duties) in PEOPLE.items():
        users[name] = User.objects.create_user(email, PASSWORD, name=name.title(), is_invented=True)
        membership = Membership.objects.create(
            user=users[name], organisation=organisations[organisation], duties=list(duties)
        )
        actors[name] = Actor(users[name], membership)
    boards = {
        name: Board.objects.create(organisation=organisations["nordviken"], name=name)
        for name in ("Utbildningsnämnden", "Socialnämnden")
    }
    contract = Contract.objects.create(
        code="UK-2026-01",
        name="Fullföljd skolgång",
        starts_on=date(2026, 7, 1),
        ends_on=date(2028, 6, 30),
        owner=organisations["nordviken"],
        open_to_support=True,
        is_invented=True,
    )
    Design.objects.create(contract=contract)
    rows = {
        "utbildningsnamnden": ("nordviken", "Utbildningsnämnden", Role.OUTCOME_PAYER),
        "socialnamnden": ("nordviken", "Socialnämnden", Role.OUTCOME_PAYER),
        "investeraren": ("norrsken", None, Role.INVESTOR),
        "utforaren": ("spranget", None, Role.SERVICE_PROVIDER),
        "intermediaren": ("mitt", None, Role.INTERMEDIARY),
        "granskaren": ("mitt", None, Role.VERIFIER),
    }
    parties = {
        key: ContractParty.objects.create(
            contract=contract,
            key=key,
            organisation=organisations[organisation],
            board=boards[board] if board else None,
            role=role,
        )
        for key, (organisation, board, role) in rows.items()
    }
    version = ContractVersion.objects.create(contract=contract, number=1, terms=TERMS, effective_on=contract.starts_on)
    _agree(contract, version, organisations, users)
    cohort = Cohort.objects.create(contract=contract, key="ht26", name_sv="Hösten 2026", name_en="Autumn 2026", size=40)
    participants = [
        Participant.objects.create(
            contract=contract,
            cohort=cohort,
            provider=organisations["spranget"],
            pseudonym=pseudonym,
            enrolled_on=date(2026, 8, 20),
        )
        for pseudonym in ("p7f3", "p8a1")
    ]
    period = ClaimPeriod.objects.create(
        contract=contract,
        name="2026-Q4",
        starts_on=date(2026, 10, 1),
        ends_on=date(2026, 12, 31),
        report_due_on=date(2027, 1, 31),
    )
    return World(contract, version, period, cohort, participants, organisations, users, actors, parties)


def _agree(
    contract: Contract, version: ContractVersion, organisations: dict[str, Organisation], users: dict[str, User]
) -> None:
    version.document = agreement_document(version)
    version.document_hash = document_hash(version.document)
    version.status = VersionStatus.PROPOSED
    version.proposed_at = NOW
    version.save()
    signatories = {PEOPLE[name][0]: users[name] for name in ("dag", "signe", "ines", "vera")}
    seal = {"version": version, "document_hash": version.document_hash, "at": NOW}
    for key, user in signatories.items():
        Acceptance.objects.create(organisation=organisations[key], user=user, **seal)
    version.status, version.accepted_at = VersionStatus.ACCEPTED, NOW
    version.save(update_fields=["status", "accepted_at"])
    for key, user in signatories.items():
        Signature.objects.create(
            organisation=organisations[key],
            user=user,
            intent="Jag undertecknar avtalet.",
            method="test",
            proved_at=NOW,
            **seal,
        )
    version.status, version.agreed_at = VersionStatus.AGREED, NOW
    version.save(update_fields=["status", "agreed_at"])
    contract.status = ContractStatus.ACTIVE
    contract.save(update_fields=["status"])
