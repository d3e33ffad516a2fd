"""The program at its command line, pairs of doors that must agree, and a count of what held."""
import json
import os
import subprocess
import time
from datetime import datetime
from pathlib import Path

from veilpass_second.door import Door
from veilpass_second.question import Asked
from veilpass_second.reader import to_text
from veilpass_second.scheme import Bundle


class Tally:
    """Counts checks; says each that failed."""

    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def check(self, condition, what):
        self.passed += bool(condition)
        if not condition:
            self.failed += 1
            print(f"FAILED: {what}", flush=True)
        return condition

    def agree(self, mine, theirs, what):
        return self.check(mine == theirs, f"{what}: here {mine}, the program {theirs}")

    def skip(self, what):
        self.skipped += 1
        print(f"skipped: {what}", flush=True)


def moment(text):
    return int(datetime.fromisoformat(text).timestamp())


class Program:
    """Runs the binary in a working folder under a set clock."""

    def __init__(self, binary, folder):
        self.binary, self.folder, self.calls, self.seconds = str(binary), Path(folder), 0, 0.0
        self.env = dict(os.environ, VEILPASS_PASSPHRASE="correct horse", VEILPASS_WEAK_KEYS="true", VEILPASS_WORK_FACTOR="1")

    def elsewhere(self, name):
        """The same program in a folder of its own."""
        folder = self.folder / name
        folder.mkdir()
        return Program(self.binary, folder)

    def __call__(self, *words, at, stdin=None):
        """(exit code, what it says as JSON: one object, or a list of them with --lines)."""
        when = datetime.fromtimestamp(at).astimezone().isoformat()
        command = [self.binary, *map(str, words), "--at", when] + ([] if "--lines" in words else ["--json"])
        start = time.time()
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, input=stdin, timeout=300)
        self.calls, self.seconds = self.calls + 1, self.seconds + time.time() - start
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        said = lines if "--lines" in words else (lines[0] if lines else {"error": done.stderr})
        return done.returncode, said

    def do(self, *words, at):
        """Must succeed."""
        code, said = self(*words, at=at)
        if code:
            raise RuntimeError(f"veilpass {' '.join(map(str, words))}: exit {code}: {said}")
        return said

    def read(self, name):
        return (self.folder / name).read_bytes()

    def write(self, name, data):
        (self.folder / name).write_bytes(data)
        return name


class Pair:
    """One venue twice: a door of the program, and the Python door with the same questions and passes."""

    def __init__(self, tally, program, folder, key, policy, venue, modes, t, **mine):
        self.tally, self.program, self.folder, self.key = tally, program, folder, key
        names = {0: "challenge", 1: "poster", 2: "strip"}
        program.do("verifier", "init", "--rehearsal", "--dir", folder, "--scheme", "public/scheme.vp", "--bundle",
                   "public/bundle.vp", "--venue", venue, "--policy", policy, "--modes", ",".join(names[m] for m in modes), at=t)
        bundle = Bundle(program.read("public/bundle.vp"), key)
        self.door = Door(bundle, bundle.policy_named(policy), venue, set(modes), **mine)
        self.reasons = {}

    def update(self, t):
        self.program.do("verifier", "update", "--dir", self.folder, "public/bundle.vp", at=t)
        self.door.update(Bundle(self.program.read("public/bundle.vp"), self.key))

    def ask(self, t):
        """A question of the program's door that the Python door has asked, too."""
        self.program.do("verifier", "ask", "--dir", self.folder, "--out", "asked.vp", at=t)
        data = self.program.read("asked.vp")
        self.door.open.append((t, Asked.read(data)))
        return data

    def poster(self, t):
        self.program.do("verifier", "poster", "--dir", self.folder, "--out", "poster.vp", at=t)
        data = self.program.read("poster.vp")
        self.tally.agree(self.door.poster(), data, f"poster of {self.folder}")
        return data

    def check(self, passes, t, what, expected=None):
        """Each pass at both doors; the verdicts must agree, and be what is expected. Returns the Python door's."""
        passes = [passes] if isinstance(passes, bytes) else passes
        lines = "".join(to_text(p) + "\n" for p in passes)
        code, said = self.program("verifier", "verify", "--dir", self.folder, "--lines", at=t, stdin=lines)
        self.tally.agree(len(passes), len(said), f"{what}: verdicts")
        verdicts = []
        for index, (data, theirs) in enumerate(zip(passes, said)):
            mine = self.door.check(data, t)
            reason = theirs.get("reason") or theirs.get("error", "")
            self.reasons.setdefault((mine.reason if not mine.accepted else "accepted", reason), f"{what} {index}")
            self.tally.agree((mine.accepted, mine.reason), (theirs["accepted"], mine.reason if mine.accepted == theirs["accepted"] else reason),
                             f"{what}, pass {index}")
            if expected is not None:
                self.tally.check(mine.accepted == expected, f"{what}, pass {index}: {mine}, the program {theirs}")
            verdicts.append(mine)
        return verdicts[0] if len(verdicts) == 1 else verdicts
