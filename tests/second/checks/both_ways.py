"""Both ways against the program: every policy in every mode, and the edges of every clock rule."""
from veilpass_second import issuance
from veilpass_second.errors import Refused
from veilpass_second.scheme import CHALLENGE, POSTER, STRIP

from .harness import Pair
from .world import START

ALL = (CHALLENGE, POSTER, STRIP)
POLICIES = {"restaurant": ALL, "bar": ALL, "hospital": ALL, "paper": (STRIP,), "open": ALL[:2], "dated": ALL[:2], "all": (POSTER,)}


class Story:
    """One scheme, one Python wallet and one of the program, a pair of doors for each policy."""

    def __init__(self, world, policies=None):
        self.refused = None
        self.w, self.tally, self.program = world, world.tally, world.program
        t = START + 60
        self.wallet = world.wallet()
        self.pass_, self.handle = world.guest(self.wallet, t)
        self.theirs = world.program_wallet("wallet", t)
        self.their_handle = world.program_guest("wallet", t)
        self.doors = {name: Pair(self.tally, self.program, f"door-{name}", world.card.key, name, "Cafe Pushkin", modes, t)
                      for name, modes in (policies or POLICIES).items()}

    def question(self, pair, mode, t):
        return {CHALLENGE: pair.ask, POSTER: pair.poster}[mode](t) if mode != STRIP else pair.door.for_strips()

    def mine(self, question, t, pass_=None, **more):
        """A pass of the Python wallet, or nothing if it refuses."""
        try:
            return self.wallet.present(question, pass_ or self.pass_, t, **more)
        except Refused as refused:
            self.refused = refused
            return None

    def both(self, question, t, what, *words, **more):
        """Both wallets answer, or both refuse; returns the passes."""
        code, theirs = self.w.program_present(self.theirs, question, t, *words)
        mine = self.mine(question, t, **more)
        self.tally.agree(mine is not None, code == 0, f"{what}: whether a wallet answers ({self.refused if code == 0 else theirs.get('error')})")
        if mine is not None and code == 0:
            self.tally.agree(len(mine), len(theirs), f"{what}: length")
            self.tally.agree(mine[:23], theirs[:23], f"{what}: header")
        return mine, theirs if code == 0 else None

    def every_mode(self):
        t = START + 3600
        for name, modes in POLICIES.items():
            for mode in modes:
                pair, t = self.doors[name], t + 200
                for wallet in (0, 1):
                    what = f"{name} by mode {mode}, wallet {wallet}"
                    shown = self.both(self.question(pair, mode, t), t, what)[wallet]
                    if self.tally.check(shown is not None, what):
                        again = pair.door.policy.once and mode != modes[0]  # one pseudonym a day, whatever the mode
                        pair.check(shown, t, what, expected=not again)
                        pair.check(shown, t + 1, what + ", again")
                        pair.check(shown, t + 200 + 600, what + ", late")

    def wrong_doors(self):
        t = START + 9000
        shown = self.mine(self.doors["hospital"].poster(t), t)
        for name, pair in self.doors.items():
            pair.check(shown, t, f"for hospital, at {name}", expected=name == "hospital")
        other = Pair(self.tally, self.program, "other", self.w.card.key, "hospital", "Opera", ALL, t)
        other.check(shown, t, "for another venue", expected=False)
        asked, later = other.ask(t), other.ask(t + 1)
        answer = self.mine(asked, t)
        other.check(self.mine(later, t + 1), t + 2, "the second of two questions", expected=True)
        other.check(answer, t + 2, "the first of two questions", expected=True)
        other.check(answer, t + 3, "used up", expected=False)
        only_posters = Pair(self.tally, self.program, "posters", self.w.card.key, "hospital", "Cafe Pushkin", (POSTER,), t)
        only_posters.check([shown, self.mine(self.doors["hospital"].door.for_strips(), t)], t, "only posters")

    def poster_edges(self):
        """Buckets, around midnight before and after the day of 25 hours, and at the hour that comes twice."""
        pair = self.doors["hospital"]
        days, window = self.wallet.bundle.offsets, pair.door.policy.window
        day = days.day(START) + 1
        for name, t in {"noon": START + 8200, "Saturday's last": days.begin(day) - 1, "Sunday's first": days.begin(day),
                        "the hour twice": days.begin(day) + 3 * 3600, "Sunday's last": days.begin(day + 1) - 1}.items():
            today = days.day(t)
            bucket = (t - days.begin(today)) // window
            start = days.begin(today) + bucket * window
            for edge in (start - window, start + 2 * window, days.begin(today), days.begin(today + 1), days.begin(today + 1) + window):
                for at in (edge - 1, edge):
                    if abs(at - t) < 3 * window:
                        pair.check(self.mine(pair.door.poster(), t), at, f"poster of {name}, {at - t:+} s")

    def challenge_edges(self):
        pair = self.doors["hospital"]
        window, days = pair.door.policy.window, self.wallet.bundle.offsets
        midnight = days.begin(days.day(START) + 1)
        for name, asked in {"noon": START + 8300, "before midnight": midnight - 3, "at midnight": midnight}.items():
            for ago in (-window - 1, -window, window, window + 1):
                question = pair.ask(asked)
                shown = self.mine(question, asked)
                pair.check(shown, asked + ago, f"asked at {name}, {ago:+} s")
        question = pair.ask(midnight - 3)
        for at in (midnight - 1, midnight, midnight + 1, midnight + window - 4, midnight + window - 1, midnight + window, midnight + window + 1):
            self.both(question, at, f"answer {at - midnight:+} s after the day of the question")
        question = pair.ask(midnight)
        for at in (midnight - 1, midnight):
            self.both(question, at, f"answer {at - midnight:+} s, to a question of tomorrow")

    def strip_edges(self):
        for name in ("hospital", "restaurant", "paper"):
            pair = self.doors[name]
            days, policy = self.wallet.bundle.offsets, pair.door.policy
            day = days.day(START) + 3
            for edge in {days.begin(day), days.begin(day + 1), days.begin(day + 1) + policy.modes[STRIP]}:
                for at in (edge - 1, edge):
                    shown = self.wallet.strip(policy, "Cafe Pushkin", self.pass_, day)
                    pair.check(shown, at, f"strip for {name}, {at - days.begin(day):+} s")


    def clock_ran_ahead(self):
        """A door that was on a later day has deleted what it kept, and takes nothing for that day; a refused pass is enough."""
        t, days = START + 9500, self.wallet.bundle.offsets
        longest, window = 3600, self.doors["bar"].door.policy.window
        end = days.begin(days.day(t) + 1) + longest + 2 * window
        for at in (end - 1, end):
            pair = Pair(self.tally, self.program, f"ahead-{at - end}", self.w.card.key, "bar", "Clock", (POSTER,), t)
            first = self.mine(pair.door.poster(), t)
            pair.check(first, t, "the first guest", expected=True)
            pair.check(first, at, f"on a later day, {at - end} s", expected=False)
            _, second = self.both(pair.door.poster(), t, "the second guest answers")
            pair.check(second, t, f"after {at - end} s beyond what is kept", expected=at < end)
            later = days.begin(days.day(t) + 1) + 60
            pair.check(self.mine(pair.door.poster(), later), later, "a day of which nothing was deleted", expected=True)

    def offers_end(self):
        """Wallets and issuers take an offer before it expires."""
        t = START + 9600
        offer = self.w.offer(t)
        expires = issuance.Offer(offer).expires
        for at in (expires - 1, expires):
            wallet = self.w.program_wallet(f"wallet-{at}", t)
            code, said = self.program("holder", "request", "--dir", wallet, "offer.vp", "--set", "name=A", "--set", "employer=B", "--out",
                                      "late.vp", at=at)
            try:
                request = self.wallet.request(offer, {"name": "A", "employer": "B"}, at).request
            except Refused:
                request = None
            self.tally.agree(request is not None, code == 0, f"a request {at - expires} s after the offer's end")
        for at in (expires, expires - 1):
            code, said = self.program("issuer", "draw", "--dir", "clinic", "late.vp", "--out", "draw.vp", at=at)
            self.tally.agree(at < expires, code == 0, f"an issuer {at - expires} s after its offer's end: {said}")


def run(story):
    for part in (story.every_mode, story.wrong_doors, story.challenge_edges, story.poster_edges, story.strip_edges,
                 story.clock_ran_ahead, story.offers_end):
        part()
