"""Everything the demo needs before its first page: database, translations, static files and the invented world.

`manage.py demo` runs this in a process of its own, because only this step may know the owner's address.
"""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.management.commands.collectstatic import Command as CollectStatic
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from config.management.commands.prepare_database import prepare, refuse_old_postgresql

# The demo invents signed contracts and payments: it must never meet a database that somebody else uses.
MARK = "demo_mark"  # a table that only an entirely empty database is given
REFUSAL = (
    "The database “{name}” has tables and was not made by the demo, so it is left as it is. "
    "Give the demo an empty database, or unset DATABASE_URL to let it use its own."
)


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        owner = owner_connection()
        refuse_old_postgresql(owner)
        mark_or_refuse(owner)
        call_command("compile_po", verbosity=0)  # before anything asks for a translation
        prepare(owner, app_role=connections[DEFAULT_DB_ALIAS].settings_dict["USER"], verbosity=0)
        collect_static_files()
        call_command("make_test_seal", verbosity=0)
        call_command("load_shelf", verbosity=0)
        from config.demo import world  # noqa: PLC0415 - it reads models and translations, so it comes last

        world.seed()


def owner_connection() -> BaseDatabaseWrapper:
    return connections["owner" if "owner" in settings.DATABASES else DEFAULT_DB_ALIAS]


def mark_or_refuse(owner: BaseDatabaseWrapper) -> None:
    """An entirely empty database becomes the demo's; one with tables must already carry the demo's mark."""
    with transaction.atomic(using=owner.alias), owner.cursor() as cursor:
        if is_empty(cursor):
            cursor.execute(f"CREATE TABLE {MARK} (made_at timestamptz NOT NULL DEFAULT now())")
        elif not is_marked(cursor):
            raise CommandError(REFUSAL.format(name=owner.settings_dict["NAME"]))


def is_empty(cursor: Any) -> bool:
    """No tables or views at all, in any schema. Takes a cursor of Django or of psycopg."""
    cursor.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
    )
    return bool(cursor.fetchone()[0] == 0)


def is_marked(cursor: Any) -> bool:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{MARK}"])
    return bool(cursor.fetchone()[0])


def collect_static_files() -> None:
    """Give the static files hashed names. It takes a second or two, so only when one of them has changed."""
    if settings.DEBUG:
        return
    root = Path(settings.STATIC_ROOT)
    stamp, sources = root.with_name(root.name + ".stamp"), hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda pair: str(pair[0])):
            sources.update(f"{path} {storage.size(path)} {storage.get_modified_time(path).timestamp()}\n".encode())
    if root.exists() and stamp.exists() and stamp.read_text() == sources.hexdigest():
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(root, ignore_errors=True)
    collect = CollectStatic()
    collect.storage = ManifestStaticFilesStorage()  # without the compressing, which takes ten seconds
    call_command(collect, interactive=False, verbosity=0)
    stamp.write_text(sources.hexdigest())
