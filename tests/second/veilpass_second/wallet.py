"""A wallet: receives, keeps passes up to date with a bundle, answers questions: docs/protocol.md, 3.2 to 3.5."""
from dataclasses import dataclass, field

from . import issuance, proof, signed
from .calendar import period
from .errors import Refused, require
from .proof import Witness, attribute_scalar
from .publication import Published, accreditation_holds, move, witness_holds
from .question import Asked, Card, Question, audience_of, venue_message
from .scheme import CHALLENGE, POSTER, STRIP
from .transcript import tag


@dataclass
class Credential:
    x: object
    x1: object
    a: object
    e: int
    s: int
    m0: int
    y: int
    values: dict
    label: str = ""
    witnesses: dict = field(default_factory=dict)  # (key set, removals): C
    accreditations: dict = field(default_factory=dict)  # (key set, ep): (Acc, a)
    tables: dict = field(default_factory=dict)
    revoked: bool = False

    def scalars(self):
        return [self.m0, self.y] + [attribute_scalar(self.values[i]) for i in sorted(self.values)]

    def can_use(self, bundle, epoch):
        accredited = bundle.scheme.known_issuer or (epoch.key_set, epoch.ep) in self.accreditations
        return (epoch.key_set, epoch.removals) in self.witnesses and bool(accredited)

    def witness(self, question):
        epoch = question.epoch
        require(not self.revoked, "revoked")
        require(self.can_use(question.bundle, epoch), "the pass is not up to date with this epoch")
        return Witness(self.x, self.x1, self.a, self.e, self.s, self.scalars(), self.tables[epoch.key_set],
                       self.witnesses[epoch.key_set, epoch.removals], self.accreditations.get((epoch.key_set, epoch.ep)))

    def follow(self, published):
        """Witness and accreditation for every epoch of the bundle; a removed handle has neither."""
        try:
            for epoch in published.places():
                self._follow_epoch(published, epoch)
        except Refused as refused:
            self.revoked = self.revoked or str(refused) == "revoked"
            if not self.revoked:
                raise
            self.witnesses = {}
        places = published.places()
        keep = {(e.key_set, e.removals) for e in places}
        newest = {k: max([r for s, r in self.witnesses if s == k], default=0) for k in published.parts}
        self.witnesses = {at: c for at, c in self.witnesses.items() if at in keep or newest.get(at[0]) == at[1]}

    def _follow_epoch(self, published, epoch):
        bundle, at = published.bundle, (epoch.key_set, epoch.removals)
        self.tables[epoch.key_set] = published.table(bundle.key_sets[epoch.key_set])
        if at not in self.witnesses:
            found = self._witness(published, *at)
            if found is not None:
                require(witness_holds(bundle, epoch.key_set, epoch.v, self.y, found), "a witness that is wrong")
                self.witnesses[at] = found
        if not bundle.scheme.known_issuer and (epoch.key_set, epoch.ep) not in self.accreditations:
            found = published.accreditation(epoch.key_set, epoch.ep, self.x, self.x1)
            if found:
                self.accreditations[epoch.key_set, epoch.ep] = found

    def _witness(self, published, key_set, removals):
        """From the nearest witness that the span reaches, else from the checkpoint; nothing before the handle's key set."""
        first, log = published.span(key_set)
        known = [(r, c) for (s, r), c in self.witnesses.items() if s == key_set and first <= r <= first + len(log)]
        if known:
            at, c = min(known, key=lambda pair: abs(pair[0] - removals))
        elif published.parts[key_set].checkpoint:
            at, c = published.checkpoint_entry(key_set, self.y)
        else:
            return None
        return move(log, first, self.y, c, at, removals)


class Wallet:
    def __init__(self, card, source):
        self.card, self.published, self.credentials = card, Published(source, card.key), []
        require(self.bundle.scheme.id == card.scheme_id, "a bundle of another scheme")

    @property
    def bundle(self):
        return self.published.bundle

    def sync(self, source):
        newer = Published(source, self.card.key)
        newer.bundle.follows(self.bundle)
        for credential in self.credentials:
            credential.follow(newer)
        self.published = newer

    # Issuance and renewal.

    def request(self, offer, values, t, label=""):
        names = {a.name: i for i, a in enumerate(self.bundle.scheme.schema)}
        pending = issuance.request(self.bundle, issuance.Offer(offer), {names[n]: v for n, v in values.items()}, t)
        pending.label = label
        return pending

    def request_renewal(self, offer, credential, t):
        pending = issuance.request_renewal(self.bundle, issuance.Offer(offer), credential, t)
        pending.label = credential.label
        return pending

    def receive(self, pending, response, t):
        issued = issuance.receive(self.bundle, pending, response)
        issuance.check_dates(self.bundle, issued.values, t)
        if pending.policy:
            issuance.check_limits(pending.policy, pending.question, issued.values)
        credential = Credential(pending.offer.x, issued.x1, issued.a, issued.e, issued.s, issued.m0, issued.y,
                                issued.values, pending.label)
        self._accredit(credential, issued.accreditation)
        if issued.witness:
            c, removals, key_set = issued.witness
            require(key_set in self.bundle.key_sets and removals <= self.published.parts[key_set].removals, "sync first")
            credential.witnesses[key_set, removals] = c
            self._check_start(credential, key_set)
        else:
            credential.witnesses = dict(pending.renews.witnesses)
        credential.follow(self.published)
        require(not credential.revoked, "revoked")
        require(any(credential.can_use(self.bundle, epoch) for epoch in self.bundle.epochs), "no epoch of the bundle fits")
        self.credentials = [c for c in self.credentials if c is not pending.renews] + [credential]
        return credential

    def _accredit(self, credential, found):
        """(13): what the response brings is of one of the bundle's key sets, or nothing is believed."""
        if found:
            acc, a, ep = found
            sets = [k for k in self.bundle.key_sets if accreditation_holds(self.bundle, k, ep, credential.x1, acc, a)]
            require(sets, "an accreditation that is not right")
            credential.accreditations |= {(k, ep): (acc, a) for k in sets}

    def _check_start(self, credential, key_set):
        """The response's witness is no epoch's: it counts once it has led to one that holds."""
        for epoch in self.bundle.epochs + self.bundle.strips:
            if epoch.key_set == key_set:
                first, log = self.published.span(key_set)
                (_, at), c = next(iter(credential.witnesses.items()))
                moved = move(log, first, credential.y, c, at, epoch.removals)
                require(witness_holds(self.bundle, key_set, epoch.v, credential.y, moved), "a witness that is wrong")
                return

    # Presentation.

    def present(self, question, credential, t, day=None):
        """Answers `Q`; of strips for the day."""
        asked, bundle = Asked.read(question), self.bundle
        bundle.good_at(t)
        require(asked.scheme_tag == tag("scheme", bundle.scheme.id), "a question of another scheme")
        policy = bundle.policies.get(asked.policy)
        require(policy and asked.mode in policy.modes, "a policy or mode that the bundle does not have")
        audience = self._audience(asked, policy, t)
        if asked.mode == STRIP:
            made = self._strip(policy, audience, bundle.offsets.day(t) if day is None else day)
        elif asked.mode == POSTER:
            made = self._poster(policy, audience, credential, t)
        else:
            made = self._challenge(asked, policy, audience, credential, t)
        return self._answer(made, credential)

    def strip(self, policy, name, credential, day):
        """For paper: for any audience, or a name."""
        audience = b"" if policy.any_audience else audience_of(name)
        return self._answer(self._strip(policy, audience, day), credential)

    def _answer(self, question, credential):
        disclosed = [credential.values[i] for i in question.policy.disclosed]
        return question.header() + proof.prove(question, credential.witness(question), disclosed)

    def _audience(self, asked, policy, t):
        if not asked.card:
            require(not self.bundle.scheme.registered or asked.mode == STRIP, "a venue without a card")
            return b"" if policy.any_audience else audience_of(asked.name)
        card = Card(asked.card, self.card.key)
        card.good(self.bundle, t)
        require(policy.number in card.policies, "a policy that the card does not have")
        if asked.mode == CHALLENGE:
            require(t < asked.until <= t + policy.window, "a question that is over, or from a clock that runs ahead")
            signed.verify(card.key, asked.signature, venue_message(
                self.bundle.scheme.id, card, CHALLENGE, asked.policy, asked.nonce, asked.epoch, asked.day, asked.until))
        return b"" if policy.any_audience else audience_of(card.name, card.id)

    def _epoch(self, mode, policy, credential, t, newest=None):
        """The newest that has begun, is not newer than what a challenge names, and that the pass is up to date with."""
        bundle = self.bundle
        found = [e for e in bundle.epochs if e.begins <= t and (newest is None or e.number <= newest)
                 and credential.can_use(bundle, e)]
        require(found, "no epoch that this pass can use")
        require(t < bundle.end_of(found[-1]) + policy.grace(mode), "the epoch ended too long ago: sync")
        return found[-1]

    def _poster(self, policy, audience, credential, t):
        bundle = self.bundle
        epoch, day = self._epoch(POSTER, policy, credential, t), bundle.offsets.day(t)
        require(t < epoch.begins + bundle.poster_ahead, "the beacon no longer serves posters")
        bucket = (t - bundle.offsets.begin(day)) // policy.window
        return Question(bundle, POSTER, policy, epoch, day, audience, bucket=bucket)

    def _challenge(self, asked, policy, audience, credential, t):
        days = self.bundle.offsets
        require(days.begin(asked.day) <= t <= days.begin(asked.day + 1) - 1 + policy.window, "a question of another day")
        epoch = self._epoch(CHALLENGE, policy, credential, t, asked.epoch)
        return Question(self.bundle, CHALLENGE, policy, epoch, asked.day, audience, nonce=asked.nonce)

    def _strip(self, policy, audience, day):
        epoch = self.bundle.strip(period(day))
        require(epoch, "no strip epoch for this day: sync")
        return Question(self.bundle, STRIP, policy, epoch, day, audience)
