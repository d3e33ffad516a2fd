"""Runs all checks and says how many held."""
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from checks import both_ways, epochs  # noqa: E402
from checks.harness import Program, Tally  # noqa: E402
from checks.world import World  # noqa: E402

ROOT = HERE.parents[2]


def main():
    binary = Path(os.environ.get("VEILPASS_BIN", ROOT / "target/debug/veilpass")).resolve()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    tally, folder = Tally(), tempfile.mkdtemp(prefix="veilpass-second-", dir=memory)
    program = Program(binary, folder)
    try:
        start = time.time()
        world = World(tally, program)
        story = both_ways.run(world)
        print(f"both ways: {time.time() - start:.1f} s, {program.calls} calls of the program in {program.seconds:.1f} s")
        start = time.time()
        epochs.run(story)
        print(f"epochs: {time.time() - start:.1f} s, {program.calls} calls of the program in {program.seconds:.1f} s")
        for pair in story.doors.values():
            for reasons, what in pair.reasons.items():
                print("   ", reasons, what)
    finally:
        shutil.rmtree(folder)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
