"""Where the operands of a unit's stencils are: slots of the native frame, scratch slots, words of the pool."""

from __future__ import annotations

import struct

from whitehot.deopt.descriptors import Address
from whitehot.ir.graph import Instruction, Symbol, Value
from whitehot.ir.types import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.graph import Attribute
    from whitehot.stencil.assemble import Assembler
    from whitehot.stencil.slots import Slots


class Places:
    """The places of one unit. Slots are given as offsets in bytes, pool words by their numbers."""

    def __init__(self, slots: Slots, assembler: Assembler) -> None:
        self.slots = slots
        self.assembler = assembler
        self.resolve = slots.resolve
        #: Scratch slots in use, and the most that were.
        self.scratch = 0
        self.most_scratch = 0

    @property
    def size(self) -> int:
        """Slots of the frame, as far as is known."""
        return self.slots.count + self.most_scratch

    def slot(self, value: Value) -> int:
        """A value's slot."""
        return 8 * self.slots.of[self.resolve(value)]

    def scratch_slot(self) -> int:
        """A slot that is free until `scratch` is set back."""
        slot = 8 * (self.slots.count + self.scratch)
        self.scratch += 1
        self.most_scratch = max(self.most_scratch, self.scratch)
        return slot

    def in_slot(self, value: Value) -> int:
        """A slot that holds a value; constants are copied to one."""
        slots = self.slots
        value = slots.same.get(value, value)
        if value not in slots.constants:
            return 8 * slots.of[value]
        slot = self.scratch_slot()
        self.copy_constant(value, slot)
        return slot

    def attribute(self, value: Attribute) -> int:
        """An attribute's pool word."""
        if isinstance(value, Symbol):
            return self.assembler.address(value.name)
        return self.assembler.word(0 if value is None else int(value))

    def constant(self, value: Value) -> int:
        """A constant's pool word."""
        word = constant_word(value)
        return self.assembler.address(word.symbol) if isinstance(word, Address) else self.assembler.word(word)

    def copy_constant(self, value: Value, slot: int) -> None:
        """Put a constant into a slot."""
        self.assembler.put("copy.K", {"R": slot}, {"P0": self.constant(value)}, {})

    def move(self, value: Value, slot: int) -> None:
        """Put a value into a slot."""
        value = self.resolve(value)
        if value in self.slots.constants:
            self.copy_constant(value, slot)
        else:
            self.assembler.put("copy.S", {"S0": 8 * self.slots.of[value], "R": slot}, {}, {})


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
