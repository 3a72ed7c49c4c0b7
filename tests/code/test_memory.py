"""Executable memory: never writable and executable at once, reused when freed, safe across forks, refused clearly."""

from __future__ import annotations

import ctypes
import itertools
import platform
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from whitehot.code.memory import Allocation, CodeMemory, _Owning

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or sys.platform != "linux",
    reason="the machine code is for x86-64, the maps are Linux's",
)


def returning(value: int) -> bytes:
    """mov eax, value; ret"""
    return b"\xb8" + value.to_bytes(4, "little") + b"\xc3"


def call(address: int) -> int:
    """Call machine code that takes nothing and returns an int."""
    result = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    assert isinstance(result, int)
    return result


def protections(address: int) -> str:
    """The protection of the mapping that an address lies in, such as `r-xs`."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        start, end = (int(number, 16) for number in line.split()[0].split("-"))
        if start <= address < end:
            return line.split()[1]
    raise AssertionError(f"{address:#x} is not mapped")


@pytest.fixture(params=[True, False], ids=["two views", "one view"])
def memory(request: pytest.FixtureRequest) -> Iterator[CodeMemory]:
    """Memory of each kind."""
    memory = CodeMemory(two_views=request.param)
    assert memory.two_views is request.param
    yield memory
    memory.close()


def make(memory: CodeMemory, value: int) -> Allocation:
    """A function that returns `value`."""
    allocation = memory.allocate(len(returning(value)), 8)
    memory.write_code(allocation, returning(value))
    return allocation


def test_runs(memory: CodeMemory) -> None:
    """Code that was written runs, and writing a second function leaves the first one alone."""
    blocks = [make(memory, value) for value in range(100)]
    assert [call(block.code) for block in blocks] == list(range(100))


def test_never_writable_and_executable(memory: CodeMemory) -> None:
    """Code is executable and not writable, data the other way round, and no page of the process is both."""
    block = make(memory, 1)
    memory.write_data(block, b"abc")
    assert protections(block.code)[:3] == "r-x"
    assert protections(block.data)[:3] == "rw-"
    assert ctypes.string_at(block.data, 3) == b"abc"
    mappings = [line.split()[1] for line in Path("/proc/self/maps").read_text().splitlines()]
    assert not [one for one in mappings if "w" in one and "x" in one]


def test_data_is_within_reach(memory: CodeMemory) -> None:
    """Code reaches its data, from anywhere in its block, with a 32-bit displacement."""
    block = memory.allocate(100_000, 3_000_000)
    assert abs(block.data + block.data_size - block.code) < 2**31


def test_blocks_are_reused(memory: CodeMemory) -> None:
    """Freed memory is handed out again, and the accounts follow."""
    empty = memory.use()
    assert (empty.code_in_use, empty.data_in_use) == (0, 0)
    first = make(memory, 1)
    second = make(memory, 2)
    assert memory.use().code_in_use >= 12
    memory.free(first)
    third = make(memory, 3)
    assert third.code == first.code
    assert (call(second.code), call(third.code)) == (2, 3)
    for block in (second, third):
        memory.free(block)
    assert memory.use() == empty


def test_reuse_keeps_the_process_small(memory: CodeMemory) -> None:
    """Making and freeing for ever reserves nothing beyond the first span."""
    before = memory.use().reserved
    for value in range(2000):
        memory.free(make(memory, value))
    assert memory.use().reserved == before


def test_grows(memory: CodeMemory) -> None:
    """More than a span holds gets more spans; more than any span gets a span of its own."""
    before = memory.use().reserved
    blocks = [memory.allocate(400_000, 16) for _ in range(6)]
    blocks.append(memory.allocate(40 << 20, 16))
    memory.write_code(blocks[-1], returning(7), (40 << 20) - 6)
    assert call(blocks[-1].code + (40 << 20) - 6) == 7
    assert memory.use().reserved > before
    ends = sorted((block.code, block.code + block.code_size) for block in blocks)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(ends))


@pytest.mark.parametrize("alignment", [1, 16, 128, 4096])
def test_alignment(memory: CodeMemory, alignment: int) -> None:
    """Blocks are aligned as asked, whatever was handed out before."""
    for _ in range(3):
        memory.allocate(1, 1)
        block = memory.allocate(10, 10, alignment=alignment)
        assert block.code % alignment == 0
        assert block.data % alignment == 0


def test_near() -> None:
    """Memory asked to be near CPython's own functions is within reach of a 32-bit displacement."""
    near = ctypes.cast(ctypes.pythonapi.PyLong_FromLong, ctypes.c_void_p).value
    assert near is not None
    memory = CodeMemory(near=near)
    block = memory.allocate(16, 16)
    assert abs(block.code - near) < 2**31
    memory.close()


def test_misuse(memory: CodeMemory) -> None:
    """Freeing twice, writing beyond the end and negative sizes are refused before anything is touched."""
    block = memory.allocate(16, 16)
    with pytest.raises(ValueError, match="do not fit in 16"):
        memory.write_code(block, bytes(17))
    with pytest.raises(ValueError, match="do not fit in 16"):
        memory.write_data(block, b"x", 16)
    with pytest.raises(ValueError, match="do not fit in 16"):
        memory.write_data(block, b"x", -1)
    with pytest.raises(ValueError, match="negative size"):
        memory.allocate(-1, 0)
    memory.free(block)
    with pytest.raises(ValueError, match="no allocation in use"):
        memory.free(block)
    with pytest.raises(ValueError, match="no allocation in use"):
        memory.write_code(block, b"")


def test_free_inside_allocate(memory: CodeMemory) -> None:
    """A finalizer that frees while its own thread allocates does not hang; the block is taken back later."""
    block = memory.allocate(16, 16)
    with memory._lock, _Owning(memory):
        memory.free(block)
        with pytest.raises(RuntimeError, match="finalizer or a signal handler"):
            memory.allocate(16, 16)
    assert memory.allocate(16, 16).code == block.code


def in_child(body: str, *, prelude: str = "") -> str:
    """Run a program in a process of its own; what it printed."""
    program = textwrap.dedent(prelude) + textwrap.dedent(body)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


FORK = """
import ctypes, os, sys
from whitehot.code.memory import CodeMemory
def make(value):
    block = memory.allocate(6, 8)
    memory.write_code(block, b"\\xb8" + value.to_bytes(4, "little") + b"\\xc3")
    return block
def call(block):
    return ctypes.CFUNCTYPE(ctypes.c_int)(block.code)()
def fork(memory):
    memory.before_fork()
    child = os.fork()
    memory.after_fork_in_parent() if child else memory.after_fork_in_child()
    return child
"""


@pytest.mark.parametrize("two_views", [True, False])
def test_fork(two_views: bool) -> None:
    """After a fork, neither process disturbs the code that the other may be running."""
    body = f"""
        memory = CodeMemory(two_views={two_views})
        old = make(1)
        go, ready = os.pipe(), os.pipe()
        if (child := fork(memory)) == 0:
            os.close(go[1])            # so that the parent's end, however it ends, is noticed
            new = [make(100 + i) for i in range(50)]
            memory.free(new.pop())
            os.write(ready[1], b"x")
            os.read(go[0], 1)          # the parent has freed and made new code by now
            good = call(old) == 1 and [call(one) for one in new] == list(range(100, 149))
            memory.free(old)
            os._exit(0 if good else 1)
        os.read(ready[0], 1)
        memory.free(old)
        new = [make(1000 + i) for i in range(50)]
        assert old.code not in [one.code for one in new]
        os.write(go[1], b"x")
        assert os.waitpid(child, 0)[1] == 0, "the child's code changed"
        assert [call(one) for one in new] == list(range(1000, 1050))
    """
    in_child(body, prelude=FORK)


def test_shared_code_is_not_rewritten() -> None:
    """Code that lived through a fork is shared by both processes, so writing into it is refused in both."""
    body = """
        memory = CodeMemory()
        old = make(1)
        child = fork(memory)
        try:
            memory.write_code(old, b"\\xc3")
        except ValueError as error:
            assert "shared with another process" in str(error)
        else:
            os._exit(1)
        if child == 0:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    """
    in_child(body, prelude=FORK)


DENY = """
import ctypes
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
if ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0):
    print("cannot deny")
    raise SystemExit
from whitehot.code.memory import CodeMemory, MemoryDenied
try:
"""


def test_denied() -> None:
    """Where the kernel refuses to make written pages executable, the one-view way says so at once, in one line."""
    output = in_child(
        DENY + "    CodeMemory(two_views=False)\nexcept MemoryDenied as error:\n    print('denied:', error)\n"
    )
    if output == "cannot deny\n":
        pytest.skip("this kernel has no PR_SET_MDWE")
    assert output.startswith("denied: the system refuses executable memory: ")
    assert "mprotect" in output
    assert output.count("\n") == 1


def test_two_views_need_no_gain() -> None:
    """Under the same denial the two-view way works: no page of it ever gains the right to execute."""
    output = in_child(DENY + "    print(CodeMemory().two_views)\nexcept MemoryDenied as error:\n    print(error)\n")
    if output == "cannot deny\n":
        pytest.skip("this kernel has no PR_SET_MDWE")
    assert output == "True\n"


def test_falls_back() -> None:
    """Where anonymous files are refused (here: no descriptors left), memory of the other kind is used."""
    body = """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        memory = CodeMemory()
        print(memory.two_views, call(make(5)))
    """
    assert in_child(body, prelude=FORK) == "False 5\n"


def test_close_unmaps() -> None:
    """`close` gives all address space back."""
    memory = CodeMemory()
    block = make(memory, 1)
    memory.close()
    with pytest.raises(AssertionError, match="is not mapped"):
        protections(block.code)
    assert memory.use().reserved == 0
