"""What can be told about WeChat without asking Tencent."""


def inside_wechat(user_agent: str) -> bool:
    """Whether the browser is WeChat's own web view. WeCom's says so too, but cannot pay."""
    agent = user_agent.lower()
    return "micromessenger" in agent and "wxwork" not in agent


def on_phone(user_agent: str) -> bool:
    """Whether the browser is a phone's, where WeChat can be opened beside it."""
    return any(mark in user_agent for mark in ("iPhone", "Android", "HarmonyOS")) and (
        "Mobile" in user_agent
    )
