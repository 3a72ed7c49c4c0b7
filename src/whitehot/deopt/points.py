"""The exits of a unit."""

from __future__ import annotations

from whitehot.reasons import Reason
from whitehot.record import dataclass


@dataclass(frozen=True, slots=True)
class ExitPoint:
    """What an exit number of a unit stands for: the code and byte offset it leaves from or to, and why."""

    code: str
    offset: int
    reason: Reason
    operation: str


#: What a call of another unit counts for in the work of a loop, in rounds.
WORK_OF_CALL = 8

#: Exits that WHITEHOT_STRESS=deopt makes fail in turn: those that guard a speculation.
STRESSED = frozenset(
    {
        Reason.TYPE,
        Reason.OVERFLOW,
        Reason.INDEX,
        Reason.RANGE,
        Reason.ZERO_DIVISION,
        Reason.UNBOUND,
        Reason.FINALIZER,
        Reason.BREAKER,
    }
)
