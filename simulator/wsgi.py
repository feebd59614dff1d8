"""The one worker process: it serves, and its dispatcher delivers notices."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "simulator.settings")
application = get_wsgi_application()

from simulator.services import notices  # noqa: E402  the app registry must be ready

notices.dispatcher_start()
