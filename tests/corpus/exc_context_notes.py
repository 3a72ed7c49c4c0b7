"""__context__, __cause__, __suppress_context__, notes and tracebacks of exceptions raised in hot handlers.

Breaks the chaining of exceptions raised while another is being handled.
"""

import traceback


class Custom(Exception):
    def __init__(self, code, **details):
        super().__init__(code)
        self.code = code
        self.details = details

    def __str__(self):
        return f"custom {self.code} {self.details}"


def chain(i):
    try:
        try:
            1 // (i % 3)
        except ZeroDivisionError:
            [].pop(i)
    except IndexError as error:
        error.add_note(f"note {i}")
        error.add_note("second\nline")
        raise Custom(i, reason="chained") from (error if i % 2 else None)
    return i


def describe(error):
    out = []
    while error is not None:
        depth = 0
        entry = error.__traceback__
        while entry is not None:
            depth += 1
            entry = entry.tb_next
        out.append((type(error).__name__, error.__suppress_context__, getattr(error, "__notes__", None), depth))
        error = error.__cause__ or error.__context__
    return out


def same_object(count):
    """One exception object raised again and again collects traceback entries."""
    stored = ValueError("stored")
    for i in range(count):
        try:
            raise stored
        except ValueError as error:
            entry, depth = error.__traceback__, 0
            while entry:
                entry, depth = entry.tb_next, depth + 1
    return depth, stored.__context__


def nested_handlers(count):
    for i in range(count):
        try:
            raise KeyError(i)
        except KeyError:
            try:
                raise ValueError(i)
            except ValueError as inner:
                last = type(inner.__context__).__name__, inner.__context__.args
    return last


results = []
for i in range(99):
    try:
        chain(i)
    except Custom as error:
        results.append(describe(error))
        text = traceback.format_exc()
print(len(results), results[-2:], same_object(60), nested_handlers(60))
print(text)
for raised in (ValueError, ValueError("instance"), KeyError("key"), Custom(3), "no exception", 5, int):
    try:
        for i in range(30):
            try:
                raise raised if i == 29 else ValueError
            except ValueError:
                if i == 29:
                    raise
    except BaseException:
        print(traceback.format_exc())
