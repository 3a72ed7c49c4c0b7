"""Control flow and constants. The back ends know these by name; they have no bodies."""

from __future__ import annotations

from whitehot.ir.effects import READS_HEAP, WRITES_HEAP
from whitehot.ir.operation import op
from whitehot.lowlevel.types import Pointer, ThreadState, i64, u64
from whitehot.reasons import Reason

#: Rounds from one check of the eval breaker to the next one, in loops where that is not each round: a power of two.
SPACING = 8


@op(attributes=("value",), has_body=False)
def constant(value: Pointer) -> None:
    """A constant: an int, float or bool of machine type, None for NULL, or the Symbol of an object. The result's type is said where it is used."""


@op(terminator=True, has_body=False)
def jump() -> None:
    """Go on in the only target."""


@op(terminator=True, attributes=("likely",), has_body=False)
def branch(condition: bool, likely: i64) -> None:
    """Go on in the first target if the condition holds, else in the second. The attribute may be absent; True and False say which is likely."""


@op(terminator=True, variadic=True, has_body=False)
def return_() -> None:
    """Return the only operand from the unit, of whatever type the unit returns; the reference goes to the caller."""


@op(terminator=True, exits=Reason.NOT_CARRIED, attributes=("reason",), has_body=False)
def exit_(reason: Pointer) -> None:
    """Leave to the interpreter for the Reason of this name."""


@op(terminator=True, has_body=False)
def unreachable() -> None:
    """A place that is never reached."""


@op(effects=READS_HEAP, exits=Reason.BREAKER, has_body=False)
def check_breaker(thread: ThreadState, breaker: u64) -> None:
    """Leave when `thread.eval_breaker` asks for anything: is not `breaker`. Other threads write it: each check reads it anew."""


@op(effects=READS_HEAP, exits=Reason.BREAKER, has_body=False)
def check_breaker_sometimes(count: i64, thread: ThreadState, breaker: u64) -> None:
    """`check_breaker` where the count is divisible by `SPACING`."""


@op(effects=WRITES_HEAP, exits=Reason.BREAKER, attributes=("amount",), has_body=False)
def safepoint(amount: i64, thread: ThreadState, breaker: u64) -> None:
    """`check_breaker` and `count_heat` of an amount of work for each time, once in `SPACING` times that the unit comes to one of these."""
