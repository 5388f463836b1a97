"""What the contract says in words only: integers fit 64 bits."""
import schemathesis


def fits(value):
    if isinstance(value, dict):
        return all(map(fits, value.values()))
    if isinstance(value, list):
        return all(map(fits, value))
    return not isinstance(value, int) or -2**63 <= value < 2**63


@schemathesis.hook
def filter_body(context, body):
    return fits(body)
