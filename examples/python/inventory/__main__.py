"""python -m inventory [FILE]: prints the stock list."""

import sys

from .stock import read, report


def main() -> int:
    path = sys.argv[1] if len(sys.argv) > 1 else "stock.csv"
    print(report(read(path)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
