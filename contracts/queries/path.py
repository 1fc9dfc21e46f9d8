"""The guided path: ten design steps, each with what is done, what is missing, whose turn it is, and its state.

Each step is a pure function over one read model (`contracts.queries.ground`). What a page knows better than the rows
(where in the editor of the terms a problem is mended) is given to it as gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from actors.models import Organisation
from actors.roles import Permission, Role
from contracts.measuring import disagreements, metric_of, strangers
from contracts.models import (
    Baseline,
    ChainLink,
    Contract,
    Design,
    Measure,
    PoliticalDecision,
)
from contracts.queries.ground import (
    BEGUN,
    DONE,
    EMPTY,
    NUMBERS,
    STALE,
    STEPS,
    Found,
    Gap,
    Ground,
    Step,
    StepKind,
    address_of,
)
from contracts.queries.measures import MeasureState, baseline_of, label_of, sheet_of
from contracts.queries.register import CALCULATION_SLOTS, slot_label
from contracts.stages import Known
from contracts.states import ContractStatus, VersionStatus
from rulebook import Terms, terms_hash
from rulebook.forecast import slots

# --- The steps -------------------------------------------------------------------------------------------------------


def steps_of(ground: Ground, *, payment: Collection[Gap] = (), parties: Collection[Gap] = ()) -> list[Step]:
    """The ten steps in their order. `payment` and `parties` are what the terms and the parties still lack."""
    given = {"payment": list(payment), "parties": list(parties)}
    return [_step(kind, ground, given.get(kind.key, [])) for kind in STEPS]


def known_of(ground: Ground, steps: Iterable[Step]) -> Known:
    """What the stage of the contract follows from, as far as it is known here."""
    done = {step.key for step in steps if step.is_done}
    return Known(
        status=ground.contract.status,
        has_need=bool(ground.design.need.strip()),
        has_target_group="target_group" in done,
        is_designed={"chain", "indicators", "baseline", "payment", "calculation"} <= done,
        is_decided="decision" in done,
        is_frozen=bool(ground.paid_for) and all(state.is_frozen for state in ground.paid_for),
    )


_AGREED_ABOUT = frozenset({"need", "target_group", "chain", "indicators", "baseline", "payment", "parties"})
"""Steps that stand still, and wait for nobody, while the parties read and after they have agreed."""


def _step(kind: StepKind, ground: Ground, given: list[Gap]) -> Step:
    found = _FINDS[kind.key](ground)
    is_still = kind.key in _AGREED_ABOUT and (ground.open is None or ground.open.status != VersionStatus.DRAFT)
    gaps = [replace(gap, href="") if is_still else gap for gap in (*given, *found.gaps)]
    missing = [gap for gap in gaps if not gap.is_advice]
    href = found.href or address_of(kind.pages, ground.contract.code)
    is_begun = found.is_begun
    state = STALE if found.stale else DONE if not missing else BEGUN if is_begun else EMPTY
    turn = found.turn or (ground.payers if kind.permission is Permission.EDIT_CONTRACT else ground.designers)
    return Step(
        kind=kind,
        number=NUMBERS[kind.key],
        state=state,
        done=found.done,
        gaps=missing,
        advice=[gap for gap in gaps if gap.is_advice],
        stale=found.stale,
        turn=() if state == DONE or is_still else turn,
        verb=found.verb or str(kind.verb),
        href=href,
    )


def _texts(row: Design | Contract, names: Iterable[str], href: str) -> tuple[list[str], list[Gap]]:
    """Which of the texts are written, and which are not, each with the way to its field."""
    done, gaps = [], []
    for name in names:
        label = str(row._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        value = getattr(row, name)
        if value is not None and str(value).strip():
            done.append(label)
        else:
            gaps.append(Gap(_("Nothing is written yet: %(what)s.") % {"what": label}, f"{href}#id_{name}"))
    return done, gaps


def _written(labels: list[str]) -> list[str]:
    return [_("Written: %(what)s.") % {"what": ", ".join(labels)}] if labels else []


def need(ground: Ground) -> Found:
    href = ground.href("contracts:design_need")
    labels, gaps = _texts(ground.design, ("need", "today", "evidence"), href)
    done = _written(labels)
    if ground.figures:
        text = ngettext("%(count)s figure from Kolada.", "%(count)s figures from Kolada.", ground.figures)
        done.append(text % {"count": ground.figures})
    else:
        gaps.append(Gap(_("No figure shows how large the need is."), f"{href}#figures", is_advice=True))
    return Found(done, gaps, is_begun=bool(done))


def target_group(ground: Ground) -> Found:
    href = ground.href("contracts:design_target_group")
    described, first = _texts(ground.contract, ("target_population",), href)
    labels, gaps = _texts(ground.design, ("inclusion", "exclusion", "expected_participants"), href)
    expected, planned = ground.design.expected_participants, _planned(ground.terms)
    if expected is not None and planned and planned != expected:
        text = _("%(expected)s are expected to take part, but the groups of the terms hold %(planned)s.")
        gaps.append(Gap(text % {"expected": expected, "planned": planned}, f"{href}#id_expected_participants"))
    return Found(_written([*described, *labels]), [*first, *gaps], is_begun=bool(described or labels))


def _planned(terms: Terms | None) -> int:
    """How many persons the cohorts of the terms hold, where each of them says."""
    sizes = [cohort.size for cohort in terms.cohorts] if terms is not None else []
    return sum(size for size in sizes if size) if sizes and all(sizes) else 0


def chain(ground: Ground) -> Found:
    href = ground.href("contracts:chain")
    filled = set(ground.links)
    count = len(ground.links)
    labels, gaps = _texts(ground.contract, ("intervention",), href)
    done = _written(labels)
    if count:
        text = ngettext(
            "%(count)s statement in %(filled)s of 6 links.", "%(count)s statements in %(filled)s of 6 links.", count
        )
        done.append(text % {"count": count, "filled": len(filled)})
    for link in ChainLink.Link:
        if link not in filled:
            text = _("The link is empty: %(link)s.") % {"link": link.label}
            gaps.append(Gap(text, f"{href}#{link.value}"))
    return Found(done, gaps, is_begun=bool(count or labels))


def indicators(ground: Ground) -> Found:
    href = ground.href("contracts:measures")
    if not ground.measures:
        gap = Gap(_("No measure is on the list. Write your own, or adopt one from the library."), href)
        return Found([], [gap])
    done, gaps, changed = [], [], []
    count = len(ground.measures)
    text = ngettext("%(count)s measure on the list,", "%(count)s measures on the list,", count) % {"count": count}
    chosen = ngettext("%(count)s chosen,", "%(count)s chosen,", len(ground.chosen)) % {"count": len(ground.chosen)}
    frozen = sum(state.is_frozen for state in ground.chosen)
    locked = ngettext("%(count)s frozen.", "%(count)s frozen.", frozen) % {"count": frozen}
    done.append(f"{text} {chosen} {locked}")
    if not ground.paid_for:
        gaps.append(Gap(_("No measure is chosen as grounds for payment."), href))
    for state in ground.chosen:
        own = ground.href("contracts:measure_define", state.measure.pk)
        if state.missing:
            text = _("%(measure)s: nothing is written yet under %(what)s.")
            what = ", ".join(f"«{label}»" for label in state.missing_labels)
            gaps.append(Gap(text % {"measure": state.measure, "what": what}, f"{own}#id_{state.missing[0]}"))
        if state.is_stale:
            changed.append(str(state.measure))
    open_ = [state for state in ground.chosen if state.is_complete and not state.is_frozen]
    for state in open_:
        text = ngettext(
            "%(measure)s: %(count)s approval is missing before the definition is frozen.",
            "%(measure)s: %(count)s approvals are missing before the definition is frozen.",
            state.awaits,
        )
        own = ground.href("contracts:measure_detail", state.measure.pk)
        gaps.append(Gap(text % {"measure": state.measure, "count": state.awaits}, own, Permission.COMMENT))
    if ground.chosen and not any(state.measure.use == Measure.Use.GUARD for state in ground.chosen):
        text = _("No measure guards the quality: what must not get worse while the others get better?")
        gaps.append(Gap(text, href, is_advice=True))
    waits = bool(open_) and len(open_) == len(ground.chosen)
    return Found(
        done,
        gaps,
        is_begun=True,
        stale=_("Changed after it was approved: %(names)s.") % {"names": ", ".join(changed)} if changed else "",
        turn=_approvers(ground, open_) if waits else (),
        verb=_("Approve the definitions") if waits else "",
    )


def _approvers(ground: Ground, waiting: list[MeasureState]) -> tuple[Organisation, ...]:
    """Who has not approved everything that waits: of each organisation once, if there are more than one."""
    everybody = ground.organisations() or ground.designers
    done = [{approval.organisation_id for approval in state.approvals} for state in waiting]
    return tuple(o for o in everybody if any(o.pk not in theirs for theirs in done)) or everybody


def baseline(ground: Ground) -> Found:
    if not ground.paid_for:
        text = _("Choose what is paid for first: the baseline belongs to a measure.")
        return Found([], [Gap(text, ground.href("contracts:measures"))])
    done, gaps = [], []
    for state in ground.paid_for:
        before = baseline_of(state.measure)
        href = ground.href("contracts:baseline_edit", state.measure.pk)
        if before is None:
            text = _("%(measure)s: nothing says how the baseline is found.") % {"measure": state.measure}
            gaps.append(Gap(text, href))
            continue
        done.append(f"{state.measure}: {before.get_method_display()}")
        for name in _unsaid(before):
            label = str(Baseline._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            text = _("%(measure)s: the baseline says nothing yet under «%(what)s».")
            gaps.append(Gap(text % {"measure": state.measure, "what": label}, f"{href}#id_{name}"))
    return Found(done, gaps, is_begun=bool(done))


def _unsaid(before: Baseline) -> list[str]:
    """What a baseline must say: how it is found, and its value with period and source unless it is measured later."""
    names = ["description"] if before.is_measured_later else ["description", "value", "period", "source"]
    return [name for name in names if getattr(before, name) in (None, "")]


def payment(ground: Ground) -> Found:
    document = ground.document
    done, gaps = [], []
    counts = [
        ngettext("%(count)s metric", "%(count)s metrics", _count(document, "metrics"))
        % {"count": _count(document, "metrics")},
        ngettext("%(count)s payment term", "%(count)s payment terms", _count(document, "terms"))
        % {"count": _count(document, "terms")},
    ]
    if document:
        done.append(f"{', '.join(counts)}.")
    if ground.terms is not None:
        done.append(_("The terms hold together."))
    for state in ground.chosen:
        gaps += _against_terms(ground, state)
    keys = [state.measure.key for state in ground.chosen]
    href = ground.href("contracts:measures")
    for own in strangers(document, keys):
        text = _("The metric «%(id)s» stands in the terms, but no chosen measure defines it.") % {"id": own}
        gaps.append(Gap(text, href, is_advice=True))
    return Found(done, gaps, is_begun=bool(document), href=_editor(ground))


def _editor(ground: Ground) -> str:
    return ground.href("contracts:contract_terms")


def _count(document: dict[str, Any], key: str) -> int:
    found = document.get(key)
    return len(found) if isinstance(found, list) else 0


def _against_terms(ground: Ground, state: MeasureState) -> list[Gap]:
    """Is a chosen measure in the terms, saying the same?"""
    measure = state.measure
    href = ground.href("contracts:measure_metric", measure.pk)
    found = metric_of(ground.document, measure.key)
    if found is None:
        if measure.use == Measure.Use.FOLLOW_UP:
            return []
        text = _("%(measure)s is not in the terms yet: make it a metric.") % {"measure": measure}
        return [Gap(text, href, Permission.EDIT_CONTRACT)]
    return [
        Gap(
            _("%(measure)s: the terms and the definition disagree about «%(what)s».")
            % {"measure": measure, "what": label_of(name)},
            href,
            Permission.EDIT_CONTRACT,
        )
        for name in disagreements(sheet_of(measure), measure.use, found[1])
    ]


def calculation(ground: Ground) -> Found:
    if ground.terms is None:
        text = _("The terms do not hold together yet, so nobody can say which numbers are needed.")
        return Found([], [Gap(text, _editor(ground), Permission.EDIT_CONTRACT)], is_begun=bool(ground.assumption_keys))
    page = address_of(("contracts:assumptions",), ground.contract.code)
    asked = [(slot.key, slot_label(slot), slot.is_needed) for slot in slots(ground.terms)]
    if ground.benefits:
        asked += [(key, str(label), True) for key, (label, _unit, _why) in CALCULATION_SLOTS.items()]
    needed = [(key, label) for key, label, is_needed in asked if is_needed]
    stated = [key for key, _label in needed if key in ground.assumption_keys]
    done = [_("%(stated)s of %(needed)s numbers are stated.") % {"stated": len(stated), "needed": len(needed)}] * bool(
        stated
    )
    gaps = [
        Gap(_("No figure yet: %(what)s.") % {"what": label}, f"{page}#{key}" if page else "")
        for key, label in needed
        if key not in ground.assumption_keys
    ]
    if ground.benefits:
        text = ngettext("%(count)s gain is described.", "%(count)s gains are described.", ground.benefits)
        done.append(text % {"count": ground.benefits})
    else:
        gaps.append(Gap(_("Nothing says who gains what."), ground.href("contracts:calculation")))
    now = terms_hash(ground.document)
    if ground.simulated_hash == now:
        done.append(_("Simulated with these terms."))
    elif not ground.simulated_hash:
        gaps.append(Gap(_("Nothing is simulated yet."), address_of(("contracts:simulation",), ground.contract.code)))
    stale = bool(ground.simulated_hash) and ground.simulated_hash != now
    return Found(
        done,
        gaps,
        is_begun=bool(done),
        stale=_("The terms have changed since the last simulation.") if stale else "",
    )


def parties(ground: Ground) -> Found:
    rows = list(ground.contract.parties.all())
    text = ngettext("%(count)s party.", "%(count)s parties.", len(rows)) % {"count": len(rows)}
    gaps = []
    if not any(party.role in {Role.INVESTOR, Role.SERVICE_PROVIDER} for party in rows):
        gaps.append(
            Gap(
                _("Nobody is paid for outcomes yet. Add an investor or a service provider."),
                ground.href("contracts:contract_parties"),
                Permission.EDIT_CONTRACT,
            )
        )
    unsaid = sorted({str(party) for party in rows if not party.data_role})
    if unsaid:
        said = _("What they answer for in data protection is not said: %(names)s.") % {"names": ", ".join(unsaid)}
        gaps.append(Gap(said, ground.href("contracts:contract_parties"), Permission.EDIT_CONTRACT, is_advice=True))
    return Found([text] if rows else [], gaps, is_begun=bool(rows))


def decision(ground: Ground) -> Found:
    href = ground.href("contracts:political_decision_record")
    latest = {row.organisation_id: row for row in ground.decisions}
    done = [
        _("%(body)s § %(paragraph)s, %(date)s: %(outcome)s.")
        % {
            "body": row.body,
            "paragraph": row.paragraph,
            "date": date_format(row.decided_on, "Y-m-d"),
            "outcome": row.get_outcome_display().lower(),
        }
        for row in ground.decisions
    ]
    gaps, waiting, stale = [], [], ""
    for payer in ground.payers:
        row = latest.get(payer.pk)
        if row is None or row.outcome != PoliticalDecision.Outcome.APPROVED:
            waiting.append(payer)
            text = (
                _("No decision by %(organisation)s is recorded.")
                if row is None
                else _("The latest decision by %(organisation)s is not an approval.")
            )
            gaps.append(Gap(text % {"organisation": payer}, href, Permission.EDIT_CONTRACT))
        elif ground.version and row.version_number is not None and row.version_number < ground.version.number:
            waiting.append(payer)
            stale = _("The decision was about version %(then)s; version %(now)s has come since.") % {
                "then": row.version_number,
                "now": ground.version.number,
            }
    return Found(done, gaps, is_begun=bool(ground.decisions), stale=stale, turn=tuple(waiting))


def agreement(ground: Ground) -> Found:
    version = ground.open
    if version is None:
        return _agreed(ground)
    code = ground.contract.code
    everybody = ground.organisations()
    if version.status == VersionStatus.DRAFT:
        text = _("Version %(number)s is a draft and is not proposed yet.") % {"number": version.number}
        gap = Gap(text, ground.href("contracts:contract_propose"), Permission.EDIT_CONTRACT)
        return Found([], [gap], turn=ground.payers)
    is_proposed = version.status == VersionStatus.PROPOSED
    by: list[int] = version.accepted_by if is_proposed else version.signed_by  # type: ignore[attr-defined]
    left = tuple(o for o in everybody if o.pk not in by)
    counts = {"done": len(everybody) - len(left), "all": len(everybody), "number": version.number}
    if is_proposed:
        done = [_("Version %(number)s is proposed: %(done)s of %(all)s parties have accepted.") % counts]
        href, permission = ground.href("contracts:contract_accept"), Permission.ACCEPT_TERMS
        said, verb = _("%(organisation)s has not accepted yet."), _("Answer the proposal")
    else:
        done = [_("All have accepted version %(number)s: %(done)s of %(all)s parties have signed.") % counts]
        href, permission = address_of(("contracts:contract_sign",), code), Permission.SIGN_AGREEMENT
        said, verb = _("%(organisation)s has not signed yet."), _("Sign the agreement")
    gaps = [Gap(said % {"organisation": organisation}, href, permission) for organisation in left]
    if not left:
        gaps = [Gap(_("More persons must sign."), href, permission)]
    return Found(done, gaps, is_begun=True, turn=left or everybody, verb=verb)


def _agreed(ground: Ground) -> Found:
    latest = ground.latest
    if latest is None:
        return Found([], [Gap(_("There is no version of the terms."))])
    done = [_("Version %(number)s is agreed.") % {"number": latest.number}]
    href = address_of(("reports:agreement", "contracts:contract_terms"), ground.contract.code)
    if ground.contract.status == ContractStatus.AGREED:
        gap = Gap(
            _("The contract is not started yet."), ground.href("contracts:contract_start"), Permission.EDIT_CONTRACT
        )
        return Found(done, [gap], is_begun=True, turn=ground.payers, verb=_("Start the contract"))
    return Found(done, [], is_begun=True, href=href)


_FINDS: Final[dict[str, Callable[[Ground], Found]]] = {
    "need": need,
    "target_group": target_group,
    "chain": chain,
    "indicators": indicators,
    "baseline": baseline,
    "payment": payment,
    "calculation": calculation,
    "parties": parties,
    "decision": decision,
    "agreement": agreement,
}
