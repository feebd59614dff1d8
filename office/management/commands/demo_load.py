"""`manage.py demo_load`: two stores to look at, on development machines only."""

from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core import clock
from office.demo.load import PLATFORM, demo_load, merchant_numbers
from payments.simulated import merchant_account_provision
from shop.env import PRODUCTION
from stores.queries import store_by_slug
from wechat.simulated import app_provision


class Command(BaseCommand):
    help = "Open the demo stores; safe to run again. Refused under production settings."

    def handle(self, *args: Any, **options: Any) -> None:
        if PRODUCTION:
            raise CommandError("the demo stores are for development; APP_ENV is production")
        logins = demo_load(now=clock.now())
        for login in logins:
            self.stdout.write(f"{login.who}: {login.email}  {login.password}")
        if not logins:
            self.stdout.write(
                "the demo stores are there; a new password: "
                f'make manage ARGS="changepassword {PLATFORM}"'
            )
        if settings.SIMULATOR_URL:
            self._provision()

    def _provision(self) -> None:
        """Make the 服务号 and the merchants known to the simulator, whose books may be new."""
        try:
            app_provision(name=_("小店"))
            for slug, (mchid, name) in merchant_numbers().items():
                store = store_by_slug(slug)
                assert store is not None
                merchant_account_provision(store_id=store.id, mchid=mchid, name=name)
        except requests.RequestException as error:
            raise CommandError(
                f"the simulator at {settings.SIMULATOR_URL} does not answer: {error}"
            ) from error
