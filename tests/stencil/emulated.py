"""What runs in the emulated process: a table of cases, one after the other, each a call of a stencil on a block of words.

A program of `machine.py` has this as its start. It is in the language of operation bodies, so no C compiler is needed, and no C library: what the emulated
stencils call is answered with what the test has put into the case, and noted there. All that was in the memory of the cases is then written to
standard output.
"""

from __future__ import annotations

from tests.stencil.single import CONTEXT, FRAME, KEPT_WORD, OPERANDS, RESULT_WORD, WORDS

from whitehot.cpython.capi import C
from whitehot.cpython.structure import Pointer
from whitehot.lowlevel.intrinsics import (
    add_bytes,
    address_of,
    bits_of,
    call,
    cast,
    element_address,
    float_from_bits,
    global_variable,
    load,
    routine,
    store,
)
from whitehot.lowlevel.types import Array, Object, f64, i64

#: A case, in words: the address of the function's description; operands; what functions of C give back in turn.
FUNCTION, GIVEN, ANSWERS = 0, 1, 9
#: What becomes of it: how the code went on, what it stored, what it left in a register, how many other words of the block it wrote.
STATUS, STORED, KEPT, SPOILT = 13, 14, 15, 16
#: How many functions of C it called; for each call its number and two arguments.
CALLS, CALLED, CALL_WORDS, MOST_CALLS = 17, 18, 3, 3
CASE_WORDS = 28

#: A function is described by its address, then for each operand by the address of the pool word to put it into, or 0.
OPERANDS_GIVEN = 8
DESCRIPTION_WORDS = 1 + OPERANDS_GIVEN

#: A record of a unit that left, in words: the case, the descriptor, how many slots there are, how many constants; then these.
RECORD_HEAD = 4

#: What a block is filled with.
BLANK = 0x0BAD_0BAD_0BAD_0BAD

_STANDARD_OUTPUT = 1
#: Numbers of Linux's system calls on AArch64.
_WRITE, _EXIT = 64, 93

#: Does a system call; its number first. `machine.py` has its code.
system_call: C[[i64, i64, Pointer, i64], i64] = C("system_call", "C[[i64, i64, Pointer, i64], i64]")

#: Words of records so far.
test_recorded = global_variable("test_recorded", i64, 0)

test_block = global_variable("test_block", i64, 0, count=WORDS)
test_case = global_variable("test_case", i64, 0)


@routine
def test_called(number: i64, first: f64, second: f64) -> f64:
    """Stands for all functions of C: notes the arguments, and answers what the case says."""
    case = cast(Array[i64], add_bytes(address_of("cases"), test_case.value))
    calls = case[CALLS]
    place = CALLED + CALL_WORDS * calls
    if calls < MOST_CALLS:
        case[place] = number
        case[place + 1] = bits_of(first)
        case[place + 2] = bits_of(second)
    case[CALLS] = calls + 1
    return float_from_bits(case[ANSWERS + (calls & 3)])


@routine
def whitehot_record_slots(
    context: Pointer, slots: Array[i64], descriptor: Pointer, count: i64, constants: Array[i64], more: i64
) -> None:
    """Notes what a unit leaves with, as the runtime does (`native_context.py`)."""
    row = cast(Array[i64], add_bytes(address_of("records"), 8 * test_recorded.value))
    row[0] = test_case.value
    store(Pointer, element_address(row, 1), descriptor)
    row[2] = count
    row[3] = more
    for index in range(count):
        row[RECORD_HEAD + index] = slots[index]
    for index in range(more):
        row[RECORD_HEAD + count + index] = constants[index]
    test_recorded.value = test_recorded.value + RECORD_HEAD + count + more


@routine
def test_write(start: Pointer, size: i64) -> bool:
    """Write to standard output; whether that worked."""
    done = 0
    while done < size:
        written = system_call(
            _WRITE, _STANDARD_OUTPUT, cast(Pointer, add_bytes(cast(Object, start), done)), size - done
        )
        if written <= 0:
            return False
        done += written
    return True


@routine
def test_do(case: Array[i64]) -> None:
    """One case."""
    block = cast(Array[i64], test_block.address)
    for index in range(WORDS):
        block[index] = BLANK
    block[CONTEXT] = i64(0)
    block[FRAME] = i64(0)
    function = cast(Array[Pointer], load(Pointer, element_address(case, FUNCTION)))
    for index in range(OPERANDS_GIVEN):
        block[OPERANDS + index] = case[GIVEN + index]
        word = function[1 + index]
        if word is not None:
            store(i64, word, case[GIVEN + index])
    case[STATUS] = call(function[0], test_block.address, address_of("thread"), result=i64)
    case[STORED] = block[RESULT_WORD]
    case[KEPT] = block[KEPT_WORD]
    spoilt = 0
    for index in range(WORDS):
        is_operand = (index >= OPERANDS) & (index < OPERANDS + OPERANDS_GIVEN)
        is_result = (index == RESULT_WORD) | (index == KEPT_WORD)
        if is_operand:
            if block[index] != case[GIVEN + index - OPERANDS]:
                spoilt += 1
        elif index > FRAME and not is_result and block[index] != BLANK:
            spoilt += 1
    case[SPOILT] = spoilt


@routine
def _start() -> None:
    """Where the process begins: does all cases, writes them, ends."""
    count = load(i64, cast(Pointer, address_of("count")))
    size = 8 * CASE_WORDS
    for number in range(count):
        test_case.value = number * size
        test_do(cast(Array[i64], add_bytes(address_of("cases"), number * size)))
    written = test_write(cast(Pointer, address_of("cases")), count * size)
    if written:
        written = test_write(cast(Pointer, address_of("records")), 8 * test_recorded.value)
    system_call(_EXIT, int(not written), cast(Pointer, address_of("cases")), 0)


ROUTINES = (_start, test_called, whitehot_record_slots)
