"""The holder's side of issuance and renewal: docs/protocol.md, 3.2 and 3.3. Offers, requests, draws, responses."""
import hmac
import secrets
from dataclasses import dataclass, field

from . import hpke, proof
from .curve import G2, R, encode, mul, product_is_one, random_scalar, scalar_bytes, total
from .errors import require
from .proof import attribute_scalar, base_point, read_value
from .question import Question
from .reader import Reader, artefact, head
from .scheme import RENEWAL
from .transcript import H, H_ISSUER, H_J, H_S, as_challenge, eight_digits

INFO = b"veilpass v2 response"


class Offer:
    def __init__(self, data):
        self.raw = bytes(data)
        r = artefact(data, "O")
        self.scheme_id, self.x, self.nonce, self.expires = r.take(32), r.g2(), r.take(16), r.number(8)
        self.renewal, self.digest, self.draw = r.number(2), r.take(32), r.take(32)
        r.end()
        self.name = H("offer", self.raw)

    def check(self, bundle, t):
        require(self.scheme_id == bundle.scheme.id, "an offer of another scheme")
        require(t < self.expires, "the offer is over")
        require(bundle.scheme.known_issuer in (None, self.x), "an offer of another issuer than the scheme's")


@dataclass
class Pending:
    """A request that waits for its response; of a renewal with the pass that it renews and the policy."""
    offer: Offer
    request: bytes
    key: object
    s: int
    secret: int  # m_0', or of a renewal m_0
    values: dict  # what the holder set, or what is carried; by number
    commitment: object
    policy: object = None
    renews: object = None
    question: object = None
    label: str = ""
    bundle_number: int = field(default=0)

    def code(self, data):
        """The eight digits, from a draw `d`."""
        r = artefact(data, "d")
        require(r.take(32) == self.offer.name, "a draw for another offer")
        d = r.take(16)
        r.end()
        return eight_digits(H("code", self.offer.raw, self.request, self._drawn(d)))

    def _drawn(self, d):
        require(hmac.compare_digest(H("draw", d), self.offer.draw), "a draw that is not the offer's")
        return d

    def open(self, data):
        """The plaintext of a response."""
        r = artefact(data, "r")
        d = self._drawn(r.take(16))
        encapsulated, ciphertext = r.take(32), r.rest()
        associated = H("issuance", self.offer.raw, self.request, d)
        return Reader(hpke.open_sealed(self.key, encapsulated, ciphertext, INFO, associated))


def request(bundle, offer, values, t):
    """(27): values of the holder's attributes by number."""
    offer.check(bundle, t)
    require(offer.renewal == 0, "an offer that renews")
    require(sorted(values) == bundle.scheme.set_by(False), "the holder's attributes")
    key = hpke.derive_key(secrets.token_bytes(32))
    public = key.public_key().public_bytes_raw()
    bases = [H_S, H_J[0]] + [H_J[i] for i in sorted(values)]
    witness = [random_scalar(), random_scalar()] + [attribute_scalar(values[i]) for i in sorted(values)]
    nonces = [random_scalar() for _ in witness]
    c_point = total(zip(witness, bases))
    c = as_challenge(H("req", offer.name, public, c_point, total(zip(nonces, bases))))
    responses = [(k + c * w) % R for k, w in zip(nonces, witness)]
    data = head("q") + offer.name + encode(c_point) + c.to_bytes(16, "big") + public + b"".join(map(scalar_bytes, responses))
    return Pending(offer, data, key, witness[0], witness[1], dict(values), c_point)


def request_renewal(bundle, offer, credential, t):
    """(29): a proof by the old pass about a commitment to what is carried over."""
    offer.check(bundle, t)
    bundle.good_at(t)
    policy = bundle.renewals.get(offer.renewal)
    require(policy, "an offer that renews nothing, or by a policy that the bundle does not have")
    key = hpke.derive_key(secrets.token_bytes(32))
    public = key.public_key().public_bytes_raw()
    s, carried = random_scalar(), policy.carried(bundle.scheme)
    m = credential.scalars()
    commitment = total([(s, H_S)] + [(m[i], H_J[i]) for i in [0, 1, *carried]])
    question = renewal_question(bundle, policy, offer, public, commitment, t)
    witness = credential.witness(question)
    witness.renewed = s
    data = head("n") + offer.name + encode(commitment) + public + proof.prove(question, witness, [], commitment)
    return Pending(offer, data, key, s, m[0], {i: credential.values[i] for i in carried}, commitment, policy, credential, question)


def renewal_question(bundle, policy, offer, public, commitment, t):
    digest = H("renewal", offer.name, public, commitment)
    return Question(bundle, RENEWAL, policy, bundle.in_force(t), bundle.offsets.day(t), renewal=digest)


@dataclass
class Issued:
    """The plaintext of a response, read and checked against the offer, not yet against a bundle."""
    x1: object
    a: object
    e: int
    s: int
    m0: int
    y: int
    values: dict
    accreditation: tuple  # Acc, a, ep or nothing
    witness: tuple = None  # C, removals, key set; of a renewal nothing


def _accreditation(r):
    flag = r.number(1)
    require(flag < 2, "an unknown flag")
    found = (r.g1(), r.scalar(zero=False), r.number(4)) if flag else None
    r.end()
    return found


def receive(bundle, pending, data):
    r = pending.open(data)
    scheme, policy = bundle.scheme, pending.policy
    set_now = [i for i, _ in policy.anew] if policy else scheme.set_by(True)
    start = r.at
    values = {i: read_value(r, scheme.schema[i]) for i in set_now}
    raw, salt = r.data[start:r.at], r.take(32)
    require(H("issuer attributes", salt, raw) == pending.offer.digest, "other attributes than offered")
    values |= pending.values
    if policy:
        a, e, x1 = r.g1(), r.scalar(zero=False), r.g1()
        issued = Issued(x1, a, e, pending.s, pending.secret, pending.renews.y, values, _accreditation(r))
    else:
        k, a, e, y = r.scalar(), r.g1(), r.scalar(zero=False), r.scalar()
        witness = r.g1(), r.number(4), r.number(4)
        x1 = r.g1()
        issued = Issued(x1, a, e, pending.s, (pending.secret + k) % R, y, values, _accreditation(r), witness)
    require(bool(issued.accreditation) != bool(scheme.known_issuer), "an accreditation, if the issuer is hidden")
    check_signature(scheme, pending.offer.x, issued)
    return issued


def check_signature(scheme, x, issued):
    m = [issued.m0, issued.y] + [attribute_scalar(issued.values[i]) for i in range(2, len(scheme.schema))]
    b = base_point(scheme, issued.s, m)
    require(product_is_one([(issued.a, x), (mul(issued.a, issued.e) - b, G2)]), "a signature that is not right")
    require(product_is_one([(H_ISSUER, x), (-issued.x1, G2)]), "an X1 that is not the issuer's")


def check_dates(bundle, values, t):
    """Compared dates within what a pass can show."""
    today, u = bundle.offsets.day(t), min(k.u for k in bundle.key_sets.values())
    for policy in [*bundle.policies.values(), *bundle.renewals.values()]:
        require(values[policy.until] < today + u, "a date too far ahead")
        if policy.from_ is not None:
            length = values[policy.until] - values[policy.from_]
            require(values[policy.from_] < today + u and 0 <= length < u, "a first day after its end, or too far before it")
        if policy.age:
            born = values[policy.age[0]]
            require(born <= today and today - born < u * (u - 2), "a birth date ahead, or too long ago")


def check_limits(policy, question, values):
    for attribute, days in policy.anew:
        require(values[attribute] <= question.day + days, "a new date beyond the renewal's limit")
