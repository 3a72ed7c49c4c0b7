"""sys.exception(), sys.exc_info() and bare raise in callees of hot handlers, and in generators.

Breaks the per-thread stack of handled exceptions when compiled code enters and leaves handlers.
"""

import sys
import traceback


def current():
    error = sys.exception()
    return None if error is None else error.args


def again():
    raise


def loop(count):
    out = []
    for i in range(count):
        out.append(current())
        try:
            raise ValueError(i)
        except ValueError:
            out.append(current())
            try:
                raise KeyError(-i)
            except KeyError:
                out.append(current())
            out.append(current())
        out.append(current())
    return out[-5:]


def bare(count):
    caught = 0
    for i in range(count):
        try:
            try:
                raise ValueError(i)
            except ValueError:
                again()
        except ValueError as error:
            caught += error.args[0]
    return caught


def generator():
    try:
        yield current()
        raise OSError("in generator")
    except OSError:
        yield current()
    yield current()


def with_generator(count):
    for i in range(count):
        try:
            raise ValueError(i)
        except ValueError:
            seen = list(generator())
    return seen, current()


def suppressed(count):
    for i in range(count):
        try:
            raise ValueError(i)
        except ValueError as error:
            kept = error
    return kept.args, kept.__context__, sys.exc_info()


print(loop(60), bare(60), with_generator(40), suppressed(60))
try:
    for i in range(30):
        if i == 29:
            again()
except RuntimeError:
    print(traceback.format_exc())
