"""What a settlement statement says: one view of a calculation for page, paper and program. It holds no pseudonym."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from reports.queries.workings import Working


@dataclass(frozen=True)
class Party:
    role: str
    name: str
    organisation_number: str


@dataclass(frozen=True)
class Counted:
    """How many claims on a metric were decided on, and how."""

    metric: str
    reported: int
    accepted: int
    adjusted: int
    rejected: int


@dataclass(frozen=True)
class Measured:
    """One measured value: as reported, and as verified."""

    metric: str
    cohort: str
    period: str
    reported: Decimal
    verified: Decimal | None
    decision: str


@dataclass(frozen=True)
class Verifier:
    name: str
    organisation: str
    decisions: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Share:
    """What one payer owes of a line."""

    payer: str
    payee: str
    entitled: Decimal
    granted_before: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Line:
    """One term in one measurement period, with its working; two workings where two versions of the terms applied."""

    number: int
    kind: str
    kind_label: str
    term: str
    period: str
    cohort: str
    workings: tuple[Working, ...]
    shares: tuple[Share, ...]
    entitled: Decimal
    granted_before: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Cap:
    """A cap that took something, and how much it has taken to date."""

    name: str
    at_most: str
    taken: Decimal


@dataclass(frozen=True)
class PayerTotal:
    payer: str
    entitled: Decimal
    granted_before: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Attested:
    act: str
    name: str
    at: datetime


@dataclass(frozen=True)
class Order:
    payer: str
    payee: str
    amount: Decimal
    due_on: date
    reference: str
    status: str
    attested: tuple[Attested, ...]
    paid_on: date | None
    ledger_references: tuple[str, ...]


@dataclass(frozen=True)
class AgreedVersion:
    number: int
    effective_on: date
    document_hash: str


@dataclass(frozen=True)
class Statement:
    """The settlement of one claim period."""

    contract_code: str
    contract_name: str
    is_invented: bool
    is_only_computed: bool
    period: str
    starts_on: date
    ends_on: date
    as_of: datetime
    facts_as_of: date
    currency: str
    reported_at: datetime | None
    reported_by: str
    verified_at: datetime | None
    verified_by: str
    parties: tuple[Party, ...]
    counted: tuple[Counted, ...]
    counted_again: tuple[Counted, ...]
    measured: tuple[Measured, ...]
    verifiers: tuple[Verifier, ...]
    lines: tuple[Line, ...]
    caps: tuple[Cap, ...]
    payers: tuple[PayerTotal, ...]
    entitled_to_date: Decimal
    granted_before: Decimal
    due_now: Decimal
    orders: tuple[Order, ...] | None
    calculation: str
    computed_at: datetime
    rulebook_version: str
    inputs_hash: str
    result_hash: str
    versions: tuple[AgreedVersion, ...]

    @property
    def new_lines(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind == "new")

    @property
    def corrections(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind != "new")
