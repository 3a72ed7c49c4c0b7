"""Operations as stencils, one variant or all of them, to be called like those that LLVM compiled (`harness.Compiled`)."""

from __future__ import annotations

import ctypes
import math
import struct
from collections.abc import Sequence
from functools import cache
from typing import Any

from tests.ops import harness
from tests.stencil import single

from whitehot.code.link import lay_out, link
from whitehot.code.memory import CodeMemory
from whitehot.ir.effects import WRITES_HEAP
from whitehot.ir.graph import Attribute
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind
from whitehot.stencil import library
from whitehot.stencil.make import TARGETS
from whitehot.stencil.text import template_of, variants

_PROTOTYPE = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
_WORD = (1 << 64) - 1

#: The variable that operations compare the thread's eval breaker with.
BREAKER = ctypes.c_uint64()


@cache
def _memory() -> CodeMemory:
    harness.symbol_address("whitehot_no_memory")  # loads the runtime's routines, and with them the stencils
    single.add_support(TARGETS[library.target()])
    return CodeMemory(near=harness.symbol_address("PyLong_FromLong"))


def _resolve(name: str) -> int:
    return ctypes.addressof(BREAKER) if name == "whitehot_breaker" else harness.symbol_address(name)


def word(value: Any, type: str) -> int:
    """An operand as a word of the native frame."""
    if type == "double":
        return int.from_bytes(struct.pack("<d", value), "little")
    if type == "ptr":
        value = harness.passed(value, type)
    return (int(value) if value is not None else 0) & _WORD


def value_of(word: int, kind: Kind) -> Any:
    """A machine value from its word."""
    if kind is Kind.F64:
        return struct.unpack("<d", word.to_bytes(8, "little"))[0]
    return bool(word) if kind is Kind.BOOL else word - (word >> 63 << 64)


class Variant:
    """One variant in memory."""

    def __init__(self, operation: Operation, kinds: str, result: str, attributes: Sequence[Attribute]) -> None:
        memory = _memory()
        self.operation = operation
        self.unit = unit = single.unit(library.machine(), operation, kinds, result, tuple(attributes))
        layout = lay_out(unit.object, _resolve)
        self._allocation = allocation = memory.allocate(layout.code_size, layout.data_size, alignment=16)
        image = link(layout, allocation.code, allocation.data)
        memory.write_data(allocation, image.data)
        memory.write_code(allocation, image.code)
        self._function = _PROTOTYPE(image.symbols["f"])
        self._block = (ctypes.c_uint64 * single.WORDS)()
        self._address = ctypes.addressof(self._block)
        self._pool = sorted(unit.pool.items())
        self._types = template_of(operation).operands

    def run(self, words: Sequence[int], row: Sequence[int], frame: int, breaker: int) -> int | None:
        """The word of the result, 0 where there is none; None where the operation left. Raises what it raised."""
        block, kinds, result = self._block, self.unit.kinds, self.unit.result
        before: list[Any] = [0xBAD0_BAD0_BAD0_BAD0] * single.WORDS
        before[single.FRAME] = frame
        for index, kind in enumerate(kinds):
            if kind != "K":
                before[single.OPERANDS + index] = words[index]
        before[single.ROW : single.ROW + len(row)] = row
        block[:] = before
        BREAKER.value = breaker
        for name, offset in self._pool:
            constant = len(row) if name == "N" else words[int(name[1:])]
            _memory().write_code(self._allocation, constant.to_bytes(8, "little"), offset)
        status = self._function(self._address, harness.current_thread())
        if self.operation.variadic:
            before[single.ROW - 1] = block[single.ROW - 1]  # whoever gets the row may use the word before it
        if status == single.LEFT:
            assert block[:] == before, self.unit.name  # nothing was written: others may have these slots
            return None
        stored, kept = block[single.RESULT_WORD], block[single.KEPT_WORD]
        if result in "SD":
            before[single.RESULT_WORD] = stored
        if result in "RD":
            before[single.KEPT_WORD] = kept
        assert block[:] == before, self.unit.name
        if result == "B":
            assert status in (single.YES, single.NO)
            return int(status == single.YES)
        assert status == single.DONE
        if result == "D":
            assert stored == kept, self.unit.name
        return {"S": stored, "D": stored, "R": kept, "-": words[0] if words else 0}[result]


#: How often each operation was done by one variant.
_turns: dict[Operation, int] = {}


class Copied:
    """All variants of an operation, with these attributes.

    What changes nothing is done by each of them, and all have to agree; of what does, one variant after the other has its turn.
    """

    def __init__(self, operation: Operation, attributes: Sequence[Attribute]) -> None:
        self.operation = operation
        self.attributes = attributes
        self.template = template_of(operation)
        self.names = list(variants(operation))
        self._made: dict[tuple[str, str], Variant] = {}

    def variant(self, name: tuple[str, str]) -> Variant:
        """One of them."""
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = Variant(self.operation, *name, self.attributes)
        return found

    def in_turn(self) -> Variant:
        """The next one."""
        turn = _turns[self.operation] = _turns.get(self.operation, -1) + 1
        return self.variant(self.names[turn % len(self.names)])

    def __call__(self, *operands: Any, frame: int = 0, breaker: int = 0) -> Any:
        """The result, as `harness.Compiled` gives it."""
        everyone = self.operation.effects < WRITES_HEAP and len(self.names) > 1
        chosen = [self.variant(name) for name in self.names] if everyone else [self.in_turn()]
        return self.agreed(chosen, operands, frame, breaker)

    def once(self, *operands: Any) -> Any:
        """The result by one variant."""
        return self.agreed([self.in_turn()], operands, 0, 0)

    def agreed(self, chosen: list[Variant], operands: Sequence[Any], frame: int, breaker: int) -> Any:
        """The result of the last of these variants, after all others gave the same."""
        fixed = len(self.operation.operands)
        row = [id(value) for value in operands[fixed].values] if self.operation.variadic else ()
        outcomes = []
        for variant in chosen:
            words = [word(value, type) for value, type in zip(operands[:fixed], self.template.operands, strict=False)]
            outcomes.append(self._outcome(variant, words, row, frame, breaker))
            assert _alike(outcomes[0], outcomes[-1]), (variant.unit.name, outcomes[0], outcomes[-1])
        last = outcomes[-1]
        if isinstance(last, BaseException):
            raise last
        if self.operation.result is None or not self.operation.result.is_object or self.operation.new_reference:
            return last
        return harness.object_at(last)

    def _outcome(self, variant: Variant, words: list[int], row: Sequence[int], frame: int, breaker: int) -> Any:
        """The result, or what was raised; an object that is not new as its address."""
        try:
            found = variant.run(words, row, frame, breaker)
        except Exception as error:
            if isinstance(error, AssertionError):
                raise
            return error
        if found is None:
            return harness.Left()
        result = self.operation.result
        if result is None:
            return None
        if not result.is_object:
            return found if result.kind is Kind.ROW else value_of(found, result.kind)
        if not self.operation.new_reference:
            return found
        made = harness.object_at(found)
        if made is not harness.NULL:
            harness.release(made)
        return made


def _alike(one: Any, other: Any) -> bool:
    """Whether two outcomes are the same, as far as that can be told without running anybody's code."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or struct.pack("<d", one) == struct.pack("<d", other)
    return one == other if isinstance(one, int | str) else True


@cache
def copied(operation: Operation, *attributes: Attribute) -> Copied:
    """The operation's stencils, with these attributes."""
    return Copied(operation, attributes)
