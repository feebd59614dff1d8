"""快递100's query: signed, refused in its own words, and the way of a parcel."""

import hashlib
import json

import pytest
import requests


def ask(phone, *, key="simulated", **param):
    text = json.dumps({"com": "yuantong", "num": "YT123456", "phone": "", **param})
    sign = hashlib.md5(f"{text}{key}simulated".encode()).hexdigest().upper()
    data = {"customer": "simulated", "sign": sign, "param": text}
    return requests.post(f"{phone.url}/poll/query.do", data=data, timeout=5).json()


def test_a_parcel_has_a_way_newest_first(phone):
    told = ask(phone)
    assert (told["status"], told["state"], told["message"]) == ("200", "0", "ok")
    times = [row["ftime"] for row in told["data"]]
    assert times == sorted(times, reverse=True)
    assert ask(phone, num="YT9999")["state"] == "3"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"key": "wrong"}, "503"),
        ({"num": "YT0000"}, "500"),
        ({"com": "shunfeng"}, "408"),
    ],
)
def test_a_question_that_does_not_fit_is_refused(phone, how, code):
    told = ask(phone, **how)
    assert (told["result"], told["returnCode"]) == (False, code)
