"""What every way to show who one is gives and takes, and where a proof is kept until it is used.

A proof is given for one person and one hash, and lasts for five minutes. It is kept in the person's session, never in
an address. What it holds as evidence goes into the signature: never a personal identity number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.http import HttpRequest, HttpResponseBase
from django.utils.dateparse import parse_datetime

from actors.policies import Refused
from contracts.actions.signing import PROOF_LASTS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_PROOF_KEY = "signing_proof"


class NotProved(Refused):
    """The person did not show who they are; the reasons say why and what to do."""


@dataclass(frozen=True)
class Purpose:
    """What the proof is for: this person, this contract, this hash and nothing else."""

    user_pk: int
    email: str
    contract_code: str
    document_hash: str


@dataclass(frozen=True)
class Proof:
    """Who gave it is known from the purpose; how, with what evidence, and when."""

    method: str
    evidence: Mapping[str, Any]
    proved_at: datetime


class Identification(Protocol):
    """A way to show who one is.

    `key` names it in addresses and in the signature's method; `label` is what its button says. `start` sends the
    person away (to a provider, or to a page of ours) and may remember things in the session; `finish` reads what came
    back and returns the proof, or raises NotProved.
    """

    @property
    def key(self) -> str: ...

    @property
    def label(self) -> "StrOrPromise": ...

    def start(self, request: HttpRequest, purpose: Purpose, at: datetime) -> HttpResponseBase: ...

    def finish(self, request: HttpRequest, purpose: Purpose, at: datetime) -> Proof: ...


def keep(request: HttpRequest, purpose: Purpose, proof: Proof) -> None:
    """Keep the proof in the session until it is used or too old."""
    request.session[_PROOF_KEY] = {
        "user": purpose.user_pk,
        "hash": purpose.document_hash,
        "method": proof.method,
        "evidence": dict(proof.evidence),
        "proved_at": proof.proved_at.isoformat(),
    }


def kept(request: HttpRequest, purpose: Purpose, at: datetime) -> Proof | None:
    """The proof that was given for exactly this purpose, if it still lasts."""
    stored = request.session.get(_PROOF_KEY)
    if not stored or (stored["user"], stored["hash"]) != (purpose.user_pk, purpose.document_hash):
        return None
    proved_at = parse_datetime(stored["proved_at"])
    if proved_at is None or not proved_at <= at <= proved_at + PROOF_LASTS:
        return None
    return Proof(stored["method"], stored["evidence"], proved_at)


def forget(request: HttpRequest) -> None:
    """A proof is used once."""
    request.session.pop(_PROOF_KEY, None)
