//! Passes of every mode and statement, with all that they are made of.

use rand::{SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::internals::trace::{self, Falsified, Traced};
use veilpass::presentation::{Challenge, Door, Expected, MemoryReplayStore, Question, Verdict};
use veilpass::scheme::{Day, Mode};
use veilpass_fixture::city::{DAY, NOW, TODAY};

use crate::json::{Group, Json, Test, VectorFile, bytes};
use crate::object;
use crate::proof;
use crate::world::{VENUE, World, days, moment};

/// The nonce of all challenges.
pub const NONCE: [u8; 16] = [0xab; 16];

/// What is asked, and what the door takes.
pub struct Asked {
    pub policy: &'static str,
    pub question: Question,
    /// Of a strip.
    pub day: Option<Day>,
    /// When the wallet answers.
    pub at: i64,
    pub open: Vec<Challenge>,
    pub mode: Mode,
}

impl Asked {
    /// A question of the world's venue, answered at `at`.
    #[must_use]
    pub fn new(world: &World, policy: &'static str, mode: Mode, at: i64) -> Self {
        let (mut question, mut open) = (world.ask(mode, policy), Vec::new());
        if mode == Mode::Challenge {
            let epoch = world.bundle.epoch_at(moment(at)).unwrap().number;
            let day = world.bundle.day_of(moment(at)).unwrap();
            let challenge = Challenge::from_store(NONCE, day, epoch);
            question.challenge = Some(challenge.clone());
            if let Some((card, key)) = &world.venue {
                let door = Door::registered(&world.bundle, policy, card).unwrap();
                question = door.ask_signed(&challenge, key, moment(at)).unwrap();
            }
            open.push(challenge);
        }
        Self {
            policy,
            question,
            day: None,
            at,
            open,
            mode,
        }
    }

    /// A strip for a day.
    #[must_use]
    pub fn on(self, day: Day) -> Self {
        Self {
            day: Some(day),
            ..self
        }
    }

    /// What a wallet answers. The seed makes its randomness.
    #[must_use]
    pub fn answered(&self, world: &World, seed: u64, falsified: Falsified<'_>) -> Traced {
        self.answered_by(world, &world.credential, seed, falsified)
            .unwrap()
    }

    /// The same of another pass, if it can be proven.
    #[must_use]
    pub fn answered_by(
        &self,
        world: &World,
        credential: &Credential,
        seed: u64,
        falsified: Falsified<'_>,
    ) -> Option<Traced> {
        let mut rng = StdRng::seed_from_u64(seed);
        let asked = (&self.question, self.day, moment(self.at));
        trace::present(credential, &world.holder, asked, falsified, &mut rng).ok()
    }

    /// The same, of a door that takes nothing but this mode.
    #[must_use]
    pub fn group(&self, world: &World, kind: &'static str, tests: Vec<Test>) -> Group {
        let open = self.open.iter().map(|one| {
            object! { "nonce": bytes(one.nonce()), "day": one.day().0, "epoch": one.epoch() }
        });
        let card = world.venue.as_ref().map(|(card, _)| bytes(card.to_bytes()));
        let shared = object! {
            "world": world.name,
            "policy": self.policy,
            "audience": VENUE,
            "venueCard": card,
            "takesPosters": self.mode == Mode::Poster,
            "takesStrips": self.mode == Mode::Strip,
            "openChallenges": open.collect::<Vec<_>>(),
        };
        Group {
            kind,
            shared,
            tests,
        }
    }

    /// Tests that are one pass, changed in one place or not at all.
    #[must_use]
    pub fn changed(&self, world: &World, pass: &[u8], tests: Vec<Test>) -> Group {
        let mut group = self.group(world, "DoorPassChanged", tests);
        group.shared = group.shared.and(object! { "pass": bytes(pass) });
        group
    }

    /// What the door says at `now`.
    #[must_use]
    pub fn verdict(&self, world: &World, payload: &[u8], now: i64) -> Verdict {
        let door = match &world.venue {
            Some((card, _)) => Door::registered(&world.bundle, self.policy, card),
            None => Door::new(&world.bundle, self.policy, VENUE),
        };
        let mut expected = Expected::answers(&self.open);
        if self.mode == Mode::Poster {
            expected = expected.and_posters();
        }
        if self.mode == Mode::Strip {
            expected = expected.and_strips();
        }
        door.unwrap().check(
            payload,
            expected,
            moment(now),
            &mut MemoryReplayStore::default(),
            &mut StdRng::seed_from_u64(1),
        )
    }

    /// A test of [`changed`](Self::changed).
    #[must_use]
    pub fn test_changed(
        &self,
        world: &World,
        comment: impl Into<String>,
        (pass, payload): (&[u8], &[u8]),
        now: i64,
    ) -> Test {
        let mut test = self.test(world, comment, payload, now);
        test.fields = object! { "change": change(pass, payload) }.and(test.fields.without("pass"));
        test
    }

    /// A test: what this door says of a payload.
    #[must_use]
    pub fn test(
        &self,
        world: &World,
        comment: impl Into<String>,
        payload: &[u8],
        now: i64,
    ) -> Test {
        let verdict = self.verdict(world, payload, now);
        let (valid, reason, pseudonym) = match &verdict {
            Verdict::Accepted(accepted) => (true, None, accepted.pseudonym.map(bytes)),
            Verdict::Refused(reason) => (false, Some(reason.name()), None),
        };
        let fields = object! {
            "now": now,
            "pass": bytes(payload),
            "reason": reason,
            "pseudonym": pseudonym,
        };
        Test {
            valid,
            ..Test::valid(comment, fields)
        }
    }
}

/// What makes other bytes of these: so many are removed at a place, and others inserted there.
#[must_use]
pub fn change(from: &[u8], to: &[u8]) -> Json {
    if from == to {
        return Json::Null;
    }
    let same = |pair: &(&u8, &u8)| pair.0 == pair.1;
    let at = from.iter().zip(to).take_while(same).count();
    let (from, to) = (&from[at..], &to[at..]);
    let behind = from
        .iter()
        .rev()
        .zip(to.iter().rev())
        .take_while(same)
        .count();
    object! {
        "at": at,
        "remove": from.len() - behind,
        "insert": bytes(&to[..to.len() - behind]),
    }
}

/// What every file of passes says at its head.
pub const HEADER: [&str; 5] = [
    "A door has scheme card and bundle, asks a policy under its name (audience) or its card, and checks `pass` when its \
     clock is `now` (Unix seconds). `reason` is the library's name of the refusal; another name is no fault, another result is.",
    "In groups of the type DoorPassChanged a pass is `pass` of the group with the test's `change`: at the byte `at`, count from 0, \
     `remove` bytes are removed and `insert` stands there. No change: the pass as it is.",
    "It has accepted nothing before, takes posters or strips if the group says so, and answers to the challenges that \
     are open.",
    "docs/protocol.md, 3.4 and 3.8, has the names of points and variables; docs/format.md the bytes of a pass.",
    "The nonce of a variable is response − challenge·secret modulo r. All scalars are 32 bytes, big-endian.",
];

fn made(world: &World, asked: &Asked, seed: u64, comment: &str) -> Group {
    let traced = asked.answered(world, seed, Falsified::default());
    let policy = world.bundle.policy(asked.policy).unwrap();
    let schema = world.city.scheme.schema();
    // A strip is checked on its day.
    let days = asked.day.map_or(0, |day| day.0 - TODAY.0);
    let checked = asked.at + i64::from(days) * DAY;
    let mut test = asked.test(world, comment, &traced.payload, checked);
    assert!(test.valid, "{comment}");
    // What the wallet makes by itself is the same pass.
    let mut rng = StdRng::seed_from_u64(seed);
    let (holder, now) = (&world.holder, moment(asked.at));
    let shown = (world.credential).present(holder, &asked.question, asked.day, now, &mut rng);
    assert_eq!(shown.unwrap().as_bytes(), traced.payload, "{comment}");
    test.fields = test.fields.and(object! {
        "asked": bytes(asked.question.to_bytes()),
        "answeredAt": asked.at,
        "day": asked.day.map(|day| day.0),
        "credential": proof::credential(&world.credential, schema),
        "proof": proof::proof(&traced, schema, &policy.disclose),
    });
    asked.group(world, "PassProof", vec![test])
}

/// The files of passes.
#[must_use]
pub fn files(hidden: &World, known: &World, registered: &World) -> Vec<VectorFile> {
    use Mode::{Challenge, Poster, Strip};
    let ask = |world, policy, mode| Asked::new(world, policy, mode, NOW);
    let file = |name, algorithm, world: &World, groups| VectorFile {
        worlds: vec![world.trusted()],
        name,
        algorithm,
        header: HEADER.to_vec(),
        notes: Vec::new(),
        groups,
    };
    let doors = vec![
        made(
            hidden,
            &ask(hidden, "restaurant", Challenge),
            1,
            "challenge, hidden issuer, pseudonym",
        ),
        made(
            hidden,
            &ask(hidden, "ward", Challenge),
            2,
            "challenge, no pseudonym",
        ),
        made(hidden, &ask(hidden, "restaurant", Poster), 3, "poster"),
    ];
    let strips = vec![
        made(
            hidden,
            &ask(hidden, "paper", Strip).on(TODAY),
            4,
            "strip for any audience, a hint disclosed",
        ),
        made(
            hidden,
            &ask(hidden, "restaurant", Strip).on(days(9)),
            5,
            "strip for one venue, for a day of the week after next",
        ),
        made(
            hidden,
            &ask(hidden, "ward", Strip),
            6,
            "strip for one venue, no pseudonym",
        ),
    ];
    let statements = vec![
        made(hidden, &ask(hidden, "bar", Challenge), 7, "minimum age"),
        made(
            hidden,
            &ask(hidden, "all", Poster),
            8,
            "minimum age and a first day: every statement",
        ),
        made(
            hidden,
            &ask(hidden, "open", Poster),
            9,
            "last day, birth date and hint disclosed",
        ),
    ];
    let of_known = vec![
        made(
            known,
            &ask(known, "restaurant", Challenge),
            10,
            "known issuer, challenge",
        ),
        made(
            known,
            &ask(known, "all", Poster),
            11,
            "known issuer, every statement",
        ),
        made(
            known,
            &ask(known, "paper", Strip),
            12,
            "known issuer, strip",
        ),
    ];
    let venues = vec![
        made(
            registered,
            &ask(registered, "restaurant", Challenge),
            13,
            "registered venue, signed challenge",
        ),
        made(
            registered,
            &ask(registered, "bar", Poster),
            14,
            "registered venue, poster with its card",
        ),
    ];
    vec![
        file("passes-doors", "pass, challenge and poster", hidden, doors),
        file("passes-strips", "pass, strips", hidden, strips),
        file(
            "passes-statements",
            "pass, ages, first days, disclosed attributes",
            hidden,
            statements,
        ),
        file(
            "passes-known-issuer",
            "pass of a known issuer",
            known,
            of_known,
        ),
        file(
            "passes-registered-venues",
            "pass for registered venues",
            registered,
            venues,
        ),
    ]
}
