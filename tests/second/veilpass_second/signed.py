"""Ed25519 over H(signed; scheme_id, version, kind, body): cards of schemes, what the authority signs, what a venue signs."""
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .errors import Refused, require
from .reader import artefact, head
from .transcript import H

ED_P = 2**255 - 19
ED_L = 2**252 + 27742317777372353535851937790883648493
ED_D = -121665 * pow(121666, -1, ED_P) % ED_P


def _of_small_order(data):
    """Whether an encoded point of Ed25519 is not canonical or has an order that divides 8; None-safe by refusing."""
    y = int.from_bytes(data, "little") & ((1 << 255) - 1)
    if y >= ED_P:
        return True
    # The points of order 1, 2, 4: y = ±1 and 0; those of order 8 have (1 + d·y⁴) = −2·… which doubling shows.
    if y in (0, 1, ED_P - 1):
        return True
    u, v = (y * y - 1) % ED_P, (ED_D * y * y + 1) % ED_P
    x2 = u * pow(v, -1, ED_P) % ED_P
    # 2·(x, y) has the ordinate (y² + x²)/(2 − y² + x²); it is 0 for the order 8.
    return (y * y + x2) % ED_P == 0


def verify(key, signature, message):
    """RFC 8032 read strictly: S below the order, no point of small order, nothing that is not canonical."""
    require(not _of_small_order(key) and not _of_small_order(signature[:32]), "a signature with a point of small order")
    require(int.from_bytes(signature[32:], "little") < ED_L, "a signature that is not canonical")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Refused("a signature that is not right") from None


def sign(seed, message):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def public_key(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def message(scheme_id, kind, body):
    return H("signed", scheme_id, head(kind)[:1], kind.encode(), body)


def read_signed(data, kind, key=None):
    """scheme_id and a reader of the body; with a key, its signature is verified."""
    reader = artefact(data, kind)
    signature, scheme_id = reader.take(64), reader.take(32)
    body = reader.data[reader.at:]
    if key is not None:
        verify(key, signature, message(scheme_id, kind, body))
    return scheme_id, reader


class SchemeCard:
    """`S`: what everybody trusts."""

    def __init__(self, data):
        reader = artefact(data, "S")
        self.scheme_id, self.key = reader.take(32), reader.take(32)
        reader.end()
