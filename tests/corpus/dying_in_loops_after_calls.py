"""Objects that die in a loop after calls that some paths made: their slots may hold them, or nothing.

Breaks native code that leaves a reference in the real frame where it is not sure what a variable's slot holds, so that an object outlives its variable; and
code that clears a slot too early.
"""

import sys
import weakref


class Loud:
    log: list = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Loud.log.append(self.name)


def take_log():
    log, Loud.log = Loud.log, []
    return log


def seen(depth=1):
    """Looks at the caller's variables, which makes them be in their slots; native code is left after that."""
    return sorted(sys._getframe(depth).f_locals)


TABLE = {}


def quiet():
    """Might look at them: they have to be in their slots, and native code goes on."""
    return TABLE.get(3, 1)


def sometimes_stored(rows, n):
    """The slot of `held` holds it if the call was made."""
    total = 0
    for i in range(n):
        held = Loud(("held", i))
        if i % 3 == 0:
            total += len(seen())
        for k in range(4):
            row = rows[k]
            total += row[k]
            if k == 1:
                held = None
                total += 1000 * len(take_log())
    return total


def passed_on(n):
    """What a slot holds goes on under another name, and dies as that."""
    count = 0
    current = [Loud("first")]
    previous = None
    for i in range(n):
        if i % 4 == 1:
            count += len(seen())
        previous, current = current, [Loud(i)]
        for _ in range(3):
            count += len(previous)
        previous = None
        count += 1000 * len(Loud.log)
    return count


def swapped(n):
    one, other = [Loud("one")], [Loud("other")]
    found = 0
    for i in range(n):
        if i % 5 == 2:
            found += len(seen())
        one, other = other, one
        for k in range(3):
            found += k * len(one)
            if i % 7 == 3 and k == 1:
                one = [Loud(i)]
                found += 1000 * len(Loud.log)
    return found


def watched(rows, n):
    """A weak reference tells at once whether the object has gone."""
    alive = 0
    for i in range(n):
        held = Loud(i)
        reference = weakref.ref(held)
        if i % 2:
            seen()
        for k in range(3):
            alive += rows[k][k] * (reference() is not None)
            if k == 0:
                held = 7
    return alive


# --- tuples that native code takes apart: a slot holds the tuple, and what dies is what is in it ---


def tuple_in_slot(n, log):
    """Nothing is called between the death and the look at the log."""
    count = 0
    for i in range(n):
        pair = (Loud(i), i)
        count += quiet()
        pair = i
        count += 1000 * len(log)
        for k in range(20):
            count += k
    return count


def tuple_sometimes_in_slot(n, log):
    count = 0
    for i in range(n):
        pair = (Loud(i), i)
        if i % 3 == 0:
            count += quiet()
        pair = i
        count += 1000 * len(log)
        for k in range(20):
            count += k
    return count


def tuple_used_in_loop(n, log):
    count = 0
    for i in range(n):
        pair = ((Loud(i), 1), i)
        if i % 3 == 0:
            count += quiet()
        for k in range(3):
            count += pair[1] + k
        pair = i
        for k in range(3):
            count += k
            count += 1000 * len(log)
    return count


def two_in_tuple(n, log):
    """Both die, one after the other."""
    count = 0
    for i in range(n):
        pair = (Loud(i), Loud(-i), i)
        if i % 2 == 0:
            count += quiet()
        pair = None
        count += 1000 * len(log) + (log[-1] if log else 0)
        for k in range(20):
            count += k
    return count


def sometimes_quiet(rows, n, log):
    """As `sometimes_stored`."""
    total = 0
    for i in range(n):
        held = Loud(i)
        if i % 3 == 0:
            total += quiet()
        for k in range(4):
            row = rows[k]
            total += row[k]
            if k == 1:
                held = None
                total += 1000 * len(log)
    return total


def main():
    rows = [[1, 2, 3, 4] for _ in range(4)]
    for _ in range(6):
        print(sometimes_stored(rows, 40), take_log())
        print(passed_on(30), take_log())
        print(swapped(40), take_log())
        print(watched(rows, 40), take_log())
    for function in tuple_in_slot, tuple_sometimes_in_slot, tuple_used_in_loop, two_in_tuple:
        for n in (50, 50, 50, 50, 1500):
            Loud.log = []
            print(function.__name__, function(n, Loud.log), len(Loud.log))
    for n in (50, 50, 50, 50, 1500):
        Loud.log = []
        print(sometimes_quiet(rows, n, Loud.log), len(Loud.log))
    take_log()
    print(sometimes_stored(rows, 2000), passed_on(2000), len(take_log()), swapped(2000), len(take_log()), watched(rows, 2000))


main()
