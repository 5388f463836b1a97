"""The law's arithmetic of citizens' answers, a second time: from single answers, with fractions and 50 digits.

An answer is a dict of nine whole numbers, 1 to 4."""
from decimal import Decimal, localcontext
from fractions import Fraction

ELEMENTS = ("requirements", "procedure", "completion_time", "cost", "product", "competence", "behaviour", "facilities",
            "complaint_handling")
BANDS = (("A", "88.31"), ("B", "76.61"), ("C", "65.00"), ("D", "0"))


def half_up(value, places=2):
    """The value to so many places, as text; of a Fraction exactly, of a Decimal as it is."""
    if isinstance(value, Fraction):
        scaled = value * 10 ** places
        return f"{Decimal((2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)).scaleb(-places):.{places}f}"
    return f"{value.quantize(Decimal(1).scaleb(-places), 'ROUND_HALF_UP'):.{places}f}"


def value(answer, element="overall"):
    return Fraction(sum(answer.values()), 9) if element == "overall" else Fraction(answer[element])


def index(answers):
    return half_up(sum(value(a) for a in answers) / len(answers) * 25)


def grade(index):
    return next(name for name, least in BANDS if Decimal(index) >= Decimal(least))


def interval(answers):
    """[low, high]; None of fewer than two."""
    n = len(answers)
    if n < 2:
        return None
    own = [value(a) * 25 for a in answers]
    mean = sum(own) / n
    square = sum((one - mean) ** 2 for one in own) / (n - 1) / n
    with localcontext(prec=50):
        half = Decimal("1.96") * (Decimal(square.numerator) / square.denominator).sqrt()
        middle = Decimal(mean.numerator) / mean.denominator
        return [half_up(min(max(bound, Decimal(25)), Decimal(100))) for bound in (middle - half, middle + half)]


def sample(population):
    return int(half_up(Fraction("3.841") * population / 4 / (
        Fraction("0.0025") * (population - 1) + Fraction("3.841") / 4), 0))


def shrunk(values, prior, weight):
    """What a few answers make of what was expected before."""
    return (Fraction(str(weight)) * Fraction(str(prior)) + sum(values)) / (Fraction(str(weight)) + len(values))


def wilson(yes, n):
    with localcontext(prec=50):
        z, share, n = Decimal("1.96"), Decimal(yes) / n, Decimal(n)
        root = (share * (1 - share) / n + z * z / (4 * n * n)).sqrt()
        return half_up((share + z * z / (2 * n) - z * root) / (1 + z * z / n), 4)
