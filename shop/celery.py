"""The Celery application: three queues, `default`, `deadlines` and `messages`.

A deadline is a column, never a Celery ETA: beat ticks every second and the message expires
after a second, so ticks cannot pile up behind a stopped worker.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
