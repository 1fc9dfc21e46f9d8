"""The pages of contracts, parties and terms."""

from contracts.views.beginning import (
    contract_draft,
    indicator_adopt,
    template_adopt,
    template_contracts,
    template_drafts,
    template_offer,
)
from contracts.views.contract import contract_close, contract_edit, contract_start, contract_terminate
from contracts.views.decisions import (
    contract_accept,
    contract_amend,
    contract_propose,
    contract_return,
    contract_withdraw,
)
from contracts.views.editor import editor_general, editor_item, editor_overview
from contracts.views.lists import contract_list, contract_list_csv
from contracts.views.parties import (
    contract_parties,
    party_add,
    party_change,
    party_remove,
    succession_name,
    succession_withdraw,
)
from contracts.views.terms import contract_terms, contract_version, terms_check, terms_download, terms_edit

__all__ = [
    "contract_accept",
    "contract_amend",
    "contract_close",
    "contract_draft",
    "contract_edit",
    "contract_list",
    "contract_list_csv",
    "contract_parties",
    "contract_propose",
    "contract_return",
    "contract_start",
    "contract_terminate",
    "contract_terms",
    "contract_version",
    "contract_withdraw",
    "editor_general",
    "editor_item",
    "editor_overview",
    "indicator_adopt",
    "party_add",
    "party_change",
    "party_remove",
    "succession_name",
    "succession_withdraw",
    "template_adopt",
    "template_contracts",
    "template_drafts",
    "template_offer",
    "terms_check",
    "terms_download",
    "terms_edit",
]
