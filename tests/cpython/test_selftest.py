"""The self-test: it holds here, and every fact that it claims to check is checked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from whitehot.cpython import layout, selftest, structure
from whitehot.cpython import v314 as version
from whitehot.cpython.structure import Field, Structure

#: Own fields of structures that the self-test does not check: no generated code may use them before it does.
UNCHECKED: dict[str, set[str]] = {
    "Object": {"ob_overflow", "ob_flags"},
    "VarObject": {"ob_size"},  # checked in lists, tuples, bytes and code objects, where it lies
    "AsciiCharacter": {"data"},  # the whole is, by its size
    "CompactStrObject": {"utf8_length", "utf8"},
    "DictKeys": {"dk_version", "dk_usable"},
    "DictValues": {"capacity", "size", "embedded", "valid", "values"},
    "EnumerateObject": {"en_result"},
    "ZipObject": {"result"},
    "MethodObject": {"im_weakreflist"},
    "FunctionObject": {"func_dict", "func_weakreflist", "func_annotations", "func_annotate", "func_typeparams"},
    "CodeObject": {
        *("co_version", "co_weakreflist", "co_executors", "_co_instrumentation_version", "_co_monitoring"),
        *("_co_unique_id", "_co_firsttraceable"),
    },
    "Frame": {"visited"},
    "ThreadState": {
        *("holds_gil", "_whence", "state", "recursion_headroom", "c_profilefunc", "c_tracefunc", "c_profileobj"),
        *("c_traceobj", "dict", "gilstate_counter", "async_exc", "delete_later", "critical_section"),
        *("coroutine_origin_tracking_depth", "async_gen_firstiter", "async_gen_finalizer", "context", "context_ver"),
        *("id", "exc_state_previous", "current_executor", "dict_global_version", "threading_local_key"),
        *("threading_local_sentinel", "debugger_pending_call", "debugger_script_path", "datastack_cached_chunk"),
    },
    "TypeObject": {
        *(
            "tp_dealloc",
            "tp_getattr",
            "tp_setattr",
            "tp_as_async",
            "tp_as_sequence",
            "tp_call",
            "tp_str",
            "tp_setattro",
        ),
        *("tp_as_buffer", "tp_doc", "tp_traverse", "tp_clear", "tp_richcompare", "tp_weaklistoffset", "tp_iternext"),
        *("tp_methods", "tp_members", "tp_getset", "tp_dict", "tp_descr_get", "tp_descr_set", "tp_init", "tp_new"),
        *(
            "tp_is_gc",
            "tp_cache",
            "tp_subclasses",
            "tp_weaklist",
            "tp_del",
            "tp_finalize",
            "tp_vectorcall",
            "tp_watched",
        ),
        "tp_versions_used",
    },
}
#: Slots of types are read in the order that the public headers give them; nothing but a call could show one in the wrong place.
PUBLIC_SLOTS = {"NumberMethods", "SequenceMethods", "MappingMethods"}


def own_fields(of: type[Structure]) -> list[str]:
    base = of.__mro__[1]
    inherited = structure.layout_of(base).fields if base is not Structure else {}
    return [name for name in structure.layout_of(of).fields if name not in inherited]


def test_every_fact_holds_here() -> None:
    """The interpreter that runs the tests is one that whitehot is made for."""
    assert selftest.failures() == []
    assert len(selftest.run()) > 200


def test_names_are_unique() -> None:
    """A finding can be told from any other by its name."""
    names = [finding.name for finding in selftest.run()]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("name", sorted(set(structure.STRUCTURES) - PUBLIC_SLOTS))
def test_a_field_in_another_place_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a field were eight bytes away from where it is declared, the self-test would say so, and would not crash."""
    of = structure.STRUCTURES[name]
    if of.__module__ != layout.__name__:
        pytest.skip("a structure of the tests or of whitehot itself")
    fields = structure.layout_of(of).fields
    missed = set()
    for field in own_fields(of):
        right = fields[field]
        found = False
        # Behind the end of a structure anything may lie, also what is expected: so both directions are tried.
        for shift in (8, -8):
            with monkeypatch.context() as patch:
                patch.setitem(fields, field, Field(field, right.type, right.offset + shift))
                found = found or (right.offset + shift >= 0 and bool(selftest.failures()))
        if not found:
            missed.add(field)
    # What lies behind some of the unchecked ones differs from process to process, and may give them away.
    assert missed <= UNCHECKED.get(name, set())


def test_a_finding_says_what_was_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong finding names the fact, what was expected and what was found."""
    fields = structure.layout_of(layout.EnumerateObject).fields
    right = fields["en_index"]
    monkeypatch.setitem(fields, "en_index", Field("en_index", right.type, right.offset + 8))
    (finding,) = selftest.failures()
    assert finding.name == "enumerate.en_index"
    assert finding.detail.startswith("expected 6, found ")


def test_nothing_is_read_once_the_platform_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another version the test ends before it looks at memory."""
    monkeypatch.setattr(version, "VERSION", (3, 15))
    findings = selftest.run()
    assert [finding.name for finding in findings if not finding.ok] == ["version"]
    assert not any("offset" in finding.name for finding in findings)


def test_a_missing_symbol_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exported function that is not there is named in the finding."""
    monkeypatch.setattr(version, "REQUIRED_SYMBOLS", ("PyList_New", "PyList_Newer"))
    (finding,) = selftest.failures()
    assert "PyList_Newer" in finding.detail


def test_a_check_that_raises_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception inside a check does not come out of the self-test."""
    monkeypatch.setattr(version, "COMMON_CONSTANTS", ("NoSuchBuiltin",))
    assert "NoSuchBuiltin" in selftest.failures()[0].detail


SITUATIONS = """
import sys
from whitehot.cpython import selftest
wrong = []
def look():
    wrong.extend(selftest.failures())
class Dying:
    def __del__(self):
        look()
def generator():
    yield look()
sys.settrace(lambda *a: lambda *b: None); look(); sys.settrace(None)
sys.setprofile(lambda *a: None); look(); sys.setprofile(None)
list(generator())
Dying()
try:
    1 / 0
except ZeroDivisionError:
    look()
import threading
thread = threading.Thread(target=look); thread.start(); thread.join()
seen = []
monitoring = sys.monitoring
monitoring.use_tool_id(3, "test")
def callback(code, offset):
    if not seen:
        seen.append(1)
        look()
monitoring.register_callback(3, monitoring.events.PY_START, callback)
monitoring.set_local_events(3, generator.__code__, monitoring.events.PY_START)
list(generator())
assert seen and not wrong, wrong
"""


def test_holds_in_every_situation() -> None:
    """Under tracing, in other threads, generators, finalizers, handlers and monitoring callbacks the same facts hold."""
    subprocess.run([sys.executable, "-c", SITUATIONS], check=True, timeout=60)
