"""5,000 mutated passes (VEILPASS_SECOND_MUTANTS: another number) from a fixed seed: the verdicts of both doors must agree, and none is let in."""
import os
import random
import time

from veilpass_second.curve import R
from veilpass_second.proof import points_of, responses_of
from veilpass_second.scheme import STRIP

from .both_ways import POLICIES
from .harness import Pair

COUNT = int(os.environ.get("VEILPASS_SECOND_MUTANTS", 5000))


def fields(question, data):
    """Where the fields of a pass begin and end."""
    sizes = [2, 4, 1, 4, 4, 4, 4, 4]
    sizes += ([] if question.bundle.scheme.known_issuer else [96, 48]) + [48] * points_of(question) + [16] + [32] * responses_of(question)
    at, out = 0, []
    for size in sizes:
        out.append((at, at + size))
        at += size
    return out + ([(at, len(data))] if at < len(data) else [])


class Mutator:
    def __init__(self, rng, passes, places):
        self.rng, self.passes, self.places = rng, passes, places

    def mutate(self):
        rng = self.rng
        index = rng.randrange(len(self.passes))
        data = rng.choice([self.flip, self.byte, self.cut, self.longer, self.exchange, self.transplant, self.special, self.header])(
            bytearray(self.passes[index]), self.places)
        return bytes(data) if data != self.passes[index] else self.mutate()

    def flip(self, data, places):
        data[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
        return data

    def byte(self, data, places):
        for _ in range(self.rng.randint(1, 3)):
            data[self.rng.randrange(len(data))] = self.rng.choice([0, 1, 0x7F, 0x80, 0xFF, self.rng.randrange(256)])
        return data

    def cut(self, data, places):
        at = self.rng.choice([self.rng.randrange(len(data)), self.rng.choice(places)[0], len(data) - self.rng.randint(1, 4)])
        size = self.rng.choice([len(data), 1, 2, 32, 48])
        return data[:at] + data[at + size:]

    def longer(self, data, places):
        at = self.rng.choice([len(data), self.rng.choice(places)[0], self.rng.randrange(len(data))])
        return data[:at] + bytes(self.rng.choice([0, self.rng.randrange(256)]) for _ in range(self.rng.choice([1, 2, 32, 48]))) + data[at:]

    def exchange(self, data, places):
        a, b = self.rng.sample(places, 2)
        same = [p for p in places if p[1] - p[0] == a[1] - a[0] and p != a]
        b = self.rng.choice(same) if same and self.rng.random() < 0.8 else b
        (a, b) = sorted((a, b))
        return data[:a[0]] + data[b[0]:b[1]] + data[a[1]:b[0]] + data[a[0]:a[1]] + data[b[1]:]

    def transplant(self, data, places):
        a, b = self.rng.choice(places)
        data[a:b] = self.rng.choice(self.passes)[a:b]
        return data

    def special(self, data, places):
        """Identities, zeros, numbers at and above the modulus, the negative of a point, uncompressed flags."""
        a, b = self.rng.choice(places)
        size = b - a
        if size in (48, 96):
            data[a:b] = self.rng.choice([b"\xc0" + bytes(size - 1), bytes(size), b"\x9a" + b"\xff" * (size - 1),
                                         bytes([data[a] ^ 0x20]) + data[a + 1:b], bytes([data[a] ^ 0x80]) + data[a + 1:b],
                                         bytes([data[a] ^ 0x40]) + data[a + 1:b]])
        elif size == 32:
            n = int.from_bytes(data[a:b], "big")
            data[a:b] = self.rng.choice([bytes(32), R.to_bytes(32, "big"), ((n + R) % 2**256).to_bytes(32, "big"), ((R - n) % R).to_bytes(32, "big"),
                                         b"\xff" * 32])
        else:
            data[a:b] = self.rng.choice([bytes(size), b"\xff" * size, b"\x80" + bytes(size - 1)])
        return data

    def header(self, data, places):
        a, b = self.rng.choice(places[:8])
        n = int.from_bytes(data[a:b], "big") + self.rng.choice([-2, -1, 1, 2, 256])
        data[a:b] = (n % 256 ** (b - a)).to_bytes(b - a, "big")
        return data


def run(story, t):
    start, rng = time.time(), random.Random("veilpass mutants 1")
    wallet, program = story.w.wallet(), story.program
    ours, _ = story.w.guest(wallet, t)
    other, _ = story.w.guest(wallet, t)
    verdicts = 0
    for policy, modes in POLICIES.items():
        pair = Pair(story.tally, program, f"mutants-{policy}", story.w.card.key, policy, "Mutants", modes, t)
        for mode in modes:
            ask = story.question(pair, mode, t)
            passes = [wallet.present(ask, pass_, t) for pass_ in (ours, ours, other)]
            question = next(q for q in pair.door._questions(mode, passes[0], t) if q.header() == passes[0][:27])
            mutator = Mutator(rng, passes, fields(question, passes[0]))
            count = COUNT // sum(map(len, POLICIES.values())) + 1
            mutants = [mutator.mutate() for _ in range(count)]
            found = pair.check(mutants, t, f"mutants of {policy}, mode {mode}", expected=False)
            verdicts += len(found)
            pair.check(passes[2], t, f"unharmed pass for {policy}, mode {mode}", expected=None if mode == STRIP else mode == modes[0] or not pair.door.policy.once)
    print(f"mutants: {verdicts} in {time.time() - start:.1f} s")
