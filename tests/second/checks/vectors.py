"""tests/vectors/*.json, in the manner of Wycheproof's. A type of group that is not known here is said and skipped."""
import json

from veilpass_second import curve, hpke, proof, transcript
from veilpass_second.door import HEADER, Door
from veilpass_second.errors import Refused, require
from veilpass_second.issuance import Offer, Pending
from veilpass_second.issuer import Issuer, Offered
from veilpass_second.proof import Equations
from veilpass_second.publication import HoldersBundle, Published, move, open_bucket, open_list
from veilpass_second.question import Asked, Card
from veilpass_second.reader import Reader, artefact
from veilpass_second.scheme import Bundle, RenewalPolicy, Scheme
from veilpass_second.signed import SchemeCard
from veilpass_second.wallet import Wallet


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

    def world(self, group):
        """(scheme card, verifiers' bundle)"""
        world = self.worlds.get(group.get("world"), group)
        card = SchemeCard(bytes.fromhex(world["schemeCard"]))
        return card, Bundle(bytes.fromhex(world["bundle"]), card.key)

    def judge(self, test, call):
        """Whatever `call` raises as refused is invalid; returns what it gives."""
        try:
            result, verdict = call(), "valid"
        except Refused as refused:
            result, verdict = None, "invalid" if test["result"] == "invalid" else f"invalid: {refused}"
        self.agree(test, verdict, test["result"])
        return result

    @staticmethod
    def changed(data, test):
        data, change = bytes.fromhex(data), test.get("change")
        if not change:
            return data
        return data[:change["at"]] + bytes.fromhex(change["insert"]) + data[change["at"] + change["remove"]:]

    def door(self, group, t):
        card, bundle = self.world(group)
        venue = Card(bytes.fromhex(group["venueCard"]), card.key) if group.get("venueCard") else None
        modes = {0} | ({1} if group["takesPosters"] else set()) | ({2} if group["takesStrips"] else set())
        door = Door(bundle, bundle.policy_named(group["policy"]), venue.name if venue else group["audience"], modes, venue)
        for asked in group["openChallenges"]:
            door.open.append((t, Asked(b"", 0, door.policy.number, nonce=bytes.fromhex(asked["nonce"]), day=asked["day"], epoch=asked["epoch"])))
        return door

    def PassProof(self, group, test):
        self.at_door(group, test, bytes.fromhex(test["pass"]))

    DoorPass = PassProof

    def DoorPassChanged(self, group, test):
        self.at_door(group, test, self.changed(group["pass"], test))

    def at_door(self, group, test, data):
        door, t = self.door(group, test["now"]), test["now"]
        question = self.question(door, data, t) if test.get("proof") else None
        verdict = door.check(data, t)
        self.agree(test, "valid" if verdict.accepted else f"invalid: {verdict.reason}" if test["result"] == "valid" else "invalid", test["result"])
        if question:
            self.trace(test, question, data[HEADER:])

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


class More(Vectors):
    """Bundles, what holders fetch, issuance."""

    def Bundle(self, group, test):
        world = self.worlds[group["world"]]
        data = self.changed(world["bundle"], test)
        if test.get("signature"):
            data = data[:2] + bytes.fromhex(test["signature"]) + data[66:]
        self.judge(test, lambda: Bundle(data, SchemeCard(bytes.fromhex(world["schemeCard"])).key))

    def Parts(self, group, test):
        self.agree(test, transcript.H("part", bytes.fromhex(test["bytes"])).hex(), test["digest"])

    def HolderBundle(self, group, test):
        world = self.worlds[group["world"]]
        self.judge(test, lambda: self.published(world, self.changed(world["holderBundle"], test)))

    @staticmethod
    def published(world, data):
        """With all its tables, removals and lists."""
        published = Published(HoldersBundle(data), SchemeCard(bytes.fromhex(world["schemeCard"])).key)
        for key_set in published.bundle.key_sets.values():
            published.table(key_set)
            published.span(key_set.number)
            for digest in published.parts[key_set.number].sealed.values():
                published.source.part(digest)
        return published

    @staticmethod
    def issuer(group, bundle):
        issuer = Issuer(bundle.scheme.id)
        issuer.secret = int(group["issuerSecretKey"], 16)
        r = artefact(bytes.fromhex(group["pendingOffer"]), "o")
        offer, salt, draw = Offer(r.bytes()), r.take(32), r.take(16)
        policy = RenewalPolicy(r) if offer.renewal else None
        numbers = [i for i, _ in policy.anew] if policy else bundle.scheme.set_by(True)
        start = r.at
        values = {i: proof.read_value(r, bundle.scheme.schema[i]) for i in numbers}
        require(not policy or bundle.renewals.get(policy.number) and bundle.renewals[policy.number].raw == policy.raw, "another policy")
        return issuer, Offered(offer, r.data[start:r.at], values, salt, draw)

    def RequestAtIssuer(self, group, test):
        _, bundle = self.world(group)
        issuer, offered = self.issuer(group, bundle)
        self.judge(test, lambda: issuer.take_request(offered, self.changed(group["request"], test), bundle, test["now"]))

    def RenewalAtIssuer(self, group, test):
        _, bundle = self.world(group)

        def take():
            issuer, offered = self.issuer(group, bundle)
            issuer.take_renewal(offered, self.changed(group["request"], test), bundle, test["now"])
        self.judge(test, take)

    @staticmethod
    def pending(group, bundle):
        r = artefact(bytes.fromhex(group["pendingRequest"]), "p")
        offer, request, s, m0, seed = Offer(r.bytes()), r.bytes(), r.scalar(), r.scalar(), r.take(32)
        values = {i: proof.read_value(r, bundle.scheme.schema[i]) for i in bundle.scheme.set_by(False)}
        r.end()
        return Pending(offer, request, hpke.derive_key(seed), s, m0, values, None)

    def DrawAtWallet(self, group, test):
        _, bundle = self.world(group)
        code = self.judge(test, lambda: self.pending(group, bundle).code(self.changed(group["draw"], test)))
        self.agree(test, code, test["code"], "code")

    def ResponseAtWallet(self, group, test):
        card, bundle = self.world(group)
        wallet = Wallet(card, HoldersBundle(bytes.fromhex(self.worlds[group["world"]]["holderBundle"])))
        self.judge(test, lambda: wallet.receive(self.pending(group, bundle), self.changed(group["response"], test), test["now"]))

    def Removal(self, group, test):
        y, v, before, q = curve.read_scalar(bytes.fromhex(test["y"])), *(curve.read_g1(bytes.fromhex(test[k])) for k in ("V", "V_before")), \
            curve.read_g2(bytes.fromhex(group["Q"]))
        self.judge(test, lambda: require(curve.product_is_one([(v, q), (curve.mul(v, y) - before, curve.G2)]), "another V"))
        published = bytes.fromhex(test["published"])[-96:]
        self.agree(test, curve.encode(curve.read_coordinates(published)).hex(), test["V"], "coordinates")

    def WitnessUpdate(self, group, test):
        removals = self.removals(bytes.fromhex(group["segment"]))
        y, c = curve.read_scalar(bytes.fromhex(test["y"])), curve.read_g1(bytes.fromhex(test["C_from"]))
        moved = self.judge(test, lambda: move(removals, 0, y, c, test["from"], test["to"]))
        if moved:
            self.agree(test, curve.encode(moved).hex(), test["C_to"], "witness")

    @staticmethod
    def removals(data):
        r = artefact(data, "L")
        require((len(data) - 2) % 128 == 0 and len(data) > 2, "a segment of another length")
        return [(r.scalar(), curve.into_subgroup(curve.read_coordinates(r.take(96)))) for _ in range((len(data) - 2) // 128)]

    def Segment(self, group, test):
        self.judge(test, lambda: self.removals(self.changed(group["segment"], test)))

    def CheckpointBucket(self, group, test):
        y, root = curve.read_scalar(bytes.fromhex(test["y"])), bytes.fromhex(group["root"])
        data = self.changed(group["bucket"], test)
        c = self.judge(test, lambda: open_bucket(data, bytes.fromhex(group["schemeId"]), group["keySet"], group["removals"], group["bits"], root, y))
        if c:
            self.agree(test, curve.encode(c).hex(), test["C"], "witness")

    def SealedAccreditations(self, group, test):
        x, x1 = curve.read_g2(bytes.fromhex(test["X"])), curve.read_g1(bytes.fromhex(test["X1"]))
        found = open_list(bytes.fromhex(group["list"]), bytes.fromhex(group["schemeId"]), bytes.fromhex(group["keySetDigest"]),
                          group["bundleNumber"], test["epoch"], x, x1)
        self.agree(test, "valid" if found else "invalid", test["result"])
        if found:
            self.agree(test, curve.encode(found[0]).hex() + curve.scalar_bytes(found[1]).hex(), test["accreditation"][:160], "accreditation")

    def Issuance(self, group, test):
        """The Python issuer signs the same from the same key, offer, request, handle and accreditation."""
        _, bundle = self.world(group)
        issuer, offered = self.issuer(test, bundle)
        draw, code = issuer.take_request(offered, bytes.fromhex(test["request"]), bundle, test["now"])
        self.agree(test, (draw.hex(), code), (test["draw"], test["code"]), "draw and code")
        handle = Reader(bytes.fromhex(test["handle"]))
        issuer.handles = [(handle.scalar(), handle.g1(), handle.number(4), handle.number(4))]
        self.envelope(test, bundle, issuer, offered, self.pending(test, bundle))

    def Renewal(self, group, test):
        _, bundle = self.world(group)
        issuer, offered = self.issuer(test, bundle)
        draw, code = issuer.take_renewal(offered, bytes.fromhex(test["request"]), bundle, test["now"])
        self.agree(test, (draw.hex(), code), (test["draw"], test["code"]), "draw and code")
        self.agree(test, offered.proven[2].to_bytes().hex(), test["proof"]["question"], "question")
        key = hpke.derive_key(bytes.fromhex(test["oneTimeKeySeed"]))
        self.envelope(test, bundle, issuer, offered, Pending(offered.offer, offered.request, key, 0, 0, {}, None))

    def envelope(self, test, bundle, issuer, offered, pending):
        issuer.x = curve.G2 * curve.native(issuer.secret)
        issuer.x1 = curve.mul(transcript.H_ISSUER, issuer.secret)
        if test.get("accreditation"):
            r = Reader(bytes.fromhex(test["accreditation"]))
            issuer.accreditation = r.g1(), r.scalar(), r.number(4)
        self.agree(test, pending.open(bytes.fromhex(test["response"])).data.hex(), test["envelope"], "the response, opened")
        self.agree(test, pending.open(issuer.issue(offered, bundle)).data.hex(), test["envelope"], "what the Python issuer answers")


def run(tally, folder):
    files = sorted(folder.glob("*.json"))
    if not files:
        return tally.skip("tests/vectors has no *.json yet")
    unread = set()
    for path in files:
        vectors = More(tally, path.stem)
        document = json.loads(path.read_text())
        vectors.worlds = document.get("worlds", {})
        for group in document.get("testGroups", []):
            read = getattr(vectors, group["type"], None)
            for test in group["tests"] if read else ():
                read(group, test)
            if read is None:
                unread.add(group["type"])
    if unread:
        tally.skip(f"groups of vectors that have no reader here: {', '.join(sorted(unread))}")
