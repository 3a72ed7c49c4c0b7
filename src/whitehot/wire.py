"""Records as bytes, from one interpreter of a process to another.

`marshal` does the work. What it does not know becomes lists: records (record.py) and members of enumerations, which are given by the name of their class;
and lists themselves, which are otherwise not told apart from these, and sets, which cannot hold lists. `pickle` would take longer to load than all that is sent.
"""

from __future__ import annotations

import marshal
import sys
from enum import Enum
from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PLAIN = frozenset({int, str, float, bool, bytes, complex, type(None), type(...)})

#: What gives the fields of a record, by its class.
_fields: dict[type, Callable[[Any], Any]] = {}
_classes: dict[str, Any] = {}


def dumps(value: object) -> bytes:
    """Bytes for `loads`. Raises ValueError for what consists of other things than records, enumerations and plain data."""
    packed: Any = _packed(value)
    return marshal.dumps(packed)


def loads(data: bytes) -> Any:
    """A copy of what was given to `dumps`."""
    return _unpacked(marshal.loads(data))


def _packed(value: Any) -> object:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return value if _PLAIN.issuperset(map(type, value)) else tuple(map(_packed, value))
    if kind is list:
        return [None, *map(_packed, value)]
    if kind is dict:
        return {_packed(key): _packed(item) for key, item in value.items()}
    if kind is frozenset or kind is set:
        return [kind.__name__, *map(_packed, value)]
    name = f"{kind.__module__}:{kind.__name__}"
    if isinstance(value, Enum):
        return [name, value.name]
    return [name, *map(_packed, _fields_of(kind)(value))]


def _fields_of(kind: Any) -> Callable[[Any], Any]:
    found = _fields.get(kind)
    if found is None:
        names = kind.__match_args__
        found = attrgetter(*names) if len(names) > 1 else lambda record: [getattr(record, name) for name in names]
        _fields[kind] = found
    return found


def _unpacked(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return value if _PLAIN.issuperset(map(type, value)) else tuple(map(_unpacked, value))
    if kind is dict:
        return {_unpacked(key): _unpacked(item) for key, item in value.items()}
    name, *parts = value
    if name is None:
        return list(map(_unpacked, parts))
    made = _classes.get(name)
    return (made or _make(name))(*map(_unpacked, parts))


def _make(name: str) -> Callable[..., Any]:
    """What makes an instance of a class from its parts."""
    module, _, within = name.partition(":")
    if not within:
        found: Any = {"set": lambda *items: set(items), "frozenset": lambda *items: frozenset(items)}[name]
    else:
        __import__(module)
        found = getattr(sys.modules[module], within)
        if issubclass(found, Enum):
            found = found.__getitem__
    _classes[name] = found
    return found  # type: ignore[no-any-return]
