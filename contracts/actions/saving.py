"""Saving what a person wrote without overwriting what somebody else wrote meanwhile, field by field."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from actors.policies import Refused


class EditConflict(Refused):
    """Somebody else changed the same fields meanwhile. `theirs` holds what stands there now, by field."""

    def __init__(self, theirs: Mapping[str, Any], *reasons: str) -> None:
        super().__init__(*reasons)
        self.theirs = theirs


def changed_since(
    stored: Mapping[str, Any],
    changes: Mapping[str, Any],
    seen: Mapping[str, Any] | None,
    labels: Mapping[str, str],
) -> dict[str, Any]:
    """What of the changes is to be saved.

    `stored` is what stands there now, `seen` what the writer saw before changing it. A field that the writer left alone
    is not saved; one that both changed is not overwritten: EditConflict says which, and what stands there now.
    """
    seen = seen or {}
    changed = {
        name: value
        for name, value in changes.items()
        if value != stored[name] and not (name in seen and value == seen[name])
    }
    theirs = {name: stored[name] for name in changed if name in seen and seen[name] != stored[name]}
    if theirs:
        text = _("Somebody else changed this while you were writing: %(fields)s. Nothing is saved yet.")
        raise EditConflict(theirs, text % {"fields": ", ".join(labels[name] for name in theirs)})
    return changed


def stored_in(row: models.Model, names: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in these fields of the row."""
    return {name: getattr(row, name) for name in names}


def labels_of(row: models.Model, names: Mapping[str, Any]) -> dict[str, str]:
    """What people call these fields of the row."""
    return {name: str(row._meta.get_field(name).verbose_name) for name in names}  # type: ignore[union-attr]


def change(row: models.Model, changes: Mapping[str, Any], seen: Mapping[str, Any] | None) -> dict[str, Any]:
    """Set on the row what of the changes is to be saved, and return it. The caller, who has locked the row, saves."""
    changed = changed_since(stored_in(row, changes), changes, seen, labels_of(row, changes))
    for name, value in changed.items():
        setattr(row, name, value)
    return changed
