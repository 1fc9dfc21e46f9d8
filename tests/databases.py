"""Databases for tests: created, copied and dropped as the owner; used by the application's own role."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import environ
import psycopg
from django.db import connections
from psycopg import sql

from config.local_stack import LocalStack


class Databases:
    """The databases of one test run, on the server of one stack."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack

    def create(self, *, template: str | None = None) -> str:
        """A new database, empty or a copy of `template` (to which nobody may be connected), and its name."""
        name = f"test_utfall_{secrets.token_hex(4)}"
        copied = sql.SQL("TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._as_owner(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), copied))
        return name

    def drop(self, name: str) -> None:
        self._as_owner(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """Where the application finds it."""
        return _renamed(self.stack.database_url, name)

    def owner_url(self, name: str) -> str:
        return _renamed(self.stack.owner_url, name)

    def connect_to(self, name: str) -> None:
        """Point Django's connections, `default` and `owner`, at this database from now on."""
        connections.close_all()
        addresses = connections.settings
        addresses.setdefault("owner", deepcopy(addresses["default"]))
        addresses["default"].update(environ.Env.db_url_config(self.url(name)))
        addresses["owner"].update(environ.Env.db_url_config(self.owner_url(name)))

    @contextmanager
    def used(self, name: str) -> Iterator[str]:
        """Use this database, and afterwards the one that was used before."""
        before = connections.settings["default"]["NAME"]
        self.connect_to(name)
        try:
            yield name
        finally:
            self.connect_to(before)

    def _as_owner(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.stack.owner_url, autocommit=True) as connection:
            connection.execute(statement)


def _renamed(url: str, name: str) -> str:
    address, _, old = url.rpartition("/")
    _, mark, options = old.partition("?")
    return f"{address}/{name}{mark}{options}"
