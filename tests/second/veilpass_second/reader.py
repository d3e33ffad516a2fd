"""A strict reader of bytes, and the text form of artefacts (base45, RFC 9285)."""
from .curve import read_g1, read_g2, read_scalar
from .errors import Refused, require
from .texts import read_text

VERSION = 2
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


class Reader:
    """Takes fields from the front; `end` refuses what is left over."""

    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def take(self, count):
        require(len(self.data) - self.at >= count, "bytes are missing")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def signed(self, size=4):
        return int.from_bytes(self.take(size), "big", signed=True)

    def day(self):
        day = self.signed()
        require(day != -2**31, "a day that is out of range")
        return day

    def bytes(self):
        return self.take(self.number(2))

    def long(self):
        return self.take(self.number(4))

    def text(self, at_most=None, at_least=0):
        return read_text(self.bytes(), at_most, at_least)

    def list(self, item):
        return [item(self) for _ in range(self.number(2))]

    def g1(self):
        return read_g1(self.take(48))

    def g2(self):
        return read_g2(self.take(96))

    def scalar(self, zero=True):
        return read_scalar(self.take(32), zero)

    def rest(self):
        return self.take(len(self.data) - self.at)

    def end(self):
        require(self.at == len(self.data), "bytes are left over")


def artefact(data, kind):
    """A reader behind version and kind."""
    reader = Reader(data)
    require(reader.number(1) == VERSION, "another version")
    require(reader.take(1) == kind.encode(), f"no artefact of kind {kind}")
    return reader


def head(kind):
    return bytes([VERSION]) + kind.encode()


def pack_bytes(data):
    return len(data).to_bytes(2, "big") + data


def pack_text(text):
    return pack_bytes(text.encode())


def to_text(data):
    """`VP2:` and base45."""
    out = ""
    for at in range(0, len(data), 2):
        pair = data[at:at + 2]
        n = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            out += BASE45[n % 45]
            n //= 45
    return "VP2:" + out


def from_text(text):
    require(text.startswith("VP2:"), "no text of version 2")
    try:
        digits = [BASE45.index(letter) for letter in text[4:]]
    except ValueError:
        raise Refused("a letter that base45 does not have") from None
    out = b""
    for at in range(0, len(digits), 3):
        group = digits[at:at + 3]
        require(len(group) > 1, "a letter too many")
        n = sum(digit * 45**i for i, digit in enumerate(group))
        require(n < 256 ** (len(group) - 1), "a group that stands for no bytes")
        out += n.to_bytes(len(group) - 1, "big")
    return out
