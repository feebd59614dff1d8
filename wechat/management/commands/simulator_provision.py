"""`manage.py simulator_provision`: registers our 服务号 at the simulator (development only)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from wechat.simulated import app_provision


class Command(BaseCommand):
    help = "Register WECHAT_APPID at the simulator; refuses where there is none (production)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default=_("小店"), help="what the consent page calls us")

    def handle(self, *args: Any, **options: Any) -> None:
        app_provision(name=options["name"])
        self.stdout.write("registered")
