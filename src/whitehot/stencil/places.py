"""Where the values of a unit are while its code is emitted: slots, scratch slots, words of the pool; and copies between them."""

from __future__ import annotations

import struct

from whitehot.deopt.descriptors import Address
from whitehot.ir.graph import Instruction, Symbol, Value
from whitehot.ir.types import Kind
from whitehot.stencil.slots import Slots, is_constant
from whitehot.stencil.stencil import RESERVED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.graph import Attribute, Block, Function
    from whitehot.stencil.assemble import Assembler


class Places:
    """The places of one unit's values. Slots are given as offsets in the native frame."""

    def __init__(self, function: Function, blocks: list[Block], lazy: set[Value], assembler: Assembler) -> None:
        self.slots = Slots(function, blocks, lazy, len(RESERVED))
        self.resolve = self.slots.resolve
        self.assembler = assembler
        self._scratch = 0
        self._most_scratch = 0

    @property
    def size(self) -> int:
        """The slots of the native frame, scratch slots that were in use so far included."""
        return self.slots.count + self._most_scratch

    def reuse_scratch(self) -> None:
        """Nobody needs any more what is in scratch slots."""
        self._scratch = 0

    def slot(self, value: Value) -> int:
        """The slot of a value that is no constant."""
        return 8 * self.slots.of[self.resolve(value)]

    def scratch_slot(self) -> int:
        """A slot that was not in use."""
        slot = 8 * (self.slots.count + self._scratch)
        self._scratch += 1
        self._most_scratch = max(self._most_scratch, self._scratch)
        return slot

    def in_slot(self, value: Value) -> int:
        """A slot that holds a value; constants are copied to one."""
        value = self.resolve(value)
        if not is_constant(value):
            return 8 * self.slots.of[value]
        slot = self.scratch_slot()
        self.copy_constant(value, slot)
        return slot

    def attribute(self, value: Attribute) -> int:
        """The number of an attribute's pool word."""
        word = attribute_word(value)
        return self.assembler.address(word.symbol) if isinstance(word, Address) else self.assembler.word(word)

    def constant(self, value: Value) -> int:
        """The number of a constant's pool word."""
        word = constant_word(value)
        return self.assembler.address(word.symbol) if isinstance(word, Address) else self.assembler.word(word)

    def copy_constant(self, value: Value, slot: int) -> None:
        """Put a constant into a slot."""
        self.assembler.put("copy.K", {"R": slot}, {"P0": self.constant(value)}, {})

    def move(self, value: Value, slot: int) -> None:
        """Put a value into a slot."""
        value = self.resolve(value)
        if is_constant(value):
            self.copy_constant(value, slot)
        else:
            self.assembler.put("copy.S", {"S0": 8 * self.slots.of[value], "R": slot}, {}, {})

    def row(self, values: list[Value]) -> int:
        """The values in a row of scratch slots, with one spare word before it (a callee of vectorcall may use that)."""
        self.scratch_slot()
        places = [self.scratch_slot() for _ in values]
        for value, place in zip(values, places, strict=True):
            self.move(value, place)
        return places[0] if places else self.scratch_slot()

    def move_all(self, moves: dict[int, int | Value]) -> None:
        """Moves that happen at once: each to a slot, from another one or of a constant. Empties `moves`."""
        while moves:
            sources = set(moves.values())
            ready = [place for place in moves if place not in sources]
            if not ready:
                # Only cycles are left: put one value aside.
                place, source = next(iter(moves.items()))
                assert isinstance(source, int)
                aside = self.scratch_slot()
                self.assembler.put("copy.S", {"S0": place, "R": aside}, {}, {})
                for other, wanted in moves.items():
                    if wanted == place:
                        moves[other] = aside
                ready = [place]
            for place in ready:
                source = moves.pop(place)
                if isinstance(source, int):
                    self.assembler.put("copy.S", {"S0": source, "R": place}, {}, {})
                else:
                    self.copy_constant(source, place)


def constant_word(value: Value) -> int | Address:
    """The word of a constant."""
    assert isinstance(value.producer, Instruction)
    content = value.producer.attributes[0]
    if value.type.kind is Kind.F64:
        assert isinstance(content, float)
        return int.from_bytes(struct.pack("<d", content), "little")
    return attribute_word(content)


def attribute_word(value: Attribute) -> int | Address:
    """The word of an attribute."""
    if value is None:
        return 0
    if isinstance(value, Symbol):
        return Address(value.name)
    return int(value)
