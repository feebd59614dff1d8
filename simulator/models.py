"""The simulator's own books."""

from django.db import models


class Setting(models.Model):
    """What survives a restart: the platform's key, the clock."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.TextField()


class App(models.Model):
    """A 服务号."""

    appid = models.CharField(max_length=32, primary_key=True)
    secret = models.CharField(max_length=64)
    name = models.CharField(max_length=60)
    # 网页授权域名, two at most; JS接口安全域名, five at most, which here are those of payment, too.
    domains = models.JSONField(default=list)
    js_domains = models.JSONField(default=list)
    # What messages may be sent with: template messages, and one-time subscriptions.
    templates = models.JSONField(default=list)
    subscribe_template = models.CharField(max_length=64, default="")


class Person(models.Model):
    """Somebody with a phone."""

    key = models.CharField(max_length=40, primary_key=True)
    nickname = models.CharField(max_length=40)
    made_at = models.DateTimeField(auto_now_add=True)


class Grant(models.Model):
    """An OAuth code and the token it was exchanged for."""

    code = models.CharField(max_length=64, unique=True)
    app = models.ForeignKey(App, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    scope = models.CharField(max_length=40)
    is_snapshot = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    access_token = models.CharField(max_length=64, db_index=True, default="")
    token_at = models.DateTimeField(null=True)
    refresh_token = models.CharField(max_length=64, db_index=True, default="")


class ApiToken(models.Model):
    """A cgi-bin token or a jsapi ticket; older ones live on until they expire."""

    app = models.ForeignKey(App, models.CASCADE)
    kind = models.CharField(max_length=16)
    value = models.CharField(max_length=128, unique=True)
    expires_at = models.DateTimeField()


class Merchant(models.Model):
    """A merchant in public-key mode: one that signs for itself, or one whose provider (服务商) does."""

    mchid = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=60)
    appids = models.JSONField(default=list)
    apiv3_key = models.CharField(max_length=32)
    serial_no = models.CharField(max_length=40)
    private_key = models.TextField()
    public_key_id = models.CharField(max_length=60)
    provider = models.ForeignKey("self", models.CASCADE, null=True, related_name="subs")


class Trade(models.Model):
    """A merchant's order at WeChat Pay."""

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="trades")
    appid = models.CharField(max_length=32)
    channel = models.CharField(max_length=8)
    out_trade_no = models.CharField(max_length=32)
    description = models.CharField(max_length=127)
    attach = models.CharField(max_length=128, default="")
    total_fen = models.PositiveBigIntegerField()
    payer_openid = models.CharField(max_length=128, default="")
    payer_ip = models.CharField(max_length=45, default="")
    notify_url = models.CharField(max_length=256)
    time_expire = models.DateTimeField()
    asked = models.CharField(max_length=64)
    state = models.CharField(max_length=12, default="NOTPAY")
    transaction_id = models.CharField(max_length=32, null=True, unique=True)
    paid_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "out_trade_no"], name="trade_number_once")
        ]


class Prepay(models.Model):
    """A prepay id, or the code of a code_url."""

    token = models.CharField(max_length=64, primary_key=True)
    trade = models.ForeignKey(Trade, models.CASCADE, related_name="prepays")
    expires_at = models.DateTimeField()


class Refund(models.Model):
    """Money on its way back."""

    merchant = models.ForeignKey(Merchant, models.CASCADE, related_name="refunds")
    trade = models.ForeignKey(Trade, models.CASCADE, related_name="refunds")
    out_refund_no = models.CharField(max_length=64)
    refund_id = models.CharField(max_length=32, unique=True)
    refund_fen = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=80, default="")
    notify_url = models.CharField(max_length=256, default="")
    asked = models.CharField(max_length=64)
    state = models.CharField(max_length=12, default="PROCESSING")
    becomes = models.CharField(max_length=12, default="SUCCESS")
    due_at = models.DateTimeField(null=True, db_index=True)
    made_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "out_refund_no"], name="refund_number_once")
        ]


class Notice(models.Model):
    """What a merchant is told, until the merchant says that it was heard."""

    notice_id = models.CharField(max_length=40, unique=True)
    merchant = models.ForeignKey(Merchant, models.CASCADE)
    url = models.CharField(max_length=256)
    event_type = models.CharField(max_length=40)
    resource = models.JSONField()
    # How this one misbehaves at its first attempt.
    mode = models.CharField(max_length=20, default="")
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, db_index=True)
    last_status = models.IntegerField(null=True)
    accepted_at = models.DateTimeField(null=True)
    # A spoiled message that the merchant took for a good one.
    was_fooled = models.BooleanField(default=False)
    made_at = models.DateTimeField()


class Fault(models.Model):
    """How to misbehave: `times` None is for ever."""

    operation = models.CharField(max_length=20, db_index=True)
    mode = models.CharField(max_length=24)
    times = models.PositiveIntegerField(null=True)
    probability = models.FloatField(default=1.0)
    seed = models.IntegerField(default=0)
    # How often a call could have been spoiled, and how often one was.
    asked = models.PositiveIntegerField(default=0)
    hits = models.PositiveIntegerField(default=0)


class Card(models.Model):
    """A page that somebody sent into a chat."""

    by = models.CharField(max_length=40)
    channel = models.CharField(max_length=12)
    title = models.CharField(max_length=200)
    desc = models.CharField(max_length=400, default="")
    link = models.CharField(max_length=1000)
    image = models.CharField(max_length=1000, default="")
    sent_at = models.DateTimeField()


class Follow(models.Model):
    """Somebody follows a 服务号: only they get template messages."""

    app = models.ForeignKey(App, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "person"], name="follow_once")]


class Subscription(models.Model):
    """A person's leave to be sent one message. In one scene they do not add up."""

    app = models.ForeignKey(App, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    template_id = models.CharField(max_length=64)
    scene = models.PositiveIntegerField()
    given_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["app", "person", "template_id", "scene"],
                condition=models.Q(used_at=None),
                name="subscription_does_not_add_up",
            )
        ]


class Message(models.Model):
    """What a 服务号 sent to a phone."""

    app = models.ForeignKey(App, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    kind = models.CharField(max_length=12)
    template_id = models.CharField(max_length=64)
    title = models.CharField(max_length=60, default="")
    data = models.JSONField(default=dict)
    url = models.CharField(max_length=1000, default="")
    client_msg_id = models.CharField(max_length=64, default="", db_index=True)
    sent_at = models.DateTimeField()
