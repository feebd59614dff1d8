"""People. One `User`; everything that identifies a person to the world is encrypted."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField, blind_index, mask_name, mask_phone
from core.ids import PublicIdField


class UserManager(BaseUserManager["User"]):
    """Makes users; a phone is normalised, encrypted and indexed here and nowhere else."""

    def create_user(
        self, *, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        phone = fields.pop("phone", "")
        user = self.model(email=email.strip().lower() or None if email else None, **fields)
        user.phone = phone
        user.phone_index = User.index_phone(phone)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """By e-mail, which is stored in lower case."""
        return self.get(email=(username or "").strip().lower())

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(
            email=email, password=password, is_staff=True, is_superuser=True, **fields
        )


class User(AbstractBaseUser, PermissionsMixin):
    """One person. Nickname and avatar are there only after a consent (`Consent`)."""

    public_id = PublicIdField(prefix="usr")
    email = models.EmailField(_("邮箱"), unique=True, null=True, blank=True)
    phone = EncryptedTextField(_("手机号"), blank=True, default="")
    phone_index = models.CharField(max_length=64, unique=True, null=True, editable=False)
    phone_verified_at = models.DateTimeField(_("手机验证时间"), null=True, blank=True)
    nickname = models.CharField(_("昵称"), max_length=64, blank=True)
    avatar = models.URLField(_("头像"), max_length=500, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)
    is_staff = models.BooleanField(_("可进入商家后台"), default=False)
    joined_at = models.DateTimeField(_("注册时间"), default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("用户")
        verbose_name_plural = _("用户")

    def __str__(self) -> str:
        """Masked: a page that may say the whole name asks for it (`core/columns.py`)."""
        return self.public_name

    @staticmethod
    def index_phone(phone: str) -> str | None:
        """The blind index of a phone; None when there is none, so that many may have none."""
        return blind_index(phone, purpose="user.phone") if phone else None

    @property
    def display_name(self) -> str:
        """What the person is called on pages of their own."""
        return self.nickname or (mask_phone(self.phone) if self.phone else str(_("微信用户")))

    @property
    def public_name(self) -> str:
        """What other shoppers see: a masked name."""
        return mask_name(self.nickname) or str(_("微信用户"))

    def get_username(self) -> str:
        """Never empty, though many have no e-mail: the office shows its first character."""
        return self.email or self.display_name

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class WechatIdentity(models.Model):
    """An openid of one appid. Pay needs the openid of the appid that pays."""

    user = models.ForeignKey(
        User, models.PROTECT, related_name="wechat_identities", verbose_name=_("用户")
    )
    appid = models.CharField("AppID", max_length=32)
    openid = models.CharField("OpenID", max_length=128)
    unionid = models.CharField("UnionID", max_length=128, blank=True, db_index=True)
    linked_at = models.DateTimeField(_("绑定时间"), default=timezone.now)

    class Meta:
        verbose_name = _("微信身份")
        verbose_name_plural = _("微信身份")
        constraints = [
            models.UniqueConstraint(fields=["appid", "openid"], name="accounts_openid_once"),
            models.UniqueConstraint(fields=["user", "appid"], name="accounts_user_appid_once"),
        ]

    def __str__(self) -> str:
        return f"{self.appid}:{self.openid[:6]}…"


class IdentityConflict(models.Model):
    """Two accounts that are one person but both hold something of value: staff decide."""

    kept = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("当前账号"))
    other = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("另一账号"))
    found_at = models.DateTimeField(_("发现时间"))
    resolved_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    note = models.TextField(_("处理说明"), blank=True)

    class Meta:
        verbose_name = _("身份冲突")
        verbose_name_plural = _("身份冲突")
        constraints = [
            models.UniqueConstraint(fields=["kept", "other"], name="accounts_conflict_once")
        ]

    def __str__(self) -> str:
        return f"{self.kept_id} / {self.other_id}"


class Consent(models.Model):
    """Who agreed to which text, in which version, when, and until when. Otherwise never changed."""

    class Document(models.TextChoices):
        AGREEMENT = "agreement", _("用户协议")
        PRIVACY = "privacy", _("隐私政策")
        GROUP_PROFILE = "group_profile", _("在拼团页展示头像和昵称")

    user = models.ForeignKey(User, models.CASCADE, related_name="consents", verbose_name=_("用户"))
    document = models.CharField(_("文件"), max_length=32, choices=Document.choices)
    version = models.CharField(_("版本"), max_length=16)
    given_at = models.DateTimeField(_("同意时间"))
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("同意记录")
        verbose_name_plural = _("同意记录")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "document", "version"],
                condition=models.Q(withdrawn_at=None),
                name="accounts_consent_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_document_display()} {self.version}"


class Address(models.Model):
    """Where to send. Division codes are those of the Ministry of Civil Affairs."""

    public_id = PublicIdField(prefix="adr")
    user = models.ForeignKey(User, models.CASCADE, related_name="addresses", verbose_name=_("用户"))
    recipient = EncryptedTextField(_("收货人"))
    phone = EncryptedTextField(_("手机号"))
    phone_index = models.CharField(max_length=64, editable=False, db_index=True)
    province_code = models.CharField(_("省"), max_length=6)
    city_code = models.CharField(_("市"), max_length=6, blank=True)
    district_code = models.CharField(_("区县"), max_length=6, blank=True)
    region = models.CharField(_("地区"), max_length=100)
    street = EncryptedTextField(_("详细地址"))
    is_default = models.BooleanField(_("默认地址"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("收货地址")
        verbose_name_plural = _("收货地址")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(is_default=True, removed_at=None),
                name="accounts_address_one_default",
            )
        ]

    def __str__(self) -> str:
        return f"{mask_name(self.recipient)} {self.region}"


class Session(AbstractBaseSession):
    """Django's table of sessions, with a column of ours: who is signed in, if anybody."""

    person_id = models.BigIntegerField(_("用户编号"), null=True, editable=False)

    class Meta(AbstractBaseSession.Meta):
        managed = False
        db_table = "django_session"

    @classmethod
    def get_session_store_class(cls) -> Any:
        from accounts.sessions import SessionStore  # it looks for this model

        return SessionStore
