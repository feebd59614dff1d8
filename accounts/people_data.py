"""What accounts hold about a person."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from core.people_data import Held, held_register, obstacle_register

PROOF = "the proof of what was agreed to, and when it was withdrawn"

held_register(
    Held(
        "accounts.user",
        "pk",
        gettext_lazy("账号"),
        (
            *("public_id", "nickname", "avatar", "phone", "phone_verified_at", "email"),
            *("joined_at", "last_login"),
        ),
        kept="an empty row that trade records refer to",
    ),
    Held(
        "accounts.wechatidentity",
        "user",
        gettext_lazy("微信身份"),
        ("appid", "openid", "unionid", "linked_at"),
    ),
    Held("account.emailaddress", "user", gettext_lazy("邮箱"), ("email", "verified", "primary")),
    Held(
        "socialaccount.socialaccount",
        "user",
        gettext_lazy("其他登录方式"),
        ("provider", "uid", "date_joined"),
    ),
    Held(
        "mfa.authenticator",
        "user",
        gettext_lazy("两步验证"),
        ("type", "created_at", "last_used_at"),
    ),
    # They end with the account; this finds what was left when that was cut short.
    Held("accounts.session", "person_id", gettext_lazy("登录的浏览器"), ("expire_date",)),
    Held(
        "accounts.consent",
        "user",
        gettext_lazy("同意记录"),
        ("document", "version", "given_at", "withdrawn_at"),
        kept=PROOF,
    ),
    Held(
        "accounts.address",
        "user",
        gettext_lazy("收货地址"),
        (
            *("public_id", "recipient", "phone", "region", "street", "is_default"),
            *("created_at", "removed_at"),
        ),
    ),
)


def office(user_id: int) -> str:
    """Whoever can enter the office answers for what they did there."""
    if User.objects.filter(pk=user_id, is_staff=False, is_superuser=False).exists():
        return ""
    return _("你还能进入商家后台，请先请店主或平台取消你的权限。")


obstacle_register("accounts.office", office)
