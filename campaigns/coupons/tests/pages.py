"""Reading the pages of coupons."""


def text_of(answer):
    return answer.content.decode()
