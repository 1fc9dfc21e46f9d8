import pytest

from tests.world import World, build_world


@pytest.fixture
def world(db: None) -> World:
    """Nordviken and everybody in it, rolled back afterwards."""
    return build_world()
