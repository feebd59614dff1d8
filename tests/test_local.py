"""What `make` finds and makes on a machine: interpreters, folders, environments that were broken off."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import local.test
from local import environment, install, paths


def test_everything_that_is_kept_lies_in_one_folder(tmp_path, monkeypatch):
    for name in ("MEDIA_ROOT", "STATIC_ROOT", "PRIVATE_ROOT"):
        monkeypatch.delenv(name, raising=False)
    env = environment.base("development", tmp_path)
    for name in ("MEDIA_ROOT", "STATIC_ROOT", "PRIVATE_ROOT"):
        assert Path(env[name]).is_relative_to(tmp_path), name


def test_somebody_elses_environment_is_not_ours(monkeypatch, tmp_path):
    assert paths.python() == sys.executable  # the tests run in ours
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert paths.python() == str(paths.VENV / "bin" / "python")


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """Commands that an installation would run, without running them."""
    told = []

    def call(argv, **_more):
        told.append(list(argv))
        (tmp_path / "venv" / "bin").mkdir(parents=True, exist_ok=True)
        (tmp_path / "venv" / "bin" / "python").touch()

    monkeypatch.setattr(install, "VENV", tmp_path / "venv")
    monkeypatch.setattr(install, "_call", call)
    return told


def makes(calls):
    return [one for one in calls if "venv" in one]


def test_a_whole_environment_is_made_once(calls):
    install._venv(install.LOCAL)
    install._venv(install.LOCAL)
    assert len(makes(calls)) == 1


def test_one_that_was_broken_off_is_made_anew(calls, tmp_path):
    """Debian without python3-venv leaves `bin/python`, and no pip."""
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").touch()
    install._venv(install.LOCAL)
    assert [one[-2] for one in makes(calls)] == ["--clear"]


def test_one_of_another_python_is_made_anew(calls, monkeypatch):
    install._venv(install.LOCAL)
    monkeypatch.setattr(sys, "version", "3.99.0")
    install._venv(install.LOCAL)
    assert len(makes(calls)) == 2


def test_tests_that_hear_of_no_end_are_ended(monkeypatch):
    """A signal to `make test` alone reaches no pytest."""
    monkeypatch.setattr(local.test, "PATIENCE_S", 0.1)
    with subprocess.Popen(["sleep", "600"]) as tests:
        local.test._end(tests)
        assert tests.returncode == -signal.SIGTERM
