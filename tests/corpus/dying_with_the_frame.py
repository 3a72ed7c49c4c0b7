"""Locals that die as a function returns: who sees it, in which order, and what the stack looks like then.

Breaks native code that lets go of a local before its frame is off the thread, in another order than the interpreter, or
twice because the frame's slot has it as well.
"""

import sys
import weakref


class Loud:
    """Tells when it dies, and which frames it sees."""

    log: list = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        frame = sys._getframe(1)
        Loud.log.append((self.name, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))


def take_log():
    log, Loud.log = Loud.log, []
    return log


def make(name):
    return Loud(name)


def three(i):
    first = make(f"first {i}")
    second = [make(f"second {i}")]
    third = {"key": make(f"third {i}")}
    total = len(second) + len(third)
    return first.name, total


def rebound(i):
    one = make(f"one {i}")
    two = one
    one = make(f"other {i}")
    return two is one


def returned(i):
    keep = make(f"kept {i}")
    gone = [make(f"gone {i}"), keep]
    return keep if gone else None


def in_argument(box):
    box = [make("argument"), box]
    return len(box)


def only_sometimes(i):
    if i % 3 == 0:
        late = make(f"late {i}")
    value = len(str(i))
    if i % 3 == 1:
        late = [make(f"later {i}")]
    return value


def referenced(i):
    node = make(f"node {i}")
    reference = weakref.ref(node, lambda reference: Loud.log.append("callback"))
    return (reference() is node, reference)


def raises_as_it_dies(i):
    class Bad:
        def __del__(self):
            raise ValueError(f"bad {i}")

    bad = Bad()
    return len([bad])


def large(i):
    row = [True] * (1000 + i)
    row[3] = False
    again = [value for value in row if value]
    names = [str(number) for number in range(50)]
    return len(again) + len(names)


def slots_are_used(i):
    # A call looks at the frame, so that its slots hold the locals when they die.
    node = make(f"seen {i}")
    row = [node]
    seen = sorted(sys._getframe().f_locals)
    del node
    return seen, len(row)


class Keeper:
    """As it dies, it looks whether another object does so too."""

    __slots__ = ("__weakref__", "kept")

    def __del__(self):
        reference = weakref.ref(self.kept)
        self.kept = None
        Loud.log.append(("kept", reference() is not None))


def two_of_them(items):
    keeper = Keeper()
    keeper.kept = make("of two")
    items.append(keeper)
    items.append(keeper.kept)


def referred_to_by_another(i):
    items = []
    two_of_them(items)
    one = items.pop()
    keeper = items.pop()
    return one is keeper.kept, i


def referred_to_by_a_list(i):
    items = []
    two_of_them(items)
    one = items.pop()
    both = [items.pop(), one]
    return len(both)


def found_in_a_list(i):
    second = None
    items = [make("first"), make("second"), make("third")]
    second = items[1]
    return len(items)


def look():
    return len(sys._getframe(1).f_locals)


def tuple_left(i):
    both = (make("in a tuple"), i)
    after = make("after the tuple")
    return look()


def tuples_left(i):
    one, other = make("one"), make("other")
    both = (one, (other, one), i)
    one = other = None
    after = make("after the tuples")
    return look()


def tuple_alone(i):
    both = (make("alone in a tuple"), i)
    return i + 1


def tuple_shared(i):
    one = make("shared")
    both = (one, i)
    again = (both, one)
    return look()


def zip_left(i):
    pairs = zip([make("in a zip")], [i])
    after = make("after the zip")
    return look()


def enumerate_left(i):
    counted = enumerate([make("in an enumerate")])
    after = make("after the enumerate")
    return look()


def iterator_left(i):
    items = iter([make("in a list"), make("in the same list")])
    after = make("after the list")
    for item in items:
        break
    return look()


def tuple_in_a_loop(i):
    for k in range(5):
        both = (make(f"in round {k}"), k)
    return look()


FUNCTIONS = (
    three, rebound, returned, only_sometimes, referenced, raises_as_it_dies, slots_are_used, referred_to_by_another,
    referred_to_by_a_list, found_in_a_list, tuple_left, tuples_left, tuple_alone, tuple_shared, zip_left, enumerate_left,
    iterator_left, tuple_in_a_loop,
)  # fmt: skip


def main():
    unraisable = []
    sys.unraisablehook = lambda details: unraisable.append(str(details.exc_value))
    total = 0
    for function in FUNCTIONS:
        for i in range(150):
            result = function(i)
            log = take_log()
            if i in (0, 1, 2, 70, 148, 149):
                if function is referenced:
                    result = result[0], result[1]() is None
                elif function is returned:
                    result = result.name
                print(function.__name__, i, result, log)
            total += len(log)
    for i in range(150):
        total += in_argument([i])
        total += large(i)
    print(total, len(take_log()), len(unraisable), unraisable[-1])


main()
