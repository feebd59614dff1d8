"""`python -m simulator --port 8100 --data DIR`: migrates its SQLite file and serves until stopped."""

import argparse
import ipaddress
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from simulator import APP_ENVS


def main() -> int:
    options = _options()
    app_env = os.environ.get("APP_ENV") or "production"
    if app_env not in APP_ENVS:
        sys.stderr.write(
            f"the simulator refuses to start: APP_ENV is {app_env}; set {' or '.join(APP_ENVS)}\n"
        )
        return 1
    if not _is_loopback(options.host):
        sys.stderr.write(f"the simulator refuses {options.host}: loopback addresses only\n")
        return 1
    data = Path(options.data).resolve()
    data.mkdir(parents=True, exist_ok=True)
    os.environ["SIMULATOR_DATA"] = str(data)
    host = f"[{options.host}]" if ":" in options.host else options.host
    os.environ["SIMULATOR_URL"] = f"http://{host}:{options.port}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "simulator.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from simulator.services import clock

    call_command("migrate", verbosity=0, interactive=False)
    if options.speed is not None:
        clock.speed_set(options.speed)
    threading.Thread(target=_announce, args=(os.environ["SIMULATOR_URL"],), daemon=True).start()
    _serve(options.host, options.port)
    return 0


def _serve(host: str, port: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "simulator.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=16,
        websockets=False,
        log_enabled=True,
        # Its only warning is about the threads, which wait for faults and locks, not for the CPU.
        log_level=LogLevels.error,
    ).serve()


def _announce(url: str) -> None:
    """Say that it serves once it really does."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}/_control/people", timeout=2):
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    sys.stdout.write(f"simulator ready {url}/\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--data", default=".data/simulator", help="folder of its SQLite file")
    parser.add_argument("--speed", type=float, help="how many times faster its waits pass")
    return parser.parse_args()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
