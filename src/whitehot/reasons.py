"""Every reason for not compiling code, leaving it or throwing it away, once.

whitehot never gives up silently: each refusal, each exit from native code and each discard carries one of
these, is counted under its name in `stats()`, and is explained in its own words by `whitehot explain`. To add
a reason, add a line; where more can be said (which bytecode, which type), whoever counts it adds a detail.
"""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What a reason is a reason for."""

    EXIT = "exit"
    """Native code handed the frame back to the interpreter; it stays and will be entered again."""
    REFUSE = "refuse"
    """Code was not compiled, or not entered."""
    DISCARD = "discard"
    """Native code was thrown away."""


class Reason(Enum):
    """One reason; `kind` says for what, `explanation` is one sentence for people."""

    TYPE = Kind.EXIT, "A value had another type than the ones seen before."
    OVERFLOW = Kind.EXIT, "An integer did not fit 64 bits."
    ZERO_DIVISION = Kind.EXIT, "A division by zero, which the interpreter raises."
    INDEX = Kind.EXIT, "An index outside the sequence, which the interpreter handles."
    RANGE = Kind.EXIT, "A value outside what the native form of the operation handles."
    UNBOUND = Kind.EXIT, "A variable had no value, which the interpreter raises."
    NOT_CARRIED = Kind.EXIT, "A path that had never run before, or that is not compiled yet."
    LOOP_EXIT = Kind.EXIT, "The loop was finished, and only the loop had been compiled."
    BREAKER = Kind.EXIT, "A signal, another thread, the garbage collector or a debugger asked for attention."
    RAISE = Kind.EXIT, "An exception was raised; the interpreter finds its handler."
    RECURSION = Kind.EXIT, "The recursion limit was reached, which the interpreter raises."
    STACK = Kind.EXIT, "The interpreter's frame stack had no room for another frame."
    FINALIZER = Kind.EXIT, "An object was about to die whose death may run code."
    ASSUMPTION = Kind.EXIT, "Something assumed to stay the same had changed while the code was running."
    TIER_UP = Kind.EXIT, "The code had done so much that better code is to be made of it, or is there already."
    CALLEE_LEFT = Kind.EXIT, "A native function that was called left to the interpreter, and its callers with it."

    BYTECODE = Kind.REFUSE, "The code uses a bytecode instruction that is not compiled yet."
    GENERATOR = Kind.REFUSE, "The code is a generator, which is not compiled yet."
    COROUTINE = Kind.REFUSE, "The code is a coroutine or an asynchronous generator, which is not compiled yet."
    CELL_VARIABLES = Kind.REFUSE, "The code shares variables with an inner or an outer function."
    TOO_LARGE = Kind.REFUSE, "The code has more instructions than WHITEHOT_MAX_CODE allows."
    ARGUMENT_KINDS = Kind.REFUSE, "The function takes arguments in a way that has no native entry yet."
    ARGUMENT_REBOUND = Kind.REFUSE, "The function was called with other arguments than its native entry takes."
    COMPILER_ERROR = Kind.REFUSE, "The compiler failed: a bug in whitehot; the program is not affected."
    LLVM_ERROR = Kind.REFUSE, "LLVM rejected the code: a bug in whitehot; the program is not affected."
    NEVER_REQUESTED = Kind.REFUSE, "The program asked for it with whitehot.never."
    FOREIGN_MONITORING = Kind.REFUSE, "A debugger, profiler or coverage tool is watching the code."
    NOT_PROFITABLE = Kind.REFUSE, "Native code would be no faster than the interpreter."

    GUARD_FAILURES = Kind.DISCARD, "One guard kept failing; the code is compiled anew with what was learnt."
    ASSUMPTION_BROKEN = Kind.DISCARD, "Something assumed to stay the same has changed."
    GAVE_UP = Kind.DISCARD, "The code kept failing after every new compilation and is left to the interpreter."
    SHORT_LOOP = Kind.DISCARD, "The loop ends after a few rounds each time, so entering it costs more than it gains."
    MEMORY_CAP = Kind.DISCARD, "Native code had reached WHITEHOT_MEMORY_LIMIT."
    SUPERSEDED = Kind.DISCARD, "Better code for the same has taken its place, or that of code that it called."
    DISABLED = Kind.DISCARD, "The program switched whitehot off."

    kind: Kind
    explanation: str

    def __init__(self, kind: Kind, explanation: str) -> None:
        self.kind = kind
        self.explanation = explanation

    @property
    def label(self) -> str:
        """The name for people: "zero division"."""
        return self.name.lower().replace("_", " ")


def of_kind(kind: Kind) -> tuple[Reason, ...]:
    """Every reason of one kind, in the order of declaration."""
    return tuple(reason for reason in Reason if reason.kind is kind)
