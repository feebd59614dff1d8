"""A guest's cookie is ours or nothing."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from core.guests import COOKIE, guest_cookie, guest_keep, guest_new, guest_of


def request_with(cookie):
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = cookie
    return request


def test_a_guest_is_known_again():
    request, response, guest = RequestFactory().get("/"), HttpResponse(), guest_new()
    guest_keep(request, response, guest)
    assert guest_of(request_with(response.cookies[COOKIE].value)) == guest
    # And already in the request that made it.
    assert guest_of(request) == guest


@pytest.mark.parametrize(
    "cookie", ["", "g" * 26, ":", "g" * 26 + ":forged", "x" + guest_cookie("g" * 26), "é:é"]
)
def test_what_we_did_not_sign_is_nobody(cookie):
    assert guest_of(request_with(cookie)) == ""
