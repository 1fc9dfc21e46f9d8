"""The rights of the application's role, as prepare_database sets them and as every test meets them."""

from threading import Thread

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction

from config.management.commands.prepare_database import refuse_old_postgresql
from tests.databases import Databases

APPEND_ONLY = sorted(model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False))


def refused(statement: str) -> bool:
    """Does the database deny this to the application? (A missing table or a syntax error isn't a denial.)"""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except ProgrammingError as error:
        return "permission denied" in str(error) or "must be owner" in str(error)
    return False


@pytest.mark.django_db
def test_tests_run_as_the_applications_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        role, mighty = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        owned = cursor.fetchone()[0]
    assert (role, mighty, owned) == ("utfall_app", False, 0)


def test_something_is_append_only() -> None:
    assert "actors_auditevent" in APPEND_ONLY


@pytest.mark.django_db
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_application_can_add_to_an_append_only_table_but_not_change_it(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'INSERT') AND has_table_privilege(%s, 'SELECT')", [table, table])
        assert cursor.fetchone()[0]
    for statement in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} DISABLE TRIGGER ALL"):
        assert refused(statement.format(table)), statement


@pytest.mark.django_db
def test_application_cannot_rewrite_the_history_of_migrations_or_make_tables() -> None:
    assert refused("DELETE FROM django_migrations")
    assert refused("CREATE TABLE mine (id int)")
    assert refused("DROP TABLE django_session")


def test_preparing_again_changes_nothing(own_database: str) -> None:
    def rights() -> list[tuple[str, str]]:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace")
            return sorted(
                (name, str(sorted((rights or "").strip("{}").split(",")))) for name, rights in cursor.fetchall()
            )

    before = rights()
    call_command("prepare_database", verbosity=0)
    assert rights() == before


def test_an_old_postgresql_is_refused(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.management.commands.prepare_database.OLDEST_POSTGRESQL", 99)
    with pytest.raises(CommandError, match="needs 99 or newer"):
        refuse_old_postgresql(connections["owner"])


def test_an_own_database_commits_across_threads_and_is_gone_afterwards(own_database: str, databases: Databases) -> None:
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    def write() -> None:
        Session.objects.create(session_key="x", session_data="", expire_date=timezone.now())
        connections.close_all()

    thread = Thread(target=write)
    thread.start()
    thread.join()
    assert Session.objects.filter(session_key="x").exists()
    assert connection.settings_dict["NAME"] == own_database
