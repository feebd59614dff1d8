"""Codes to phones: who carries them, and what is said when nobody does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.sms import DevelopmentSms, HttpSms, NoSms, SmsTrouble, gateway

SEND = {"phone": "13812345678", "code": "012345"}


@pytest.fixture
def carrier(settings):
    """A gateway on this machine; `status` is what it answers, `heard` what it was sent."""

    class Carrier(BaseHTTPRequestHandler):
        status, heard = 200, []

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.heard.append((self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(self.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            return

    server = HTTPServer(("127.0.0.1", 0), Carrier)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    settings.SMS_URL = f"http://127.0.0.1:{server.server_port}/codes"
    settings.SMS_TOKEN = "secret"
    yield Carrier
    server.shutdown()
    server.server_close()


def test_the_gateway_of_the_settings_is_handed_the_code(carrier):
    gateway().code_send(**SEND)
    told = {"phone": "+8613812345678", "code": "012345", "purpose": "sign_in"}
    assert carrier.heard == [("/codes", "Bearer secret", told)]


@pytest.mark.parametrize("status", [302, 401, 429, 500])
def test_anything_but_a_yes_is_trouble_that_says_what_to_do(carrier, status):
    carrier.status = status
    with pytest.raises(SmsTrouble, match="改用邮箱登录"):
        gateway().code_send(**SEND)
    assert len(carrier.heard) == 1, "a code is not sent on to where a redirect leads"


def test_a_gateway_that_is_not_there_is_trouble():
    with pytest.raises(SmsTrouble):
        HttpSms(url="http://127.0.0.1:9/", token="").code_send(**SEND)


def test_without_a_gateway_production_offers_mail(settings):
    assert isinstance(gateway(), DevelopmentSms)
    settings.PRODUCTION = True
    assert isinstance(gateway(), NoSms)
    with pytest.raises(SmsTrouble):
        gateway().code_send(**SEND)


def test_codes_travel_by_tls_in_production(monkeypatch):
    from shop import env

    monkeypatch.setattr(env, "PRODUCTION", True)
    monkeypatch.setenv("SMS_URL", "http://sms.example/send")
    with pytest.raises(ImproperlyConfigured, match="https://"):
        env.sms_url("SMS_URL")
    monkeypatch.setenv("SMS_URL", "https://sms.example/send")
    assert env.sms_url("SMS_URL") == "https://sms.example/send"
