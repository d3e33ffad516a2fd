"""BLS12-381: scalars as plain integers, strict points, sums, products of pairings, hash to scalar and to the curve (RFC 9380)."""
import hashlib
import secrets

import py_arkworks_bls12381 as ark

from .errors import Refused, require

R = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
P = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
X_PARAMETER = -0xD201000000010000

G1, G2 = ark.G1Point(), ark.G2Point()
ZERO = ark.G1Point.identity()
ZERO2 = ark.G2Point.identity()


def random_scalar():
    """Random, not zero."""
    return 1 + secrets.randbelow(R - 1)


def scalar_bytes(n):
    return (n % R).to_bytes(32, "big")


def inverse(n):
    return pow(n, -1, R)


def native(n):
    return ark.Scalar.from_be_bytes(scalar_bytes(n))


def mul(point, n):
    return point * native(n)


def total(terms):
    """The sum of n·P over pairs (n, P) of G1; a point that comes twice is multiplied once."""
    merged = {}
    for n, p in terms:
        merged[id(p)] = ((merged[id(p)][0] if id(p) in merged else 0) + n, p)
    terms = [(n, p) for n, p in merged.values() if n % R]
    if not terms:
        return ZERO
    return ark.G1Point.multiexp_unchecked([p for _, p in terms], [native(n) for n, _ in terms])


def encode(point):
    return bytes(point.to_compressed_bytes())


def read_scalar(data, zero=True):
    n = int.from_bytes(data, "big")
    require(len(data) == 32 and n < R, "a scalar that is not canonical")
    require(zero or n != 0, "a scalar that is zero")
    return n


def _read_point(group, size, data):
    data = bytes(data)
    require(len(data) == size, "a point of another length")
    require(data[0] & 0xC0 == 0x80, "a point that is not compressed, or the identity")
    for at in range(0, size, 48):
        coordinate = int.from_bytes(data[at:at + 48], "big")
        require((coordinate if at else coordinate & ((1 << 381) - 1)) < P, "a coordinate that is not below p")
    try:
        point = group.from_compressed_bytes(data)  # looks at the subgroup, too
    except Exception as error:  # the package has no error class of its own
        raise Refused(f"a point that is not on the curve or outside the subgroup: {error}") from None
    require(point != group.identity(), "the identity")
    require(encode(point) == data, "a point that is not canonical")
    return point


def read_g1(data):
    return _read_point(ark.G1Point, 48, data)


def read_g2(data):
    return _read_point(ark.G2Point, 96, data)


def read_coordinates(data):
    """A point of the removal log: on the curve, no point at infinity; the subgroup is looked at where it is used."""
    x, y = int.from_bytes(data[:48], "big"), int.from_bytes(data[48:], "big")
    require(len(data) == 96 and x < P and y < P, "a coordinate that is not below p")
    require((y * y - x * x * x - 4) % P == 0, "a point that is not on the curve")
    return ark.G1Point.from_xy_bytes_unchecked_be(bytes(data))


def into_subgroup(point):
    """The part of the point in the subgroup: (1 − x) kills the rest, 1/(1 − x) modulo r undoes it on the subgroup."""
    if point.is_in_subgroup():
        return point
    factor, cleared = 1 - X_PARAMETER, ZERO
    for bit in bin(factor)[2:]:  # by hand: the package multiplies in the subgroup only
        cleared = cleared + cleared
        if bit == "1":
            cleared = cleared + point
    return mul(cleared, inverse(factor))


def product_is_one(pairs):
    """Whether Π e(A, B) = 1; pairs of a point of G1 and one of G2."""
    pairs = [(a, b) for a, b in pairs if a != ZERO and b != ZERO2]
    return ark.GT.pairing_check([a for a, _ in pairs], [b for _, b in pairs]) if pairs else True


def expand(message, dst, size):
    """expand_message_xmd with SHA-256."""
    assert len(dst) <= 255
    suffix = dst + bytes([len(dst)])
    first = hashlib.sha256(bytes(64) + message + size.to_bytes(2, "big") + b"\0" + suffix).digest()
    block, out, count = bytes(32), b"", 0
    while len(out) < size:
        count += 1
        block = hashlib.sha256(bytes(a ^ b for a, b in zip(first, block)) + bytes([count]) + suffix).digest()
        out += block
    return out[:size]


def hash_to_scalar(message, dst):
    return int.from_bytes(expand(message, dst, 48), "big") % R


def hash_to_curve(message, dst):
    return ark.G1Point.hash_to_curve(message, dst)
