"""Norrköping – Team Nystart (2016–2021), recomputed from what is published.

The rule is RISE's wording. Nothing was signed, verified, ordered or paid here: the rows are rebuilt from public sources, and
what the sources leave open is said to be uncertain. The amount is computed, never shown as paid.
"""

import json
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from actors.models import Organisation, OrganisationKind, User
from actors.roles import Role
from contracts.models import Contract, ContractParty, ContractVersion, Design, Statement
from contracts.snapshot import agreement_document, document_hash
from contracts.states import ContractStatus, VersionStatus
from outcomes.models import ClaimPeriod, Observation, Verification
from outcomes.snapshot import frozen_hash
from outcomes.states import Decision, PeriodStatus

CODE = "UK-2016-01"
FOLDER = Path(__file__).with_name("norrkoping")
EVALUATED_ON = date(2021, 2, 28)

RISE = "RISE: sammanfattning av slutrapporten om det sociala utfallskontraktet i Norrköping"
INDIGO = "INDIGO Impact Bond Dataset, INDIGO-POJ-0077"
CENTER = "socialimpactcenter.se: resultaten från en unik social investering"
CENTER_URL = "https://socialimpactcenter.se/resultaten-fran-en-unik-social-investering/"
DANISH = "socialeinvesteringer.nu: Det sociala utfallskontraktet i Norrköping"
DANISH_URL = "https://socialeinvesteringer.nu/det-sociala-utfallskontraktet-i-norrkoping-bedre-stoette-til-anbragte-boern-og-unge/"

K = Statement.Kind
STATEMENTS: list[tuple[str, str, str, str, str]] = [
    (
        K.PUBLISHED,
        "Leksell Social Ventures finansierade insatsen med ett lån på högst 10 miljoner kronor.",
        "Leksell Social Ventures financed the intervention by a loan of at most SEK 10 million.",
        RISE,
        "",
    ),
    (
        K.PUBLISHED,
        "40 procent av kostnaden var garanterad om insatsen genomfördes enligt plan. Resten berodde på om socialtjänstens "
        "kostnader minskade jämfört med 61 barn som följts i två år från 2013.",
        "40 per cent of the cost was guaranteed if the intervention was carried out as planned. The rest depended on "
        "whether the social services' costs fell, compared with 61 children followed for two years from 2013.",
        RISE,
        "",
    ),
    (
        K.PUBLISHED,
        "Ingen direkt besparing kunde mätas inom de två åren. Skolresultaten och de sociala målen förbättrades, men gav "
        "ingen ersättning i sig.",
        "No direct saving could be measured within the two years. School results and the social aims improved, but paid "
        "nothing in themselves.",
        CENTER,
        CENTER_URL,
    ),
    (
        K.PUBLISHED,
        "Den högsta möjliga återbetalningen var 12 miljoner kronor.",
        "The highest possible repayment was SEK 12 million.",
        INDIGO,
        "",
    ),
    (
        K.COMPUTED,
        "Utan besparing är bara garantin att betala: 40 procent av 7,5 miljoner, alltså 3 miljoner kronor.",
        "Without a saving only the guarantee is payable: 40 per cent of 7.5 million, that is SEK 3 million.",
        "",
        "",
    ),
    (
        K.UNCERTAIN,
        "Hur mycket som lånades ut: 7,5 miljoner kronor enligt en enda källa. Taket var 10 miljoner.",
        "How much was lent: SEK 7.5 million according to a single source. The ceiling was 10 million.",
        DANISH,
        DANISH_URL,
    ),
    (
        K.UNCERTAIN,
        "Om garantin räknades på det utlånade beloppet (3 miljoner) eller på taket (4 miljoner).",
        "Whether the guarantee was counted on the amount lent (3 million) or on the ceiling (4 million).",
        "",
        "",
    ),
    (
        K.UNCERTAIN,
        "Hur besparingar upp till kostnaden skulle delas: 60 öre av varje sparad krona enligt RISE, hela det sparade beloppet "
        "enligt INDIGO. Utan besparing spelar skillnaden ingen roll.",
        "How savings up to the cost were to be shared: 60 öre of each krona saved according to RISE, the whole amount "
        "saved according to INDIGO. Without a saving the difference does not matter.",
        f"{RISE}; {INDIGO}",
        "",
    ),
    (
        K.UNCERTAIN,
        "Vad som faktiskt betalades är inte offentligt. Uppgiften om −3,5 miljoner efter tre år går att läsa på två sätt och "
        "används inte här.",
        "What was actually paid is not public. The figure of −3.5 million after three years can be read in two ways and is "
        "not used here.",
        DANISH,
        DANISH_URL,
    ),
]


def _organisation(name: str, kind: str, number: str | None) -> Organisation:
    return Organisation.objects.create(name=name, kind=kind, organisation_number=number)


def seed(readers: list[Organisation]) -> ClaimPeriod:
    """Write the contract, its terms and the published facts, and return its only claim period, verified.

    `readers` are the demo's organisations, which may read along.
    """
    kinds = OrganisationKind
    municipality = _organisation("Norrköpings kommun", kinds.MUNICIPALITY, "2120000456")
    investor = _organisation("Leksell Social Ventures AB", kinds.COMPANY, None)
    assessor = _organisation("Lumell Associates AB", kinds.COMPANY, None)
    association = _organisation("Sveriges Kommuner och Regioner", kinds.ASSOCIATION, "2220000315")
    contract = Contract.objects.create(
        code=CODE,
        name="Norrköping – Team Nystart",
        summary="Sveriges första sociala utfallskontrakt. Ett eget team stöttade barn och unga som var placerade på hem för "
        "vård eller boende, före, under och efter placeringen, och gav stöd i skolan.",
        target_population="60 barn och unga placerade på HVB eller SiS-institution",
        intervention="Samordning och stöd runt placeringen, och individuellt stöd i skolan",
        starts_on=date(2016, 8, 1),
        ends_on=EVALUATED_ON,
        committed_capital=Decimal("10000000.00"),
        drawn_capital=Decimal("7500000.00"),
        owner=municipality,
        open_to_support=True,
        computed_from_published_facts=True,
    )
    Design.objects.create(contract=contract)
    contract.readers.set(readers)
    for key, organisation, role in (
        ("kommunen", municipality, Role.OUTCOME_PAYER),
        ("team-nystart", municipality, Role.SERVICE_PROVIDER),
        ("investeraren", investor, Role.INVESTOR),
        ("intermediaren", association, Role.INTERMEDIARY),
        ("granskaren", assessor, Role.VERIFIER),
    ):
        ContractParty.objects.create(contract=contract, key=key, organisation=organisation, role=role)
    for ordinal, (kind, sv, en, source, url) in enumerate(STATEMENTS, start=1):
        Statement.objects.create(
            contract=contract, ordinal=ordinal, kind=kind, text_sv=sv, text_en=en, source=source, source_url=url
        )
    _write_terms(contract)
    contract.status = ContractStatus.CLOSED
    contract.save(update_fields=["status"])
    return _write_facts(contract, municipality, assessor)


def _write_terms(contract: Contract) -> None:
    """The terms as an agreed version. Nobody accepted them here, so there are no acceptances."""
    version = ContractVersion.objects.create(
        contract=contract,
        number=1,
        terms=json.loads((FOLDER / "terms.json").read_text(encoding="utf-8"), parse_float=str),
        effective_on=contract.starts_on,
        note="Återskapad ur publicerade uppgifter. Inte undertecknad här.",
    )
    version.document = agreement_document(version)
    version.document_hash = document_hash(version.document)
    version.status = VersionStatus.PROPOSED
    version.save()
    version.status = VersionStatus.AGREED
    version.agreed_at = _noon(date(2016, 7, 1))
    version.save(update_fields=["status", "agreed_at"])


def _write_facts(contract: Contract, reporter: Organisation, assessor: Organisation) -> ClaimPeriod:
    """The published outcome, case k: 7.5 million financed, no saving in two years, school results improved."""
    facts: dict[str, Any] = json.loads((FOLDER / "facts-k.json").read_text(encoding="utf-8"), parse_float=str)
    at = _noon(EVALUATED_ON)
    archivist = User.objects.create_user(
        "arkiv@example.org", None, name="Återskapat ur publicerade källor", is_invented=True, is_active=False
    )
    period = ClaimPeriod.objects.create(
        contract=contract,
        name=facts["measured"][0]["period"],
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        report_due_on=contract.ends_on,
    )
    for fact in facts["measured"]:
        observation = Observation.objects.create(
            claim_period=period,
            metric=fact["metric"],
            measurement_period=fact["period"],
            value=Decimal(str(int(fact["value"]) if isinstance(fact["value"], bool) else fact["value"])),
            reported_by=archivist,
            reported_for=reporter,
            reported_at=at,
        )
        Verification.objects.create(
            claim_period=period,
            observation=observation,
            decision=Decision.ACCEPT,
            value=observation.value,
            frozen_hash=frozen_hash(observation, Decision.ACCEPT, value=observation.value),
            verified_by=archivist,
            verified_for=assessor,
            verified_at=at,
        )
    period.status = PeriodStatus.VERIFIED
    period.reported_at = period.verified_at = at
    period.save()
    return period


def computed_at() -> datetime:
    """When the demo says the amount was computed: with the evaluation."""
    return _noon(EVALUATED_ON)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=ZoneInfo("Europe/Stockholm"))
