"""A simulation: customers of a supermarket choose a checkout, wait, pay, or give up."""

import random
from collections import deque
from dataclasses import dataclass

from _protocol import benchmark


@dataclass
class Customer:
    number: int
    arrived: int
    items: int
    patience: int

    def waited(self, now):
        return now - self.arrived


class Checkout:
    """A queue, and a cashier who takes so many seconds for an item."""

    def __init__(self, name, seconds_per_item, most_items=None):
        self.name = name
        self.seconds_per_item = seconds_per_item
        self.most_items = most_items
        self.queue = deque()
        self.busy_until = 0
        self.served = 0

    def accepts(self, customer):
        return self.most_items is None or customer.items <= self.most_items

    def expected_wait(self, now):
        waiting = sum(customer.items for customer in self.queue)
        return max(self.busy_until - now, 0) + waiting * self.seconds_per_item

    def tick(self, now):
        """Take the next customer when the last one is done; the customer, or None."""
        if now < self.busy_until or not self.queue:
            return None
        customer = self.queue.popleft()
        self.busy_until = now + 20 + customer.items * self.seconds_per_item
        self.served += 1
        return customer


class Shop:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.checkouts = [
            Checkout("slow", 5),
            Checkout("steady", 4),
            Checkout("swift", 3),
            Checkout("express", 3, most_items=8),
        ]
        self.arrivals = 0
        self.waits = []
        self.lost = 0

    def arrive(self, now):
        self.arrivals += 1
        items = int(self.random.expovariate(1 / 14)) + 1
        customer = Customer(self.arrivals, now, items, patience=self.random.randint(120, 900))
        choices = [checkout for checkout in self.checkouts if checkout.accepts(customer)]
        best = min(choices, key=lambda checkout: checkout.expected_wait(now))
        if best.expected_wait(now) > customer.patience:
            self.lost += 1
        else:
            best.queue.append(customer)

    def tick(self, now):
        if self.random.random() < 0.045:
            self.arrive(now)
        for checkout in self.checkouts:
            customer = checkout.tick(now)
            if customer is not None:
                self.waits.append(customer.waited(now))


def simulate(size):
    """What became of the customers in `size` seconds."""
    shop = Shop(seed=3)
    for now in range(size):
        shop.tick(now)
    served = {checkout.name: checkout.served for checkout in shop.checkouts}
    longest = max(shop.waits, default=0)
    mean = sum(shop.waits) / max(len(shop.waits), 1)
    return f"{shop.arrivals} came, {shop.lost} left; served {served}; waits: mean {mean:.2f}, longest {longest}"


def main():
    benchmark(simulate, 300_000)


if __name__ == "__main__":
    main()
