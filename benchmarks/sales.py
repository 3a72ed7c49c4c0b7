"""A small transformation: sales as CSV are read, cleaned, grouped by shop and month, and written as JSON."""

import csv
import io
import json

from _protocol import benchmark

SHOPS = ["Aarhus", "Bergen", "Cork", "Dresden", "Espoo"]
GOODS = {"lamp": "39.90", "chair": "89.00", "desk": "249.50", "shelf": "119.00", "rug": "59.95"}


def make_csv(count):
    """What the cash desks hand in: a few lines lack an amount, a few have a comma for the decimal point."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["date", "shop", "item", "pieces", "price"])
    goods = list(GOODS.items())
    state = 2024
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        item, price = goods[(state >> 8) % 5]
        if state % 31 == 0:
            price = price.replace(".", ",")
        pieces = "" if state % 53 == 0 else str(1 + (state >> 12) % 6)
        date = f"2024-{1 + (state >> 16) % 12:02}-{1 + (state >> 20) % 28:02}"
        writer.writerow([date, SHOPS[(state >> 24) % 5], item, pieces, price])
    return file.getvalue()


def parse_price(text):
    """Cents."""
    return round(float(text.replace(",", ".")) * 100)


def read_sales(file):
    """The lines that can be used, as dicts with numbers in them."""
    for row in csv.DictReader(file):
        if not row["pieces"]:
            continue
        pieces = int(row["pieces"])
        yield {
            "month": row["date"][:7],
            "shop": row["shop"],
            "item": row["item"],
            "pieces": pieces,
            "total": pieces * parse_price(row["price"]),
        }


def group(sales):
    """shop -> month -> pieces, total, and the pieces of each item"""
    shops = {}
    for sale in sales:
        months = shops.setdefault(sale["shop"], {})
        month = months.setdefault(sale["month"], {"pieces": 0, "total": 0, "items": {}})
        month["pieces"] += sale["pieces"]
        month["total"] += sale["total"]
        month["items"][sale["item"]] = month["items"].get(sale["item"], 0) + sale["pieces"]
    return shops


def best_month(months):
    return max(months.items(), key=lambda entry: (entry[1]["total"], entry[0]))[0]


def summary(shops):
    return {
        shop: {
            "best month": best_month(months),
            "euros": sum(month["total"] for month in months.values()) / 100,
            "lamps": sum(month["items"].get("lamp", 0) for month in months.values()),
        }
        for shop, months in sorted(shops.items())
    }


def convert(size):
    """The report on `size` lines, and the length of all the details."""
    shops = group(read_sales(io.StringIO(make_csv(size))))
    return f"{json.dumps(summary(shops))} {len(json.dumps(shops, sort_keys=True, indent=2))}"


def main():
    benchmark(convert, 25_000)


if __name__ == "__main__":
    main()
