//! Everything that two guests, a door and a publisher can do in two days, in every order: a model checker runs the real
//! verifier, wallet, epochs and memory of what was accepted through all of it, and looks for a state in which somebody is
//! let in who must not be, or in which nobody can help somebody who must be.
//!
//! Anna is eligible. Boris is revoked by the second publication. Publications may come late or never, wallets and the door
//! fetch at any time or never, questions are answered and answers are shown late, in any order, and again, and the door's
//! clock runs ahead once. In a second story passes are renewed: the clinic fetches at any time or never, and guests keep the
//! old pass beside the new one. What is small are the bounds: the moments at which something is done stand at the edges that the
//! protocol names, and so many events make a story. `VEILPASS_MODEL_EVENTS=n` makes it longer.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod town;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use stateright::{Checker, Model, Property};
use veilpass::presentation::{Challenge, Question};
use veilpass::scheme::{Day, Mode};
use veilpass_app::store::memory::MemoryVerifier;

use town::{ANNA, BORIS, GRACE, MOMENTS, Renewal, Town, WINDOW};

/// How many events there are in a story, time that passes between two of them among them.
const EVENTS: usize = 5;

/// How many questions are asked, and answers made, in one story.
const ASKED: u8 = 2;
const ANSWERED: u8 = 2;

/// An answer in a guest's hand. It stays there: whoever has shown a code can show it again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Answer {
    guest: usize,
    which: Pass,
    /// Of a challenge the day of its asking; of a poster that of the answer.
    day: Day,
    pass: Arc<[u8]>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    /// Which of [`MOMENTS`] it is.
    moment: usize,
    /// How many publications there are.
    published: usize,
    /// Which of them each guest has, and the door.
    guests: [usize; 2],
    door: usize,
    clinic: usize,
    /// The renewed pass of each guest, beside the old one.
    renewed: [Option<Renewal>; 2],
    store: MemoryVerifier,
    /// Questions that somebody may answer.
    questions: Vec<Vec<u8>>,
    asked: u8,
    answered: u8,
    hands: Vec<Answer>,
    inside: BTreeSet<(usize, Day)>,
    /// Whether a renewed pass let somebody in.
    inside_renewed: bool,
    /// Whether the door's clock has run ahead.
    ahead: bool,
    wrong: Option<&'static str>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = MOMENTS[self.moment];
        write!(
            f,
            "at {now}: {} published, guests have {:?}, the door {}, {} asked, {} in hand, inside {:?}: {:?}",
            self.published,
            self.guests,
            self.door,
            self.asked,
            self.hands.len(),
            self.inside,
            self.wrong
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Pass {
    Old,
    Renewed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Action {
    /// Time passes, to this moment.
    Wait(usize),
    Publish,
    Fetch(usize),
    Update,
    Ask,
    /// A guest answers the newest question, with the old pass or with the renewed one.
    Answer(usize, Pass),
    /// A guest answers the poster.
    Poster(usize),
    /// The clinic takes the newest publication.
    Prepare,
    /// A guest has the pass renewed.
    Renew(usize),
    /// An answer that somebody holds is shown, perhaps again.
    Show(usize),
    /// The door's clock is at the last moment for a while, and garbage is scanned.
    Ahead,
}

impl State {
    fn now(&self) -> i64 {
        MOMENTS[self.moment]
    }

    /// By how much somebody is behind who has this publication; negative before the next epoch begins.
    fn behind(&self, town: &Town, has: usize) -> i64 {
        match has + 1 < self.published {
            true => self.now() - town.switch(has + 1),
            false => i64::MIN,
        }
    }

    fn hold(&mut self, town: &Town, (guest, which): (usize, Pass), question: &Question) {
        let (has, now) = (self.guests[guest], self.now());
        self.answered += 1;
        let renewal = match which {
            Pass::Old => None,
            Pass::Renewed => self.renewed[guest],
        };
        if let Some(pass) = town.answer((guest, has), renewal, question, now) {
            let asked = question.challenge.as_ref().map(Challenge::day);
            let day = asked.unwrap_or_else(|| town.day(now));
            self.hands.push(Answer {
                guest,
                which,
                day,
                pass,
            });
        }
    }

    fn show(&mut self, town: &Town, shown: usize) {
        let Answer {
            guest,
            which,
            day,
            pass,
        } = self.hands[shown].clone();
        let (accepted, store) = town.shown(&self.store, &pass, self.now());
        self.store = store;
        if !accepted {
            return;
        }
        if !self.inside.insert((guest, day)) {
            self.wrong = Some("a guest is let in twice on one day");
        }
        self.inside_renewed |= which == Pass::Renewed;
        // Boris is removed in the second publication.
        let over = self.now() >= town.switch(1) + GRACE + WINDOW;
        if guest == BORIS && self.door >= 1 && over {
            self.wrong = Some("somebody is let in who was revoked longer ago than the grace");
        }
    }

    fn renew(&mut self, town: &Town, guest: usize) {
        let (has, now) = (self.guests[guest], self.now());
        let renewal = ((guest, has), now, self.clinic);
        if town.renewed(renewal).is_none() {
            // Who is eligible, and of one epoch with the clinic, is renewed.
            if guest == ANNA && town.in_force(has, now) == town.in_force(self.clinic, now) {
                self.wrong = Some("an eligible guest's pass is not renewed");
            }
            return;
        }
        self.renewed[guest] = Some(renewal);
        // There is no grace.
        if guest == BORIS && self.clinic >= 1 && now >= town.switch(1) {
            self.wrong = Some("a revoked pass is renewed");
        }
    }

    /// Whether Anna, who is eligible, gets in if she asks for it now. Everybody who is not behind by more than the grace
    /// must be served.
    fn anna_is_stuck(&self, town: &Town) -> bool {
        let within = GRACE - WINDOW;
        let (guest, door) = (
            self.behind(town, self.guests[ANNA]),
            self.behind(town, self.door),
        );
        let inside = self.inside.contains(&(ANNA, town.day(self.now())));
        // Posters do not say which epoch the door has.
        let modes = [
            (Mode::Challenge, door < within),
            (Mode::Poster, door < -WINDOW),
        ];
        // A door whose clock ran past the day has forgotten what it was, and says so until it has come.
        let served = guest < within && !inside && !self.ahead;
        served
            && modes.into_iter().any(|(mode, must)| {
                must && !town.serves(&self.store, (ANNA, self.guests[ANNA]), mode, self.now())
            })
    }
}

impl Model for Town {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            moment: 0,
            published: 1,
            guests: [0; 2],
            door: 0,
            clinic: 0,
            renewed: [None; 2],
            store: self.opened(),
            questions: Vec::new(),
            asked: 0,
            answered: 0,
            hands: Vec::new(),
            inside: BTreeSet::new(),
            inside_renewed: false,
            ahead: false,
            wrong: None,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let newest = state.published - 1;
        actions.extend((state.moment + 1..MOMENTS.len()).map(Action::Wait));
        if self.may_publish(state.published, state.now()) {
            actions.push(Action::Publish);
        }
        for guest in [ANNA, BORIS] {
            if state.guests[guest] < newest {
                actions.push(Action::Fetch(guest));
            }
            if state.answered < ANSWERED {
                if !state.questions.is_empty() {
                    actions.push(Action::Answer(guest, Pass::Old));
                }
                if state.renewed[guest].is_some() && !state.questions.is_empty() {
                    actions.push(Action::Answer(guest, Pass::Renewed));
                }
                if !self.renews {
                    actions.push(Action::Poster(guest));
                }
            }
            if self.renews && state.renewed[guest].is_none() {
                actions.push(Action::Renew(guest));
            }
        }
        if self.renews && state.clinic < newest {
            actions.push(Action::Prepare);
        }
        if state.door < newest {
            actions.push(Action::Update);
        }
        if state.asked < ASKED {
            actions.push(Action::Ask);
        }
        if !state.ahead && !self.renews {
            actions.push(Action::Ahead);
        }
        actions.extend((0..state.hands.len()).map(Action::Show));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Wait(to) => state.moment = to,
            Action::Publish => state.published += 1,
            Action::Fetch(guest) => state.guests[guest] = state.published - 1,
            Action::Update => {
                state.door = state.published - 1;
                state.store = self.updated(&state.store, state.door);
            }
            Action::Ask => {
                let (question, store) = self.asked(&state.store, state.now())?;
                (state.questions, state.store) = (vec![question], store);
                state.asked += 1;
            }
            Action::Answer(guest, which) => {
                let question = Question::from_bytes(state.questions.last()?).ok()?;
                state.hold(self, (guest, which), &question);
            }
            Action::Poster(guest) => {
                let question = self.poster(&state.store, state.now())?;
                state.hold(self, (guest, Pass::Old), &question);
            }
            Action::Prepare => state.clinic = state.published - 1,
            Action::Renew(guest) => state.renew(self, guest),
            Action::Show(shown) => state.show(self, shown),
            Action::Ahead => {
                let last = MOMENTS[MOMENTS.len() - 1];
                (_, state.store) = self.shown(&state.store, b"garbage", last);
                state.ahead = true;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nobody is let in who must not be", |_, state: &State| {
                state.wrong.is_none()
            }),
            Property::always("nobody is stuck", |town: &Town, state: &State| {
                !state.anna_is_stuck(town)
            }),
            // What the story is about happens in it.
            Property::sometimes("a guest is inside", |_, state: &State| {
                !state.inside.is_empty()
            }),
            Property::sometimes(
                "the revoked one gets in before it counts",
                |_, state: &State| state.inside.iter().any(|(guest, _)| *guest == BORIS),
            ),
            Property::sometimes("a renewed pass lets in", |town: &Town, state: &State| {
                state.inside_renewed || !town.renews
            }),
        ]
    }
}

fn explored(town: Town) {
    let events = std::env::var("VEILPASS_MODEL_EVENTS").map_or(EVENTS, |n| n.parse().unwrap());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // The first state counts as one.
    let checker = (town.checker().threads(threads)).target_max_depth(events + 1);
    let checker = checker.spawn_bfs().join();
    println!(
        "{events} events: {} states, {} of them different",
        checker.state_count(),
        checker.unique_state_count()
    );
    checker.assert_properties();
}

#[test]
fn no_order_of_events_lets_in_whom_it_must_not_or_stops_whom_it_must_let_in() {
    explored(Town::new(false));
}

#[test]
fn no_order_of_events_renews_what_is_revoked_or_lets_one_guest_in_with_two_passes() {
    explored(Town::new(true));
}
