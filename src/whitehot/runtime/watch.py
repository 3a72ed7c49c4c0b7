"""Noticing hot code: a `sys.monitoring` tool that counts function entries and backward jumps.

Entries are counted by a global PY_START event, which a code object gives up (DISABLE) as soon as the answer for it is known: hot, or never
to be compiled. Backward jumps are counted by local JUMP events, which only code with loops gets. All this works on code objects by
address: hashing a code object costs more than running it.

Kept to what Python has loaded at start-up anyway: this module is imported by every program that runs under whitehot.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

    from whitehot.runtime.counters import Counters

monitoring = sys.monitoring
DISABLE = monitoring.DISABLE
PY_START = monitoring.events.PY_START
JUMP = monitoring.events.JUMP

#: Tool ids that no convention gives away (0 debugger, 1 coverage, 2 profiler, 5 optimizer).
_FREE_IDS = (4, 3)

#: JUMP_BACKWARD as compiled, before it has run.
_BACKWARD = bytes([__import__("_opcode_metadata").opmap["JUMP_BACKWARD"]])

#: Code objects that are kept without asking whether somebody else has them.
_FIRST_SWEEP = 2000

#: `types.CodeType`. Extension modules fire events (PyMonitoring_FirePyStartEvent) with objects of their own in the place of code.
_CODE = type((lambda: None).__code__)

_GENERATOR_FLAGS = 0x20 | 0x80 | 0x200

OWN_FOLDER = __file__.rpartition("runtime")[0]


class Watch:
    """The counters of one process. `on_function` and `on_loop` are told what has become hot, and give back whether to go on counting;
    `is_promising` says of warm code (its part between two byte offsets) whether that is worth while at all.
    """

    def __init__(
        self,
        call_threshold: int,
        loop_threshold: int,
        on_function: Callable[[CodeType], bool],
        on_loop: Callable[[CodeType, int, int], bool],
        is_promising: Callable[[CodeType, int, int | None], bool],
    ) -> None:
        self.tool: int | None = None
        self.call_threshold = call_threshold
        self.loop_threshold = loop_threshold
        #: What is left of the thresholds when code is warm: enough calls or rounds that the interpreter has specialized it.
        self.warm_calls = call_threshold - call_threshold // 8
        self.warm_rounds = loop_threshold - loop_threshold // 8
        self.is_promising = is_promising
        self.on_function = on_function
        self.on_loop = on_loop
        #: Calls still to come until a code object is hot, by its address.
        self.calls: dict[int, int] = {}
        #: Rounds still to come until a loop is hot, by code address and byte offset of its header.
        self.rounds: dict[tuple[int, int], int] = {}
        #: Code objects whose counters are in use: an address must not be reused under them.
        self.kept: dict[int, CodeType] = {}
        #: Where native code counts, once there is native code.
        self.counters: Counters | None = None
        #: How many code objects are kept before those are let go that nobody else has any more, and who has to let them go too.
        self.sweep_at = _FIRST_SWEEP
        self.before_sweep: Callable[[], None] = lambda: None

    def start(self) -> bool:
        """Take a tool id and begin to count; False where all ids are taken."""
        for tool in _FREE_IDS:
            if monitoring.get_tool(tool) is None:
                monitoring.use_tool_id(tool, "whitehot")
                self.tool = tool
                break
        else:
            return False
        monitoring.register_callback(self.tool, PY_START, self.count_call)
        monitoring.register_callback(self.tool, JUMP, self.count_jump)
        monitoring.set_events(self.tool, PY_START)
        return True

    def stop(self) -> None:
        """Give up all events and the tool id."""
        if self.tool is not None:
            monitoring.set_events(self.tool, 0)
            for code in self.kept.values():
                monitoring.set_local_events(self.tool, code, 0)
            monitoring.free_tool_id(self.tool)
            self.tool = None
            self.calls.clear()
            self.rounds.clear()
            self.counters = None
            self.kept.clear()

    def use_native(self, on_start: Any, on_jump: Any, counters: Counters) -> None:
        """From now on events go to native code first, which counts, and asks `count_call` and `count_jump` about what it does not know."""
        self.counters = counters
        if self.tool is not None:
            monitoring.register_callback(self.tool, PY_START, on_start)
            monitoring.register_callback(self.tool, JUMP, on_jump)

    def left(self) -> tuple[dict[int, int], dict[tuple[int, int], int]]:
        """How many calls and rounds are still to come until something is hot, as `calls` and `rounds` have it."""
        calls, rounds = dict(self.calls), dict(self.rounds)
        for key, place, left in self.counters.rows() if self.counters is not None else ():
            if place < 0:
                calls[key] = calls.get(key, 1) + left
            else:
                rounds[key, place] = rounds.get((key, place), 1) + left
        return calls, rounds

    def forget_rounds(self, code: CodeType) -> None:
        """Count the rounds of a code object's loops from the beginning."""
        key = id(code)
        self.rounds = {place: left for place, left in list(self.rounds.items()) if place[0] != key}
        if self.counters is not None:
            self.counters.forget(lambda owner, place: owner == key and place >= 0)

    def ask_later(self, code: CodeType) -> None:
        """Code is hot and is being compiled: do not ask about it again before it has been called as often once more."""
        if self.counters is not None:
            self.counters.put(id(code), -1, self.call_threshold)

    def ask_later_of_loop(self, code: CodeType, header: int) -> None:
        """A loop is hot, but may be left alone: do not ask about it again before it has gone round as often once more."""
        self.rounds[id(code), header] = self._counted(id(code), header, self.loop_threshold, 1)

    def hurry(self, code: CodeType, header: int) -> None:
        """Ask about a loop when it goes round next, however seldom it has."""
        self.rounds[id(code), header] = 1
        if self.counters is not None:
            self.counters.put(id(code), header, 0)

    def is_alone(self) -> bool:
        """Whether nobody else instruments the program: no debugger, profiler, tracer or coverage tool."""
        if sys.gettrace() is not None or sys.getprofile() is not None:
            return False
        return all(tool == self.tool or monitoring.get_tool(tool) is None for tool in range(6))

    # --- the callbacks ---

    def count_call(self, code: CodeType, offset: int) -> object:  # noqa: ARG002  # sys.monitoring passes it
        """PY_START."""
        key = id(code)
        left = self.calls.get(key)
        if left is None:
            return self._first_call(code, key)
        if left > 1:
            if left == self.warm_calls and not self.is_promising(code, 0, None):
                return DISABLE
            self.calls[key] = self._counted(key, -1, left, self.warm_calls)
            return None
        return None if self.on_function(code) else DISABLE

    def _counted(self, key: int, place: int, left: int, warm: int) -> int:
        """One event less; where native code counts, it is given all that come before Python has something to decide."""
        if self.counters is None:
            return left - 1
        then = warm if left > warm else 1
        self.counters.put(key, place, left - then - 1)
        return then

    def _first_call(self, code: CodeType, key: int) -> object:
        if type(code) is not _CODE:
            return DISABLE
        if code.co_flags & _GENERATOR_FLAGS or code.co_filename.startswith((OWN_FOLDER, "<frozen")):
            return DISABLE
        if len(self.kept) >= self.sweep_at:
            self._sweep()
        self.kept[key] = code
        self.calls[key] = self.call_threshold - 1
        adaptive = code._co_code_adaptive  # type: ignore[attr-defined]  # not in typeshed
        if _BACKWARD in adaptive and self.tool is not None:  # a cheap look; false alarms do no harm
            monitoring.set_local_events(self.tool, code, JUMP)
        if self.call_threshold <= 1:
            return None if self.on_function(code) else DISABLE
        return None

    def _sweep(self) -> None:
        """Let go of code objects that only we still have: programs may make them without end (`eval`, `exec`)."""
        self.before_sweep()
        probe = compile("0", "", "eval")  # shows what the reference count of such a code object is here
        self.kept[id(probe)], probe_key = probe, id(probe)
        del probe
        counts = {key: sys.getrefcount(code) for key, code in list(self.kept.items())}
        gone = {key for key, count in counts.items() if count <= counts[probe_key]}
        for key in gone:
            del self.kept[key]
            self.calls.pop(key, None)
        self.rounds = {place: left for place, left in list(self.rounds.items()) if place[0] not in gone}
        if self.counters is not None:
            self.counters.forget(lambda owner, _: owner in gone)
        self.sweep_at = max(_FIRST_SWEEP, 2 * len(self.kept))

    def count_jump(self, code: CodeType, source: int, target: int) -> object:
        """JUMP."""
        if target > source:
            return DISABLE
        key = (id(code), target)
        left = self.rounds.get(key, self.loop_threshold)
        if left > 1:
            if left == self.warm_rounds and not self.is_promising(code, target, source):
                return DISABLE
            self.rounds[key] = self._counted(id(code), target, left, self.warm_rounds)
            return None
        self.kept[id(code)] = code
        return None if self.on_loop(code, target, source) else DISABLE

    def resume(self) -> None:
        """Count again what gave up its events because it was hot before there was anybody to compile it. Others' events must not be
        disturbed, so this needs us to be alone.
        """
        if self.tool is not None and self.is_alone():
            monitoring.restart_events()

    def count_anew(self, keys: set[int]) -> None:
        """Count calls and rounds of the code objects at these addresses from the beginning, also where events were given up because they were hot."""
        self.calls.update(dict.fromkeys(keys & self.kept.keys(), self.call_threshold))
        self.rounds = {place: left for place, left in list(self.rounds.items()) if place[0] not in keys}
        self.resume()

    def restart_loops(self, code: CodeType) -> None:
        """Make jump events of a code object happen again where they were given up."""
        if self.tool is not None:
            monitoring.set_local_events(self.tool, code, 0)
            monitoring.set_local_events(self.tool, code, JUMP)

    def restart_calls(self, code: CodeType, threshold: int) -> None:
        """Count calls of a code object anew."""
        if self.tool is not None:
            self.calls[id(code)] = threshold
            monitoring.set_local_events(self.tool, code, 0)
            monitoring.set_local_events(self.tool, code, PY_START | JUMP)
