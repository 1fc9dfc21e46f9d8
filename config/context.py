"""What every page's frame needs: is this the demo, and whose eyes read it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The demo label, the actor (None for a visitor) and the memberships the actor can choose between."""
    return {
        "is_demo": settings.DEMO,
        "actor": getattr(request, "actor", None),
        "memberships": getattr(request, "memberships", []),
    }
