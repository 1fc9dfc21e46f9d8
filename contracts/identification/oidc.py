"""OpenID Connect, against any provider named in the settings: code flow with PKCE, nonce, and a fresh login.

The provider is asked to let the person log in anew (`prompt=login`, `max_age=0`), and must say when they did. The
verified e-mail address it gives must be the account's. Of the person it keeps the issuer, a keyed hash of the subject
(a subject may be a personal identity number, and a plain hash of one is soon guessed), and when and how they logged in.
"""

import base64
import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from contracts.identification.base import NotProved, Proof, Purpose

_TRIP_KEY = "signing_trip"
_TIMEOUT = httpx.Timeout(5.0)
_LEEWAY = timedelta(seconds=60)  # two clocks are never the same
_TRIP_LASTS = timedelta(minutes=15)
_ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "ES384", "RS512", "ES512", "EdDSA")


@dataclass(frozen=True)
class Provider:
    """Who is asked, as SIGNING_OIDC names it."""

    issuer: str
    client_id: str
    client_secret: str = ""
    label: str = ""
    scope: str = "openid email"
    acr_values: str = ""


def provider_of() -> Provider | None:
    """The provider in the settings, if one is named."""
    named = settings.SIGNING_OIDC
    return Provider(**named) if named else None


def callback_address() -> str:
    """Where the provider sends the person back: the address to register with it."""
    return str(settings.BASE_URL).rstrip("/") + reverse("contracts:oidc_answer")


class OpenIdConnect:
    """The way out to the provider and back."""

    key = "oidc"

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.label = provider.label or urlsplit(provider.issuer).netloc

    def start(self, request: HttpRequest, purpose: Purpose, at: datetime) -> HttpResponseBase:
        """Remember what is asked for in the session, and send the person to the provider."""
        where = self._discovered()
        verifier = secrets.token_urlsafe(64)
        trip = {
            "state": secrets.token_urlsafe(32),
            "nonce": secrets.token_urlsafe(32),
            "verifier": verifier,
            "user": purpose.user_pk,
            "hash": purpose.document_hash,
            "code": purpose.contract_code,
            "started_at": at.isoformat(),
        }
        request.session[_TRIP_KEY] = trip
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": callback_address(),
            "scope": self.provider.scope,
            "state": trip["state"],
            "nonce": trip["nonce"],
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "prompt": "login",
            "max_age": "0",
            "login_hint": purpose.email,
        }
        if self.provider.acr_values:
            asked["acr_values"] = self.provider.acr_values
        separator = "&" if "?" in where["authorization_endpoint"] else "?"
        return HttpResponseRedirect(where["authorization_endpoint"] + separator + urlencode(asked))

    def finish(self, request: HttpRequest, purpose: Purpose, at: datetime) -> Proof:
        """Read the provider's answer. What was remembered of the trip is used once."""
        trip = request.session.pop(_TRIP_KEY, None)
        if trip is None or not constant_time_compare(request.GET.get("state", ""), trip["state"]):
            raise NotProved(_("This answer does not belong to anything you asked for here. Begin again."))
        started_at = datetime.fromisoformat(trip["started_at"])
        if (trip["user"], trip["hash"]) != (purpose.user_pk, purpose.document_hash) or at - started_at > _TRIP_LASTS:
            raise NotProved(_("This answer belongs to another text or came too late. Begin again."))
        if request.GET.get("error") or not request.GET.get("code"):
            raise NotProved(
                _("%(provider)s did not confirm who you are. Nothing is signed.") % {"provider": self.label}
            )
        if request.GET.get("iss", self.provider.issuer) != self.provider.issuer:
            raise NotProved(_("The answer came from another provider than the one you were sent to."))
        where = self._discovered()
        tokens = self._tokens(where, request.GET["code"], trip["verifier"])
        said = self._verified(where, tokens, nonce=trip["nonce"], at=at)
        self._refuse_stale(said, started_at)
        self._refuse_somebody_else(said, purpose)
        return Proof(self.key, self._evidence(said), at)

    # --- What the provider answers -----------------------------------------------------------------------------------

    def _discovered(self) -> dict[str, Any]:
        issuer = self.provider.issuer
        where = self._asked("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
        if where.get("issuer", "").rstrip("/") != issuer.rstrip("/"):
            raise NotProved(
                _("%(provider)s gives itself another name than the settings do.") % {"provider": self.label}
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not _is_safe(where.get(name, "")):
                raise NotProved(
                    _("%(provider)s does not answer over a protected connection.") % {"provider": self.label}
                )
        return where

    def _tokens(self, where: dict[str, Any], code: str, verifier: str) -> dict[str, Any]:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback_address(),
            "code_verifier": verifier,
            "client_id": self.provider.client_id,
        }
        methods = where.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = self.provider.client_secret and "client_secret_basic" in methods
        if self.provider.client_secret and not basic:
            sent["client_secret"] = self.provider.client_secret
        auth = httpx.BasicAuth(self.provider.client_id, self.provider.client_secret) if basic else None
        return self._asked("POST", where["token_endpoint"], data=sent, auth=auth)

    def _verified(self, where: dict[str, Any], tokens: dict[str, Any], *, nonce: str, at: datetime) -> dict[str, Any]:
        """The claims of the identity token, whose signature, issuer, audience, time and nonce are right."""
        keys = self._asked("GET", where["jwks_uri"])
        try:
            claims: dict[str, Any] = jwt.decode(
                tokens.get("id_token", ""),
                _key(keys, jwt.get_unverified_header(tokens.get("id_token", ""))),
                algorithms=list(_ALGORITHMS),
                audience=self.provider.client_id,
                issuer=where["issuer"],
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError, KeyError, TypeError) as error:
            raise NotProved(
                _("What %(provider)s answered cannot be trusted. Nothing is signed.") % {"provider": self.label}
            ) from error
        if not constant_time_compare(str(claims.get("nonce", "")), nonce) or not _is_for(
            claims, self.provider.client_id
        ):
            raise NotProved(_("This answer does not belong to anything you asked for here. Begin again."))
        if "email" not in claims and where.get("userinfo_endpoint") and _is_safe(where["userinfo_endpoint"]):
            bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
            more = self._asked("GET", where["userinfo_endpoint"], headers=bearer)
            if more.get("sub") == claims["sub"]:
                claims |= {name: more[name] for name in ("email", "email_verified") if name in more}
        return claims

    def _asked(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            answer = httpx.request(method, address, timeout=_TIMEOUT, follow_redirects=False, **more)
            answer.raise_for_status()
            document = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise NotProved(
                _("%(provider)s does not answer now. Try again in a while, or show who you are in another way.")
                % {"provider": self.label}
            ) from error
        if not isinstance(document, dict):
            raise NotProved(_("What %(provider)s answered cannot be read.") % {"provider": self.label})
        return document

    # --- What is demanded of the answer ------------------------------------------------------------------------------

    def _refuse_stale(self, said: dict[str, Any], started_at: datetime) -> None:
        logged_in = said.get("auth_time")
        if not isinstance(logged_in, int) or datetime.fromtimestamp(logged_in, UTC) < started_at - _LEEWAY:
            raise NotProved(
                _("%(provider)s did not let you log in anew. Log out there, and begin again.")
                % {"provider": self.label}
            )

    def _refuse_somebody_else(self, said: dict[str, Any], purpose: Purpose) -> None:
        email = str(said.get("email", ""))
        if said.get("email_verified") is not True or email.casefold() != purpose.email.casefold():
            raise NotProved(
                _("The e-mail address that %(provider)s has confirmed is not the one of your account here.")
                % {"provider": self.label}
            )

    def _evidence(self, said: dict[str, Any]) -> dict[str, Any]:
        subject = salted_hmac("contracts.identification.oidc", f"{said['iss']} {said['sub']}", algorithm="sha256")
        evidence = {
            "issuer": said["iss"],
            "subject_hash": subject.hexdigest(),
            "auth_time": datetime.fromtimestamp(said["auth_time"], UTC).isoformat(),
        }
        return evidence | {name: said[name] for name in ("acr", "amr") if name in said}


def trip_code(request: HttpRequest) -> str:
    """The contract that the person was about to sign when they were sent away."""
    trip = request.session.get(_TRIP_KEY) or {}
    return str(trip.get("code", ""))


def _key(keys: dict[str, Any], header: dict[str, Any]) -> jwt.PyJWK:
    """The provider's key that the token names, or its only one."""
    usable = [key for key in keys["keys"] if key.get("use", "sig") == "sig"]
    named = [key for key in usable if key.get("kid") == header.get("kid")] if header.get("kid") else usable
    if len(named) != 1:
        raise KeyError("no such key")
    return jwt.PyJWK(named[0], algorithm=header["alg"] if header.get("alg") in _ALGORITHMS else None)


def _is_for(claims: dict[str, Any], client_id: str) -> bool:
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    return claims.get("azp", client_id) == client_id and (len(audience) == 1 or "azp" in claims)


def _is_safe(address: str) -> bool:
    """TLS, or a provider on this very machine."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return True
    host = parts.hostname or ""
    try:
        return parts.scheme == "http" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False
