"""The verifiers' bundle: docs/format.md, Bundle, and all that readers of a bundle refuse."""
from dataclasses import dataclass
from functools import cached_property

from .calendar import Offsets
from .curve import encode, hash_to_scalar
from .errors import require
from .signed import read_signed
from .transcript import H, H_J, H_S, Q1, accreditation_p1, accumulator_v0

CHALLENGE, POSTER, STRIP, RENEWAL = range(4)
DAYS_31 = 31 * 86400


@dataclass
class Attribute:
    name: str
    text: bool
    by_issuer: bool
    may_disclose: bool

    @property
    def hint(self):
        return self.text and self.by_issuer and self.may_disclose


SECRET = Attribute("secret", False, False, False)
HANDLE = Attribute("handle", False, True, False)


def rising(values):
    return all(a < b for a, b in zip(values, values[1:]))


class Scheme:
    """random, name, schema, issuer mode, zone, venues."""

    def __init__(self, reader):
        start = reader.at
        self.random, self.name = reader.take(32), reader.text(64, 1)
        self.schema = [SECRET, HANDLE] + reader.list(self._attribute)
        mode = reader.number(1)
        require(mode < 2, "an unknown mode of issuers")
        self.known_issuer = reader.g2() if mode else None
        self.zone = reader.text()
        venues = reader.number(1)
        require(venues < 2, "an unknown rule on venues")
        self.registered = venues == 1
        self.fields = reader.data[start:reader.at]
        self.id = H("scheme", self.fields)
        names = [attribute.name for attribute in self.schema]
        require(len(names) <= 32 and len(set(names)) == len(names), "too many attributes, or one given twice")
        require(any(self.is_issuers_date(i) for i in range(2, len(names))), "no date that the issuer sets")

    @staticmethod
    def _attribute(reader):
        name, flags = reader.text(), reader.number(1)
        require(1 <= len(name.encode()) <= 32 and flags < 8, "an attribute's name or flags")
        return Attribute(name, bool(flags & 1), bool(flags & 2), bool(flags & 4))

    def is_issuers_date(self, index):
        return 2 <= index < len(self.schema) and not self.schema[index].text and self.schema[index].by_issuer

    def set_by(self, issuer):
        return [i for i in range(2, len(self.schema)) if self.schema[i].by_issuer == issuer]

    @cached_property
    def bases(self):
        return H_J[:len(self.schema)]

    @cached_property
    def domain(self):
        points = b"".join(encode(p) for p in [Q1, H_S, *self.bases])
        return hash_to_scalar(self.fields + points, b"VEILPASS_V2_DOMAIN")

    @cached_property
    def p1_accreditation(self):
        return accreditation_p1(self.id)


class KeySet:
    def __init__(self, reader, scheme_id):
        start = reader.at
        self.number, self.gamma, self.x_t = reader.number(4), reader.g2(), reader.g2()
        self.u, self.q = reader.number(2), reader.g2()
        require(self.u >= 2, "a date table that is too short")
        self.v0 = accumulator_v0(scheme_id, self.number)
        self.digest = H("key set", scheme_id, reader.data[start:reader.at], self.v0)


@dataclass
class Epoch:
    """A registry epoch, or with `begins` None a strip epoch, whose number is its period."""
    number: int
    key_set: int
    ep: int
    v: object
    removals: int
    begins: int = None
    beacon: bytes = None

    @staticmethod
    def registry(r):
        return Epoch(r.number(4), r.number(4), r.number(4), r.g1(), r.number(4), r.number(8), r.take(32))

    @staticmethod
    def strip(r):
        return Epoch(r.signed(), r.number(4), r.number(4), r.g1(), r.number(4))


def _attribute_or_none(data):
    require(len(data) <= 1, "an attribute of another length")
    return data[0] if data else None


class Policy:
    def __init__(self, reader):
        start = reader.at
        self.number, self.name, flags, self.until = reader.number(2), reader.text(64, 1), reader.number(1), reader.number(1)
        self.from_, self.disclosed = _attribute_or_none(reader.bytes()), list(reader.bytes())
        age = reader.bytes()
        require(len(age) in (0, 2) and flags < 4, "a minimum age of another length, or unknown flags")
        self.age = tuple(age) or None
        self.any_audience, self.once = bool(flags & 1), bool(flags & 2)
        self.window, modes = reader.number(4), reader.list(lambda r: (r.number(1), r.number(4)))
        self.raw = reader.data[start:reader.at]
        require(modes and rising([m for m, _ in modes]) and all(m <= STRIP for m, _ in modes), "modes of a policy")
        require(10 <= self.window <= 600 and all(g <= DAYS_31 for _, g in modes), "window or grace of a policy")
        self.modes = dict(modes)

    def check(self, scheme):
        dates = [self.until] + ([self.from_] if self.from_ is not None else []) + ([self.age[0]] if self.age else [])
        require(len(set(dates)) == len(dates) and all(map(scheme.is_issuers_date, dates)), "dates of a policy")
        require(rising(self.disclosed), "disclosed attributes that do not rise")
        require(all(i < len(scheme.schema) and scheme.schema[i].may_disclose for i in self.disclosed), "what may not be disclosed")
        require(not self.any_audience or (list(self.modes) == [STRIP] and self.disclosed and not self.once), "any audience")

    def grace(self, mode):
        """Of epochs: at least a window. Of the day of a strip it is modes[STRIP] alone."""
        return max(self.modes[mode], self.window)


class RenewalPolicy:
    """Has the fields that statements look at, so that it serves as a policy that discloses nothing."""
    age, disclosed, once = None, [], False

    def __init__(self, reader):
        start = reader.at
        self.number, self.name, self.until = reader.number(2), reader.text(64, 1), reader.number(1)
        self.from_ = _attribute_or_none(reader.bytes())
        self.anew = reader.list(lambda r: (r.number(1), r.number(2)))
        self.raw = reader.data[start:reader.at]

    def check(self, scheme):
        dates = [self.until] + ([self.from_] if self.from_ is not None else [])
        require(self.number and len(set(dates)) == len(dates), "number or dates of a renewal")
        require(all(map(scheme.is_issuers_date, dates + [i for i, _ in self.anew])), "dates of a renewal")
        require(self.anew and rising([i for i, _ in self.anew]) and all(days for _, days in self.anew), "what is set anew")

    def carried(self, scheme):
        anew = [i for i, _ in self.anew]
        return [i for i in range(2, len(scheme.schema)) if i not in anew]


class Bundle:
    def __init__(self, data, key):
        self.raw = bytes(data)
        scheme_id, r = read_signed(data, "B", key)
        self.number, self.issued, self.expires = r.number(4), r.number(8), r.number(8)
        self.scheme = Scheme(r)
        require(self.scheme.id == scheme_id, "a scheme_id that is not that of the fields")
        self.offsets = Offsets.read(r)
        sets = r.list(lambda r: KeySet(r, scheme_id))
        self.key_sets = {k.number: k for k in sets}
        self.epochs, self.strips = r.list(Epoch.registry), r.list(Epoch.strip)
        self.poster_ahead = r.number(4)
        policies, renewals = r.list(Policy), r.list(RenewalPolicy)
        self.withdrawn, self.manifest = r.list(lambda r: r.take(16)), r.take(32)
        r.end()
        require(1 <= len(sets) <= 2 and rising([k.number for k in sets]), "key sets: their count or order")
        self._check_epochs()
        both = policies + renewals
        require(len({p.number for p in both}) == len({p.name for p in both}) == len(both), "a number or name given twice")
        for policy in both:
            policy.check(self.scheme)
        require(rising(self.withdrawn), "withdrawn venues that do not rise")
        self.policies, self.renewals = {p.number: p for p in policies}, {p.number: p for p in renewals}

    def _check_epochs(self):
        require(self.epochs, "no epoch")
        require(rising([e.begins for e in self.epochs]), "epochs whose beginnings do not rise")
        for epochs in (self.epochs, self.strips):
            require(all(e.key_set in self.key_sets for e in epochs), "a key set that is not there")
            for a, b in zip(epochs, epochs[1:]):
                require(b.number == a.number + 1, "epochs whose numbers do not rise by one")
                require(b.key_set >= a.key_set and b.ep >= a.ep, "a key set or ep that falls")
                if a.key_set == b.key_set:
                    require(b.removals >= a.removals, "removals that fall")
                    require(b.removals > a.removals or b.v == a.v, "another V for the same number of removals")

    def follows(self, last):
        """Who has a bundle refuses a lower number, another with the same number, and changed epochs and key sets."""
        require(last.scheme.id == self.scheme.id, "another scheme")
        require(self.number > last.number or self.raw == last.raw, "an older bundle, or another one with this number")
        for key_set in last.key_sets.values():
            require(getattr(self.key_sets.get(key_set.number), "digest", key_set.digest) == key_set.digest, "a changed key set")
        for mine, before in ((self.epochs, last.epochs), (self.strips, last.strips)):
            known = {e.number: e for e in before}
            for epoch in mine:
                old = known.get(epoch.number, epoch)
                same = (old.key_set, old.ep, encode(old.v), old.removals, old.beacon) == (
                    epoch.key_set, epoch.ep, encode(epoch.v), epoch.removals, epoch.beacon)
                require(same and (old.begins is None or epoch.begins <= old.begins), "a changed epoch")

    def good_at(self, t):
        require(self.issued <= t < self.expires, "the bundle is not good now")

    def end_of(self, epoch):
        """The moment at which the next epoch begins; of the last one the bundle's end."""
        index = self.epochs.index(epoch)
        return self.epochs[index + 1].begins if index + 1 < len(self.epochs) else self.expires

    def epoch(self, number):
        return next((e for e in self.epochs if e.number == number), None)

    def strip(self, period):
        return next((e for e in self.strips if e.number == period), None)

    def in_force(self, t):
        begun = [e for e in self.epochs if e.begins <= t]
        require(begun, "no epoch has begun")
        return begun[-1]

    def policy_named(self, name):
        return next(p for p in [*self.policies.values(), *self.renewals.values()] if p.name == name)
