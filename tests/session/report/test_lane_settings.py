from typing import Any

from dlprof.session.report.lane_settings import lane_settings

TORCH = {
    "jit": False,
    "threads": {"intra": 2, "inter": 1},
    "determinism": {"deterministic_algorithms": False, "cudnn_benchmark": True},
    "memory_growth": None,
}
TENSORFLOW = {
    "jit": True,
    "threads": {"intra": 0, "note": "0: all"},
    "determinism": {"TF_DETERMINISTIC_OPS": None},
    "memory_growth": True,
}


def run(lane: str, settings: dict[str, Any]) -> dict[str, Any]:
    of_all = {"framework": "keras", "backend": None, "backend_version": None, "left_uncompiled": False}
    return {"lane": lane, **of_all, **settings}


def test_lanes_of_the_same_settings_share_a_line() -> None:
    runs = [run("a", TORCH), run("b", TENSORFLOW), run("c", TORCH), run("a", TORCH)]
    assert lane_settings(runs) == [
        "a, c: not compiled; threads intra 2, inter 1; deterministic_algorithms off, cudnn_benchmark on",
        "b: compiled (jit); threads intra 0 (0: all); TF_DETERMINISTIC_OPS not set; GPU memory taken as needed",
    ]


def test_what_is_not_known_is_not_said() -> None:
    never_built = {"jit": None, "threads": {}, "determinism": {}, "memory_growth": None}
    assert lane_settings([run("a", never_built)]) == []
    jax = {"jit": True, "threads": {"note": "chosen by XLA"}, "determinism": {}, "memory_growth": False}
    assert lane_settings([run("a", jax)]) == [
        "a: compiled (jit); threads (chosen by XLA); GPU memory taken all at once"
    ]


def test_a_backend_has_its_version_and_what_was_not_compiled_says_so() -> None:
    known = {"backend": "jax", "backend_version": "0.10.2", **TENSORFLOW}
    (said,) = lane_settings([run("a", known)])
    assert said.startswith("a: on jax 0.10.2; compiled (jit); ")
    (said,) = lane_settings([run("a", {**TENSORFLOW, "left_uncompiled": True})])
    assert said.startswith("a: asked to compile (jit), and nothing was compiled: it ran as without; ")
