"""With which openid this browser pays: WeChat Pay wants the one that the payer has at the 服务号 whose
merchant number takes the money."""

from django.http import HttpRequest

from accounts.queries import openid_of, signed_in_id
from accounts.services import SnapshotRefused
from wechat.services import OAuthPerson

TOLD = "wechat_openids"


def openid_keep(request: HttpRequest, *, appid: str, person: OAuthPerson) -> None:
    """Remember who holds this phone there, for as long as somebody is signed in.

    It pays, and signs nobody in: on a borrowed phone it is not the account's owner. Raises
    SnapshotRefused.
    """
    if person.is_snapshot or not person.openid:
        raise SnapshotRefused
    request.session[TOLD] = {**request.session.get(TOLD, {}), appid: person.openid}


def openid_here(request: HttpRequest, appid: str) -> str:
    """The openid of whoever holds this phone, as WeChat told it, or else of whoever is signed in; ""
    when neither is known."""
    told: dict[str, str] = request.session.get(TOLD, {})
    return told.get(appid, "") or openid_of(signed_in_id(request), appid) or ""
