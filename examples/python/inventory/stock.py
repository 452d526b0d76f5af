"""Reading the stock list and laying it out."""

import csv
from dataclasses import dataclass

from tabulate import tabulate


@dataclass
class Item:
    name: str
    count: int


def read(path: str) -> list[Item]:
    """Reads a CSV file with the columns name and count."""
    with open(path, newline="", encoding="utf-8") as file:
        return [Item(row["name"], int(row["count"])) for row in csv.DictReader(file)]


def report(items: list[Item]) -> str:
    """Lays the items out as a table, what runs short first."""
    rows = [(item.name, item.count) for item in sorted(items, key=lambda item: item.count)]
    return tabulate(rows, headers=["item", "count"])
