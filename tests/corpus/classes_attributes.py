"""Objects, inheritance, properties, slots, descriptors, class methods, dataclasses and enums in hot loops.

Breaks generic attribute access and calls around code that is compiled.
"""

import collections
import dataclasses
import enum
import traceback


class Account:
    interest = 2

    def __init__(self, balance):
        self.balance = balance
        self.log = []

    def deposit(self, amount):
        if amount < 0:
            raise ValueError("negative")
        self.balance += amount
        return self

    @property
    def rich(self):
        return self.balance > 1000

    @rich.setter
    def rich(self, value):
        self.balance = 5000 if value else 0

    @classmethod
    def make(cls, n):
        return cls(n)

    @staticmethod
    def twice(n):
        return n * 2

    def __eq__(self, other):
        return isinstance(other, Account) and self.balance == other.balance

    def __hash__(self):
        return hash(self.balance)

    def __len__(self):
        return len(self.log)


class Savings(Account):
    interest = 3

    def deposit(self, amount):
        self.log.append(amount)
        return super().deposit(amount * self.interest)


class Typed:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.name, 0)

    def __set__(self, instance, value):
        if not isinstance(value, int):
            raise TypeError(f"{self.name} wants int")
        setattr(instance, self.name, value)


class Record:
    field = Typed()
    __slots__ = ("_field", "other")


@dataclasses.dataclass(order=True)
class Vector:
    x: float
    y: float = 0.0

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


Point = collections.namedtuple("Point", "x y")


def bank(kind, count):
    account = kind.make(0)
    for i in range(count):
        account.deposit(i).deposit(kind.twice(i))
        if account.rich:
            account.rich = i % 2
    return account.balance, len(account), account == kind(account.balance), account.interest


def records(count):
    record = Record()
    for i in range(count):
        record.field = record.field + i
        record.other = record.field
    return record.field, record.other


def vectors(count):
    total = Vector(0)
    for i in range(count):
        total = total + Vector(i, i * 0.5)
    return total, total > Vector(1), total == Vector(total.x, total.y)


def mixed(count):
    total = 0
    colours = list(Colour)
    for i in range(count):
        point = Point(i, -i)
        total += point.x * 2 + point.y + colours[i % 2].value + (colours[i % 2] is Colour.RED)
        total += getattr(point, "x") + hasattr(point, "z")
    return total


print(bank(Account, 100), bank(Savings, 100), records(100), vectors(100), mixed(100))
for function in (
    lambda i: Account(0).deposit(-i),
    lambda i: setattr(Record(), "field", "x" * i),
    lambda i: Record().missing,
    lambda i: Vector(),
    lambda i: Colour(i),
):
    for i in range(3, 20):
        try:
            function(i)
        except (ValueError, TypeError, AttributeError):
            text = traceback.format_exc()
    print(text)
