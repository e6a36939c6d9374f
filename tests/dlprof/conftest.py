from pathlib import Path

import pytest

from dlprof.cli import sessions_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sessions' folder of a test, empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    found = sessions_folder()
    found.mkdir(parents=True)
    return found
