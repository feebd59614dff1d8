"""What tests and tools use of this package, in one place."""

from local.ports import free_port, wait_until
from local.postgres import Postgres
from local.process import PartDied, Process, http_status, stop_all
from local.stack import PARTS, WORKERS, Stack, from_environment
from local.valkey import Valkey

__all__ = [
    "PARTS",
    "WORKERS",
    "PartDied",
    "Postgres",
    "Process",
    "Stack",
    "Valkey",
    "free_port",
    "from_environment",
    "http_status",
    "stop_all",
    "wait_until",
]
