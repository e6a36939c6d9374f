"""A folder of images: each class in a sub-folder of its own, in any format that Pillow reads."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.data_sets.found import Found, Part, Unusable

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".pgm", ".ppm", ".tif", ".tiff")
TRAIN, TEST = "train", "test"
_EXPECTED = (
    f"a folder for each class with images in it ({', '.join(SUFFIXES)}), or {TRAIN} and {TEST} with such folders"
)


def files_of(folder: Path) -> list[Path]:
    """The images of a data set, whatever is between; the order is that of their names."""
    found = [Path(where, name) for where, _, names in os.walk(folder) for name in names]
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES and not path.name.startswith("."))


def read(folder: Path, size: tuple[int, int, int]) -> Found:
    """The images, resized to `size` (height, width, channels: 1 grey, 3 colours).

    Raises:
        Unusable: it is no such folder, an image cannot be decoded, or Pillow is not installed.
    """
    folders = _folders(folder)
    if {path.name for path in folders} == {TRAIN, TEST}:
        classes = [path.name for path in _folders(folder / TRAIN)]
        strange = sorted({path.name for path in _folders(folder / TEST)} - {*classes})
        if strange:
            raise Unusable(f"{folder / TEST / strange[0]}: {TRAIN} has no such class; expected {_EXPECTED}")
        train, test = (_part(folder / name, classes, size) for name in (TRAIN, TEST))
        return Found(train, test, tuple(files_of(folder)))
    return Found(_part(folder, [path.name for path in folders], size), None, tuple(files_of(folder)))


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _part(folder: Path, classes: Sequence[str], size: tuple[int, int, int]) -> Part:
    files = [(path, number) for number, name in enumerate(classes) for path in files_of(folder / name)]
    if not files:
        raise Unusable(f"{folder}: holds no class with images; expected {_EXPECTED}")
    x = np.empty((len(files), *size), np.uint8)
    for row, (path, _) in zip(x, files):
        row[:] = _image(path, size)
    return Part(x, np.array([number for _, number in files], np.int64), str(folder))


def _image(path: Path, size: tuple[int, int, int]) -> NDArray[Any]:
    """One image as (height, width, channels), unsigned bytes."""
    try:
        from PIL import Image
    except ImportError as error:
        raise Unusable(f"{path}: Pillow, which reads images, is not installed: pip install 'dlprof[images]'") from error
    height, width, channels = size
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                plain = image.convert("L" if channels == 1 else "RGB")
        return np.asarray(plain.resize((width, height), Image.Resampling.BILINEAR)).reshape(size)
    except Exception as error:  # a decoder may end in anything
        raise Unusable(f"{path}: cannot be decoded ({error or type(error).__name__}); expected an image") from error
