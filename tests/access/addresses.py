"""Every address of the product, found in the resolver, and real values to fill its blanks with."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from contracts.models import (
    Assumption,
    Benefit,
    ChainLink,
    Comment,
    Contract,
    ContractParty,
    ContractVersion,
    Delegate,
    Measure,
    PoliticalDecision,
    Scenario,
    SigningGroup,
    SimulationRun,
)
from contracts.queries.kolada import snapshots_of
from outcomes.models import Claim, ClaimPeriod, Evidence, ImportBatch, Observation, Participant
from payments.models import Calculation, PaymentOrder
from reports.models import ReportRun


@dataclass(frozen=True)
class Address:
    """One pattern of the resolver."""

    name: str
    blanks: frozenset[str]
    view: Callable[..., Any]

    @property
    def is_api(self) -> bool:
        return hasattr(self.view, "cls")


def addresses() -> list[Address]:
    """Every address there is. Each must have a name, or nobody could link to it."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, namespace: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, inner)
        elif isinstance(entry, URLPattern):
            assert entry.name, f"the address {entry.pattern} has no name"
            yield Address(f"{namespace}{entry.name}", frozenset(entry.pattern.regex.groupindex), entry.callback)


# One function per blank: all values that belong to a contract. A new blank needs a line here, or the walk fails.
def _values(contract: Contract) -> dict[str, list[str]]:
    def ids(rows: Any) -> list[str]:
        return [str(pk) for pk in rows.values_list("pk", flat=True)[:2]]

    periods = ClaimPeriod.objects.filter(contract=contract)
    return {
        "code": [contract.code],
        "period": [period.name for period in periods],
        "number": [str(n) for n in ContractVersion.objects.filter(contract=contract).values_list("number", flat=True)],
        "part": ["metrics", "terms"],
        "decision": ids(PoliticalDecision.objects.filter(contract=contract)),
        "annex": ["terms.json", "agreement.json"],
        "item": ["1"],
        "simulation": ids(SimulationRun.objects.filter(contract=contract)),
        "scenario": ids(Scenario.objects.filter(contract=contract)),
        "picture": ["betalningar", "netto"],
        "link": ids(ChainLink.objects.filter(contract=contract)),
        "measure": ids(Measure.objects.filter(contract=contract)),
        "figure": ["N33816"],
        "snapshot": ids(snapshots_of(contract)),
        "party": ids(ContractParty.objects.filter(contract=contract)),
        "payer": ["utbildningsnamnden"],
        "payee": ["investeraren"],
        "claim": ids(Claim.objects.filter(claim_period__contract=contract).order_by("event_on", "metric")),
        "participant": ids(Participant.objects.filter(contract=contract)),
        "observation": ids(Observation.objects.filter(claim_period__contract=contract)),
        "evidence": ids(Evidence.objects.filter(claim_period__contract=contract)),
        "batch": ids(ImportBatch.objects.filter(claim_period__contract=contract)),
        "calculation": ids(Calculation.objects.filter(contract=contract)),
        "pk": ids(PaymentOrder.objects.filter(calculation__contract=contract).order_by("-amount")),
        "meeting": ["2026-12-31"],
        "comment_id": ids(Comment.objects.filter(version__contract=contract)),
        "delegate": ids(Delegate.objects.filter(contract=contract)),
        "group": ids(SigningGroup.objects.filter(contract=contract)),
        "way": ["password"],
        "assumption": ids(Assumption.objects.filter(contract=contract)),
        "benefit": ids(Benefit.objects.filter(contract=contract)),
        "run": ids(ReportRun.objects.filter(contract=contract)),
    }


# Blanks of addresses outside contracts: what they are filled with, and why that is enough.
OUTSIDE = {
    "token": ["no-such-token"],
    "uidb64": ["MQ"],
    "membership": ["0"],
    "invitation": ["0"],
    "board": ["0"],
    "pk": ["0"],
    "slug": ["school-completion", "hvb_days", "skl_consultation", "need"],  # a thing of each kind on the shelf
    "number": ["1"],
}
# Where there are none.
NOBODY_KNOWS = dict.fromkeys(("evidence", "batch", "number", "party", "link", "measure", "decision", "snapshot"), "0")
NOBODY_KNOWS |= dict.fromkeys(("comment_id", "delegate", "group", "assumption", "benefit", "scenario"), "0")
NO_SUCH_ID = "00000000-0000-0000-0000-000000000000"


def filled(address: Address, contract: Contract) -> list[str]:
    """The address with real values of this contract in its blanks: every value of each blank once (at most two ids)."""
    values = contract.__dict__.setdefault("_values_of_the_walk", {})
    if not values:
        values.update(_values(contract))  # once, not for every address
    missing = address.blanks - values.keys() - OUTSIDE.keys()
    assert not missing, f"{address.name}: say in tests/access/addresses.py what <{'>, <'.join(missing)}> is filled with"
    blanks = sorted(address.blanks)
    known = values if "code" in address.blanks else OUTSIDE
    choices = [known.get(blank) or [NOBODY_KNOWS.get(blank, NO_SUCH_ID)] for blank in blanks]
    most = max(map(len, choices), default=1)
    chosen = [[found[min(row, len(found) - 1)] for found in choices] for row in range(most)]
    return [reverse(address.name, kwargs=dict(zip(blanks, row, strict=True))) for row in chosen]


def mentions(body: str, words: list[str]) -> list[str]:
    """Which of these words stand in the body as whole tokens."""
    return sorted(set(re.findall(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, words))})(?![A-Za-z0-9])", body)))
