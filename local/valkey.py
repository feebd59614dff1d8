"""A Valkey (Redis) server of our own: database 0 is the broker, database 1 the cache."""

import signal
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from local.paths import valkey_server
from local.ports import HOST
from local.process import Process


def url_quoted(text: str) -> str:
    return quote(text, safe="")


class Valkey:
    """Its append-only file lies in `folder`; nothing is evicted, as a broker needs."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        password: str,
        log: Path | None = None,
        sink: Callable[[str, str], None] | None = None,
    ) -> None:
        self.folder = folder
        self.port = port
        self.password = password
        self.process = Process(
            "valkey",
            [str(valkey_server()), str(folder / "valkey.conf")],
            env={"LC_ALL": "C.UTF-8"},
            log=log,
            sink=sink,
            death_signal=signal.SIGTERM,
        )

    def url(self, database: int) -> str:
        return f"redis://:{url_quoted(self.password)}@{HOST}:{self.port}/{database}"

    @property
    def running(self) -> bool:
        return self.process.running

    def launch(self) -> "Valkey":
        """Start it; does not wait for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "valkey.conf"
        config.touch(mode=0o600)
        # In a file, because everybody on the machine can read a command line.
        config.write_text(
            f"bind {HOST}\nport {self.port}\ndir {self.folder}\n"
            f"requirepass {self.password}\n"
            'appendonly yes\nappendfsync everysec\nsave ""\n'
            'maxmemory-policy noeviction\nloglevel warning\nlogfile ""\n'
        )
        self.process.start()
        return self

    def wait(self, *, timeout_s: float = 30.0) -> "Valkey":
        """Wait until it answers, its append-only file loaded."""
        self.process.wait_for(self._answers, what="PING", timeout_s=timeout_s)
        return self

    def start(self) -> "Valkey":
        return self.launch().wait()

    def stop(self, *, patience_s: float = 4.0) -> None:
        self.process.stop(patience_s=patience_s)

    def kill(self) -> None:
        self.process.kill()

    def _answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as talk:
                talk.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    chunk = talk.recv(200)
                    if not chunk:
                        return False
                    answer += chunk
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"
