"""The database itself refuses to change or delete who saw people's full data."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION core_access_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'access entries are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER core_access_append_only
    BEFORE UPDATE OR DELETE ON core_accessentry
    FOR EACH ROW EXECUTE FUNCTION core_access_refuse();
"""

BACK = """
DROP TRIGGER core_access_append_only ON core_accessentry;
DROP FUNCTION core_access_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(APPEND_ONLY, BACK)]
