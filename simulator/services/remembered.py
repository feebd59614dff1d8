"""What every call reads and hardly anybody changes, kept in memory: one process serves."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import models, transaction
from django.db.models.signals import post_delete, post_save

from simulator.models import App, Merchant

T = TypeVar("T")


class Remembered(Generic[T]):
    """What `load` finds in a table, until a row of it is saved or deleted (`update` is not seen)."""

    def __init__(self, model: type[models.Model], load: Callable[[], T]) -> None:
        self._load, self._lock = load, threading.Lock()
        self._changes = 0
        self._known: tuple[T] | None = None
        post_save.connect(self._changed, sender=model)
        post_delete.connect(self._changed, sender=model)

    def get(self) -> T:
        known = self._known
        if known is not None:
            return known[0]
        changes = self._changes
        found = self._load()
        with self._lock:
            # What was read before a change is not kept.
            if changes == self._changes:
                self._known = (found,)
        return found

    def _changed(self, **_: Any) -> None:
        transaction.on_commit(self._forget)

    def _forget(self) -> None:
        with self._lock:
            self._changes += 1
            self._known = None


_merchants = Remembered(Merchant, lambda: {one.mchid: one for one in Merchant.objects.all()})
_apps = Remembered(App, lambda: frozenset(App.objects.values_list("appid", flat=True)))


def merchant_of(mchid: str) -> Merchant | None:
    """A merchant, to be read only: every thread has the same object."""
    return _merchants.get().get(mchid)


def is_app(appid: str) -> bool:
    return appid in _apps.get()
