"""Switching on as Python starts: the start-up files and what they call."""

import atexit
import os
import pathlib
import subprocess
import sys
import types
from collections.abc import Callable

import pytest

import whitehot
from whitehot import settings
from whitehot.errors import WhitehotError
from whitehot.settings import Settings
from whitehot.tools import report, startup

ROOT = pathlib.Path(__file__).parents[2]


class Control(types.ModuleType):
    """Stands for `whitehot.runtime.control`; `enable` does what a test wants."""

    def __init__(self, enable: Callable[[], None]) -> None:
        super().__init__("whitehot.runtime.control")
        self.enable = enable


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Callable[[Settings, Callable[[], None]], None]:
    """Sets this process's settings and what switching on does."""

    def install(asked: Settings, enable: Callable[[], None]) -> None:
        control = Control(enable)
        runtime = types.ModuleType("whitehot.runtime")
        runtime.__dict__["control"] = control
        monkeypatch.setitem(sys.modules, "whitehot.runtime", runtime)
        monkeypatch.setitem(sys.modules, "whitehot.runtime.control", control)
        monkeypatch.setattr(whitehot, "runtime", runtime, raising=False)
        monkeypatch.setattr(settings, "_current", asked)
        monkeypatch.setattr(startup, "trouble", None)
        monkeypatch.setattr(startup, "_was_tried", False)

    return install


type Switch = Callable[[Settings, Callable[[], None]], None]


def python(*words: str, path: pathlib.Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with WHITEHOT and PYTHONPATH as given and nothing else of whitehot's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("WHITEHOT", "PYTHON"))}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment | variables, capture_output=True, text=True, check=False)


@pytest.fixture
def stand_in(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder with a package named whitehot that only says when it is activated."""
    tools = tmp_path / "whitehot" / "tools"
    tools.mkdir(parents=True)
    (tmp_path / "whitehot" / "__init__.py").touch()
    (tools / "__init__.py").touch()
    # Printed once: in a virtual environment Python reads its start-up files twice.
    program = "def activate():\n    global activate\n    print('activated')\n    activate = lambda: None\n"
    (tools / "startup.py").write_text(program)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "variables", "expected"),
    [
        ([], {"WHITEHOT": "1"}, "activated\nran\n"),
        ([], {}, "ran\n"),
        ([], {"WHITEHOT": ""}, "ran\n"),
        ([], {"WHITEHOT": "0"}, "ran\n"),
        (["-X", "whitehot"], {}, "activated\nran\n"),
        (["-S"], {"WHITEHOT": "1"}, "ran\n"),
    ],
)
def test_the_start_up_file_activates_when_asked(
    stand_in: pathlib.Path, words: list[str], variables: dict[str, str], expected: str
) -> None:
    """The installed whitehot.pth calls `activate` exactly when a variable or -X asks for it."""
    done = python(*words, "-c", "print('ran')", path=stand_in, **variables)
    assert (done.stdout, done.stderr, done.returncode) == (expected, "", 0)


def test_a_program_that_does_not_ask_loads_nothing() -> None:
    """Without the variable not one module of whitehot is loaded."""
    done = python("-c", "import sys; print([name for name in sys.modules if name.startswith('whitehot')])")
    assert done.stdout == "[]\n"


def test_an_ignored_environment_switches_nothing_on() -> None:
    """python -E and python -I ignore WHITEHOT=1, silently."""
    for flag in ("-E", "-I"):
        done = python(flag, "-c", "import whitehot; print(whitehot.is_enabled())", WHITEHOT="1")
        assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_two_start_up_files_agree() -> None:
    """Python 3.15 and later read an entry point instead of the import line; both name the same function."""
    line = (ROOT / "startup/whitehot.pth").read_text()
    assert line.startswith("import ")
    assert line.count("\n") == 1
    module, _, function = (ROOT / "startup/whitehot.start").read_text().strip().partition(":")
    assert getattr(sys.modules[module], function) is startup.activate
    assert f'"{module}"' in line
    assert f'"{function}"' in line


def test_activate_switches_on_when_asked(switch: Switch, capsys: pytest.CaptureFixture[str]) -> None:
    """WHITEHOT=1 switches on, once; no variable and WHITEHOT=0 do not."""
    calls: list[bool] = []
    for asked in (None, False, True):
        switch(Settings(enabled=asked), lambda: calls.append(True))
        startup.activate()
        startup.activate()
    assert calls == [True]
    assert capsys.readouterr().err == ""


def test_zero_beats_a_program_that_asks(switch: Switch) -> None:
    """whitehot.enable() does nothing under WHITEHOT=0, and works where nothing is said."""
    calls: list[bool] = []
    switch(Settings(enabled=False), lambda: calls.append(True))
    whitehot.enable()
    assert calls == []
    switch(Settings(), lambda: calls.append(True))
    whitehot.enable()
    assert calls == [True]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (WhitehotError("no executable memory"), "whitehot: no executable memory; running on plain CPython\n"),
        (
            ImportError("No module\nnamed 'llvmlite'"),
            "whitehot: could not start (ImportError: No module named 'llvmlite'); running on plain CPython\n",
        ),
    ],
)
def test_trouble_is_one_line(switch: Switch, capsys: pytest.CaptureFixture[str], error: Exception, line: str) -> None:
    """Whatever fails while switching on is said once, in one line, and the program goes on."""

    def fail() -> None:
        raise error

    switch(Settings(enabled=True), fail)
    startup.activate()
    startup.activate()
    assert capsys.readouterr().err == line


@pytest.mark.parametrize(
    ("name", "version", "flags", "text"),
    [
        ("pypy", (3, 14), "", "only CPython is supported, and this is pypy"),
        ("cpython", (3, 15), "", "only CPython 3.14 is supported, and this is 3.15"),
        ("cpython", (3, 13), "", "only CPython 3.14 is supported, and this is 3.13"),
        ("cpython", (3, 14), "t", "the free-threaded build of CPython is not supported"),
    ],
)
def test_other_interpreters(
    switch: Switch,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    version: tuple[int, int],
    flags: str,
    text: str,
) -> None:
    """An interpreter that is not supported is named, and nothing is tried on it."""
    switch(Settings(enabled=True), lambda: pytest.fail("switched on"))
    monkeypatch.setattr(sys, "implementation", types.SimpleNamespace(name=name))
    monkeypatch.setattr(sys, "version_info", (*version, 0, "final", 0))
    monkeypatch.setattr(sys, "abiflags", flags)
    assert startup.obstacle() == text
    with pytest.raises(WhitehotError, match=text):
        whitehot.enable()
    startup.activate()
    assert capsys.readouterr().err == f"whitehot: {text}; running on plain CPython\n"


def test_subinterpreters_are_left_alone() -> None:
    """A subinterpreter reads the start-up files as well; only the main one is switched on, or says why not."""
    code = (
        "import _interpreters as i; inner = i.create();"
        "i.exec(inner, 'import whitehot; print(whitehot.is_enabled())'); i.destroy(inner)"
    )
    done = python("-c", code, WHITEHOT="1")
    assert done.stdout == "False\n"
    assert len(done.stderr.splitlines()) <= 1


def test_summary_is_printed_at_exit(
    switch: Switch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    """WHITEHOT_STATS and WHITEHOT_STATS_FILE make `enable` register one report."""
    registered: list[Callable[[], None]] = []
    monkeypatch.setattr(atexit, "register", registered.append)
    monkeypatch.setattr(report, "_registered_in", None)
    target = tmp_path / "stats.json"
    switch(Settings(stats=True, stats_file=str(target)), lambda: None)
    whitehot.enable()
    whitehot.enable()
    (write,) = registered
    monkeypatch.setattr(whitehot, "stats", lambda: {"units compiled": 3})
    write()
    assert capsys.readouterr().err == "whitehot summary\n  units compiled: 3\n"
    assert target.read_text() == '{\n "units compiled": 3\n}'
