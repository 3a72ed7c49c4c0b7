"""The start-up self-test: every fact about the interpreter that generated code relies on, compared with the running process.

The checks stand in stages: a stage reads memory only at places that the stages before it have confirmed, and the test ends with the
first stage in which something is wrong. One wrong finding and whitehot stays off. To add a fact, add a line to a check.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from whitehot.cpython import capi, facts, layout, selftest_frames, selftest_objects, symbols
from whitehot.cpython import v314 as version
from whitehot.cpython.structure import Structure, offset_of, size_of
from whitehot.record import dataclass


@dataclass(frozen=True)
class Finding:
    """One fact: whether it holds, and what was found (and expected, where it does not hold)."""

    name: str
    ok: bool
    detail: str


#: A check gives facts: a name, what is expected, what was found.
type Facts = Iterator[tuple[str, object, object]]
type Check = Callable[[], Facts]


def run() -> list[Finding]:
    """All findings, in a few milliseconds; fewer where an early one is wrong, since looking further could crash the process."""
    findings: list[Finding] = []
    for stage in STAGES:
        for check in stage:
            findings.extend(_carry_out(check))
        if not all(finding.ok for finding in findings):
            break
    return findings


def failures() -> list[Finding]:
    """The findings that are wrong; empty where whitehot fits this interpreter."""
    return [finding for finding in run() if not finding.ok]


def _carry_out(check: Check) -> list[Finding]:
    findings = []
    try:
        for name, expected, found in check():
            ok = found == expected and type(found) is type(expected)
            findings.append(Finding(name, ok, f"{found}" if ok else f"expected {expected}, found {found}"))
    except Exception as error:  # noqa: BLE001  # a check that cannot be done is a fact that does not hold
        findings.append(
            Finding(check.__name__.strip("_"), False, f"could not be checked: {type(error).__name__}: {error}")
        )
    return findings


def _platform() -> Facts:
    yield "implementation", "cpython", sys.implementation.name
    yield "version", version.VERSION, sys.version_info[:2]
    yield "64-bit words", 2**63 - 1, sys.maxsize
    yield "byte order", "little", sys.byteorder
    yield "GIL build", True, getattr(sys, "_is_gil_enabled", lambda: True)() and "t" not in getattr(sys, "abiflags", "")
    yield "bits of an int digit", 30, sys.int_info.bits_per_digit
    yield "sys.monitoring", True, hasattr(sys, "monitoring")


def _debug_offsets_header() -> Facts:
    table = facts.debug_offsets()
    yield "debug offsets: cookie", facts.COOKIE, table.cookie
    yield "debug offsets: version", sys.hexversion, table.version
    yield "debug offsets: free threading", False, table.free_threaded


#: Fields of `layout` by their name in the debug offsets.
_OFFSETS: tuple[tuple[str, type[Structure], str], ...] = (
    ("pyobject.ob_type", layout.Object, "ob_type"),
    *((f"type_object.{name}", layout.TypeObject, name) for name in ("tp_name", "tp_repr", "tp_flags")),
    *((f"tuple_object.{name}", layout.TupleObject, name) for name in ("ob_item", "ob_size")),
    *((f"list_object.{name}", layout.ListObject, name) for name in ("ob_item", "ob_size")),
    *((f"dict_object.{name}", layout.DictObject, name) for name in ("ma_keys", "ma_values")),
    ("float_object.ob_fval", layout.FloatObject, "ob_fval"),
    *((f"long_object.{name}", layout.IntObject, name) for name in ("lv_tag", "ob_digit")),
    *((f"bytes_object.{name}", layout.BytesObject, name) for name in ("ob_size", "ob_sval")),
    *((f"unicode_object.{name}", layout.StrObject, name) for name in ("state", "length")),
    *(
        (f"thread_state.{name}", layout.ThreadState, name)
        for name in ("prev", "next", "interp", "current_frame", "thread_id", "native_thread_id", "datastack_chunk")
    ),
    ("thread_state.status", layout.ThreadState, "_status"),
    # What lies behind the public part of a thread state begins where that ends.
    ("thread_state.size", layout.ThreadState, "refcount"),
    ("debugger_support.eval_breaker", layout.ThreadState, "eval_breaker"),
    ("interpreter_frame.executable", layout.Frame, "f_executable"),
    *(
        (f"interpreter_frame.{name}", layout.Frame, name)
        for name in ("previous", "instr_ptr", "localsplus", "owner", "stackpointer")
    ),
    *(
        (f"code_object.{name}", layout.CodeObject, f"co_{name}")
        for name in (
            *("filename", "name", "qualname", "linetable", "firstlineno"),
            *("argcount", "localsplusnames", "localspluskinds"),
        )
    ),
    ("code_object.co_code_adaptive", layout.CodeObject, "co_code_adaptive"),
)
#: Sizes of whole structures by their name in the debug offsets.
_SIZES: tuple[tuple[str, type[Structure]], ...] = (
    ("pyobject.size", layout.Object),
    ("type_object.size", layout.TypeObject),
    ("list_object.size", layout.ListObject),
    ("dict_object.size", layout.DictObject),
    ("float_object.size", layout.FloatObject),
    ("unicode_object.asciiobject_size", layout.StrObject),
)


def _debug_offsets() -> Facts:
    offsets = facts.debug_offsets().offsets
    for name, structure, field in _OFFSETS:
        yield f"offset {name}", offsets[name], offset_of(structure, field)
    for name, structure in _SIZES:
        yield f"{name.replace('.', ' ')}", offsets[name], size_of(structure)


def _symbols() -> Facts:
    missing = [name for name in (*capi.FUNCTIONS, *version.REQUIRED_SYMBOLS) if not symbols.is_present(name)]
    yield "exported functions", [], missing
    named = (*version.TYPE_SYMBOLS.items(), *((None, symbol) for symbol, _ in version.OBJECT_SYMBOLS))
    yield "exported objects", [], [symbol for _, symbol in named if not symbols.is_present(symbol)]


def _symbol_values() -> Facts:
    for symbol, value in version.OBJECT_SYMBOLS:
        yield f"object {symbol}", id(value), symbols.address_of(symbol)
    wrong = []
    for name, symbol in version.TYPE_SYMBOLS.items():
        exact = facts.object_at(symbols.address_of(symbol))
        if not isinstance(exact, type) or exact.__name__ != name:
            wrong.append(symbol)
    yield "names of exported types", [], wrong


def _opcodes() -> Facts:
    from whitehot.cpython import opcodes

    yield from opcodes.verify()


#: Each stage relies on the ones before it.
STAGES: tuple[tuple[Check, ...], ...] = (
    (_platform,),
    (_symbols,),
    (_debug_offsets_header,),
    (_debug_offsets, _symbol_values, _opcodes),
    selftest_objects.CHECKS,
    (selftest_frames.FRAME_OBJECTS,),
    selftest_frames.CHECKS,
)
