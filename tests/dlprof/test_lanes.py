import pytest

from dlprof.lanes import DEFAULT_LANES, KNOWN_LANES, LaneSpec, parse_lane, parse_lanes
from dlprof.profilers.recorder.interpreters import NEEDS


@pytest.mark.parametrize(
    ("text", "lane", "module"),
    [
        ("torch", LaneSpec("torch", "torch"), "torch"),
        ("torch:compiled", LaneSpec("torch:compiled", "torch", None, "compiled"), "torch"),
        ("tensorflow:eager", LaneSpec("tensorflow:eager", "tensorflow", None, "eager"), "tensorflow"),
        ("keras", LaneSpec("keras", "keras", "tensorflow"), "keras"),
        ("keras@tensorflow:default", LaneSpec("keras", "keras", "tensorflow"), "keras"),
        ("keras@torch", LaneSpec("keras@torch", "keras", "torch"), "keras_torch"),
        ("keras@jax:compiled", LaneSpec("keras@jax:compiled", "keras", "jax", "compiled"), "keras_jax"),
        ("a=torch", LaneSpec("a", "torch"), "torch"),
        (" b-2=keras@jax ", LaneSpec("b-2", "keras", "jax"), "keras_jax"),
    ],
)
def test_a_lane(text: str, lane: LaneSpec, module: str) -> None:
    assert parse_lane(text) == lane
    assert lane.module == f"dlprof.workloads.{module}"
    assert parse_lane(str(lane)) == lane


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "caffe",
        "torch@jax",
        "torch@",
        "torch:",
        "torch:fast",
        "keras@mxnet",
        "=torch",
        "a=b=torch",
        "a b=torch",
        "a\x1b[1m=torch",
        "torch,torch",
        "a=torch,a=keras",
        "keras,keras@tensorflow",
    ],
)
def test_no_lane(text: str) -> None:
    with pytest.raises(ValueError, match=r"lane") as caught:
        parse_lanes(text)
    assert str(caught.value).isprintable()


def test_what_is_known() -> None:
    assert [str(lane) for lane in DEFAULT_LANES] == ["torch", "tensorflow", "keras"]
    assert set(DEFAULT_LANES) < set(KNOWN_LANES)
    assert {(lane.framework, lane.backend) for lane in KNOWN_LANES} == NEEDS.keys()
