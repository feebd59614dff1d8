"""快递100's query: POST poll/query.do with a JSON `param` and sign = MD5(param + key + customer)."""

import hashlib
import json
from typing import Any

import requests

from orders.carriers.base import CarrierTrouble, Scan, Tracked

TIMEOUT = (1.0, 2.0)
MAX_SCANS = 50
DELIVERED = "3"
# Our carriers in their words; one that is missing cannot be asked about.
COMPANIES = {
    "sf": "shunfeng",
    "zto": "zhongtong",
    "yto": "yuantong",
    "sto": "shentong",
    "yunda": "yunda",
    "jt": "jtexpress",
    "jd": "jd",
    "ems": "ems",
}
# These show nobody a parcel who does not know the end of its recipient's or sender's number.
ASK_PHONE_END = frozenset({"shunfeng", "zhongtong"})


class Kuaidi100:
    """The service behind one customer's key."""

    def __init__(self, *, url: str, key: str, customer: str) -> None:
        self.url, self.key, self.customer = url.rstrip("/"), key, customer

    def track(self, *, carrier: str, tracking_no: str, phone: str) -> Tracked:
        company = COMPANIES.get(carrier)
        if company is None:
            raise CarrierTrouble(f"{carrier} is not among the carriers that can be asked about")
        end = phone[-4:] if company in ASK_PHONE_END else ""
        ask = {"com": company, "num": tracking_no, "phone": end, "resultv2": "1"}
        param = json.dumps(ask, ensure_ascii=False, separators=(",", ":"))
        try:
            answer = requests.post(
                f"{self.url}/poll/query.do",
                data={"customer": self.customer, "sign": self.sign(param), "param": param},
                timeout=TIMEOUT,
                allow_redirects=False,
            )
            told = answer.json()
        except (requests.RequestException, ValueError) as silent:
            raise CarrierTrouble(str(silent)) from silent
        if not isinstance(told, dict) or str(told.get("status")) != "200":
            raise CarrierTrouble(f"refused: {str(told)[:200]}")
        return Tracked(delivered=str(told.get("state")) == DELIVERED, scans=_scans(told))

    def sign(self, param: str) -> str:
        """MD5 is their protocol's choice."""
        text = f"{param}{self.key}{self.customer}".encode()
        return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()


def _scans(told: dict[str, Any]) -> tuple[Scan, ...]:
    rows = told.get("data")
    if not isinstance(rows, list):
        raise CarrierTrouble("an answer without its rows")
    return tuple(
        Scan(
            at=str(row.get("ftime") or row.get("time", ""))[:19],
            text=str(row.get("context", ""))[:300],
        )
        for row in rows[:MAX_SCANS]
        if isinstance(row, dict)
    )
