"""Renewals: a Python wallet at the program's issuer, and what the program's wallet asks, verified in Python."""
from veilpass_second import proof
from veilpass_second.curve import read_g1
from veilpass_second.errors import Refused
from veilpass_second.issuance import Offer, renewal_question

from .world import START, day


class Renewals:
    def __init__(self, story):
        self.s, self.w, self.tally, self.program = story, story.w, story.tally, story.program
        self.t = START + 2 * 3600
        self.w.clinic("other", self.t)
        self.w.publish(self.t)
        for clinic in ("clinic", "other"):
            self.program.do("issuer", "import", "--dir", clinic, "public/bundle.vp", at=self.t)
        self.program.do("issuer", "import", "--dir", "other", "other.vp", at=self.t)
        self.s.wallet.sync(self.w.folder())
        for name in ("hospital", "restaurant"):
            self.s.doors[name].update(self.t)
        self.program.do("holder", "sync", "--dir", self.s.theirs, "public", at=self.t)

    def of_python(self):
        """By the first clinic and by another one; the dates are new, the rest is as it was."""
        wallet, t = self.s.wallet, self.t
        for clinic, name, dates in (("clinic", "renewal", {"until": "2022-07-01", "until_strict": "2022-01-20"}),
                                    ("other", "from day", {"until": "2022-08-01"})):
            old = self.s.pass_
            offer = self.w.offer_renewal(t, name, clinic, **dates)
            pending = wallet.request_renewal(offer, old, t)
            self.w.answer(pending.request, t, clinic, compare=pending.code)
            response = self.program.read("response.vp")
            self.s.pass_ = new = wallet.receive(pending, response, t)
            names = {a.name: i for i, a in enumerate(wallet.bundle.scheme.schema)}
            changed = {names[n]: 0 if value == "none" else day(value) for n, value in dates.items()}
            self.tally.check(new.values == {**old.values, **changed}, f"values of {name}")
            self.tally.agree((old.y, old.m0, old in wallet.credentials), (new.y, new.m0, False), f"handle and secret of {name}")
            pair = self.s.doors["restaurant"]
            pair.check(self.s.mine(pair.door.poster(), t), t, f"a pass renewed by {name}", expected=name == "renewal")  # pseudonyms stay

    def of_the_program(self):
        """Its request is right by Python's question; what comes of it is good at both doors."""
        t, do = self.t, self.program.do
        offer = self.w.offer_renewal(t, until="2022-07-01", until_strict="2022-03-01")
        do("holder", "request", "--dir", self.s.theirs, "offer.vp", "--out", "request.vp", at=t)
        self.tally.check(self.request_holds(self.program.read("request.vp"), offer, t), "the program's request")
        self.tally.check(not self.request_holds(self.program.read("request.vp"), offer, t + 86400), "the same tomorrow")
        self.w.answer(self.program.read("request.vp"), t)
        do("holder", "receive", "--dir", self.s.theirs, "response.vp", at=t)
        pair = self.s.doors["restaurant"]
        pair.check(self.s.both(pair.poster(t), t, "renewed by both")[1], t, "the program's renewed pass")

    def request_holds(self, request, offer, t):
        name, commitment, public = request[2:34], read_g1(request[34:82]), request[82:114]
        offer, bundle = Offer(offer), self.s.wallet.bundle
        question = renewal_question(bundle, bundle.renewals[offer.renewal], offer, public, commitment, t)
        try:
            proof.verify(question, request[114:], commitment)
        except Refused:
            return False
        return name == offer.name

    def issuer_says(self, request, t, what, expected):
        self.program.write("request.vp", request)
        code, said = self.program("issuer", "draw", "--dir", "clinic", "request.vp", "--out", "draw.vp", at=t)
        self.tally.check((code == 0) == expected, f"{what}: {said}")

    def refusals(self):
        """A request of yesterday, one of a mutilated proof, one for another offer, a day too far ahead."""
        wallet, days = self.s.wallet, self.s.wallet.bundle.offsets
        midnight = days.begin(days.day(self.t) + 1)
        offer = self.w.offer_renewal(midnight - 60, until="2022-07-02", until_strict="none")
        pending = wallet.request_renewal(offer, self.s.pass_, midnight - 1)
        self.issuer_says(pending.request, midnight, "a renewal over midnight", False)
        broken = bytearray(pending.request)
        broken[-1] ^= 1
        self.issuer_says(bytes(broken), midnight - 1, "a renewal of another proof", False)
        self.issuer_says(wallet.request_renewal(offer, self.s.pass_, midnight).request, midnight, "a renewal made again", True)
        code, said = self.program("issuer", "offer", "--dir", "clinic", "--renew", "renewal", "--set", "until=2022-07-02", "--set",
                                  "until_strict=2022-08-27", "--out", "offer.vp", at=self.t)
        self.tally.check(code != 0, f"a date 301 days ahead: {said}")


def run(story):
    renewals = Renewals(story)
    for part in (renewals.of_python, renewals.of_the_program, renewals.refusals):
        part()
