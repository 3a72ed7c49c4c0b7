"""`python -m whitehot` and the `whitehot` command.

Running a program does not imitate Python: this process is *replaced* by `python app.py` with the same
interpreter options, and the start-up file switches whitehot on in it. So `sys.argv`, `sys.path`, `__main__`,
exit statuses, error messages, tracebacks, directories and zip files with a `__main__`, `-m`, `-c` and standard
input are Python's own, with no frame of whitehot beneath the program. The price is one more start of Python,
some ten milliseconds, which `WHITEHOT=1 python app.py` does not pay.

How the new process learns that whitehot is wanted: by `WHITEHOT=1` in its environment, so that the Python
processes it starts in turn run under whitehot as well; under `-E` and `-I`, which tell Python to ignore the
environment, by `-X whitehot`, which its children do not inherit.
"""

from __future__ import annotations

import os
import sys

from whitehot import settings
from whitehot.tools import startup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = """\
usage: python -m whitehot [options] [script.py | -m module | -c code | -] [arguments]
       python -m whitehot explain script.py:function [arguments]
       python -m whitehot info
       python -m whitehot prepare
       python -m whitehot bench [options]

Runs a Python program, faster. `whitehot` is short for `python -m whitehot`, and `WHITEHOT=1 python script.py`
does the same for any Python command.

options:
  --stats      print a summary of what whitehot did to standard error at exit
  --version    print whitehot's version and exit
  -h, --help   print this and exit
  Other options (-u, -O, -W, -X ...) are Python's own and are passed on.

commands:
  run          the same as no command; for a script that is called like a command
  explain      show what became of a function: bytecode, IR, machine code, and why not
  info         show versions, the self-test's findings and every setting
  prepare      make now what is made once on a machine, so that no program waits for it
  bench        run the benchmarks
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the exit status, unless this process becomes the program.

    Args:
        arguments: what follows `python -m whitehot`; `sys.argv[1:]` when None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["explain"]:
        from whitehot.tools import explain

        return explain.main(words[1:])
    if words[:1] == ["info"]:
        from whitehot.tools import info

        return info.main(words[1:])
    if words[:1] == ["prepare"]:
        from whitehot.tools import prepare

        return prepare.main(words[1:])
    if words[:1] == ["bench"]:
        from whitehot.tools import bench

        return bench.main(words[1:])
    if words[:1] == ["run"]:
        words = words[1:]
    return _run(words)


def _run(words: list[str]) -> int:
    """Become `python` with these words; 0 when they only asked for help or the version."""
    stats = False
    while words and words[0] in ("--stats", "--version", "--help", "-h"):
        word = words.pop(0)
        if word == "--version":
            import whitehot

            print(f"whitehot {whitehot.__version__}")
            return 0
        if word != "--stats":
            print(USAGE, end="")
            return 0
        stats = True
    if not sys.executable:
        print("whitehot: this Python does not know where it is installed (sys.executable)", file=sys.stderr)
        return 1
    before = interpreter_options(sys.orig_argv, len(sys.argv))
    flags = flag_letters([*before, *words])
    environment = dict(os.environ)
    wanted = [*_switch_on(environment, flags), *(["WHITEHOT_STATS"] if stats else [])]
    environment |= dict.fromkeys(wanted, "1")
    ignores_environment = not flags.isdisjoint("EI")
    options = [word for name in wanted for word in ("-X", name.lower())] if ignores_environment else []
    return _become([sys.orig_argv[0], *before, *options, *words], environment)


def _switch_on(environment: dict[str, str], flags: frozenset[str]) -> list[str]:
    """The settings that switch whitehot on in the new process; none when it cannot or must not be."""
    if settings.current().enabled is False:
        return []
    cause = startup.trouble or startup.obstacle() or _missing_start_file(flags)
    if cause:
        startup.give_up(cause)
        environment["WHITEHOT"] = "0"  # it has been said once; the new process need not say it again
        return []
    return ["WHITEHOT"]


def flag_letters(words: Sequence[str]) -> frozenset[str]:
    """The letters of Python's own one-letter options at the start of a command line.

    >>> sorted(flag_letters(["-bE", "-W", "error", "-Xdev", "-u", "script.py", "-S"]))
    ['E', 'W', 'X', 'b', 'u']
    """
    letters: set[str] = set()
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            break
        if word.startswith("--"):
            if word == "--check-hash-based-pycs":
                next(rest, None)
            continue
        for index, letter in enumerate(word[1:], start=1):
            letters.add(letter)
            if letter in "cm":  # the program itself: what follows is its own
                return frozenset(letters)
            if letter in "WX":  # the value is the rest of the word, or the next word
                if index == len(word) - 1:
                    next(rest, None)
                break
    return frozenset(letters)


def _missing_start_file(flags: frozenset[str]) -> str | None:
    """Why the new process would not notice that whitehot is wanted, or None when it would."""
    if "S" in flags:
        return "Python's -S option skips the start-up file that switches whitehot on"
    if startup.is_installed():
        return None
    return "its start-up file whitehot.pth is not in site-packages (install whitehot with pip)"


def interpreter_options(original: Sequence[str], count: int) -> list[str]:
    """The options that Python itself was started with.

    Args:
        original: the whole command line, as `sys.orig_argv`.
        count: how many words of it the program sees: `len(sys.argv)`; the first of them stands for
            `-m whitehot` or for the path of the `whitehot` command.

    >>> interpreter_options(["python", "-X", "dev", "-Bm", "whitehot", "app.py", "-v"], 3)
    ['-X', 'dev', '-B']
    """
    *options, program = original[1 : len(original) - count + 1]
    if program.startswith("-"):  # -mwhitehot
        bundle = program.partition("m")[0]
    elif options and options[-1].startswith("-") and options[-1].endswith("m") and options[-1][:2] not in ("-W", "-X"):
        bundle = options.pop()[:-1]
    else:
        return options
    return options if bundle == "-" else [*options, bundle]


def _become(command: list[str], environment: dict[str, str]) -> int:
    """Replace this process by `sys.executable` with this command line; where the system cannot, wait for it."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    if os.name != "nt":
        os.execve(sys.executable, command, environment)
    # Windows has no exec: its imitation returns to the shell at once.
    import subprocess

    with subprocess.Popen(command, executable=sys.executable, env=environment) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the program has received it too, and decides
