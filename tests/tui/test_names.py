"""No class of the viewer takes a name that its Textual base class already uses for something else."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from textual.message_pump import MessagePump

import dlprof.tui

MODULES = sorted(path.stem for path in Path(str(dlprof.tui.__file__)).parent.glob("*.py") if path.stem != "__init__")
CLASSES = [
    value
    for module in MODULES
    for value in vars(import_module(f"dlprof.tui.{module}")).values()
    if inspect.isclass(value) and issubclass(value, MessagePump) and value.__module__ == f"dlprof.tui.{module}"
]


def assigned(of: type) -> Iterator[str]:
    """What the methods of a class set on `self`."""
    tree = ast.parse(inspect.getsource(of))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            yield node.attr


def private_methods(of: type) -> Iterator[str]:
    for name, value in vars(of).items():
        if name.startswith("_") and not name.startswith("__") and inspect.isfunction(value):
            yield name


@pytest.mark.parametrize("of", CLASSES, ids=lambda of: of.__name__)
def test_no_name_shadows_one_of_textual(of: type) -> None:
    bases = [base for base in of.__mro__[1:] if base.__module__.startswith("textual.")]
    theirs = {name for base in bases for name in (*vars(base), *assigned(base))}
    settable = {name for base in bases for name, value in vars(base).items() if hasattr(value, "__set__")}
    ours = {*assigned(of), *private_methods(of)}
    assert not {name for name in ours & theirs if name.startswith("_") or name not in settable}
