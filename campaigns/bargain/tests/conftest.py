import pytest

from campaigns.bargain.tests.factories import campaign_make, launch
from core.public_pages import public_pages_forget
from tests import cast


@pytest.fixture(autouse=True)
def fresh_pages():
    public_pages_forget()


@pytest.fixture
def alice():
    return cast.person("李梅")


@pytest.fixture
def bargain(alice):
    return launch(campaign_make(), alice)
