"""The day's bill: read exactly, kept once, and its money in matched both ways."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.money import yuan
from payments.bills import CHINA, BillUnreadable, bill_parse
from payments.models import BillDifference, BillLine, Payment, TradeBill
from payments.services import (
    bill_fetch,
    bills_wanted,
)
from payments.services import bills as bill_services
from payments.tests.factories import merchant_account_make, payment_paid_make

HEADS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
TOTALS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=CHINA)


MCHID = "1900000001"


def line(number, fen, *, transaction="4200", refund="", back_fen=0, mchid=MCHID, sub="0", **went):
    """`refund_id` and `status` say how a refund went."""
    state = "REFUND" if refund else "SUCCESS"
    values = [
        *("2026-11-23 12:00:00", "wx1", mchid, sub, "", transaction, number, "o-alice"),
        *("JSAPI", state, "OTHERS", "CNY", yuan(fen), "0.00"),
        *(went.get("refund_id", "50300"), refund or "0", yuan(back_fen), "0.00", "ORIGINAL"),
        *(went.get("status", "SUCCESS"), "红枣", "", "0.06000", "0.60%"),
        *(yuan(fen), yuan(back_fen), ""),
    ]
    return ",".join(f"`{value}" for value in values)


def bill_of(*lines, total_fen=0, back_fen=0, count=None):
    sums = ["0.00"] * 4 + [yuan(total_fen), yuan(back_fen)]
    totals = ",".join([f"`{len(lines) if count is None else count}", *(f"`{one}" for one in sums)])
    text = "\r\n".join([HEADS, *lines, TOTALS, totals]) + "\r\n"
    return "\ufeff".encode() + text.encode()


@pytest.fixture
def account(db):
    return merchant_account_make(mchid=MCHID)


# --- reading ---


@given(st.lists(st.integers(1, 10**9), max_size=20))
def test_amounts_are_exact(amounts):
    lines = [line(f"n{n}", fen) for n, fen in enumerate(amounts)]
    rows = bill_parse(bill_of(*lines, total_fen=sum(amounts)))
    assert [row.amount_fen for row in rows] == amounts
    assert [row.out_trade_no for row in rows] == [f"n{n}" for n in range(len(amounts))]


def test_a_line_is_read_whole():
    (row,) = bill_parse(
        bill_of(line("n1", 0, refund="r1", back_fen=1250), total_fen=0, back_fen=1250)
    )
    assert (row.kind, row.out_refund_no, row.refund_fen) == ("REFUND", "r1", 1250)
    assert row.happened_at == NOON
    assert row.fee_text == "0.06000"
    assert (row.provider_refund_id, row.refund_status) == ("50300", "SUCCESS")


def test_a_line_is_of_whom_the_bill_is_for():
    own, of_a_sub = line("n1", 100), line("n2", 100, mchid="1900000009", sub=MCHID)
    rows = bill_parse(bill_of(own, of_a_sub, total_fen=200), mchid=MCHID)
    assert {row.merchant for row in rows} == {MCHID}
    foreign = bill_of(own, line("n2", 100, mchid="1900000009"), total_fen=200)
    with pytest.raises(BillUnreadable, match="line 3: of another merchant"):
        bill_parse(foreign, mchid=MCHID)


def test_a_column_more_changes_nothing():
    more = bill_of(line("n1", 1250) + ",`新", total_fen=1250).replace(
        HEADS.encode(), f"{HEADS},新栏目".encode()
    )
    assert bill_parse(more)[0].amount_fen == 1250


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda b: b.replace("交易状态".encode(), "状态".encode()), "line 1: no column 交易状态"),
        (lambda b: b.replace(b"`n1", b"n1"), "line 2: a value without its backtick"),
        (lambda b: b.replace(b"`CNY", b"`USD"), "line 2: currency 'USD'"),
        (lambda b: b.replace(b"`SUCCESS,`OTHERS", b"`LOST,`OTHERS"), "line 2: state 'LOST'"),
        (lambda b: b.replace(b"2026-11-23 12", b"2026-11-32 12"), "line 2: time"),
        (lambda b: b.replace(b"`12.50,`0.00,`\r", b"`12.5x,`0.00,`\r"), "line 2: amount '12.5x'"),
        (lambda b: b.replace(b"`12.50,`0.00,`\r", b"`12.505,`0.00,`\r"), "amount '12.505'"),
        (lambda b: b.replace(b"`1,", b"`2,"), "line 4: 2 trades, but 1 lines"),
        (lambda b: b.replace(b"`12.50,`0.00\r", b"`12.51,`0.00\r"), "line 4: 订单总金额"),
        (lambda b: b"\xff\xfe", "not UTF-8"),
        (lambda b: b"", "no totals"),
    ],
)
def test_what_is_not_a_bill_is_named_by_its_line(spoil, says):
    good = bill_of(line("n1", 1250), total_fen=1250)
    bill_parse(good)
    with pytest.raises(BillUnreadable, match=says):
        bill_parse(spoil(good))


# --- keeping and matching ---


@pytest.fixture
def paid(account):
    """A payment of 12.50 yuan that arrived at noon."""
    payment = payment_paid_make(account=account, amount_fen=1250)
    Payment.objects.filter(pk=payment.pk).update(paid_at=NOON)
    payment.refresh_from_db()
    return payment


def fetch(account):
    return bill_fetch(account_id=account.pk, day=DAY, now=clock.now())


def ours(payment, fen=1250):
    return line(payment.out_trade_no, fen, transaction=payment.transaction_id)


def differences():
    rows = BillDifference.objects.order_by("pk")
    return [(one.side, one.kind, one.reference, one.ours_fen, one.theirs_fen) for one in rows]


@pytest.mark.django_db
def test_a_bill_that_agrees_leaves_nothing(fake, account, paid):
    fake.bills[DAY] = bill_of(ours(paid), total_fen=1250)
    bill = fetch(account)
    assert (bill.lines, bill.matched_at is not None) == (1, True)
    assert differences() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lines", "total_fen", "kind", "ours_fen", "theirs_fen"),
    [
        (lambda p: [ours(p, 1251)], 1251, "amount", 1250, 1251),
        (lambda p: [line(p.out_trade_no, 1250, transaction="4299")], 1250, "number", 1250, 1250),
        (lambda p: [], 0, "not_there", 1250, None),
    ],
)
def test_a_payment_that_differs_is_named(
    fake, account, paid, lines, total_fen, kind, ours_fen, theirs_fen
):
    made = lines(paid)
    fake.bills[DAY] = bill_of(*made, total_fen=total_fen)
    fetch(account)
    assert differences() == [("payment", kind, paid.out_trade_no, ours_fen, theirs_fen)]


@pytest.mark.django_db
def test_money_that_nobody_here_knows_is_named(fake, account, paid):
    fake.bills[DAY] = bill_of(ours(paid), line("stranger", 99), total_fen=1349)
    fetch(account)
    assert differences() == [("payment", "not_here", "stranger", None, 99)]


@pytest.mark.django_db
def test_anothers_payment_is_not_ours(fake, account, paid):
    other = payment_paid_make(account=merchant_account_make(), amount_fen=700)
    Payment.objects.filter(pk=other.pk).update(paid_at=NOON)
    fake.bills[DAY] = bill_of(ours(paid), ours(other, 700), total_fen=1950)
    fetch(account)
    assert differences() == [("payment", "not_here", other.out_trade_no, None, 700)]


@pytest.mark.django_db
def test_what_happens_at_midnight_may_stand_in_either_bill(fake, account, paid):
    late = datetime(2026, 11, 23, 23, 59, 30, tzinfo=CHINA)
    Payment.objects.filter(pk=paid.pk).update(paid_at=late)
    fake.bills[DAY] = bill_of()
    assert fetch(account).lines == 0
    assert differences() == []
    tomorrow = DAY + timedelta(days=1)
    fake.bills[tomorrow] = bill_of()
    bill_fetch(account_id=account.pk, day=tomorrow, now=clock.now())
    assert differences() == [("payment", "not_there", paid.out_trade_no, 1250, None)]


@pytest.mark.django_db
def test_fetching_and_matching_twice_changes_nothing(fake, account, paid):
    fake.bills[DAY] = bill_of(ours(paid, 1251), total_fen=1251)
    first = fetch(account)
    assert fetch(account).pk == first.pk
    assert fake.count("trade_bill") == 1
    assert (BillLine.objects.count(), BillDifference.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_a_file_that_does_not_add_up_is_not_kept(fake, account, paid):
    fake.bills[DAY] = bill_of(ours(paid), total_fen=9)
    with pytest.raises(BillUnreadable):
        fetch(account)
    assert not BillLine.objects.exists()
    fake.bills[DAY] = bill_of(ours(paid), total_fen=1250)
    assert fetch(account).lines == 1


@pytest.mark.django_db
def test_bills_are_wanted_from_half_past_ten_and_three_months_back(account):
    type(account).objects.update(created_at=datetime(2026, 1, 1, tzinfo=CHINA))

    def days(hour, minute=0):
        now = datetime(2026, 11, 24, hour, minute, tzinfo=CHINA)
        return [day for _account, day in bills_wanted(now=now)]

    assert days(10, 29)[0] == date(2026, 11, 22)
    assert days(10, 30)[0] == DAY
    assert len(days(12)) == bill_services.DAYS_BACK
    now = clock.now()
    TradeBill.objects.create(
        store=account.store, account=account, day=DAY, fetched_at=now, matched_at=now
    )
    assert DAY not in days(12)
    type(account).objects.update(created_at=datetime(2026, 11, 22, tzinfo=CHINA))
    assert days(12) == [date(2026, 11, 22)]
