//! What wallets answer and when: each edge of a time, a second before and after it.

use rand::{SeedableRng, rngs::StdRng};
use veilpass::presentation::{Challenge, Door, Question};
use veilpass::scheme::{Day, Mode, VenueCard, VenueKey};
use veilpass_fixture::city::{DAY, NOW, TODAY};

use crate::json::{Group, Test, VectorFile, bytes};
use crate::object;
use crate::passes::{Asked, NONCE};
use crate::world::{POSTER_AHEAD, SECOND, THIRD, VENUE, World, days, moment};

/// The end of today.
const MIDNIGHT: i64 = NOW - 68_640 + DAY;
/// For how long a signed question is good: three quarters of the window.
const GOOD: i64 = 45;

struct Asking<'a> {
    world: &'a World,
    tests: Vec<Test>,
}

impl Asking<'_> {
    fn at(
        &mut self,
        comment: &str,
        (question, day): (&Question, Option<Day>),
        now: i64,
        valid: bool,
    ) {
        let mut rng = StdRng::seed_from_u64(111);
        let (holder, credential) = (&self.world.holder, &self.world.credential);
        let made = credential.present(holder, question, day, moment(now), &mut rng);
        assert_eq!(made.is_ok(), valid, "{comment}: {:?}", made.err());
        let fields = object! {
            "now": now,
            "question": bytes(question.to_bytes()),
            "day": day.map(|day| day.0),
        };
        let test = Test {
            valid,
            ..Test::valid(comment, fields)
        };
        self.tests.push(test.flags(&["Question"]));
    }

    fn group(self) -> Group {
        Group {
            kind: "WalletQuestion",
            shared: object! {
                "world": self.world.name,
                "credential": bytes(&*self.world.credential.expose_bytes()),
            },
            tests: self.tests,
        }
    }
}

/// Nobody is registered.
fn open(world: &World) -> Group {
    let mut asking = Asking {
        world,
        tests: Vec::new(),
    };
    let ask = |mode, at| Asked::new(world, "restaurant", mode, at).question;
    let named = |day: i32, epoch| {
        let mut question = ask(Mode::Challenge, NOW);
        question.challenge = Some(Challenge::from_store(NONCE, days(day), epoch));
        question
    };
    let today = ask(Mode::Challenge, NOW);
    asking.at("a challenge", (&today, None), NOW, true);
    asking.at(
        "asked today, a second before a window after midnight",
        (&today, None),
        MIDNIGHT + 59,
        true,
    );
    asking.at(
        "asked today, a window after midnight",
        (&today, None),
        MIDNIGHT + 60,
        false,
    );
    asking.at("asked tomorrow", (&named(1, 2), None), NOW, false);
    asking.at(
        "asked tomorrow, a second before midnight",
        (&named(1, 2), None),
        MIDNIGHT - 1,
        false,
    );
    asking.at(
        "asked tomorrow, at midnight",
        (&named(1, 2), None),
        MIDNIGHT,
        true,
    );
    asking.at(
        "an epoch that the wallet does not have yet",
        (&named(0, 9), None),
        NOW,
        true,
    );
    asking.at(
        "the epoch before, a second before its grace ends",
        (&named(0, 1), None),
        SECOND + 599,
        true,
    );
    asking.at(
        "the epoch before, its grace ends",
        (&named(0, 1), None),
        SECOND + 600,
        false,
    );
    asking.at("an epoch before all", (&named(0, 0), None), NOW, false);
    let poster = ask(Mode::Poster, NOW);
    let ahead = SECOND + i64::from(POSTER_AHEAD);
    asking.at(
        "a poster, a second before the beacon has served",
        (&poster, None),
        ahead - 1,
        true,
    );
    asking.at(
        "a poster, the beacon has served",
        (&poster, None),
        ahead,
        false,
    );
    asking.at(
        "a poster, a second before the next epoch begins",
        (&poster, None),
        THIRD - 1,
        false,
    );
    asking.at(
        "a poster, the next epoch begins",
        (&poster, None),
        THIRD,
        true,
    );
    let strip = ask(Mode::Strip, NOW);
    asking.at("a strip for today", (&strip, Some(TODAY)), NOW, true);
    asking.at(
        "a strip for the last day of the pass, of which there is no strip epoch",
        (&strip, Some(days(90))),
        NOW,
        false,
    );
    asking.at(
        "a strip for a day before all strip epochs",
        (&strip, Some(days(-8))),
        NOW,
        false,
    );
    asking.at(
        "a second before the bundle is issued",
        (&strip, Some(TODAY)),
        NOW - 2 * DAY - 1,
        false,
    );
    asking.at(
        "the bundle is issued",
        (&strip, Some(TODAY)),
        NOW - 2 * DAY,
        true,
    );
    asking.at(
        "a second before the bundle expires",
        (&strip, Some(TODAY)),
        NOW + 60 * DAY - 1,
        true,
    );
    asking.at(
        "the bundle expires",
        (&strip, Some(TODAY)),
        NOW + 60 * DAY,
        false,
    );
    asking.group()
}

/// Venues are registered. The card is good for a day.
fn registered(world: &World) -> Group {
    let mut asking = Asking {
        world,
        tests: Vec::new(),
    };
    let (card, key) = world.venue.as_ref().unwrap();
    let policy = |name| world.bundle.policy(name).unwrap();
    let challenge = |at: i64| {
        let (day, epoch) = (
            world.bundle.day_of(moment(at)),
            world.bundle.epoch_at(moment(at)),
        );
        Challenge::from_store(NONCE, day.unwrap(), epoch.unwrap().number)
    };
    let signed = |at: i64, card: &VenueCard, key: &VenueKey, asks: &str| {
        let door = Door::registered(&world.bundle, asks, card).unwrap();
        door.ask_signed(&challenge(at), key, moment(at)).unwrap()
    };
    let usual = signed(NOW, card, key, "restaurant");
    asking.at(
        "a second before it is good no more",
        (&usual, None),
        NOW + GOOD - 1,
        true,
    );
    asking.at("it is good no more", (&usual, None), NOW + GOOD, false);
    asking.at(
        "good for a window ahead",
        (&usual, None),
        NOW + GOOD - 60,
        true,
    );
    asking.at(
        "good for a second more than a window ahead",
        (&usual, None),
        NOW + GOOD - 61,
        false,
    );
    let last = signed(NOW + DAY - 1, card, key, "restaurant");
    asking.at(
        "a second before the card ends",
        (&last, None),
        NOW + DAY - 1,
        true,
    );
    asking.at("the card ends", (&last, None), NOW + DAY, false);
    let poster = Question::registered(
        world.bundle.scheme(),
        Mode::Poster,
        policy("restaurant"),
        card.clone().into(),
    );
    asking.at(
        "a poster, a second before its card ends",
        (&poster, None),
        NOW + DAY - 1,
        true,
    );
    asking.at("a poster, its card ends", (&poster, None), NOW + DAY, false);
    let other = Question::registered(
        world.bundle.scheme(),
        Mode::Poster,
        policy("ward"),
        card.clone().into(),
    );
    asking.at(
        "a policy that is not on the card",
        (&other, None),
        NOW,
        false,
    );
    let alone = Question::new(
        world.bundle.scheme(),
        Mode::Poster,
        policy("restaurant"),
        VENUE,
    );
    asking.at("a poster without a card", (&alone, None), NOW, false);
    let strip = Question::new(
        world.bundle.scheme(),
        Mode::Strip,
        policy("restaurant"),
        VENUE,
    );
    asking.at(
        "a strip for a name without a card",
        (&strip, Some(TODAY)),
        NOW,
        true,
    );
    for (name, place) in [
        ("the venue's signature", 3),
        ("good-until", 65),
        ("the nonce", 96),
    ] {
        let mut spoilt = usual.to_bytes();
        let place = spoilt.len() - place;
        spoilt[place] ^= 1;
        let spoilt = Question::from_bytes(&spoilt).unwrap();
        asking.at(&format!("{name} differs"), (&spoilt, None), NOW, false);
    }
    asking.group()
}

/// The file.
#[must_use]
pub fn file(hidden: &World, venues: &World) -> VectorFile {
    VectorFile {
        name: "wallet-questions",
        algorithm: "what wallets answer",
        header: vec![
            "docs/protocol.md, 3.4 and 3.5. The wallet has the credential and the holders' bundle of the world, answers `question` when its clock is `now`, and `day` is \
             the day of a strip.",
        ],
        notes: vec![("Question", "A question, at a moment that decides.")],
        worlds: vec![hidden.for_holders(), venues.for_holders()],
        groups: vec![open(hidden), registered(venues)],
    }
}
