"""Nordviken – Fullföljd skolgång: an invented contract in full swing, brought about by the acts that people use.

Three quarters are verified, settled and attested, the fourth is reported and waits for the verifier, and the fifth is open.
"""

import csv
import io
import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db.models import F

from actors.models import Board, Notice, Organisation
from actors.policies import Actor
from actors.roles import Role
from config.demo.people import PERSONS_PER_COHORT, Event, events, persons
from contracts.actions import accept, add_party, draft_contract, edit_contract, propose, sign, start
from contracts.models import Contract, Statement
from outcomes.actions import (
    Enrolment,
    add_evidence,
    confirm_import,
    decide_claims,
    decide_observation,
    enrol,
    open_period,
    report_period,
    revise_decision,
    start_import,
    verify_period,
)
from outcomes.models import Claim, ClaimPeriod
from outcomes.states import Decision, ReasonCode
from payments.actions import compute, confirm_paid, decide, order_payment, review
from payments.models import Calculation

CODE = "UK-2025-01"
FOLDER = Path(__file__).with_name("nordviken")
SETTLED = [date(2025, 10, 1), date(2026, 1, 1), date(2026, 4, 1)]  # the first days of the settled quarters
REPORTED = date(2026, 7, 1)
OPEN = date(2026, 10, 1)
ENROLLED_BY = [date(2025, 12, 31), date(2026, 6, 30), date(2026, 10, 12)]
WELL_BEING = {  # invented means of the pupils' answers, by quarter and cohort
    "2025-Q4": {"ht25": "3.6"},
    "2026-Q1": {"ht25": "3.7", "vt26": "3.6"},
    "2026-Q2": {"ht25": "3.9", "vt26": "3.7"},
    "2026-Q3": {"ht25": "3.9", "vt26": "3.8", "ht26": "3.6"},
}
PARTIES: list[tuple[str, str, Role, int | None]] = [
    # key in the terms, organisation, role, which of the boards
    ("utbildningsnamnden", "nordviken", Role.OUTCOME_PAYER, 0),
    ("socialnamnden", "nordviken", Role.OUTCOME_PAYER, 1),
    ("investeraren", "norrsken", Role.INVESTOR, None),
    ("utforaren", "spranget", Role.SERVICE_PROVIDER, None),
    ("intermediaren", "mitt", Role.INTERMEDIARY, None),
    ("granskaren", "mitt", Role.VERIFIER, None),
]
SIGNATORIES = ("decider", "investor", "provider", "intermediary")


def seed(actors: dict[str, Actor], organisations: dict[str, Organisation], boards: list[Board]) -> None:
    """Write the whole contract, from draft to the open quarter."""
    contract = _agree(actors, organisations, boards)
    for last_day in ENROLLED_BY:
        _enrol(contract, last_day, actors["provider"])
    contract.cohorts.update(size=PERSONS_PER_COHORT)  # what was planned, which the outcomes are held against
    for first_day in SETTLED:
        period = _report(contract, first_day, actors)
        _verify(period, actors["intermediary"])
        _settle(period, actors)
    _report(contract, REPORTED, actors)
    open_period(actor=actors["official"], contract=contract, day=OPEN, at=_at(OPEN))


def _agree(actors: dict[str, Actor], organisations: dict[str, Organisation], boards: list[Board]) -> Contract:
    drafted = _at(date(2025, 8, 11))
    official = actors["official"]
    contract = draft_contract(
        actor=official,
        code=CODE,
        name="Nordviken – Fullföljd skolgång",
        summary="Elever med hög frånvaro får en egen mentor från Föreningen Språnget. Kommunen betalar bara för närvaro, "
        "betyg och behörighet som uppnås.",
        target_population="120 elever i årskurs 7–9 med mer än 20 procents frånvaro föregående termin",
        intervention="Mentor, individuell studieplan och stöd till familjen i högst 24 månader",
        starts_on=date(2025, 10, 1),
        ends_on=date(2028, 9, 30),
        terms=json.loads((FOLDER / "terms.json").read_text(encoding="utf-8"), parse_float=str),
        at=drafted,
    )
    edit_contract(
        actor=official,
        contract=contract,
        changes={
            "open_to_support": True,
            "committed_capital": Decimal("3000000.00"),
            "drawn_capital": Decimal("1800000.00"),
        },
        at=drafted,
    )
    for key, organisation, role, board in PARTIES:
        add_party(
            actor=official,
            contract=contract,
            organisation=organisations[organisation],
            board=None if board is None else boards[board],
            role=role,
            key=key,
            at=drafted,
        )
    _label_as_invented(contract)
    version = propose(actor=official, contract=contract, at=_at(date(2025, 8, 25)))
    for days, name in enumerate(SIGNATORIES):
        accept(
            actor=actors[name],
            contract=contract,
            document_hash=version.document_hash,
            at=_at(date(2025, 9, 1) + timedelta(days=days)),
        )
    for days, name in enumerate(SIGNATORIES):
        signed = _at(date(2025, 9, 8) + timedelta(days=days))
        sign(
            actor=actors[name],
            contract=contract,
            document_hash=version.document_hash,
            intent=f"Jag undertecknar avtalet {CODE}, version {version.number}, för {actors[name].organisation}.",
            method="demo",
            evidence={},
            proved_at=signed,
            at=signed,
        )
    # What people were told then was read then: nobody gets a letter about it today.
    Notice.objects.filter(contract_code=CODE).update(read_at=F("at"), sent_at=F("at"))
    return start(actor=official, contract=contract, at=_at(date(2025, 10, 1)))


def _label_as_invented(contract: Contract) -> None:
    Contract.objects.filter(pk=contract.pk).update(is_invented=True)
    Statement.objects.create(
        contract=contract,
        ordinal=1,
        kind=Statement.Kind.INVENTED,
        text_sv="Kommunen, parterna, deltagarna och alla belopp är påhittade. De visar hur ett avtal sköts, inte vad en insats "
        "ger.",
        text_en="The municipality, the parties, the participants and all amounts are invented. They show how a contract is "
        "run, not what an intervention achieves.",
    )


def _enrol(contract: Contract, last_day: date, provider: Actor) -> None:
    """The provider enrols those who began since the last time."""
    known = set(contract.participants.values_list("pseudonym", flat=True))
    new = [p for p in persons() if p.enrolled_on <= last_day and p.pseudonym not in known]
    people = [Enrolment(p.pseudonym, p.cohort, p.enrolled_on) for p in new]
    enrol(actor=provider, contract=contract, people=people, at=_at(last_day))


def _report(contract: Contract, first_day: date, actors: dict[str, Actor]) -> ClaimPeriod:
    """The provider imports the quarter's claims and values, adds evidence and reports the period."""
    provider = actors["provider"]
    period = open_period(actor=actors["official"], contract=contract, day=first_day, at=_at(first_day))
    imported = _at(period.ends_on + timedelta(days=9))
    happened = [event for event in events() if period.starts_on <= event.on <= period.ends_on]
    for name, content in (
        (f"ansprak-{period.name}.csv", claims_csv(happened)),
        (f"matvarden-{period.name}.csv", _values_csv(period.name)),
    ):
        batch = start_import(
            actor=provider, claim_period=period, file_name=name, content=content.encode("utf-8-sig"), at=imported
        )
        confirm_import(actor=provider, batch=batch, at=imported + timedelta(minutes=5))
    add_evidence(
        actor=provider,
        claim_period=period,
        file_name=f"narvaro-{period.name}.txt",
        content=f"Påhittat utdrag ur närvarosystemet för {period.name}, till demon.\n".encode(),
        description="Utdrag ur närvarosystemet",
        metric="att3",
        at=imported,
    )
    return report_period(actor=provider, claim_period=period, at=imported + timedelta(minutes=20))


def claims_csv(happened: Iterable[Event]) -> str:
    """Claims as a provider's spreadsheet has them: Swedish headers and semicolons."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Pseudonym", "Kohort", "Inskriven", "Mått", "Händelsedatum", "Antal"])
    for event in happened:
        person = event.person
        writer.writerow([person.pseudonym, person.cohort, person.enrolled_on, event.metric, event.on, 1])
    return text.getvalue()


def _values_csv(quarter: str) -> str:
    rows = [f"well;{cohort};{quarter};{value.replace('.', ',')}" for cohort, value in WELL_BEING[quarter].items()]
    return "\r\n".join(["Mått;Kohort;Mätperiod;Värde", *rows, ""])


def _verify(period: ClaimPeriod, verifier: Actor) -> None:
    """Most claims are accepted; every fifteenth lacks evidence, every twentieth has its date mended."""
    at = _at(period.ends_on + timedelta(days=18))
    # Ordered by what was reported, not by key: keys are drawn anew, and every demo shall show the same amounts.
    claims = list(Claim.objects.filter(claim_period=period).order_by("event_on", "participant__pseudonym", "metric"))
    lacking = [claim for number, claim in enumerate(claims, start=1) if number % 15 == 0]
    mended = [claim for number, claim in enumerate(claims, start=1) if number % 20 == 7 and claim not in lacking]
    rest = [claim.pk for claim in claims if claim not in lacking and claim not in mended]
    decide_claims(actor=verifier, claim_period=period, claims=rest, decision=Decision.ACCEPT, at=at)
    for claim in mended:
        decide_claims(
            actor=verifier,
            claim_period=period,
            claims=[claim.pk],
            decision=Decision.ADJUST,
            event_on=max(claim.event_on - timedelta(days=3), period.starts_on, claim.participant.enrolled_on),
            reason_code=ReasonCode.WRONG_DATE,
            reason="Datumet i underlaget är ett annat än i rapporten.",
            at=at,
        )
    decide_claims(
        actor=verifier,
        claim_period=period,
        claims=[claim.pk for claim in lacking],
        decision=Decision.REJECT,
        reason_code=ReasonCode.NO_EVIDENCE,
        reason="Närvaroutdraget saknas.",
        at=at,
    )
    for observation in period.observations.all():
        decide_observation(
            actor=verifier, claim_period=period, observation=observation.pk, decision=Decision.ACCEPT, at=at
        )
    if period.starts_on == SETTLED[-1]:
        _take_back_an_earlier_decision(period, verifier, at)
    verify_period(actor=verifier, claim_period=period, at=at + timedelta(hours=2))


def _take_back_an_earlier_decision(period: ClaimPeriod, verifier: Actor, at: datetime) -> None:
    """A course grade of an earlier quarter turned out to be another pupil's: the settlement shows a correction."""
    earlier = Claim.objects.filter(
        claim_period__contract=period.contract,
        claim_period__starts_on=SETTLED[1],
        metric="course",
        verifications__decision=Decision.ACCEPT,
    ).earliest("event_on", "participant__pseudonym")
    revise_decision(
        actor=verifier,
        claim_period=period,
        subject=earlier,
        decision=Decision.REJECT,
        reason_code=ReasonCode.NOT_REACHED,
        reason="Betyget gällde en annan elev, enligt skolans rättelse.",
        at=at,
    )


def _settle(period: ClaimPeriod, actors: dict[str, Actor]) -> None:
    """Compute, order for both boards, review, decide and confirm as paid, by those who may."""
    verified = _at(period.ends_on + timedelta(days=18))
    calculation = compute(period.pk, at=verified + timedelta(hours=3))
    if calculation is None:
        raise RuntimeError(f"the demo's {period} could not be computed: see payments.CalculationFailure")
    for payer in sorted({line.payer for line in calculation.lines.select_related("payer")}, key=lambda p: p.key):
        _pay(calculation, payer.key, verified.date(), actors)


def _pay(calculation: Calculation, payer_key: str, verified_on: date, actors: dict[str, Actor]) -> None:
    due_on = verified_on + timedelta(days=30)
    order = order_payment(
        actor=actors["official"],
        calculation=calculation,
        payer=calculation.contract.parties.get(key=payer_key),
        due_on=due_on,
        reference=f"{CODE} {calculation.claim_period.name}",
        at=_at(verified_on + timedelta(days=1)),
    )
    review(actor=actors["reviewer"], order=order, at=_at(verified_on + timedelta(days=3)))
    decide(actor=actors["decider"], order=order, at=_at(verified_on + timedelta(days=5)))
    confirm_paid(
        actor=actors["official"],
        order=order,
        paid_on=due_on,
        reference=f"Utbetalning {calculation.claim_period.name}",
        at=_at(due_on + timedelta(days=1)),
    )


def _at(day: date) -> datetime:
    """Nine in the morning in Sweden."""
    return datetime.combine(day, time(9), tzinfo=ZoneInfo("Europe/Stockholm"))
