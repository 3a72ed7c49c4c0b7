"""Runs passes: times, counts, dumps and checks, so that no pass has to.

A pass is a function that changes an IR function in place and says how many changes it made. A pipeline is a tuple of
passes; the ones in use stand in `whitehot.passes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from time import perf_counter

from whitehot.passes.patterns import firings
from whitehot.record import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.graph import Function

type Pass = Callable[[Function], int]


@dataclass(frozen=True, slots=True)
class Step:
    """One run of one pass; `seconds` do not include checking and dumping."""

    name: str
    changes: int
    seconds: float


@dataclass(slots=True)
class Report:
    """What a pipeline did to a function. `rules` counts the rewrite rules that fired."""

    steps: list[Step] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)

    @property
    def seconds(self) -> float:
        """The time of all passes."""
        return sum(step.seconds for step in self.steps)

    @property
    def changes(self) -> int:
        """The changes of all passes."""
        return sum(step.changes for step in self.steps)


def run(
    function: Function,
    pipeline: tuple[Pass, ...],
    *,
    verify: bool = False,
    dump: Callable[[str, Function], None] | None = None,
) -> Report:
    """Run the passes of `pipeline` over `function` in order.

    `verify` checks the function before the first pass and after each (IRError names the pass). `dump` is called with each
    pass's name and the function as the pass left it.
    """
    report = Report()
    if verify:
        _check(function, "building")
    for step in pipeline:
        name = step.__name__
        before = dict(firings)
        start = perf_counter()
        changes = step(function)
        report.steps.append(Step(name, changes, perf_counter() - start))
        if firings != before:
            report.rules.update(firings - Counter(before))
        if dump is not None:
            dump(name, function)
        if verify:
            _check(function, name)
    return report


def _check(function: Function, name: str) -> None:
    from whitehot.ir.checker import IRError, check

    try:
        check(function)
    except IRError as error:
        raise IRError(f"after {name}: {error}") from error
