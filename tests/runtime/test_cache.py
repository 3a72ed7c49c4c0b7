"""What is kept between processes is used again, and made anew when it is damaged or its key has changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from whitehot.runtime import cache


class Maker:
    """Makes data and counts how often."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> tuple[bytes, dict[str, list[str]]]:
        self.made += 1
        return b"code", {"name": ["i64"]}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    monkeypatch.setattr(cache, "folder", lambda: str(tmp_path / "a" / "b"))
    return tmp_path / "a" / "b"


def test_made_once(home: Path) -> None:
    """The second process finds what the first one made, in one file that is the user's alone."""
    make = Maker()
    assert cache.get("x", make) == cache.get("x", make) == (b"code", {"name": ["i64"]})
    assert make.made == 1
    (file,) = home.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_nobody_reads_goes(home: Path) -> None:
    """A file that was not read for a month goes when another is written; one that is read stays."""
    for name in ("read", "unread"):
        cache.get(name, Maker())
    for file in home.iterdir():
        os.utime(file, (0, 0))
    cache.get("read", Maker())
    cache.get("new", Maker())
    assert sorted(file.name.partition("-")[0] for file in home.iterdir()) == ["new", "read"]


@pytest.mark.parametrize("damage", [b"", b"abc", b"\0" * 4, b"\0" * 100])
def test_damaged(home: Path, damage: bytes) -> None:
    """A damaged file is replaced."""
    make = Maker()
    cache.get("x", make)
    (file,) = home.iterdir()
    whole = file.read_bytes()
    for bad in (damage, whole[:-1], whole[:-1] + b"?"):
        file.write_bytes(bad)
        assert cache.get("x", make)[0] == b"code"
        assert file.read_bytes() == whole
    assert make.made == 4


def test_other_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data of another key is not used, even where the file's name happens to be the same."""
    make = Maker()
    monkeypatch.setattr(cache, "crc32", lambda _: 0)
    cache.get("x", make)
    monkeypatch.setattr(cache, "key", lambda _: "another")
    cache.get("x", make)
    assert make.made == 2
    assert len(list(home.iterdir())) == 1


def test_foreign_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What belongs to another user is not read: it is code that would run here."""
    make = Maker()
    cache.get("x", make)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    cache.get("x", make)
    assert make.made == 2


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no such modes here")
@pytest.mark.parametrize(("mode", "is_read"), [(0o600, True), (0o644, True), (0o620, False), (0o606, False)])
def test_mode(home: Path, mode: int, is_read: bool) -> None:
    """What others may have written is not read either; it is replaced by a file that is the user's alone."""
    make = Maker()
    cache.get("x", make)
    (file,) = home.iterdir()
    file.chmod(mode)
    assert cache.get("x", make)[0] == b"code"
    assert make.made == (1 if is_read else 2)
    assert file.stat().st_mode & 0o777 == (mode if is_read else 0o600)


def test_no_folder(home: Path) -> None:
    """A folder that cannot be made only costs time."""
    home.parent.write_bytes(b"a file")
    make = Maker()
    cache.get("x", make)
    cache.get("x", make)
    assert make.made == 2


def test_key() -> None:
    """The key names the sources that native code is made of, and stays the same."""
    assert cache.key() == cache.key()
    for name in (
        "ir/ops/integers.py",
        "lowlevel/translator.py",
        "llvm/machine.py",
        "stencil/text.py",
        "runtime/native_leave.py",
    ):
        assert name in cache.key()
