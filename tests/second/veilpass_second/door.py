"""A door: which questions a pass may answer at t, and what is kept so that nothing is taken twice: docs/protocol.md, 3.4."""
import secrets
from dataclasses import dataclass

from . import proof, signed
from .calendar import period
from .curve import encode
from .errors import Refused, require
from .question import Asked, Question, audience_of, venue_message
from .reader import artefact
from .scheme import CHALLENGE, POSTER, STRIP
from .transcript import tag

HEADER = 27


@dataclass
class Verdict:
    accepted: bool
    reason: str = ""
    disclosed: tuple = ()


class Door:
    def __init__(self, bundle, policy, name, modes, card=None, seed=None):
        self.bundle, self.policy, self.name, self.modes, self.card, self.seed = bundle, policy, name, modes, card, seed
        self.audience = audience_of(name, card.id) if card else audience_of(name)
        self.open, self.marks, self.deleted = [], {}, -2**31

    def update(self, bundle):
        bundle.follows(self.bundle)
        self.bundle, self.policy = bundle, bundle.policies[self.policy.number]

    # What it asks.

    def _asked(self, mode):
        card = self.card.raw if self.card else b""
        return Asked(tag("scheme", self.bundle.scheme.id), mode, self.policy.number, "" if card else self.name, card)

    def poster(self):
        return self._asked(POSTER).to_bytes()

    def for_strips(self):
        return self._asked(STRIP).to_bytes()

    def ask(self, t):
        asked = self._asked(CHALLENGE)
        asked.nonce, asked.day, asked.epoch = secrets.token_bytes(16), self.bundle.offsets.day(t), self.bundle.in_force(t).number
        if self.card:
            asked.until = t + self.policy.window * 3 // 4
            asked.signature = signed.sign(self.seed, venue_message(
                self.bundle.scheme.id, self.card, CHALLENGE, asked.policy, asked.nonce, asked.epoch, asked.day, asked.until))
        self.open.append((t, asked))
        return asked.to_bytes()

    # What it takes.

    def check(self, data, t):
        try:
            disclosed = self._take(bytes(data), t)
            return Verdict(True, "accepted", tuple(disclosed))
        except Refused as refused:
            return Verdict(False, str(refused))

    def _take(self, data, t):
        self.bundle.good_at(t)
        self._forget(t)
        r = artefact(data, "P")
        require(len(data) >= HEADER, "bytes are missing")
        scheme, mode = r.take(4), r.number(1)
        require(scheme == tag("scheme", self.bundle.scheme.id), "a pass of another scheme")
        require(mode in self.modes and mode in self.policy.modes, "a mode that this door does not take")
        require(r.take(4) == tag("policy", self.policy.raw), "a pass for another policy")
        found = [question for question in self._questions(mode, data, t) if question.header() == data[:HEADER]]
        require(found, "no question of this door has this header")
        return self._try_all(found, data, t)

    def _try_all(self, questions, data, t):
        for last, question in enumerate(questions, 1):
            try:
                result, nym = proof.verify(question, data[HEADER:])
            except Refused:
                if last == len(questions):
                    raise
                continue
            self._keep(question, encode(nym) if nym is not None else result.c.to_bytes(16, "big"))
            return result.disclosed

    def _questions(self, mode, data, t):
        if mode == STRIP:
            return [self._strip(data, t)]
        epoch = self._epoch(mode, int.from_bytes(data[15:19], "big"), t)
        if mode == POSTER:
            require(t < epoch.begins + self.bundle.poster_ahead, "the beacon no longer serves posters: publish")
            return [self._question(POSTER, epoch, day, bucket=bucket) for day, bucket in self._buckets(t)]
        return [self._question(CHALLENGE, epoch, asked.day, nonce=asked.nonce) for a, asked in self.open
                if asked.epoch >= epoch.number and abs(t - a) <= self.policy.window]

    def _question(self, mode, epoch, day, **parts):
        audience = b"" if mode == STRIP and self.policy.any_audience else self.audience
        return Question(self.bundle, mode, self.policy, epoch, day, audience, **parts)

    def _epoch(self, mode, number, t):
        epoch = self.bundle.epoch(number)
        require(epoch or number < self.bundle.epochs[-1].number, "update this door")
        require(epoch, "sync the pass")
        require(epoch.begins - self.policy.window <= t, "an epoch that has not begun")
        require(t < self.bundle.end_of(epoch) + self.policy.grace(mode), "sync the pass")
        return epoch

    def _buckets(self, t):
        """Its own bucket and one on either side within its day; after midnight yesterday's last one for one window."""
        days, window = self.bundle.offsets, self.policy.window
        today = days.day(t)
        begin, end = days.begin(today), days.begin(today + 1)
        own = (t - begin) // window
        found = [(today, b) for b in (own - 1, own, own + 1) if b >= 0 and begin + b * window < end]
        if t < begin + window:
            found.append((today - 1, (begin - 1 - days.begin(today - 1)) // window))
        return found

    def _strip(self, data, t):
        number = int.from_bytes(data[15:19], "big", signed=True)
        day = int.from_bytes(data[19:23], "big", signed=True)
        require(abs(day) < 2**31, "a day that is out of range")
        epoch = self.bundle.strip(period(day))
        known = [e.number for e in self.bundle.strips]
        require(epoch or (known and period(day) < known[0]), "update this door")
        require(epoch and number == epoch.number, "sync the pass")
        days = self.bundle.offsets
        require(days.begin(day) <= t < days.begin(day + 1) + self.policy.modes[STRIP], "a strip of another day")
        return self._question(STRIP, epoch, day)

    # What it keeps.

    def _end_of_marks(self, day):
        graces = [p.modes[STRIP] for p in self.bundle.policies.values() if STRIP in p.modes]
        return self.bundle.offsets.begin(day + 1) + max(graces, default=0) + 2 * self.policy.window

    def _forget(self, t):
        """Whatever pass is checked: what ended is deleted, and the newest day of it remembered."""
        self.open = [(a, asked) for a, asked in self.open if t <= a + self.policy.window]
        ended = [day for day in self.marks if t >= self._end_of_marks(day)]
        for day in ended:
            del self.marks[day]
        self.deleted = max([self.deleted, *ended])

    def _keep(self, question, mark):
        """The pseudonym, or c where there is none, by day."""
        require(question.day > self.deleted, "what was kept for this day is forgotten already")
        marks = self.marks.setdefault(question.day, set())
        require(mark not in marks, "already used here")
        marks.add(mark)
        if question.mode == CHALLENGE:
            self.open = [(a, asked) for a, asked in self.open if asked.nonce != question.nonce]
