from pathlib import Path

import pytest

from dlprof.session.quota import room


@pytest.mark.parametrize(("cap", "nearly", "full"), [(5500, False, False), (4500, True, False), (4000, True, True)])
def test_the_room_counts_every_file(tmp_path: Path, cap: int, nearly: bool, full: bool) -> None:
    (tmp_path / "a.dlprof").write_bytes(bytes(3000))
    (tmp_path / "a.dlprof-wal").write_bytes(bytes(1000))
    (tmp_path / "link").symlink_to("/nowhere")
    found = room(tmp_path, cap)
    assert 4000 <= found.used < 4100
    assert (found.is_nearly_full, found.is_full) == (nearly, full)


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert room(tmp_path / "absent", 10**9).used == 0
    assert str(room(Path("/f"), 2 * 10**9)) == "the sessions in /f take 0 of 2 GB"
