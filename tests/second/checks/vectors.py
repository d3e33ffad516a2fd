"""tests/vectors/*.json, in the manner of Wycheproof's. A type of group that is not known here is said and skipped."""
import json

from veilpass_second import curve, proof, transcript
from veilpass_second.door import HEADER, Door
from veilpass_second.errors import Refused
from veilpass_second.proof import Equations
from veilpass_second.question import Asked, Card
from veilpass_second.reader import Reader
from veilpass_second.scheme import Bundle, Scheme
from veilpass_second.signed import SchemeCard


class Vectors:
    def __init__(self, tally, name):
        self.tally, self.name = tally, name

    def agree(self, test, mine, theirs, what=""):
        self.tally.agree(mine, theirs, f"vectors {self.name}, {test['tcId']} {test['comment']} {what}")

    def Generators(self, group, test):
        points = [transcript.Q1, transcript.H_S, *transcript.H_J]
        self.agree(test, curve.encode(points[test["index"] - 1]).hex(), test["point"])

    def HashToCurve(self, group, test):
        point = curve.hash_to_curve(bytes.fromhex(test["message"]), test["dst"].encode())
        self.agree(test, curve.encode(point).hex(), test["point"])

    def TextAttributes(self, group, test):
        self.agree(test, curve.scalar_bytes(proof.attribute_scalar(test["text"])).hex(), test["scalar"])

    def DateAttributes(self, group, test):
        try:
            day = Reader(test["day"].to_bytes(4, "big", signed=True)).day()
            self.agree(test, curve.scalar_bytes(proof.attribute_scalar(day)).hex(), test["scalar"])
        except Refused:
            self.agree(test, "invalid", test["result"])

    def Domain(self, group, test):
        self.agree(test, curve.scalar_bytes(Scheme(Reader(bytes.fromhex(test["schemeFields"]))).domain).hex(), test["domain"])

    def Transcript(self, group, test):
        digest = transcript.H(test["label"], *map(bytes.fromhex, test["fields"]))
        self.agree(test, digest.hex(), test["digest"])
        output = {"digest": lambda d: d.hex(), "scalar": lambda d: curve.scalar_bytes(transcript.as_scalar(d)).hex(),
                  "challenge": lambda d: d[:16].hex(), "tag": lambda d: d[:4].hex(), "code": transcript.eight_digits}[test["as"]](digest)
        self.agree(test, output, test["output"])

    def PassProof(self, group, test):
        card = SchemeCard(bytes.fromhex(group["schemeCard"]))
        bundle = Bundle(bytes.fromhex(group["bundle"]), card.key)
        venue = Card(bytes.fromhex(group["venueCard"]), card.key) if group.get("venueCard") else None
        modes = {0} | ({1} if group["takesPosters"] else set()) | ({2} if group["takesStrips"] else set())
        door = Door(bundle, bundle.policy_named(group["policy"]), venue.name if venue else group["audience"], modes, venue)
        t, data = test["now"], self.bytes_of(group, test, "pass")
        for asked in group["openChallenges"]:
            door.open.append((t, Asked(b"", 0, door.policy.number, nonce=bytes.fromhex(asked["nonce"]), day=asked["day"], epoch=asked["epoch"])))
        question = self.question(door, data, t) if test.get("proof") else None
        verdict = door.check(data, t)
        self.agree(test, "valid" if verdict.accepted else f"invalid: {verdict.reason}" if test["result"] == "valid" else "invalid", test["result"])
        if question:
            self.trace(test, question, data[HEADER:])

    DoorPass = DoorPassChanged = PassProof

    @staticmethod
    def bytes_of(group, test, name):
        """What the test has under this name, or the group's with the test's change."""
        if name in test:
            return bytes.fromhex(test[name])
        good, change = bytes.fromhex(group[name]), test["change"] or {"at": 0, "remove": 0, "insert": ""}
        return good[: change["at"]] + bytes.fromhex(change["insert"]) + good[change["at"] + change["remove"] :]

    @staticmethod
    def question(door, data, t):
        try:
            return next((q for q in door._questions(data[6], data, t) if q.header() == data[:HEADER]), None)
        except Refused:
            return None

    def trace(self, test, question, data):
        """What a proof is made of, step by step."""
        told = test["proof"]
        self.agree(test, question.to_bytes().hex(), told["question"], "question")
        self.agree(test, question.statements, [s["code"] for s in told["statements"]], "statements")
        made = proof.Proof.read(Reader(data), question)
        equations = Equations(question, made.issuer, made.points, made.disclosed)
        values = dict(zip(equations.variables, made.responses))
        commitments = equations.commitments(values, made.c)
        self.agree(test, [curve.encode(p).hex() for p in made.points], [p["value"] for p in told["points"]], "points")
        self.agree(test, [curve.encode(p).hex() for p in commitments], [p["value"] for p in told["commitments"]], "commitments")
        self.agree(test, made.c.to_bytes(16, "big").hex(), told["challenge"], "challenge")
        if told.get("variables"):
            self.agree(test, [curve.scalar_bytes(n).hex() for n in made.responses], [v["response"] for v in told["variables"]], "responses")
        if test.get("pseudonym"):
            self.agree(test, curve.encode(equations.nym).hex(), test["pseudonym"], "pseudonym")


def run(tally, folder):
    files = sorted(folder.glob("*.json"))
    if not files:
        return tally.skip("tests/vectors has no *.json yet")
    for path in files:
        vectors = Vectors(tally, path.stem)
        document = json.loads(path.read_text())
        for group in document.get("testGroups", []):
            group = {**document["worlds"].get(group.get("world"), {}), **group}
            read = getattr(vectors, group["type"], None)
            if read is None:
                tally.skip(f"vectors {path.stem}: groups of type {group['type']} have no reader here")
                continue
            for test in group["tests"]:
                read(group, test)
