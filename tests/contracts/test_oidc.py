"""Showing who one is over OpenID Connect, against a provider that runs on this machine."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from django.test import Client, override_settings
from django.urls import reverse

from config.local_stack import free_port
from contracts.identification import NotProved, Purpose
from contracts.identification.oidc import OpenIdConnect, Provider, _is_safe
from contracts.models import Signature
from tests.contracts.conftest import AT, Drafting, browser

BASE = "http://testserver"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Its address. It knows Dag by his e-mail address, confirmed; Dolf's is not.

    A process of its own: our tests take every warning for an error, and the provider's libraries have some.
    """
    port = free_port()
    address = f"http://localhost:{port}"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "true",
    ]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as server:  # noqa: S603 - our own words
        _wait_for(address)
        for email, confirmed in (("dag@nordviken.example", True), ("dolf@nordviken.example", False)):
            claims = {"email": email, "email_verified": confirmed}
            httpx.put(f"{address}/users/{email}", json=claims).raise_for_status()
        yield address
        server.terminate()


def _wait_for(address: str) -> None:
    for _attempt in range(300):
        try:
            httpx.get(f"{address}/.well-known/openid-configuration").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the provider did not start")


@pytest.fixture
def offered(provider: str) -> Iterator[str]:
    named = {"issuer": provider, "client_id": "utfall", "client_secret": "hemligt", "label": "Inloggning Sverige"}
    with override_settings(SIGNING_OIDC=named, BASE_URL=BASE):
        yield provider


@pytest.fixture
def ready(drafting: Drafting) -> Drafting:
    drafting.propose()
    drafting.accept_all()
    return drafting


def url(name: str, drafting: Drafting, *more: object) -> str:
    return reverse(f"contracts:{name}", args=[drafting.contract.code, *more])


def sent_away(client: Client, drafting: Drafting) -> str:
    answer = client.post(url("sign_identify", drafting, "oidc"))
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def logged_in(address: str, subject: str) -> str:
    """What the browser does at the provider: log in, and be sent back."""
    answer = httpx.post(address, data={"sub": subject})
    assert answer.status_code == 302
    return str(answer.headers["Location"]).removeprefix(BASE)


def sign(client: Client, drafting: Drafting) -> Any:
    text = client.get(url("contract_sign", drafting)).content.decode()
    shown = dict(re.findall(r'<input type="hidden" name="(document_hash|intent)" value="([^"]*)"', text))
    return client.post(url("contract_sign", drafting), shown)


def test_a_signatory_logs_in_anew_and_signs(ready: Drafting, offered: str) -> None:
    client = browser(ready.world, "dag")
    assert "Show who you are with Inloggning Sverige" in client.get(url("contract_sign", ready)).content.decode()
    address = sent_away(client, ready)
    asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
    assert asked["prompt"] == "login"
    assert asked["max_age"] == "0"
    assert asked["code_challenge_method"] == "S256"
    assert {"nonce", "state", "code_challenge"} <= asked.keys()
    assert asked["redirect_uri"] == f"{BASE}/avtal/underskrift/svar/"
    back = client.get(logged_in(address, "dag@nordviken.example"))
    assert back.headers["Location"] == url("contract_sign", ready)
    assert not Signature.objects.filter(version=ready.version).exists(), "coming back signs nothing"
    assert sign(client, ready).status_code == 302
    signature = Signature.objects.get(version=ready.version)
    assert signature.method == "oidc"
    assert signature.evidence["issuer"] == offered
    assert len(signature.evidence["subject_hash"]) == 64
    assert "dag@" not in str(signature.evidence)
    assert datetime.fromisoformat(signature.evidence["auth_time"]) <= datetime.now(UTC)


def test_somebody_elses_login_proves_nothing(ready: Drafting, offered: str) -> None:
    client = browser(ready.world, "ines")
    answer = client.get(logged_in(sent_away(client, ready), "dag@nordviken.example"))
    assert answer.status_code == 409
    assert "is not the one of your account" in answer.content.decode()
    assert sign(client, ready).status_code == 409


def test_an_address_that_is_not_confirmed_proves_nothing(ready: Drafting, offered: str) -> None:
    ready.world.users["dag"].email = "dolf@nordviken.example"
    ready.world.users["dag"].save()
    client = browser(ready.world, "dag")
    answer = client.get(logged_in(sent_away(client, ready), "dolf@nordviken.example"))
    assert answer.status_code == 409


def test_an_answer_is_used_once_and_by_whoever_asked(ready: Drafting, offered: str) -> None:
    dag, ines = browser(ready.world, "dag"), browser(ready.world, "ines")
    back = logged_in(sent_away(dag, ready), "dag@nordviken.example")
    assert ines.get(back).status_code == 409, "another session asked for nothing"
    assert dag.get(back).status_code == 302
    assert dag.get(back).status_code == 409, "used"


@pytest.mark.parametrize("fault", ["state=annat&code=x", "error=access_denied", "", "code=x"])
def test_an_answer_that_does_not_fit_is_refused(ready: Drafting, offered: str, fault: str) -> None:
    client = browser(ready.world, "dag")
    state = parse_qs(urlsplit(sent_away(client, ready)).query)["state"][0]
    query = fault if fault.startswith("state") else f"state={state}&{fault}"
    answer = client.get(f"{reverse('contracts:oidc_answer')}?{query}")
    assert answer.status_code == 409
    assert sign(client, ready).status_code == 409


def test_a_proof_does_not_outlive_the_text(ready: Drafting, offered: str) -> None:
    from contracts import actions

    client = browser(ready.world, "dag")
    address = sent_away(client, ready)
    actions.return_proposal(actor=ready.actor("ines"), contract=ready.contract, reason="Nej", at=AT)
    ready.propose()
    ready.accept_all()
    assert client.get(logged_in(address, "dag@nordviken.example")).status_code == 409


def test_a_provider_that_does_not_answer_is_told(ready: Drafting) -> None:
    named = {"issuer": "http://localhost:9", "client_id": "utfall", "label": "Inloggning"}
    with override_settings(SIGNING_OIDC=named, BASE_URL=BASE):
        answer = browser(ready.world, "dag").post(url("sign_identify", ready, "oidc"))
    assert answer.status_code == 409
    assert "does not answer now" in answer.content.decode()


def test_without_a_provider_there_is_only_the_password(ready: Drafting) -> None:
    client = browser(ready.world, "dag")
    assert client.post(url("sign_identify", ready, "oidc")).status_code == 404
    assert client.get(reverse("contracts:oidc_answer")).status_code == 409


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://id.example/token", True),
        ("http://localhost:9000/token", True),
        ("http://127.0.0.1/token", True),
        ("http://id.example/token", False),
        ("http://localhost.evil.example/", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_only_protected_addresses_are_followed(address: str, is_safe: bool) -> None:
    assert _is_safe(address) is is_safe


# --- What is demanded of the token -----------------------------------------------------------------------------------


class Answers(OpenIdConnect):
    """The same way, with a provider that says whatever the test wants."""

    def __init__(self, claims: dict[str, Any], *, algorithm: str = "HS256", key: str = "x" * 40) -> None:
        super().__init__(Provider(issuer="https://id.example", client_id="utfall"))
        self.claims, self.algorithm, self.key_text = claims, algorithm, key

    def _asked(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        return {"keys": [{"kty": "oct", "k": "eHh4", "alg": "HS256", "kid": "1"}]}


def test_a_token_signed_in_another_way_than_agreed_is_not_trusted() -> None:
    """A shared secret, or none at all, would let anybody who knows the client's make a token."""
    now = int(time.time())
    claims = {"iss": "https://id.example", "aud": "utfall", "sub": "1", "iat": now, "exp": now + 60, "nonce": "n"}
    way = Answers(claims)
    where = {"issuer": "https://id.example", "jwks_uri": "https://id.example/jwks"}
    for token in (jwt.encode(claims, "x" * 40, "HS256", headers={"kid": "1"}), jwt.encode(claims, "", "none")):
        with pytest.raises(NotProved, match="cannot be trusted"):
            way._verified(where, {"id_token": token}, nonce="n", at=AT)


@pytest.mark.parametrize(
    "said",
    [{}, {"auth_time": "nyss"}, {"auth_time": int((AT - timedelta(hours=1)).timestamp())}],
)
def test_an_old_login_is_not_enough(said: dict[str, Any]) -> None:
    with pytest.raises(NotProved, match="log in anew"):
        Answers({})._refuse_stale(said, AT)


def test_the_address_is_compared_whatever_its_case() -> None:
    purpose = Purpose(1, "Dag@Nordviken.example", "UK-1", "0" * 64)
    Answers({})._refuse_somebody_else({"email": "dag@nordviken.EXAMPLE", "email_verified": True}, purpose)
    for email, verified in (("dag@nordviken.example", "true"), ("dag@nordviken.example", None), ("x@y.example", True)):
        with pytest.raises(NotProved):
            Answers({})._refuse_somebody_else({"email": email, "email_verified": verified}, purpose)
