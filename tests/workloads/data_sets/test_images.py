"""CIFAR-10, and folders of images."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import made_data
import numpy as np
import pytest
from PIL import Image

from dlprof.arguments import Misuse
from dlprof.data_choice import chosen_data
from dlprof.workloads.data import load
from dlprof.workloads.data_sets import cifar, image_folder
from dlprof.workloads.data_sets.found import Unusable
from dlprof.workloads.data_sets.named import NAMED, cached
from dlprof.workloads.data_sets.preparing import prepared
from dlprof.workloads.tasks import TASKS

CLASSES = ("cats", "dogs", "eels")


def prepare(folder: Path, data: Path, task: str = "mnist-lenet") -> Any:
    folder.mkdir()
    facts = prepared({"task": task, "folder": str(folder), "data": str(data), "data_mb": None, "seed": 0})
    return load(folder, 1), facts


def test_cifar_10_from_keras_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    folder = made_data.cifar10(tmp_path)
    files = cached(NAMED["cifar10"])
    assert files is not None
    found = NAMED["cifar10"].read(files)
    assert found.test is not None
    assert (found.train.x.shape, found.test.x.shape) == ((300, 32, 32, 3), (60, 32, 32, 3))
    x, y = made_data.COLOURS.draw(60, np.random.default_rng(1))
    assert np.array_equal(found.train.x[60:120], x)
    assert np.array_equal(found.train.y[60:120], y)
    folder.parent.rename(folder.parents[1] / "elsewhere")  # where an older Keras has it
    (folder.parents[1] / "elsewhere" / folder.name).rename(folder.parents[1] / folder.name)
    assert cached(NAMED["cifar10"]) == tuple(folder.parents[1] / folder.name / path.name for path in files)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"rubbish", "cannot be read"),
        (pickle.dumps([1]), "something else than a batch"),
        (pickle.dumps({"data": np.zeros((2, 3072), np.uint8)}), "cannot be read ('labels')"),
        (pickle.dumps({"data": np.zeros((2, 99), np.uint8), "labels": [1, 2]}), "its data are something else"),
        (pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [1]}), "for each of 2 images"),
        (pickle.dumps({"data": Path("x"), "labels": [1]}), "it asks for pathlib"),
    ],
)
def test_batches_of_no_use(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "test_batch"
    path.write_bytes(content)
    with pytest.raises(Unusable) as raised:
        cifar.read([path], path)
    assert str(raised.value).startswith(f"{path}: ")
    assert said in str(raised.value)
    assert "expected a batch of CIFAR-10" in str(raised.value)


def test_a_folder_of_images_is_resized_and_made_grey(tmp_path: Path) -> None:
    folder = made_data.image_folder(tmp_path / "own", CLASSES, 20)
    (folder / "cats" / "notes.txt").write_text("no image")
    (folder / ".hidden").mkdir()
    data, facts = prepare(tmp_path / "a", folder)
    assert (facts["samples"], facts["held_out"], facts["files"]) == (54, 6, 60)
    assert data.train.x.shape == (54, 28, 28, 1)
    for number in range(3):
        mean = data.train.x[data.train.y == number].mean()
        assert 60 * number + 20 < mean < 60 * number + 40
    colour = image_folder.read(folder, (32, 32, 3)).train
    assert colour.x.shape == (60, 32, 32, 3)
    first = sorted((folder / "cats").glob("*.png"))[0]
    with Image.open(first) as image:
        expected = np.asarray(image.resize((32, 32), Image.Resampling.BILINEAR))
    assert any(np.array_equal(row, expected) for row in colour.x)


def test_a_folder_with_a_test_part(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    made_data.image_folder(folder / "train", CLASSES, 6)
    made_data.image_folder(folder / "test", CLASSES[1:], 2)
    data, facts = prepare(tmp_path / "a", folder, "mnist-mlp")
    assert (facts["samples"], facts["held_out"]) == (18, 4)
    assert sorted(data.test.y.tolist()) == [1, 1, 2, 2]
    (folder / "test" / "dogs").rename(folder / "test" / "wolves")
    with pytest.raises(Unusable, match=r"test/wolves: train has no such class"):
        prepare(tmp_path / "b", folder, "mnist-mlp")


def test_folders_of_no_use(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    with pytest.raises(Unusable, match=r"own: holds no class with images; expected a folder for each class"):
        prepare(tmp_path / "a", tmp_path / "own")
    made_data.image_folder(tmp_path / "own", CLASSES, 10)
    damaged = tmp_path / "own" / "dogs" / "4.jpg"
    whole = damaged.read_bytes()
    for number, content in enumerate((b"", b"rubbish", whole[: len(whole) // 2])):
        damaged.write_bytes(content)
        with pytest.raises(Unusable, match=r"dogs/4\.jpg: cannot be decoded"):
            prepare(tmp_path / str(number), tmp_path / "own")
    many = made_data.image_folder(tmp_path / "many", tuple(f"c{n:02}" for n in range(11)), 2)
    with pytest.raises(Unusable, match=r"many: its targets go from 0 to 10; mnist-lenet takes classes 0 to 9"):
        prepare(tmp_path / "c", many)


def test_what_data_fit_which_task(tmp_path: Path) -> None:
    folder = made_data.image_folder(tmp_path / "own", CLASSES, 3)
    choice = chosen_data(str(folder))
    assert (choice.fits("mnist-mlp"), choice.fits("text-lstm")) == (True, False)
    assert choice.training_bytes(["mnist-mlp"]) == 9 * TASKS["mnist-mlp"].data.sample_bytes
    assert choice.training_bytes(["mnist-mlp", "resnet50"]) == 9 * TASKS["resnet50"].data.sample_bytes
    assert choice.training_bytes(["own.py"]) >= 9 * 784
    assert (chosen_data("imdb").fits("text-cnn"), chosen_data("imdb").fits("mnist-mlp")) == (True, False)
    assert not chosen_data("cifar10").fits("mnist-mlp")
    with pytest.raises(Misuse, match="kind of file"):
        chosen_data("/dev/null")
