"""What every page with a form that is saved field by field shares: the attempt to save, and what a refusal shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from actors.policies import Refused
from contracts.actions.saving import EditConflict
from contracts.forms.saving import SavingForm


@dataclass(frozen=True)
class Attempt:
    """How it went: saved, or with which status the page is drawn again, and what it then says."""

    is_saved: bool = False
    status: int = 200
    reasons: tuple[str, ...] = ()
    theirs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def context(self) -> dict[str, Any]:
        return {"reasons": self.reasons, "theirs": self.theirs}


def attempt(form: SavingForm, save: Callable[[Mapping[str, Any], Mapping[str, Any]], object]) -> Attempt:
    """Save what was posted: `save` gets the changes and what their writer saw. A page that is read saves nothing."""
    if not form.is_bound:
        return Attempt()
    if not form.is_valid():
        return Attempt(status=422)
    try:
        save(form.changes, form.seen_values)
    except EditConflict as conflict:
        form.show_again(conflict.theirs)
        return Attempt(status=409, reasons=conflict.reasons, theirs=form.theirs(conflict.theirs))
    except Refused as refusal:
        return Attempt(status=409, reasons=refusal.reasons)
    return Attempt(is_saved=True)
