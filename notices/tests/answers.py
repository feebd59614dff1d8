"""WeChat as a stand-in that answers as it is told, and the answers that it may give."""

from notices.models import NoticeDelivery
from wechat.services import WechatTrouble

SILENCE = WechatTrouble("no answer", permanent=False)
BUSY = WechatTrouble("system error", permanent=False, code=-1)
QUOTA = WechatTrouble("reach max api daily quota limit", permanent=False, code=45009)
BAD_TEMPLATE = WechatTrouble("invalid template_id", permanent=True, code=40037)
NOT_FOLLOWING = WechatTrouble("require subscribe", permanent=True, code=43004)
NO_CONSENT = WechatTrouble("user refuse to accept the msg", permanent=True, code=43101)


class Wechat:
    """Answers in order, the last one for ever; remembers what it was asked."""

    def __init__(self):
        self.asked, self.template, self.subscription = [], [None], [None]

    def answer(self, way, asked):
        self.asked.append((way, asked))
        answers = getattr(self, way)
        said = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(said, Exception):
            raise said
        return "4711"

    @property
    def ways(self):
        return [way for way, _asked in self.asked]


def kinds_of_delivery():
    return list(NoticeDelivery.objects.order_by("pk").values_list("channel", "state"))
