"""What must always be true of what people were told."""

from datetime import datetime

from core.invariants import Broken, invariant, rows


@invariant("notices.one_way", because="nobody is sent the same news by two ways")
def one_way(now: datetime) -> Broken:
    for ref, ways in rows(
        """
        SELECT n.public_id, count(*) FROM notices_noticedelivery d
        JOIN notices_notice n ON n.id = d.notice_id
        WHERE d.state IN ('sending', 'sent', 'unclear')
        GROUP BY n.public_id HAVING count(*) > 1
        """
    ):
        yield f"notice {ref}", f"sent by {ways} ways"


@invariant(
    "notices.consents",
    because="each message that needed a consent has spent exactly one of its own",
)
def consents(now: datetime) -> Broken:
    for ref, state in rows(
        """
        SELECT d.public_id, d.state FROM notices_noticedelivery d
        LEFT JOIN notices_noticeconsent c ON c.delivery_id = d.id AND c.state = 'used'
        WHERE d.via = 'subscription' AND d.state IN ('sending', 'sent', 'unclear')
            AND c.id IS NULL
        """
    ):
        yield f"delivery {ref}", f"{state} without a consent"
    for consent_id, ref, state, via in rows(
        """
        SELECT c.id, d.public_id, d.state, d.via FROM notices_noticeconsent c
        JOIN notices_noticedelivery d ON d.id = c.delivery_id
        JOIN notices_notice n ON n.id = d.notice_id
        WHERE c.state = 'used'
            AND (d.state IN ('failed', 'skipped') OR d.via <> 'subscription'
                OR n.user_id <> c.user_id)
        """
    ):
        yield (
            f"consent {consent_id}",
            f"spent on delivery {ref}, which is {state} by {via or 'none'}",
        )
