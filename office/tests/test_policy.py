"""The office may evaluate; the shop may not."""

import pytest

pytestmark = pytest.mark.django_db


def test_the_shop_allows_no_inline_script_and_no_eval(client):
    policy = client.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "object-src 'none'" in policy


def test_only_the_office_is_relaxed(client):
    policy = client.get("/office/login/")["Content-Security-Policy"]
    assert "'unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in client.get("/officer/")["Content-Security-Policy"]
