"""A draft of the official report (tjänsteskrivelse) before a political decision: what is known is filled in from the
design, the calculation and the latest simulation; what only people can say is marked to be filled in.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import cast

from django.utils.translation import gettext as _

from actors.policies import Actor
from actors.roles import Permission, Role
from contracts.models import Contract, Design, SimulationRun
from contracts.queries import get_contract_for
from contracts.queries.calculation import Budget, Calculation, calculation_of
from contracts.queries.register import Entry
from contracts.queries.simulated import distribution_of
from contracts.queries.simulation import runs_of
from library.states import UNSURE
from reports.definitions.agreement import field_rows
from reports.definitions.agreement_data import Row
from reports.queries.workings import Language, cap_words
from reports.render import Attached
from rulebook import Terms
from rulebook.sentences import term_sentence
from rulebook.wording import spoken

TEMPLATE = "reports/decision_proposal_print.html"
STYLESHEET = "css/paper.css"
AUDITED: tuple[str, ...] = ()


@dataclass(frozen=True)
class Params:
    """Which contract, in which language."""

    contract: str
    language: str = "sv"


@dataclass(frozen=True)
class BudgetLine:
    """What one budget gains and pays over the horizon, worth today, in whole kronor."""

    label: str
    gains: Decimal
    costs: Decimal
    payments: Decimal
    net: Decimal
    pays: bool
    break_even: Decimal | None


@dataclass(frozen=True)
class Risk:
    """What the latest stored simulation says."""

    drawn_at: datetime
    draws: int
    seed: int
    version: int
    is_other_version: bool
    low: Decimal
    median: Decimal
    high: Decimal
    chance_of_nothing: Decimal
    limits: tuple[tuple[str, Decimal], ...]
    minus: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class Assumed:
    """A number that the calculation rests on."""

    label: str
    unit: str
    unit_label: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    certainty: str
    is_unsure: bool
    source: str


@dataclass(frozen=True)
class Proposal:
    """The whole draft."""

    contract_code: str
    contract_name: str
    is_invented: bool
    as_of: datetime
    starts_on: date
    ends_on: date
    version: int | None
    currency: str
    payers: tuple[str, ...]
    parties: tuple[tuple[str, str], ...]
    background: tuple[Row, ...]
    target_group: tuple[Row, ...]
    intervention: str
    paid_for: tuple[str, ...]
    caps: tuple[tuple[str, str], ...]
    horizon: int
    discount: Decimal
    index: Decimal
    budgets: tuple[BudgetLine, ...]
    together: Decimal | None
    savings_return: str
    missing: tuple[str, ...]
    risk: Risk | None
    assumptions: tuple[Assumed, ...]

    @property
    def unsure(self) -> int:
        return sum(1 for each in self.assumptions if each.is_unsure)


def title(params: Params) -> str:
    return _("Draft of an official report, %(contract)s") % {"contract": params.contract}


def file_stem(params: Params) -> tuple[str, ...]:
    return _("official-report"), params.contract


def attached(data: Proposal) -> list[Attached] | None:
    """Its data, and nothing else."""
    return None


def build(actor: Actor | None, params: Params, as_of: datetime) -> Proposal:
    """The draft as of now."""
    if actor is not None:
        return build_for(get_contract_for(actor, params.contract, Permission.VIEW_DESIGN), params, as_of)
    contract = Contract.objects.prefetch_related("parties__organisation", "parties__board").get(code=params.contract)
    return build_for(contract, params, as_of)


def build_for(contract: Contract, params: Params, as_of: datetime) -> Proposal:
    """The same, for a contract that `get_contract_for` has given with VIEW_DESIGN."""
    language = cast(Language, params.language)
    found = calculation_of(contract)
    design = contract.design
    order = list(Role.values)
    parties = sorted(contract.parties.all(), key=lambda party: (order.index(party.role), party.key))
    names = {party.key: str(party) for party in parties}
    terms = found.asked.terms
    return Proposal(
        contract_code=contract.code,
        contract_name=contract.name,
        is_invented=contract.is_invented,
        as_of=as_of,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        version=found.asked.version.number if found.asked.version else None,
        currency=found.currency,
        payers=tuple(str(party) for party in parties if party.role == Role.OUTCOME_PAYER),
        parties=tuple((party.role_label, str(party)) for party in parties),
        background=field_rows(design, ("need", "today", "evidence")),
        target_group=_target_group(contract, design),
        intervention=contract.intervention,
        paid_for=_paid_for(terms, names, language),
        caps=_caps(terms, language),
        horizon=found.horizon,
        discount=found.discount_percent,
        index=found.index_percent,
        budgets=tuple(_budget(each, found) for each in found.budgets),
        together=_whole(found.whole(found.horizon)) if found.budgets else None,
        savings_return=design.savings_return,
        missing=tuple(each.text for each in found.missing),
        risk=_risk(contract, found),
        assumptions=tuple(_assumed(entry) for entry in found.used),
    )


def _target_group(contract: Contract, design: Design) -> tuple[Row, ...]:
    rows = field_rows(contract, ("target_population",))
    return (*rows, *field_rows(design, ("inclusion", "exclusion", "expected_participants")))


def _paid_for(terms: Terms | None, names: dict[str, str], language: Language) -> tuple[str, ...]:
    """What is paid for, in the sentences of the terms."""
    if terms is None:
        return ()
    voice = spoken(terms, language, names)
    return tuple(term_sentence(term, voice) for term in terms.terms)


def _caps(terms: Terms | None, language: Language) -> tuple[tuple[str, str], ...]:
    if terms is None:
        return ()
    return tuple(cap_words(terms, name, language) for name in terms.limit_by_name)


def _whole(amount: Fraction) -> Decimal:
    return Decimal(round(amount))


def _budget(budget: Budget, found: Calculation) -> BudgetLine:
    account, years = budget.account, found.horizon
    even = budget.break_even
    return BudgetLine(
        label=budget.label,
        gains=_whole(account.present(account.gains, years)),
        costs=_whole(account.present(account.costs, years)),
        payments=_whole(account.present(account.payments, years)),
        net=_whole(account.net_within(years)),
        pays=budget.pays,
        break_even=_share(even.share) if even and even.answer == "from" else None,
    )


def _share(share: Fraction | None) -> Decimal | None:
    return None if share is None else Decimal(round(share * 1000)) / 1000


def _risk(contract: Contract, found: Calculation) -> Risk | None:
    """The newest distribution that is done, as it was stored."""
    done = runs_of(contract).filter(kind=SimulationRun.Kind.DISTRIBUTION, status=SimulationRun.Status.DONE)
    run = done.first()
    if run is None:
        return None
    shown = distribution_of(run)
    number = found.asked.version.number if found.asked.version else None
    return Risk(
        drawn_at=run.requested_at,
        draws=run.draws,
        seed=run.seed,
        version=run.version_number,
        is_other_version=run.version_number != number,
        low=shown.total.low,
        median=shown.total.median,
        high=shown.total.high,
        chance_of_nothing=shown.total.nothing,
        limits=tuple((row.label, row.chance) for row in shown.limits),
        minus=tuple((row.label, row.minus) for row in shown.budgets),
    )


def _assumed(entry: Entry) -> Assumed:
    return Assumed(
        label=entry.label,
        unit=entry.unit,
        unit_label=entry.unit_label,
        value=entry.value,
        low=entry.low,
        high=entry.high,
        certainty=str(entry.certainty.label),
        is_unsure=entry.certainty in UNSURE,
        source=entry.revision.source or entry.revision.source_url,
    )
