"""Migrate as the owner of the database, give the application's role exactly what it needs, and fill the shelf."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

OLDEST_POSTGRESQL = 18
_PREPARING = 0x75_74_66_61_6C_6C  # "utfall": the advisory lock that lets one preparation run at a time


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []  # some checks ask the database, which may still be empty

    def handle(self, *args: Any, **options: Any) -> None:
        owner = connections["owner" if "owner" in settings.DATABASES else DEFAULT_DB_ALIAS]
        prepare(owner, app_role=connections[DEFAULT_DB_ALIAS].settings_dict["USER"], verbosity=options["verbosity"])
        call_command("load_shelf", verbosity=options["verbosity"], stdout=self.stdout)  # with the application's rights
        self.stdout.write("The database is prepared.")


def prepare(owner: BaseDatabaseWrapper, *, app_role: str, verbosity: int = 1) -> None:
    """Bring the database to the code's shape. Safe to repeat, and safe to run twice at the same time."""
    refuse_old_postgresql(owner)
    with owner.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_PREPARING])
        try:
            call_command("migrate", database=owner.alias, interactive=False, verbosity=verbosity)
            grant_to_application(owner, app_role)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_PREPARING])


def refuse_old_postgresql(owner: BaseDatabaseWrapper) -> None:
    """The schema uses the builtin collations of PostgreSQL 18."""
    with owner.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')")
        major, version = cursor.fetchone()
    if major < OLDEST_POSTGRESQL:
        raise CommandError(f"The database runs PostgreSQL {version}; Utfall needs {OLDEST_POSTGRESQL} or newer.")


def grant_to_application(owner: BaseDatabaseWrapper, app_role: str) -> None:
    """Set the application's rights from the models, all in one transaction.

    Rows of a model with `append_only = True` can be added and read, never changed. A table without a model (history of
    migrations, the head of a hash chain) is written by migrations and triggers, so the application only reads it.
    """
    role = sql.Identifier(app_role)
    models = apps.get_models(include_auto_created=True)
    append_only = {model._meta.db_table for model in models if getattr(model, "append_only", False)}
    changing = {model._meta.db_table for model in models} - append_only
    with transaction.atomic(using=owner.alias), owner.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == app_role:
            return  # one role does both (a developer's own database): an owner needs no grants
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {row[0] for row in cursor.fetchall()}
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {role}",
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
            "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=role))
        for rights, names in (("INSERT", append_only), ("INSERT, UPDATE, DELETE", changing)):
            for name in sorted(names & tables):
                statement = f"GRANT {rights} ON {{table}} TO {{role}}"
                cursor.execute(sql.SQL(statement).format(table=sql.Identifier(name), role=role))
