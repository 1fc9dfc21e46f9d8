"""What the guided path is derived from: the ten kinds of steps, what a step finds, and one read model of a contract."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, Subquery
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy

from actors.models import Organisation
from actors.roles import Permission, Role
from contracts.models import (
    Acceptance,
    Assumption,
    Benefit,
    ChainLink,
    Contract,
    ContractVersion,
    Design,
    PoliticalDecision,
    Signature,
    SimulationRun,
)
from contracts.queries.measures import MeasureState, states_of
from contracts.states import OPEN_STATUSES, VersionStatus
from rulebook import Terms, parse_terms

EMPTY, BEGUN, DONE, STALE = "empty", "begun", "done", "stale"
STATES: Final[dict[str, tuple[Any, str]]] = {
    EMPTY: (gettext_lazy("Not begun"), "neutral"),
    BEGUN: (gettext_lazy("Begun"), "info"),
    DONE: (gettext_lazy("Done"), "success"),
    STALE: (gettext_lazy("Changed since"), "warning"),
}


@dataclass(frozen=True)
class StepKind:
    """One of the ten: its name, what it is for, the verb that takes it on, its page, and who may act there."""

    key: str
    name: Any
    purpose: Any
    verb: Any
    pages: tuple[str, ...]  # the first that the installation has
    permission: Permission


STEPS: Final[tuple[StepKind, ...]] = (
    StepKind(
        "need",
        gettext_lazy("Need"),
        gettext_lazy("What the problem is, what is done about it today, and what is known to help."),
        gettext_lazy("Describe the need"),
        ("contracts:design_need",),
        Permission.EDIT_DESIGN,
    ),
    StepKind(
        "target_group",
        gettext_lazy("Target group"),
        gettext_lazy("Who takes part, who does not, and how many they are."),
        gettext_lazy("Describe the target group"),
        ("contracts:design_target_group",),
        Permission.EDIT_DESIGN,
    ),
    StepKind(
        "chain",
        gettext_lazy("Effect chain"),
        gettext_lazy("How the effort leads to value, in six links."),
        gettext_lazy("Write the effect chain"),
        ("contracts:chain",),
        Permission.EDIT_DESIGN,
    ),
    StepKind(
        "indicators",
        gettext_lazy("Indicators"),
        gettext_lazy("What is measured, exactly how, and what it is used as."),
        gettext_lazy("Choose and define measures"),
        ("contracts:measures",),
        Permission.EDIT_DESIGN,
    ),
    StepKind(
        "baseline",
        gettext_lazy("Baseline"),
        gettext_lazy("The state before, that outcomes are held against."),
        gettext_lazy("Say how the baseline is found"),
        ("contracts:baselines",),
        Permission.EDIT_DESIGN,
    ),
    StepKind(
        "payment",
        gettext_lazy("Goals and payment"),
        gettext_lazy("What each outcome is worth, who pays whom, and at most how much."),
        gettext_lazy("Write the terms"),
        ("contracts:contract_terms",),
        Permission.EDIT_CONTRACT,
    ),
    StepKind(
        "calculation",
        gettext_lazy("Business case"),
        gettext_lazy("What it may cost, give and risk, for every budget."),
        gettext_lazy("State the assumptions"),
        ("contracts:calculation", "contracts:contract_terms"),
        Permission.EDIT_DESIGN,
    ),
    StepKind(
        "parties",
        gettext_lazy("Parties"),
        gettext_lazy("Who pays, invests, delivers and verifies."),
        gettext_lazy("Add the parties"),
        ("contracts:contract_parties",),
        Permission.EDIT_CONTRACT,
    ),
    StepKind(
        "decision",
        gettext_lazy("Decision"),
        gettext_lazy("The political decision, with its registry number and paragraph."),
        gettext_lazy("Record the decision"),
        ("contracts:political_decisions",),
        Permission.EDIT_CONTRACT,
    ),
    StepKind(
        "agreement",
        gettext_lazy("Agreement"),
        gettext_lazy("The parties negotiate, accept and sign."),
        gettext_lazy("Propose the terms"),
        ("contracts:negotiation", "contracts:contract_terms"),
        Permission.VIEW_DESIGN,
    ),
)
NUMBERS: Final = {kind.key: number for number, kind in enumerate(STEPS, start=1)}


def address_of(names: Iterable[str], *arguments: Any, fragment: str = "") -> str:
    """The first of these pages that the installation has; nothing where it has none."""
    for name in names:
        try:
            return f"{reverse(name, args=arguments)}{f'#{fragment}' if fragment else ''}"
        except NoReverseMatch:
            continue
    return ""


@dataclass(frozen=True)
class Gap:
    """Something missing, with where it is mended and what one must be allowed to in order to mend it there.

    Advice is worth thinking about, but nothing waits for it.
    """

    text: str
    href: str = ""
    needs: Permission = Permission.EDIT_DESIGN
    is_advice: bool = False


@dataclass(frozen=True)
class Found:
    """What a step's own function finds."""

    done: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    is_begun: bool = False
    stale: str = ""  # why what was done no longer holds
    turn: tuple[Organisation, ...] = ()  # where it is not the turn of whoever designs
    verb: str = ""  # where the step's own verb is not the next one
    href: str = ""


@dataclass(frozen=True)
class Step:
    """One step as the page shows it."""

    kind: StepKind
    number: int
    state: str
    done: list[str]
    gaps: list[Gap]
    advice: list[Gap]
    stale: str
    turn: tuple[Organisation, ...]
    verb: str
    href: str

    @property
    def key(self) -> str:
        return self.kind.key

    @property
    def label(self) -> str:
        return str(STATES[self.state][0])

    @property
    def tone(self) -> str:
        return STATES[self.state][1]

    @property
    def is_done(self) -> bool:
        return self.state == DONE


# --- The read model --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """Everything the ten steps are derived from. Five queries besides the contract's own."""

    contract: Contract
    design: Design
    figures: int
    links: list[str]
    benefits: int
    simulated_hash: str
    assumption_keys: frozenset[str]
    measures: list[MeasureState]
    versions: list[ContractVersion]
    decisions: list[PoliticalDecision]

    @property
    def open(self) -> ContractVersion | None:
        return next((v for v in self.versions if v.status in OPEN_STATUSES), None)

    @property
    def latest(self) -> ContractVersion | None:
        """The agreed version in force last."""
        agreed = [v for v in self.versions if v.status == VersionStatus.AGREED]
        return max(agreed, key=lambda v: (v.effective_on, v.number), default=None)

    @property
    def version(self) -> ContractVersion | None:
        """What is designed: the open version, otherwise the one in force."""
        return self.open or self.latest

    @cached_property
    def document(self) -> dict[str, Any]:
        terms = self.version.terms if self.version else {}
        return terms if isinstance(terms, dict) else {}

    @cached_property
    def terms(self) -> Terms | None:
        return parse_terms(self.document)[0] if self.document else None

    def organisations(self, *roles: Role) -> tuple[Organisation, ...]:
        """The parties' organisations in these roles (or in any), each once, in the order of their names."""
        found = {p.organisation for p in self.contract.parties.all() if not roles or p.role in roles}
        return tuple(sorted(found, key=lambda organisation: organisation.name))

    @property
    def payers(self) -> tuple[Organisation, ...]:
        return self.organisations(Role.OUTCOME_PAYER) or (self.contract.owner,)

    @property
    def designers(self) -> tuple[Organisation, ...]:
        intermediaries = self.organisations(Role.INTERMEDIARY)
        return (*self.payers, *(o for o in intermediaries if o not in self.payers))

    @property
    def chosen(self) -> list[MeasureState]:
        return [state for state in self.measures if state.is_chosen]

    @property
    def paid_for(self) -> list[MeasureState]:
        return [state for state in self.measures if state.is_paid_for]

    def href(self, name: str, *arguments: Any, fragment: str = "") -> str:
        return address_of((name,), self.contract.code, *arguments, fragment=fragment)


def ground_of(contract: Contract) -> Ground:
    """The read model of the path, in five queries."""
    own = {"contract": OuterRef("contract")}
    runs = SimulationRun.objects.filter(status=SimulationRun.Status.DONE, **own).order_by("-requested_at")
    kept = Assumption.objects.filter(removed_at__isnull=True, **own).order_by("key")
    benefits = Benefit.objects.filter(**own).order_by().values("contract").annotate(count=Count("pk"))
    design = Design.objects.annotate(
        figure_count=Count("need_figures"),
        link_list=ArraySubquery(ChainLink.objects.filter(**own).values("link")),
        benefit_count=Subquery(benefits.values("count")),
        simulated_hash=Subquery(runs.values("terms_hash")[:1]),
        assumption_keys=ArraySubquery(kept.values("key")),
    ).get(contract=contract)
    design.contract = contract
    of_version = {"version": OuterRef("pk")}
    versions = contract.versions.annotate(
        accepted_by=ArraySubquery(Acceptance.objects.filter(**of_version).values("organisation")),
        signed_by=ArraySubquery(Signature.objects.filter(**of_version).values("organisation")),
    )
    decisions = PoliticalDecision.objects.filter(contract=contract).select_related("organisation")
    replaced = PoliticalDecision.objects.filter(replaces__isnull=False).values("replaces")
    return Ground(
        contract=contract,
        design=design,
        figures=design.figure_count,
        links=list(design.link_list),
        benefits=design.benefit_count or 0,
        simulated_hash=design.simulated_hash or "",
        assumption_keys=frozenset(design.assumption_keys),
        measures=states_of(contract),
        versions=list(versions.order_by("-number")),
        decisions=list(decisions.filter(~Q(pk__in=replaced)).order_by("decided_on", "pk")),
    )
