"""`.env` sets log levels and nothing else, and never against the environment."""

import os
from pathlib import Path

import pytest

from src.domain.errors import CannotStart
from src.runtime.dotenv import adopt_log_levels


def test_levels_are_taken_and_secrets_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("RUST_LOG", "PYTHON_LOG_LEVEL", "API_SECRET"):
        monkeypatch.setenv(name, "x")  # so that it is put back afterwards
        monkeypatch.delenv(name)
    text = "# levels\nRUST_LOG='debug,zmq=info'\nexport PYTHON_LOG_LEVEL = WARNING \nAPI_SECRET=s\nnonsense\n"
    (tmp_path / ".env").write_text(text)
    adopt_log_levels(tmp_path)
    assert (os.environ["RUST_LOG"], os.environ["PYTHON_LOG_LEVEL"]) == ("debug,zmq=info", "WARNING")
    assert "API_SECRET" not in os.environ


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RUST_LOG", "error")
    (tmp_path / ".env").write_text("RUST_LOG=debug\n")
    adopt_log_levels(tmp_path)
    assert os.environ["RUST_LOG"] == "error"


def test_no_file_is_fine_and_an_unreadable_one_is_told(tmp_path: Path):
    adopt_log_levels(tmp_path)
    (tmp_path / ".env").write_bytes(b"\xff")
    with pytest.raises(CannotStart, match=r"\.env"):
        adopt_log_levels(tmp_path)
