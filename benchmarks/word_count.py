"""Dicts and JSON: documents are parsed, their words counted and indexed, and the result is written again."""

import json
from collections import Counter, defaultdict

from _protocol import benchmark


def make_documents(count):
    """JSON lines: an id, an author, tags and a text each."""
    lines = []
    state = 99
    for number in range(count):
        words = []
        for _ in range(40):
            state = (state * 48271) % 2147483647
            words.append(f"word{state % 997 * (state % 3 + 1)}")
        document = {
            "id": number,
            "author": {"name": f"author {number % 23}", "year": 1950 + number % 50},
            "tags": [f"tag{number % 7}", f"tag{number % 11}"],
            "text": " ".join(words),
        }
        lines.append(json.dumps(document))
    return lines


def count_words(documents):
    counts = {}
    for document in documents:
        for word in document["text"].split():
            counts[word] = counts.get(word, 0) + 1
    return counts


def make_index(documents):
    """word -> ids of the documents that have it, each once."""
    index = defaultdict(list)
    for document in documents:
        for word in set(document["text"].split()):
            index[word].append(document["id"])
    return index


def by_author(documents):
    """author -> (documents, longest text, tags)"""
    authors = {}
    for document in documents:
        entry = authors.setdefault(document["author"]["name"], {"documents": 0, "longest": 0, "tags": Counter()})
        entry["documents"] += 1
        entry["longest"] = max(entry["longest"], len(document["text"]))
        entry["tags"].update(document["tags"])
    return authors


def most_common(counts, number):
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:number]


def digest(size):
    """A JSON report on `size` documents."""
    documents = [json.loads(line) for line in make_documents(size)]
    index = make_index(documents)
    authors = by_author(documents)
    report = {
        "common": most_common(count_words(documents), 5),
        "rare": sum(1 for ids in index.values() if len(ids) < 3),
        "widest": max((len(ids), word) for word, ids in index.items()),
        "authors": {name: [entry["documents"], entry["longest"]] for name, entry in list(authors.items())[:3]},
        "tags": most_common(sum((entry["tags"] for entry in authors.values()), Counter()), 3),
    }
    return json.dumps(report, sort_keys=True)


def main():
    benchmark(digest, 10_000)


if __name__ == "__main__":
    main()
