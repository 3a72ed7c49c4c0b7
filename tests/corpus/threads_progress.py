"""Threads that spin in hot loops without calls until another thread has made progress. # carried

Breaks compiled loops that never release the GIL, or that do not reload a global another thread sets.
"""

import sys
import threading

turn = 0
done = False
position = [0, 0]


def ping_pong(me, rounds):
    global turn
    for _ in range(rounds):
        while turn != me:
            pass
        turn = 1 - me


def wait_for_list(me, rounds):
    other = 1 - me
    for i in range(rounds):
        position[me] = i
        while position[other] < i:
            pass
    position[me] = rounds


def spinner(me):
    n = 0
    while not done:
        n += 1
        progress[me] = n
    answers.append(n > 0)


def both(target, rounds):
    threads = [threading.Thread(target=target, args=(me, rounds)) for me in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


answers = []
progress = [0, 0, 0]
sys.setswitchinterval(0.0005)
both(ping_pong, 40)
print(turn)
both(wait_for_list, 40)
print(position)
threads = [threading.Thread(target=spinner, args=(me,)) for me in range(3)]
for thread in threads:
    thread.start()
while not (progress[0] and progress[1] and progress[2]):
    pass
total = 0
for i in range(50000):
    total += i
done = True
for thread in threads:
    thread.join()
print(total, answers)
