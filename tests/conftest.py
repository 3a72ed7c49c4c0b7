"""Options of the whole test suite."""

from __future__ import annotations

import os
import signal

import pytest

# What is compiled in the tests shall be compiled there, not in an earlier run.
os.environ["WHITEHOT_KEEP_UNITS"] = "0"

# A shell has what it starts in the background ignore Ctrl-C, and programs inherit that; those of the tests that send it to themselves would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expected blocks of golden Markdown tests")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether expected output is to be rewritten."""
    return bool(request.config.getoption("--update"))
