"""The presentation: docs/protocol.md, 3.8. One list of equations serves prover and verifier."""
import secrets
from dataclasses import dataclass

from .calendar import years_before
from .curve import G2, R, encode, hash_to_scalar, inverse, mul, native, product_is_one, random_scalar, scalar_bytes, total
from .errors import require
from .question import ACCREDITED, AT_LEAST, AT_MOST, CARRIED, FAR_BACK, HIDDEN, KNOWN, NOT_REVOKED, ONCE
from .reader import Reader, pack_text
from .texts import check_hint
from .transcript import H, H_EP, H_ISSUER, H_S, P1, Q1, R_DATE, as_challenge, day_bytes, pseudonym_base

POINTS = {HIDDEN: 3, KNOWN: 3, ACCREDITED: 2, AT_LEAST: 2, AT_MOST: 2, NOT_REVOKED: 2, FAR_BACK: 4, ONCE: 1, CARRIED: 0}
VARIABLES = {HIDDEN: 3, KNOWN: 3, ACCREDITED: 3, AT_LEAST: 1, AT_MOST: 1, NOT_REVOKED: 1, FAR_BACK: 3, ONCE: 0, CARRIED: 1}


def points_of(question):
    return sum(POINTS[s] for s in question.statements)


def responses_of(question):
    """s, the hidden attributes, the variables of the statements."""
    return 1 + len(question.bundle.scheme.schema) - len(question.policy.disclosed) + sum(VARIABLES[s] for s in question.statements)


def attribute_scalar(value):
    """A text, a day, or a scalar of 32 bytes (secret and handle)."""
    if isinstance(value, str):
        return hash_to_scalar(value.encode(), b"VEILPASS_V2_TEXT_ATTRIBUTE")
    return value % R


def value_bytes(value):
    return pack_text(value) if isinstance(value, str) else day_bytes(value)


def read_value(reader, attribute):
    if not attribute.text:
        return reader.day()
    text = reader.text(64)
    if attribute.hint:
        check_hint(text)
    return text


@dataclass
class Proof:
    """What a pass has behind its header, and a renewal request behind its key."""
    issuer: tuple  # X', X1', or nothing
    points: list
    c: int
    responses: list
    disclosed: list

    @staticmethod
    def read(reader, question):
        scheme, policy = question.bundle.scheme, question.policy
        issuer = () if scheme.known_issuer else (reader.g2(), reader.g1())
        points = [reader.g1() for _ in range(points_of(question))]
        c = reader.number(16)
        responses = [reader.scalar() for _ in range(responses_of(question))]
        disclosed = [read_value(reader, scheme.schema[i]) for i in policy.disclosed]
        reader.end()
        return Proof(issuer, points, c, responses, disclosed)

    def to_bytes(self):
        return b"".join([*map(encode, self.issuer), *map(encode, self.points), self.c.to_bytes(16, "big"),
                         *map(scalar_bytes, self.responses), *map(value_bytes, self.disclosed)])


class Equations:
    """Σ k·variable·G = Σ n·P, the variables in the order of their responses, and the pairings e(S, key) = e(T, g2)."""

    def __init__(self, question, issuer, points, disclosed, commitment=None):
        self.q, self.issuer, self.disclosed, self.commitment = question, issuer, disclosed, commitment
        self.scheme, self.policy = question.bundle.scheme, question.policy
        self.equations, self.pairings = [], []
        hidden = [i for i in range(len(self.scheme.schema)) if i not in self.policy.disclosed]
        self.hidden = hidden
        self.variables = ["s"] + hidden
        self.points = iter(points)
        for statement in question.statements:
            getattr(self, self.BY_STATEMENT[statement])()

    def take(self, count):
        return [next(self.points) for _ in range(count)]

    def add(self, left, right):
        self.equations.append((left, right))

    def signature(self):
        d, a, b = self.take(3)
        self.variables += ["e", "-r1", "-r3"]
        self.add([("e", 1, a), ("-r1", 1, d)], [(-1, b)])
        shown = [(attribute_scalar(v), self.scheme.bases[i]) for i, v in zip(self.policy.disclosed, self.disclosed)]
        self.add([("-r3", 1, d), ("s", 1, H_S)] + [(i, 1, self.scheme.bases[i]) for i in self.hidden],
                 [(-1, P1), (-self.scheme.domain, Q1)] + [(-m, h) for m, h in shown])
        if self.issuer:
            self.pairings.append((H_ISSUER, self.issuer[0], self.issuer[1]))
        self.pairings.append((a, self.issuer[0] if self.issuer else self.scheme.known_issuer, b))

    def accreditation(self):
        a, b = self.take(2)
        self.variables += ["rho", "sigma", "a"]
        base = self.scheme.p1_accreditation + mul(H_EP, self.q.epoch.ep) + self.issuer[1]
        self.add([("rho", 1, base), ("sigma", -1, H_ISSUER), ("a", -1, a)], [(1, b)])
        self.pairings.append((a, self.q.key_set.gamma, b))

    def at_least(self):
        self.date("v until", self.policy.until, -1)

    def at_most(self):
        self.date("v from", self.policy.from_, 1)

    def date(self, name, attribute, sign):
        w, w2 = self.take(2)
        self.variables.append(name)
        self.add([(name, 1, R_DATE), (attribute, sign, w)], [(1, w2), (sign * self.q.day, w)])
        self.pairings.append((w, self.q.key_set.x_t, w2))

    def not_revoked(self):
        c, c2 = self.take(2)
        self.variables.append("w")
        self.add([("w", 1, self.q.epoch.v), (1, -1, c)], [(1, c2)])
        self.pairings.append((c, self.q.key_set.q, c2))

    def far_back(self):
        w0, w0b, w1, w1b = self.take(4)
        self.variables += ["v0", "v1", "d1"]
        day = years_before(self.q.day, self.policy.age[1])
        self.add([("v0", 1, R_DATE), (self.policy.age[0], 1, w0), ("d1", self.q.key_set.u, w0)], [(1, w0b), (day, w0)])
        self.add([("v1", 1, R_DATE), ("d1", -1, w1)], [(1, w1b)])
        self.pairings += [(w0, self.q.key_set.x_t, w0b), (w1, self.q.key_set.x_t, w1b)]

    def once(self):
        nym, = self.take(1)
        self.nym = nym
        self.add([(0, 1, pseudonym_base(self.scheme.id, self.q.audience, self.q.day))], [(1, nym)])

    def carried(self):
        self.variables.append("s'")
        self.add([("s'", 1, H_S)] + [(i, 1, self.scheme.bases[i]) for i in [0, 1, *self.policy.carried(self.scheme)]],
                 [(1, self.commitment)])

    BY_STATEMENT = {HIDDEN: "signature", KNOWN: "signature", ACCREDITED: "accreditation", AT_LEAST: "at_least",
                    AT_MOST: "at_most", NOT_REVOKED: "not_revoked", FAR_BACK: "far_back", ONCE: "once", CARRIED: "carried"}

    def commitments(self, values, c=0):
        """T for nonces (c = 0) or for responses."""
        return [total([(k * values[name], g) for name, k, g in left] + [(-c * n, p) for n, p in right if c])
                for left, right in self.equations]

    def holds(self):
        """All pairings in one product with random weights."""
        terms, right = {}, []
        for s, key, t in self.pairings:
            weight = secrets.randbits(128) | 1
            entry = terms.setdefault(encode(key), [key, []])
            entry[1].append((weight, s))
            right.append((-weight, t))
        return product_is_one([(total(sums), key) for key, sums in terms.values()] + [(total(right), G2)])


def challenge(question, proof, commitments):
    join = lambda points: b"".join(map(encode, points))
    return as_challenge(H("present", question.to_bytes(), join(proof.issuer), join(proof.points), join(commitments),
                          b"".join(map(value_bytes, proof.disclosed))))


def check_dates(question, disclosed):
    """Disclosed dates are compared in the open."""
    policy, shown = question.policy, dict(zip(question.policy.disclosed, disclosed))
    require(shown.get(policy.until, question.day) >= question.day, "until has passed")
    require(shown.get(policy.from_, question.day) <= question.day, "from has not come")
    if policy.age:
        latest = years_before(question.day, policy.age[1])
        require(shown.get(policy.age[0], latest) <= latest, "too young")


def verify(question, data, commitment=None):
    """The proof behind a header; returns it with its pseudonym."""
    proof = Proof.read(Reader(data), question)
    equations = Equations(question, proof.issuer, proof.points, proof.disclosed, commitment)
    commitments = equations.commitments(dict(zip(equations.variables, proof.responses)), proof.c)
    require(challenge(question, proof, commitments) == proof.c, "the challenge is another one")
    check_dates(question, proof.disclosed)
    require(equations.holds(), "the pairings do not hold")
    return proof, getattr(equations, "nym", None)


@dataclass
class Witness:
    """All that a holder knows: for a proof under one epoch."""
    x: object
    x1: object
    a: object
    e: int
    s: int
    m: list  # scalars, secret and handle in front
    table: list
    handle: object  # C_y
    accreditation: tuple = None  # Acc, a
    renewed: int = 0  # s'


def base_point(scheme, s, m):
    """(18)"""
    return total([(1, P1), (scheme.domain, Q1), (s, H_S), *zip(m, scheme.bases)])


class Prover:
    """Makes the points of each statement in order, and remembers what its variables are."""

    def __init__(self, question, witness):
        self.q, self.w, self.scheme, self.policy = question, witness, question.bundle.scheme, question.policy
        self.values = {"s": witness.s, "s'": witness.renewed, **dict(enumerate(witness.m))}
        self.points = []
        self.t = 0 if self.scheme.known_issuer else random_scalar()
        self.issuer = () if self.scheme.known_issuer else (witness.x + G2 * native(self.t), witness.x1 + mul(H_ISSUER, self.t))
        for statement in question.statements:
            getattr(self, Equations.BY_STATEMENT[statement])()

    def signature(self):
        r1, r2 = random_scalar(), random_scalar()
        e = (self.w.e - self.t) % R
        d, a = mul(base_point(self.scheme, self.w.s, self.w.m), r2), mul(self.w.a, r1 * r2)
        self.values |= {"e": e, "-r1": -r1, "-r3": -inverse(r2)}
        self.points += [d, a, total([(r1, d), (-e, a)])]

    def accreditation(self):
        acc, a = self.w.accreditation
        rho = random_scalar()
        sigma, shown = rho * self.t, mul(acc, rho)
        base = self.scheme.p1_accreditation + mul(H_EP, self.q.epoch.ep) + self.issuer[1]
        self.values |= {"rho": rho, "sigma": sigma, "a": a}
        self.points += [shown, total([(rho, base), (-sigma, H_ISSUER), (-a, shown)])]

    def _entry(self, delta):
        require(0 <= delta < len(self.w.table), "a date that the table does not reach")
        v = random_scalar()
        w = mul(self.w.table[delta], v)
        return v, w, total([(v, R_DATE), (-delta, w)])

    def _signed(self, attribute):
        m = self.w.m[attribute]
        return m if m < 2**40 else m - R

    def at_least(self):
        self.values["v until"], *points = self._entry(self._signed(self.policy.until) - self.q.day)
        self.points += points

    def at_most(self):
        self.values["v from"], *points = self._entry(self.q.day - self._signed(self.policy.from_))
        self.points += points

    def not_revoked(self):
        w = random_scalar()
        c = mul(self.w.handle, w)
        self.values["w"] = w
        self.points += [c, total([(w, self.q.epoch.v), (-self.w.m[1], c)])]

    def far_back(self):
        delta = years_before(self.q.day, self.policy.age[1]) - self._signed(self.policy.age[0])
        d1, d0 = divmod(delta, self.q.key_set.u)
        v0, *first = self._entry(d0)
        v1, *second = self._entry(d1)
        self.values |= {"v0": v0, "v1": v1, "d1": d1}
        self.points += first + second

    def once(self):
        self.points.append(mul(pseudonym_base(self.scheme.id, self.q.audience, self.q.day), self.w.m[0]))

    def carried(self):
        """Its commitment is made before the question."""


def prove(question, witness, disclosed, commitment=None):
    """A proof as bytes, checked as a verifier does before anybody sees it."""
    prover = Prover(question, witness)
    equations = Equations(question, prover.issuer, prover.points, disclosed, commitment)
    nonces = {name: random_scalar() for name in equations.variables}
    made = Proof(prover.issuer, prover.points, 0, [], disclosed)
    made.c = challenge(question, made, equations.commitments(nonces))
    made.responses = [(nonces[name] + made.c * prover.values[name]) % R for name in equations.variables]
    data = made.to_bytes()
    verify(question, data, commitment)
    return data
