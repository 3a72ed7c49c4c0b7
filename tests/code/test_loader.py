"""Loading and running objects made by LLVM, on the machine at hand."""

from __future__ import annotations

import copy
import ctypes
import platform
import sys
from collections.abc import Callable, Iterator

import pytest
from tests.code.objects import ARM, MIXED, X86, compile_ir
from tests.code.test_memory import protections

from whitehot.code.link import LoadError, RelocationOverflow, UnresolvedSymbol, UnsupportedRelocation
from whitehot.code.loader import LoadedCode, load
from whitehot.code.memory import CodeMemory
from whitehot.elf import ObjectFile, X86Relocation, read_object

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64") or sys.platform != "linux", reason="objects for Linux"
)

HOST = X86 if platform.machine() == "x86_64" else ARM
FOREIGN = ARM if HOST == X86 else X86

type Integer = Callable[..., int]

PLUS_THOUSAND = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(lambda x: x + 1000)
TIMES_THREE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(lambda x: x * 3)
VARIABLE = ctypes.c_int64(77)


def address_of(function: object) -> int:
    """The address of a ctypes function."""
    address = ctypes.cast(function, ctypes.c_void_p).value  # type: ignore[arg-type]
    assert address is not None
    return address


OUTSIDE = {
    "outside_function": address_of(PLUS_THOUSAND),
    "outside_direct": address_of(TIMES_THREE),
    "outside_variable": ctypes.addressof(VARIABLE),
}


def integer(loaded: LoadedCode, name: str, count: int = 1) -> Integer:
    """A loaded function of `count` 64-bit integers."""
    function: Integer = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * count)(loaded.address(name))
    return function


@pytest.fixture(
    params=[(True, False), (True, True), (False, False)], ids=["two views, far", "two views, near", "one view, far"]
)
def memory(request: pytest.FixtureRequest) -> Iterator[CodeMemory]:
    """Memory of each kind, also near what the code calls, where it needs neither stubs nor slots."""
    two_views, near = request.param
    memory = CodeMemory(two_views=two_views, near=OUTSIDE["outside_variable"] if near else None)
    yield memory
    memory.close()


@pytest.fixture
def loaded(memory: CodeMemory) -> LoadedCode:
    """The module with everything in it, loaded."""
    return load(read_object(compile_ir(MIXED, HOST)), memory, OUTSIDE.__getitem__)


def test_calls_inside(loaded: LoadedCode) -> None:
    """Functions of the object call each other."""
    assert integer(loaded, "twice")(21) == 42
    assert integer(loaded, "four_times")(-5) == -20


def test_calls_outside(loaded: LoadedCode) -> None:
    """Functions of the process are called: through a stub, through a slot, by a tail call, and by their address."""
    assert integer(loaded, "call_outside")(1) == 3004
    assert integer(loaded, "tail_outside")(2) == 1002
    assert integer(loaded, "address_of_outside", 0)() == OUTSIDE["outside_function"]


def test_outside_variable(loaded: LoadedCode) -> None:
    """A variable of the process is read through its slot."""
    assert integer(loaded, "read_outside", 0)() == 77
    VARIABLE.value = 78
    assert integer(loaded, "read_outside", 0)() == 78
    VARIABLE.value = 77


def test_weak(loaded: LoadedCode) -> None:
    """A weak symbol that nobody has is at address zero."""
    assert integer(loaded, "address_of_weak", 0)() == 0


def test_variables(loaded: LoadedCode) -> None:
    """Variables can be written, also through pointers to them in data; .bss begins as zeros."""
    assert [integer(loaded, "count", 0)() for _ in range(3)] == [41, 42, 43]
    assert ctypes.c_int64.from_address(loaded.address("counter")).value == 43
    assert [integer(loaded, "bump")(99) for _ in range(3)] == [0, 1, 2]
    assert integer(loaded, "bump")(0) == 0


def test_constants(loaded: LoadedCode) -> None:
    """Tables of doubles and constants of instructions come from .rodata."""
    item = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64)(loaded.address("item"))
    assert [item(i) for i in range(5)] == [1.5, 2.5, 3.5, 4.5, 5.5]
    plus = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(loaded.address("plus_constant"))
    assert plus(0.2) == 0.2 + 0.1


def test_jump_table(loaded: LoadedCode) -> None:
    """A switch becomes a table of jumps, and constants may hold addresses of functions, local ones too."""
    through = integer(loaded, "through_table", 2)
    assert through(0, 9) == 18
    assert [through(1, x) for x in range(6)] == [100, 2, 8, 1003, 77, -1]


def test_never_writable_and_executable(loaded: LoadedCode) -> None:
    """Loaded code cannot be written, and its data cannot be executed."""
    assert protections(loaded.address("twice"))[:3] == "r-x"
    assert protections(loaded.address("counter"))[:3] == "rw-"


def test_cpython_function(memory: CodeMemory) -> None:
    """Native code calls CPython's own functions and hands objects back."""
    ir = """
        declare ptr @PyLong_FromLong(i64)
        define ptr @make(i64 %x) {
          %y = mul i64 %x, %x
          %r = call ptr @PyLong_FromLong(i64 %y)
          ret ptr %r
        }
    """
    resolve = {"PyLong_FromLong": address_of(ctypes.pythonapi.PyLong_FromLong)}.__getitem__
    loaded = load(read_object(compile_ir(ir, HOST)), memory, resolve)
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_long)(loaded.address("make"))
    assert make(123456) == 123456**2
    assert make(3) == 9


def test_what_is_listed(loaded: LoadedCode) -> None:
    """Global symbols have addresses; functions, local ones too, also have sizes, and lie in the code."""
    assert "twice" in loaded.symbols
    assert "counter" in loaded.symbols
    assert not loaded.symbols.keys() & {"select_one", "outside_function", ".text", ""}
    functions = {one.name: one for one in loaded.functions}
    assert functions["twice"].address == loaded.address("twice")
    assert functions["select_one"].size > 0
    assert all(one.address in loaded.code_range for one in loaded.functions)
    assert "counter" not in functions
    with pytest.raises(KeyError):
        loaded.address("select_one")


def test_release(memory: CodeMemory) -> None:
    """Released code gives its memory back for the next one; its addresses are no longer told."""
    obj = read_object(compile_ir(MIXED, HOST))
    before = memory.use()
    first = load(obj, memory, OUTSIDE.__getitem__)
    assert memory.use().code_in_use >= first.code_size
    assert memory.use().data_in_use >= first.data_size
    place = first.address("twice")
    integer(first, "count", 0)()
    first.release()
    first.release()
    assert memory.use() == before
    with pytest.raises(LoadError, match="has been released"):
        first.address("twice")
    second = load(obj, memory, OUTSIDE.__getitem__)
    assert second.address("twice") == place
    assert integer(second, "count", 0)() == 41, "reused data memory is initialized afresh"
    assert integer(second, "bump")(99) == 0


def test_many(memory: CodeMemory) -> None:
    """Loaded objects do not disturb each other."""
    many = [load(read_object(compile_ir(MIXED, HOST)), memory, OUTSIDE.__getitem__) for _ in range(40)]
    for turn, one in enumerate(many):
        for _ in range(turn):
            integer(one, "count", 0)()
    assert [integer(one, "count", 0)() for one in many] == [41 + turn for turn in range(40)]
    for one in many[::2]:
        one.release()
    assert [integer(one, "four_times")(3) for one in many[1::2]] == [12] * 20


def refused(memory: CodeMemory, obj: ObjectFile, error: type[LoadError], message: str) -> None:
    """Loading fails in this way, and leaves nothing allocated."""
    before = memory.use()
    with pytest.raises(error, match=message):
        load(obj, memory, OUTSIDE.__getitem__)
    assert memory.use() == before


def test_unresolved(memory: CodeMemory) -> None:
    """A symbol that nobody knows is named."""
    ir = "declare i64 @nobody_has_this(i64)\ndefine i64 @f(i64 %x) {\n%r = call i64 @nobody_has_this(i64 %x)\nret i64 %r }"
    refused(memory, read_object(compile_ir(ir, HOST)), UnresolvedSymbol, "unresolved symbol 'nobody_has_this'")


def test_foreign(memory: CodeMemory) -> None:
    """An object for another processor is refused."""
    refused(memory, read_object(compile_ir(MIXED, FOREIGN)), LoadError, "the object is for")


def test_unknown_relocation(memory: CodeMemory) -> None:
    """An unknown relocation type is refused with its number and its place."""
    obj = read_object(compile_ir(MIXED, HOST))
    strange = copy.replace(obj.relocations[3], type=4321)
    obj = copy.replace(obj, relocations=(strange, *obj.relocations))
    refused(memory, obj, UnsupportedRelocation, r"relocation type 4321 at \.text\+0x[0-9a-f]+ is not supported")


@pytest.mark.skipif(HOST != X86, reason="x86-64's relocation types")
@pytest.mark.parametrize("kind", [X86Relocation.ABS32, X86Relocation.ABS32S, X86Relocation.PC32])
def test_does_not_fit(kind: X86Relocation) -> None:
    """An address that does not fit in its field is refused: by name of type, place and symbol."""
    memory = CodeMemory()
    obj = read_object(compile_ir(MIXED, HOST))
    index = next(i for i, symbol in enumerate(obj.symbols) if symbol.name == "outside_variable")
    narrow = copy.replace(obj.relocations[0], type=kind, symbol=index, addend=1 << 62)
    obj = copy.replace(obj, relocations=(narrow,))
    refused(
        memory, obj, RelocationOverflow, rf"{kind.name} at \.text\+0x.* against 'outside_variable': 0x.*does not fit"
    )
    memory.close()


@pytest.mark.parametrize(
    ("ir", "message"),
    [
        ("@v = thread_local global i64 1", "thread-local"),
        ("@v = common global i64 0", "'v' is a common variable"),
        ("@v = global i64 0, align 65536", "wants alignment 65536"),
        ("@v = global [2000000000 x i8] zeroinitializer", "more than 1073741824 bytes"),
        ("@v = ifunc i64 (), ptr @r\ndefine internal ptr @r() {\nret ptr null }", "INDIRECT_FUNCTION"),
    ],
)
def test_not_loaded(memory: CodeMemory, ir: str, message: str) -> None:
    """What this loader does not load is refused with the reason."""
    refused(memory, read_object(compile_ir(ir, HOST)), LoadError, message)
