"""int() and float() of strings, good and bad, in a hot loop with handlers.

Breaks a fast path for int() that forgets underscores, spaces, other scripts' digits, bases, or the digit limit.
"""

import traceback

TEXTS = [
    "12",
    "-7",
    " 42 ",
    "+5",
    "1_000",
    "1__0",
    "",
    " ",
    "12a",
    "0x10",
    "٣٤",
    "9" * 30,
    "1e3",
    "nan",
    "-inf",
    "½",
    "--1",
    "1.5",
    "\n8\n",
    "0",
    "-0",
    "007",
    "_1",
    "1_",
]


def parse(texts):
    good = bad = 0
    last = None
    for text in texts:
        try:
            good += int(text)
        except ValueError as error:
            bad += 1
            last = str(error)
    return good, bad, last


def parse_float(texts):
    out = []
    for text in texts:
        try:
            out.append(float(text))
        except ValueError as error:
            out.append(str(error))
    return out


def strict(texts):
    total = 0
    for text in texts:
        total += int(text)
    return total


for _ in range(50):
    result = parse(TEXTS)
print(result)
for text in TEXTS:
    print(repr(text), parse([text]), parse_float([text]))
try:
    print(strict([str(i) for i in range(100)]))
    print(strict([str(i) if i != 80 else "8O" for i in range(100)]))
except ValueError:
    print(traceback.format_exc())
for arguments in (
    ("ff", 16),
    ("zz", 36),
    ("0b101", 0),
    ("12", 2),
    ("9", 40),
    (b"12",),
    (bytearray(b"77"),),
    (1.9,),
    (-1.9,),
    (float("nan"),),
    (float("inf"),),
    (None,),
    ([],),
    (2**70,),
    (1e300,),
    (True,),
):
    try:
        for _ in range(12):
            value = int(*arguments)
        print(arguments, repr(value))
    except (ValueError, TypeError, OverflowError):
        print(arguments, traceback.format_exc())
try:
    int("9" * 5000)
except ValueError as error:
    print(error)
