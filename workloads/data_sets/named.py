"""The data sets that Keras keeps in its cache: which files each is, and how they are read.

The files are those of `keras.datasets`, whose loaders put them there (`fetching.py`). They are read without Keras, so
that a copied cache is enough, and without its check of the published digests: a cache is taken as it is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from dlprof.workloads.data_sets import arrays_file, cifar, idx, numbered_texts
from dlprof.workloads.data_sets.found import Found


@dataclass(frozen=True)
class Named:
    """One data set: `module` is its loader in `keras.datasets`; `shape` that of its images, None: it holds texts."""

    shape: Optional[tuple[int, int, int]]
    module: str
    files: tuple[str, ...]
    """In the cache, relative to its folder `datasets`."""
    read: Callable[[tuple[Path, ...]], Found]
    training_bytes: int
    """Of the published set, prepared: what lanes are told to make room for before there is a file."""
    folders: tuple[str, ...] = ("",)
    """In which of them the files may be: versions of Keras differ."""


GREY, COLOUR = (28, 28, 1), (32, 32, 3)
NAMED = {
    "mnist": Named(GREY, "mnist", ("mnist.npz",), lambda files: arrays_file.read(files[0]), 60_000 * 792),
    "fashion-mnist": Named(
        GREY,
        "fashion_mnist",
        tuple(
            f"fashion-mnist/{part}-{what}-ubyte.gz"
            for part in ("train", "t10k")
            for what in ("images-idx3", "labels-idx1")
        ),
        lambda files: idx.read((files[0], files[1]), (files[2], files[3])),
        60_000 * 792,
    ),
    "cifar10": Named(
        COLOUR,
        "cifar10",
        (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"),
        lambda files: cifar.read(files[:-1], files[-1]),
        50_000 * 3080,
        ("cifar-10-batches-py-target/cifar-10-batches-py/", "cifar-10-batches-py/"),
    ),
    "imdb": Named(None, "imdb", ("imdb.npz",), lambda files: numbered_texts.read(files[0]), 25_000 * 260),
    "reuters": Named(None, "reuters", ("reuters.npz",), lambda files: numbered_texts.read(files[0]), 11_228 * 440),
}


def cache_folder() -> Path:
    """Where Keras keeps data sets: below $KERAS_HOME, or ~/.keras."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"


def cached(named: Named) -> Optional[tuple[Path, ...]]:
    """The files of a data set; None where one is missing."""
    # Keras takes a temporary folder where it may not write to its own.
    for cache in (cache_folder(), Path(tempfile.gettempdir()) / ".keras" / "datasets"):
        for folder in named.folders:
            files = tuple(cache / f"{folder}{name}" for name in named.files)
            if all(file.is_file() for file in files):
                return files
    return None
