"""The passes, and the pipelines that are run: visible tuples of functions.

To add a pass, write a file with a function that takes a `Function`, changes it in place and returns the number of changes, and
put it in a tuple here.
"""

from whitehot.passes.counters import count_work
from whitehot.passes.dead_code import dead_code
from whitehot.passes.fold import fold
from whitehot.passes.frame_sync import synchronize_frame
from whitehot.passes.gvn import value_numbering
from whitehot.passes.licm import hoist, hoist_unguarded
from whitehot.passes.lists import open_lists, store_floats
from whitehot.passes.references import count_references
from whitehot.passes.runner import Pass, Report, Step, run
from whitehot.passes.safepoints import space_safepoints

__all__ = [
    "BASELINE", "FINISHING", "OPTIMIZING", "Pass", "Report", "Step", "cautious", "count_work", "dead_code", "fold", "hoist", "hoist_unguarded", "open_lists",
    "run", "space_safepoints", "store_floats", "value_numbering",
]  # fmt: skip

#: For code that has to be ready soon. Value numbering takes longer than all of these, and baseline code is as fast without it:
#: the builder has seen to guards within a path already.
BASELINE: tuple[Pass, ...] = (store_floats, fold, hoist, dead_code, count_work)

#: For white-hot code. Folding again after hoisting finds what value numbering has made known.
OPTIMIZING: tuple[Pass, ...] = (open_lists, fold, value_numbering, hoist, fold, dead_code, space_safepoints)

#: Always last: what makes frames and reference counts right.
FINISHING: tuple[Pass, ...] = (synchronize_frame, count_references)


def cautious(pipeline: tuple[Pass, ...]) -> tuple[Pass, ...]:
    """The pipeline for code whose hoisted guards have failed: guards stay where the program has them."""
    return tuple(hoist_unguarded if step is hoist else step for step in pipeline)
