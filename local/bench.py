"""`make bench ARGS="…"`: the measurements, on a database and a broker of their own."""

import subprocess

from local import environment
from local.install import DEV, install
from local.paths import DATA, ROOT, postgres_bin, python
from local.ports import HOST, free_port
from local.run import interruptible, prepare
from local.servers import Servers

FOLDER = DATA / "bench"
SITE_PORT, SIMULATOR_PORT = 8700, 8800


def main(arguments: list[str]) -> int:
    with interruptible():
        install(DEV)
        taken: set[int] = set()
        with Servers(FOLDER, taken=taken) as servers:
            addresses = environment.simulated(
                site_url=f"http://{HOST}:{free_port(SITE_PORT, taken=taken)}",
                simulator_url=f"http://{HOST}:{free_port(SIMULATOR_PORT, taken=taken)}",
            )
            env = {**environment.base("development", FOLDER), **servers.env, **addresses}
            env["PG_BIN"] = str(postgres_bin())
            prepare(env)
            command = [python(), "-m", "bench", *arguments]
            return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
