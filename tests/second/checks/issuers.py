"""A Python issuer, accredited by the program's authority: the program's wallet asks it, for a first pass and a renewal; what it must refuse."""
from veilpass_second.errors import Refused
from veilpass_second.issuer import Issuer
from veilpass_second.scheme import Bundle

from .harness import Pair
from .world import START, STATED, day


class Issuers:
    def __init__(self, story):
        self.s, self.w, self.tally, self.program = story, story.w, story.tally, story.program
        self.t, card = START + 12600, story.w.card
        self.issuer, do = Issuer(card.scheme_id), self.program.do
        self.program.write("python.vp", self.issuer.registration())
        do("authority", "accredit", "--dir", "authority", "python.vp", "--label", "python", "--out", "accreditation.vp", at=self.t)
        do("authority", "handles", "--dir", "authority", "--label", "python", "--count", 60, "--out", "python-handles.vp", at=self.t)
        self.w.publish(self.t)
        self.bundle = Bundle(self.program.read("public/bundle.vp"), card.key)
        self.issuer.take_accreditation(self.program.read("accreditation.vp"), card.key, self.bundle)
        self.issuer.take_handles(self.program.read("python-handles.vp"), card.key)
        self.wallet = self.w.program_wallet("wallet-i", self.t)
        self.mine = self.w.wallet()
        self.pair = Pair(self.tally, self.program, "door-i", card.key, "restaurant", "Issuers", (0, 1), self.t)

    def values(self, **changed):
        names = {a.name: i for i, a in enumerate(self.bundle.scheme.schema)}
        stated = {**STATED, **changed}
        return {names[n]: v if n == "id_hint" else day(v) for n, v in sorted(stated.items(), key=lambda pair: names[pair[0]])}

    def request(self, offered, label, *words):
        self.program.write("offer.vp", offered.offer.raw)
        code, said = self.program("holder", "request", "--dir", self.wallet, "offer.vp", *words, "--out", "request.vp", at=self.t)
        return self.program.read("request.vp") if self.tally.check(code == 0, f"{label}: a request: {said}") else None

    def receive(self, offered, answer, label, expected=True, change=lambda response: response):
        """The program's wallet compares the code and takes the response, or must not."""
        draw, code = answer
        self.program.write("draw.vp", draw)
        said = self.program.do("holder", "code", "--dir", self.wallet, "draw.vp", at=self.t)
        self.tally.agree(code, said.get("code"), f"{label}: code")
        self.program.write("response.vp", change(self.issuer.issue(offered, self.bundle)))
        code, said = self.program("holder", "receive", "--dir", self.wallet, "response.vp", at=self.t)
        self.tally.check((code == 0) == expected, f"{label}: receiving: {said}")

    def first(self, label="pass", expected=True, change=lambda response: response, **changed):
        self.both({**self.values(), **changed}, label, expected, change)

    def both(self, values, label, expected, change=lambda response: response):
        """The program's wallet and the Python wallet take it, or neither does."""
        offered = self.issuer.offer(values, self.t + 900)
        request = self.request(offered, label, "--set", "name=Анна", "--set", "employer=none", "--label", label.replace(" ", "-").replace(",", ""))
        self.receive(offered, self.issuer.take_request(offered, request, self.bundle, self.t), label, expected, change)
        offered = self.issuer.offer(values, self.t + 900)
        pending = self.mine.request(offered.offer.raw, {"name": "Анна", "employer": "none"}, self.t)
        self.issuer.take_request(offered, pending.request, self.bundle, self.t)
        try:
            taken = bool(self.mine.receive(pending, change(self.issuer.issue(offered, self.bundle)), self.t))
        except Refused:
            taken = False
        self.tally.agree(taken, expected, f"{label}, in Python")

    def refused(self):
        """What the wallet must not take: each would mark a holder, or give a pass that shows nothing."""
        u = min(k.u for k in self.bundle.key_sets.values())
        today = self.bundle.offsets.day(self.t)
        self.both({**self.values(), 2: today + u}, "a date that no pass can show", False)
        self.both({**self.values(), 2: today + u - 1}, "the last date that a pass can show", False)  # since is more than u days before it
        self.both({**self.values(), 2: today + u - 1, 4: today}, "the last date that a pass can show, from today on", True)
        self.both({**self.values(), 4: today + 1}, "a first day that is still to come", True)
        self.both({**self.values(), 4: self.values()[2] + 1}, "a first day after its end", False)
        self.both({**self.values(), 7: today + 1}, "a birth date of tomorrow", False)
        self.both({**self.values(), 7: today - u * (u - 2)}, "a birth date too long ago", False)
        self.both({**self.values(), 7: today - u * (u - 2) + 1}, "the first birth date", True)
        self.both({**self.values(), 4: self.values()[2] - u}, "a first day too long before its end", False)
        self.both({**self.values(), 4: self.values()[2] - u + 1}, "the first first day", True)
        self.both({**self.values(), 8: "IO"}, "a hint that looks like another", False)
        self.first("changed", expected=False, change=lambda response: response[:-1] + bytes([response[-1] ^ 1]))
        handles, wrong = self.issuer.handles, self.issuer.handles[0][1]
        self.issuer.handles = [(y, wrong, removals, key_set) for y, _, removals, key_set in handles[1:]]
        self.first("the witness of another handle", expected=False)
        self.issuer.handles = [(y, c, removals + 1, key_set) for y, c, removals, key_set in handles]
        self.first("a witness from ahead of the log", expected=False)
        self.issuer.handles = handles
        honest, self.issuer.x1 = self.issuer.x1, self.issuer.x1 + self.issuer.x1
        self.first("another X1", expected=False)
        self.issuer.x1 = honest
        acc, a, ep = self.issuer.accreditation
        self.issuer.accreditation = acc, a, ep + 1
        self.first("an accreditation of another epoch", expected=False)
        self.issuer.accreditation = None
        self.first("no accreditation", expected=False)
        self.issuer.accreditation = acc, a, ep

    def shown(self, label):
        code, shown = self.w.program_present(self.wallet, self.pair.poster(self.t), self.t, "--pass", label.replace(" ", "-"))
        if self.tally.check(code == 0, f"{label}: {shown}"):
            self.pair.check(shown, self.t, label, expected=True)

    def renewed(self):
        number = next(p.number for p in self.bundle.renewals.values() if p.name == "renewal")
        new = {2: day("2022-09-01"), 3: day("2022-02-02")}
        offered = self.issuer.offer(new, self.t + 900, number)
        request = self.request(offered, "a renewal", "--pass", "pass")
        self.receive(offered, self.issuer.take_renewal(offered, request, self.bundle, self.t), "a renewal")


def run(story):
    issuers = Issuers(story)
    issuers.first()
    issuers.renewed()
    issuers.shown("pass")
    issuers.refused()
