"""asyncio: coroutines, tasks, async for, async with, cancellation and timeouts around hot loops.

Breaks coroutine frames, context variables and cancellation when their bodies or callees are hot.
"""

import asyncio
import contextvars

variable = contextvars.ContextVar("variable", default=0)


def hot(count):
    total = 0
    for i in range(count):
        total += i * i % 7
    return total


async def worker(name, rounds, log):
    total = 0
    for i in range(rounds):
        total += hot(50)
        variable.set(variable.get() + 1)
        if i % 10 == 0:
            log.append(name)
            await asyncio.sleep(0)
    return name, total, variable.get()


class Manager:
    async def __aenter__(self):
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, kind, error, trace):
        await asyncio.sleep(0)
        return kind is ZeroDivisionError


async def numbers(limit):
    for i in range(limit):
        if i % 25 == 0:
            await asyncio.sleep(0)
        yield i


async def managed(count):
    caught = 0
    for i in range(count):
        async with Manager():
            caught += 1
            1 // (i % 2)
            caught += 10
    return caught


async def cancelled():
    done = 0
    try:
        while True:
            done += hot(10)
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        return "cancelled", done > 0


async def main():
    log = []
    print(await asyncio.gather(*(worker(name, 40, log) for name in "abc")), "".join(log))
    total = 0
    async for i in numbers(300):
        total += i
    print(total, [i async for i in numbers(100) if i % 30 == 0], await managed(60))
    task = asyncio.create_task(cancelled())
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    print(await task)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(worker("x", 3, log))
            group.create_task(failing())
    except* ValueError as errors:
        print([str(error) for error in errors.exceptions])


async def failing():
    for i in range(100):
        hot(5)
        if i == 70:
            raise ValueError("failed at 70")


asyncio.run(main())
