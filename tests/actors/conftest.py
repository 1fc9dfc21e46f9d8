"""The named world, and browsers in which its people have logged in."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.world import World, build_world

Browser = Callable[[str], Client]


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@pytest.fixture
def browser_of(world: World) -> Browser:
    """`browser_of("alva")`: a browser in which Alva has logged in."""

    def browser(name: str) -> Client:
        client = Client()
        client.force_login(world.users[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser
