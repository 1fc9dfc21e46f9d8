"""What the parties accept, as one document with one hash, and the agreed versions as the rulebook reads them."""

import hashlib
from typing import Any

from contracts.models import Contract, ContractVersion
from contracts.states import VersionStatus
from rulebook import Terms, Version, canonical_json, parse_terms


def agreement_document(version: ContractVersion) -> dict[str, Any]:
    """Terms, parties and effective date: everything that a party accepts when it accepts the hash."""
    parties = version.contract.parties.select_related("organisation", "board").order_by("key")
    return {
        "contract": version.contract.code,
        "version": version.number,
        "effective_on": version.effective_on.isoformat(),
        "parties": [
            {
                "key": party.key,
                "role": party.role,
                "organisation_number": party.organisation.organisation_number,
                "board": party.board.name if party.board else None,
            }
            for party in parties
        ],
        "terms": version.terms,
    }


def document_hash(document: dict[str, Any]) -> str:
    """The sha256 over the document's canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def terms_of(version: ContractVersion) -> Terms:
    """The version's terms as the rulebook reads them. Raises ValueError when they are not well formed."""
    terms, problems = parse_terms(version.terms)
    if terms is None:
        raise ValueError(f"{version}: {'; '.join(str(problem) for problem in problems)}")
    return terms


def versions_of(contract: Contract) -> list[Version]:
    """The agreed versions in the order they take effect: what calculations compute with."""
    agreed = contract.versions.filter(status=VersionStatus.AGREED).order_by("effective_on", "number")
    return [Version(number=v.number, effective_on=v.effective_on, terms=terms_of(v)) for v in agreed]
