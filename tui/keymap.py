"""Keys that a user can change: every action has a name, under which the user's settings give it other keys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from dlprof.tui.nearest import nearest

_BINDINGS: dict[str, list[Binding]] = {}
_ACTIONS = "docs/viewer.md lists them"
_MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
_NAMED_KEYS = {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values())


def named(screen: str, *bindings: Binding) -> list[BindingType]:
    """`bindings` of a screen or widget, each with its name as its id: `session.pause`, `session.seek_-10`."""
    _BINDINGS[screen] = [replace(binding, id=f"{screen}.{_name(binding.action)}") for binding in bindings]
    return [*_BINDINGS[screen]]


def _name(action: str) -> str:
    return re.sub("[^a-z0-9-]+", "_", action.rpartition(".")[2].lower()).strip("_")


def action_names() -> tuple[str, ...]:
    """The names of all actions, as far as their screens were imported."""
    return tuple(dict.fromkeys(str(binding.id) for screen in _BINDINGS.values() for binding in screen))


def checked_keymap(keys: Mapping[str, object]) -> dict[str, str]:
    """Keys by the names of their actions, several keys of one with commas, in Textual's names of keys.

    Raises:
        ValueError: there is no such action or key, or two actions of one screen would have one key; says where.
    """
    keymap = {}
    for name, wanted in keys.items():
        if name not in action_names():
            raise ValueError(f"keys.{name}: no such action; {nearest(name, action_names(), _ACTIONS)}")
        if not isinstance(wanted, str):
            raise ValueError(f'keys.{name}: {wanted!r} is no key in quotes, such as "p" or "ctrl+p,f2"')
        keymap[name] = ",".join(_checked_key(name, key.strip()) for key in wanted.split(","))
    for screen, bindings in _BINDINGS.items():
        _refuse_clash(screen, bindings, keymap)
    return keymap


@dataclass(frozen=True)
class OwnKeys:
    """The keys of an action that a user's settings changed, those that it has without them, and what it does."""

    keys: tuple[str, ...]
    usual: tuple[str, ...]
    words: str


def own_keys(bindings: Iterable[Binding]) -> list[OwnKeys]:
    """Those of `bindings`, one for each key, that have other keys than usual."""
    usual: dict[str | None, tuple[str, ...]] = {}
    for binding in (binding for screen in _BINDINGS.values() for binding in screen):
        usual[binding.id] = (*usual.get(binding.id, ()), *binding.key.split(","))
    found: dict[str, list[Binding]] = {}
    for binding in bindings:
        if binding.id is not None and binding.id in usual:
            found.setdefault(binding.id, []).append(binding)
    return [
        OwnKeys(tuple(each.key for each in of_action), usual[name], of_action[0].tooltip or of_action[0].description)
        for name, of_action in found.items()
        if {each.key for each in of_action} - {*usual[name]}
    ]


def _checked_key(name: str, key: str) -> str:
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    known = last in _NAMED_KEYS or (len(last) == 1 and last.isprintable()) or _is_character_name(last)
    if not known or any(modifier not in _MODIFIERS for modifier in modifiers):
        raise ValueError(f"keys.{name}: {key!r} is no key; such as p, ctrl+p, f2, space, question_mark")
    return "+".join((*modifiers, _name_of(last)))


def _name_of(key: str) -> str:
    """Textual's name of a key, where it may be written as its character."""
    if len(key) > 1 or key.isalnum():
        return key
    name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _is_character_name(word: str) -> bool:
    try:
        unicodedata.lookup(word.replace("_", " "))
    except KeyError:
        return False
    return True


def _refuse_clash(screen: str, bindings: list[Binding], keymap: Mapping[str, str]) -> None:
    taken: dict[str, Binding] = {}
    for binding in bindings:
        for key in keymap.get(str(binding.id), binding.key).split(","):
            other = taken.setdefault(key, binding)
            if other.id != binding.id:
                changed = binding if binding.id in keymap else other
                raise ValueError(
                    f"keys.{changed.id}: {key!r} is also the key of "
                    f"{binding.id if changed is other else other.id}; give that one another"
                )
