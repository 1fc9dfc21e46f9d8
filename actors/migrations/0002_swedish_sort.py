"""Sort as Swedes do, whatever locales the server has: å, ä and ö after z, accents folded, case ignored."""

from django.db import migrations

CREATE = """
CREATE FUNCTION sv_sort(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT translate(lower(normalize(t, NFC) COLLATE pg_unicode_fast),
                   'åäöæøéèêëáàâüúùûíìîïóòôñç-', '{|}|}eeeeaaayuuuiiiiooonc ') COLLATE "C"
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("actors", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION sv_sort(text);")]
