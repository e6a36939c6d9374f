"""How a report writes one figure."""

from __future__ import annotations

from typing import Any


def known(name: str, value: Any, reason: str) -> dict[str, Any]:
    """`name` with its value, or as None beside a `<name>_reason`."""
    return {name: value} if value is not None else {name: None, f"{name}_reason": reason}
