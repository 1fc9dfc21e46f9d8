"""System checks: what an installation must have before it may serve anybody, each with an id to look up."""

import ctypes
import ctypes.util
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

SHORTEST_SECRET = 40  # of random letters and digits: more than 200 bits
PDF_LIBRARIES = ("pango-1.0", "pangoft2-1.0")


@register(Tags.security)
def secret_key(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """E001: sessions and links are signed with it, so it must be long and secret. DEBUG may go without."""
    if settings.DEBUG or len(settings.SECRET_KEY) >= SHORTEST_SECRET:
        return []
    return [
        Error(
            f"SECRET_KEY has {len(settings.SECRET_KEY)} characters; it needs at least {SHORTEST_SECRET}.",
            hint="Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            id="utfall.E001",
        )
    ]


@register(Tags.security)
def hosts(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """E002: the names the installation answers to; without them every request is refused."""
    if settings.DEBUG or (settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS):
        return []
    return [
        Error(
            "ALLOWED_HOSTS must list the host names of this installation, and not «*».",
            hint="ALLOWED_HOSTS=utfall.kommunen.se",
            id="utfall.E002",
        )
    ]


@register()
def time_zone(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """E003: the dates of periods and decisions are Swedish dates."""
    if settings.USE_TZ and settings.TIME_ZONE == "Europe/Stockholm":
        return []
    return [Error("USE_TZ must be on and TIME_ZONE Europe/Stockholm: periods end at midnight there.", id="utfall.E003")]


@register()
def documents(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """W001: without Pango the pages work, but no PDF can be made. Asks for the libraries, which is quick."""
    missing = [name for name in PDF_LIBRARIES if not _can_be_loaded(name)]
    if not missing:
        return []
    return [
        Warning(
            f"PDF documents cannot be made: {', '.join(missing)} cannot be loaded.",
            hint="apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 "
            "fonts-dejavu-core",
            id="utfall.W001",
        )
    ]


@register()
def agreements(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """W002: agreed contracts are sealed as PDF. Without a seal they are not, and a test seal proves nothing."""
    if settings.SEAL_PKCS12 or settings.DEBUG or settings.DEMO:
        return []
    sealed = "sealed with a test seal, which has no legal effect" if settings.SEAL_TEST_FOLDER else "not sealed"
    return [
        Warning(
            f"Agreements are {sealed}: SEAL_PKCS12 is not set.",
            hint="Set SEAL_PKCS12 and SEAL_PASSWORD to a seal from a trust service: docs/adr/0016",
            id="utfall.W002",
        )
    ]


def _can_be_loaded(name: str) -> bool:
    for file in (f"lib{name}.so.0", f"lib{name}.0.dylib"):
        try:
            ctypes.CDLL(file)
        except OSError:
            continue
        return True
    return ctypes.util.find_library(name) is not None
