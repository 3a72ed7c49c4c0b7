"""Machine code in memory: from an object (whitehot.elf) to addresses that can be called.

    link      ObjectFile + addresses            -> LinkedImage (plain data, pure)
    ranges    which parts of a span are free    (pure)
    memory    executable memory, never writable and executable at once
    loader    all of the above: load(object, memory, resolve) -> LoadedCode
    perfmap   names for `perf report`

`memory` and `loader` alone touch the running process; everything else can be tested with made-up addresses.
"""
