"""How long the program is in native code of each tier, found by looking every few milliseconds. Runs only where statistics are asked for.

A thread without the GIL reads the words in which units count who is inside (`whitehot_sample` in native_enter.py), and comes back to Python
a few times a second for the list of units. What that can tell: that some thread is in a unit of a tier, or in something called from there;
baseline code calls optimized code and the other way round, and is then counted as both. What it cannot: which thread it is, and whether
a unit computes itself or waits for what it called, the rest of a call that it left to the interpreter included. Units are seen from
a fifth of a second after they were installed.
"""

from __future__ import annotations

import _thread
import ctypes
import time

from whitehot.cpython import prototypes, symbols
from whitehot.runtime.inventory import Inventory
from whitehot.runtime.native import Native
from whitehot.runtime.units import InstalledUnit
from whitehot.runtime.worker import wait_until_gone
from whitehot.tiers import Tier

#: Microseconds between two looks, and looks between two lists of units.
_INTERVAL, _LOOKS = 4000, 50

#: Seconds that the end of the program, or `fork`, waits for the thread at most.
_LONGEST_STOP = 1.0

_BITS = {Tier.BASELINE: 1, Tier.OPTIMIZING: 2}


class Sampler:
    """The thread and what it found: `seconds[bits]`, by the bits of the tiers that somebody was in."""

    def __init__(self, native: Native, inventory: Inventory) -> None:
        self._inventory = inventory
        self._prepare = prototypes.function(None)(native.address("whitehot_own_thread"))
        prototype = ctypes.CFUNCTYPE(  # it lets go of the GIL
            ctypes.c_int64,
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_int64,
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_void_p,
        )
        self._sample = prototype(native.address("whitehot_sample"))
        self._counts = prototypes.signed_words(5)()
        self._units: list[InstalledUnit] = []
        self._running = False
        self._native_id = 0
        self.seconds = [0.0] * 4

    def reads(self, unit: InstalledUnit) -> bool:
        """Whether the thread may be reading a unit's memory."""
        return unit in self._units

    def start(self) -> None:
        """Begin, where the system has what is needed."""
        if symbols.is_present("usleep") and not self._running:
            self._counts[4] = 0
            self._running = True
            _thread.start_new_thread(self._run, ())

    def stop(self) -> None:
        """Let the thread end and wait for it."""
        self._counts[4] = 1
        deadline = time.monotonic() + _LONGEST_STOP
        while self._running and time.monotonic() < deadline:
            time.sleep(0.0005)
        wait_until_gone(self._native_id)

    def begin_anew(self) -> None:
        """In a forked child: what the parent did does not count."""
        self.seconds = [0.0] * 4
        self.start()

    def in_tier(self, tier: Tier) -> float:
        """Seconds in native code of a tier."""
        return sum(seconds for bits, seconds in enumerate(self.seconds) if bits & _BITS[tier])

    def _run(self) -> None:
        self._prepare()
        self._native_id = _thread.get_native_id()
        try:
            while not self._counts[4]:
                self._look()
        finally:
            self._running = False

    def _look(self) -> None:
        units = self._units = list(self._inventory.units)
        words = [word for unit in units for word in (ctypes.addressof(unit.active), _BITS[unit.tier])]
        rows = prototypes.signed_words(max(1, len(words)))(*words)
        started = time.perf_counter()
        looks = self._sample(rows, len(units), _LOOKS, symbols.address_of("usleep"), _INTERVAL, self._counts)
        passed = time.perf_counter() - started
        self._units = []
        for bits in range(4):
            self.seconds[bits] += passed * self._counts[bits] / max(1, looks)
            self._counts[bits] = 0
