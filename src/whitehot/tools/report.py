"""What `stats()` says, for people (WHITEHOT_STATS=1) and for programs (WHITEHOT_STATS_FILE=path).

The summary knows nothing of what is counted: numbers are printed one to a line, tables of counts largest
first, and a count named after a reason is explained in that reason's words. So a new count needs no change here.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from collections.abc import Mapping

from whitehot import settings
from whitehot.reasons import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LINES = 8
"""Lines printed of one table of counts."""


def summary(stats: Mapping[str, object]) -> str:
    """A short text about the counts, each line ended; plain ASCII, no colours."""
    lines = ["whitehot summary"]
    for name, value in stats.items():
        label = name.replace("_", " ")
        if isinstance(value, Mapping) and any(isinstance(part, Mapping) for part in value.values()):
            lines += _parts(label, value)
        elif isinstance(value, Mapping):
            lines += _table(label, value)
        elif isinstance(value, list | tuple | set | frozenset):
            lines.append(f"  {label}: {len(value)}")
        else:
            lines.append(f"  {label}: {_number(value)}")
    return "".join(f"{line}\n" for line in lines)


def _parts(label: str, parts: Mapping[object, object]) -> Iterator[str]:
    """The lines of counts that there are several times, for each tier: its numbers on one line, then its tables on one each; nothing for none."""
    for name, counts in parts.items():
        assert isinstance(counts, Mapping)
        numbers = {key: value for key, value in counts.items() if not isinstance(value, Mapping)}
        if not any(numbers.values()):
            continue
        yield f"  {label}, {name}: {_listed(numbers)}"
        for key, table in counts.items():
            if isinstance(table, Mapping) and table:
                rows = sorted(table.items(), key=lambda row: -row[1])
                yield f"    {str(key).replace('_', ' ')}: {_listed(dict(rows[:MOST_LINES]))}"


def _listed(counts: Mapping[object, object]) -> str:
    """Counts in a row: `units 3, bytes 1,024`."""
    return ", ".join(f"{str(name).replace('_', ' ').lower()} {_number(value)}" for name, value in counts.items())


def _table(label: str, counts: Mapping[object, object]) -> Iterator[str]:
    """The lines of one table: the largest counts, with the reasons explained; nothing for an empty table."""
    if not counts:
        return
    yield f"  {label}:"
    rows = sorted(counts.items(), key=lambda row: -row[1] if isinstance(row[1], int | float) else 0)
    for name, count in rows[:MOST_LINES]:
        yield f"    {_number(count):>10}  {_explained(str(name))}"
    if len(rows) > MOST_LINES:
        yield f"    {'':>10}  and {len(rows) - MOST_LINES} more"


def _explained(name: str) -> str:
    """A reason's name with its explanation; any other name as it is. A detail may follow a colon."""
    key, _, detail = name.partition(":")
    reason = Reason.__members__.get(key.strip().upper().replace(" ", "_"))
    if reason is None:
        return name
    return f"{reason.label}{f' ({detail.strip()})' if detail.strip() else ''}: {reason.explanation}"


def _number(value: object) -> str:
    """A count with its thousands marked, a measure with three digits after the point."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


def as_json(stats: Mapping[str, object]) -> str:
    """The counts as JSON; what JSON has no form for is written as its text."""
    return json.dumps(_plain(stats), indent=1)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key.name if isinstance(key, Reason) else str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Reason):
        return value.name
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


_registered_in: int | None = None


def print_at_exit() -> None:
    """Have this process report at exit as WHITEHOT_STATS and WHITEHOT_STATS_FILE ask; once is enough."""
    global _registered_in
    if _registered_in is None:
        _registered_in = os.getpid()
        atexit.register(_report)


def _report() -> None:
    """Write what the settings ask for; not in forked children, whose counts are not their own."""
    if os.getpid() != _registered_in:
        return
    import whitehot

    stats = whitehot.stats()
    asked = settings.current()
    if asked.stats and sys.stderr is not None:
        sys.stderr.write(summary(stats))
    if asked.stats_file:
        try:
            with open(asked.stats_file, "w", encoding="utf-8") as file:
                file.write(as_json(stats))
        except OSError as error:
            settings.complain(f"cannot write WHITEHOT_STATS_FILE: {error}")
