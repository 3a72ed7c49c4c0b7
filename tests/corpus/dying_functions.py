"""Functions and classes that are made anew and die while native code of theirs is at hand, also with what their defaults hold.

Breaks units that keep alive the function that they were compiled for, and frames made on leaving that belong to an earlier one.
"""

import gc
import weakref


class Loud:
    log: list = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Loud.log.append(self.name)


def lambdas(n):
    gone = []
    for i in range(n):
        f = lambda a, b=Loud(i): a + 1
        gone.append(weakref.ref(f))
        total = 0
        for k in range(20):
            total += f(k)
        del f
        assert gone[-1]() is None, i
    log, Loud.log = Loud.log, []
    return log == list(range(n)), total


def functions(n):
    gone = []
    for i in range(n):

        def summed(items, start=Loud(i)):
            total = start.name
            for item in items:
                total += item & 7
            return total

        found = [summed(range(30)), summed([1, 2, 3]), summed((1, 2, True))]
        try:
            summed([1, 2, "x"])
        except TypeError as error:
            text, frame = str(error), error.__traceback__.tb_next.tb_frame
            found += [text, frame.f_locals["total"], frame.f_locals["start"].name]
            del error, frame
        gone.append(weakref.ref(summed))
        del summed
        assert gone[-1]() is None, i
    log, Loud.log = Loud.log, []
    return log == list(range(n)), found


def classes(n):
    gone = []
    for i in range(n):

        class Counter:
            step = 1 + i % 3

            def __add__(self, other):
                return other + 1

            def __len__(self):
                return 3

            def low(self, value):
                return value & 3

        counter, total = Counter(), 0
        for k in range(40):
            total += counter.low(k) + len(counter) + (counter + k) + Counter.step
        gone += [weakref.ref(Counter), weakref.ref(counter), weakref.ref(Counter.low)]
        del counter, Counter
        gc.collect()
        assert [reference() for reference in gone[-3:]] == [None] * 3, i
    return total


for _ in range(3):
    print(lambdas(60))
    print(functions(60))
    print(classes(30))
