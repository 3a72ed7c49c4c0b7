"""Running a program so that it can be explained afterwards: a session watches, and remembers what would be forgotten.

The program runs in this process, under a `__main__` of its own. Natively compiled code that is thrown away while it runs leaves
nothing behind but what `Session` writes down here: what it was compiled from, how often it was left, and why it had to go.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, FunctionType, ModuleType

from whitehot.errors import WhitehotError
from whitehot.reasons import Reason
from whitehot.request import CodeUnit, Request
from whitehot.runtime import control
from whitehot.runtime.engine import Engine
from whitehot.runtime.records import CodeRecord
from whitehot.runtime.units import InstalledUnit
from whitehot.runtime.watch import Watch


class ProgramError(WhitehotError):
    """There is no such program, or it cannot be compiled; the text says why."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is ready to run. `path` is what goes first on `sys.path`."""

    code: CodeType
    argv: tuple[str, ...]
    path: str
    loader: object
    spec: ModuleSpec | None
    package: str | None

    @property
    def file(self) -> str:
        """The file that its code says it is from."""
        return self.code.co_filename


def script(name: str, arguments: tuple[str, ...]) -> Program:
    """The program in a file. Raises ProgramError; SyntaxError and ValueError as compiling it does."""
    path = os.path.abspath(name)
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        raise ProgramError(f"cannot read {name}: {error.strerror}") from None
    code = compile(source, path, "exec", dont_inherit=True)
    folder = os.path.dirname(os.path.realpath(path))
    return Program(code, (name, *arguments), folder, SourceFileLoader("__main__", path), None, None)


def module(name: str, arguments: tuple[str, ...]) -> Program:
    """The program that `python -m name` would run; imports the packages it lies in. Raises ProgramError."""
    sys.path.insert(0, os.getcwd())
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except (ImportError, ValueError) as error:
        raise ProgramError(f"cannot find the module {name}: {error}") from None
    finally:
        del sys.path[0]
    if spec is None:
        raise ProgramError(f"there is no module {name}, or it is a package without __main__")
    get_code = getattr(spec.loader, "get_code", None)
    code = get_code(spec.name) if get_code is not None else None
    if code is None:
        raise ProgramError(f"the module {name} has no Python code")
    return Program(code, (code.co_filename, *arguments), os.getcwd(), spec.loader, spec, spec.parent)


@dataclass(frozen=True, slots=True)
class Discarded:
    """Native code that was thrown away. `entry` is its loop's offset, None for a whole function; `counts` belong to `unit.exits`."""

    code: CodeType
    entry: int | None
    unit: CodeUnit
    request: Request | None
    counts: tuple[int, ...]
    reason: Reason
    cause: str


class Session:
    """whitehot watching one program. Raises WhitehotError where it cannot run.

    `calls` and `rounds` are what is left of the thresholds after the program has run (by code, and by code and loop header).
    """

    def __init__(self) -> None:
        controller = control._controller
        if controller.engine is None:
            control.disable()  # under WHITEHOT=1 a thread may be loading the engine
        control.enable()
        engine = controller.load()
        if engine is None or controller.watch is None:
            raise WhitehotError(controller.trouble or "whitehot could not be switched on")
        self.engine: Engine = engine
        self.watch: Watch = controller.watch
        self.engine.inventory.on_discard = self._discarded
        self.discarded: list[Discarded] = []
        self.calls: dict[int, int] = {}
        self.rounds: dict[tuple[int, int], int] = {}
        self.seen: list[CodeType] = []
        self.was_alone = True
        self.was_disabled = False
        #: How the program ended; None where it reached its end.
        self.ending: str | None = None

    def run(self, program: Program) -> None:
        """Run a program to its end, with the threads that it waits for, and stop watching."""
        saved_path, saved_argv = sys.path[:], sys.argv
        sys.argv = list(program.argv)
        if not sys.flags.safe_path:
            # What `python -m whitehot` or the `whitehot` command found in that place is not the program's.
            sys.path[:1] = [program.path]
        main = ModuleType("__main__")
        for name, value in _main_names(program).items():
            setattr(main, name, value)
        sys.modules["__main__"] = main
        try:
            self.ending = _execute(program.code, main)
            for thread in threading.enumerate():
                if thread is not threading.main_thread() and not thread.daemon:
                    thread.join()
        finally:
            # What is imported from now on is ours.
            sys.path[:], sys.argv = saved_path, saved_argv
        self._stop()

    def _stop(self) -> None:
        for worker in self.engine.workers.values():
            worker.drain()
        self.was_alone = self.watch.is_alone()
        self.was_disabled = not control.is_enabled()
        self.calls, self.rounds = self.watch.left()
        self.seen = list(self.watch.kept.values())
        self.watch.stop()

    def _discarded(self, unit: InstalledUnit, reason: Reason) -> None:
        counts = tuple(unit.counts)[: len(unit.unit.exits)]
        cause = self._cause(unit, reason)
        self.discarded.append(Discarded(unit.code, unit.entry_offset, unit.unit, unit.request, counts, reason, cause))

    def _cause(self, unit: InstalledUnit, reason: Reason) -> str:
        """What exactly was wrong, as far as it can be told at the moment of discarding; may be empty."""
        if reason is Reason.ASSUMPTION_BROKEN:
            for assumption in sorted(unit.unit.assumptions, key=lambda one: (one.dictionary, one.key)):
                owner = id(unit.table.value_of(assumption.dictionary))
                if (owner, assumption.key) in self.engine.unstable:
                    return f"{assumption.dictionary}[{assumption.key!r}] has changed"
        if reason is Reason.SUPERSEDED:
            return ""
        learnt = self.engine.inventory.record_of(unit.code).rejected - unit.snapshot.rejected
        for symbol, offset, name in sorted(learnt):
            if offset < 0:
                return f"argument {unit.snapshot.code.varnames[-1 - offset]!r} came with other types"
            where = "" if symbol == unit.snapshot.code.symbol else f" in {symbol}"
            return f"{Reason[name].label} guard at offset {offset}{where}"
        if reason is Reason.GUARD_FAILURES:
            count, point = max(zip(unit.counts, unit.unit.exits, strict=False), key=lambda pair: pair[0])
            return f"{point.reason.label} guard at offset {point.offset}, {count} times, as before"
        if unit.unit.functions:
            return f"changed or discarded: {', '.join(sorted(unit.unit.functions))}"
        return ""

    # --- finding code ---

    def record(self, code: CodeType) -> CodeRecord | None:
        """What the engine knows of a code object; None where it was never asked about it."""
        return self.engine.inventory.records.get(id(code))

    def codes_of(self, program: Program) -> list[CodeType]:
        """The program's own code objects, and what else was seen of its file, in the order of the file."""
        found = {id(code): code for code in walk(program.code)}
        for code in (*self.seen, *(record.code for record in self.engine.inventory.records.values())):
            if code.co_filename == program.file:
                found.setdefault(id(code), code)
        return sorted(found.values(), key=lambda code: (code.co_firstlineno, code.co_qualname))


def _main_names(program: Program) -> dict[str, object]:
    return {
        "__builtins__": sys.modules["builtins"],
        "__cached__": None if program.spec is None else program.spec.cached,
        "__file__": program.file,
        "__loader__": program.loader,
        "__package__": program.package,
        "__spec__": program.spec,
    }


def _execute(code: CodeType, main: ModuleType) -> str | None:
    """Run code as Python runs a program, tell of exceptions as it does; how it ended, None for as usual."""
    process = os.getpid()
    try:
        exec(code, main.__dict__)
    except SystemExit as leaving:
        status = leaving.code
        if status is not None and not isinstance(status, int):
            print(status, file=sys.stderr)
            status = 1
        if os.getpid() != process:
            raise  # a forked child
        return f"exited with status {int(status or 0)}"
    except BaseException as error:  # noqa: BLE001 - the program's own
        trace = error.__traceback__
        error.__traceback__ = trace = trace.tb_next if trace is not None else None
        sys.excepthook(type(error), error, trace)
        if os.getpid() != process:
            raise SystemExit(1) from None
        return f"ended with {type(error).__name__}"
    if os.getpid() != process:
        raise SystemExit(0)
    return None


def walk(code: CodeType) -> Iterator[CodeType]:
    """A code object and all that are defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from walk(constant)


def matching(codes: list[CodeType], name: str) -> list[CodeType]:
    """The code objects with this qualified name, or else those whose name ends so: `inner` finds `outer.<locals>.inner`."""
    exact = [code for code in codes if code.co_qualname == name]
    plain = name.replace(".<locals>", "")
    return exact or [code for code in codes if f".{code.co_qualname.replace('.<locals>', '')}".endswith(f".{plain}")]


def functions_of(code: CodeType) -> list[FunctionType]:
    """The function objects that are alive and have this code."""
    return [found for found in gc.get_objects() if type(found) is FunctionType and found.__code__ is code]


def imported(name: str) -> list[CodeType]:
    """The code of functions of any module by their full dotted name: `json.decoder.JSONDecoder.decode`."""
    found = {}
    for function in gc.get_objects():
        if type(function) is FunctionType and f"{function.__module__}.{function.__qualname__}" == name:
            found[id(function.__code__)] = function.__code__
    return list(found.values())
