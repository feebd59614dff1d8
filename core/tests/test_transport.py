"""A connection to the broker that is closed while messages are held: no worker ends by it."""

import pytest
import redis
from django.conf import settings
from kombu import Connection, Queue

from shop.celery import app

QUEUE = Queue("core.tests.test_transport")


def message_of_a_closed_connection(connection):
    """A message that is not acknowledged, held by a channel whose connection was lost in closing.

    Like a worker's: the first attempt to close stops half-way because the broker is gone, and leaves
    the channel as it is.
    """
    channel = connection.channel()
    queue = QUEUE(channel)
    queue.declare()
    queue.purge()
    connection.Producer(channel).publish({}, routing_key=QUEUE.name)
    message = queue.get()
    channel._disconnect_pools()
    channel.connection.client = None
    return message


@pytest.fixture
def ours():
    with app.connection_for_read() as connection:
        yield connection


@pytest.fixture
def plain():
    connection = Connection(settings.CELERY_BROKER_URL)
    yield connection
    connection.collect()


def test_acknowledging_by_a_lost_connection_is_a_connection_error(ours):
    message = message_of_a_closed_connection(ours)
    with pytest.raises(redis.ConnectionError) as refused:
        message.ack()
    assert isinstance(refused.value, ours.connection_errors)


def test_giving_back_by_a_lost_connection_is_a_connection_error(ours):
    message = message_of_a_closed_connection(ours)
    with pytest.raises(redis.ConnectionError) as refused:
        message.channel.close()
    assert isinstance(refused.value, ours.connection_errors)


def test_control_kombus_own_transport_raises_what_ends_a_worker(plain):
    message = message_of_a_closed_connection(plain)
    with pytest.raises(AttributeError):
        message.ack()
