"""`make test ARGS="…"`: pytest on servers of its own, beside a run if one is up."""

import os
import subprocess
import sys
from pathlib import Path

from local import environment
from local.install import DEV, install
from local.paths import DATA, ROOT, python, wheel_node
from local.ports import HOST, free_port
from local.run import interruptible
from local.servers import Servers

FOLDER = DATA / "test"
SITE_PORT, SIMULATOR_PORT = 8500, 8600
PATIENCE_S = 5


def pytest_environment(servers: Servers, taken: set[int]) -> dict[str, str]:
    """What pytest and the processes it starts see."""
    addresses = environment.simulated(
        site_url=f"http://{HOST}:{free_port(SITE_PORT, taken=taken)}",
        simulator_url=f"http://{HOST}:{free_port(SIMULATOR_PORT, taken=taken)}",
    )
    node = wheel_node()
    return {
        **environment.base("test", FOLDER),
        **servers.env,
        **addresses,
        # A test whose threads wait for one another fails; it does not hang.
        "DATABASE_LOCK_TIMEOUT_S": "120",
        "WECHAT_APPID": "wx0000000000000001",
        "WECHAT_SECRET": "0123456789abcdef0123456789abcdef",
        **({"PLAYWRIGHT_NODEJS_PATH": str(node)} if node else {}),
    }


def side_by_side(arguments: list[str]) -> list[str]:
    """All tests are run by several workers (see `conftest.py`); a part that is named, by one."""
    # Not Path.exists: a long expression after -k is an error to it.
    parts = [given for given in arguments if os.path.exists(ROOT / given.partition("::")[0])]  # noqa: PTH110
    chosen = [given for given in arguments if given.startswith(("-n", "--numprocesses", "--pdb"))]
    if parts or chosen:
        return []
    return ["-n", str(min(max(2, os.cpu_count() or 2), 4))]


def _end(tests: "subprocess.Popen[bytes]") -> None:
    """Ctrl-C reached pytest, too, which then says what it had found; a signal to us alone did not."""
    try:
        tests.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        tests.terminate()
        tests.wait()


def main(arguments: list[str]) -> int:
    with interruptible():
        install(DEV)
        taken: set[int] = set()
        tuned = {"max_connections": "300", "synchronous_commit": "off", "lock_timeout": "120s"}
        with Servers(FOLDER, durable=False, postgres_settings=tuned, taken=taken) as servers:
            env = pytest_environment(servers, taken)
            Path(env["STATIC_ROOT"]).mkdir(parents=True, exist_ok=True)
            subprocess.run([python(), "-m", "local.translations"], cwd=ROOT, env=env, check=True)
            command = [python(), "-m", "pytest", *side_by_side(arguments), *arguments]
            tests = subprocess.Popen(command, cwd=ROOT, env=env)
            try:
                return tests.wait()
            except KeyboardInterrupt:
                _end(tests)
                sys.stderr.write("stopped\n")
                return 130
