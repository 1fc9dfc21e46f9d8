"""The named world, with something on the shelf."""

import pytest

from library.models import ContractTemplate
from tests.library.shelf import put_on_the_shelf
from tests.world import World, build_world


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@pytest.fixture
def template(world: World) -> ContractTemplate:
    return put_on_the_shelf()
