"""What an agreement says, as plain data: the same for page, paper and program."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Row:
    """A label with its text."""

    label: str
    text: str


@dataclass(frozen=True)
class Party:
    """Who is in the contract, as what, and what it answers for when personal data are handled."""

    key: str
    role: str
    name: str
    organisation_number: str
    data_role: str = ""


@dataclass(frozen=True)
class Clause:
    """One clause, word for word as the rulebook gives it."""

    number: str
    heading: str
    text: str


@dataclass(frozen=True)
class Link:
    """One of the six links of the effect chain, with what is said in it."""

    name: str
    statements: tuple[Row, ...]


@dataclass(frozen=True)
class Measure:
    """A measure with its definition, and how its baseline is found."""

    name: str
    use: str
    definition: tuple[Row, ...]
    baseline: tuple[Row, ...]


@dataclass(frozen=True)
class Assumption:
    """A number that is not a fact, with where it comes from and how sure it is."""

    key: str
    label: str
    unit: str
    unit_label: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    source: str
    certainty: str
    is_unsure: bool
    owner: str
    stated_on: date


@dataclass(frozen=True)
class Acceptance:
    """An organisation that accepted the text, and by whom."""

    organisation: str
    name: str
    at: datetime
    document_hash: str


@dataclass(frozen=True)
class Signature:
    """A person who signed for an organisation: what they declared, and how they proved who they are."""

    organisation: str
    name: str
    group: str
    at: datetime
    proved_at: datetime
    method: str
    intent: str
    document_hash: str
    evidence: tuple[Row, ...]


@dataclass(frozen=True)
class PoliticalDecision:
    """A decision of a board or council, as its minutes record it."""

    organisation: str
    body: str
    decided_on: date
    registry_number: str
    paragraph: str
    outcome: str


@dataclass(frozen=True)
class Seal:
    """What the file is sealed with."""

    subject: str
    fingerprint: str
    is_test: bool


@dataclass(frozen=True)
class Annex:
    """A file inside the PDF."""

    name: str
    description: str


@dataclass(frozen=True)
class Agreement:
    """The whole document. `document` is what was hashed; everything else is said from it and from who signed."""

    contract_code: str
    contract_name: str
    is_invented: bool
    is_only_computed: bool
    version: int
    status: str
    mark: str
    is_final: bool
    effective_on: date
    starts_on: date
    ends_on: date
    as_of: datetime
    agreed_at: datetime | None
    parties: tuple[Party, ...]
    successions: tuple[Row, ...]
    background: tuple[Row, ...]
    target_group: tuple[Row, ...]
    chain: tuple[Link, ...]
    clauses: tuple[Clause, ...]
    problems: tuple[str, ...]
    measures: tuple[Measure, ...]
    assumptions: tuple[Assumption, ...]
    schedule: tuple[Row, ...]
    acceptances: tuple[Acceptance, ...]
    signatures: tuple[Signature, ...]
    decisions: tuple[PoliticalDecision, ...]
    seal: Seal | None
    annexes: tuple[Annex, ...]
    document: dict[str, Any]
    document_hash: str
    check_address: str

    @property
    def is_agreed(self) -> bool:
        return self.agreed_at is not None

    @property
    def has_data_roles(self) -> bool:
        return any(party.data_role for party in self.parties)
