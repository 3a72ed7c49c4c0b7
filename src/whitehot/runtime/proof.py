"""Whether the compiler is worth loading: has hot code proven that it is what keeps the program busy?

Loading takes some 35 ms of the program's time. That many functions are called often says little: importing a module of the standard library may do that. Code
that native code would do well with is looked at while it gets hot. Counting is all that slows it down then, so from the time it takes between being warm and
being hot one can tell whether the program does much else.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    #: A code object's address, and the byte offset at which its hot part begins.
    type Place = tuple[int, int]

#: Seconds that counting one call or round takes at most, before there is native code for it; and that running a byte of bytecode takes.
_COUNTING, _RUNNING = 3e-6, 4e-9

#: How often hot code has to be found to take most of the program's time, the same code or whatever is found in a row; and after how many seconds of processor time it is looked at again.
_PROOFS, _BETWEEN_PROOFS = 2, 0.006

#: After a look that proved nothing, the next one is when the program has run for so much longer, as a share.
_NEXT_LOOK = 0.25

#: How much longer, as a factor, the program has to run until code that would not do well is looked at again.
_PATIENCE = 2

#: Places remembered at most: programs may make code without end.
_MOST = 4096


class Proof:
    """What is known before the compiler is loaded. Times are of the process's processor time, in seconds."""

    def __init__(self, wait: float) -> None:
        #: Until then nothing is loaded; 0: the first hot code is proof enough.
        self._wait = wait
        self._warm_at: dict[Place, float] = {}
        self._turned_down: dict[Place, float] = {}
        self._in_a_row = 0
        #: How often each place has proven itself. A loop around it, or what calls it, takes longer to get hot: that disproves nothing.
        self._proven: dict[Place, int] = {}

    def look(self, place: Place, is_promising: Callable[[], bool]) -> bool:
        """Whether warm or hot code is promising; a bad impression lasts for a while."""
        now = time.process_time()
        if now < _PATIENCE * self._turned_down.get(place, 0):
            return False
        found = is_promising()
        if len(self._warm_at) + len(self._turned_down) > _MOST:
            self.forget()
        if found:
            self._warm_at.setdefault(place, now)
        else:
            self._turned_down[place] = now
        return found

    def missing(self, code: CodeType, start: int, end: int | None, events: int, is_kept: Callable[[], bool]) -> float:
        """Seconds that the program has to run on before the next look, for code that is hot after so many calls, or rounds of the loop from `start` to `end`; 0 where
        the compiler is worth loading now. `is_kept`: whether there is native code of an earlier process for it; asked only where it is of use, as that may take milliseconds.
        """
        now = time.process_time()
        if now < self._wait:
            return self._wait - now
        place = id(code), start
        warm_at = self._warm_at.get(place)
        if warm_at is not None and self._wait:
            size = (len(code.co_code) if end is None else end) - start
            if now - warm_at > events * (_COUNTING + size * _RUNNING):
                self._in_a_row = 0
                self._proven.pop(place, None)
                return max(_BETWEEN_PROOFS, now * _NEXT_LOOK)
            self._in_a_row += 1
            proofs = self._proven[place] = self._proven.get(place, 0) + 1
            # What an earlier process has compiled was proven there, and needs no compiler.
            if max(self._in_a_row, proofs) < _PROOFS and not is_kept():
                return _BETWEEN_PROOFS
        return 0.0

    def begin(self) -> set[int]:
        """A new look begins: the addresses of code objects that were promising, whose calls and rounds are to be counted from the beginning."""
        found = {address for address, _ in self._warm_at}
        self._warm_at = {}
        return found

    def forget(self) -> None:
        """Forget all places."""
        self._warm_at = {}
        self._turned_down = {}
        self._proven = {}
