"""The day's bill is there the next morning, adds up, and is for its merchant alone."""

import csv
import gzip
import hashlib
import io
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from simulator.tests.merchant import merchant_new

CHINA = ZoneInfo("Asia/Shanghai")


def money(fen):
    return {"total": fen, "currency": "CNY"}


def today():
    return datetime.now(CHINA).date()


@pytest.fixture
def tomorrow(phone):
    """It is noon of the day after tomorrow, whatever the hour was."""

    def come():
        noon = datetime.combine(today() + timedelta(days=2), datetime.min.time(), CHINA)
        later = (noon + timedelta(hours=12) - datetime.now(CHINA)).total_seconds()
        phone.control("POST", "clock", advance_s=later)

    return come


def ask(merchant, day, **query):
    extra = "".join(f"&{name}={value}" for name, value in query.items())
    return merchant.call("GET", f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL{extra}")


def fetched(merchant, answer):
    parts = urlsplit(answer.json()["download_url"])
    return merchant.send("GET", f"{parts.path}?{parts.query}", "")


def test_a_days_bill_adds_up_and_its_checksum_is_right(merchant, tomorrow):
    day = today()
    paid = [merchant.paid(amount=money(total)) for total in (1, 2000, 35990)]
    refund = merchant.refund(paid[1], 500)
    assert refund.status_code == 200, refund.text
    tomorrow()
    answer = ask(merchant, day)
    assert answer.status_code == 200, answer.text
    file = fetched(merchant, answer)
    assert "Wechatpay-Signature" not in file.headers
    assert hashlib.sha1(file.content).hexdigest() == answer.json()["hash_value"]
    assert file.content.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [len(row) for row in rows] == [27] * 5 + [7, 7]
    assert all(value.startswith("`") for row in (*rows[1:5], rows[6]) for value in row)
    assert sorted(row[24] for row in rows[1:5]) == ["`0.00", "`0.01", "`20.00", "`359.90"]
    assert rows[6][0] == "`4"
    assert rows[6][5:] == ["`379.91", "`5.00"]


def test_a_packed_bill_is_the_same_bill(merchant, tomorrow):
    day = today()
    merchant.paid()
    tomorrow()
    packed = ask(merchant, day, tar_type="GZIP")
    text = gzip.decompress(fetched(merchant, packed).content)
    assert hashlib.sha1(text).hexdigest() == packed.json()["hash_value"]


@pytest.mark.parametrize("days", [-400, 0, 1])
def test_there_is_no_bill_of_today_of_the_future_or_of_long_ago(merchant, days):
    merchant.paid()
    now = datetime.fromisoformat(merchant.phone.control("GET", "clock")["due_now"])
    answer = ask(merchant, now.astimezone(CHINA).date() + timedelta(days=days))
    assert (answer.status_code, answer.json()["code"]) == (400, "NO_STATEMENT_EXIST")


def test_a_day_without_trade_has_no_bill(merchant, tomorrow):
    tomorrow()
    answer = ask(merchant, today())
    assert answer.json()["code"] == "NO_STATEMENT_EXIST"


@pytest.mark.parametrize(
    "query", ["bill_date=2026-13-01", "bill_date=", "bill_date=2026-01-01&bill_type=X"]
)
def test_nonsense_is_refused(merchant, query):
    answer = merchant.call("GET", f"/v3/bill/tradebill?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR")


def test_nobody_downloads_anothers_bill(phone, merchant, tomorrow):
    day = today()
    merchant.paid()
    tomorrow()
    answer = ask(merchant, day)
    stranger = merchant_new(phone, "1600000002")
    assert fetched(stranger, answer).status_code == 404
    assert fetched(merchant, answer).status_code == 200


@pytest.mark.parametrize(("mode", "good"), [("tampered", True), ("bad_hash", False)])
def test_it_misbehaves_on_command(phone, merchant, tomorrow, mode, good):
    day = today()
    merchant.paid(amount=money(100))
    tomorrow()
    phone.fault("bill", mode)
    answer = ask(merchant, day)
    content = fetched(merchant, answer).content
    assert (hashlib.sha1(content).hexdigest() == answer.json()["hash_value"]) is good
    assert ("`1.01" in content.decode()) is (mode == "tampered")
