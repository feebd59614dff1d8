"""The control API, and when the process refuses to be there at all."""

import os
import subprocess
import sys
import threading

import pytest
import requests

from simulator.tests.merchant import APPID, ROOT, merchant_new, phone_start, wait_for

KEYS = ("mchid", "apiv3_key", "serial_no", "private_key", "public_key", "public_key_id")


def test_a_merchant_gets_the_same_keys_every_time(phone, merchant):
    again = phone.control("PUT", f"merchants/{merchant.mchid}", name="改名", appids=[APPID])
    assert again == merchant.keys
    assert set(again) == set(KEYS)
    assert len(again["apiv3_key"]) == 32
    assert again["public_key_id"].startswith("PUB_KEY_ID_")


def test_many_merchants_made_at_once_are_told_the_same_public_key(tmp_path):
    with phone_start(tmp_path / "data") as fresh:
        told = []

        def make(mchid):
            url = f"{fresh.url}/_control/merchants/{mchid}"
            told.append(requests.put(url, json={"appids": [APPID]}, timeout=20).json())

        threads = [threading.Thread(target=make, args=(1600000100 + n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({one["public_key"] for one in told}) == 1
        assert len({one["private_key"] for one in told}) == 8
        merchant = merchant_new(fresh, "1600000100")
        assert merchant.native(merchant.order()).status_code == 200


def test_people_have_names_and_ids(phone):
    people = phone.control("POST", "people", key="carol", nickname="卡萝")
    assert {
        "key": "carol",
        "name": "卡萝",
        "nickname": "卡萝",
        "avatar": "/avatar/carol.svg",
    } in people
    assert phone.ask("GET", f"people/nobody/openid?appid={APPID}").status_code == 404
    assert phone.ask("GET", "people/carol/openid").status_code == 400
    assert phone.ask("POST", "people", key="no/slash").status_code == 400


def test_the_books_agree_with_what_happened(merchant):
    first, second = merchant.paid(), merchant.order()
    merchant.native(second)
    merchant.refund(first, 250, out_refund_no="refund-of-the-first")
    merchant.phone.control("POST", "clock", advance_s=5)
    wait_for(lambda: merchant.books()["refunded_fen"] == 250)
    books = merchant.books()
    assert books["paid_fen"] == 1250
    assert [(one["out_trade_no"], one["state"]) for one in books["payments"]] == [
        (first["out_trade_no"], "REFUND"),
        (second["out_trade_no"], "NOTPAY"),
    ]
    (refund,) = books["refunds"]
    assert (refund["out_trade_no"], refund["state"]) == (first["out_trade_no"], "SUCCESS")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "pay", {"mchid": "1", "out_trade_no": "x", "person": "alice"}, 404),
        ("POST", "pay", {}, 400),
        ("GET", "pay", {}, 405),
        ("POST", "clock", {"speed": 0}, 400),
        ("POST", "clock", {"speed": None}, 400),
        ("POST", "clock", {"speed": "fast"}, 400),
        ("POST", "clock", {"advance_s": -1}, 400),
        ("POST", "clock", {"advance_s": 1e300}, 400),
        ("PUT", "apps/wx1", {"name": "x"}, 400),
        ("PUT", "merchants/abc", {"appids": []}, 400),
        ("PUT", "merchants/1600000900", {"appids": "wx1"}, 400),
        ("GET", "books", {}, 400),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_with_a_sentence(phone, method, path, body, status):
    answer = phone.ask(method, path, **body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize("body", ["[1]", "nothing"])
def test_a_body_that_is_no_object_is_refused(phone, body):
    answer = requests.post(f"{phone.url}/_control/clock", data=body, timeout=20)
    assert answer.status_code == 400


def test_pages_from_elsewhere_may_not_drive_it(phone):
    url = f"{phone.url}/_control/faults"
    rule = '{"operation": "prepay", "mode": "timeout"}'
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
    ):
        answer = requests.post(url, data=rule, headers=headers, timeout=20)
        assert answer.status_code in (400, 403), headers
    home = requests.post(
        f"{phone.url}/",
        data={"do": "flush"},
        headers={"Origin": "https://evil.example"},
        timeout=20,
    )
    assert home.status_code == 403
    assert phone.control("GET", "faults") == []
    answer = requests.post(
        f"{phone.url}/_phone/cards",
        data="{}",
        headers={"Origin": "https://evil.example"},
        timeout=20,
    )
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_pages_of_this_machine_may_ask_the_phone(phone):
    own = {"Origin": "http://127.0.0.1:8000"}
    answer = requests.post(f"{phone.url}/_phone/cards", data="{}", headers=own, timeout=20)
    assert answer.headers["Access-Control-Allow-Origin"] == own["Origin"]
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_a_reset_keeps_who_is_known_and_forgets_what_happened(tmp_path):
    with phone_start(tmp_path / "data", "--speed", "7") as fresh:
        merchant = merchant_new(fresh, "1600000001")
        merchant.paid()
        fresh.fault("query", "timeout")
        fresh.control("POST", "reset")
        assert fresh.control("GET", "faults") == fresh.control("GET", "notices") == []
        assert merchant.books()["payments"] == []
        assert merchant_new(fresh, "1600000001").keys == merchant.keys
        assert fresh.control("GET", "clock")["speed"] == 7


def run(*options, **environment):
    return subprocess.run(
        [sys.executable, "-m", "simulator", "--port", "1", *options],
        check=False,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=20,
    )


@pytest.mark.parametrize(
    ("app_env", "said"),
    [("production", "production"), ("", "production"), ("prod", "prod"), ("Test", "Test")],
)
def test_it_starts_for_development_and_tests_alone(tmp_path, app_env, said):
    done = run("--data", str(tmp_path / "data"), APP_ENV=app_env)
    assert done.returncode == 1
    assert f"APP_ENV is {said}; set development or test" in done.stderr
    assert not (tmp_path / "data").exists()


def test_an_app_env_that_nobody_set_is_production(tmp_path, monkeypatch):
    monkeypatch.delenv("APP_ENV", raising=False)
    done = run("--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert "APP_ENV is production" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "example.com"])
def test_it_serves_this_machine_only(tmp_path, host):
    done = run("--host", host, "--data", str(tmp_path / "data"), APP_ENV="test")
    assert done.returncode != 0
    assert "loopback" in done.stderr
    assert not (tmp_path / "data").exists()


def test_it_ends_when_it_is_told_to_and_leaves_nothing_behind(tmp_path):
    with phone_start(tmp_path / "data") as fresh:
        fresh.process.terminate()
        assert fresh.process.wait(5) == 0
        with pytest.raises(requests.RequestException):
            requests.get(fresh.url, timeout=1)


def test_nothing_of_the_product_and_no_client_library_is_loaded(tmp_path):
    """Runs the whole project with everything foreign made unimportable."""
    forbidden = [
        "shop",
        "core",
        "accounts",
        "wechat",
        "stores",
        "catalog",
        "payments",
        "orders",
        "sharing",
        "campaigns",
        "notices",
        "storefront",
        "office",
        "wechatpy",
        "wechatpayv3",
    ]
    script = (
        "import os, sys\n"
        f"sys.modules.update(dict.fromkeys({forbidden!r}))\n"
        f"os.environ.update(SIMULATOR_DATA={str(tmp_path)!r}, APP_ENV='test',"
        " DJANGO_SETTINGS_MODULE='simulator.settings')\n"
        "import simulator.wsgi, simulator.urls\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr


def test_the_page_names_everything_that_can_misbehave(phone):
    page = phone.http.get(phone.url + "/", timeout=5)
    assert page.status_code == 200
    for name in ("下单", "退款", "交易账单", "通知", "发消息"):
        assert name in page.content.decode("utf-8")


def test_a_crowd_is_made_at_once_and_is_known(phone):
    made = phone.control("POST", "crowd", prefix="fan", number=3, appid=APPID)
    assert list(made) == ["fan0", "fan1", "fan2"]
    assert phone.control("POST", "crowd", prefix="fan", number=3, appid=APPID) == made
    assert phone.control("GET", f"people/fan1/openid?appid={APPID}")["openid"] == made["fan1"]
    assert phone.ask("POST", "crowd", prefix="a b", number=3, appid=APPID).status_code == 400
    assert phone.ask("POST", "crowd", prefix="fan", number=0, appid=APPID).status_code == 400
