"""The rulebook's problems at their fields, and all of them at once with a way to each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from actors.forms import IDENTITY_NUMBER_REFUSED
from contracts.editor.nodes import Desk, Node
from rulebook import Problem

_LAST_STEP = re.compile(r"(\.[^.\[\]]+|\[\d+\]|^[^.\[\]]+)$")


@dataclass(frozen=True)
class Fault:
    """One thing to mend, what it is called, and the id of the field where it is."""

    text: str
    label: str = ""
    target: str = ""


def place_problems(problems: Iterable[Problem], desk: Desk, *, root: Node, quiet: bool) -> list[Fault]:
    """Write each problem at its part of the form, or at the nearest part around it; the answer lists them all.

    Quietly, what is only missing so far is not written at the fields: nobody likes to be told before having had time.
    """
    faults = []
    for problem in problems:
        node = _node_at(problem.where, desk) or root
        is_missing = problem.code == "missing" and node.place.where == problem.where
        text = _("Fill this in.") if is_missing else problem.message(desk.language)
        if not (quiet and is_missing):
            node.problems.append(text)
        is_root = node is root
        faults.append(Fault(text, "" if is_root else node.place.label, "" if is_root else node.first.place.id))
    return faults


def place_refusals(names: Iterable[str], desk: Desk, *, root: Node) -> list[Fault]:
    """Say at each field that held a personal identity number that it was removed. The number is not repeated."""
    by_name = {node.place.name: node for node in desk.nodes.values()}
    faults = []
    for name in names:
        node = by_name.get(name) or by_name.get(name.rpartition(".")[0]) or root
        node.problems.append(str(IDENTITY_NUMBER_REFUSED))
        faults.append(Fault(str(IDENTITY_NUMBER_REFUSED), node.place.label, node.first.place.id))
    return faults


def _node_at(where: str, desk: Desk) -> Node | None:
    while where:
        if where in desk.nodes and not desk.nodes[where].is_absent:
            return desk.nodes[where]
        shorter = _LAST_STEP.sub("", where)
        where = shorter if shorter != where else ""
    return desk.nodes.get("")
