"""A score's page as whoever has it in front of them and a pocket calculator: nothing but its text, in English.

    Reckoned(html)      raises AssertionError where a figure does not follow from those beside it
    .items, .score      what it says, for whoever wants to compare
"""
import html
import re
from decimal import ROUND_HALF_UP, Decimal

MONTHS = ("January February March April May June July August September October November December").split()
NUMBER = r"(-?[\d,]+(?:\.\d+)?)"


def number(text):
    return Decimal(text.replace(",", ""))


def rounded(value):
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def text_of(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def find(pattern, text):
    """The numbers of a sentence, where # stands for one; None where it is not said."""
    found = re.search(re.escape(pattern).replace(r"\#", NUMBER), text)
    return found and [number(group) for group in found.groups()]


class Reckoned:
    def __init__(self, page):
        self.text = text_of(page)
        self.below_under, self.above_from = find("An achievement under # is below expectations; from # on", self.text)
        [self.cap] = find("An achievement counts up to #;", self.text)
        [most] = find("when more than # % of the indicators are above", self.text)
        self.items = [self.item(text_of(block), block) for block in re.findall(r'<details class="item">(.*?)</details>', page, re.DOTALL)]
        assert self.items and self.items[0]["weights"] == sum(item["weight"] for item in self.items)
        self.total(most)

    def item(self, text, block):
        achievement, realized = self.achievement(text)
        capped, weight, weights, contribution = find("# × # ÷ # = #", text.partition("Contribution")[2])
        assert capped == min(achievement, self.cap), text
        assert (find("at most #", text.partition("that counts")[2]) == [capped]) == (achievement > self.cap), text
        assert contribution == (rounded(capped * weight / weights) if weights else 0), text
        rating = "below" if achievement < self.below_under else "above" if achievement >= self.above_from else "meets"
        said = re.search(r"(above|meets|below) expectations", text.partition("If it ended today")[2] or text)[1]
        assert said == rating, text
        name = text_of(re.search(r"<h3>(.*?)</h3>", block, re.DOTALL)[1])
        return {"name": name, "realized": realized, "achievement": achievement, "capped": capped, "weight": weight, "weights": weights,
                "contribution": contribution, "rating": rating, "main": "A result of the main kind" in text,
                "brief": "Held only briefly" in text, "months": self.months(block)}

    def months(self, block):
        """{3: (realised, [target])} of the table beside the picture; the columns reach to where the figures say."""
        rows = re.findall(r'<tr><th scope="row">(\w+)</th><td>([^<]*)</td><td>([^<]*)</td></tr>', block)
        found = {MONTHS.index(month) + 1: (number(realized), [number(bound) for bound in target.split("–")])
                 for month, realized, target in rows}
        heights = [Decimal(height) for height in re.findall(r'<rect x="\d+" y="[^"]*" width="14" height="([^"]*)"/>', block)]
        most = max((max(realized, *target) for realized, target in found.values()), default=0)
        assert heights == [rounded(max(realized, 0) * 60 / most) if most else 0 for realized, _ in found.values()], block
        return found

    def achievement(self, text):
        """From the numbers that are put in; and what is realised."""
        if found := find("# within # to #: #", text):
            realized, low, high, achievement = found
            assert low <= realized <= high and achievement == 100, text
        elif found := find("The target is 0 and # is realised: #", text):
            realized, achievement = found
            assert achievement in ((100,) if realized == 0 else (0, self.cap)), text
        elif found := find("(2 − # ÷ #) × 100 is below 0, so #", text):
            realized, target, achievement = found
            assert realized > 2 * target and achievement == 0, text
        elif found := find("(2 − # ÷ #) × 100 = #", text):
            realized, target, achievement = found
            assert achievement == rounded((2 - realized / target) * 100), text
        else:
            realized, target, achievement = find("# ÷ # × 100 = #", text)
            assert achievement == rounded(realized / target * 100), text
        return achievement, realized

    def total(self, most):
        """The score from all weights, and its rating from the indicators that decide it."""
        weights = self.items[0]["weights"]
        self.score = self.rating = None
        if not weights:
            assert "Nothing measured yet" in self.text
            return
        said = re.search(rf"\(([^()]*×[^()]*)\) ÷ {NUMBER} = {NUMBER}", self.text)
        terms = [[number(figure) for figure in term.split(" × ")] for term in said[1].split(" + ")]
        assert terms == [[item["weight"], item["capped"]] for item in self.items] and number(said[2]) == weights
        self.score = number(said[3])
        assert self.score == rounded(sum(weight * capped for weight, capped in terms) / weights)
        assert find("add up to #;", self.text) == [sum(item["contribution"] for item in self.items)]
        counting = [item for item in self.items if not item["brief"]] or self.items
        counts = {rating: sum(item["rating"] == rating for item in counting) for rating in ("above", "meets", "below")}
        assert find("# above, # meeting, # below expectations.", self.text) == [*counts.values()], self.text
        if counts["above"] * 100 > most * len(counting) and not any(
                item["main"] and item["rating"] == "below" for item in counting):
            rating = "above"
        else:
            rating = "below" if counts["below"] * 100 > most * len(counting) else "meets"
        summary = self.text[:self.text.index("Indicators Open an indicator")]
        self.rating = re.search(r"(above|meets|below) expectations", summary.partition("If it ended today")[2] or summary)[1]
        assert self.rating == rating, summary
