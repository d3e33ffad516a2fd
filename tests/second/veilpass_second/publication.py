"""What holders fetch: manifest, date table, removal log, checkpoints, sealed accreditations: docs/protocol.md, 3.1.1."""
import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .curve import G2, R, inverse, into_subgroup, mul, product_is_one, random_scalar, read_coordinates, read_g1, scalar_bytes, total
from .curve import encode
from .errors import Refused, require
from .reader import Reader, artefact
from .scheme import Bundle, rising
from .signed import read_signed
from .transcript import H, H_EP, R_DATE, number

SEGMENT = 4096


@dataclass
class Parts:
    """Of one key set."""
    number: int
    table: bytes
    segments: list
    checkpoint: tuple
    sealed: dict

    @staticmethod
    def read(r):
        key_set, table = r.number(4), r.take(32)
        segments = r.list(lambda r: (r.number(4), r.number(2), r.take(32)))
        checkpoint = r.list(lambda r: (r.number(4), r.number(1), r.take(32)))
        sealed = r.list(lambda r: (r.number(4), r.take(32)))
        expected = 0
        for index, (first, count, _) in enumerate(segments):
            require(first == expected and 1 <= count <= SEGMENT, "segments that are not contiguous")
            require(count == SEGMENT or index == len(segments) - 1, "a segment that is too short")
            expected += count
        require(len(checkpoint) <= 1, "two checkpoints")
        require(all(removals <= expected and bits <= 24 for removals, bits, _ in checkpoint), "a checkpoint ahead of the log")
        require(rising([ep for ep, _ in sealed]), "sealed lists whose ep do not rise")
        return Parts(key_set, table, segments, checkpoint[0] if checkpoint else None, dict(sealed))

    @property
    def removals(self):
        return sum(count for _, count, _ in self.segments)


class Folder:
    """The public folder."""

    def __init__(self, path):
        self.path = path

    def _read(self, *name):
        try:
            return self.path.joinpath(*name).read_bytes()
        except FileNotFoundError:
            raise Refused(f"no file {'/'.join(name)}") from None

    def bundle(self):
        return self._read("bundle.vp")

    def manifest(self, digest):
        return self._read("parts", digest.hex())

    def part(self, digest):
        data = self._read("parts", digest.hex())
        require(H("part", data) == digest, "a part with another digest")
        return data

    def bucket(self, root, index):
        return self._read("checkpoints", root.hex(), f"{index:06x}")


class HoldersBundle:
    """`H`: all of it in one file."""

    def __init__(self, data):
        r = artefact(data, "H")
        self.signed_bundle, self.signed_manifest = r.long(), r.long()
        self.parts = {H("part", part): part for part in r.list(lambda r: r.long())}
        self.buckets = {(root, index): data for root, index, data in r.list(lambda r: (r.take(32), r.number(4), r.long()))}
        r.end()

    def bundle(self):
        return self.signed_bundle

    def manifest(self, digest):
        return self.signed_manifest

    def part(self, digest):
        require(digest in self.parts, "a part is missing")
        return self.parts[digest]

    def bucket(self, root, index):
        require((root, index) in self.buckets, "a bucket is missing")
        return self.buckets[root, index]


class Published:
    """A bundle with its manifest and a source of parts; nothing is used before it matches the manifest."""

    def __init__(self, source, key):
        self.source, self.bundle = source, Bundle(source.bundle(), key)
        self.id = self.bundle.scheme.id
        scheme_id, r = read_signed(source.manifest(self.bundle.manifest), "M", key)
        require(scheme_id == self.id and H("manifest", r.data[r.at:]) == self.bundle.manifest, "another manifest")
        require((r.number(4), r.number(8)) == (self.bundle.number, self.bundle.expires), "a manifest of another bundle")
        self.parts = {parts.number: parts for parts in r.list(Parts.read)}
        r.end()
        require(list(self.parts) == list(self.bundle.key_sets), "other key sets than the bundle")
        self._tables, self._logs = {}, {}

    def places(self):
        """(key set, removals) and (key set, ep) of all epochs and strip epochs."""
        return self.bundle.epochs + self.bundle.strips

    def table(self, key_set):
        """T_δ, checked by (14)."""
        if key_set.number not in self._tables:
            r = artefact(self.source.part(self.parts[key_set.number].table), "T")
            entries = [r.g1() for _ in range(key_set.u)]
            r.end()
            weights = [random_scalar() >> 126 for _ in entries]
            right = [(sum(weights), R_DATE)] + [(-w * delta, t) for delta, (w, t) in enumerate(zip(weights, entries))]
            require(product_is_one([(total(zip(weights, entries)), key_set.x_t), (-total(right), G2)]), "a date table that is wrong")
            self._tables[key_set.number] = entries
        return self._tables[key_set.number]

    def span(self, key_set):
        """The number before its first removal, and (y, V) of each, to the end."""
        if key_set not in self._logs:
            parts = self.parts[key_set]
            needed = [e.removals for e in self.places() if e.key_set == key_set] + [parts.checkpoint[0] if parts.checkpoint else 0]
            found = [s for s in parts.segments if s[0] + s[1] > min(needed)]
            log = [removal for segment in found for removal in self._segment(*segment)]
            self._logs[key_set] = (found[0][0] if found else parts.removals, log)
        return self._logs[key_set]

    def _segment(self, first, count, digest):
        r = artefact(self.source.part(digest), "L")
        removals = [(r.scalar(), into_subgroup(read_coordinates(r.take(96)))) for _ in range(count)]
        r.end()
        return removals

    def checkpoint_entry(self, key_set, y):
        """(removals, C) of the checkpoint; the handle was removed if it has none."""
        removals, bits, root = self.parts[key_set].checkpoint
        index = bucket_of(self.id, y, bits)
        return removals, open_bucket(self.source.bucket(root, index), self.id, key_set, removals, bits, root, y)

    def accreditation(self, key_set, ep, x, x1):
        """(Acc, a) of the issuer X from the sealed list, or nothing."""
        digest = self.parts[key_set].sealed.get(ep)
        if digest is None:
            return None
        found = open_list(self.source.part(digest), self.id, self.bundle.key_sets[key_set].digest, self.bundle.number, ep, x, x1)
        require(not found or accreditation_holds(self.bundle, key_set, ep, x1, *found), "an accreditation that is wrong")
        return found


def bucket_of(scheme_id, y, bits):
    return int.from_bytes(H("bucket", scheme_id, scalar_bytes(y)), "big") >> (256 - bits)


def open_bucket(data, scheme_id, key_set, removals, bits, root, y):
    """C of y, from its bucket `K`."""
    r = artefact(data, "K")
    require(r.number(1) == bits, "a bucket of another checkpoint")
    path, entries, at = [r.take(32) for _ in range(bits)], r.rest(), bucket_of(scheme_id, y, bits)
    node = hashlib.sha256(b"\0" + H("part", entries)).digest()
    for neighbour in path:
        node = hashlib.sha256(b"\1" + (neighbour + node if at & 1 else node + neighbour)).digest()
        at >>= 1
    require(node == root and len(entries) % 64 == 0, "a bucket that is not in the checkpoint")
    tags = [entries[i:i + 16] for i in range(0, len(entries), 64)]
    require(rising(tags), "tags that do not rise")
    fields = (scheme_id, scalar_bytes(y), number(key_set, 4), number(removals, 4))
    tag = H("checkpoint tag", *fields)[:16]
    require(tag in tags, "revoked")
    at = 64 * tags.index(tag) + 16
    pad = hashlib.shake_256(H("checkpoint key", *fields)).digest(48)
    return read_g1(bytes(a ^ b for a, b in zip(entries[at:at + 48], pad)))


def open_list(data, scheme_id, key_set_digest, bundle_number, ep, x, x1):
    """(Acc, a) from a sealed list `A`, or nothing."""
    body = artefact(data, "A").rest()
    require(len(body) % 100 == 0 and len(body) <= 102400, "a sealed list of another length")
    info = b"veilpass accreditation" + key_set_digest + number(bundle_number, 4) + number(ep, 4)
    aead = ChaCha20Poly1305(hkdf(scheme_id, encode(x), info))
    for at in range(0, len(body), 100):
        try:
            plain = Reader(aead.decrypt(bytes(12), body[at:at + 100], encode(x1)))
        except InvalidTag:
            continue
        found = plain.g1(), plain.scalar(zero=False)
        require(plain.number(4) == ep, "an accreditation of another epoch")
        return found
    return None


def hkdf(salt, secret, info):
    """HKDF-SHA-256, 32 bytes."""
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\1", "sha256")


def accreditation_holds(bundle, key_set, ep, x1, acc, a):
    """(13)"""
    base = bundle.scheme.p1_accreditation + mul(H_EP, ep) + x1
    return product_is_one([(acc, bundle.key_sets[key_set].gamma), (mul(acc, a) - base, G2)])


def witness_holds(bundle, key_set, v, y, c):
    """(15)"""
    return product_is_one([(c, bundle.key_sets[key_set].q), (mul(c, y) - v, G2)])


def move(log, first, y, c, at, to):
    """A witness from `at` removals to `to`, forward or back, by (17); revoked if its own removal is between them."""
    while at < to:
        y_j, v_j = log[at - first]
        require(y_j != y, "revoked")
        c, at = mul(c - v_j, inverse(y_j - y)), at + 1
    while at > to:
        y_j, v_j = log[at - 1 - first]
        require(y_j != y, "revoked")
        c, at = mul(c, (y_j - y) % R) + v_j, at - 1
    return c
