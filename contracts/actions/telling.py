"""Telling those who negotiate for the parties what has happened with the terms."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from actors.mail import tell
from actors.models import User
from actors.policies import Actor
from contracts.models import ContractVersion, Delegate
from contracts.queries.negotiation import negotiators


def tell_parties(
    kind: str,
    *,
    actor: Actor,
    version: ContractVersion,
    at: datetime,
    page: str = "negotiation",
    about: str = "",
    users: Iterable[User] | None = None,
    **data: str | int,
) -> None:
    """Tell everybody who negotiates for a party, but not whoever did it. `about` tells two of a kind apart."""
    contract = version.contract
    people = negotiators(contract) if users is None else users
    tell(
        users=[user for user in people if user != actor.user],
        kind=kind,
        contract_code=contract.code,
        path=reverse(f"contracts:{page}", args=[contract.code]),
        data={
            "contract": contract.name,
            "number": version.number,
            "who": actor.user.name,
            "organisation": str(actor.organisation or ""),
            **data,
        },
        key=":".join(filter(None, (kind, contract.code, str(version.number), about))),
        at=at,
    )


def tell_delegate(delegate: Delegate, *, actor: Actor, at: datetime) -> None:
    """Tell a person that they may act for their organisation, and between which days."""
    contract = delegate.contract
    tell(
        users=[delegate.user],
        kind="delegate_named",
        contract_code=contract.code,
        path=reverse("contracts:negotiation", args=[contract.code]),
        data={
            "contract": contract.name,
            "who": actor.user.name,
            "organisation": str(delegate.organisation),
            "from_on": delegate.from_on.isoformat(),
            "until_on": delegate.until_on.isoformat(),
        },
        key=f"delegate_named:{delegate.pk}",
        at=at,
    )
