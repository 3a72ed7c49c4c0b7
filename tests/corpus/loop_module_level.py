"""Hot loops in a module's own body, whose variables are globals that functions read and write. # carried

Breaks entry in the middle of module code: its names live in a dict, and callees may change them at any time.
"""

total = 0
for i in range(1000):
    total += i
print(total, i)

n = 0
while n < 500:
    n += 1
    if n % 3 == 0:
        continue
    if n > 450:
        break
else:
    print("not printed")
print(n)

items = [0] * 100
for outer in range(30):
    for inner in range(len(items)):
        items[inner] += outer * inner
print(items[:5], items[-1], outer, inner)


def bump():
    global counter, limit
    counter += 2
    if counter == 100:
        limit = 150


counter = 0
limit = 10**9
turns = 0
while counter < limit:
    bump()
    turns += 1
print(turns, counter, limit)

value = 1
for k in range(200):
    value *= 3
    if k == 150:
        value = 0.5
    if k == 170:
        value = "text"
        break
print(value, k)


class Body:
    """A class body is code with a namespace of its own."""

    total = 0
    for j in range(300):
        total += j
    squares = [j * j for j in range(5)]


print(Body.total, Body.j, Body.squares)

missing = 0
for k in range(300):
    try:
        missing += unknown_name
    except NameError as error:
        message = str(error)
        if k == 200:
            unknown_name = 5
print(missing, message)
del unknown_name, k
try:
    print(k)
except NameError as error:
    print(error)
