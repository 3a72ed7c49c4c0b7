"""The engines that are compared: which there are on this machine, and how each is started.

The baseline is plain CPython, the interpreter that runs the bench. Beside it stand the same interpreter with
`PYTHON_JIT=1` and with `WHITEHOT=1`, the latter also with one of its two tiers alone; with peers also cinderx and Numba, each installed from PyPI into an
environment of its own, and `pypy3` and `python3.15` where they are on the path. An engine that is not to be
had is left out with a reason, never silently.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

PROBE_SECONDS = 60.0
INSTALL_SECONDS = 600.0
VERSION_CODE = "import sys; print(' '.join(sys.version.split()))"
JIT_CODE = "import sys; jit = getattr(sys, '_jit', None); sys.exit(jit is None or not (jit.is_available() and jit.is_enabled()))"
WHITEHOT_CODE = "import sys, whitehot; sys.exit(not whitehot.is_enabled())"
CINDERX_CODE = "import sys, cinderx.jit; sys.exit(not cinderx.jit.is_enabled())"
NUMBA_CODE = "import numba"
# The words by which the engines of this machine are asked for. Plain CPython is always there.
WORDS = ("plain", "jit", "whitehot", "first", "baseline", "optimizing")
DEFAULT_WORDS = ("plain", "jit", "whitehot", "first", "baseline")


@dataclass(frozen=True)
class Engine:
    """One way of running a program.

    `command` is what stands before the script; `environment` is added to the cleaned environment of
    `child_environment`; `package` names the folder with the engine's own versions of the programs, if it needs
    such; `version` is what the interpreter says of itself; `note` is shown under the table. A `peer` is somebody
    else's engine: when it crashes, that is shown but is not a failure of the comparison. An engine with a `curve`
    has its warm-up drawn.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    package: str = ""
    version: str = ""
    note: str = ""
    peer: bool = False
    curve: bool = False

    def invocation(self, folder: Path, program: str) -> tuple[str, ...] | None:
        """The command that runs `folder/program.py`; None when this engine has no version of it."""
        if not self.package:
            return (*self.command, str(folder / f"{program}.py"))
        if not (folder / self.package / f"{program}.py").exists():
            return None
        return (*self.command, "-m", f"{self.package}.{program}")


@dataclass(frozen=True)
class Absent:
    """An engine that is left out, and why, in a sentence."""

    name: str
    why: str


@dataclass(frozen=True)
class Lineup:
    """The engines of a comparison, the baseline first, and those that are missing."""

    engines: tuple[Engine, ...]
    absent: tuple[Absent, ...]


class PeerMissingError(Exception):
    """An engine cannot be installed or does not work here; the text says why."""


def child_environment(engine: Engine, inherited: Mapping[str, str]) -> dict[str, str]:
    """The inherited environment without a variable that changes how Python runs, plus the engine's own variables.

    Not only switches of JITs are taken out: `PYTHONDONTWRITEBYTECODE`, say, would have every start compile the modules
    it imports.
    """
    kept = {name: value for name, value in inherited.items() if not name.startswith(("WHITEHOT", "PYTHON"))}
    return kept | dict(engine.environment)


def succeeds(engine: Engine, code: str) -> bool:
    """Does `code`, run by the engine, end with status 0?"""
    return _run([*engine.command, "-c", code], child_environment(engine, os.environ), PROBE_SECONDS).returncode == 0


def versioned(engine: Engine, note: str = "") -> Engine:
    """The engine with its `version` asked of the interpreter. Raises PeerMissingError when it does not even start."""
    done = _run([*engine.command, "-c", VERSION_CODE], child_environment(engine, os.environ), PROBE_SECONDS)
    if done.returncode:
        raise PeerMissingError(f"{engine.command[0]} does not start: {_last_line(done.stderr)}")
    return replace(engine, version=done.stdout.strip(), note=note)


def chosen_words(wanted: Sequence[str]) -> tuple[str, ...]:
    """The engines asked for, by word, plain CPython first; the default ones for nothing.

    Raises ValueError, with a sentence for people, for a word that means no engine.
    """
    for word in wanted:
        if word not in WORDS:
            raise ValueError(f"no engine {word!r}; there are: {', '.join(WORDS)}")
    return tuple(dict.fromkeys(("plain", *(wanted or DEFAULT_WORDS))))


def find_engines(python: str, words: Sequence[str], with_peers: bool, peers_folder: Path) -> Lineup:
    """The engines that the words of `WORDS` ask for; the first, the baseline, is the interpreter `python`.

    With peers, environments for cinderx and Numba are made in `peers_folder` where they are not there yet.
    """
    engines = [versioned(Engine("plain", (python,), curve=True))]
    absent: list[Absent] = []
    if "jit" in words:
        _add_jit(Engine("PYTHON_JIT=1", (python,), {"PYTHON_JIT": "1"}, curve=True), engines, absent)
    if "whitehot" in words:
        engines.append(_whitehot(python, ""))
    if "first" in words:
        engines.append(_whitehot(python, "", is_first=True))
    engines.extend(_whitehot(python, tier) for tier in ("baseline", "optimizing") if tier in words)
    if with_peers:
        _add_path_peers(engines, absent)
        _add_package_peers(python, peers_folder, engines, absent)
    return Lineup(tuple(engines), tuple(absent))


def _whitehot(python: str, tier: str, *, is_first: bool = False) -> Engine:
    """This project, both tiers or the one named, with whatever settings the caller's environment has for it. `is_first`: with nothing that an earlier run of a program
    has kept, as when it runs for the first time.
    """
    settings = {name: value for name, value in os.environ.items() if name.startswith("WHITEHOT_")}
    if is_first:
        engine = Engine("whitehot, first run", (python,), settings | {"WHITEHOT": "1", "WHITEHOT_KEEP_UNITS": "0"})
    elif tier:
        engine = Engine(f"whitehot {tier}", (python,), settings | {"WHITEHOT": "1", "WHITEHOT_TIERS": tier})
    else:
        engine = Engine("whitehot", (python,), settings | {"WHITEHOT": "1"}, curve=True)
    off = "WHITEHOT=1 did not switch whitehot on: this column is plain CPython"
    return versioned(engine, "" if succeeds(engine, WHITEHOT_CODE) else off)


def _add_jit(engine: Engine, engines: list[Engine], absent: list[Absent]) -> None:
    if succeeds(engine, JIT_CODE):
        engines.append(versioned(engine))
    else:
        absent.append(Absent(engine.name, f"{engine.command[0]} was built without the JIT"))


def _add_path_peers(engines: list[Engine], absent: list[Absent]) -> None:
    for name in ("pypy3", "python3.15"):
        command = shutil.which(name)
        if command is None:
            absent.append(Absent(name, "not on the path"))
            continue
        try:
            engines.append(versioned(Engine(name, (command,), peer=True)))
        except PeerMissingError as missing:
            absent.append(Absent(name, str(missing)))
            continue
        if name == "python3.15":
            _add_jit(Engine(f"{name} PYTHON_JIT=1", (command,), {"PYTHON_JIT": "1"}, peer=True), engines, absent)


def _add_package_peers(python: str, folder: Path, engines: list[Engine], absent: list[Absent]) -> None:
    peers = (
        ("cinderx", CINDERX_CODE, "", "import cinderx.jit; cinderx.jit.auto()\n"),
        ("numba", NUMBA_CODE, "numba_versions", ""),
    )
    for name, check, package, startup in peers:
        engine = Engine(name, (str(folder / name / "bin" / "python"),), {}, package, peer=True)
        try:
            engines.append(_package_peer(engine, check, startup, python))
        except PeerMissingError as missing:
            absent.append(Absent(name, str(missing)))


def _package_peer(engine: Engine, check: str, startup: str, python: str) -> Engine:
    """The engine, its environment made first where `check` does not succeed in it.

    `startup` is a line that every start of the environment's interpreter executes (a `.pth` file): the way in which
    an unchanged script gets such a JIT. Raises PeerMissingError.
    """
    environment = Path(engine.command[0]).parent.parent
    if not (Path(engine.command[0]).exists() and succeeds(engine, check)):
        install(engine.name, environment, python)
        if startup:
            [packages] = environment.glob("lib/python*/site-packages")
            (packages / f"{engine.name}-start.pth").write_text(startup)
        if not succeeds(engine, check):
            raise PeerMissingError(f"installed, but {check!r} fails")
    code = f"from importlib.metadata import version; print(version({engine.name!r}))"
    done = _run([*engine.command, "-c", code], child_environment(engine, os.environ), PROBE_SECONDS)
    return versioned(engine, f"{engine.name} {done.stdout.strip()}")


def install(package: str, environment: Path, python: str) -> None:
    """Make a fresh virtual environment for the interpreter `python` with the package in it, by uv or else by pip.

    Raises PeerMissingError with the installer's last words.
    """
    uv = shutil.which("uv", path=os.pathsep.join([".python/tools/bin", os.environ.get("PATH", "")]))
    target = str(environment / "bin" / "python")
    steps: Sequence[Sequence[str]]
    if uv is not None:
        steps = (
            [uv, "venv", "--clear", "--python", python, str(environment)],
            [uv, "pip", "install", "--python", target, package],
        )
    else:
        steps = (
            [python, "-m", "venv", "--clear", str(environment)],
            [target, "-m", "pip", "install", "--quiet", package],
        )
    environment.parent.mkdir(parents=True, exist_ok=True)
    for step in steps:
        done = _run(step, dict(os.environ), INSTALL_SECONDS)
        if done.returncode:
            raise PeerMissingError(f"cannot be installed: {_last_line(done.stderr)}")


def _run(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a command quietly. One that cannot start or takes too long has status 1 and says so on `stderr`."""
    try:
        return subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(list(command), 1, "", str(error))


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "(it said nothing)"
