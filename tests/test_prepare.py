"""What `make run` asks of a database before it migrates it."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from local.prepare import refuse_another_history

pytestmark = pytest.mark.django_db


def test_a_database_of_this_version_is_taken():
    refuse_another_history()


def test_a_database_that_another_version_made_is_refused_with_what_to_do():
    MigrationRecorder(connection).record_applied("orders", "0017_from_elsewhere")
    with pytest.raises(SystemExit) as refused:
        refuse_another_history()
    assert "rm -r .data" in str(refused.value)
    assert "orders.0017_from_elsewhere" in str(refused.value)


def test_what_is_not_ours_any_more_may_stay_in_the_history():
    MigrationRecorder(connection).record_applied("an_app_that_was_removed", "0001_initial")
    refuse_another_history()
