from pathlib import Path

import psutil
import pytest

from dlprof.profilers.recorder import capacity
from dlprof.profilers.recorder.capacity import FOOTPRINTS, MIB, cgroup_room, host_free, need, refusal
from dlprof.profilers.recorder.plan import LanePlan

GB = 10**9
DATA = 10 * 10**6


def lane(name: str, framework: str = "", device: str = "cpu", **fields: str) -> LanePlan:
    return LanePlan(name, framework or name, "module", "python", device, **fields)


TORCH, TENSORFLOW = lane("torch"), lane("tensorflow")
KERAS = lane("keras", backend="tensorflow")


def test_a_lane_needs_its_own_its_libraries_and_the_data() -> None:
    one = FOOTPRINTS["tensorflow"]
    assert need([TENSORFLOW], DATA).host == one.own + one.libraries + (one.copies + 1) * DATA


def test_lanes_on_one_engine_have_its_libraries_and_the_data_once() -> None:
    one = FOOTPRINTS["tensorflow"]
    together = need([TENSORFLOW, KERAS], DATA).host
    assert together == 2 * need([TENSORFLOW], DATA).host - one.libraries - DATA
    assert need([lane("keras")], DATA) == need([KERAS], DATA)


def test_every_engine_that_a_lane_can_have_is_known() -> None:
    for backend in ("tensorflow", "torch", "jax"):
        assert need([lane("keras", backend=backend)], 0).host > 0


def test_much_data_need_most_while_they_are_made() -> None:
    said = refusal([TORCH], 10 * GB, 60 * GB, {})
    assert said == "making the data takes about 70.0 GB of host memory, 60.0 GB are free: choose a smaller --data-mb"


def test_a_lane_that_is_missing_needs_nothing() -> None:
    assert need([TORCH, lane("keras", missing="not installed")], DATA) == need([TORCH], DATA)


def test_lanes_that_fit_are_not_refused() -> None:
    wanted = need([TORCH, TENSORFLOW], DATA).host
    assert refusal([TORCH, TENSORFLOW], DATA, wanted, {}) is None
    assert refusal([TORCH, TENSORFLOW], DATA, None, {}) is None


def test_lanes_that_do_not_fit_are_refused_with_the_sizes() -> None:
    said = refusal([TORCH, TENSORFLOW], DATA, 500 * 10**6, {})
    assert said is not None
    size = need([TORCH, TENSORFLOW], DATA).host / 1e9
    assert said.startswith(f"torch, tensorflow need about {size:.1f} GB of host memory, 0.5 GB are free: ")
    assert "--lanes" in said
    assert "\n" not in said
    assert refusal([TORCH], DATA, 500 * 10**6, {}) is None, "one after the other they would fit"


def test_each_gpu_is_checked_for_its_own_lanes() -> None:
    lanes = [lane("torch", device="cuda:0"), lane("tensorflow", device="cuda:0"), lane("keras", device="cuda:1")]
    assert need(lanes, 0).devices == {"cuda:0": 1024 * MIB, "cuda:1": 512 * MIB}
    assert refusal(lanes, 0, None, {"cuda:0": 2 * GB, "cuda:1": 2 * GB}) is None
    assert refusal(lanes, 0, None, {}) is None, "a GPU that does not tell"
    said = refusal(lanes, 0, None, {"cuda:0": GB, "cuda:1": 2 * GB})
    assert said is not None
    assert said.startswith("torch, tensorflow need about 1.1 GB of cuda:0's memory, 1.0 GB are free")


def cgroup(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_room_in_a_cgroup(tmp_path: Path) -> None:
    stat = "anon 3\ninactive_file 200\ntotal_inactive_file 300\n"
    v2 = cgroup(tmp_path / "v2", memory__max="1000\n", memory__current="600\n", memory__stat=stat)
    v1 = cgroup(tmp_path / "v1", memory__limit_in_bytes="1000\n", memory__usage_in_bytes="600\n", memory__stat=stat)
    open_ended = cgroup(tmp_path / "open", memory__max="max\n", memory__current="600\n")
    full = cgroup(tmp_path / "full", memory__max="1000", memory__current="1001")
    assert [cgroup_room(folder) for folder in (v2, v1, open_ended, full)] == [600, 700, None, 0]
    assert cgroup_room(tmp_path / "absent") is None


@pytest.mark.parametrize("own", ["0::/a/b\n", "5:cpu:/x\n4:memory:/a/b\n0::/\n"])
def test_the_limits_of_all_cgroups_around_hold(tmp_path: Path, own: str) -> None:
    folders = capacity.memory_cgroups(own, tmp_path)
    top = tmp_path / "memory" if "memory" in own else tmp_path
    assert [top / "a" / "b", top / "a", top] == [f for f in folders if f.is_relative_to(top)][:3]


def test_what_is_free_here() -> None:
    assert 0 < host_free() <= psutil.virtual_memory().total
