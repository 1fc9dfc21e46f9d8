"""How a person shows who they are before they sign: one adapter per way, registered here by hand.

An adapter is a class with the attributes and methods of `Identification`. To add one (an e-ID provider's own protocol,
say): write it beside `password.py`, let `finish` return a Proof, and name it in `ways`.
"""

from contracts.identification.base import Identification, NotProved, Proof, Purpose
from contracts.identification.oidc import OpenIdConnect, provider_of
from contracts.identification.password import Password

__all__ = ["Identification", "NotProved", "Proof", "Purpose", "way_named", "ways"]


def ways() -> dict[str, Identification]:
    """The ways this installation offers, in the order people should see them."""
    provider = provider_of()
    found: list[Identification] = [OpenIdConnect(provider)] if provider else []
    return {way.key: way for way in [*found, Password()]}


def way_named(key: str) -> Identification | None:
    """The way with this key, if it is offered."""
    return ways().get(key)
