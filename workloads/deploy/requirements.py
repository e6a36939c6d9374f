"""What a package requires, all the way down, of what is installed here: as its metadata say."""

from __future__ import annotations

import ast
import operator
import os
import platform
import re
import sys
from importlib import metadata
from typing import Any

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_COMPARISONS = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda part, whole: part in whole,
    ast.NotIn: lambda part, whole: part not in whole,
}
ENVIRONMENT = {
    "python_version": ".".join(platform.python_version_tuple()[:2]),
    "python_full_version": platform.python_version(),
    "os_name": os.name,
    "sys_platform": sys.platform,
    "platform_system": platform.system(),
    "platform_machine": platform.machine(),
    "platform_release": platform.release(),
    "platform_python_implementation": platform.python_implementation(),
    "implementation_name": sys.implementation.name,
    "extra": "",
}
"""The words of markers (PEP 508), without an extra."""


def required(*roots: str) -> dict[str, metadata.Distribution]:
    """The installed distributions that `roots` and their requirements come to, by their normalised names."""
    found: dict[str, metadata.Distribution] = {}
    waiting = list(roots)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # one of another platform, or what pip was told not to install
        for requirement in found[name].requires or ():
            text, _, marker = requirement.partition(";")
            match = _NAME.match(text)
            if match and holds(marker):
                waiting.append(match[1])
    return found


def holds(marker: str) -> bool:
    """Whether a marker (PEP 508) holds here; one that cannot be read holds: what is not installed does not count."""
    try:
        return not marker.strip() or bool(_value(ast.parse(marker.strip(), mode="eval").body))
    except (SyntaxError, ValueError, TypeError):
        return True


def _value(node: ast.AST) -> Any:
    """What a marker's expression comes to; markers are written as Python writes expressions.

    Raises:
        ValueError: it holds something else than words, texts and comparisons.
    """
    if isinstance(node, ast.BoolOp):
        values = [_value(part) for part in node.values]
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = _value(node.left), _value(node.comparators[0])
        if not isinstance(node.ops[0], (ast.In, ast.NotIn)) and re.fullmatch(r"[\d.]+", left + right):
            left, right = (tuple(int(number) for number in text.split(".") if number) for text in (left, right))
        return _COMPARISONS[type(node.ops[0])](left, right)
    if isinstance(node, ast.Name) and node.id in ENVIRONMENT:
        return ENVIRONMENT[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ValueError("not a marker")
