"""Golden tests in Markdown: a heading names the test, a sentence says why, fenced blocks are input and expected output.

    ## `int_add_zero`

    Adding nothing.

    ```ir
    func f(%0: i64) -> i64 {
    ...
    ```

    ```ir after=fold
    func f(%0: i64) -> i64 {
    ...
    ```

Blocks have a language and words like `after=fold`. `sections` reads a file; a test makes the text of each output block and
hands it to `Section.compare`, which fails with a difference, or rewrites the block where pytest runs with `--update`. In
an expected block a line `...` matches any lines.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(?P<head>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(?P<name>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its words `name=value`, its text."""

    head: str
    text: str

    @property
    def language(self) -> str:
        return self.head.split()[0]

    @property
    def words(self) -> dict[str, str]:
        """`after=fold` as {"after": "fold"}."""
        return dict(word.split("=", 1) for word in self.head.split()[1:])


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading, if there are blocks."""

    path: Path
    name: str
    blocks: tuple[Block, ...]

    def input(self, language: str = "ir") -> str:
        """The text of the first block of this language."""
        return next(block.text for block in self.blocks if block.language == language and not block.words)

    def outputs(self) -> tuple[Block, ...]:
        """The blocks that say what they come after."""
        return tuple(block for block in self.blocks if "after" in block.words)

    def compare(self, block: Block, actual: str, *, update: bool) -> None:
        """Fail unless `actual` is what the block says; with `update`, make the block say it."""
        if matches(block.text, actual):
            return
        if update:
            self._rewrite(block, actual)
            return
        lines = difflib.unified_diff(
            block.text.splitlines(), actual.splitlines(), "expected", "actual", lineterm="", n=30
        )
        raise AssertionError(f"{self.path.name}: {self.name}: {block.head}\n" + "\n".join(lines))

    def _rewrite(self, block: Block, actual: str) -> None:
        text = self.path.read_text()
        start = next(match.start() for match in _HEADING.finditer(text) if _plain(match["name"]) == self.name)
        old = f"```{block.head}\n{block.text}```"
        position = text.index(old, start)
        self.path.write_text(text[:position] + f"```{block.head}\n{actual}```" + text[position + len(old) :])


def sections(path: Path) -> list[Section]:
    """The sections of a Markdown file that hold blocks."""
    text = path.read_text()
    fences = list(_FENCE.finditer(text))
    inside = [range(fence.start(), fence.end()) for fence in fences]
    headings = [match for match in _HEADING.finditer(text) if not any(match.start() in span for span in inside)]
    found = []
    for number, heading in enumerate(headings):
        end = headings[number + 1].start() if number + 1 < len(headings) else len(text)
        blocks = tuple(Block(fence["head"], fence["body"]) for fence in fences if heading.end() <= fence.start() < end)
        if blocks:
            found.append(Section(path, _plain(heading["name"]), blocks))
    return found


def matches(expected: str, actual: str) -> bool:
    """Whether the texts are equal, where a line `...` of `expected` stands for any lines."""
    parts = [re.escape(part) for part in re.split(r"^[ ]*\.\.\.\n", expected, flags=re.MULTILINE)]
    return re.fullmatch(r"(?:.*\n)*?".join(parts), actual) is not None


def _plain(heading: str) -> str:
    return heading.replace("`", "").strip()
