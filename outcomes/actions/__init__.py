"""Everything that can be done with outcomes: one act, one function.

Every act authorises, locks the contract and the claim period, checks the state, writes, and records.
"""

from outcomes.actions.claims import (
    MOST_CLAIMS_IN_A_POST,
    KeyUsedBefore,
    correct_claim,
    post_claims,
    report_claim,
    report_value,
    withdraw_claim,
    withdraw_value,
)
from outcomes.actions.common import ReportFaults, text_of_fault
from outcomes.actions.decisions import decide_claims, decide_observation, revise_decision
from outcomes.actions.evidence import IMAGES, TYPES, add_evidence
from outcomes.actions.imports import (
    SameFile,
    UnreadableFile,
    confirm_import,
    discard_import,
    start_import,
    withdraw_import,
)
from outcomes.actions.participants import Enrolment, enrol, erase_pseudonym
from outcomes.actions.periods import open_period, report_period, return_period, verify_period

__all__ = [
    "IMAGES",
    "MOST_CLAIMS_IN_A_POST",
    "TYPES",
    "Enrolment",
    "KeyUsedBefore",
    "ReportFaults",
    "SameFile",
    "UnreadableFile",
    "add_evidence",
    "confirm_import",
    "correct_claim",
    "decide_claims",
    "decide_observation",
    "discard_import",
    "enrol",
    "erase_pseudonym",
    "open_period",
    "post_claims",
    "report_claim",
    "report_period",
    "report_value",
    "return_period",
    "revise_decision",
    "start_import",
    "text_of_fault",
    "verify_period",
    "withdraw_claim",
    "withdraw_import",
    "withdraw_value",
]
