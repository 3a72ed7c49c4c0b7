"""Classes, instances and methods changed while hot: attributes added, methods replaced, __class__, __slots__, properties.

Breaks attribute caches keyed on type versions or instance layouts.
"""

import traceback


class Point:
    scale = 1

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def norm(self):
        return (self.x * self.x + self.y * self.y) * self.scale

    @property
    def twice(self):
        return self.x * 2


class Slots:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y

    norm = Point.norm
    scale = 3
    twice = property(lambda self: self.y * 2)


class Dynamic:
    def __getattr__(self, name):
        return len(name)

    def norm(self):
        return "dynamic"


def work(items, count, hook=None):
    total = 0
    for i in range(count):
        item = items[i % len(items)]
        total += item.norm() + item.x + item.twice
        if hook is not None and i == count // 2:
            hook(item)
    return total


def other_norm(self):
    return 1000


def add_to_instance(item):
    item.scale = 5


def add_to_class(item):
    Point.scale = 7


def replace_method(item):
    Point.norm = other_norm


def shadow_method(item):
    item.norm = lambda: -1


def property_to_attribute(item):
    Point.twice = 4


def change_class(item):
    item.__class__ = Point3


def delete_attribute(item):
    del item.x


def replace_dict(item):
    item.__dict__ = {"x": 0.5, "y": 2}


class Point3(Point):
    def norm(self):
        return super().norm() + 3


print(
    work([Point(1, 2)], 100),
    work([Point(1.5, 2), Point(2, 3)], 100),
    work([Slots(1, 2), Point(1, 2)], 100),
    work([Point3(1, 2)], 100),
)
for hook in (
    add_to_instance,
    add_to_class,
    shadow_method,
    change_class,
    replace_dict,
    replace_method,
    property_to_attribute,
):
    points = [Point(1, 2), Point(3, 4)]
    print(hook.__name__, work(points, 100, hook), work(points, 100), type(points[0]).__name__)
for items in ([Point(1, 2), Dynamic()], [Point(1, 2), None], [Point(1, 2), 5]):
    try:
        print(work(items, 100))
    except (TypeError, AttributeError):
        print(traceback.format_exc())
try:
    work([Point(1, 2), Point(3, 4)], 100, delete_attribute)
except AttributeError:
    print(traceback.format_exc())
