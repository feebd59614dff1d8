"""How PostgreSQL is reached, and for how long it is waited for."""

from typing import Any

from shop.env import env

# A server that vanished without a word is given up after some twenty seconds instead of a quarter of an hour.
REACHED = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def database() -> dict[str, Any]:
    """The one database, by DATABASE_URL. What the address says of these things stands.

    Behind a pooler (CONN_MAX_AGE=0) a session is nobody's own, and what a connection begins with is
    refused: there the role has to have the same settings (docs/operations.md).
    """
    found: dict[str, Any] = env.db("DATABASE_URL", default="postgres://shop@127.0.0.1:5432/shop")
    found["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    found["CONN_HEALTH_CHECKS"] = True
    options = found.setdefault("OPTIONS", {})
    if found["CONN_MAX_AGE"] != 0:
        begun = {
            # `core/prepared.py` prepares what an index answers whatever is asked: planned once, not
            # each time.
            "plan_cache_mode": "force_generic_plan",
            # A row that somebody holds for ever must not hold whoever wants it, and whoever wants that.
            "lock_timeout": f"{env.int('DATABASE_LOCK_TIMEOUT_S', default=10)}s",
            "idle_in_transaction_session_timeout": "60s",
        }
        ours = " ".join(f"-c {name}={value}" for name, value in begun.items())
        options["options"] = f"{ours} {options.get('options', '')}".strip()
    found["OPTIONS"] = {**REACHED, **options}
    return found
