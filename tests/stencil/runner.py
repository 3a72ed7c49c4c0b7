"""What runs in a program of `machine.py`: a table of cases, one after the other, each a call of a stencil on a block of words.

It is in the language of operation bodies, so no C compiler is needed, and no C library: what stencils call is answered with what the test has put into
the case, and noted there. All that was in the memory of the cases is then written to standard output, and what units recorded that left.
"""

from __future__ import annotations

from tests.stencil.single import CONTEXT, FRAME, KEPT_WORD, OPERANDS, RESULT_WORD, ROW, WORDS

from whitehot.cpython.capi import C
from whitehot.cpython.structure import Pointer
from whitehot.lowlevel.intrinsics import (
    add_bytes,
    address_bits,
    address_of,
    call,
    cast,
    element_address,
    global_variable,
    inline,
    load,
    routine,
    select,
    store,
)
from whitehot.lowlevel.types import Array, Object, i64

#: A case, in words: the address of the function's description; operands; the row of a variadic operation; what functions of C give back in turn.
FUNCTION, GIVEN, ROW_GIVEN, ANSWERS = 0, 1, 9, 12
#: What becomes of it: how the code went on, what it stored, what it left in a register, how many other words of the block it wrote, a sum over what
#: it changed in the arena.
STATUS, STORED, KEPT, SPOILT, CHANGED = 16, 17, 18, 19, 20
#: How many functions of C it called; for each of the first ones its number and three arguments.
CALLS, CALLED, CALL_WORDS, MOST_CALLS = 21, 22, 4, 4
CASE_WORDS = 38

#: A function is described by its address, then for each operand by the address of the pool word to put it into, or 0.
OPERANDS_GIVEN, ROW_WORDS = 8, 3
DESCRIPTION_WORDS = 1 + OPERANDS_GIVEN

#: A record of a unit that left, in words: the case, the descriptor, how many slots there are, how many constants; then these.
RECORD_HEAD = 4

#: Where the C stack is, which is far from all that `machine.py` places.
STACK, STACK_END = 1 << 34, 1 << 48

#: What an argument is noted as that is an address on the C stack, which is not the same on all machines.
ON_STACK = 0x57AC_57AC

#: What a block is filled with.
BLANK = 0x0BAD_0BAD_0BAD_0BAD

_STANDARD_OUTPUT = 1

#: System calls. `machine.py` has their code.
system_write: C[[i64, Pointer, i64], i64] = C("system_write", "C[[i64, Pointer, i64], i64]")
system_exit: C[[i64], None] = C("system_exit", "C[[i64], None]")

#: Words of records so far.
test_recorded = global_variable("test_recorded", i64, 0)

test_block = global_variable("test_block", i64, 0, count=WORDS)
test_case = global_variable("test_case", i64, 0)


@routine
def test_noted(argument: Pointer) -> i64:
    """What an address is noted as: in the block it counts from its start, as that depends on the machine too."""
    address = i64(address_bits(argument))
    place = address - i64(address_bits(test_block.address))
    if 0 <= place < 8 * WORDS:
        return place
    return select((address >= STACK) & (address < STACK_END), ON_STACK, address)


@routine
def test_called(number: i64, first: i64, second: i64, third: i64) -> i64:
    """Stands for all functions of C: notes the arguments, and answers what the case says."""
    case = cast(Array[i64], add_bytes(address_of("cases"), test_case.value))
    calls = case[CALLS]
    place = CALLED + CALL_WORDS * calls
    if calls < MOST_CALLS:
        case[place] = number
        case[place + 1] = first
        case[place + 2] = second
        case[place + 3] = third
    case[CALLS] = calls + 1
    return case[ANSWERS + (calls & 3)]


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
        written = system_write(_STANDARD_OUTPUT, cast(Pointer, add_bytes(cast(Object, start), done)), size - done)
        if written <= 0:
            return False
        done += written
    return True


@routine
def test_do(case: Array[i64]) -> None:
    """One case."""
    block = cast(Array[i64], test_block.address)
    arena = cast(Array[i64], address_of("arena"))
    pristine = cast(Array[i64], address_of("pristine"))
    size = load(i64, cast(Pointer, address_of("arena_words")))
    for index in range(size):
        arena[index] = pristine[index]
    for index in range(WORDS):
        block[index] = BLANK
    block[CONTEXT] = 0
    store(Pointer, element_address(block, FRAME), cast(Pointer, address_of("frame")))
    for index in range(ROW_WORDS):
        block[ROW + index] = case[ROW_GIVEN + index]
    function = cast(Array[Pointer], load(Pointer, element_address(case, FUNCTION)))
    for index in range(OPERANDS_GIVEN):
        block[OPERANDS + index] = case[GIVEN + index]
        word = function[1 + index]
        if word is not None:
            store(i64, word, case[GIVEN + index])
    case[STATUS] = call(function[0], test_block.address, address_of("thread"), result=i64)
    case[STORED] = block[RESULT_WORD]
    case[KEPT] = block[KEPT_WORD]
    case[SPOILT] = spoilt_words(block, case)
    changed = 0
    for index in range(size):
        changed = i64(changed + i64(i64(arena[index] - pristine[index]) * (2 * index + 1)))
    case[CHANGED] = changed


@inline
def spoilt_words(block: Array[i64], case: Array[i64]) -> i64:
    """How many words a stencil wrote that are not its to write. A callee may use the word before a row."""
    spoilt = 0
    for index in range(FRAME + 1, WORDS):
        wanted = BLANK
        if (index >= OPERANDS) & (index < OPERANDS + OPERANDS_GIVEN):
            wanted = case[GIVEN + index - OPERANDS]
        if (index >= ROW) & (index < ROW + ROW_WORDS):
            wanted = case[ROW_GIVEN + index - ROW]
        is_result = (index == RESULT_WORD) | (index == KEPT_WORD) | (index == ROW - 1)
        if block[index] != wanted and not is_result:
            spoilt += 1
    return spoilt


@routine
def test_main() -> None:
    """All of it: does all cases, writes them and the records, ends the process."""
    count = load(i64, cast(Pointer, address_of("count")))
    size = 8 * CASE_WORDS
    for number in range(count):
        test_case.value = number * size
        test_do(cast(Array[i64], add_bytes(address_of("cases"), number * size)))
    written = test_write(cast(Pointer, address_of("cases")), count * size)
    if written:
        written = test_write(cast(Pointer, address_of("records")), 8 * test_recorded.value)
    system_exit(int(not written))


ROUTINES = (test_main, test_called, test_noted, whitehot_record_slots)
