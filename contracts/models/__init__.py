"""The rows of contracts, by noun."""

from contracts.models.calculation import Assumption, AssumptionRevision, Benefit, Scenario, SimulationRun
from contracts.models.contract import (
    Contract,
    ContractParty,
    ContractStatusChange,
    DataRole,
    Statement,
    party_key,
)
from contracts.models.design import Baseline, ChainLink, Design, Measure, MeasureApproval
from contracts.models.negotiation import Comment, Delegate, Succession
from contracts.models.obligations import MeetingHeld
from contracts.models.signing import PoliticalDecision, Signature, SigningGroup, SigningTurn
from contracts.models.terms import Acceptance, ContractVersion, VersionStatusChange

__all__ = [
    "Acceptance",
    "Assumption",
    "AssumptionRevision",
    "Baseline",
    "Benefit",
    "ChainLink",
    "Comment",
    "Contract",
    "ContractParty",
    "ContractStatusChange",
    "ContractVersion",
    "DataRole",
    "Delegate",
    "Design",
    "Measure",
    "MeasureApproval",
    "MeetingHeld",
    "PoliticalDecision",
    "Scenario",
    "Signature",
    "SigningGroup",
    "SigningTurn",
    "SimulationRun",
    "Statement",
    "Succession",
    "VersionStatusChange",
    "party_key",
]
