"""An issuer: registration, handles, offers, responses and renewals: docs/protocol.md, 3.1 to 3.3."""
import secrets
from dataclasses import dataclass

from . import hpke, issuance, proof, signed
from .curve import G2, encode, inverse, mul, native, random_scalar, scalar_bytes, total
from .errors import require
from .issuance import INFO, Offer, renewal_question
from .proof import attribute_scalar, value_bytes
from .publication import accreditation_holds
from .reader import artefact, head
from .transcript import H, H_ISSUER, H_J, H_S, P1, Q1, as_challenge, as_scalar, eight_digits, number


@dataclass
class Offered:
    """An open offer: what is signed, its salt, the draw, the request that it was answered with."""
    offer: Offer
    raw_values: bytes
    values: dict
    salt: bytes
    draw: bytes
    request: bytes = None
    proven: object = None  # C, and of a renewal the question


class Issuer:
    def __init__(self, scheme_id):
        self.scheme_id, self.secret = scheme_id, random_scalar()
        self.x, self.x1 = G2 * native(self.secret), mul(H_ISSUER, self.secret)
        self.accreditation, self.handles = None, []

    def registration(self):
        """`I`: (12)"""
        nonce = random_scalar()
        c = as_challenge(H("pop", self.scheme_id, self.x, self.x1, mul(H_ISSUER, nonce)))
        return head("I") + encode(self.x) + encode(self.x1) + c.to_bytes(16, "big") + scalar_bytes(nonce + c * self.secret)

    def take_accreditation(self, data, key, bundle):
        scheme_id, r = signed.read_signed(data, "a", key)
        require(scheme_id == self.scheme_id and r.g2() == self.x, "an accreditation of somebody else")
        acc, a, ep = r.g1(), r.scalar(zero=False), r.number(4)
        r.take(8 + 4 + 1 + 4 + 32)  # laid down, passes a day, operators, large register, digest
        r.end()
        require(any(accreditation_holds(bundle, k, ep, self.x1, acc, a) for k in bundle.key_sets), "an accreditation that is wrong")
        self.accreditation = acc, a, ep

    def take_handles(self, data, key):
        scheme_id, r = signed.read_signed(data, "h", key)
        require(scheme_id == self.scheme_id and r.g2() == self.x, "handles of somebody else")
        while r.at < len(r.data):
            self.handles.append((r.scalar(), r.g1(), r.number(4), r.number(4)))

    def offer(self, values, expires, renewal=0):
        """Values by number, in the order of the schema."""
        raw = b"".join(value_bytes(values[i]) for i in sorted(values))
        salt, draw = secrets.token_bytes(32), secrets.token_bytes(16)
        data = b"".join([head("O"), self.scheme_id, encode(self.x), secrets.token_bytes(16), number(expires, 8), number(renewal, 2),
                         H("issuer attributes", salt, raw), H("draw", draw)])
        return Offered(Offer(data), raw, values, salt, draw)

    def take_request(self, offered, data, bundle, t):
        """Checks (27); returns the draw `d` and the code."""
        offered.offer.check(bundle, t)
        r = artefact(data, "q")
        require(r.take(32) == offered.offer.name and offered.offer.renewal == 0, "a request for another offer")
        c_point, c, public = r.g1(), r.number(16), r.take(32)
        bases = [H_S, H_J[0]] + [H_J[i] for i in bundle.scheme.set_by(False)]
        responses = [r.scalar() for _ in bases]
        r.end()
        t = total([*zip(responses, bases), (-c, c_point)])
        require(as_challenge(H("req", offered.offer.name, public, c_point, t)) == c, "a request that is not right")
        offered.request, offered.proven = bytes(data), (c_point, public, None)
        return self._drawn(offered)

    def take_renewal(self, offered, data, bundle, t):
        """Checks (20) to (24) and (29) by the issuer's own clock."""
        offered.offer.check(bundle, t)
        bundle.good_at(t)
        r = artefact(data, "n")
        require(r.take(32) == offered.offer.name and offered.offer.renewal, "a request for another offer")
        c_point, public = r.g1(), r.take(32)
        policy = bundle.renewals[offered.offer.renewal]
        question = renewal_question(bundle, policy, offered.offer, public, c_point, t)
        proof.verify(question, r.rest(), c_point)
        issuance.check_limits(policy, question, offered.values)
        offered.request, offered.proven = bytes(data), (c_point, public, question)
        return self._drawn(offered)

    @staticmethod
    def _drawn(offered):
        code = eight_digits(H("code", offered.offer.raw, offered.request, offered.draw))
        return head("d") + offered.offer.name + offered.draw, code

    def _accreditation(self):
        if not self.accreditation:
            return b"\0"
        acc, a, ep = self.accreditation
        return b"\1" + encode(acc) + scalar_bytes(a) + number(ep, 4)

    def issue(self, offered, bundle):
        """(28) or (30), sealed to the one-time key."""
        c_point, public, question = offered.proven
        name = H("issuance", offered.offer.raw, offered.request, offered.draw)
        x = scalar_bytes(self.secret)
        terms = [(1, P1), (bundle.scheme.domain, Q1), (1, c_point)] + [(attribute_scalar(v), H_J[i]) for i, v in offered.values.items()]
        if question:
            e = as_scalar(H("e renewal", offered.raw_values, x, self.scheme_id, offered.offer.name, c_point, question.to_bytes()))
            a = mul(total(terms), inverse(self.secret + e))
            plain = [encode(a), scalar_bytes(e), encode(self.x1)]
        else:
            y, witness, removals, key_set = self.handles.pop()
            k = as_scalar(H("issuer entropy", x, offered.request))
            e = as_scalar(H("e", offered.raw_values, x, self.scheme_id, offered.offer.nonce, name, offered.offer.digest, scalar_bytes(y)))
            a = mul(total(terms + [(k, H_J[0]), (y, H_J[1])]), inverse(self.secret + e))
            plain = [scalar_bytes(k), encode(a), scalar_bytes(e), scalar_bytes(y), encode(witness), number(removals, 4),
                     number(key_set, 4), encode(self.x1)]
        plain = b"".join([offered.raw_values, offered.salt, *plain, self._accreditation()])
        return head("r") + offered.draw + hpke.seal(public, plain, INFO, name)

