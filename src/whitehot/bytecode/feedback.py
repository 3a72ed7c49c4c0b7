"""What the interpreter has learnt of an instruction: from its specialized form and inline caches to plain facts.

The caches hold addresses and version numbers of the running process. Here they become names: a type's version tag is looked up among the
types that are known to be alive, and a cached descriptor is found again by name on that type. A cached address is compared,
never followed: what it points to may be gone.
"""

from __future__ import annotations

from collections.abc import Iterable

from whitehot.cpython import facts, opcodes
from whitehot.cpython import v314 as version
from whitehot.record import dataclass


@dataclass(frozen=True)
class Learnt:
    """Feedback for one instruction; the fields are those of `BytecodeInstruction`, `descriptor` is the cached object."""

    types: tuple[str | None, ...]
    ran: bool | None
    caches: tuple[tuple[str, int], ...]
    descriptor: object | None


NOTHING = Learnt((), None, (), None)
_PLAIN_RAN = (Learnt((), False, (), None), Learnt((), True, (), None))


def type_name(exact: type) -> str:
    """The name under which the compiler knows a type: `list` for a builtin one, else its module and qualified name."""
    return exact.__name__ if exact.__module__ == "builtins" else f"{exact.__module__}.{exact.__qualname__}"


class KnownTypes:
    """Types that are alive, by the version tag that inline caches refer to them by."""

    def __init__(self, types: Iterable[type] = ()) -> None:
        self._by_version: dict[int, type] = {}
        for exact in (*facts.exported_types(), *types):
            self.add(exact)

    def add(self, exact: type) -> None:
        """Make a type known."""
        tag = facts.type_version(exact)
        if tag:
            self._by_version[tag] = exact

    def find(self, tag: int) -> type | None:
        """The type that has this version tag now, if it is known."""
        return self._by_version.get(tag) if tag else None


#: Instructions whose `version` cache is that of their operand's type, and how many operands lie below that one.
_VERSIONED: dict[str, int] = {"LOAD_ATTR": 0, "STORE_ATTR": 1, "TO_BOOL": 0}


def learn(
    base: str, specialized: str, adaptive: bytes, offset: int, names: tuple[str, ...], argument: int, known: KnownTypes
) -> Learnt:
    """Read the feedback of the instruction whose opcode is at `offset` of the adaptive bytecode.

    `specialized` equals `base` where the interpreter has not specialized it; an instruction that is hidden by instrumentation has
    no feedback at all, and must not be given here.
    """
    fields = opcodes.fields_of(base)
    if not fields:
        return _PLAIN_RAN[specialized != base] if base in version.SPECIALIZED_AT_ONCE else NOTHING
    raw = {
        field.name: int.from_bytes(adaptive[offset + field.offset : offset + field.offset + field.length], "little")
        for field in fields
    }
    if "history" in raw:
        history = raw["history"]
        return NOTHING if history == version.HISTORY_NONE else Learnt((), True, (("history", history),), None)
    if specialized == base:
        return Learnt((), _has_run(base, raw["counter"]), (), None)
    types = version.OPERAND_TYPES.get(specialized, ())
    if specialized == "BINARY_OP_EXTEND":
        types = opcodes.extended_operand_types().get(raw["descr"], ())
        return Learnt(types, True, (), None)
    descriptor = None
    if base in _VERSIONED and specialized not in version.MODULE_VERSION and raw.get("version"):
        owner = known.find(raw["version"])
        if owner is not None:
            if specialized not in version.CLASS_VERSION:
                types = (None,) * _VERSIONED[base] + (type_name(owner),)
            if base == "LOAD_ATTR" and raw["descr"]:
                descriptor = _find_descriptor(owner, names[argument >> version.NAME_SHIFTS[base]], raw["descr"])
    return Learnt(types, True, _plain_caches(specialized, raw), descriptor)


def _has_run(base: str, counter: int) -> bool | None:
    """Whether an instruction that is not specialized has run, by its counter."""
    if base in version.SPECIALIZED_AT_ONCE:
        return False
    if counter == version.COUNTER_NEVER:
        return None
    return counter != version.COUNTER_WARMUP


def _find_descriptor(owner: type, name: str, address: int) -> object | None:
    """The attribute of a type that lies at an address, if it is still the one that a look-up by name finds."""
    for base in owner.__mro__:
        if name in base.__dict__:
            found: object = base.__dict__[name]
            return found if id(found) == address else None
    return None


def _plain_caches(specialized: str, raw: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """The caches that are numbers; counters change all the time, and addresses have no place in a snapshot."""
    plain = {name: value for name, value in raw.items() if name not in {"counter", "descr"}}
    if specialized in version.ATTRIBUTE_INDEX:
        plain["index"] = plain.pop("keys_version") & 0xFFFF
    return tuple(plain.items())


def taken_share(history: int | None) -> float | None:
    """How often a conditional jump was taken in its last 16 runs, 0.0 to 1.0; None without a history (`cache("history")`)."""
    return None if history is None else history.bit_count() / 16
