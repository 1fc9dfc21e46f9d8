"""Which templates somebody may read: those that stand, or have stood, on the shelf; one's own; and the offered ones,
for those who review them.
"""

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from actors.policies import Actor, NotVisible, can
from actors.roles import Permission
from library.models import ContractTemplate
from library.states import ShelfStatus

MOST_OFFERS = 20  # of one's own, the latest
_SHOWN = frozenset({ShelfStatus.PUBLISHED, ShelfStatus.RETIRED})  # a retired one explains the drafts made from it


def published_templates() -> QuerySet[ContractTemplate]:
    """The templates on the shelf, one of each key."""
    return ContractTemplate.objects.filter(status=ShelfStatus.PUBLISHED).select_related("author")


def _visible(actor: Actor) -> QuerySet[ContractTemplate]:
    seen = Q(status__in=_SHOWN)
    if actor.organisation is not None:
        seen |= Q(author=actor.organisation)
    if can(actor, Permission.REVIEW_LIBRARY):
        seen |= Q(status__in=ShelfStatus.values)
    return ContractTemplate.objects.filter(seen).select_related("author", "offered_by")


def get_template_for(actor: Actor, key: str, version: int | None = None) -> ContractTemplate:
    """The template on the shelf, or the version asked for. Without one on the shelf: the latest that one may read.

    Raises NotVisible (404) for what the actor may not know of: an offered template is its author's and the support's.
    """
    templates = _visible(actor).filter(key=key)
    if version is not None:
        templates = templates.filter(version=version)
    on_the_shelf = When(status=ShelfStatus.PUBLISHED, then=Value(0))
    placed = templates.annotate(place=Case(on_the_shelf, default=Value(1), output_field=IntegerField()))
    template = placed.order_by("place", "-version").first()
    if template is None:
        raise NotVisible
    return template


def offers_of(actor: Actor) -> QuerySet[ContractTemplate]:
    """What one's own organisation has offered and is not on the shelf now, the latest first."""
    own = ContractTemplate.objects.filter(author=actor.organisation) if actor.organisation else None
    found = ContractTemplate.objects.none() if own is None else own
    return found.exclude(status=ShelfStatus.PUBLISHED).order_by("-offered_at", "-pk")[:MOST_OFFERS]


def waiting_templates() -> QuerySet[ContractTemplate]:
    """Offered templates, the oldest first: the queue of those who review them."""
    waiting = ContractTemplate.objects.filter(status=ShelfStatus.OFFERED)
    return waiting.select_related("author", "offered_by").order_by("offered_at", "pk")
