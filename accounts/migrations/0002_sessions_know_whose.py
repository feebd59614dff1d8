"""Sessions know whose they are, so that those of somebody who leaves can be found."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models
from django.utils import timezone

COLUMN = """
ALTER TABLE django_session ADD COLUMN person_id bigint NULL;
CREATE INDEX accounts_session_person ON django_session (person_id) WHERE person_id IS NOT NULL;
"""
BACK = "ALTER TABLE django_session DROP COLUMN person_id;"
BATCH = 1000


def whose(apps: Any, schema_editor: Any) -> None:
    """Read it out of those that browsers hold already."""
    sessions, store, found = apps.get_model("accounts", "Session").objects, SessionStore(), []
    for row in sessions.filter(expire_date__gt=timezone.now()).iterator(BATCH):
        row.person_id = store.decode(row.session_data).get(SESSION_KEY)
        if row.person_id:
            found.append(row)
        if len(found) >= BATCH:
            sessions.bulk_update(found, ["person_id"])
            found = []
    sessions.bulk_update(found, ["person_id"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("sessions", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="session key",
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "person_id",
                    models.BigIntegerField(editable=False, null=True, verbose_name="用户编号"),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "db_table": "django_session",
                "abstract": False,
                "managed": False,
            },
        ),
        migrations.RunSQL(COLUMN, BACK),
        migrations.RunPython(whose, migrations.RunPython.noop, elidable=True),
    ]
