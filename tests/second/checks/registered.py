"""A scheme whose wallets answer registered venues only."""
from .both_ways import Story
from .harness import Pair
from .world import SCHEME, START, World


def run(tally, program):
    t = START + 120
    world = World(tally, program, scheme=SCHEME.replace('venues = "open"', 'venues = "registered"'))
    story = Story(world, policies={"hospital": (0, 1, 2)})
    pair = story.doors["hospital"]
    poster = story.both(pair.door.poster(), t, "a poster without a card, where venues are registered")
    question = pair.door.ask(t)
    asked = story.both(question, t, "a question without a card, where venues are registered")
    tally.check(poster == asked == (None, None), "wallets answer no venue without a card")
    story.both(pair.door.for_strips(), t, "a question for strips without a card")
    strip = story.wallet.strip(pair.door.policy, "Cafe Pushkin", story.pass_, story.wallet.bundle.offsets.day(t))
    pair.check(strip, t, "a strip for a name, where venues are registered")
    Pair(tally, program, "opera", world.card.key, "hospital", "Opera", (0, 1), t)
    code, said = program("verifier", "ask", "--dir", "opera", "--out", "asked.vp", at=t)
    tally.check(code == 1, f"a door without a card asks nobody: {said}")
