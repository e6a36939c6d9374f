"""Data sets from files: what is read of them, and what is said of those that are of no use."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import made_data
import numpy as np
import pytest

from dlprof.workloads.data import HELD_OUT, Prepared, load
from dlprof.workloads.data_sets import named
from dlprof.workloads.data_sets.found import Unusable
from dlprof.workloads.data_sets.preparing import main, prepared


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of Keras'."""
    folder = tmp_path / "keras"
    monkeypatch.setenv("KERAS_HOME", str(folder))
    monkeypatch.setattr(named.tempfile, "tempdir", str(tmp_path))
    return folder


def prepare(folder: Path, task: str, data: str, **options: Any) -> tuple[Prepared, dict[str, Any]]:
    folder.mkdir()
    facts = prepared({"task": task, "folder": str(folder), "data": data, "data_mb": None, "seed": 0, **options})
    return load(folder, 1), facts


def in_order(samples: Any, order: Any) -> Any:
    """Rows of images sorted, so that two orders of the same images are equal."""
    rows = samples.reshape(len(samples), -1)[order]
    return rows[np.lexsort(rows.T[:50])]


@pytest.mark.parametrize("make", [made_data.mnist, made_data.fashion_mnist])
def test_images_of_keras_cache(tmp_path: Path, cache: Path, make: Any) -> None:
    make(cache)
    name = "mnist" if make is made_data.mnist else "fashion-mnist"
    flat, facts = prepare(tmp_path / "flat", "mnist-mlp", name)
    square, _ = prepare(tmp_path / "square", "mnist-lenet", name)
    assert (flat.train.x.shape, square.train.x.shape) == ((2000, 784), (2000, 28, 28, 1))
    assert (flat.train.x.dtype, flat.train.y.dtype) == (np.uint8, np.int64)
    assert (facts["samples"], facts["held_out"], facts["data"]) == (2000, 300, name)
    x, y = made_data.digits(2300)
    assert np.array_equal(in_order(flat.train.x, slice(None)), in_order(x[:2000], slice(None)))
    assert np.array_equal(np.bincount(flat.test.y, minlength=10), np.bincount(y[2000:], minlength=10))
    assert not np.array_equal(flat.train.y, y[:2000])  # shuffled


def test_a_part_without_a_test_split_is_held_out_by_the_seed(tmp_path: Path) -> None:
    x, y = made_data.digits(400)
    np.savez(tmp_path / "own.npz", x=x, y=y)
    first, facts = prepare(tmp_path / "a", "mnist-mlp", str(tmp_path / "own.npz"))
    same, _ = prepare(tmp_path / "b", "mnist-mlp", str(tmp_path / "own.npz"))
    other, _ = prepare(tmp_path / "c", "mnist-mlp", str(tmp_path / "own.npz"), seed=1)
    assert (len(first.train.x), len(first.test.x), facts["held_out"]) == (360, 40, 40)
    assert np.array_equal(first.test.x, same.test.x)
    assert not np.array_equal(first.test.x, other.test.x)
    both = np.concatenate([first.train.x, first.test.x])
    assert np.array_equal(in_order(both, slice(None)), in_order(x, slice(None)))
    assert facts["sha256"] == hashlib.sha256((tmp_path / "own.npz").read_bytes()).hexdigest()
    assert facts["source_bytes"] == (tmp_path / "own.npz").stat().st_size


def test_no_more_is_used_than_asked_for(tmp_path: Path, cache: Path) -> None:
    made_data.mnist(cache, train=2000, test=HELD_OUT + 50)
    data, facts = prepare(tmp_path / "a", "mnist-mlp", "mnist", data_mb=0.5)
    assert 0.49e6 < facts["bytes"] <= 0.5e6
    assert (len(data.train.x), len(data.test.x)) == (500000 // 792, HELD_OUT)


X, Y = np.zeros((20, 28, 28), np.uint8), np.zeros(20, np.int64)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x_train": X}, ("has no y_train", "expected arrays x_train and y_train")),
        ({"pictures": X}, ("holds pictures;", "expected arrays")),
        ({}, ("holds no array;", "expected arrays")),
        ({"x": X, "y": Y[:3]}, ("x has 20 samples and y 3", "equally many")),
        ({"x": X[:, :5], "y": Y}, ("images of 5x28x1", "mnist-lenet takes 28x28x1")),
        ({"x": X.astype(float), "y": Y}, ("float64 of shape 28x28;", "unsigned bytes")),
        ({"x": X, "y": Y + 10}, ("targets go from 10 to 10", "takes classes 0 to 9")),
        ({"x": X, "y": Y.astype(float)}, ("targets of float64", "one whole number")),
        ({"x": X[:5], "y": Y[:5]}, ("5 samples", "expected 10 or more")),
        ({"x": X[:0], "y": Y[:0]}, ("x is empty",)),
        ({"x": np.array([{}] * 20, dtype=object), "y": Y}, ("cannot be read", "expected arrays")),
    ],
)
def test_arrays_of_no_use_are_one_line(tmp_path: Path, arrays: dict[str, Any], words: tuple[str, ...]) -> None:
    path = tmp_path / "own.npz"
    np.savez(path, **arrays)
    with pytest.raises(Unusable) as raised:
        prepare(tmp_path / "a", "mnist-lenet", str(path))
    said = str(raised.value)
    assert said.startswith(str(path))
    assert "\n" not in said
    assert all(word in said for word in words), said


def test_files_that_are_no_arrays(tmp_path: Path) -> None:
    whole = made_data.mnist(tmp_path).read_bytes()
    for content in (b"", b"rubbish", whole[: len(whole) // 2], whole[:2000] + b"x" * 100 + whole[2100:]):
        (tmp_path / "own.npz").write_bytes(content)
        with pytest.raises(Unusable, match=r"own\.npz: cannot be read as .npz"):
            prepare(tmp_path / str(len(list(tmp_path.iterdir()))), "mnist-mlp", str(tmp_path / "own.npz"))


@pytest.mark.parametrize("content", [b"rubbish", b"\0\0\x08\x03\0\0\0\1", b"\0\0\x08\x01\0\0\0\5abc"])
def test_files_that_are_no_idx(tmp_path: Path, cache: Path, content: bytes) -> None:
    folder = made_data.fashion_mnist(cache)
    path = folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(made_data.gzip.compress(content) if content[0] == 0 else content)
    with pytest.raises(Unusable, match=r"t10k-images-idx3-ubyte\.gz: .*expected gzipped IDX of unsigned bytes in 3"):
        prepare(tmp_path / "a", "mnist-mlp", "fashion-mnist")


def test_a_file_of_no_use_is_answered_to_the_recorder(tmp_path: Path) -> None:
    (tmp_path / "own.npz").touch()
    asked = {"task": "mnist-mlp", "folder": str(tmp_path), "data": str(tmp_path / "own.npz"), "data_mb": 1, "seed": 0}
    assert main(json.dumps({**asked, "answer": str(tmp_path / "answer")})) == 0
    assert "own.npz: cannot be read" in json.loads((tmp_path / "answer").read_text())["refused"]


@pytest.mark.slow
def test_what_is_neither_cached_nor_to_be_downloaded(tmp_path: Path) -> None:
    program = (
        "import socket\n"
        "def refused(*_): raise OSError('no network')\n"
        "socket.getaddrinfo = refused\n"
        "from dlprof.workloads.data_sets.fetching import files_of\n"
        "from dlprof.workloads.data_sets.found import Unusable\n"
        "try: files_of('mnist')\n"
        "except Unusable as error: print(error)\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    environment["PYTHONPATH"] = str(Path(__file__).parents[3])
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    said = done.stdout.splitlines()[-1]
    assert f"mnist is not in Keras' cache ({tmp_path}/.keras/datasets/mnist.npz) and cannot be downloaded" in said
    assert "keras.datasets.mnist.load_data()" in said
