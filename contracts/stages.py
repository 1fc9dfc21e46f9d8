"""Where a contract is on its way: ten phases, each with the gate that closes it.

It owns the order of the phases and how the present one follows from what exists. It serves the step design. It must not
know rows or queries: what exists is told to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from contracts.states import ContractStatus

_RUNNING = frozenset({ContractStatus.ACTIVE, ContractStatus.CLOSED, ContractStatus.TERMINATED})
_SIGNED = _RUNNING | {ContractStatus.AGREED}
_ENDED = frozenset({ContractStatus.CLOSED, ContractStatus.TERMINATED})


@dataclass(frozen=True)
class Known:
    """What exists of a contract. What only the running of it shows is None where nobody has looked."""

    status: str
    has_need: bool = False
    has_target_group: bool = False
    is_designed: bool = False  # chain, indicators, baseline, payment and calculation are done
    is_decided: bool = False  # the outcome payers' political decisions are recorded
    is_frozen: bool = False  # two persons have approved every measure that is paid for
    has_reported: bool | None = None
    has_verified: bool | None = None
    has_settled: bool | None = None


@dataclass(frozen=True)
class Phase:
    """One of the ten: its name, what is made in it, the gate out of it, and whether the gate is open."""

    key: str
    name: Any
    makes: Any
    gate: Any
    is_open: Callable[[Known], bool | None]


PHASES: tuple[Phase, ...] = (
    Phase(
        "idea",
        _("Idea"),
        _("The idea in words and who wants to take part."),
        _("The head of administration wants to go on: the need is written down."),
        lambda known: known.has_need,
    ),
    Phase(
        "needs",
        _("Needs and present situation"),
        _("What the need is, whom it is about, and what is done today."),
        _("A shared view: need and target group are described."),
        lambda known: known.has_need and known.has_target_group,
    ),
    Phase(
        "case",
        _("Pilot study"),
        _("Effect chain, measures with baseline, payment and calculation for every budget."),
        _("Go or no go: the whole design is done."),
        lambda known: known.is_designed,
    ),
    Phase(
        "basis",
        _("Basis for decision"),
        _("Official statement with the calculation and the draft of the contract."),
        _("The political decision, with its paragraph."),
        lambda known: known.is_decided,
    ),
    Phase(
        "contracting",
        _("Contracting"),
        _("The agreement is negotiated and signed."),
        _("All signatures."),
        lambda known: known.status in _SIGNED,
    ),
    Phase(
        "startup",
        _("Start-up"),
        _("Measurement plan, steering group and first participants."),
        _("Measures and baselines are locked by two approvals, and the contract is active."),
        lambda known: known.status in _RUNNING and known.is_frozen,
    ),
    Phase(
        "delivery",
        _("Delivery"),
        _("Participants are enrolled, and outcomes are reported for each period."),
        _("A period is reported."),
        lambda known: known.has_reported,
    ),
    Phase(
        "verification",
        _("Verification"),
        _("The verifier decides whether outcomes were reached."),
        _("The verifier's decision."),
        lambda known: known.has_verified,
    ),
    Phase(
        "settlement",
        _("Settlement"),
        _("What is owed is computed, attested by two persons and paid."),
        _("Payment, or the decision that nothing is owed."),
        lambda known: known.has_settled,
    ),
    Phase(
        "evaluation",
        _("Final evaluation"),
        _("The end report, what was learnt, and the decision to go on, scale up or stop."),
        _("The contract is closed and archived."),
        lambda known: known.status in _ENDED,
    ),
)

PASSED, PRESENT, AHEAD = "passed", "present", "ahead"


@dataclass(frozen=True)
class Stage:
    """A phase as it stands in one contract. A gate that was passed by without opening is `is_skipped`."""

    number: int
    phase: Phase
    state: str
    is_open: bool | None

    @property
    def is_skipped(self) -> bool:
        return self.state == PASSED and self.is_open is False


def stages_of(known: Known) -> tuple[Stage, ...]:
    """The ten phases in their order, of which exactly one is the present one."""
    present = _present(known)
    return tuple(
        Stage(
            number=index + 1,
            phase=phase,
            state=PASSED if index < present else PRESENT if index == present else AHEAD,
            is_open=phase.is_open(known),
        )
        for index, phase in enumerate(PHASES)
    )


def stage_of(known: Known) -> Stage:
    """Where the contract is now."""
    return next(stage for stage in stages_of(known) if stage.state == PRESENT)


def _present(known: Known) -> int:
    """A draft is in the first phase whose gate is shut, until it is proposed; then its status says where it is.

    A running contract goes round delivery, verification and settlement; the latest of them that was reached is shown.
    """
    if known.status in _ENDED:
        return _number("evaluation")
    if known.status == ContractStatus.ACTIVE:
        reached = (("settlement", known.has_verified), ("verification", known.has_reported))
        return next((_number(key) for key, is_reached in reached if is_reached), _number("delivery"))
    if known.status == ContractStatus.AGREED:
        return _number("startup")
    last = _number("contracting")
    if known.status == ContractStatus.PROPOSED:
        return last
    return next((index for index, phase in enumerate(PHASES[:last]) if not phase.is_open(known)), last)


def _number(key: str) -> int:
    return next(index for index, phase in enumerate(PHASES) if phase.key == key)
