"""Records as bytes, from one interpreter of a process to another.

`marshal` does the work. What it does not know becomes lists: records (record.py) and members of enumerations, which are given by the name of their class;
and lists themselves, which are otherwise not told apart from these, sets, which cannot hold lists, and dictionaries of such, whose keys and values become
rows. Many records of one class in a row become columns, one for each field, most of which `marshal` knows as they are. `pickle` would take longer to
load than all that is sent.
"""

from __future__ import annotations

import marshal
import sys
from enum import Enum
from itertools import chain
from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

_PLAIN = frozenset({int, str, float, bool, bytes, complex, type(None), type(...)})

_PLAIN_OR_HOLDING = _PLAIN | {tuple, dict}

#: As many records of one class as make columns pay.
_ROW = 4

#: The name of a class and what gives the fields of its records, by the class.
_known: dict[type, tuple[str, Callable[[Any], Any]]] = {}
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
        return value if _is_plain(value) else _packed_row(value)
    if kind is list:
        return [None, *map(_packed, value)]
    if kind is dict:
        return value if _is_plain_dict(value) else ["dict", _packed(tuple(value)), _packed(tuple(value.values()))]
    if kind is frozenset or kind is set:
        return [kind.__name__, *map(_packed, value)]
    if isinstance(value, Enum):
        return [_name_of(kind), value._name_]
    name, fields = _known.get(kind) or _look_at(kind)
    return [name, *[part if type(part) in _PLAIN else _packed(part) for part in fields(value)]]


def _is_plain(value: tuple[Any, ...]) -> bool:
    """Whether a tuple consists of plain data, and of tuples and dictionaries of such: looked at level by level."""
    level: Iterable[Any] = value
    while True:
        kinds = set(map(type, level))
        if kinds <= _PLAIN:
            return True
        if not kinds <= _PLAIN_OR_HOLDING:
            return False
        if len(kinds) > 1:
            level = [item for item in level if type(item) not in _PLAIN]
        if dict in kinds:
            level = [item if type(item) is tuple else (*item, *item.values()) for item in level]
        level = list(chain.from_iterable(level))


def _is_plain_dict(value: dict[Any, Any]) -> bool:
    """Whether a dictionary has plain keys and values."""
    return _PLAIN.issuperset(map(type, value)) and _PLAIN.issuperset(map(type, value.values()))


def _packed_row(value: tuple[Any, ...]) -> object:
    """A tuple that is not plain. A row of records becomes a list of columns, after the name of their class and which columns are plain."""
    kind = type(value[0])
    if len(value) < _ROW or set(map(type, value)) != {kind}:
        return tuple(map(_packed, value))
    if issubclass(kind, Enum):
        return [(_name_of(kind), (True,)), tuple([item._name_ for item in value])]
    if not getattr(kind, "__match_args__", ()):
        return tuple(map(_packed, value))
    name, fields = _known.get(kind) or _look_at(kind)
    columns = list(zip(*map(fields, value), strict=True))
    plain = tuple(map(_is_plain, columns))
    packed = (column if known else _packed_row(column) for column, known in zip(columns, plain, strict=True))
    return [(name, plain), *packed]


def _name_of(kind: type) -> str:
    return f"{kind.__module__}:{kind.__name__}"


def _look_at(kind: Any) -> tuple[str, Callable[[Any], Any]]:
    names = kind.__match_args__
    fields = attrgetter(*names) if len(names) > 1 else lambda record: [getattr(record, name) for name in names]
    found = _known[kind] = _name_of(kind), fields
    return found


def _unpacked(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return value if _PLAIN.issuperset(map(type, value)) else tuple(map(_unpacked, value))
    if kind is dict:
        return value
    name, *parts = value
    if name is None:
        return list(map(_unpacked, parts))
    if type(name) is tuple:
        name, plain = name
        columns = (part if known else _unpacked(part) for part, known in zip(parts, plain, strict=True))
        return tuple(map(_classes.get(name) or _make(name), *columns, strict=True))
    made = _classes.get(name) or _make(name)
    return made(*[part if type(part) in _PLAIN else _unpacked(part) for part in parts])


def _make(name: str) -> Callable[..., Any]:
    """What makes an instance of a class from its parts."""
    module, _, within = name.partition(":")
    if not within:
        found: Any = _CONTAINERS[name]
    else:
        __import__(module)
        found = getattr(sys.modules[module], within)
        if issubclass(found, Enum):
            found = found._member_map_.__getitem__
    _classes[name] = found
    return found  # type: ignore[no-any-return]


_CONTAINERS = {
    "dict": lambda keys, values: dict(zip(keys, values, strict=True)),
    "set": lambda *items: set(items),
    "frozenset": lambda *items: frozenset(items),
}
