"""The artefacts in tests/frozen, made by the program, and the worked example of docs/format.md."""
import re

from veilpass_second import hpke, proof, signed
from veilpass_second.curve import read_g1
from veilpass_second.errors import Refused
from veilpass_second.issuance import Issued, Offer, Pending, check_signature, receive, renewal_question
from veilpass_second.publication import HoldersBundle, Published
from veilpass_second.question import Asked, Card, Question, audience_of, venue_message
from veilpass_second.reader import artefact
from veilpass_second.scheme import CHALLENGE, POSTER, STRIP, Bundle
from veilpass_second.transcript import tag

NOW = 1_624_896_240  # the moment of the README's example

class Frozen:
    def __init__(self, tally, folder):
        self.tally, self.folder = tally, folder
        self.key = signed.public_key(self.read("bundle-key"))  # it is the seed
        self.bundle = Bundle(self.read("bundle"), self.key)

    def read(self, name):
        return (self.folder / f"{name}.vp").read_bytes()

    def holds(self, what, call):
        try:
            result = call()
        except Refused as refused:
            return self.tally.check(False, f"frozen {what}: {refused}")
        self.tally.check(result is not False, f"frozen {what}")
        return result

    def bundles(self):
        for name in ("holders", "holders-2"):
            published = self.holds(name, lambda: Published(HoldersBundle(self.read(name)), self.key))
            for key_set in published.bundle.key_sets.values():
                self.holds(f"{name}: date table", lambda: published.table(key_set) and True)
                self.holds(f"{name}: removals", lambda: published.span(key_set.number))
        self.holds("bundle-2 follows", lambda: Bundle(self.read("bundle-2"), self.key).follows(self.bundle))

    def questions(self):
        asked = Asked.read(self.read("question"))
        self.tally.agree(asked.to_bytes(), self.read("question"), "frozen question")
        card = self.holds("card", lambda: Card(self.read("venue-card"), self.key))
        live = Asked.read(self.read("venue-question"))
        message = venue_message(self.bundle.scheme.id, card, CHALLENGE, live.policy, live.nonce, live.epoch, live.day, live.until)
        self.holds("venue's question", lambda: signed.verify(card.key, live.signature, message))
        self.nonce, self.card = asked.nonce, card

    def passes(self):
        plain, with_card = audience_of("Cafe"), audience_of(self.card.name, self.card.id)
        known = Bundle(self.read("known-bundle"), signed.public_key(self.read("known-bundle-key")))
        newer = Bundle(self.read("bundle-2"), self.key)
        for name, bundle, audience in (
                ("pass-poster", self.bundle, plain), ("pass-challenge", self.bundle, plain), ("pass-strip", self.bundle, plain),
                ("pass-bar", self.bundle, plain), ("pass-paper", self.bundle, b""), ("pass-open", self.bundle, plain),
                ("pass-venue", self.bundle, with_card), ("pass-2", newer, plain), ("known-pass", known, plain)):
            self.holds(name, lambda: self.one(self.read(name), bundle, audience))

    def one(self, data, bundle, audience):
        mode, number, day = data[6], int.from_bytes(data[15:19], "big"), int.from_bytes(data[19:23], "big")
        policy = next(p for p in bundle.policies.values() if tag("policy", p.raw) == data[7:11])
        epoch = bundle.strip(number) if mode == STRIP else bundle.epoch(number)
        bucket = int.from_bytes(data[23:27], "big") if mode == POSTER else 0
        question = Question(bundle, mode, policy, epoch, day, audience, self.nonce, bucket)
        if question.header() != data[:27]:
            raise Refused("another header")
        proof.verify(question, data[27:])

    def issuance(self):
        """The pending request and the response give a signature, and so do those of the renewal."""
        r = artefact(self.read("pending-request"), "p")
        offer, request, s, m0, seed = Offer(r.bytes()), r.bytes(), r.scalar(), r.scalar(), r.take(32)
        values = {i: r.text(64) if self.bundle.scheme.schema[i].text else r.day() for i in self.bundle.scheme.set_by(False)}
        r.end()
        self.tally.agree((offer.raw, request), (self.read("offer"), self.read("request")), "frozen offer and request")
        pending = Pending(offer, request, private_key(seed, request[98:130]), s, m0, values, None)
        self.holds("draw", lambda: pending.code(self.read("draw")))
        self.holds("response", lambda: receive(self.bundle, pending, self.read("response")))

    def renewal(self):
        offer, request = Offer(self.read("renewal-offer")), self.read("renewal-request")
        commitment, public = read_g1(request[34:82]), request[82:114]
        self.tally.agree(request[2:34], offer.name, "frozen renewal request")
        question = renewal_question(self.bundle, self.bundle.renewals[offer.renewal], offer, public, commitment, NOW)
        self.holds("renewal request", lambda: proof.verify(question, request[114:], commitment))

    def credentials(self):
        for name, bundle in (("credential", self.bundle), ("renewed-credential", self.bundle), ("credential-2", self.bundle)):
            self.holds(name, lambda: self.credential(self.read(name), bundle))

    def credential(self, data, bundle):
        r = artefact(data, "C")
        x, x1, a, e, s, m0, y = r.g2(), r.g1(), r.g1(), r.scalar(False), r.scalar(), r.scalar(), r.scalar()
        values = {i: proof.read_value(r, bundle.scheme.schema[i]) for i in range(2, len(bundle.scheme.schema))}
        r.number(4)
        r.list(lambda r: (r.number(4), r.g1(), r.scalar(False), r.number(4)))
        r.list(lambda r: (r.g1(), r.number(4), r.number(4)))
        r.end()
        check_signature(bundle.scheme, x, Issued(x1, a, e, s, m0, y, values, None))

def private_key(seed, public):
    """The one-time key of a seed, by DeriveKeyPair."""
    key = hpke.derive_key(seed)
    if key.public_key().public_bytes_raw() != public:
        raise Refused("a seed that does not lead to the one-time key")
    return key


def example(tally, text):
    """Whole numbers of the worked example that follow from others."""
    block = text[text.index("<!-- example -->"):text.index("<!-- /example -->")]
    found = {}
    for name, value in re.findall(r"^(\S.*?)\s{2,}([0-9a-f]+)$", block, re.M):
        found.setdefault(name, value)
    scheme_id = bytes.fromhex(found["scheme_id"])
    tally.agree(tag("scheme", scheme_id).hex(), found["scheme"], "example: tag of the scheme")
    ids = re.findall(r"^audience\s+([0-9a-f]{8})$", block, re.M)
    name = bytes.fromhex(re.search(r"^audience\s+(000c[0-9a-f]+)$", block, re.M).group(1))[2:].decode()
    tally.agree(tag("audience", audience_of(name)).hex(), ids[0], "example: tag of the audience")

def run(tally, root):
    frozen = Frozen(tally, root / "tests/frozen")
    for part in (frozen.bundles, frozen.questions, frozen.passes, frozen.issuance, frozen.renewal, frozen.credentials):
        part()
    example(tally, (root / "docs/format.md").read_text())
