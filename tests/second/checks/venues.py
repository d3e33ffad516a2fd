"""Registered venues: the program's card and questions, and those of a venue whose key Python has."""
import secrets

from veilpass_second import signed
from veilpass_second.door import Door
from veilpass_second.question import Card
from veilpass_second.reader import head, pack_text
from veilpass_second.scheme import CHALLENGE, POSTER

from .harness import Pair
from .world import START


def registration(scheme_id, seed, name):
    """`v`"""
    body = signed.public_key(seed) + pack_text(name)
    return head("v") + signed.sign(seed, signed.message(scheme_id, "v", body)) + scheme_id + body


class Venues:
    def __init__(self, story):
        self.s, self.w, self.tally, self.program = story, story.w, story.tally, story.program
        self.t = START + 3 * 3600

    def card(self, name, registration_file):
        self.program.do("authority", "register-venue", "--dir", "authority", registration_file, "--policy", "hospital", "--policy",
                        "restaurant", "--days", 1, "--out", "card.vp", at=self.t)
        return Card(self.program.read("card.vp"), self.w.card.key)

    def of_the_program(self):
        """Its questions and posters; edges of good-until and of the card's end."""
        t, do = self.t, self.program.do
        pair = Pair(self.tally, self.program, "opera", self.w.card.key, "hospital", "Opera", (CHALLENGE, POSTER), t)
        do("verifier", "register", "--dir", "opera", "--out", "opera.vp", at=t)
        card = self.card("Opera", "opera.vp")
        do("verifier", "card", "--dir", "opera", "card.vp", at=t)
        pair.door = Door(pair.door.bundle, pair.door.policy, "Opera", pair.door.modes, card)
        pair.check(self.s.both(pair.poster(t), t, "poster with a card"), t, "poster with a card", expected=True)
        question, window = pair.ask(t), pair.door.policy.window
        ahead = window * 3 // 4
        for at in (t + ahead - window - 1, t + ahead - window, t + ahead - 1, t + ahead):
            self.s.both(question, at, f"signed question {at - t:+} s")
        pair.check(self.s.both(question, t, "signed question")[:1], t, "signed question", expected=True)
        poster = pair.door.poster()
        for at in (card.end - 1, card.end):
            self.s.both(poster, at, f"the card's end {at - card.end:+} s")
        mine = self.s.mine(poster, t + 1)
        self.s.doors["hospital"].check(mine, t + 1, "a pass for a card, at a door without", expected=False)
        forged = bytearray(question)
        forged[-1] ^= 1
        self.tally.check(self.s.both(bytes(forged), t, "a signature that is not right")[0] is None, "a signature that is not right")

    def of_python(self):
        """The program's wallet answers a venue whose key this implementation has."""
        t, seed = self.t, secrets.token_bytes(32)
        self.program.write("bistro.vp", registration(self.w.card.scheme_id, seed, "Бистро"))
        card = self.card("Бистро", "bistro.vp")
        bundle = self.s.wallet.bundle
        door = Door(bundle, bundle.policy_named("restaurant"), "Бистро", {CHALLENGE, POSTER}, card, seed)
        mine, theirs = self.s.both(door.ask(t), t, "a question that Python signs")
        self.tally.check(theirs and door.check(theirs, t).accepted, "the program's answer to a question that Python signs")
        mine, theirs = self.s.both(door.poster(), t, "a poster that Python makes")
        self.tally.check(mine and door.check(mine, t).accepted, "the second guest of the day")
        self.tally.check(not door.check(theirs, t).accepted, "the first guest of the day again")
        self.card_of_bistro, self.door = card, door

    def withdrawn(self):
        t, do = self.t + 600, self.program.do
        do("authority", "withdraw-venue", "--dir", "authority", "Бистро", "--yes", at=t)
        self.w.publish(t)
        self.s.wallet.sync(self.w.folder())
        do("holder", "sync", "--dir", self.s.theirs, "public", at=t)
        mine, theirs = self.s.both(self.door.poster(), t, "a venue that is withdrawn")
        self.tally.check(mine is None, "a venue that is withdrawn")


def run(story):
    venues = Venues(story)
    for part in (venues.of_the_program, venues.of_python, venues.withdrawn):
        part()
