"""Objects with __del__ die at rebinding, del, return, loop end and as temporaries: the order is visible. # carried

Breaks reference counting that lets objects live longer, or die earlier, than in the interpreter.
"""


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log.append(self.name)

    def __add__(self, other):
        log.append(f"{self.name}+{other.name}")
        return Noisy(self.name + other.name)

    def __getitem__(self, key):
        return 0


def rebind(count):
    for i in range(count):
        item = Noisy(i)
        log.append(f"made {i}")
    log.append("after loop")
    return item.name


def delete(count):
    for i in range(count):
        item = Noisy(i)
        log.append(f"before del {i}")
        del item
        log.append(f"after del {i}")


def temporaries(count):
    for i in range(count):
        Noisy(f"t{i}")
        log.append("next statement")
        Noisy("l") + Noisy("r")
        log.append("after sum")
        Noisy("x")[0]
        log.append("after item")


def pass_on(item):
    log.append("in callee")
    return 1


def arguments(count):
    for i in range(count):
        pass_on(Noisy(i)) + pass_on(Noisy(-i))
        log.append("after call")


def locals_at_return(i):
    b = Noisy(f"b{i}")
    a = Noisy(f"a{i}")
    c = a
    return b.name + c.name


def returned(i):
    kept = Noisy(f"kept{i}")
    other = Noisy(f"other{i}")
    log.append(other.name)
    return kept


def parameters(a, b):
    a = None
    log.append("a cleared")
    b = a
    log.append("b cleared")
    return b


def containers(count):
    for i in range(count):
        items = [Noisy(f"{i}-{j}") for j in range(3)]
        items[1] = None
        log.append("stored")
        items.pop()
        log.append("popped")
        del items[:]
        log.append("emptied")
        pair = (Noisy("p"), Noisy("q"))
        left, right = pair
        pair = None
        log.append("tuple gone")
        left = right
        log.append("left gone")
    return left is right


def swap(count):
    a, b = Noisy("a"), Noisy("b")
    for i in range(count):
        a, b = b, a
        if i == count // 2:
            a = Noisy("new a")
    log.append("end")


def loop_source(count):
    for i in range(count):
        for item in [Noisy("first"), Noisy("second")]:
            log.append(f"body {item.name}")
        log.append("loop done")
        del item
        log.append("item deleted")


def exception_path(count):
    for i in range(count):
        held = Noisy(f"held{i}")
        try:
            raise ValueError(Noisy(f"argument{i}"))
        except ValueError:
            log.append("handler")
        log.append("after handler")
    return held.name


log = []
for function, argument in (
    (rebind, 40),
    (delete, 30),
    (temporaries, 30),
    (arguments, 30),
    (containers, 20),
    (swap, 40),
    (loop_source, 20),
    (exception_path, 30),
):
    log.clear()
    function(argument)
    print(function.__name__, len(log), log[:30], log[-12:])
log.clear()
for i in range(30):
    locals_at_return(i)
    log.append("caller")
    returned(i)
    log.append("dropped")
    parameters(Noisy("A"), Noisy("B"))
    log.append("done")
print(len(log), log[-16:])
