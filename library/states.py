"""How sure a thing on the shelf is, whom a gain falls to, and the moves of a template that somebody offers."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Certainty(TextChoices):
    """How sure a figure or a text is. Nothing uncertain is shown as fact: the label stands beside it everywhere."""

    PUBLISHED = "published", _("Published")
    COMPUTED = "computed", _("Computed from published figures")
    UNCERTAIN = "uncertain", _("Uncertain: sources differ or must be checked")
    ASSUMED = "assumed", _("Assumed")
    INVENTED = "invented", _("Invented, to be replaced")


CERTAINTY_TONES: dict[Certainty, str] = {
    Certainty.PUBLISHED: "success",
    Certainty.COMPUTED: "info",
    Certainty.UNCERTAIN: "warning",
    Certainty.ASSUMED: "warning",
    Certainty.INVENTED: "danger",
}
"""How the label is shown, in the words of components/status_tag.html."""

UNSURE = frozenset({Certainty.UNCERTAIN, Certainty.ASSUMED, Certainty.INVENTED})


class Area(TextChoices):
    """What a thing on the shelf is about."""

    PLACEMENTS = "placements", _("Children in care")
    SCHOOL = "school", _("School")
    SICK_LEAVE = "sick_leave", _("Sick leave")
    HEALTH = "health", _("Health and medical care")
    HOME_CARE = "home_care", _("Home care")
    WORK = "work", _("Work and livelihood")
    HOUSING = "housing", _("Housing")
    GENERAL = "general", _("General")


def area_label(area: str) -> str:
    """The area in the reader's words; an area that is not known is shown as it is written."""
    return str(Area(area).label) if area in Area.values else area


class BudgetHolder(TextChoices):
    """Whose budget a cost or a gain falls on."""

    MUNICIPALITY = "municipality", _("The municipality")
    REGION = "region", _("The region")
    SOCIAL_INSURANCE = "social_insurance", "Försäkringskassan"
    EMPLOYMENT_SERVICE = "employment_service", "Arbetsförmedlingen"
    STATE = "state", _("The state otherwise")
    INDIVIDUAL = "individual", _("The individual and the household")


class ShelfStatus(TextChoices):
    """A template is offered, reviewed by the national support, and stands on the shelf until it is taken down."""

    OFFERED = "offered", _("Offered, waits for review")
    PUBLISHED = "published", _("On the shelf")
    RETURNED = "returned", _("Returned to its author")
    RETIRED = "retired", _("Taken down")


class ShelfAct(TextChoices):
    PUBLISH = "publish", _("publish")
    RETURN = "return", _("return")
    RETIRE = "retire", _("take down")


SHELF_TRANSITIONS: dict[tuple[str, str], str] = {
    (ShelfStatus.OFFERED, ShelfAct.PUBLISH): ShelfStatus.PUBLISHED,
    (ShelfStatus.OFFERED, ShelfAct.RETURN): ShelfStatus.RETURNED,
    (ShelfStatus.PUBLISHED, ShelfAct.RETIRE): ShelfStatus.RETIRED,
}

SHELF_TONES: dict[ShelfStatus, str] = {
    ShelfStatus.OFFERED: "warning",
    ShelfStatus.PUBLISHED: "success",
    ShelfStatus.RETURNED: "danger",
    ShelfStatus.RETIRED: "neutral",
}
