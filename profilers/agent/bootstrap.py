"""Started as a file, in any interpreter: makes `dlprof` importable from its folder, and nothing else of ours.

Usage: INTERPRETER -I bootstrap.py PACKAGE_FOLDER MODULE WORD...: runs the module's `main` with the words.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys


def register(package_folder: str) -> None:
    """Make `import dlprof` find `package_folder`, without a word in sys.path."""
    spec = importlib.util.spec_from_file_location(
        "dlprof", package_folder + "/__init__.py", submodule_search_locations=[package_folder]
    )
    if spec is None or spec.loader is None:
        raise ImportError("no dlprof in " + package_folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules["dlprof"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    register(sys.argv[1])
    sys.exit(importlib.import_module(sys.argv[2]).main(*sys.argv[3:]))
