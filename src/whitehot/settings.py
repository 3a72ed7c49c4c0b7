"""Every setting of whitehot, declared once.

A setting is one `Entry` in the body of `Settings`: its type, environment name, default and help. From that
one line come the attribute (`settings.call_threshold`), the reading of the environment, the complaint about
a bad value, and the table of `whitehot info`. To add a setting, add a line.

A value is taken from the first of these that gives one:

1. `WHITEHOT=0`, which beats everything
2. `-X whitehot_call_threshold=50` on Python's command line (`-X whitehot` for `WHITEHOT=1`)
3. the environment: `WHITEHOT_CALL_THRESHOLD=50`; not under `python -E` and `python -I`
4. the default

A value that cannot be read is reported in one line on standard error, and the default is used.

This module is read at the start of every program that runs under whitehot, so it imports nothing that
Python has not already loaded. That is why it has no dataclasses and no enums.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_ON = frozenset({"1", "true", "yes", "on"})
_OFF = frozenset({"0", "false", "no", "off"})


class Entry:
    """One setting: a read-only attribute of `Settings` that knows how its value is written.

    Attributes:
        name: the attribute's name, `call_threshold`.
        variable: its environment name, `WHITEHOT_CALL_THRESHOLD`.
        default: the value when nobody says otherwise.
        help: one sentence for people.
    """

    name: str
    kind: str

    def __init__(self, variable: str, default: object, help: str) -> None:
        self.variable = variable
        self.default = default
        self.help = help

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __set__(self, instance: Settings, value: object) -> None:
        raise AttributeError(f"settings cannot be changed: use Settings.replace({self.name}=...)")

    @property
    def option(self) -> str:
        """The name after `-X` on Python's command line: `whitehot_call_threshold`."""
        return self.variable.lower()

    def parse(self, text: str) -> object:
        """The value that `text` stands for; ValueError, saying what is allowed, for one it cannot be."""
        raise NotImplementedError

    def show(self, value: object) -> str:
        """`value` as one would write it in the environment."""
        return str(value)

    def is_changed(self, settings: Settings) -> bool:
        """Whether `settings` has another value than the default."""
        return settings.values[self.name] != self.default


class Switch(Entry):
    """On or off."""

    kind = "0 or 1"

    def __init__(self, variable: str, *, default: bool, help: str) -> None:
        super().__init__(variable, default, help)

    def __get__(self, instance: Settings, owner: type) -> bool:
        return instance.values[self.name] is True

    def parse(self, text: str) -> bool:
        if text.lower() in _ON:
            return True
        if text.lower() in _OFF:
            return False
        raise ValueError(self.kind)

    def show(self, value: object) -> str:
        return "1" if value else "0"


class Permission(Switch):
    """On, off, or not said (None): `enable()` may then switch it on."""

    def __init__(self, variable: str, *, help: str) -> None:
        Entry.__init__(self, variable, None, help)

    def __get__(self, instance: Settings, owner: type) -> bool | None:  # type: ignore[override]
        value = instance.values[self.name]
        return value if isinstance(value, bool) else None

    def show(self, value: object) -> str:
        return "" if value is None else super().show(value)


class Number(Entry):
    """A whole number between two bounds, both included."""

    def __init__(self, variable: str, *, default: int, low: int, high: int, help: str) -> None:
        super().__init__(variable, default, help)
        self.low = low
        self.high = high
        self.kind = f"a whole number from {low} to {high}"

    def __get__(self, instance: Settings, owner: type) -> int:
        value = instance.values[self.name]
        assert isinstance(value, int)
        return value

    def parse(self, text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise ValueError(self.kind) from None
        if not self.low <= number <= self.high:
            raise ValueError(self.kind)
        return number


class Choice(Entry):
    """One word out of a few."""

    def __init__(self, variable: str, *, default: str, words: tuple[str, ...], help: str) -> None:
        super().__init__(variable, default, help)
        self.words = words
        self.kind = " or ".join(words)

    def __get__(self, instance: Settings, owner: type) -> str:
        return str(instance.values[self.name])

    def parse(self, text: str) -> str:
        if text.lower() not in self.words:
            raise ValueError(self.kind)
        return text.lower()


class Words(Entry):
    """Any of a few words, separated by commas."""

    def __init__(self, variable: str, *, words: tuple[str, ...], help: str) -> None:
        super().__init__(variable, frozenset(), help)
        self.words = words
        self.kind = f"any of {', '.join(words)}, separated by commas"

    def __get__(self, instance: Settings, owner: type) -> frozenset[str]:
        value = instance.values[self.name]
        assert isinstance(value, frozenset)
        return value

    def parse(self, text: str) -> frozenset[str]:
        chosen = frozenset(word.strip().lower() for word in text.split(",") if word.strip())
        if not chosen.issubset(self.words):
            raise ValueError(self.kind)
        return chosen

    def show(self, value: object) -> str:
        return ",".join(sorted(value)) if isinstance(value, frozenset) else ""


class Text(Entry):
    """Any text; empty stands for "none"."""

    kind = "text"

    def __init__(self, variable: str, *, help: str) -> None:
        super().__init__(variable, "", help)

    def __get__(self, instance: Settings, owner: type) -> str:
        return str(instance.values[self.name])

    def parse(self, text: str) -> str:
        return text


class Settings:
    """The settings of one process; cannot be changed, see `replace`.

    `Settings()` has every default, `Settings(call_threshold=5)` changes one, `read()` asks the environment.
    """

    __slots__ = ("values",)
    values: Mapping[str, object]

    enabled = Permission(
        "WHITEHOT",
        help="1 runs every Python program under whitehot; 0 keeps it off whatever else is asked.",
    )
    stats = Switch("WHITEHOT_STATS", default=False, help="Print a short summary to standard error at exit.")
    stats_file = Text("WHITEHOT_STATS_FILE", help="Write all counts as JSON to this file at exit.")
    stress = Words(
        "WHITEHOT_STRESS",
        words=("compile", "deopt"),
        help="For tests: compile at the first chance (compile), make each guard fail in turn (deopt).",
    )
    compile_thread = Choice(
        "WHITEHOT_COMPILE_THREAD",
        default="background",
        words=("background", "inline"),
        help="Whether the program goes on while code is compiled on a thread of its own, or waits for it (inline).",
    )
    own_interpreter = Switch(
        "WHITEHOT_OWN_INTERPRETER",
        default=True,
        help="Compile in interpreters of whitehot's own, which never wait for the program's GIL; else in the program's, taking turns with it.",
    )
    keep_units = Switch(
        "WHITEHOT_KEEP_UNITS",
        default=True,
        help="Keep native code in the user's cache folder, and use what earlier processes have kept.",
    )
    tiers = Choice(
        "WHITEHOT_TIERS",
        default="both",
        words=("both", "baseline", "optimizing"),
        help="Which native code there is: baseline code first and optimized code for what is white-hot (both), or only one of these.",
    )
    call_threshold = Number(
        "WHITEHOT_CALL_THRESHOLD",
        default=200,
        low=1,
        high=2**31 - 1,
        help="Calls of a function before it is compiled (unless set, 1000 where there is optimized code only).",
    )
    loop_threshold = Number(
        "WHITEHOT_LOOP_THRESHOLD",
        default=400,
        low=1,
        high=2**31 - 1,
        help="Jumps back to the head of a loop before it is compiled (unless set, 1000 where there is optimized code only).",
    )
    optimize_after = Number(
        "WHITEHOT_OPTIMIZE_AFTER",
        default=1_000_000,
        low=1,
        high=2**31 - 1,
        help="Rounds of loops and calls, large ones counting more, that baseline code does before it is to be optimized.",
    )
    compile_share = Number(
        "WHITEHOT_COMPILE_SHARE",
        default=40,
        low=1,
        high=100,
        help="Most of a program's processor time, in percent, that goes into optimized code; into baseline code twice as much.",
    )
    load_after = Number(
        "WHITEHOT_LOAD_AFTER",
        default=30,
        low=0,
        high=2**31 - 1,
        help="Milliseconds of processor time before the compiler may be loaded; 0: at the first hot code, whatever else the program does.",
    )
    max_recompiles = Number(
        "WHITEHOT_MAX_RECOMPILES",
        default=4,
        low=0,
        high=1000,
        help="Times that code is compiled anew before it is left to the interpreter.",
    )
    exit_limit = Number(
        "WHITEHOT_EXIT_LIMIT",
        default=50,
        low=1,
        high=2**31 - 1,
        help="Failures of one guard before its code is thrown away and compiled anew.",
    )
    max_code = Number(
        "WHITEHOT_MAX_CODE",
        default=2000,
        low=1,
        high=1_000_000,
        help="Most bytecode instructions compiled as one unit; larger code is left to the interpreter.",
    )
    inline_limit = Number(
        "WHITEHOT_INLINE_LIMIT",
        default=60,
        low=0,
        high=1_000_000,
        help="Most bytecode instructions of a function that is copied into its caller.",
    )
    memory_limit = Number(
        "WHITEHOT_MEMORY_LIMIT",
        default=64,
        low=1,
        high=1024,
        help="Most memory for native code, in MiB; beyond it, what is entered least often is discarded.",
    )
    perf_map = Switch(
        "WHITEHOT_PERF_MAP", default=False, help="Write /tmp/perf-PID.map, which names native code for `perf`."
    )
    opt_level = Number("WHITEHOT_OPT_LEVEL", default=2, low=0, high=3, help="LLVM's optimization level.")

    def __init__(self, **changes: object) -> None:
        values = {entry.name: entry.default for entry in entries()}
        unknown = changes.keys() - values.keys()
        if unknown:
            raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
        self.values = values | changes

    def replace(self, **changes: object) -> Settings:
        """A copy with some values changed; TypeError for a name that is no setting."""
        return Settings(**dict(self.values, **changes))

    def __eq__(self, other: object) -> bool:
        return self.values == other.values if isinstance(other, Settings) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.values.items()))

    def __repr__(self) -> str:
        changed = (f"{entry.name}={self.values[entry.name]!r}" for entry in entries() if entry.is_changed(self))
        return f"Settings({', '.join(changed)})"


def entries() -> Iterator[Entry]:
    """Every setting, in the order of declaration."""
    return (entry for entry in vars(Settings).values() if isinstance(entry, Entry))


def complain(text: str) -> None:
    """Print one line to standard error, where there is one."""
    if sys.stderr is not None:
        print(f"whitehot: {text}", file=sys.stderr)


def read(
    environment: Mapping[str, str],
    options: Mapping[str, str | bool] | None = None,
    *,
    ignore_environment: bool = False,
    warn: Callable[[str], None] = complain,
) -> Settings:
    """The settings that an environment and Python's `-X` options ask for.

    Args:
        environment: variables by name, as `os.environ`.
        options: values by `-X` name, as `sys._xoptions`; True for an option without a value.
        ignore_environment: as under `python -E`; `WHITEHOT=0` is heeded all the same.
        warn: called with one line of text for each value that cannot be read.
    """
    found: dict[str, object] = {}
    for entry in entries():
        text, source = _written(entry, environment, options or {}, ignore_environment)
        if not text:
            continue
        try:
            found[entry.name] = entry.parse(text)
        except ValueError as error:
            default = entry.show(entry.default) or "nothing"
            warn(f"{source}={text!r} should be {error}; using {default}")
    return Settings(**found)


def _written(
    entry: Entry, environment: Mapping[str, str], options: Mapping[str, str | bool], ignore_environment: bool
) -> tuple[str, str]:
    """What was written for a setting ("" for nothing) and under which name."""
    variable = environment.get(entry.variable, "").strip()
    if isinstance(entry, Permission) and variable.lower() in _OFF:
        return variable, entry.variable
    option = options.get(entry.option, "")
    if option:
        return ("1" if option is True else str(option).strip()), f"-X {entry.option}"
    return ("" if ignore_environment else variable), entry.variable


_current: Settings | None = None


def current() -> Settings:
    """This process's settings, read when first asked for and never again."""
    global _current
    if _current is None:
        options: Mapping[str, str | bool] = getattr(sys, "_xoptions", {})
        _current = read(os.environ, options, ignore_environment=bool(sys.flags.ignore_environment))
    return _current
