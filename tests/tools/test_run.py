"""`python -m whitehot` behaves like `python`: the same program in both, compared in output, errors and status."""

import io
import os
import pathlib
import subprocess
import sys
import types
import zipfile

import pytest
import rich.console

from whitehot import settings
from whitehot.reasons import Reason
from whitehot.tools import info, report, run

SHOW = (
    "import sys; print(__name__, sys.argv, sys.path, sorted(globals()), __spec__ and __spec__.name, __builtins__, "
    "type(__loader__), sys.flags)\n"
)


def outcome(*words: str, folder: pathlib.Path, text: str = "", **variables: str) -> tuple[str, str, int]:
    """Standard output, standard error without whitehot's own lines, and status."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WHITEHOT")}
    done = subprocess.run(
        [sys.executable, *words],
        env=environment | variables,
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stderr.splitlines(keepends=True)
    notices = [line for line in lines if line.startswith("whitehot: ")]
    assert len(notices) <= 1
    return done.stdout, "".join(line for line in lines if line not in notices), done.returncode


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(SHOW, id="main module"),
        pytest.param("raise SystemExit", id="exit without status"),
        pytest.param("raise SystemExit(7)", id="exit with a number"),
        pytest.param("raise SystemExit('gone')", id="exit with text"),
        pytest.param("def f():\n    return 1 / 0\n\nf()\n", id="uncaught exception"),
        pytest.param("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e\n", id="chained"),
        pytest.param("x = (\n", id="syntax error"),
        pytest.param("raise KeyboardInterrupt", id="interrupt"),
        pytest.param("import sys; print(sys._getframe().f_back, sys.gettrace())", id="frames"),
        pytest.param("import os, sys; os.write(2, b'x'); sys.stderr.write('y'); os._exit(3)", id="os._exit"),
    ],
)
def test_scripts(tmp_path: pathlib.Path, program: str) -> None:
    """A script with arguments."""
    (tmp_path / "app.py").write_text(program)
    words = ("app.py", "-v", "--stats", "x y")
    plain = outcome(*words, folder=tmp_path)
    assert outcome("-m", "whitehot", *words, folder=tmp_path) == plain
    assert outcome(*words, folder=tmp_path, WHITEHOT="1") == plain


@pytest.mark.parametrize(
    "words",
    [
        ("missing.py",),
        ("-m", "package", "-c", "z"),
        ("-m", "package.part"),
        ("-m", "absent"),
        ("-c", SHOW, "-m", "a"),
        ("-", "a"),
        ("folder", "a"),
        ("app.zip", "a"),
        ("-O", "-W", "error", "-c", "print(__debug__); import sys; print(sys.warnoptions)"),
        ("-I", "-c", SHOW),
        ("-E", "package/part.py"),
    ],
    ids=" ".join,
)
def test_forms(tmp_path: pathlib.Path, words: tuple[str, ...]) -> None:
    """Everything else that Python can be told to run."""
    package = tmp_path / "package"
    package.mkdir()
    for name in ("__init__", "__main__", "part"):
        (package / f"{name}.py").write_text(SHOW)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "__main__.py").write_text(SHOW)
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("__main__.py", SHOW)
    plain = outcome(*words, folder=tmp_path, text=SHOW)
    assert outcome("-m", "whitehot", *words, folder=tmp_path, text=SHOW) == plain


def test_the_program_knows_that_it_runs_under_whitehot(tmp_path: pathlib.Path) -> None:
    """WHITEHOT=1 is passed on to children; where the environment is ignored -X whitehot says it instead."""
    code = "import os, sys; print(sorted(sys._xoptions), os.environ.get('WHITEHOT'), os.environ.get('WHITEHOT_STATS'))"
    words = ("-m", "whitehot", "--stats")
    allowed = {"[] 1 1\n", "[] 0 1\n"}  # 0: whitehot cannot be switched on here
    assert outcome(*words, "-c", code, folder=tmp_path)[0] in allowed
    isolated = outcome(*words, "-I", "-c", code, folder=tmp_path)[0]
    assert isolated in {"['whitehot', 'whitehot_stats'] 1 1\n", "['whitehot_stats'] 0 1\n"}


def test_zero_beats_the_command(tmp_path: pathlib.Path) -> None:
    """WHITEHOT=0 python -m whitehot runs the program plainly."""
    code = "import os, sys, whitehot; print(os.environ['WHITEHOT'], whitehot.is_enabled())"
    assert outcome("-m", "whitehot", "-c", code, folder=tmp_path, WHITEHOT="0") == ("0 False\n", "", 0)


@pytest.mark.parametrize(
    ("original", "count", "expected"),
    [
        (["python", "-m", "whitehot"], 1, []),
        (["python", "-m", "whitehot", "app.py", "-m", "whitehot"], 4, []),
        (["python", "-X", "dev", "-Bm", "whitehot", "app.py"], 2, ["-X", "dev", "-B"]),
        (["python", "-u", "-mwhitehot", "app.py"], 2, ["-u"]),
        (["python", "-ubmwhitehot"], 1, ["-ub"]),
        (["python", "/bin/whitehot", "run", "app.py"], 3, []),
        (["python", "-I", "/bin/whitehot", "app.py"], 2, ["-I"]),
        (["python", "-W", "errorm", "/bin/whitehot"], 1, ["-W", "errorm"]),
    ],
)
def test_interpreter_options(original: list[str], count: int, expected: list[str]) -> None:
    """Python's own options are told from what asked for whitehot."""
    assert run.interpreter_options(original, count) == expected


@pytest.mark.parametrize(
    ("words", "letters"),
    [
        (["app.py", "-E"], ""),
        (["-"], ""),
        (["-bE", "app.py"], "Eb"),
        (["-W", "E", "-c", "E"], "Wc"),
        (["-WE", "-m", "E", "-I"], "Wm"),
        (["--check-hash-based-pycs", "always", "-I", "x"], "I"),
        (["-Xdev", "-S"], "SX"),
    ],
)
def test_flag_letters(words: list[str], letters: str) -> None:
    """Options before the program are seen, values and the program's own words are not."""
    assert "".join(sorted(run.flag_letters(words))) == letters


@pytest.mark.parametrize(("word", "start"), [("--help", "usage: python -m whitehot"), ("--version", "whitehot ")])
def test_questions(capsys: pytest.CaptureFixture[str], word: str, start: str) -> None:
    """--help and --version answer and run nothing."""
    assert run.main([word, "missing.py"]) == 0
    assert capsys.readouterr().out.startswith(start)


def test_summary_explains_reasons() -> None:
    """Counts named after reasons carry their explanation, largest first; long tables are cut."""
    text = report.summary(
        {
            "compiled_units": 1234,
            "seconds": 0.5,
            "left": {Reason.TYPE.name: 2, "overflow": 10, "bytecode: MATCH_CLASS": 1},
            "nothing": {},
            "many": {f"name{number}": number for number in range(20)},
            "units": ["a", "b"],
        }
    )
    lines = text.splitlines()
    assert lines[1:6] == [
        "  compiled units: 1,234",
        "  seconds: 0.500",
        "  left:",
        f"            10  overflow: {Reason.OVERFLOW.explanation}",
        f"             2  type: {Reason.TYPE.explanation}",
    ]
    assert lines[6].endswith(f"bytecode (MATCH_CLASS): {Reason.BYTECODE.explanation}")
    assert "nothing" not in text
    assert "and 12 more" in text
    assert lines[-1] == "  units: 2"


def test_summary_of_tiers() -> None:
    """Counts that there are for each tier take few lines: numbers in one, each table in one; a tier that did nothing none."""
    baseline = {
        "units": 3,
        "native_seconds": 0.25,
        "exits": {Reason.TYPE.name: 2, Reason.TIER_UP.name: 1000},
        "refused": {},
    }
    text = report.summary({"tiers": {"baseline": baseline, "optimizing": {"units": 0, "exits": {}}}})
    assert text.splitlines()[1:] == [
        "  tiers, baseline: units 3, native seconds 0.250",
        "    exits: tier up 1,000, type 2",
    ]


def test_counts_as_json() -> None:
    """Reasons become their names, and what JSON cannot say becomes text."""
    text = report.as_json({"left": {Reason.TYPE: 1}, "units": (Reason.INDEX, 2.5, {"a"}, object)})
    assert text.replace("\n", "").replace(" ", "") == (
        '{"left":{"TYPE":1},"units":["INDEX",2.5,["a"],"<class\'object\'>"]}'
    )


def test_info_shows_findings_and_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions, every finding of the self-test and every setting; a wrong finding makes the status 1."""
    findings = [types.SimpleNamespace(name="frame size", ok=True, detail="88 [bytes]")]
    selftest = types.ModuleType("whitehot.cpython.selftest")
    selftest.__dict__["run"] = lambda: findings
    monkeypatch.setitem(sys.modules, "whitehot.cpython.selftest", selftest)
    monkeypatch.setattr("whitehot.cpython.selftest", selftest, raising=False)
    text = io.StringIO()
    assert info.show(rich.console.Console(file=text, width=200)) == 0
    for expected in ("llvmlite", "frame size", "88 [bytes]", *(entry.variable for entry in settings.entries())):
        assert expected in text.getvalue()
    findings.append(types.SimpleNamespace(name="tag of a borrowed reference", ok=False, detail="2, not 1"))
    assert info.show(rich.console.Console(file=text, width=200)) == 1
    assert "tag of a borrowed reference" in text.getvalue()


def test_prepare_leaves_everything_behind(tmp_path: pathlib.Path) -> None:
    """After `whitehot prepare` the next program finds all that is kept from one process to the next."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "whitehot", "prepare"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    kept = {path.name.rpartition("-")[0] for path in (tmp_path / "whitehot").iterdir()}
    assert kept == {"kit", "routines", "engine-modules", "compiler-modules"}
