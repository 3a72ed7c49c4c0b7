"""Strings in hot loops: indexing, iteration, comparison, len, ord, chr, over all code point widths. # carried

Breaks code that assumes one byte per character, ASCII, or in-range indexes.
"""

import traceback

TEXTS = [
    "plain ascii text" * 5,
    "naïve café" * 8,
    "日本語テキスト" * 9,
    "emoji 😀 and \U0010ffff" * 4,
    "\x00\x7f\x80\xff" * 20,
    "\ud800 lone" * 5,
    "x",
    "",
]


def checksum(text):
    total = 0
    for i in range(len(text)):
        total = (total * 31 + ord(text[i])) % 1000003
    return total


def by_iteration(text):
    total = 0
    for character in text:
        if character == "a" or character > "é":
            total += ord(character)
    return total


def palindrome(text):
    i, j = 0, len(text) - 1
    while i < j:
        if text[i] != text[j]:
            return False
        i += 1
        j -= 1
    return True


def common_prefix(a, b):
    n = 0
    while n < len(a) and n < len(b) and a[n] == b[n]:
        n += 1
    return n


def identity(text):
    """Characters below 256 are cached: equal ones are the same object."""
    same = 0
    for i in range(len(text)):
        same += text[i] is text[i]
    return same


def walk_off(text):
    i = 0
    total = ""
    while True:
        total += text[i]
        i += 1


def order(words):
    swaps = 0
    for i in range(len(words)):
        for j in range(i + 1, len(words)):
            if words[j] < words[i]:
                words[i], words[j] = words[j], words[i]
                swaps += 1
    return swaps, ascii(words)


def caesar(text, key):
    out = ""
    for character in text:
        if "a" <= character <= "z":
            out += chr((ord(character) - 97 + key) % 26 + 97)
        else:
            out += character
    return out


for text in TEXTS:
    print(
        len(text),
        checksum(text),
        by_iteration(text),
        palindrome(text),
        palindrome(text + text[::-1]),
        identity(text),
        ascii(text[-1:]),
    )
    print(common_prefix(text, text + "x"), common_prefix(text, text[:7] + "é"), ascii(caesar(text, 3)[:20]))
print(order(["b", "a", "é", "z", "", "aa", "😀", "\ud800", "\uffff", "Z"] * 3))
for text in ("abc" * 30, "日本" * 30):
    try:
        walk_off(text)
    except IndexError:
        print(traceback.format_exc())
for bad in ("", "ab", b"a", b"ab", 5, None):
    try:
        for i in range(30):
            code = ord("a" if i < 25 else bad)
        print(code)
    except TypeError:
        print(traceback.format_exc())
for bad in (-1, 0x110000, 2**70, 1.0, "a", True, 0x10FFFF, 0xD800):
    try:
        for i in range(30):
            character = chr(97 if i < 25 else bad)
        print(ascii(character))
    except (ValueError, OverflowError, TypeError):
        print(traceback.format_exc())
