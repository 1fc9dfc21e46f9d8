"""The seeded demo world, walked in this process: real contracts, real people, nothing rolled back between walks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.databases import Databases


@pytest.fixture(scope="package")
def demo_world(
    databases: Databases, demo_database: tuple[str, Path], django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A copy of the demo's database, used by every test of this package."""
    name = databases.create(template=demo_database[0])
    try:
        media = override_settings(MEDIA_ROOT=demo_database[1] / "media")
        with django_db_blocker.unblock(), databases.used(name), media:
            yield
    finally:
        databases.drop(name)


@pytest.fixture(autouse=True)
def _undone(demo_world: None, kolada: str) -> Iterator[None]:
    """What a walk changes by knocking on acts is rolled back; bells after commit never ring."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
