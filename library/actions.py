"""What is done with the shelf: an offered template is published or returned, and a published one taken down."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from actors.audit import record
from actors.mail import tell
from actors.models import User
from actors.moves import move
from actors.policies import Actor, Refused, require
from actors.roles import Duty, Permission
from library.models import ContractTemplate, TemplateStatusChange
from library.states import SHELF_TRANSITIONS, ShelfAct, ShelfStatus


@transaction.atomic
def publish_template(*, actor: Actor, template: ContractTemplate, at: datetime) -> ContractTemplate:
    """Put an offered template on the shelf. An earlier version of it is taken down in the same act."""
    locked = _begin(actor, template)
    earlier = ContractTemplate.objects.filter(key=locked.key, status=ShelfStatus.PUBLISHED).exclude(pk=locked.pk)
    if locked.status == ShelfStatus.OFFERED:
        for former in earlier:
            _move(former, ShelfAct.RETIRE, actor, at, _("Replaced by version %(n)s.") % {"n": locked.version})
    _move(locked, ShelfAct.PUBLISH, actor, at)
    locked.updated_at = at
    locked.save(update_fields=["updated_at"])
    _record("library.publish_template", locked, actor, at)
    _tell_author("template_published", locked, at)
    return locked


@transaction.atomic
def return_template(*, actor: Actor, template: ContractTemplate, reason: str, at: datetime) -> ContractTemplate:
    """Give an offered template back to its author, with what should be mended."""
    locked = _begin(actor, template)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Write why the template is returned: its author needs to know what to mend."))
    _move(locked, ShelfAct.RETURN, actor, at, reason)
    _record("library.return_template", locked, actor, at)
    _tell_author("template_returned", locked, at, reason=reason)
    return locked


@transaction.atomic
def retire_template(*, actor: Actor, template: ContractTemplate, reason: str, at: datetime) -> ContractTemplate:
    """Take a template down from the shelf. Drafts that began from it keep what they copied."""
    locked = _begin(actor, template)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Write why the template is taken down: those who know of it will ask."))
    _move(locked, ShelfAct.RETIRE, actor, at, reason)
    _record("library.retire_template", locked, actor, at)
    _tell_author("template_retired", locked, at, reason=reason)
    return locked


def tell_reviewers(template: ContractTemplate, *, at: datetime) -> None:
    """Tell those who review the shelf that a template waits."""
    _tell(_reviewers(), "template_offered", template, at)


# --- Shared ----------------------------------------------------------------------------------------------------------


def _begin(actor: Actor, template: ContractTemplate) -> ContractTemplate:
    """Authorise, and lock every version of the template: one of them at a time stands on the shelf."""
    require(actor, Permission.REVIEW_LIBRARY)
    versions = ContractTemplate.objects.select_for_update().filter(key=template.key).order_by("pk")
    return next(row for row in versions if row.pk == template.pk)


def _move(template: ContractTemplate, act: ShelfAct, actor: Actor, at: datetime, reason: str = "") -> None:
    status = ShelfStatus(template.status).label
    move(
        template,
        act,
        transitions=SHELF_TRANSITIONS,
        changes=TemplateStatusChange,
        subject_field="template",
        actor=actor,
        at=at,
        refusal=_("The template cannot take the step «%(act)s». Its status is «%(status)s».")
        % {"act": act.label, "status": status},
        reason=reason,
    )


def _record(event: str, template: ContractTemplate, actor: Actor, at: datetime) -> None:
    record(actor=actor, at=at, event=event, subject=template, key=template.key, version=template.version)


def _reviewers() -> QuerySet[User]:
    return User.objects.filter(
        is_active=True,
        memberships__organisation__is_national_support=True,
        memberships__ended_at__isnull=True,
        memberships__duties__contains=[Duty.CASE_OFFICER],
    ).distinct()


def _tell_author(kind: str, template: ContractTemplate, at: datetime, **data: str) -> None:
    if template.offered_by is not None:
        _tell([template.offered_by], kind, template, at, **data)


def _tell(users: Iterable[User], kind: str, template: ContractTemplate, at: datetime, **data: str) -> None:
    names = {"name_sv": template.name_sv, "name_en": template.name_en, "version": str(template.version)}
    tell(
        users=users,
        kind=kind,
        contract_code="",
        path=reverse("library:template_version", args=[template.key, template.version]),
        data=names | data,
        key=f"{kind}:{template.pk}",
        at=at,
    )
