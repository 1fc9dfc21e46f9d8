"""The only ways to a contract, and the read models of its pages."""

from contracts.queries.contracts import (
    SORTS,
    TermsPage,
    agreed_versions,
    awaited_organisations,
    current_version,
    get_contract_for,
    last_editor,
    listed_contracts,
    open_version,
    terms_page,
    unique_party_key,
    versions_with_acceptances,
    visible_contracts,
    with_role,
)
from contracts.queries.party_keys import fitting_party_key, keys_in_terms, open_party_keys, role_word
from contracts.queries.people import people_of

__all__ = [
    "SORTS",
    "TermsPage",
    "agreed_versions",
    "awaited_organisations",
    "current_version",
    "fitting_party_key",
    "get_contract_for",
    "keys_in_terms",
    "last_editor",
    "listed_contracts",
    "open_party_keys",
    "open_version",
    "people_of",
    "role_word",
    "terms_page",
    "unique_party_key",
    "versions_with_acceptances",
    "visible_contracts",
    "with_role",
]
