"""Weak references and their callbacks in hot loops, on objects, functions, sets, and at function exit.

Breaks objects kept alive by stale slots of compiled frames: a weakref that still answers after its object should be gone.
"""

import gc
import weakref


class Node:
    def __init__(self, name):
        self.name = name


def alive(count):
    out = []
    previous = None
    for i in range(count):
        node = Node(i)
        if previous is not None:
            out.append(previous() is None)
        previous = weakref.ref(node)
    node = None
    out.append(previous() is None)
    return all(out), len(out)


def callbacks(count):
    log = []
    references = []
    for i in range(count):
        node = Node(i)
        references.append(weakref.ref(node, lambda reference, i=i: log.append(i)))
        log.append(f"made {i}")
    log.append("end")
    del node
    log.append("deleted")
    return log[:4], log[-4:], len(references)


def in_argument(node):
    reference = weakref.ref(node)
    node = None
    return reference


def dies_in_callee(count):
    gone = 0
    for i in range(count):
        gone += in_argument(Node(i))() is None
    return gone


def local_functions(count):
    gone = 0
    for i in range(count):

        def local():
            return i

        reference = weakref.ref(local)
        local()
        local = None
        gone += reference() is None
    return gone


def cycles(count):
    references = []
    for i in range(count):
        a, b = Node(i), Node(-i)
        a.other, b.other = b, a
        references.append(weakref.ref(a))
    a = b = None
    gc.collect()
    return sum(reference() is None for reference in references)


def mapping(count):
    table = weakref.WeakValueDictionary()
    kept = []
    for i in range(count):
        node = Node(i)
        table[i] = node
        if i % 10 == 0:
            kept.append(node)
    node = None
    return len(table), sorted(table.keys())[:3]


def sets(count):
    gone = 0
    for i in range(count):
        items = {1, 2, i}
        reference = weakref.ref(items)
        items = frozenset(items)
        gone += reference() is None
    return gone


gc.disable()
print(alive(100), callbacks(50), dies_in_callee(60), local_functions(60), cycles(60), mapping(100), sets(60))
