"""with statements in hot loops: exits on every path, suppressed exceptions, several managers, contextlib.

Breaks the call of __exit__ with the right arguments, exactly once, on break, continue, return and raise.
"""

import contextlib
import io
import traceback


class Manager:
    def __init__(self, name, suppress=False):
        self.name = name
        self.suppress = suppress

    def __enter__(self):
        log.append(f"+{self.name}")
        return self

    def __exit__(self, kind, error, trace):
        log.append(f"-{self.name}{'' if kind is None else kind.__name__}{'' if trace is None else trace.tb_lineno}")
        return self.suppress


@contextlib.contextmanager
def generated(name):
    log.append(f"({name}")
    try:
        yield name
    finally:
        log.append(f"{name})")


def paths(count):
    for i in range(count):
        with Manager("a") as a, Manager("b", suppress=True):
            if i % 5 == 0:
                continue
            if i % 5 == 1:
                1 // 0
            if i == count - 4:
                break
            if i % 5 == 2:
                with generated("g"):
                    log.append(a.name)
    return i


def returns(count):
    for i in range(count):
        with Manager("r"):
            if i == count - 2:
                return i


def unsuppressed(count):
    for i in range(count):
        with Manager("u"):
            [0] * 50 if i < 60 else 1 // (60 - i)


def redirected(count):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(KeyError):
        for i in range(count):
            if i % 30 == 0:
                print(i)
        {}["missing"]
    return out.getvalue().split()


def stacked(count):
    with contextlib.ExitStack() as stack:
        for i in range(count):
            stack.callback(log.append, i)
    return log[-3:]


log = []
for function in (paths, returns):
    for _ in range(3):
        log.clear()
        result = function(60)
    print(function.__name__, result, len(log), log[-12:])
log.clear()
try:
    unsuppressed(100)
except ZeroDivisionError:
    print(len(log), log[-2:], traceback.format_exc())
print(redirected(100), stacked(50))
for bad in (5, None, Manager):
    try:
        for i in range(20):
            with Manager("x") if i < 19 else bad:
                pass
    except TypeError:
        print(traceback.format_exc())
