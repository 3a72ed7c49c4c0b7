"""Passes on small functions, and what they make of them: the Markdown files beside this one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.golden import Section, sections

import whitehot.passes
from whitehot.ir.parser import parse_function
from whitehot.ir.printer import format_function
from whitehot.passes.patterns import RULES
from whitehot.passes.runner import Pass, Report, run

HERE = Path(__file__).parent
SECTIONS = [section for path in sorted(HERE.glob("*.md")) for section in sections(path)]


def _pipeline(name: str) -> tuple[Pass, ...]:
    """`fold` is a pass, `fold,dead_code` two, `OPTIMIZING` a pipeline, `cautious-OPTIMIZING` the cautious one."""
    if name.isupper():
        pipeline: tuple[Pass, ...] = getattr(whitehot.passes, name)
        return pipeline
    if name.startswith("cautious-"):
        return whitehot.passes.cautious(_pipeline(name.removeprefix("cautious-")))
    return tuple(getattr(whitehot.passes, part) for part in name.split(","))


def _after(section: Section, name: str) -> tuple[str, Report]:
    function = parse_function(section.input())
    report = run(function, _pipeline(name), verify=True)
    return format_function(function), report


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: f"{section.path.stem}-{section.name}")
def test_passes(section: Section, update: bool) -> None:
    """Each block `ir after=<passes>` is what these passes make of the section's input."""
    for block in section.outputs():
        text, report = _after(section, block.words["after"])
        section.compare(block, text, update=update)
        assert (report.changes > 0) == (text != format_function(parse_function(section.input())))


def test_each_rule_has_an_example() -> None:
    """Without one, write a section with the rule's name into rules.md, and run pytest with --update."""
    assert [section.name for section in SECTIONS if section.path.name == "rules.md"] == list(RULES)


@pytest.mark.parametrize("name", RULES)
def test_each_rule_fires(name: str) -> None:
    """In its own section of rules.md."""
    section = next(section for section in SECTIONS if section.name == name)
    assert _after(section, "fold")[1].rules[name] > 0
