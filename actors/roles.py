"""What a duty in a role may do: one table, read by pages, actions and API alike.

A *role* belongs to a party in a contract (one body may pay in one contract and provide in another); a *duty* belongs to
a person in an organisation. A permission follows from role × duty and from nothing else.
"""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What an organisation is in a contract. The national support and an observer (an organisation that the parties let
    read along) are no parties: they see what is shared and do nothing. A successor is to take a party's place when the
    proposed amendment is agreed: it reads the contract meanwhile, and answers as the party it would become.
    """

    OUTCOME_PAYER = "outcome_payer", _("Outcome payer")
    INVESTOR = "investor", _("Investor")
    SERVICE_PROVIDER = "service_provider", _("Service provider")
    INTERMEDIARY = "intermediary", _("Intermediary")
    VERIFIER = "verifier", _("Verifier")
    NATIONAL_SUPPORT = "national_support", _("National support")
    OBSERVER = "observer", _("Observer")
    SUCCESSOR = "successor", _("Successor of a party")


PARTY_ROLES = [role for role in Role if role not in {Role.NATIONAL_SUPPORT, Role.OBSERVER, Role.SUCCESSOR}]

# Whoever decides whether an outcome was reached may not gain or lose by it.
ROLES_A_VERIFIER_MAY_NOT_HOLD = frozenset({Role.OUTCOME_PAYER, Role.INVESTOR, Role.SERVICE_PROVIDER})


class Duty(TextChoices):
    """What a person does in their organisation."""

    CASE_OFFICER = "case_officer", _("Case officer")
    REVIEWER = "reviewer", _("Reviewer of payments")
    DECIDER = "decider", _("Decision attestor")
    READER = "reader", _("Reader")
    ADMINISTRATOR = "administrator", _("Administrator of the organisation")


class Permission(StrEnum):
    """What can be allowed. Every address declares one of these."""

    # for anybody, or anybody who has logged in
    PUBLIC = "public"
    OWN_ACCOUNT = "own_account"
    # in one's own organisation
    MANAGE_ORGANISATION = "manage_organisation"
    DRAFT_CONTRACT = "draft_contract"
    # the library
    VIEW_LIBRARY = "view_library"
    REVIEW_LIBRARY = "review_library"
    # in a contract
    VIEW_CONTRACT = "view_contract"
    VIEW_TOTALS = "view_totals"
    VIEW_WORKING = "view_working"
    VIEW_PERSONS = "view_persons"
    VIEW_PAYMENTS = "view_payments"
    VIEW_INVESTMENT = "view_investment"
    VIEW_HISTORY = "view_history"
    VIEW_DESIGN = "view_design"
    EDIT_DESIGN = "edit_design"
    EDIT_CONTRACT = "edit_contract"
    COMMENT = "comment"
    ACCEPT_TERMS = "accept_terms"
    SIGN_AGREEMENT = "sign_agreement"
    REPORT_OUTCOMES = "report_outcomes"
    VERIFY_OUTCOMES = "verify_outcomes"
    ORDER_PAYMENT = "order_payment"
    REVIEW_PAYMENT = "review_payment"
    DECIDE_PAYMENT = "decide_payment"
    CONFIRM_PAID = "confirm_paid"


P = Permission
_PARTY_READS = frozenset({P.VIEW_CONTRACT, P.VIEW_DESIGN, P.VIEW_TOTALS, P.VIEW_WORKING, P.VIEW_HISTORY})
_PAYER_READS = _PARTY_READS | {P.VIEW_PAYMENTS}
_INVESTOR_READS = frozenset({P.VIEW_CONTRACT, P.VIEW_DESIGN, P.VIEW_INVESTMENT})
_BINDS = frozenset({P.COMMENT, P.ACCEPT_TERMS, P.SIGN_AGREEMENT})

GRANTS: dict[tuple[Role, Duty], frozenset[Permission]] = {
    (Role.OUTCOME_PAYER, Duty.CASE_OFFICER): _PAYER_READS
    | {P.VIEW_PERSONS, P.EDIT_CONTRACT, P.EDIT_DESIGN, P.COMMENT, P.ORDER_PAYMENT, P.CONFIRM_PAID},
    (Role.OUTCOME_PAYER, Duty.REVIEWER): _PAYER_READS | {P.REVIEW_PAYMENT},
    (Role.OUTCOME_PAYER, Duty.DECIDER): _PAYER_READS | _BINDS | {P.DECIDE_PAYMENT},
    (Role.OUTCOME_PAYER, Duty.READER): _PAYER_READS,
    (Role.INVESTOR, Duty.CASE_OFFICER): _INVESTOR_READS | _BINDS,
    (Role.INVESTOR, Duty.READER): _INVESTOR_READS,
    (Role.SERVICE_PROVIDER, Duty.CASE_OFFICER): _PARTY_READS | _BINDS | {P.VIEW_PERSONS, P.REPORT_OUTCOMES},
    (Role.SERVICE_PROVIDER, Duty.READER): _PARTY_READS,
    (Role.INTERMEDIARY, Duty.CASE_OFFICER): _PARTY_READS | _BINDS | {P.EDIT_DESIGN},
    (Role.INTERMEDIARY, Duty.READER): _PARTY_READS,
    (Role.VERIFIER, Duty.CASE_OFFICER): _PARTY_READS | _BINDS | {P.VIEW_PERSONS, P.VERIFY_OUTCOMES},
    (Role.VERIFIER, Duty.READER): _PARTY_READS,
    (Role.NATIONAL_SUPPORT, Duty.CASE_OFFICER): frozenset({P.VIEW_CONTRACT, P.VIEW_DESIGN, P.VIEW_TOTALS}),
    (Role.NATIONAL_SUPPORT, Duty.READER): frozenset({P.VIEW_CONTRACT, P.VIEW_DESIGN, P.VIEW_TOTALS}),
    **{(Role.OBSERVER, duty): frozenset({P.VIEW_CONTRACT, P.VIEW_TOTALS}) for duty in Duty},
    **{
        (Role.SUCCESSOR, duty): frozenset({P.VIEW_CONTRACT, P.VIEW_DESIGN})
        for duty in (Duty.CASE_OFFICER, Duty.REVIEWER, Duty.DECIDER, Duty.READER)
    },
}

# What a duty gives in one's own organisation, whatever the contract.
ORGANISATION_GRANTS: dict[Duty, frozenset[Permission]] = {
    **dict.fromkeys(Duty, frozenset({P.VIEW_LIBRARY})),
    Duty.ADMINISTRATOR: frozenset({P.VIEW_LIBRARY, P.MANAGE_ORGANISATION}),
    Duty.CASE_OFFICER: frozenset({P.VIEW_LIBRARY, P.DRAFT_CONTRACT, P.REVIEW_LIBRARY}),
}

# The refusal of an act, in the words the disabled button and the 403 page show.
REASONS: dict[Permission, object] = {
    P.EDIT_CONTRACT: _("Only a case officer of an outcome payer may change the contract."),
    P.VIEW_LIBRARY: _("Only members of an organisation read the library."),
    P.REVIEW_LIBRARY: _("Only a case officer of the national support decides what stands on the shelf."),
    P.VIEW_DESIGN: _("The design of the contract is not shown to your role."),
    P.EDIT_DESIGN: _("Only a case officer of an outcome payer or of the intermediary may change the design."),
    P.COMMENT: _("Only those who negotiate for a party may comment."),
    P.SIGN_AGREEMENT: _("Only a person who signs for a party may sign the agreement."),
    P.ACCEPT_TERMS: _("Only the person who signs for a party may accept the terms."),
    P.REPORT_OUTCOMES: _("Only a case officer of the service provider may report outcomes."),
    P.VERIFY_OUTCOMES: _("Only the verifier may decide on claims."),
    P.ORDER_PAYMENT: _("Only a case officer of an outcome payer may order a payment."),
    P.REVIEW_PAYMENT: _("Only a reviewer of the outcome payer may review a payment."),
    P.DECIDE_PAYMENT: _("Only a decision attestor of the outcome payer may decide on a payment."),
    P.CONFIRM_PAID: _("Only a case officer of an outcome payer may confirm a payment."),
    P.VIEW_PERSONS: _("Rows about persons are seen by the provider, the verifier and the payer's case officer only."),
    P.VIEW_PAYMENTS: _("Payment orders are seen by the outcome payer only."),
    P.VIEW_WORKING: _("The working of a calculation shows counts, and is not shown to your role."),
    P.VIEW_TOTALS: _("Sums of outcomes are not shown to your role."),
    P.VIEW_INVESTMENT: _("Only an investor of the contract sees its investment."),
    P.VIEW_HISTORY: _("The history is seen by the parties that run the contract."),
    P.MANAGE_ORGANISATION: _("Only an administrator of the organisation may do this."),
    P.DRAFT_CONTRACT: _("Only a case officer of a municipality, region or state agency may draft a contract."),
}
