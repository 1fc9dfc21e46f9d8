"""Everything that can be done with a contract, its parties and its terms: one act, one function.

Every act takes the contract as its page found it (`contracts.queries.get_contract_for`) and then, in this order,
authorises, locks the contract's row, checks the state, writes, and records.
"""

from contracts.actions.contract import close, draft_contract, edit_contract, start, terminate
from contracts.actions.parties import add_party, change_party, remove_party
from contracts.actions.readiness import problems_before_proposing
from contracts.actions.saving import EditConflict
from contracts.actions.signing import sign
from contracts.actions.terms import (
    TermsConflict,
    accept,
    amend,
    edit_terms,
    propose,
    return_proposal,
    withdraw_draft,
)

__all__ = [
    "EditConflict",
    "TermsConflict",
    "accept",
    "add_party",
    "amend",
    "change_party",
    "close",
    "draft_contract",
    "edit_contract",
    "edit_terms",
    "problems_before_proposing",
    "propose",
    "remove_party",
    "return_proposal",
    "sign",
    "start",
    "terminate",
    "withdraw_draft",
]
