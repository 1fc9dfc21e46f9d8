"""The forms of contracts, by page."""

from contracts.forms.contract import (
    AcceptForm,
    AmendForm,
    ContractDraftForm,
    ContractEditForm,
    DecisionForm,
    FilterForm,
    NoteForm,
    PartyForm,
    ReturnForm,
    TerminateForm,
    TermsForm,
    WhoForm,
    read_document,
)

__all__ = [
    "AcceptForm",
    "AmendForm",
    "ContractDraftForm",
    "ContractEditForm",
    "DecisionForm",
    "FilterForm",
    "NoteForm",
    "PartyForm",
    "ReturnForm",
    "TerminateForm",
    "TermsForm",
    "WhoForm",
    "read_document",
]
