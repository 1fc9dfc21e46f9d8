"""The ledger as it is read: entries with their postings, and the balance of every account."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, QuerySet, Sum

from contracts.models import Contract, ContractParty
from payments.models import Account, LedgerEntry, Posting


@dataclass(frozen=True)
class Balance:
    """What stands on one party's account in one currency."""

    party: ContractParty
    account: str
    account_label: str
    currency: str
    amount: Decimal


def entries_of(contract: Contract) -> QuerySet[LedgerEntry]:
    """The contract's ledger in the order it was written."""
    return (
        LedgerEntry.objects.filter(contract=contract)
        .select_related("order__calculation__claim_period", "user")
        .defer("order__calculation__inputs", "order__calculation__entitlement")
        .prefetch_related(Prefetch("postings", queryset=Posting.objects.order_by("pk")))
        .order_by("at", "pk")
    )


def balances_of(contract: Contract) -> list[Balance]:
    """The balance of every account, summed over all postings; together they are zero."""
    parties = {party.pk: party for party in contract.parties.all()}
    rows = (
        Posting.objects.filter(entry__contract=contract)
        .values("account", "party", "currency")
        .annotate(balance=Sum("amount"))
        .order_by("account", "party")
    )
    return [
        Balance(
            parties[row["party"]],
            row["account"],
            str(Account(row["account"]).label),
            row["currency"],
            row["balance"],
        )
        for row in rows
    ]
