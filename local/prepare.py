"""`python -m local.prepare`: brings a database up to date, in the project's own interpreter.

One process for all of it, because starting Django is what takes the time.
"""

import os
import sys

from local.translations import translations_compile


def main() -> None:
    translations_compile()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    import django

    django.setup()
    from django.core.management import call_command

    refuse_another_history()
    call_command("migrate", verbosity=0, interactive=False)
    if "--demo" in sys.argv:
        call_command("demo_load")


def refuse_another_history() -> None:
    """Exits where the database was made by migrations that are not here: it would be half-migrated."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    unknown = [
        f"{app}.{name}"
        for app, name in sorted(loader.applied_migrations)
        if app in loader.migrated_apps and (app, name) not in loader.disk_migrations
    ]
    if unknown:
        sys.exit(
            "这个数据库是另一个版本的小店建的，里面没有要留的数据就删掉它（自带的：rm -r .data）再来。\n"
            "This database was made by another version of the shop. If nothing in it matters, delete it"
            f" (the embedded one: rm -r .data) and start again.\nUnknown here: {', '.join(unknown[:5])}"
        )


if __name__ == "__main__":
    main()
