"""What there is to say of a code object: its bytecode with what the interpreter has learnt, and why it is, or is not, compiled."""

from __future__ import annotations

import dis
import inspect
from collections import Counter
from collections.abc import Iterator
from types import CodeType

from whitehot.bytecode.decode import decode
from whitehot.bytecode.feedback import KnownTypes
from whitehot.bytecode.objects import ObjectTable
from whitehot.bytecode.snapshot import BytecodeInstruction
from whitehot.reasons import Reason
from whitehot.runtime import control
from whitehot.runtime.records import CodeRecord
from whitehot.runtime.screen import is_promising
from whitehot.tools.explain_run import Session, functions_of
from whitehot.tools.explain_units import UnitView, units_of

#: Code that is entered once for each value it gives: not counted at all.
_GENERATORS = inspect.CO_GENERATOR
_COROUTINES = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class CodeView:
    """A code object, its units and its loops (byte offset of the header, and its source line)."""

    def __init__(self, session: Session, code: CodeType) -> None:
        self.session = session
        self.code = code
        self.record: CodeRecord = session.record(code) or CodeRecord(code)
        self.units: list[UnitView] = units_of(session, code)
        self.instructions = self._instructions()
        #: Byte offset of each loop's header -> that of the last jump back to it.
        self.ends: dict[int, int] = {
            instruction.target: instruction.offset
            for instruction in self.instructions
            # JUMP_BACKWARD_NO_INTERRUPT goes round in `await`, and is not watched.
            if instruction.opcode == "JUMP_BACKWARD" and instruction.target is not None
        }
        lines = {instruction.offset: instruction.line for instruction in self.instructions}
        self.loops: dict[int, int | None] = {header: lines.get(header) for header in sorted(self.ends)}

    @property
    def place(self) -> str:
        return f"{self.code.co_filename}:{self.code.co_firstlineno}"

    def _instructions(self) -> tuple[BytecodeInstruction, ...]:
        """As they are now; where instrumentation hides what was learnt, as they were when a unit was made of them."""
        classes: list[type] = []
        for function in functions_of(self.code):
            classes += [value for value in function.__globals__.values() if isinstance(value, type)]
        earlier: dict[int, BytecodeInstruction] = {}
        for unit in self.units:
            if unit.request is not None:
                earlier |= {instruction.offset: instruction for instruction in unit.request.snapshot.code.instructions}
        found = []
        for instruction in decode(self.code, ObjectTable(), KnownTypes(classes)):
            before = earlier.get(instruction.offset)
            knows_nothing = instruction.specialized == instruction.opcode and not instruction.types
            found.append(before if before is not None and knows_nothing else instruction)
        return tuple(found)

    # --- bytecode ---

    def bytecode(self) -> list[tuple[str, ...]]:
        """Rows: source line, offset, instruction, argument, what is known. Loops begin with a row of their own."""
        arguments = {
            plain.offset: plain.argrepr or ("" if plain.arg is None else str(plain.arg))
            for plain in dis.get_instructions(self.code)
        }
        left = self._left()
        rows: list[tuple[str, ...]] = []
        line = None
        for instruction in self.instructions:
            if instruction.offset in self.loops:
                rows.append(("", "", f"loop at offset {instruction.offset}:"))
            new_line = instruction.line is not None and instruction.line != line
            line = instruction.line if instruction.line is not None else line
            argument = arguments.get(instruction.opcode_offset, "")
            if instruction.target is not None:
                argument = f"to {instruction.target}"
            rows.append(
                (
                    str(line) if new_line else "",
                    str(instruction.offset),
                    instruction.opcode,
                    argument,
                    "; ".join((*_feedback(instruction), *left.get(instruction.offset, ()))),
                )
            )
        return rows

    def _left(self) -> dict[int, list[str]]:
        """How often native code of this code object's own units was left at each offset."""
        counts: dict[int, Counter[str]] = {}
        for unit in self.units:
            for point, count in zip(unit.unit.exits, unit.counts, strict=False):
                if count and unit.is_own(point):
                    counts.setdefault(point.offset, Counter())[point.reason.label] += count
        return {
            offset: [f"left {count:,} times ({reason})" for reason, count in reasons.most_common()]
            for offset, reasons in counts.items()
        }

    # --- why ---

    def status(self) -> list[tuple[str, str]]:
        """A row for the function and one for each loop: what it is, and what became of it."""
        rows = [("function", self._function_status())]
        for header, line in self.loops.items():
            rows.append((f"loop at line {line or '?'}, offset {header}", self._loop_status(header)))
        return rows

    def why(self) -> Iterator[str]:
        """Everything else that explains the status: what was learnt, tracebacks of the compiler's errors."""
        record = self.record
        yield f"compiled {_times(record.compilations.total())}; WHITEHOT_MAX_RECOMPILES is {self.session.engine.settings.max_recompiles}"
        for unit in self.units:
            if unit.fate is not None:
                yield f"{unit.title} was {unit.fate}"
            elif unit.entry in record.stays:
                yield f"{unit.title} stays in the baseline: {_because(*record.stays[unit.entry])}"
        for symbol, offset, name in sorted(record.rejected):
            if offset < 0:
                yield f"the types of argument {self.code._varname_from_oparg(-1 - offset)!r} are not relied on any more"  # type: ignore[attr-defined]
            else:
                yield f"not assumed any more: {Reason[name].label} guard at offset {offset} of {symbol}"
        for error in self.session.engine.errors:
            if error.startswith(f"{self.code.co_qualname}: "):
                yield error.rstrip()

    def _function_status(self) -> str:
        session, record = self.session, self.record
        if record.function_unit is not None:
            missed = f"; {_times(record.misses)} it was called with other arguments than native code takes"
            return "compiled" + (missed if record.misses else "")
        closed = self._closed(None)
        if closed is not None:
            return closed
        if not self.code.co_flags & inspect.CO_OPTIMIZED:
            return "runs once, as the code of a module or of a class: only its loops are compiled"
        left = session.calls.get(id(self.code))
        threshold = session.watch.call_threshold
        if record.compilations and any(unit.entry is None for unit in self.units):
            return "was compiled and discarded, and has not become hot again since"
        if left is None:
            return self._uncounted()
        if left > 1:
            return f"not hot: called {_times(threshold - left)}, and is compiled after {threshold} (WHITEHOT_CALL_THRESHOLD)"
        return self._passed_over(f"called {threshold} times or more", 0, None)

    def _loop_status(self, header: int) -> str:
        session, record = self.session, self.record
        if header in record.loops:
            return "compiled as a unit of its own, entered while it runs"
        closed = self._closed(header)
        if closed is not None:
            return closed
        left = session.rounds.get((id(self.code), header))
        threshold = session.watch.loop_threshold
        within = "; it is part of the function's native code" if record.function_unit is not None else ""
        if any(unit.entry == header for unit in self.units):
            return f"was compiled and discarded, and has not become hot again since{within}"
        if left is None:
            rounds = "not counted" if session.was_disabled else "never went round in the interpreter"
            return rounds + within
        if left > 1 or within:
            return (
                f"not hot: went round {_times(threshold - left)} in the interpreter, "
                f"and is compiled after {threshold} (WHITEHOT_LOOP_THRESHOLD){within}"
            )
        return self._passed_over(f"went round {threshold} times or more", header, self.ends[header])

    def _closed(self, entry: int | None) -> str | None:
        """Why an entry will never be compiled, or is not yet."""
        record = self.record
        if record.never or id(self.code) in control._controller.never:
            return _because(Reason.NEVER_REQUESTED)
        if entry in record.refused:
            return _because(*record.refused[entry])
        if record.given_up:
            return f"given up: {Reason.GAVE_UP.explanation}"
        if entry in record.pending:
            return "was still being compiled when the program ended"
        if self.code.co_flags & _GENERATORS:
            return _because(Reason.GENERATOR)
        return _because(Reason.COROUTINE) if self.code.co_flags & _COROUTINES else None

    def _passed_over(self, heat: str, start: int, end: int | None) -> str:
        """Hot code that the engine knows nothing of."""
        if not control._controller.takes_all and not is_promising(self.code, start, end):
            return f"{heat}; {_because(Reason.NOT_PROFITABLE)} (seen by its instructions alone)"
        return f"hot, {heat}, but not compiled{self._foreign()}"

    def _uncounted(self) -> str:
        if self.session.was_disabled:
            return "not compiled: the program switched whitehot off, and its counts are gone"
        return "never called in the interpreter" + self._foreign(", or not counted: {}")

    def _foreign(self, text: str = ": {}") -> str:
        return "" if self.session.was_alone else text.format(Reason.FOREIGN_MONITORING.explanation)


def _feedback(instruction: BytecodeInstruction) -> Iterator[str]:
    if instruction.specialized != instruction.opcode:
        yield instruction.specialized
    if any(instruction.types):
        yield ", ".join(known or "?" for known in instruction.types)
    if instruction.ran is False:
        yield "never run"


def _because(reason: Reason, detail: str = "") -> str:
    return f"not compiled: {reason.explanation}" + (f" ({detail})" if detail else "")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
