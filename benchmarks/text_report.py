"""String work: a generated text is split, cleaned, searched with regular expressions, and set in columns."""

import re
import textwrap

from _protocol import benchmark

SYLLABLES = ["ka", "lo", "mi", "ren", "sta", "vor", "tu", "es", "quil", "dan", "phe", "o"]
DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
CAPITAL = re.compile(r"\b[A-Z]\w+")


def make_word(number):
    word = ""
    while True:
        word += SYLLABLES[number % 12]
        number //= 12
        if number == 0:
            return word


def make_text(sentences):
    """Sentences with a date in every third."""
    lines = []
    state = 5
    for number in range(sentences):
        words = []
        for _ in range(9):
            state = (state * 16807) % 2147483647
            words.append(make_word(state % 1500))
        if number % 3 == 0:
            words.insert(4, "%04d-%02d-%02d" % (1900 + number % 120, number % 12 + 1, number % 28 + 1))
        lines.append(" ".join(words).capitalize() + ("!" if number % 7 == 0 else "."))
    return "\n".join(lines)


def rewrite_dates(text):
    return DATE.sub(lambda match: f"{int(match[3])}/{int(match[2])}/{match[1]}", text)


def clean(line):
    """Lower case letters, digits and single spaces only."""
    kept = "".join(char if char.isalnum() or char == "/" else " " for char in line.lower())
    return " ".join(kept.split())


def reversed_words(line):
    """Each word backwards, built up letter by letter."""
    result = ""
    for word in line.split(" "):
        backwards = ""
        for char in word:
            backwards = char + backwards
        result += backwards + " "
    return result.rstrip()


def is_palindrome(word):
    return len(word) > 2 and word == word[::-1]


def report(size):
    """A few facts about a text of `size` sentences."""
    text = rewrite_dates(make_text(size))
    cleaned = [clean(line) for line in text.splitlines()]
    backwards = [reversed_words(line) for line in cleaned]
    palindromes = sum(is_palindrome(word) for line in cleaned for word in line.split())
    names = len(set(CAPITAL.findall(text)))
    wrapped = textwrap.fill(" ".join(backwards[: size // 10]), width=72)
    columns = "\n".join(f"{line[:20]:<22}{len(line):>5}" for line in cleaned if line.startswith("k"))
    return f"{len(text)} {palindromes} {names} {wrapped.count(chr(10))} {len(columns)} {columns.splitlines()[-1]}"


def main():
    benchmark(report, 20_000)


if __name__ == "__main__":
    main()
