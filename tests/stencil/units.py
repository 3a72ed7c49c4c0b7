"""Whole units of the baseline tier, emitted from IR and called like other units call them: what they return, or what they leave with."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests import golden
from tests.ops import harness
from tests.ops.copied import value_of, word
from tests.ops.numbers import bits

from whitehot.bytecode.snapshot import BytecodeInstruction, CodeSnapshot
from whitehot.code.loader import load
from whitehot.code.memory import CodeMemory
from whitehot.deopt.descriptors import FRAME_WORDS, HEAD_WORDS, Encoding
from whitehot.deopt.points import ExitPoint
from whitehot.elf import Machine
from whitehot.ir.graph import Function
from whitehot.ir.interpreter import Frame, Left, Returned, interpret
from whitehot.ir.parser import parse_function
from whitehot.ir.printer import format_function
from whitehot.ir.types import Kind, abi_order
from whitehot.passes import FINISHING, run
from whitehot.record import dataclass
from whitehot.stencil import library
from whitehot.stencil.emit import Emitted, emit
from whitehot.stencil.listing import Listing

#: Functions that tests use, and what some of them become.
EXAMPLES = {section.name: section for section in golden.sections(Path(__file__).parent / "units.md")}

BODY = "unit.body"

#: How a body says that its unit returned, or left.
RETURNED, LEFT = 0, 1

_INSTRUCTIONS = tuple(BytecodeInstruction(offset, "NOP", "NOP", 0, offset + 2) for offset in range(0, 4000, 2))


class Codes(dict[str, CodeSnapshot]):
    """Code for the owner of any frame: an instruction at each even offset, no handlers."""

    def __missing__(self, owner: str) -> CodeSnapshot:
        found = self[owner] = CodeSnapshot(
            owner, "file", 1, 0, 0, 0, 0, 0, 0, (), (), (), (), (),
            _INSTRUCTIONS, (), owner, "globals", "builtins",
        )  # fmt: skip
        return found


def example(name: str) -> Function:
    """A function from `units.md`."""
    return parse_function(EXAMPLES[name].input())


def with_signature(general: int, floats: int, result: str) -> Function:
    """A function `f` of so many ints and floats, every other one of each in turn, whose result (`i` or `f`) depends on which argument is which."""
    names = ["i64"] * general + ["f64"] * floats
    names = names[::2] + names[1::2]
    count = len(names)
    lines = [f"  %{count}: i64 = constant {{1}}", f"  %{count + 1}: f64 = constant {{1.0}}"]
    sums, following = {"i64": count, "f64": count + 1}, count + 2
    for index, name in enumerate(names):
        scaled, total = following, following + 1
        constant, product = total + 1, ("int_mul", "float_mul")[name == "f64"]
        leaves = f" exit {2 * index} [%{index}]" if name == "i64" else ""
        lines += [
            f"  %{constant}: {name} = constant {{{index + 2 if name == 'i64' else index + 2.5}}}",
            f"  %{scaled}: {name} = {product} %{index}, %{constant}{leaves}",
            f"  %{total}: {name} = {('int_add', 'float_add')[name == 'f64']} %{sums[name]}, %{scaled}{leaves}",
        ]
        sums[name], following = total, constant + 1
    whole, other = following, following + 1
    if result == "i":
        lines.append(f"  %{other}: i64 = float_to_int %{sums['f64']} exit 30 []")
        lines.append(f"  %{whole}: i64 = int_xor %{sums['i64']}, %{other}")
    else:
        lines.append(f"  %{other}: f64 = int_to_float %{sums['i64']}")
        lines.append(f"  %{whole}: f64 = float_sub %{sums['f64']}, %{other}")
    parameters = ", ".join(f"%{index}: {name}" for index, name in enumerate(names))
    kind = "i64" if result == "i" else "f64"
    return parse_function("\n".join([f"func f({parameters}) -> {kind} {{", "b0:", *lines, f"  return %{whole}", "}"]))


def finished(function: Function) -> Function:
    """A copy of a function whose references are counted."""
    copy = parse_function(format_function(function))
    run(copy, FINISHING)
    return copy


def emitted(
    function: Function, machine: Machine, symbol: str = BODY, codes: Codes | None = None, *, stress_exits: bool = False
) -> Emitted:
    """The object of a function."""
    codes = Codes() if codes is None else codes
    return emit(finished(function), symbol, codes, machine, stress_exits=stress_exits)


def listing(function: Function, machine: Machine) -> str:
    """What stencils a function is made of."""
    copy = finished(function)
    listing = Listing(copy)
    emit(copy, BODY, Codes(), machine, listing=listing)
    return listing.text()


# --- records ---


@dataclass(frozen=True, slots=True)
class Exit:
    """A unit left: where, and the frames that the runtime would make."""

    point: ExitPoint
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What a unit recorded: where the descriptor is, and all words of the record."""

    descriptor: int
    row: tuple[int, ...]


def frames_of(record: Record, word_at: Callable[[int], int], names: Mapping[int, str]) -> tuple[int, tuple[Frame, ...]]:
    """The number of the exit that was taken, and the frames of a record. `word_at` gives the (unsigned) word at an address, `names` the owners' names by
    address.
    """
    at = record.descriptor
    words = [word_at(at + 8 * index) for index in range(HEAD_WORDS)]
    assert words[3] == len(record.row)
    at += 8 * HEAD_WORDS
    frames = []
    for _ in range(words[5]):
        owner, offset, *_, locals, stack = (word_at(at + 8 * index) for index in range(FRAME_WORDS))
        at += 8 * FRAME_WORDS
        found = [_decoded(record.row, word_at(at + 8 * index)) for index in range(locals + stack)]
        at += 8 * len(found)
        frames.append(Frame(names[owner], offset, tuple(found[:locals]), tuple(found[locals:])))
    return words[2], tuple(frames)


def _decoded(row: Sequence[int], slot: int) -> Any:
    """What a slot of a frame is given; None for NULL."""
    position, encoding = divmod(slot, 8)
    if encoding == Encoding.NULL:
        return None
    if encoding == Encoding.OBJECT:
        return harness.object_at(row[position])
    kinds = {Encoding.I64: Kind.I64, Encoding.F64: Kind.F64, Encoding.BOOL: Kind.BOOL}
    return value_of(row[position], kinds[Encoding(encoding)])


def assert_same(expected: Returned | Left, found: Returned | Exit, *about: object) -> None:
    """Fail unless a unit did what the reference interpreter did, bit by bit."""
    if isinstance(expected, Returned):
        assert isinstance(found, Returned), about
        assert bits(found.value) == bits(expected.value), about
        return
    assert isinstance(found, Exit), about
    assert found.point.operation == expected.instruction.name, about
    assert (found.point.code, found.point.offset) == (expected.frames[-1].code, expected.frames[-1].offset), about
    assert _plain(found.frames) == _plain(expected.frames), about


def _plain(frames: tuple[Frame, ...]) -> list[object]:
    return [(f.code, f.offset, *map(bits, f.locals), "stack", *map(bits, f.stack)) for f in frames]


# --- native ---


class _Integers(ctypes.Structure):
    _fields_ = (("status", ctypes.c_int64), ("value", ctypes.c_uint64))


class _Float(ctypes.Structure):
    _fields_ = (("status", ctypes.c_int64), ("value", ctypes.c_double))


#: whitehot_record_slots: context, slots, descriptor, how many slots, constants, how many.
_RECORD = ctypes.PYFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64)


class Native:
    """A unit in this process. `cells` are variables with the addresses of other units' bodies."""

    def __init__(
        self, function: Function, *, stress_exits: bool = False, cells: Mapping[str, int] | None = None
    ) -> None:
        harness.symbol_address("whitehot_no_memory")  # loads the runtime's routines, and with them the stencils
        self.function = function
        self.codes = Codes()
        self.unit = emitted(function, library.machine(), codes=self.codes, stress_exits=stress_exits)
        #: What serves as the thread state, and the variable that its eval breaker is compared with.
        self.thread = (ctypes.c_uint64 * 512)()
        self.breaker = ctypes.c_uint64()
        self._record = _RECORD(self._recorded)
        self._records: list[Record] = []
        self._owners = {owner: ctypes.c_uint64() for owner in self.codes}
        own = {name: ctypes.addressof(owner) for name, owner in self._owners.items()} | dict(cells or {})
        own["whitehot_breaker"] = ctypes.addressof(self.breaker)
        own["whitehot_record_slots"] = ctypes.cast(self._record, ctypes.c_void_p).value or 0
        self._names = {ctypes.addressof(owner): name for name, owner in self._owners.items()}
        memory = CodeMemory(near=harness.symbol_address("PyLong_FromLong"))
        self.code = load(
            self.unit.object, memory, lambda name: own[name] if name in own else harness.symbol_address(name)
        )
        types = [value.type for value in function.entry.parameters]
        self._order = abi_order(types)
        c_types = [ctypes.c_double if types[index].kind is Kind.F64 else ctypes.c_uint64 for index in self._order]
        self._is_float = function.result.kind is Kind.F64
        result = _Float if self._is_float else _Integers
        prototype = ctypes.PYFUNCTYPE(result, ctypes.c_void_p, ctypes.c_void_p, *c_types)
        self._body = prototype(self.code.address(BODY))

    def _recorded(
        self, context: int, slots: int, descriptor: int, count: int, constants: int | None, more: int
    ) -> None:
        """What `whitehot_record_slots` does with a record, which goes to the runtime there."""
        row = [*_words(slots, count), *(_words(constants, more) if constants else ())]
        owned = _word_at(descriptor + 8 * 4)
        row += [row[_word_at(descriptor - 8 - 8 * index)] for index in range(owned)]
        self._records.append(Record(descriptor, tuple(row)))

    def __call__(self, *arguments: Any) -> Returned | Exit:
        """Run the unit's body."""
        found = self.all_of(*arguments)
        return found[-1]

    def all_of(self, *arguments: Any) -> list[Returned | Exit]:
        """Run the unit's body; as what it and those that it calls left, the innermost first."""
        self._records.clear()
        given = []
        for index in self._order:
            type = self.function.entry.parameters[index].type
            value = arguments[index]
            given.append(value if type.kind is Kind.F64 else word(value, "ptr" if type.is_object else "i64"))
        answer = self._body(ctypes.addressof(self.thread), None, *given)
        if answer.status == RETURNED:
            assert not self._records
            return [Returned(answer.value if self._is_float else value_of(answer.value, self.function.result.kind))]
        assert answer.status == LEFT
        return [self._exit(record) for record in self._records]

    def _exit(self, record: Record) -> Exit:
        """What a record says; the references in it are let go of."""
        number, frames = frames_of(record, _word_at, self._names)
        owned = _word_at(record.descriptor + 8 * 4)
        for address in record.row[len(record.row) - owned :]:
            harness.release(harness.object_at(address))
        return Exit(self.unit.exits[number], frames)

    def agrees(self, *arguments: Any) -> Returned | Exit:
        """The outcome, after making sure that it is that of the reference interpreter."""
        found = self(*arguments)
        assert_same(interpret(self.function, arguments), found, arguments)
        return found


def _word_at(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def _words(address: int, count: int) -> tuple[int, ...]:
    return tuple((ctypes.c_uint64 * count).from_address(address))
