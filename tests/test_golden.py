"""The reader and updater of golden Markdown files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.golden import matches, sections

TEXT = """# Title

## `one`

Why.

```ir
# not a heading
```

```ir after=fold
x
```

## two

```python
pass
```

```ir after=fold
x
```
"""


def test_sections_and_updates(tmp_path: Path) -> None:
    """An update changes the block under its own heading only."""
    path = tmp_path / "some.md"
    path.write_text(TEXT)
    one, two = sections(path)
    assert (one.name, two.name) == ("one", "two")
    assert one.input() == "# not a heading\n"
    assert two.input("python") == "pass\n"
    (block,) = two.outputs()
    assert block.words == {"after": "fold"}
    two.compare(block, "x\n", update=False)
    with pytest.raises(AssertionError, match=r"(?s)some.md: two: ir after=fold.*-x\n\+y"):
        two.compare(block, "y\n", update=False)
    two.compare(block, "y\n", update=True)
    first, second = sections(path)
    assert first.outputs()[0].text == "x\n"
    assert second.outputs()[0].text == "y\n"


def test_dots_match_any_lines() -> None:
    """None, one or several; everything else is literal."""
    assert matches("a\n...\nb\n", "a\nb\n")
    assert matches("a\n  ...\nb\n", "a\n1 +\n2\nb\n")
    assert not matches("a\n...\nb\n", "a\nb\nc\n")
    assert not matches("a.\n", "ab\n")
