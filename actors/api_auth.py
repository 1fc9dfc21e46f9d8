"""How another system proves who it is: a bearer token, stored as a hash, with scopes and an expiry."""

import hashlib
import logging
import secrets
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

from actors.models import ApiToken, User
from actors.policies import Actor

if TYPE_CHECKING:
    from rest_framework.views import APIView  # views import their authentication, so not the other way round

PREFIX = "utf_"
logger = logging.getLogger(__name__)


def new_secret() -> str:
    """A token to show once: a prefix that scanners recognise and 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def token_hash(secret: str) -> str:
    """What is stored of a token. It is random, so a plain sha256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer utf_…`. A token never opens a session, and a session never opens the API."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed(_("Write the header as: Authorization: Bearer <token>."))
        token = (
            ApiToken.objects.select_related("membership__user", "membership__organisation", "membership__board")
            .filter(token_hash=token_hash(parts[1].decode("latin-1")))
            .first()
        )
        if token is None or token.revoked_at or token.membership.ended_at or not token.membership.user.is_active:
            raise AuthenticationFailed(
                _("The token is not known, or has been revoked. Make a new one on your account page.")
            )
        if token.expires_at <= timezone.now():
            raise AuthenticationFailed(_("The token has expired. Make a new one on your account page."))
        return token.membership.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


def actor_of_request(request: Request) -> Actor:
    """The actor behind an authenticated API request."""
    token: Any = request.auth
    return Actor(user=token.membership.user, membership=token.membership)


class HasScope(BasePermission):
    """The token must carry the scope the view names in `scope` (default: read)."""

    message = ""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        token = request.auth
        if not isinstance(token, ApiToken):
            return False
        needed = str(getattr(view, "scope", ApiToken.Scope.READ))
        self.message = _("The token lacks the scope «%(scope)s».") % {"scope": needed}
        return needed in token.scopes


class Throttle(UserRateThrottle):
    """So many requests a minute. The counts stand in the cache: without it the API answers, uncounted."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        try:
            return super().allow_request(request, view)
        except (RedisError, OSError):
            logger.exception("requests to the API are not counted: the cache does not answer")
            return True


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
