"""asyncio: producers and consumers around queues, locks and gathered tasks, with no real waiting."""

import asyncio

from _protocol import benchmark


async def produce(queue, start, count):
    for number in range(start, start + count):
        await queue.put(number)


async def look_up(number):
    """As a database client would: gives way to the others once."""
    await asyncio.sleep(0)
    return number * number % 1009


async def consume(queue, lock, totals):
    while True:
        number = await queue.get()
        value = await look_up(number)
        async with lock:
            totals[value % 10] = totals.get(value % 10, 0) + value
        queue.task_done()


async def shop(orders):
    """Four producers, eight consumers; then a thousand small tasks gathered."""
    queue = asyncio.Queue(maxsize=64)
    lock = asyncio.Lock()
    totals = {}
    consumers = [asyncio.create_task(consume(queue, lock, totals)) for _ in range(8)]
    share = orders // 4
    await asyncio.gather(*(produce(queue, producer * share, share) for producer in range(4)))
    await queue.join()
    for consumer in consumers:
        consumer.cancel()
    await asyncio.gather(*consumers, return_exceptions=True)
    answers = await asyncio.gather(*(look_up(number) for number in range(1000)))
    return sorted(totals.items()), sum(answers)


def run_shop(size):
    return asyncio.run(shop(size))


def main():
    benchmark(run_shop, 100_000)


if __name__ == "__main__":
    main()
