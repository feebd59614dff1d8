"""Reading the pages of bargains."""

from core.public_pages import public_pages_forget

WECHAT = {"user-agent": "Mozilla/5.0 MicroMessenger/8.0"}
HTMX = {"hx-request": "true"}


def text_of(answer):
    return answer.content.decode()


def page(client, path, **kwargs):
    public_pages_forget()
    answer = client.get(path, **kwargs)
    assert answer.status_code == 200, path
    text = text_of(answer)
    assert "{#" not in text
    return text


def path_of(bargain, end=""):
    return f"/b/{bargain.public_id}/{end}"
