"""Items outlive the containers they were taken from. # carried

Breaks compiled code that goes on using an item borrowed from a container that has died.
"""


def swap(n, other):
    a = other
    for i in range(n):
        a, a = [a + 0.5, other - i]
    return a


def nested(n):
    total = 0.0
    for i in range(n):
        inner, last = [[i + 0.25, i * 2.5], i * 1.5][0], [i + 0.125][0]
        x, y = [[i + 7.5, i - 7.5]][0]
        total += inner[0] + inner[1] + last + x * y
    return total


def kept(n):
    text = ""
    word = "none"
    for i in range(n):
        pair = [str(i) + "!", "b"]
        word = pair[0]
        pair = None
        text += word
    return text, word


for _ in range(30):
    swap(20, 1000)
print(swap(100, 100000.25), swap(7, 5))
print([nested(n) for n in (1, 50, 100)])
print(kept(40))
