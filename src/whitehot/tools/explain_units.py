"""What there is to say of one unit: native code that is in use, or was. And the compiler's work on it, done again to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType

from whitehot.build.driver import build
from whitehot.bytecode.snapshot import CodeSnapshot
from whitehot.compiler import codes_of, to_llvm, to_stencils
from whitehot.deopt.points import ExitPoint
from whitehot.ir.graph import Function
from whitehot.ir.printer import format_function
from whitehot.passes import BASELINE, FINISHING, OPTIMIZING, cautious
from whitehot.reasons import Reason
from whitehot.request import Choices, CodeUnit, Request
from whitehot.runtime.units import InstalledUnit
from whitehot.settings import Settings
from whitehot.tiers import Tier
from whitehot.tools.explain_run import Discarded, Session


def numbered(names: Iterator[str]) -> Iterator[str]:
    """Names, the second one of a kind as `name-2`: a pass may run twice."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


def compiler_stages() -> tuple[str, ...]:
    """The names of everything that `UnitView.text` may give, in order: of the passes of every pipeline, `ir`, LLVM's."""
    found = {"build": None}
    for pipeline in (OPTIMIZING, cautious(OPTIMIZING), BASELINE):
        found |= dict.fromkeys(numbered(step.__name__ for step in pipeline))
    return (*found, "ir", *numbered(step.__name__ for step in FINISHING), "stencils", "llvm", "llvm-opt")


@dataclass(slots=True)
class UnitView:
    """One unit: what was compiled, from what, how often each exit was taken. `fate` says what became of it, None while it is in use."""

    entry: int | None
    unit: CodeUnit
    request: Request | None
    counts: tuple[int, ...]
    installed: InstalledUnit | None
    fate: str | None
    settings: Settings
    _stages: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """`the function`, or the loop with its line."""
        if self.entry is None:
            return "the function"
        line = self._line(self.code.symbol, self.entry) if self.request is not None else None
        return f"the loop at {f'line {line}, ' if line else ''}offset {self.entry}"

    @property
    def code(self) -> CodeSnapshot:
        assert self.request is not None
        return self.request.snapshot.code

    def _codes(self) -> dict[str, CodeSnapshot]:
        return codes_of(self.request.snapshot) if self.request is not None else {}

    def _line(self, owner: str, offset: int) -> int | None:
        """The source line of an instruction of this unit's code, or of a function copied into it."""
        code = self._codes().get(owner)
        try:
            return code.instruction_at(offset).line if code is not None else None
        except LookupError:
            return None

    def is_own(self, point: ExitPoint) -> bool:
        """Whether an exit lies in the unit's own code, not in that of a function copied into it."""
        code = self._codes().get(point.code)
        return code is None or code.symbol == self.code.symbol

    def place(self, point: ExitPoint) -> str:
        """Where an exit is: line, offset, and the function where that is another one."""
        return self._place(point.code, point.offset)

    def _place(self, owner: str, offset: int) -> str:
        line = self._line(owner, offset)
        code = self._codes().get(owner)
        where = f"line {line}, offset {offset}" if line else f"offset {offset}"
        return where if code is None or code.symbol == self.code.symbol else f"{where} of {code.qualified_name}"

    def exits(self, *, with_untaken: bool) -> list[tuple[str, ...]]:
        """The exits as rows: times taken, number, reason, operation, place; those never taken only `with_untaken`. Most taken first."""
        rows = [
            (count, number, point)
            for number, (point, count) in enumerate(zip(self.unit.exits, self.counts, strict=False))
            if with_untaken or count
        ]
        rows.sort(key=lambda row: (-row[0], row[1]))
        return [
            (f"{count:,}", f"exit {number}", point.reason.label, point.operation, self.place(point))
            for count, number, point in rows
        ]

    def facts(self) -> list[tuple[str, str]]:
        """The unit in a few rows: name and what there is to say."""
        unit = self.unit
        rows = [("tier", unit.tier.value)]
        if self.installed is not None:
            sizes = sum(function.size for function in self.installed.loaded.functions), self.installed.loaded.data_size
            rows.append(("machine code", f"{sizes[0]:,} bytes, and {sizes[1]:,} bytes of data"))
        total = sum(unit.seconds.values()) * 1000
        parts = ", ".join(f"{stage} {seconds * 1000:.1f}" for stage, seconds in unit.seconds.items())
        rows.append(("compile time", f"{total:.1f} ms: {parts}"))
        if unit.signature is not None and self.request is not None:
            names = [str(name) for name in self.code.varnames[: len(unit.signature.arguments)]]
            pairs = zip(names, unit.signature.arguments, strict=False)
            rows.append(("native calls", f"({', '.join(f'{n}: {t}' for n, t in pairs)}) -> {unit.signature.result}"))
        rows.append(("frame", "the interpreter's" if unit.has_frame else "none until it leaves to the interpreter"))
        rows += [("rests on", text) for text in self.assumptions()]
        if self.request is not None and self.request.snapshot.rejected:
            rows += [("not assumed", text) for text in self._learnt(self.request)]
        taken = sum(1 for count in self.counts if count)
        rows.append(("exits", f"{len(unit.exits)}; taken: {taken} of them ({sum(self.counts):,} times in all)"))
        return rows

    def assumptions(self) -> list[str]:
        """What the unit takes for granted; when it changes, the unit is discarded."""
        found = []
        for assumption in sorted(self.unit.assumptions, key=lambda one: (one.dictionary, one.key)):
            entry = f"{assumption.dictionary}[{assumption.key!r}]"
            found.append(
                f"{entry} is {assumption.value}" if assumption.value is not None else f"{entry} does not exist"
            )
        found += [f"{symbol} keeps its code and defaults" for symbol in sorted(self.unit.functions)]
        return found

    def _learnt(self, request: Request) -> Iterator[str]:
        """What earlier units for the same code took for granted, and this one should not."""
        for symbol, offset, reason in sorted(request.snapshot.rejected):
            if offset < 0:
                yield f"the type of argument {request.snapshot.code.varnames[-1 - offset]!r}"
            else:
                yield f"{Reason[reason].label} guard at {self._place(symbol, offset)}"

    def copied(self, owner: CodeType) -> bool:
        """Whether another function's code was copied into this unit, as far as its exits tell."""
        codes = self._codes()
        for name in {point.code for point in self.unit.exits}:
            code = codes.get(name)
            if code is not None and code.symbol != self.code.symbol:
                same = (code.qualified_name, code.file, code.first_line)
                if same == (owner.co_qualname, owner.co_filename, owner.co_firstlineno):
                    return True
        return False

    def stages(self) -> dict[str, str]:
        """The compiler's text after each stage, by name; made by compiling again, which gives the same. Empty where that is impossible.

        `llvm-opt` is made by `optimized` only.
        """
        if not self._stages and self.request is not None:
            texts: list[tuple[str, str]] = []

            def dump(stage: str, result: Function | str) -> None:
                # Passes change the function in place: what is not written down now is lost.
                texts.append((stage, result if isinstance(result, str) else format_function(result)))

            stress = "deopt" in self.settings.stress
            choices = Choices(self.unit.tier, self.settings.opt_level, stress_exits=stress, even_if_slow=True)
            translate = to_stencils if self.unit.tier is Tier.BASELINE else to_llvm
            translate(self.request, build(self.request), choices, {}, dump)
            names = numbered(stage for stage, _ in texts)
            self._stages = {name: text for name, (_, text) in zip(names, texts, strict=True)}
            finishing = FINISHING[0].__name__
            before = list(self._stages)[: list(self._stages).index(finishing)]
            self._stages["ir"] = self._stages[before[-1]]
        return self._stages

    def text(self, stage: str) -> str | None:
        """The text after one of `compiler_stages()`; None where this unit has no such stage."""
        if stage == "llvm-opt":
            from whitehot.llvm.machine import optimized_text

            text = self.stages().get("llvm")
            return None if text is None else optimized_text(text, self.settings.opt_level)
        return self.stages().get(stage)


def units_of(session: Session, code: CodeType) -> list[UnitView]:
    """The units of a code object: discarded ones in the order of their end, then those in use, the function's own first."""
    settings = session.engine.settings
    found = [
        UnitView(old.entry, old.unit, old.request, old.counts, None, _fate(old), settings)
        for old in session.discarded
        if old.code is code
    ]
    record = session.record(code)
    if record is not None:
        units = [record.function_unit, *(unit for _, unit in sorted(record.loops.items()))]
        found += [view_of(unit, settings) for unit in units if unit is not None]
    return found


def view_of(unit: InstalledUnit, settings: Settings) -> UnitView:
    """A unit in use."""
    counts = tuple(unit.counts)[: len(unit.unit.exits)]
    return UnitView(unit.entry_offset, unit.unit, unit.request, counts, unit, None, settings)


def _fate(old: Discarded) -> str:
    return f"discarded: {old.reason.explanation}" + (f" ({old.cause})" if old.cause else "")
