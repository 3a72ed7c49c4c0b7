"""What `whitehot.stats()` says: what was compiled, entered, left, refused and thrown away, in all and for each tier."""

from __future__ import annotations

from collections import Counter

from whitehot.tiers import Tier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.runtime.engine import Engine


class Work:
    """What the compiler did for one tier."""

    def __init__(self) -> None:
        self.compiled = 0
        #: Units that an earlier process had compiled.
        self.kept = 0
        #: Seconds that passed in each stage.
        self.seconds: Counter[str] = Counter()

    def add(self, seconds: dict[str, float]) -> None:
        """A unit was compiled."""
        self.compiled += 1
        self.seconds.update(seconds)


def collect(engine: Engine) -> dict[str, object]:
    """All counts of a process, as plain data."""
    inventory, workers = engine.inventory, engine.workers.values()
    units = list(inventory.units)
    exits: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for tier in Tier:
        exits.update(_exits(engine, tier))
        seconds.update(engine.work[tier].seconds)
    return {
        "compiled_units": sum(work.compiled for work in engine.work.values()),
        "kept_units": sum(work.kept for work in engine.work.values()),
        "installed_units": len(units),
        "entered": sum(_entered(engine, tier) for tier in Tier),
        "code_bytes": sum(unit.size for unit in units),
        "discarded_code_bytes": inventory.retirement.size,
        "compile_seconds": _rounded(seconds),
        "background_seconds": round(sum(worker.seconds for worker in workers), 6),
        "exits": dict(exits),
        "refused": dict(engine.refused),
        "discarded": dict(inventory.discarded),
        "tiers": {tier.value: _of_tier(engine, tier) for tier in Tier},
        "units": [unit.describe() for unit in units],
        "errors": list(engine.errors),
    }


def _of_tier(engine: Engine, tier: Tier) -> dict[str, object]:
    """The counts of one tier. `background_seconds` are of processor time, `waited_seconds` those that the program's threads waited for code.

    `native_seconds` are sampled (runtime/sampler.py), where that was asked for.
    """
    units = [unit for unit in list(engine.inventory.units) if unit.tier is tier]
    worker, work = engine.workers[tier], engine.work[tier]
    sampled = {} if engine.sampler is None else {"native_seconds": round(engine.sampler.in_tier(tier), 3)}
    return {
        "compiled_units": work.compiled,
        "kept_units": work.kept,
        "installed_units": len(units),
        "code_bytes": sum(unit.size for unit in units),
        "entered": _entered(engine, tier),
        **sampled,
        "background_seconds": round(worker.seconds, 6),
        "waited_seconds": round(worker.waited, 6),
        "compile_seconds": _rounded(work.seconds),
        "exits": dict(_exits(engine, tier)),
    }


def _exits(engine: Engine, tier: Tier) -> Counter[str]:
    found = Counter(engine.inventory.gone[tier].exits)
    for unit in list(engine.inventory.units):
        if unit.tier is tier:
            found.update(unit.exit_counts())
    return found


def _entered(engine: Engine, tier: Tier) -> int:
    inside = sum(unit.entered.value for unit in list(engine.inventory.units) if unit.tier is tier)
    return engine.inventory.gone[tier].entered + inside


def _rounded(seconds: Counter[str]) -> dict[str, float]:
    return {stage: round(value, 6) for stage, value in seconds.items()}
