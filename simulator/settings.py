"""The simulator's own settings: nothing of the product's."""

import os
from pathlib import Path

from simulator import APP_ENVS

BASE_DIR = Path(__file__).resolve().parent
DATA = Path(os.environ["SIMULATOR_DATA"])
URL = os.environ.get("SIMULATOR_URL", "http://127.0.0.1:8100")
if os.environ.get("APP_ENV") not in APP_ENVS:
    raise RuntimeError(f"the simulator starts where APP_ENV is {' or '.join(APP_ENVS)}")

SECRET_KEY = "simulator-only: nothing here is secret"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", URL.split("//", 1)[1].rsplit(":", 1)[0]]
INSTALLED_APPS = ["simulator"]
MIDDLEWARE = ["simulator.api.origin.OriginMiddleware"]
ROOT_URLCONF = "simulator.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "front" / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA / "simulator.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "zh-hans"
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}
