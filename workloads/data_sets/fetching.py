"""Has Keras download a data set into its cache."""

from __future__ import annotations

import importlib
import os
import socket
from pathlib import Path

from dlprof.workloads.data_sets.found import Unusable
from dlprof.workloads.data_sets.named import NAMED, cache_folder, cached

_SECONDS = 30.0
"""Without a byte from the network, after which it is given up."""


def files_of(name: str) -> tuple[Path, ...]:
    """The files of the data set `name`, from the cache, or downloaded into it.

    Keras shows its progress on stdout. Sets the backend of this process's Keras and its sockets' timeout.

    Raises:
        Unusable: they are not in the cache, and cannot be downloaded.
    """
    named = NAMED[name]
    files = cached(named)
    if files is not None:
        return files
    where = f"{name} is not in Keras' cache ({cache_folder() / (named.folders[0] + named.files[0])})"
    os.environ["KERAS_BACKEND"] = "numpy"  # the one that needs no framework
    socket.setdefaulttimeout(_SECONDS)
    try:
        importlib.import_module(f"keras.datasets.{named.module}").load_data()
    except ImportError as error:
        raise Unusable(
            f"{where}, and keras, which downloads it, cannot be imported ({error}): pip install 'dlprof[keras]'"
        ) from error
    except Exception as error:
        raise Unusable(
            f"{where} and cannot be downloaded ({error}): run python -c "
            f'"import keras; keras.datasets.{named.module}.load_data()" where there is a network, and copy the cache'
        ) from error
    files = cached(named)
    if files is None:
        raise Unusable(f"{where}, though keras has downloaded it: another version of Keras keeps it elsewhere")
    return files
