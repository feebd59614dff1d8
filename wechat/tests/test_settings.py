"""Which addresses of WeChat's each environment accepts."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from wechat.queries import inside_wechat

PHONE = "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 MicroMessenger/8.0.50 WeChat/arm64"


def start(code: str = "import shop.settings", **changes: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("WECHAT_")}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**env, **changes},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


PRODUCTION = {
    "APP_ENV": "production",
    "SECRET_KEY": "k" * 60,
    "FIELD_KEYS": "ZGV2ZWxvcG1lbnQtb25seS1kZXZlbG9wbWVudC1vbmw=",
    "INDEX_KEY": "i" * 40,
    "OPERATOR_NAME": "某某科技有限公司",
    "OPERATOR_CONTACT": "privacy@shop.example",
    "SITE_URL": "https://shop.example",
    "SIMULATOR_URL": "",
}


def test_production_starts_with_tencents_addresses():
    done = start(**PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "INDEX_KEY", "OPERATOR_NAME"])
def test_production_wants_what_is_its_own(name):
    done = start(**{**PRODUCTION, name: ""})
    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


@pytest.mark.parametrize("name", ["WECHAT_OPEN_URL", "WECHAT_API_URL", "WECHAT_PAY_URL"])
def test_production_refuses_any_other_address(name):
    done = start(**PRODUCTION, **{name: "http://127.0.0.1:8100"})
    assert done.returncode != 0
    assert name in done.stderr


def test_production_refuses_a_simulator():
    done = start(**{**PRODUCTION, "SIMULATOR_URL": "http://127.0.0.1:8100"})
    assert done.returncode != 0
    assert "SIMULATOR_URL" in done.stderr


def test_tests_refuse_tencents_addresses():
    simulated = {
        f"WECHAT_{part}_URL": "http://127.0.0.1:8100" for part in ("OPEN", "API", "PAY", "JSSDK")
    }
    assert start(APP_ENV="test", **simulated).returncode == 0
    real = {**simulated, "WECHAT_PAY_URL": "https://api.mch.weixin.qq.com"}
    done = start(APP_ENV="test", **real)
    assert done.returncode != 0
    assert "WECHAT_PAY_URL" in done.stderr


@pytest.mark.parametrize(
    ("agent", "inside"),
    [(PHONE, True), ("Mozilla/5.0 (X11) Chrome/120", False), ("", False)],
)
def test_wechat_is_known_by_its_user_agent(rf, agent, inside):
    assert inside_wechat(rf.get("/", headers={"User-Agent": agent})) is inside


@pytest.mark.parametrize(
    "templates",
    [
        "[]",
        "[1]",
        '{"shipped": 1}',
        '{"shipped": {"id": "x"}}',
        '{"shipped": {"places": {"a": "b"}}}',
    ],
)
def test_templates_that_make_no_sense_refuse_to_start(templates):
    done = start(**PRODUCTION, WECHAT_TEMPLATES=templates)
    assert done.returncode != 0
    assert "WECHAT_TEMPLATES" in done.stderr


def test_the_page_that_asks_for_leave_to_send_is_tencents_or_the_simulators():
    code = "import shop.settings as s; print(s.WECHAT_MP_URL, *s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    told = start(code, **PRODUCTION).stdout
    assert told.startswith("https://mp.weixin.qq.com ")
    assert told.count("https://mp.weixin.qq.com") == 2
    phone = "http://127.0.0.1:8100"
    simulated = {"SIMULATOR_URL": phone, "APP_ENV": "test"} | dict.fromkeys(
        ("WECHAT_OPEN_URL", "WECHAT_API_URL", "WECHAT_PAY_URL", "WECHAT_JSSDK_URL"), phone
    )
    assert start(code, **simulated).stdout.startswith(phone)
    refused = start(**PRODUCTION, WECHAT_MP_URL=phone)
    assert "WECHAT_MP_URL" in refused.stderr


@pytest.mark.parametrize("policy", ["Strict", "off", ""])
def test_a_mistyped_policy_refuses_to_start_and_opens_nothing(policy):
    done = start(**PRODUCTION, WECHAT_SHARE_POLICY=policy)
    assert done.returncode != 0
    assert "WECHAT_SHARE_POLICY" in done.stderr
    assert "use strict or open" in done.stderr


@pytest.mark.parametrize(
    ("environment", "policy"),
    [(PRODUCTION, "strict"), ({"APP_ENV": "development", "SIMULATOR_URL": ""}, "open")],
    ids=["production", "development"],
)
def test_a_policy_that_nobody_set_is_strict_in_production_alone(environment, policy):
    done = start("import shop.settings as s; print(s.WECHAT_SHARE_POLICY)", **environment)
    assert (done.returncode, done.stdout.strip()) == (0, policy), done.stderr


def test_what_is_set_to_nothing_is_as_if_it_were_not_set():
    code = (
        "from pathlib import Path; import shop.settings as s;"
        "assert Path(s.POSTER_FONT).is_file(); assert s.OPERATOR['complaints'] == s.OPERATOR['contact']"
    )
    done = start(code, **PRODUCTION, POSTER_FONT="", OPERATOR_COMPLAINTS="")
    assert done.returncode == 0, done.stderr
