"""What a pass answers: the question's bytes, a pass's header, the artefacts `Q` and `V`: docs/protocol.md, 3.4 and 3.5."""
from dataclasses import dataclass

from . import signed
from .curve import encode
from .errors import require
from .reader import artefact, head, pack_bytes, pack_text
from .scheme import CHALLENGE, POSTER, RENEWAL, STRIP, Epoch
from .transcript import H, day_bytes, number, tag

NO_CARD = bytes(16)
HIDDEN, KNOWN, ACCREDITED, AT_LEAST, AT_MOST, NOT_REVOKED, FAR_BACK, ONCE, CARRIED = range(1, 10)


def audience_of(name, card_id=NO_CARD):
    return card_id + pack_text(name)


def statements(scheme, policy, mode):
    """The statements of a proof, in order."""
    hidden = lambda attribute: attribute is not None and attribute not in policy.disclosed
    found = [KNOWN] if scheme.known_issuer else [HIDDEN, ACCREDITED]
    found += [AT_LEAST] if hidden(policy.until) else []
    found += [AT_MOST] if hidden(policy.from_) else []
    found += [NOT_REVOKED]
    found += [FAR_BACK] if policy.age and hidden(policy.age[0]) else []
    found += [ONCE] if policy.once else []
    return found + ([CARRIED] if mode == RENEWAL else [])


@dataclass
class Question:
    """All that a proof is about and that both sides know. `extra` is the nonce, (bucket, beacon) or the renewal's digest."""
    bundle: object
    mode: int
    policy: object
    epoch: Epoch
    day: int
    audience: bytes = b""
    nonce: bytes = b""
    bucket: int = 0
    renewal: bytes = b""
    session: bytes = bytes(32)

    @property
    def key_set(self):
        return self.bundle.key_sets[self.epoch.key_set]

    @property
    def statements(self):
        return statements(self.bundle.scheme, self.policy, self.mode)

    def _epoch_number(self):
        return self.epoch.number.to_bytes(4, "big", signed=self.mode == STRIP)

    def to_bytes(self):
        tail = {CHALLENGE: self.nonce, POSTER: number(self.bucket, 2) + (self.epoch.beacon or b""), STRIP: b"",
                RENEWAL: self.renewal}[self.mode]
        return b"".join([
            bytes([2, self.mode, 0]), self.bundle.scheme.id, self.session, self.key_set.digest,
            number(self.epoch.ep, 4), self._epoch_number(), encode(self.epoch.v), day_bytes(self.day),
            number(self.policy.number, 2), pack_bytes(self.policy.raw), pack_bytes(bytes(self.statements)),
            pack_bytes(self.audience), tail])

    def header(self):
        """The 27 bytes in front of a pass."""
        last = {CHALLENGE: tag("nonce", self.nonce), POSTER: number(self.bucket, 4), STRIP: bytes(4)}[self.mode]
        return b"".join([
            head("P"), tag("scheme", self.bundle.scheme.id), bytes([self.mode]), tag("policy", self.policy.raw),
            tag("audience", self.audience), self._epoch_number(), day_bytes(self.day), last])


class Card:
    """`V`: a registered venue's."""

    def __init__(self, data, key):
        self.raw = bytes(data)
        self.scheme_id, r = signed.read_signed(data, "V", key)
        self.id, self.name = r.take(16), r.text(64, 1)
        self.policies, self.key, self.end = r.list(lambda r: r.number(2)), r.take(32), r.number(8)
        r.end()
        require(self.id != NO_CARD and self.name == self.name.strip(" "), "a card's id or name")
        require(1 <= len(self.policies) <= 64 and sorted(set(self.policies)) == self.policies, "a card's policies")

    def digest(self):
        return H("card", self.raw)

    def good(self, bundle, t):
        require(self.scheme_id == bundle.scheme.id and t < self.end and self.id not in bundle.withdrawn, "the card is not good")


def venue_message(scheme_id, card, mode, policy, nonce, epoch, day, until):
    return H("venue question", scheme_id, card.digest(), bytes([mode]), number(policy, 2), nonce, number(epoch, 4),
             day_bytes(day), number(until, 8))


@dataclass
class Asked:
    """`Q` as it is read or written: a poster, a live question, or for strips."""
    scheme_tag: bytes
    mode: int
    policy: int
    name: str = ""
    card: bytes = b""
    nonce: bytes = b""
    day: int = 0
    epoch: int = 0
    until: int = None
    signature: bytes = b""

    @staticmethod
    def read(data):
        require(len(data) <= 652, "a question that is too long")
        r = artefact(data, "Q")
        asked = Asked(r.take(4), r.number(1), 0)
        require(asked.mode <= STRIP and r.number(1) == 0, "mode or flags of a question")
        asked.policy, asked.name, asked.card = r.number(2), r.text(64), r.bytes()
        require(bool(asked.name) != bool(asked.card), "an audience, or a card")
        require(asked.name == asked.name.strip(" "), "spaces around a name")
        if asked.mode == CHALLENGE:
            asked.nonce, asked.day, asked.epoch = r.take(16), r.day(), r.number(4)
            if asked.card:
                asked.until, asked.signature = r.number(8), r.take(64)
        r.end()
        return asked

    def to_bytes(self):
        out = head("Q") + self.scheme_tag + bytes([self.mode, 0]) + number(self.policy, 2) + pack_text(self.name) + pack_bytes(self.card)
        if self.mode == CHALLENGE:
            out += self.nonce + day_bytes(self.day) + number(self.epoch, 4)
            if self.card:
                out += number(self.until, 8) + self.signature
        return out
