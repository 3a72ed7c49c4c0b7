"""`whitehot explain script.py:function`: run a program, then show what became of one of its functions, and why.

The program runs under whitehot in this process, with its output where it belongs. Then comes, for each code object of that name,
what was asked for: a summary, or the text after some stage of the compiler.
"""

from __future__ import annotations

import difflib
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType

from rich.console import Console
from rich.text import Text

from whitehot import settings
from whitehot.errors import WhitehotError
from whitehot.tools import explain_run, startup
from whitehot.tools.explain_asm import disassemble
from whitehot.tools.explain_code import CodeView
from whitehot.tools.explain_run import Program, ProgramError, Session, functions_of, imported, matching
from whitehot.tools.explain_units import UnitView, compiler_stages, view_of

USAGE = """\
usage: whitehot explain [--stage NAME] [--force] script.py:function [arguments]
       whitehot explain [--stage NAME] [--force] -m module:function [arguments]

Runs the program with these arguments, then shows what became of the function: a qualified name like
Class.method, the end of one, or the full dotted name of any function that was imported. Without a
name: every function of the program. The name <module> stands for the code outside of functions.

options (also after the function; -- ends them):
  --stage NAME  show this stage; may be given several times, or name several with commas
  --force       compile the function after the program has ended, if it has no native code then
  -h, --help    print this and exit

stages:
  summary     what was compiled and what was not, exits taken, assumptions, times (the default)
  bytecode    instructions with what the interpreter has learnt of them
  {passes}
              the intermediate representation (IR) after each pass
  ir          the final IR, without what keeps frames and reference counts right
  stencils    in the baseline tier: the IR side by side with the stencils copied for it
  llvm        in the optimizing tier: LLVM's input
  llvm-opt    the same after LLVM's passes
  asm         machine code
  deopts      every exit and guard, and how often it was taken
  why         all that is known of why something was, or was not, compiled
  all         all of these
"""


class UsageError(Exception):
    """The command line makes no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class Command:
    """What was asked for. `name` is a script or module, `function` is empty for all of them."""

    name: str
    is_module: bool
    function: str
    arguments: tuple[str, ...]
    stages: tuple[str, ...]
    force: bool


def stage_names() -> tuple[str, ...]:
    """What `--stage` may name, in the order in which `all` shows them."""
    return ("summary", "bytecode", *compiler_stages(), "asm", "deopts", "why")


def parse(words: Sequence[str]) -> Command | None:
    """The command line; None where it asks for help. Raises UsageError."""
    rest = list(words)
    stages: list[str] = []
    force = is_module = False
    target = None
    while rest:
        word = rest.pop(0)
        option, equals, value = word.partition("=")
        if option == "--stage":
            if not equals and not rest:
                raise UsageError("--stage needs a name")
            stages += (value if equals else rest.pop(0)).split(",")
        elif word == "--force":
            force = True
        elif word == "--":
            break
        elif target is not None:
            rest.insert(0, word)
            break
        elif word in ("-h", "--help"):
            return None
        elif word == "-m":
            is_module = True
        elif word.startswith("-"):
            raise UsageError(f"no such option: {word}")
        else:
            target = word
    if target is None and rest:
        target = rest.pop(0)
    if target is None:
        raise UsageError("which function? (script.py:function)")
    name, _, function = target.rpartition(":")
    if not name or "/" in function or "\\" in function or function.endswith(".py"):  # C:\app.py
        name, function = target, ""
    return Command(name, is_module, function, tuple(rest), _chosen(stages), force)


def _chosen(stages: Sequence[str]) -> tuple[str, ...]:
    known = stage_names()
    for stage in stages:
        if stage not in known and stage != "all":
            close = difflib.get_close_matches(stage, known, 1)
            hint = f"; did you mean {close[0]}?" if close else f"; there are: {', '.join((*known, 'all'))}"
            raise UsageError(f"no such stage: {stage}{hint}")
    if "all" in stages:
        # `ir` repeats what its pass has shown.
        return tuple(stage for stage in known if stage != "ir")
    return tuple(stage for stage in known if stage in stages) or ("summary",)


def main(arguments: Sequence[str]) -> int:
    """Explain what the words after `whitehot explain` ask for.

    The exit status: 0 when there was something to explain, 1 when whitehot cannot run, the program cannot be started, or has no
    such function, 2 when the command line makes no sense. How the program itself ended is shown, and does not count.
    """
    try:
        command = parse(arguments)
    except UsageError as error:
        print(f"whitehot explain: {error}", file=sys.stderr)
        return 2
    if command is None:
        print(_usage(), end="")
        return 0
    obstacle = startup.trouble or startup.obstacle()
    if settings.current().enabled is False:
        obstacle = "WHITEHOT=0 keeps it off"
    if obstacle:
        return _complain(f"whitehot cannot run: {obstacle}")
    try:
        load = explain_run.module if command.is_module else explain_run.script
        program = load(command.name, command.arguments)
        session = Session()
    except (SyntaxError, ValueError) as error:
        sys.excepthook(type(error), error.with_traceback(None), None)
        return 1
    except (ProgramError, WhitehotError) as error:
        return _complain(str(error))
    session.run(program)
    sys.stdout.flush()
    return _explain(command, program, session)


def _usage() -> str:
    passes = " ".join(stage for stage in compiler_stages() if not stage.startswith(("ir", "llvm", "stencils")))
    return USAGE.format(passes="\n  ".join(textwrap.wrap(passes, 100)))


def _complain(text: str) -> int:
    print(f"whitehot explain: {text}", file=sys.stderr)
    return 1


def _explain(command: Command, program: Program, session: Session) -> int:
    own = session.codes_of(program)
    codes = own
    if command.function:
        codes = matching(own, command.function) or imported(command.function)
    if not codes:
        names = sorted({code.co_qualname for code in own})
        close = difflib.get_close_matches(command.function, names, 1)
        known = f"did you mean {close[0]}?" if close else f"there are: {', '.join(names)}"
        return _complain(f"no function {command.function} in {command.name} ({known})")
    page = Page()
    if session.ending is not None:
        page.line(f"the program {session.ending}")
    for code in codes:
        _show(page, session, code, command)
    return 0


class Page:
    """The terminal, or plain text of any width where there is none."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, markup=False, emoji=False)

    def line(self, text: str = "", style: str = "") -> None:
        """One line, or several; never wrapped."""
        self.console.print(Text(text, style), soft_wrap=True)

    def heading(self, text: str) -> None:
        """A line that begins something."""
        self.line()
        self.line(text, "bold")

    def rows(self, rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """Rows in columns, indented; the columns numbered in `right` are aligned there. The last column is as long as it likes."""
        widths = [
            max(len(row[place]) for row in rows if len(row) > place) for place in range(max(map(len, rows), default=0))
        ]
        for row in rows:
            cells = [
                cell.rjust(width) if place in right else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=False))
            ]
            self.line("  " + "  ".join(cells).rstrip())


def _show(page: Page, session: Session, code: CodeType, command: Command) -> None:
    """All stages that were asked for, of one code object."""
    forced = _force(session, code) if command.force else None
    view = CodeView(session, code)
    page.heading(f"{code.co_qualname}  {view.place}")
    if forced is not None:
        page.line(f"  {forced}")
    for stage in command.stages:
        if stage == "summary":
            _summary(page, view)
        elif stage == "bytecode":
            page.heading(f"{code.co_qualname}: bytecode")
            page.rows(view.bytecode(), right=(0, 1))
        elif stage == "why":
            page.heading(f"{code.co_qualname}: why")
            page.rows(view.status())
            for line in view.why():
                page.line(f"  {line}")
        elif view.units:
            _units(page, view, stage, skip_absent=len(command.stages) > 1)
    if not view.units and not {"summary", "why"}.issuperset(command.stages):
        page.heading(f"{code.co_qualname}: there is no native code")
        page.rows(view.status())
        page.line("  --stage bytecode shows what there is; --force compiles it nevertheless")


def _force(session: Session, code: CodeType) -> str | None:
    """Compile code that has no native code; what to say of it."""
    record = session.engine.inventory.record_of(code)
    if record.function_unit is not None:
        return None
    functions = functions_of(code)
    if not functions:
        return "--force: there is no function object with this code (any more)"
    if session.engine.compile_now(functions[0]):
        return "--force: compiled after the program had ended"
    return "--force: could not be compiled"


def _summary(page: Page, view: CodeView) -> None:
    page.rows(view.status())
    for other in view.session.engine.inventory.units:
        if other.code is not view.code:
            unit = view_of(other, view.session.engine.settings)
            if unit.copied(view.code):
                page.line(f"  copied into the native code of {unit.title} of {other.code.co_qualname}")
    for unit in view.units:
        page.heading(_title(view, unit))
        page.rows([*unit.facts(), *([("fate", unit.fate)] if unit.fate is not None else [])])
        rows = unit.exits(with_untaken=False)
        if rows:
            page.rows(rows, right=(0,))


def _title(view: CodeView, unit: UnitView) -> str:
    return f"{view.code.co_qualname}: native code of {unit.title}" + (" (discarded)" if unit.fate is not None else "")


def _units(page: Page, view: CodeView, stage: str, *, skip_absent: bool) -> None:
    """A stage that each unit has."""
    for unit in view.units:
        title = f"{_title(view, unit)}: {stage}"
        if stage == "deopts":
            page.heading(title)
            rows = unit.exits(with_untaken=True)
            page.rows(
                [("times", "", "reason", "operation", "at"), *rows] if rows else [("it has no exits",)], right=(0,)
            )
        elif stage == "asm":
            page.heading(title)
            _machine_code(page, view, unit)
        else:
            text = unit.text(stage)
            if text is not None or not skip_absent:
                page.heading(title)
                page.line(text.rstrip("\n") if text is not None else "  this stage was not part of its compilation")


def _machine_code(page: Page, view: CodeView, unit: UnitView) -> None:
    if unit.installed is None:
        page.line("  its machine code is out of use; the other stages show what it was")
        return
    for line in disassemble(unit.installed, view.session.engine):
        page.line(line)
