import unittest

from inventory.stock import Item, report


class ReportTest(unittest.TestCase):
    def test_what_runs_short_comes_first(self):
        text = report([Item("nails", 420), Item("hinges", 12)])
        self.assertLess(text.index("hinges"), text.index("nails"))


if __name__ == "__main__":
    unittest.main()
