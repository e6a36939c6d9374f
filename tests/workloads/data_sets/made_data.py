"""Files of real data sets' formats, small, of learnable samples."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dlprof.workloads.synthetic import Images
from dlprof.workloads.tasks import TASKS

Arrays = tuple[NDArray[Any], NDArray[Any]]


def digits(count: int, seed: int = 0) -> Arrays:
    """Images (count, 28, 28) of bytes, and classes (count,) of bytes, as MNIST has them."""
    x, y = TASKS["mnist-lenet"].data.draw(count, np.random.default_rng(seed))
    return x.reshape(count, 28, 28), y.astype(np.uint8)


def mnist(cache: Path, train: int = 2000, test: int = 300) -> Path:
    """Keras' `mnist.npz` in the folder of a cache."""
    x, y = digits(train + test)
    path = cache / "datasets" / "mnist.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x_train=x[:train], y_train=y[:train], x_test=x[train:], y_test=y[train:])
    return path


def idx(path: Path, array: NDArray[Any]) -> None:
    """One gzipped IDX file."""
    header = bytes((0, 0, 8, array.ndim)) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(header + array.tobytes(), 1))


def fashion_mnist(cache: Path, train: int = 2000, test: int = 300) -> Path:
    """Keras' four files of Fashion-MNIST in the folder of a cache; the folder that they are in."""
    x, y = digits(train + test)
    folder = cache / "datasets" / "fashion-mnist"
    for name, part in (("train", slice(train)), ("t10k", slice(train, None))):
        idx(folder / f"{name}-images-idx3-ubyte.gz", x[part])
        idx(folder / f"{name}-labels-idx1-ubyte.gz", y[part])
    return folder


def numbered_texts(count: int, classes: int, seed: int = 0) -> Arrays:
    """Lists of word numbers (count,), and classes (count,), each of which has words of its own, as IMDB has them."""
    random = np.random.default_rng(seed)
    y = random.integers(0, classes, count)
    x = np.empty(count, dtype=object)
    for number, of_text in enumerate(y):
        words = random.integers(1, 6000, random.integers(5, 200))
        words[random.random(len(words)) < 0.3] = 10 + of_text
        x[number] = words.tolist()
    return x, y


def imdb(cache: Path, train: int = 1000, test: int = 300) -> Path:
    """Keras' `imdb.npz` in the folder of a cache."""
    x, y = numbered_texts(train + test, 2)
    path = cache / "datasets" / "imdb.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x_train=x[:train], y_train=y[:train], x_test=x[train:], y_test=y[train:])
    return path


def reuters(cache: Path, count: int = 1500) -> Path:
    """Keras' `reuters.npz` in the folder of a cache."""
    x, y = numbered_texts(count, 46)
    path = cache / "datasets" / "reuters.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x=x, y=y)
    return path


TOPICS = {"cats": "purr whiskers kitten", "dogs": "bark leash puppy", "birds": "feather nest chirp"}


def texts(path: Path, count: int = 600, seed: int = 0) -> Path:
    """A CSV of texts with HTML and symbols, each with none to all of TOPICS as labels."""
    random = np.random.default_rng(seed)
    lines = ["id,text,labels"]
    for number in range(count):
        topics = [topic for topic in TOPICS if random.random() < 0.4]
        said = " ".join(word for topic in topics for word in TOPICS[topic].split())
        noise = " ".join(f"word{n}" for n in random.integers(0, 300, 20))
        lines.append(f'{number},"<p>The {noise}, &amp; <b>{said}</b>!</p>",{";".join(topics)}')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def pickled_array(pickled: bytes) -> bytes:
    """A `.npy` of objects, which is what `pickled` is said to be."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }".ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + pickled


def cifar10(cache: Path, batch: int = 60) -> Path:
    """The six files of CIFAR-10 in the folder of a cache, as Python 2 wrote them; their folder."""
    folder = cache / "datasets" / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate((*(f"data_batch_{n}" for n in range(1, 6)), "test_batch")):
        x, y = COLOURS.draw(batch, np.random.default_rng(number))
        rows = x.transpose(0, 3, 1, 2).reshape(batch, -1)
        (folder / name).write_bytes(pickled_by_python_2(rows, y.tolist()))
    return folder


COLOURS = Images(32, 32, 3, classes=10)


def pickled_by_python_2(data: NDArray[np.uint8], labels: list[int]) -> bytes:
    """A dictionary of both, in protocol 2, its texts and bytes in opcodes that Python 3 writes no more."""

    def short(text: bytes) -> bytes:
        return b"U" + bytes((len(text),)) + text

    def number(value: int) -> bytes:
        return b"J" + value.to_bytes(4, "little", signed=True)

    names = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n"
    empty = names + number(0) + b"\x85" + short(b"b") + b"\x87R"
    kind = b"cnumpy\ndtype\n" + short(b"u1") + number(0) + number(1) + b"\x87R"
    kind += b"(" + number(3) + short(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
    shape = number(data.shape[0]) + number(data.shape[1]) + b"\x86"
    raw = b"T" + data.size.to_bytes(4, "little") + data.tobytes()
    array = empty + b"(" + number(1) + shape + kind + b"\x89" + raw + b"tb"
    listed = b"](" + b"".join(map(number, labels)) + b"e"
    return b"\x80\x02}(" + short(b"data") + array + short(b"labels") + listed + b"u."


def image_folder(folder: Path, classes: tuple[str, ...], each: int, seed: int = 0) -> Path:
    """Colour images of 40 x 30 pixels, each class of another brightness, in sub-folders."""
    random = np.random.default_rng(seed)
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for image in range(each):
            pixels = random.integers(60 * number, 60 * number + 60, (30, 40, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{image}.{'png' if image % 2 else 'jpg'}")
    return folder
