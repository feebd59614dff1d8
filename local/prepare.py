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

    call_command("migrate", verbosity=0, interactive=False)
    if "--demo" in sys.argv:
        call_command("demo_load")


if __name__ == "__main__":
    main()
