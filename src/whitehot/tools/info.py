"""`whitehot info`: versions, what the self-test found, and every setting."""

from __future__ import annotations

import argparse
import platform
import sys
import textwrap
from importlib import metadata

import whitehot
from whitehot import settings
from whitehot.tools import startup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType


#: Columns where the output is not a terminal: room for every row on one line.
WIDTH = 200


def main(arguments: Sequence[str]) -> int:
    """Print the report; 0 when whitehot can run here, 1 when it cannot."""
    parser = argparse.ArgumentParser(prog="whitehot info", description=__doc__)
    parser.parse_args(list(arguments))
    from rich.console import Console

    console = Console(highlight=False)
    return show(console if console.is_terminal else Console(highlight=False, width=WIDTH))


def show(console: Console) -> int:
    """Print the report on a console; 0 when whitehot can run here, 1 when it cannot."""
    console.print(_versions())
    fits = _self_test(console)
    console.print()
    console.print(_settings())
    return 0 if fits else 1


def installed(package: str) -> str:
    """The installed version of a package, or "not installed"."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _versions() -> RenderableType:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    rows = {
        "whitehot": whitehot.__version__,
        "python": f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})",
        "built with": platform.python_compiler(),
        "llvmlite": installed("llvmlite"),
        "capstone": installed("capstone"),
        "platform": platform.platform(),
        "start-up file": "installed" if startup.is_installed() else "not in site-packages: WHITEHOT=1 has no effect",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _self_test(console: Console) -> bool:
    """Run the self-test and print its findings; whether all is well."""
    from rich.markup import escape
    from rich.table import Table

    obstacle = startup.obstacle()
    if obstacle:
        console.print(f"\n[red]whitehot cannot run here:[/red] {escape(obstacle)}")
        return False
    from whitehot.cpython import selftest

    findings = selftest.run()
    table = Table("fact", "", "detail", title="self-test", title_justify="left")
    for finding in findings:
        mark = "[green]ok[/green]" if finding.ok else "[red]wrong[/red]"
        # What is as it should be needs no long words.
        detail = textwrap.shorten(finding.detail, 60, placeholder=" ...") if finding.ok else finding.detail
        table.add_row(escape(finding.name), mark, escape(detail))
    console.print()
    console.print(table)
    return all(finding.ok for finding in findings)


def _settings() -> RenderableType:
    from rich.markup import escape
    from rich.table import Table

    current = settings.current()
    table = Table("setting", "value", "default", "what it does", title="settings", title_justify="left")
    for entry in settings.entries():
        value = escape(entry.show(current.values[entry.name]))
        shown = f"[bold]{value}[/bold]" if entry.is_changed(current) else value
        purpose = f"{escape(entry.help)} [dim]({escape(entry.kind)})[/dim]"
        table.add_row(entry.variable, shown, escape(entry.show(entry.default)), purpose)
    return table
