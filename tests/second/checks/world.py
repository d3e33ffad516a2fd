"""A scheme that the program founds, its clinic, and guests with passes in Python wallets and in the program's."""
from datetime import date

from veilpass_second.calendar import EPOCH
from veilpass_second.publication import Folder, HoldersBundle
from veilpass_second.signed import SchemeCard
from veilpass_second.wallet import Wallet

from .harness import moment

START = moment("2021-10-30T12:00:00+02:00")  # a Saturday; on Sunday the zone's day has 25 hours

SCHEME = """
name = "Second"
zone = "Europe/Berlin"
venues = "open"
attribute = [
  { name = "until", kind = "date", set_by = "issuer", may_disclose = true },
  { name = "until_strict", kind = "date", set_by = "issuer", may_disclose = true },
  { name = "since", kind = "date", set_by = "issuer", may_disclose = true },
  { name = "name", kind = "text", set_by = "holder", may_disclose = true },
  { name = "employer", kind = "text", set_by = "holder", may_disclose = false },
  { name = "birth_date", kind = "date", set_by = "issuer", may_disclose = true },
  { name = "id_hint", kind = "text", set_by = "issuer", may_disclose = true },
]
policy = [
  { number = 1, name = "restaurant", until = "until", any_audience = false, once_a_day = true, window = 60, grace = 7200, strip_grace = 3600, modes = ["challenge", "poster", "strip"] },
  { number = 2, name = "bar", until = "until", minimum_age = { attribute = "birth_date", years = 18 }, any_audience = false, once_a_day = true, window = 60, grace = 0, modes = ["challenge", "poster", "strip"] },
  { number = 3, name = "hospital", until = "until_strict", any_audience = false, once_a_day = false, window = 100, grace = 7200, strip_grace = 7, modes = ["challenge", "poster", "strip"] },
  { number = 4, name = "paper", until = "until", disclose = ["id_hint"], any_audience = true, once_a_day = false, window = 60, strip_grace = 0, modes = ["strip"] },
  { number = 5, name = "open", until = "until", minimum_age = { attribute = "birth_date", years = 18 }, disclose = ["until", "name", "birth_date"], any_audience = false, once_a_day = true, window = 10, grace = 0, modes = ["challenge", "poster"] },
  { number = 6, name = "dated", until = "until", from = "since", any_audience = false, once_a_day = false, window = 600, grace = 0, modes = ["challenge", "poster"] },
  { number = 7, name = "all", until = "until", from = "since", minimum_age = { attribute = "birth_date", years = 16 }, any_audience = false, once_a_day = true, window = 60, grace = 0, modes = ["poster"] },
]
renewal = [
  { number = 1001, name = "renewal", until = "until", anew = { until = 365, until_strict = 300 } },
  { number = 1002, name = "from day", until = "until", from = "since", anew = { until = 365 } },
]
"""

STATED = {"until": "2022-06-01", "until_strict": "2022-01-15", "since": "2021-09-01", "birth_date": "1985-03-08", "id_hint": "A.K."}


def day(text):
    return date.fromisoformat(text).toordinal() - EPOCH


class World:
    def __init__(self, tally, program, t=START, scheme=SCHEME):
        self.tally, self.program, self.count = tally, program, 0
        program.write("scheme.toml", scheme.encode())
        do = program.do
        do("authority", "init", "--dir", "authority", "--scheme", "scheme.toml", "--to", "public", at=t)
        self.card = SchemeCard(program.read("public/scheme.vp"))
        self.clinic("clinic", t)
        do("authority", "handles", "--dir", "authority", "--label", "clinic", "--count", 60, "--out", "handles.vp", at=t)
        do("issuer", "import", "--dir", "clinic", "clinic.vp", "handles.vp", at=t)
        do("authority", "publish", "--dir", "authority", "--to", "public", at=t)
        do("issuer", "import", "--dir", "clinic", "public/bundle.vp", at=t)

    def clinic(self, label, t):
        do = self.program.do
        do("issuer", "init", "--rehearsal", "--dir", label, "--scheme", "public/scheme.vp", "--bundle", "public/bundle.vp",
           "--out", "registration.vp", at=t)
        do("authority", "accredit", "--dir", "authority", "registration.vp", "--label", label, "--out", f"{label}.vp", at=t)

    def holders(self):
        return HoldersBundle(self.program.read("public/holders.vp"))

    def folder(self):
        return Folder(self.program.folder / "public")

    def wallet(self):
        return Wallet(self.card, self.folder())

    def program_wallet(self, folder, t):
        self.program.do("holder", "init", "--dir", folder, "--scheme", "public/scheme.vp", "--bundle", "public/holders.vp", at=t)
        return folder

    def offer(self, t, clinic="clinic", **stated):
        words = [word for name, value in {**STATED, **stated}.items() for word in ("--set", f"{name}={value}")]
        self.program.do("issuer", "offer", "--dir", clinic, *words, "--out", "offer.vp", at=t)
        return self.program.read("offer.vp")

    def offer_renewal(self, t, name="renewal", clinic="clinic", **stated):
        words = [word for key, value in stated.items() for word in ("--set", f"{key}={value}")]
        self.program.do("issuer", "offer", "--dir", clinic, "--renew", name, *words, "--out", "offer.vp", at=t)
        return self.program.read("offer.vp")

    def answer(self, request, t, clinic="clinic", compare=None):
        """The program's issuer answers; the codes of both sides are compared."""
        program = self.program
        program.write("request.vp", request)
        said = program.do("issuer", "draw", "--dir", clinic, "request.vp", "--out", "draw.vp", at=t)
        if compare:
            self.tally.agree(compare(program.read("draw.vp")), said["code"], "the code of eight digits")
        return program.do("issuer", "issue", "--dir", clinic, "request.vp", "--yes", "--out", "response.vp", at=t)

    def guest(self, wallet, t, holder=None, **stated):
        """A pass of the program's issuer in a Python wallet; returns it and its handle."""
        pending = wallet.request(self.offer(t, **stated), holder or {"name": "Anna K.", "employer": "Agency"}, t)
        said = self.answer(pending.request, t, compare=pending.code)
        return wallet.receive(pending, self.program.read("response.vp"), t), said.get("handle")

    def program_guest(self, folder, t, label="pass", **stated):
        self.offer(t, **stated)
        do = self.program.do
        do("holder", "request", "--dir", folder, "offer.vp", "--set", "name=Anna K.", "--set", "employer=Agency", "--label", label,
           "--out", "request.vp", at=t)
        said = self.answer(self.program.read("request.vp"), t)
        do("holder", "receive", "--dir", folder, "response.vp", at=t)
        return said.get("handle")

    def publish(self, t, *words):
        self.program.do("authority", "publish", "--dir", "authority", "--to", "public", *words, at=t)

    def program_present(self, folder, question, t, *words):
        """(exit code, pass or what was said)"""
        self.program.write("question.vp", question)
        code, said = self.program("holder", "present", "--dir", folder, "question.vp", "--yes", "--out", "pass.vp", *words, at=t)
        return code, self.program.read("pass.vp") if code == 0 else said
