"""H(label; fields), and the bases: docs/protocol.md, 3.0."""
import hashlib
from functools import lru_cache

from .curve import R, encode, expand, hash_to_curve

API = b"VEILPASS_V2_BLS12381G1_XMD:SHA-256_SSWU_RO_"


def number(n, size):
    return n.to_bytes(size, "big")


def day_bytes(day):
    return day.to_bytes(4, "big", signed=True)


def H(label, *fields):
    """32 bytes. A field is bytes, or a point, which goes in compressed."""
    digest = hashlib.sha256()
    for field in (b"veilpass v2", label.encode(), *fields):
        data = field if isinstance(field, (bytes, bytearray)) else encode(field)
        digest.update(number(len(data), 8) + data)
    return digest.digest()


def as_scalar(digest):
    return int.from_bytes(expand(digest, b"VEILPASS_V2_TRANSCRIPT_TO_SCALAR", 48), "big") % R


def as_challenge(digest):
    return int.from_bytes(digest[:16], "big")


def tag(what, data):
    return H("tag", what.encode(), data)[:4]


def eight_digits(digest):
    n = int.from_bytes(digest, "big") % 10**8
    return f"{n // 10000:04}-{n % 10000:04}"


def fingerprint(what, data):
    """20 letters of Crockford's base 32 in five groups."""
    bits = int.from_bytes(H("fingerprint", what.encode(), data), "big") >> 156
    letters = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> (5 * i) & 31] for i in reversed(range(20)))
    return "-".join(letters[i:i + 4] for i in range(0, 20, 4))


def _generators(count):
    """create_generators of draft-irtf-cfrg-bbs-signatures, 4.1.1."""
    seed, out = API + b"SIG_GENERATOR_SEED_", []
    state = expand(API + b"MESSAGE_GENERATOR_SEED", seed, 48)
    for i in range(1, count + 1):
        state = expand(state + number(i, 8), seed, 48)
        out.append(hash_to_curve(state, API + b"SIG_GENERATOR_DST_"))
    return out


def base(label, message=b"base"):
    return hash_to_curve(message, API + label.encode() + b"_")


Q1, H_S, *H_J = _generators(34)
P1 = base("P1")
H_EP, H_ISSUER, R_DATE = base("ACCREDITATION_EPOCH"), base("ACCREDITATION_ISSUER"), base("DATE")


def accreditation_p1(scheme_id):
    return base("ACCREDITATION_P1", scheme_id)


def accumulator_v0(scheme_id, key_set):
    return base("ACCUMULATOR", scheme_id + number(key_set, 4))


@lru_cache(64)
def pseudonym_base(scheme_id, audience, day):
    return base("PSEUDONYM", scheme_id + number(len(audience), 2) + audience + day_bytes(day))
