"""The files of IMDB and Reuters as Keras publishes them: `.npz` of lists of word numbers, which NumPy pickles."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.data_sets.found import Unusable
from dlprof.workloads.data_sets.pickled import DAMAGE, ArraysAlone


def arrays(path: Path, expected: str) -> dict[str, NDArray[Any]]:
    """The arrays of the file, those of lists too.

    Raises:
        Unusable: it is no such file; `expected` says what is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if name.endswith(".npy")]
            return {name[: -len(".npy")]: _array(archive.read(name)) for name in members}
    except DAMAGE as error:
        reason = str(error) or type(error).__name__
        raise Unusable(f"{path}: cannot be read as .npz ({reason}); expected {expected}") from error


def _array(data: bytes) -> NDArray[Any]:
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    _, _, kind = read_header(file)
    if kind.hasobject:
        found = ArraysAlone(file).load()
        if not isinstance(found, np.ndarray):
            raise ValueError("a pickle of something else than an array")
        return found
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)
