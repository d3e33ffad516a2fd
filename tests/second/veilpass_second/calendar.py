"""Days of the scheme's zone by the offsets in the bundle, periods of strips, years back."""
from datetime import date

from .errors import require

EPOCH = date(1970, 1, 1).toordinal()


def day_of(year, month, day):
    return date(year, month, day).toordinal() - EPOCH


def period(day):
    return (day + 3) // 7


def years_before(day, years):
    """Proleptic Gregorian; 29 February becomes 28 where there is none."""
    then = date.fromordinal(day + EPOCH)
    try:
        return then.replace(year=then.year - years).toordinal() - EPOCH
    except ValueError:
        return then.replace(year=then.year - years, day=28).toordinal() - EPOCH


class Offsets:
    """The first offset, and changes (from, offset)."""

    def __init__(self, first, changes):
        require(len(changes) <= 64, "too many changes of the offset")
        moments = [moment for moment, _ in changes]
        require(all(a < b for a, b in zip(moments, moments[1:])), "changes of the offset that do not rise")
        require(all(abs(o) < 25 * 3600 for o in [first] + [o for _, o in changes]), "an offset of 25 hours or more")
        self.first, self.changes = first, changes

    @staticmethod
    def read(reader):
        return Offsets(reader.signed(), reader.list(lambda r: (r.number(8), r.signed())))

    def day(self, t):
        offset = self.first
        for moment, then in self.changes:
            if t >= moment:
                offset = then
        return (t + offset) // 86400

    def begin(self, day):
        """The first t with day(t) = D; if the zone leaves D out, the first t after it."""
        starts = [(-2**63, self.first)] + self.changes
        for index, (start, offset) in enumerate(starts):
            end = starts[index + 1][0] if index + 1 < len(starts) else 2**64
            t = max(start, day * 86400 - offset)
            if t < end:
                return t
        raise AssertionError("the last offset has no end")
