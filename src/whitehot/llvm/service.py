"""LLVM as it is asked from another interpreter (runtime/compilers.py): the text of a module in, an object out."""

from __future__ import annotations

from time import perf_counter

from whitehot import wire
from whitehot.cpython.interpreters import Flag
from whitehot.elf import read_object
from whitehot.errors import as_failure
from whitehot.llvm.machine import compile_object


def answer(question: bytes) -> bytes:
    """What is asked: the address of a flag that is set when nobody wants the answer any more, a module's text and LLVM's level. The answer is a pair: the name and
    arguments of the exception to raise, or None; and the object with the seconds that it took.
    """
    address, text, level = wire.loads(question)
    unwanted = Flag(address)
    started = perf_counter()
    try:
        machine_code = read_object(compile_object(text, level, lambda: not unwanted))
    except Exception as error:  # noqa: BLE001 - a bug in the compiler is no bug in the program
        failure = as_failure(error)
        return wire.dumps(((type(failure).__name__, *failure.args), None))
    return wire.dumps((None, (machine_code, perf_counter() - started)))
