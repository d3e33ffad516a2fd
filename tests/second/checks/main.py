"""Runs all checks and says how many held."""
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))

from checks import both_ways, epochs, frozen, issuers, mutants, registered, renewals, vectors, venues  # noqa: E402
from checks.harness import Program, Tally  # noqa: E402
from checks.world import START, World  # noqa: E402


class Timer:
    def __init__(self, program):
        self.program = program

    def __call__(self, name, part):
        start, calls, seconds = time.time(), self.program.calls, self.program.seconds
        part()
        print(f"{name}: {time.time() - start:.1f} s, of these {self.program.seconds - seconds:.1f} s "
              f"in {self.program.calls - calls} calls of the program", flush=True)


def with_program(tally, program, timed):
    """One scheme for each story: what one of them publishes is not the other's."""
    world = World(tally, program)
    story = both_ways.Story(world)
    timed("every mode, clock edges", lambda: both_ways.run(story))
    other = program.elsewhere("second")
    story = both_ways.Story(World(tally, other))
    again = Timer(other)
    again("renewals", lambda: renewals.run(story))
    again("venues", lambda: venues.run(story))
    again("a Python issuer", lambda: issuers.run(story))
    again(f"{mutants.COUNT} mutants", lambda: mutants.run(story, START + 4 * 3600))
    third = program.elsewhere("third")
    Timer(third)("registered venues only", lambda: registered.run(tally, third))
    again("removals, epochs, rotations", lambda: epochs.run(story))


def main():
    binary = Path(os.environ.get("VEILPASS_BIN", ROOT / "target/debug/veilpass")).resolve()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # databases that are thrown away need no disk
    tally, folder = Tally(), tempfile.mkdtemp(prefix="veilpass-second-", dir=memory)
    program = Program(binary, folder)
    timed = Timer(program)
    try:
        timed("frozen artefacts", lambda: frozen.run(tally, ROOT))
        timed("vectors", lambda: vectors.run(tally, Path(os.environ.get("VEILPASS_VECTORS", ROOT / "tests/vectors"))))
        if binary.exists():
            with_program(tally, program, timed)
        else:
            tally.check(False, f"there is no program {binary}: build it, or name it in VEILPASS_BIN")
    finally:
        shutil.rmtree(folder)
    here, there = (sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"time of the processor: {here:.0f} s here, {there:.0f} s in the program")
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
