"""What can be told about WeChat without asking Tencent."""

from django.http import HttpRequest


def inside_wechat(request: HttpRequest) -> bool:
    """Whether the browser is WeChat's own web view. WeCom's says so too, but cannot pay."""
    agent = request.headers.get("User-Agent", "").lower()
    return "micromessenger" in agent and "wxwork" not in agent


def on_phone(request: HttpRequest) -> bool:
    """Whether the browser is a phone's, where WeChat can be opened beside it."""
    agent = request.headers.get("User-Agent", "")
    return "Mobile" in agent and any(mark in agent for mark in ("iPhone", "Android", "HarmonyOS"))
