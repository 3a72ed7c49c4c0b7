"""inspect.stack, traceback.extract_stack, logging and warnings.warn(stacklevel) from hot code.

Breaks modules that find out who called them: missing or additional frames, wrong lines.
"""

import inspect
import io
import logging
import traceback
import warnings


def deprecated(level):
    warnings.warn(f"level {level}", DeprecationWarning, stacklevel=level)


def middle(level):
    deprecated(level)


def warn_loop(count, level):
    for i in range(count):
        if i == count - 3:
            deprecated(level)
        if i == count - 2:
            middle(level)
    return i


def stack_loop(count):
    names = None
    for i in range(count):
        if i == 70:
            names = helper()
    return names


def helper():
    return [(entry.function, entry.lineno) for entry in inspect.stack(0)], [
        (entry.name, entry.lineno, entry.line) for entry in traceback.extract_stack()
    ]


def log_loop(count):
    for i in range(count):
        if i % 40 == 39:
            log.info("turn %d", i)


def signature_loop(count):
    for _ in range(count):
        frame = inspect.currentframe()
        values = inspect.getargvalues(frame)
    return values.args, values.locals["count"], inspect.getframeinfo(frame).function


stream = io.StringIO()
handler = logging.StreamHandler(stream)
handler.setFormatter(logging.Formatter("%(funcName)s:%(lineno)d %(message)s"))
log = logging.getLogger("corpus")
log.addHandler(handler)
log.setLevel(logging.INFO)
for level in (1, 2, 3, 4, 9):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        warn_loop(60, level)
    print([(str(item.message), item.lineno, item.filename.rpartition("/")[2]) for item in seen])
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("default")
    for _ in range(20):
        warn_loop(20, 2)
print(len(seen), [item.lineno for item in seen])
print(stack_loop(100))
log_loop(100)
print(stream.getvalue(), signature_loop(30))
