//! What a door takes when, and of what it asked: each edge of a time, a second before and after it.

use veilpass::internals::trace::Falsified;
use veilpass::presentation::Challenge;
use veilpass::scheme::Mode;
use veilpass_fixture::city::{DAY, NOW, TODAY};

use crate::json::{Group, VectorFile};
use crate::passes::{self, Asked, NONCE};
use crate::world::{FIRST, POSTER_AHEAD, SECOND, THIRD, World, days};

/// The end of today: 19:04 is 68,640 seconds after its beginning.
const MIDNIGHT: i64 = NOW - 68_640 + DAY;

/// A pass that is shown at several moments, with whether it is taken.
fn shown(world: &World, asked: &Asked, moments: &[(&str, i64, bool)]) -> Group {
    let traced = asked.answered(world, 41, Falsified::default());
    let test = |(comment, now, taken): &(&str, i64, bool)| {
        let test = {
            let same = (traced.payload.as_slice(), traced.payload.as_slice());
            asked.test_changed(world, *comment, same, *now)
        };
        assert_eq!(test.valid, *taken, "{comment}");
        test.flags(&["Clock"])
    };
    let tests = moments.iter().map(test).collect();
    asked.changed(world, &traced.payload, tests)
}

/// The file of times.
pub fn file(world: &World) -> VectorFile {
    use Mode::{Challenge, Poster, Strip};
    let ask = |mode, at| Asked::new(world, "restaurant", mode, at);
    let ahead = SECOND + i64::from(POSTER_AHEAD);
    let groups = vec![
        shown(
            world,
            &ask(Challenge, NOW),
            &[
                (
                    "a challenge's epoch begins in a window and a second",
                    SECOND - 61,
                    false,
                ),
                ("a challenge's epoch begins in a window", SECOND - 60, true),
                (
                    "a second before the grace of a challenge's epoch ends",
                    THIRD + 599,
                    true,
                ),
                ("the grace of a challenge's epoch ends", THIRD + 600, false),
            ],
        ),
        shown(
            world,
            &ask(Challenge, SECOND - 1),
            &[
                (
                    "the first epoch: a second before its grace ends",
                    SECOND + 599,
                    true,
                ),
                ("the first epoch: its grace ends", SECOND + 600, false),
            ],
        ),
        shown(
            world,
            &ask(Challenge, FIRST),
            &[
                ("the first epoch begins in a window", FIRST - 60, true),
                (
                    "the first epoch begins in a window and a second",
                    FIRST - 61,
                    false,
                ),
            ],
        ),
        shown(
            world,
            &ask(Poster, NOW),
            &[
                (
                    "a poster's bucket begins in a window and a second",
                    NOW - 61,
                    false,
                ),
                ("a poster's bucket begins in a window", NOW - 60, true),
                ("the next bucket ends in a second", NOW + 119, true),
                ("the next bucket has ended", NOW + 120, false),
            ],
        ),
        shown(
            world,
            &ask(Poster, MIDNIGHT - 1),
            &[
                ("the last bucket of a day, at its end", MIDNIGHT - 1, true),
                (
                    "the last bucket of a day, a second before a window after midnight",
                    MIDNIGHT + 59,
                    true,
                ),
                (
                    "the last bucket of a day, a window after midnight",
                    MIDNIGHT + 60,
                    false,
                ),
            ],
        ),
        shown(
            world,
            &ask(Poster, MIDNIGHT),
            &[
                (
                    "the first bucket of a day, a second before midnight",
                    MIDNIGHT - 1,
                    false,
                ),
                ("the first bucket of a day, at midnight", MIDNIGHT, true),
            ],
        ),
        shown(
            world,
            &ask(Poster, ahead - 1),
            &[
                ("a second before the beacon has served", ahead - 1, true),
                ("the beacon has served", ahead, false),
            ],
        ),
        shown(
            world,
            &ask(Strip, NOW).on(TODAY),
            &[
                (
                    "a second before the day of a strip",
                    MIDNIGHT - DAY - 1,
                    false,
                ),
                ("the day of a strip begins", MIDNIGHT - DAY, true),
                (
                    "a second before the grace of a strip ends",
                    MIDNIGHT + 3599,
                    true,
                ),
                ("the grace of a strip ends", MIDNIGHT + 3600, false),
            ],
        ),
        shown(
            world,
            &ask(Strip, NOW).on(days(-2)),
            &[
                (
                    "a second before the bundle is issued",
                    NOW - 2 * DAY - 1,
                    false,
                ),
                ("the bundle is issued", NOW - 2 * DAY, true),
            ],
        ),
        shown(
            world,
            &ask(Strip, NOW).on(days(60)),
            &[
                (
                    "a second before the bundle expires",
                    NOW + 60 * DAY - 1,
                    true,
                ),
                ("the bundle expires", NOW + 60 * DAY, false),
            ],
        ),
    ];
    VectorFile {
        name: "door-clock",
        algorithm: "pass at a door: times",
        header: passes::HEADER.to_vec(),
        notes: vec![(
            "Clock",
            "One pass, at a moment that decides. How long a challenge stays open is for whoever keeps the open ones: here it is open.",
        )],
        worlds: vec![world.trusted()],
        groups,
    }
}

/// The file of what was asked.
pub fn asked(hidden: &World, known: &World, registered: &World) -> VectorFile {
    use Mode::{Challenge as Asks, Poster, Strip};
    let ask = |world, policy, mode| Asked::new(world, policy, mode, NOW);
    let payload =
        |world: &World, asked: &Asked| asked.answered(world, 42, Falsified::default()).payload;
    // The pass of `from`, at the door of `to`.
    let meets = |world: &World, to: Asked, pass: &[u8], comment: &str, taken: bool| {
        let test = to.test(world, comment, pass, NOW).flags(&["Asked"]);
        assert_eq!(test.valid, taken, "{comment}");
        to.group(world, "DoorPass", vec![test])
    };
    let open = |list: &[(u8, i32, u32)]| {
        let one = |(nonce, day, epoch): &(u8, i32, u32)| {
            Challenge::from_store([*nonce; 16], days(*day), *epoch)
        };
        Asked {
            open: list.iter().map(one).collect(),
            ..ask(hidden, "restaurant", Asks)
        }
    };
    let (own, other) = (NONCE[0], 0xcd);
    let (answer, poster, strip) = (
        payload(hidden, &ask(hidden, "restaurant", Asks)),
        payload(hidden, &ask(hidden, "restaurant", Poster)),
        payload(hidden, &ask(hidden, "restaurant", Strip)),
    );
    let here = |mode| ask(hidden, "restaurant", mode);
    let of_known = payload(known, &ask(known, "restaurant", Asks));
    let of_venue = payload(registered, &ask(registered, "restaurant", Asks));
    let groups: Vec<Group> = vec![
        meets(
            hidden,
            open(&[(other, 0, 2), (own, 0, 2)]),
            &answer,
            "one of two open challenges",
            true,
        ),
        meets(
            hidden,
            open(&[(own, 0, 3)]),
            &answer,
            "asked in a later epoch, answered with the one before; the challenge hashes no epoch of the asking",
            true,
        ),
        meets(
            hidden,
            open(&[(own, 0, 1)]),
            &answer,
            "asked in an earlier epoch than the pass has",
            false,
        ),
        meets(
            hidden,
            open(&[(own, 1, 2)]),
            &answer,
            "asked on another day",
            false,
        ),
        meets(
            hidden,
            open(&[(other, 0, 2)]),
            &answer,
            "another nonce",
            false,
        ),
        meets(hidden, open(&[]), &answer, "nothing is open", false),
        meets(
            hidden,
            here(Poster),
            &answer,
            "an answer to a challenge where there is a poster",
            false,
        ),
        meets(
            hidden,
            here(Asks),
            &poster,
            "a poster's pass where there is a challenge",
            false,
        ),
        meets(
            hidden,
            here(Asks),
            &strip,
            "a strip where none is taken",
            false,
        ),
        meets(
            hidden,
            here(Strip),
            &strip,
            "a strip where it is taken",
            true,
        ),
        meets(
            hidden,
            ask(hidden, "ward", Asks),
            &answer,
            "another policy",
            false,
        ),
        meets(hidden, here(Asks), &of_known, "another scheme", false),
        meets(
            hidden,
            here(Asks),
            &of_venue,
            "another scheme, whose venue of that name is registered",
            false,
        ),
    ];
    VectorFile {
        name: "door-asked",
        algorithm: "pass at a door: what was asked",
        header: passes::HEADER.to_vec(),
        notes: vec![(
            "Asked",
            "A good pass, where it answers what the door asked, or something else.",
        )],
        worlds: vec![hidden.trusted()],
        groups,
    }
}
