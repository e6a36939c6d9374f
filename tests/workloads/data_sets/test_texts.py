"""Texts: how they are cleaned and numbered, and what is read of files."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import made_data
import numpy as np
import pytest

from dlprof.workloads.data import load
from dlprof.workloads.data_sets import words
from dlprof.workloads.data_sets.found import Unusable
from dlprof.workloads.data_sets.preparing import prepared
from dlprof.workloads.own_task import task_of

ROOT = Path(__file__).parents[3]


def prepare(folder: Path, data: str | Path, **options: Any) -> Any:
    """The prepared arrays, and the facts of them."""
    folder.mkdir()
    asked = {"task": "text-cnn", "folder": str(folder), "data": str(data), "data_mb": None, "seed": 0, **options}
    facts = prepared(asked)
    return load(folder, 1), facts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>How to <b>merge</b> two<br/>dicts?</p>", ["merge", "dicts"]),
        ("a &lt;tag&gt; &amp; C++ or C#, don't!", ["tag", "c++", "c#", "dont"]),
        ("x < y and y > z", ["x", "y", "y", "z"]),
        ("<script>var secret = 1</script>seen<!-- not <b>this</b> -->", ["seen"]),
        ("Straße, naïve 東京 snake_case e-mail", ["straße", "naïve", "東京", "snake", "case", "e", "mail"]),
        ("# ++ -- !", []),
        ("", []),
    ],
)
def test_words_of(text: str, expected: list[str]) -> None:
    assert words.words_of(text, words.english_stop_words() - {"e"}) == expected


def test_a_vocabulary_is_of_the_most_frequent() -> None:
    known = words.vocabulary([["b", "a", "b"], ["c", "a"]], 4)
    assert known == {"a": 2, "b": 3}
    assert words.numbers(["b", "c", "a"], known) == [3, words.UNKNOWN, 2]


def test_padding_stands_before_and_the_end_is_kept() -> None:
    assert words.padded([[5, 6], [1, 2, 3, 4], []], 3).tolist() == [[0, 5, 6], [2, 3, 4], [0, 0, 0]]


def test_a_csv_of_texts(tmp_path: Path) -> None:
    path = made_data.texts(tmp_path / "own.csv")
    data, facts = prepare(tmp_path / "a", path)
    assert (data.train.x.shape, data.train.y.shape, data.test.x.shape) == ((540, 64), (540, 3), (60, 64))
    assert (data.train.x.dtype, data.train.y.dtype, facts["labels"]) == (np.int32, np.float32, 3)
    assert task_of({"name": "text-cnn", "labels": 3}).model.weights(np.random.default_rng(0))["head_bias"].shape == (3,)
    assert data.weights["head_bias"].shape == (3,)
    # Each label, in the alphabet's order, holds exactly where its words are: nothing was shifted.
    for label in range(3):
        marked = data.train.y[:, label] == 1
        always = set.intersection(*({*row} for row in data.train.x[marked].tolist())) - {0}
        never = set.union(*({*row} for row in data.train.x[~marked].tolist()))
        assert len(always - never) == 3
    assert data.test.x.max() <= data.train.x.max() < 5000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no column text (its columns: none)"),
        (b"text,labels\n", "has no row"),
        (b"text,tags\na,b\n", "has no column labels (its columns: text, tags)"),
        (b"text,labels\na,b\nc\n", "line 3 has 1 fields, the first line 2"),
        (b"text,labels\n\xff\xfe,b\n", "own.csv: line 2 is not UTF-8"),
        (b'text,labels\n"a,b\n', "cannot be read"),
        (b"text,labels\na,b\0\n" * 20, "its columns"),
        (b"text,labels\n" + b"a,\n" * 30, "0 different labels"),
        (b"text,labels\n" + b"a,b\n" * 5, "5 samples"),
    ],
)
def test_a_csv_of_no_use_is_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    if b"\0" in content:
        path.write_bytes(content.replace(b"text,labels\n", b"text,\0labels\n"))
    with pytest.raises(Unusable) as raised:
        prepare(tmp_path / "a", path)
    assert str(raised.value).startswith(f"{path}: ") or str(raised.value).startswith(f"{path} has")
    assert said in str(raised.value) or b"\0" in content
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("make", "labels", "samples"), [(made_data.imdb, 1, (1000, 300)), (made_data.reuters, 46, (1350, 150))]
)
def test_texts_of_keras_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any, labels: int, samples: tuple[int, int]
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    path = make(tmp_path)
    data, facts = prepare(tmp_path / "a", path.stem)
    assert (facts["samples"], facts["held_out"], facts["labels"]) == (*samples, labels)
    if labels > 1:
        assert (data.train.y.sum(axis=1) == 1).all()
    by_path, _ = prepare(tmp_path / "b", path)
    assert np.array_equal(by_path.train.x, data.train.x)
    assert data.train.x.min() >= 0 and data.train.x.max() < 5000


@pytest.mark.slow
def test_numbers_are_those_of_keras(tmp_path: Path) -> None:
    """Keras' own loader on the same file, told not to look for the published one."""
    path = made_data.imdb(tmp_path)
    data, _ = prepare(tmp_path / "a", path)
    program = (
        "import sys, json, keras\n"
        "keras.src.datasets.imdb.get_file = lambda **_: sys.argv[1]\n"
        "(x, y), _ = keras.datasets.imdb.load_data(num_words=5000)\n"
        "x = keras.utils.pad_sequences(x, 64)\n"
        "print(json.dumps([[*row, label] for row, label in zip(x.tolist(), y.tolist())]))\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": "numpy", "KERAS_HOME": str(tmp_path)}
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    expected = json.loads(done.stdout.splitlines()[-1])
    found = np.concatenate([data.train.x, data.train.y.astype(np.int32)], axis=1).tolist()
    assert sorted(found) == sorted(expected)


class Harmful:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_a_pickle_that_is_no_array_is_refused_and_does_nothing(tmp_path: Path) -> None:
    path = made_data.imdb(tmp_path)
    texts = np.empty(2, dtype=object)
    texts[0], texts[1] = [1], Harmful(tmp_path / "harm")
    for content in (texts, Harmful(tmp_path / "harm"), {"a": 1}):
        array = made_data.pickled_array(pickle.dumps(content))
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x_train.npy", array)
        with pytest.raises(Unusable, match=r"imdb\.npz: cannot be read as \.npz \((it asks for|a pickle of something)"):
            prepare(tmp_path / f"run{len(list(tmp_path.iterdir()))}", path)
        assert not (tmp_path / "harm").exists()


def test_damaged_files_are_one_line(tmp_path: Path) -> None:
    x, y = made_data.numbered_texts(30, 2)
    whole = made_data.pickled_array(pickle.dumps(x))
    random = np.random.default_rng(0)
    refused = 0
    for turn in range(60):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            damaged[place] = random.integers(0, 256)
        path = tmp_path / f"{turn}.npz"
        np.savez(path, y=y)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("x.npy", bytes(damaged[: len(damaged) - turn % 2 * 50]))
        try:
            prepare(tmp_path / str(turn), path)
        except Unusable as error:
            assert str(error).startswith(str(path))
            refused += 1
    assert refused > 20


def test_lists_that_do_not_fit_their_labels(tmp_path: Path) -> None:
    x, y = made_data.numbered_texts(30, 2)
    for arrays, said in (
        ({"x": x, "y": y[:3]}, "do not hold a list and a label for each"),
        ({"x": x, "y": y.astype(float)}, "y is float64"),
        ({"x": x}, "holds x; expected"),
        ({"x": x, "y": y * 5000}, "targets go from 0 to 5000"),
        ({"x": np.zeros((30, 64), np.int32), "y": y}, "do not hold a list"),
    ):
        np.savez(tmp_path / "own.npz", **arrays)  # type: ignore[arg-type]
        with pytest.raises(Unusable, match=said):
            prepare(tmp_path / f"run{len(list(tmp_path.iterdir()))}", tmp_path / "own.npz")
