"""Machine code from one process to the next: what the compiler made of code is kept, and taken where a later process has the same code hot.

Units have symbols in place of addresses, and requests are plain data with names that are the same in every run (bytecode/objects.py). So whoever asks for the same
code, in the same surroundings, may have the same unit. What the interpreter has learnt of the code, and what its variables hold at the moment, need not be
the same: that decides which guesses a unit makes, and each is guarded. What an earlier process ended up with is better informed than this one can be yet.

A file is named after a digest of all that has to be the same: bytecode, constants, what globals and builtins are taken for, the native functions that may be called directly; and whitehot's
sources, the interpreter, LLVM, and the processor that it optimizes for. A unit that calls none of those functions is found without them too. The folder is that of `runtime/cache.py`: the user's own.
"""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b

from whitehot.llvm.machine import llvm_version
from whitehot.runtime import cache
from whitehot.tiers import Tier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from whitehot.bytecode.objects import ObjectTable
    from whitehot.bytecode.snapshot import CodeSnapshot, Snapshot
    from whitehot.request import CodeUnit, Request, UnitSignature

#: Bytes of /proc/cpuinfo that are read: the first processor is in there.
_FIRST_PROCESSOR = 8192

#: Bytes of the digests that files are named after, in hexadecimal digits.
_DIGEST_SIZE = 16

#: Files in the folder at most. Those that were not used for longest are removed beyond that.
_MOST = 1000


class KeptUnits:
    """The units of one version of everything. `level` is LLVM's level of optimization."""

    def __init__(self, level: int) -> None:
        self._level = level
        processor = _processor()
        #: What LLVM makes for one processor another one may not understand; stencils are the same for all.
        self._tiers = frozenset(Tier) if processor else frozenset({Tier.BASELINE})
        surroundings = "\n".join((cache.key("unit-modules"), getattr(sys, "abiflags", ""), llvm_version(), processor))
        self._salt = blake2b(surroundings.encode(), digest_size=_DIGEST_SIZE).digest()
        self._folder = os.path.join(cache.folder(), f"units-{self._salt.hex()[:16]}")
        self._has_written = False

    def knows(self, code: CodeType) -> bool:
        """Whether there is native code for something in a code object, as far as can be told before anything is loaded."""
        return os.path.exists(self._mark(code))

    def find(self, request: Request, tier: Tier, table: ObjectTable) -> tuple[Snapshot, CodeUnit | None] | None:
        """What an earlier process compiled for the same request in a tier, and the snapshot that it compiled it from. The symbols of both are in `table`. Without a unit: what
        it compiled failed, and the snapshot says at which guesses.
        """
        from whitehot import wire

        if tier not in self._tiers:
            return None
        name, latest = self._names(request, tier, table)
        data = cache.contents(self._path(name))
        if data is None:
            # Most callees have been copied into their callers: then it does not matter that fewer have native code of their own yet.
            target = cache.contents(self._path(latest)) or b""
            data = cache.contents(self._path(target.hex())) if len(target) == _DIGEST_SIZE else None
        if data is None:
            return None
        kept: tuple[Snapshot, CodeUnit | None, dict[str, UnitSignature]] = wire.loads(data)
        snapshot, unit, callees = kept
        if not _can_call(request.units, unit, callees) or not _complete(table, snapshot):
            return None
        return snapshot, unit if unit is None else _renamed(unit, callees, request.units)

    def keep(self, request: Request, unit: CodeUnit, table: ObjectTable) -> None:
        """Keep a unit, in place of an earlier one for the same request."""
        if unit.tier not in self._tiers:
            return
        if not self._has_written:
            self._has_written = True
            self._make_room()
        self._write(request, unit.tier, unit, table)
        self._set_mark(request, table)

    def reject(
        self, request: Request, tier: Tier, table: ObjectTable, guesses: frozenset[tuple[str, int, str]]
    ) -> None:
        """Keep in place of a unit that these guesses were wrong."""
        from whitehot.record import replace

        self._write(replace(request, snapshot=replace(request.snapshot, rejected=guesses)), tier, None, table)

    def _write(self, request: Request, tier: Tier, unit: CodeUnit | None, table: ObjectTable) -> None:
        from whitehot import wire

        name, latest = self._names(request, tier, table)
        cache.write(self._path(name), wire.dumps((request.snapshot, unit, request.units)))
        if request.units:
            cache.write(self._path(latest), bytes.fromhex(name))

    def _set_mark(self, request: Request, table: ObjectTable) -> None:
        code: CodeType = table.value_of(request.snapshot.code.symbol)  # type: ignore[assignment]  # the symbol of a code object
        mark = self._mark(code)
        if not os.path.exists(mark):
            cache.write(mark, b"")

    def _names(self, request: Request, tier: Tier, table: ObjectTable) -> tuple[str, str]:
        """The names of two files: what was kept for a request, and which of those that differ in nothing but the callees was kept last."""
        from whitehot import wire

        digest = blake2b(_identity(request, table), digest_size=_DIGEST_SIZE, salt=self._salt)
        digest.update(f"{tier.value} {self._level if tier is Tier.OPTIMIZING else 0}".encode())
        latest = digest.hexdigest()
        digest.update(wire.dumps([(name, callee.arguments, callee.result) for name, callee in request.units.items()]))
        return digest.hexdigest(), latest

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _mark(self, code: CodeType) -> str:
        digest = blake2b(
            f"{code.co_filename}\n{code.co_qualname}\n".encode(), digest_size=_DIGEST_SIZE, salt=self._salt
        )
        digest.update(code.co_code)
        return os.path.join(self._folder, f"code-{digest.hexdigest()}")

    def _make_room(self) -> None:
        try:
            with os.scandir(self._folder) as files:
                by_use = sorted((file.stat().st_mtime, file.path) for file in files)
            for _, path in by_use[: max(0, len(by_use) - _MOST)]:
                os.unlink(path)
        except OSError:
            return


_known: dict[int, KeptUnits] = {}


def kept_units(level: int) -> KeptUnits:
    """The units for a level of optimization; found out once, as that takes a look at all sources."""
    if level not in _known:
        _known[level] = KeptUnits(level)
    return _known[level]


def _processor() -> str:
    """Which processor LLVM makes code for; empty where that cannot be told."""
    try:
        with open("/proc/cpuinfo", "rb", buffering=0) as file:
            lines = file.read(_FIRST_PROCESSOR).partition(b"\n\n")[0].splitlines()
    except OSError:
        return ""
    return "\n".join(
        line.decode() for line in lines if line.startswith((b"model name", b"flags", b"CPU ", b"Features"))
    )


def _complete(table: ObjectTable, snapshot: Snapshot) -> bool:
    """Give the table what a kept snapshot refers to and this process's does not yet. False if there is no telling what that is."""
    from whitehot.bytecode.objects import object_of_name

    for symbol in snapshot.objects:
        if symbol not in table:
            value = object_of_name(symbol)
            if value is None or table.symbol_for(value) != symbol:
                return False
    return True


def _can_call(now: dict[str, UnitSignature], unit: CodeUnit | None, then: dict[str, UnitSignature]) -> bool:
    """Whether a unit calls no native function that there is not now, and could have called all that there are."""
    for function, signature in now.items():
        known = then.get(function)
        if known is None or (known.arguments, known.result) != (signature.arguments, signature.result):
            return False
    called = {symbol.name for symbol in unit.object.symbols} if unit is not None else set()
    return all(function in now or signature.symbol not in called for function, signature in then.items())


def _renamed(unit: CodeUnit, then: dict[str, UnitSignature], now: dict[str, UnitSignature]) -> CodeUnit:
    """A unit that calls native functions by the names that they have in this process, which are numbers in the order of their compilation."""
    from whitehot.record import replace

    names = {then[function].symbol: signature.symbol for function, signature in now.items()}
    symbols = tuple(
        replace(symbol, name=names[symbol.name]) if symbol.name in names else symbol for symbol in unit.object.symbols
    )
    return replace(unit, object=replace(unit.object, symbols=symbols))


def _identity(request: Request, table: ObjectTable) -> bytes:
    """A request without what has been learnt, and without the native functions that may be called directly."""
    from whitehot import wire
    from whitehot.bytecode.objects import object_of_name
    from whitehot.record import replace

    codes: list[tuple[str, bytes, tuple[tuple[int, str], ...]]] = []

    def says_all(symbol: str) -> bool:
        # Whether the interpreter has come across such an object yet does not matter: `_complete` finds it.
        return object_of_name(symbol) is not None

    def without_feedback(code: CodeSnapshot) -> CodeSnapshot:
        if code.instructions:
            original: CodeType = table.value_of(code.symbol)  # type: ignore[assignment]  # the symbol of a code object
            learnt = tuple((item.offset, symbol) for item in code.instructions for _, symbol in item.cached)
            codes.append((code.symbol, original.co_code, tuple(entry for entry in learnt if not says_all(entry[1]))))
        return replace(code, instructions=())

    snapshot = request.snapshot
    objects = {
        name: fact if fact.code is None else replace(fact, code=without_feedback(fact.code))
        for name, fact in snapshot.objects.items()
        if not says_all(name)
    }
    plain = replace(
        snapshot,
        code=without_feedback(snapshot.code),
        objects=objects,
        live_locals=(),
        live_stack=(),
        rejected=frozenset(),
    )
    return wire.dumps((replace(request, snapshot=plain, units={}), codes))
