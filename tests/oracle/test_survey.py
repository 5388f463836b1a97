"""The oracle's survey against the worked numbers of the rules. If one fails, nothing it says of an agency's index can be
trusted."""
from fractions import Fraction

import pytest

from .survey import ELEMENTS, grade, half_up, index, interval, sample, shrunk, wilson

COUNTS = ((18, 11), (14, 15), (15, 12), (29, 0), (15, 14), (18, 11), (19, 10), (18, 11), (28, 1))  # of 4 and 3; the rest are 2
TWENTY_NINE = [{element: 4 if n < fours else 3 if n < fours + threes else 2
                for element, (fours, threes) in zip(ELEMENTS, COUNTS)} for n in range(29)]


def straight(value):
    return dict.fromkeys(ELEMENTS, value)


def test_the_laws_examples():
    assert [sum(a[e] for a in TWENTY_NINE) for e in ELEMENTS] == [105, 101, 100, 116, 102, 105, 106, 105, 115]
    assert index(TWENTY_NINE) == "91.48" and grade("91.48") == "A"
    assert index([dict(zip(ELEMENTS, (4, 4, 3, 4, 4, 4, 4, 3, 3)))]) == "91.67"
    assert index([straight(4)]) == "100.00" and index([straight(3)]) == "75.00" and grade("75.00") == "C"
    assert [grade(i) for i in ("88.31", "88.30", "76.61", "76.60", "65.00", "64.99")] == list("ABBCCD")


def test_interval():
    assert interval([straight(4)]) is None
    assert interval([straight(4), straight(1)]) == ["25.00", "100.00"]
    assert interval([straight(4), straight(1)] + 98 * [straight(3)]) == ["73.65", "75.85"]


@pytest.mark.parametrize("population, needed", [(10, 10), (100, 80), (1000, 278), (1200, 291), (10000, 370)])
def test_sample(population, needed):
    assert sample(population) == needed


def test_small_samples():
    assert half_up(shrunk([Fraction(9, 2)] * 100, "4.2", 40), 4) == "4.4143"
    assert half_up(shrunk([5], "4.2", 40), 4) == "4.2195"
    assert [wilson(*of) for of in ((1, 1), (10, 10), (100, 101), (600, 1000))] == ["0.2065", "0.7225", "0.9460", "0.5693"]
