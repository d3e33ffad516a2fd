"""HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305; one message."""
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .errors import Refused

KEM, SUITE = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"


def _extract(suite, salt, label, secret):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")


def _expand(suite, key, label, info, size):
    return hmac.digest(key, size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\1", "sha256")[:size]


def derive_key(seed):
    """DeriveKeyPair, 7.1.3."""
    return X25519PrivateKey.from_private_bytes(_expand(KEM, _extract(KEM, b"", b"dkp_prk", seed), b"sk", b"", 32))


def _context(shared, encapsulated, public, info):
    secret = _expand(KEM, _extract(KEM, b"", b"eae_prk", shared), b"shared_secret", encapsulated + public, 32)
    context = b"\0" + _extract(SUITE, b"", b"psk_id_hash", b"") + _extract(SUITE, b"", b"info_hash", info)
    secret = _extract(SUITE, secret, b"secret", b"")
    return ChaCha20Poly1305(_expand(SUITE, secret, b"key", context, 32)), _expand(SUITE, secret, b"base_nonce", context, 12)


def open_sealed(private, encapsulated, ciphertext, info, associated):
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(encapsulated))
        aead, nonce = _context(shared, encapsulated, private.public_key().public_bytes_raw(), info)
        return aead.decrypt(nonce, ciphertext, associated)
    except (InvalidTag, ValueError):
        raise Refused("a response that does not open") from None


def seal(public, plaintext, info, associated):
    """encapsulated key, ciphertext with tag"""
    private = X25519PrivateKey.generate()
    encapsulated = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(public))
    aead, nonce = _context(shared, encapsulated, public, info)
    return encapsulated + aead.encrypt(nonce, plaintext, associated)
