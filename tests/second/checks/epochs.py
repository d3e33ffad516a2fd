"""Removals, announced epochs, accreditation epochs, rotations, checkpoints: wallets and doors go on together."""
from datetime import date

from veilpass_second.calendar import EPOCH
from veilpass_second.curve import scalar_bytes
from veilpass_second.errors import Refused
from veilpass_second.reader import artefact
from veilpass_second.scheme import CHALLENGE, POSTER, STRIP

from .harness import Pair
from .world import START, day

REMOVED = 20  # a removal costs the program work for every handle that stands, so a second segment (4,096) is out of reach here


class Epochs:
    def __init__(self, story):
        self.w, self.tally, self.program = story.w, story.tally, story.program
        self.t = START + 5 * 3600
        self.wallet, self.late = self.w.wallet(), self.w.wallet()
        self.stays, self.stays_handle = self.w.guest(self.wallet, self.t)
        self.revoked, self.revoked_handle = self.w.guest(self.wallet, self.t)
        self.theirs, self.their_revoked = self.w.program_wallet("wallet-e", self.t), self.w.program_wallet("wallet-r", self.t)
        self.w.program_guest(self.theirs, self.t)
        self.gone = self.w.program_guest(self.their_revoked, self.t)
        key = self.w.card.key
        make = lambda folder, policy: Pair(self.tally, self.program, folder, key, policy, "Club", (CHALLENGE, POSTER, STRIP), self.t)
        self.new, self.old, self.strict = make("e-new", "hospital"), make("e-old", "hospital"), make("e-bar", "bar")

    def mine(self, question, t, pass_=None, **more):
        try:
            return self.wallet.present(question, pass_ or self.stays, t, **more)
        except Refused:
            return None

    def both(self, question, t, what, expected=None):
        code, theirs = self.w.program_present(self.theirs, question, t)
        mine = self.mine(question, t)
        self.tally.agree(mine is not None, code == 0, f"{what}: whether a wallet answers ({'' if code == 0 else theirs.get('error')})")
        if expected is not None:
            self.tally.check((mine is not None) == expected, f"{what}: a wallet answers: {mine is not None}")
        if mine is not None and code == 0:
            self.tally.agree(mine[:23].hex(), theirs[:23].hex(), f"{what}: header")
        return [p for p in (mine, theirs if code == 0 else None) if p is not None]

    def sync(self, t, source):
        """Both; the Python wallet from one file or from the folder of parts."""
        self.wallet.sync(source)
        self.program.do("holder", "sync", "--dir", self.theirs, "public", at=t)

    def removal(self):
        """Many at once, the two guests among them."""
        t = self.t
        shown = self.mine(self.new.poster(t), t, self.revoked)
        self.new.check(shown, t, "before it is revoked", expected=True)
        self.program.do("authority", "handles", "--dir", "authority", "--label", "clinic", "--count", REMOVED, "--out", "many.vp", at=t)
        r = artefact(self.program.read("many.vp"), "h")
        r.take(64 + 32 + 96)
        handles = []
        while r.at < len(r.data):
            handles.append(r.scalar())
            r.take(56)
        self.tally.agree(len(handles), REMOVED, "handles of a file")
        hexes = [scalar_bytes(y).hex() for y in handles] + [scalar_bytes(self.revoked.y).hex(), self.gone]
        self.tally.agree(scalar_bytes(self.revoked.y).hex(), self.revoked_handle, "the handle of a pass")
        self.program.write("revoked.txt", "\n".join(hexes).encode())
        self.program.do("authority", "revoke", "--dir", "authority", "revoked.txt", at=t)
        self.began = t + 600
        self.w.publish(self.began)
        for pair in (self.new, self.strict):
            pair.update(self.began)

    def grace_of_a_wallet(self):
        """Wallets that did not fetch: a new door takes them until the grace ends; a question names an epoch that they do not know."""
        for pair, grace in ((self.new, 7200), (self.strict, 60)):
            for at in (self.began + grace - 1, self.began + grace):
                question = pair.ask(at)
                shown = self.both(question, at, f"one epoch behind, {at - self.began} s after it began", True)
                pair.check(shown[at % 2:][:1], at, f"one epoch behind, {at - self.began} s after it began", expected=at < self.began + grace)
        self.new.check(self.mine(self.new.door.poster(), self.began, self.revoked), self.began, "revoked, in the grace")

    def synced(self):
        t = self.began + 700
        code, said = self.program("holder", "sync", "--dir", self.their_revoked, "public", at=t)
        self.sync(t, self.w.holders())
        self.tally.check(self.revoked.revoked and not self.stays.revoked, "who is revoked, after sync")
        question = self.new.ask(t)
        self.tally.check(self.mine(question, t, self.revoked) is None, "a revoked pass answers nothing")
        self.tally.check(self.w.program_present(self.their_revoked, question, t)[0] == 1, "a revoked pass of the program answers nothing")
        self.new.check(self.both(question, t, "synced", True)[:1], t, "synced", expected=True)
        poster = self.new.poster(t)
        shown = self.both(poster, t, "synced, poster", True)
        self.new.check(shown, t, "a newer epoch at a door that has it", expected=True)
        self.old.check(shown, t, "a newer epoch at a door that does not have it", expected=False)
        # A question of a door that is behind names the older epoch, which the wallet still has.
        question = self.old.ask(t)
        shown = self.both(question, t, "asked by a door that is behind", True)
        self.old.check(shown[:1], t, "asked by a door that is behind", expected=True)

    def announced(self):
        """The next accreditation epoch begins at four; doors take it a window before."""
        t = self.began + 3600
        self.w.publish(t, "--next-accreditation", "--at-next", "04:00")
        self.program.do("issuer", "import", "--dir", "clinic", "public/bundle.vp", "authority/accreditations/clinic.vp", at=t)
        self.sync(t, self.w.folder())
        for pair in (self.new, self.strict):
            pair.update(t)
        begins = self.wallet.bundle.epochs[-1].begins
        self.tally.check(begins == self.wallet.bundle.offsets.begin(day("2021-10-31")) + 5 * 3600, "four o'clock of a day of 25 hours")
        window = self.new.door.policy.window
        self.both(self.new.poster(t), begins - 1, "before an announced epoch", True)
        for at in (begins - window - 1, begins - window, begins - 1, begins):
            shown = self.mine(self.new.door.poster(), begins)
            self.new.check(shown, at, f"an announced epoch {at - begins:+} s", expected=at >= begins - window)
        for at in (begins + 7199, begins + 7200):
            question = self.new.door.poster()
            self.new.check(self.both(question, at, f"{at - begins} s after the accreditation epoch changed", True), at, "after it changed", expected=True)

    def new_guest(self, t, what):
        pass_, handle = self.w.guest(self.wallet, t)
        self.tally.check(not pass_.revoked, what)
        return pass_, handle

    def rotation(self):
        """New keys from the next four o'clock on; a checkpoint; handles drawn before and after."""
        t = START + 24 * 3600
        do = self.program.do
        self.lag = self.w.program_wallet("wallet-lag", t)
        self.w.program_guest(self.lag, t)
        do("authority", "rotate", "--dir", "authority", "--to", "public", "--accreditation", "--dates", at=t)
        do("authority", "handles", "--dir", "authority", "--label", "clinic", "--count", 5, "--out", "handles2.vp", at=t)
        do("issuer", "import", "--dir", "clinic", "public/bundle.vp", "authority/accreditations/clinic.vp", "handles2.vp", at=t)
        self.sync(t, self.w.folder())
        self.tally.check(set(self.wallet.bundle.key_sets) == {1, 2}, "two key sets around a rotation")
        self.tally.check(self.wallet.published.parts[2].checkpoint is not None, "a rotation makes a checkpoint")
        for pair in (self.new, self.strict):
            pair.update(t)
        self.fresh, self.fresh_handle = self.new_guest(t, "a pass while two key sets are there")
        begins = self.wallet.bundle.epochs[-1].begins
        for at in (begins - 1, begins, begins + 7199, begins + 7201):
            self.new.check(self.both(self.new.poster(t), at, f"rotation {at - begins:+} s", True), at, f"rotation {at - begins:+} s", expected=True)
        shown = self.mine(self.new.door.poster(), begins + 1, self.fresh)
        self.new.check(shown, begins + 1, "a new guest after the rotation", expected=True)
        code, lag = self.w.program_present(self.lag, self.new.ask(begins + 7000), begins + 7000)
        if self.tally.check(code == 0, f"who is behind the rotation answers: {lag}"):
            self.new.check(lag, begins + 7000, "behind the rotation, in the grace", expected=True)
        self.after = begins

    def under_the_new_keys(self):
        """Removals under the new keys: spans from the checkpoint on."""
        t, do = self.after + 4 * 3600, self.program.do
        do("authority", "handles", "--dir", "authority", "--label", "clinic", "--count", 5, "--out", "handles3.vp", at=t)
        do("issuer", "import", "--dir", "clinic", "handles3.vp", at=t)
        do("authority", "revoke", "--dir", "authority", self.fresh_handle, at=t)
        self.w.publish(t)
        do("issuer", "import", "--dir", "clinic", "public/bundle.vp", at=t)
        self.sync(t, self.w.holders())
        self.new.update(t)
        self.tally.check(self.fresh.revoked and not self.stays.revoked, "who is revoked under the new keys")
        pass_, _ = self.new_guest(t, "a pass under the new keys")
        question = self.new.poster(t)
        self.new.check(self.both(question, t, "under the new keys", True), t, "under the new keys", expected=True)
        self.new.check(self.mine(question, t, pass_), t, "a new guest under the new keys", expected=True)
        today = self.wallet.bundle.offsets.day(t)
        for d in (today, today + 7, today + 14):
            text, question = date.fromordinal(d + EPOCH).isoformat(), self.new.door.for_strips()
            code, theirs = self.w.program_present(self.theirs, question, t, "--day", text)
            mine = self.mine(question, t, day=d)
            self.tally.agree(mine is not None, code == 0, f"whether a wallet has a strip of {text} ({theirs if code else ''})")
            strips = [mine, theirs] if mine and code == 0 else []
            self.new.check(strips, self.wallet.bundle.offsets.begin(d) + 86399, f"strips of {text}")

    def end_older(self):
        """Keys that leaked: at once nothing else is taken."""
        t = self.after + 6 * 3600
        lagging = self.mine(self.new.door.poster(), t)
        self.program.do("authority", "rotate", "--dir", "authority", "--to", "public", "--end-older", "--now", at=t)
        self.new.update(t)
        self.new.check(lagging, t, "older keys at a door that knows", expected=False)
        self.sync(t, self.w.folder())
        self.tally.agree(len(self.wallet.bundle.key_sets), 1, "key sets after --end-older")
        self.new.check(self.both(self.new.poster(t), t, "after --end-older", True), t, "after --end-older", expected=True)
        expires = self.wallet.bundle.expires
        for at in (expires - 1, expires):
            self.both(self.new.ask(t), at, f"the bundle's end {at - expires:+} s")
        self.tally.check(self.mine(self.new.door.for_strips(), t) is None, "strip epochs leave with their keys")
        self.new.check(self.mine(self.new.door.poster(), t), expires, "a bundle that is over", expected=False)


def run(story):
    epochs = Epochs(story)
    for part in (epochs.removal, epochs.grace_of_a_wallet, epochs.synced, epochs.announced, epochs.rotation,
                 epochs.under_the_new_keys, epochs.end_older):
        part()
    return epochs
