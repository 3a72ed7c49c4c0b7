"""Accesses to lists, taken apart: length, address of the items, place of an index, and what lies there.

Each part is then an operation of its own for the other passes. A list that a loop does not lengthen has its length and address read
before the loop; an index that was good for reading is good for writing, and needs no second look.

    %4: object = list_item %0, %1      exit 2 []        %4: i64 = list_len %0
    ...                                                 %5: row = list_row %0
    list_set_item %0, %1, %6           exit 8 [%4]      %6: i64 = list_place %4, %1          exit 2 []
                                                        %7: object = list_get %0, %5, %6
                                                        ...
                                                        list_put_float %0, %5, %6, %8        exit 8 [%7]

A float that is boxed only to be stored is stored without a box.
"""

from __future__ import annotations

from whitehot.ir.graph import Function, Instruction, Value, use_counts
from whitehot.ir.ops import (
    box_float,
    list_get,
    list_item,
    list_len,
    list_place,
    list_put,
    list_put_float,
    list_row,
    list_set_float,
    list_set_item,
)
from whitehot.ir.types import I64, ROW


def store_floats(function: Function) -> int:
    """Store floats that are boxed only for that without a box, and take nothing apart: for code that nobody optimizes further. Returns how many."""
    counts: dict[Value, int] | None = None
    changes = 0
    for block in function.blocks():
        for instruction in block.instructions:
            if instruction.operation is not list_set_item or not _is_boxed(instruction.operands[2]):
                continue
            counts = counts or use_counts(function)
            value = instruction.operands[2]
            if counts[value] == 1:
                instruction.operation = list_set_float
                instruction.operands = [*instruction.operands[:2], _unboxed(value)]
                changes += 1
    return changes


def open_lists(function: Function) -> int:
    """Take accesses to lists apart. Returns how many."""
    counts: dict[Value, int] | None = None
    changes = 0
    for block in function.blocks():
        if not any(i.operation is list_item or i.operation is list_set_item for i in block.instructions):
            continue
        counts = counts or use_counts(function)
        made: list[Instruction] = []
        for instruction in block.instructions:
            if instruction.operation is list_item or instruction.operation is list_set_item:
                _open(instruction, made, counts)
                changes += 1
            else:
                made.append(instruction)
        block.instructions[:] = made
    return changes


def _open(access: Instruction, made: list[Instruction], counts: dict[Value, int]) -> None:
    items, index = access.operands[:2]
    length, row, place = (
        Instruction(list_len, [items]),
        Instruction(list_row, [items]),
        Instruction(list_place, [], state=access.state),
    )
    length.result, row.result, place.result = Value(I64, length), Value(ROW, row), Value(I64, place)
    place.operands = [length.result, index]
    where = [items, row.result, place.result]
    made += [length, row, place]
    if access.operation is list_item:
        # The same instruction goes on, so that its result keeps its producer.
        access.operation, access.operands, access.state = list_get, where, None
        made.append(access)
        return
    value = access.operands[2]
    if _is_boxed(value) and counts[value] == 1:
        made.append(Instruction(list_put_float, [*where, _unboxed(value)], state=access.state))
    else:
        made.append(Instruction(list_put, [*where, value], state=access.state))


def _is_boxed(value: Value) -> bool:
    producer = value.producer
    return isinstance(producer, Instruction) and producer.operation is box_float


def _unboxed(value: Value) -> Value:
    producer = value.producer
    assert isinstance(producer, Instruction)
    return producer.operands[0]
