//! Who is let in, who is refused, and whether each refusal blames the one who is behind.

use rand::RngExt as _;
use veilpass::presentation::{PresentError, Question, Reason, Verdict};
use veilpass::scheme::{Day, Mode, StripEpoch};
use veilpass_fixture::city::{DAY, at};
use veilpass_fixture::place::done;

use super::{DOORS, GRACE, STRIP_GRACE, WINDOW, World};

impl World {
    /// A guest is asked at `now`, or stands before a poster.
    pub(super) fn show(&mut self, (guest, door, mode): (usize, usize, Mode), now: i64) {
        // The edges of a day have no room for clocks that differ.
        let edge = (now - WINDOW..now + WINDOW).any(|t| self.day_of(t) != self.day_of(now));
        let skew = match edge {
            true => 0,
            false => self.rng.random_range(-25..=25),
        };
        let takes = self.rng.random_range(0..25);
        let asked: Result<Question, _> = match mode {
            Mode::Challenge => done(self.doors[door].verifier.ask(at(now), &mut self.rng)),
            _ => self.doors[door].verifier.poster(at(now)),
        };
        let asked = asked.unwrap();
        let holders = &self.published[self.guests[guest].has].holders;
        let shown =
            self.guests[guest]
                .pass
                .present(holders, &asked, None, at(now + skew), &mut self.rng);
        let what = format!("{mode:?} at {now}: guest {guest} at door {door}");
        let told = match shown {
            Err(why) => Err(self.blames(&why, (guest, door), now, &what)),
            Ok(pass) => {
                let question = Some(&asked).filter(|_| mode == Mode::Challenge);
                let verdict = self.doors[door].verifier.verify(
                    pass.as_bytes(),
                    question,
                    at(now + takes),
                    &mut self.rng,
                );
                let (verdict, on) = (done(verdict).unwrap(), self.day_of(now));
                self.verdict(verdict, (guest, door, on), now, &what)
            }
        };
        self.judge(told, (guest, door, mode), now, &what);
    }

    /// Whom a door's verdict blames; `Ok` if the guest is inside, now or since earlier today.
    fn verdict(
        &mut self,
        verdict: Verdict,
        (guest, door, on): (usize, usize, Day),
        now: i64,
        what: &str,
    ) -> Result<(), &'static str> {
        let first = self.inside.insert((guest, door, on));
        match verdict {
            Verdict::Accepted(_) => {
                assert!(first, "let in twice on one day, {what}");
                Ok(())
            }
            Verdict::Refused(Reason::SeenBefore) => {
                assert!(!first, "was never here, {what}");
                Ok(())
            }
            Verdict::Refused(reason) => {
                if first {
                    self.inside.remove(&(guest, door, on));
                }
                let over = now + WINDOW >= self.newest_of(self.guests[guest].has, now) + 2 * DAY;
                let blamed = match reason {
                    Reason::EpochTooOld => "the guest must sync",
                    Reason::DoorBehind => "the door must update",
                    Reason::BundleStale if over => "the authority must publish",
                    other => panic!("{other:?} blames nobody who can do anything, {what}"),
                };
                let [guest, door] = self.lags(guest, door, now);
                match reason {
                    Reason::DoorBehind => assert!(door > -WINDOW && guest < door, "{what}"),
                    Reason::EpochTooOld => {
                        assert!(guest >= GRACE - WINDOW || over && guest >= 0, "{what}");
                    }
                    _ => assert!(guest < 0, "{what}"),
                }
                Err(blamed)
            }
        }
    }

    fn lags(&self, guest: usize, door: usize, now: i64) -> [i64; 2] {
        [self.guests[guest].has, self.doors[door].has].map(|has| self.behind(has, now))
    }

    /// Whom a wallet that does not answer blames, who must be the one.
    fn blames(
        &self,
        why: &PresentError,
        (guest, door): (usize, usize),
        now: i64,
        what: &str,
    ) -> &'static str {
        let guests = &self.guests[guest];
        let known = guests.revoked.is_some_and(|revoked| revoked <= guests.has);
        let over = now + WINDOW >= self.newest_of(guests.has, now) + 2 * DAY;
        let [guest, door] = self.lags(guest, door, now);
        let (blamed, true_of) = match why {
            PresentError::Revoked => ("the issuer gives no other", known),
            PresentError::DoorBehind => ("the door must update", door >= GRACE - WINDOW),
            PresentError::PosterOver if guest >= 0 => ("the guest must sync", over),
            PresentError::PosterOver => ("the authority must publish", over),
            PresentError::Clock(_) => ("the guest must sync", guest >= GRACE),
            other => panic!("{other:?}, {what}"),
        };
        assert!(true_of, "{why:?} though it is not so, {what}");
        blamed
    }

    /// When the newest epoch began of those that somebody with this publication knows and that have begun by every clock:
    /// clocks differ by less than a window.
    fn newest_of(&self, has: usize, now: i64) -> i64 {
        let known = self.published[..=has].iter().map(|one| one.switch);
        let begun = known.filter(|switch| *switch <= now - WINDOW).max();
        begun.unwrap_or(self.published[0].switch)
    }

    /// What must come of it, whatever the reasons are.
    fn judge(
        &mut self,
        told: Result<(), &'static str>,
        (guest, door, mode): (usize, usize, Mode),
        now: i64,
        what: &str,
    ) {
        let [behind, door_behind] = self.lags(guest, door, now);
        let (within, door_within) = match mode {
            Mode::Challenge => (behind < GRACE - WINDOW, door_behind < GRACE - WINDOW),
            // Posters do not say which epoch the door has: it must have the newest one.
            _ => (behind < GRACE - WINDOW, door_behind < -WINDOW),
        };
        // A beacon serves for two days: where nothing is published, doors must ask.
        let newest = self.newest_of(self.guests[guest].has, now);
        let beacon = now - newest < 2 * DAY - WINDOW;
        let switched = |revoked: usize| self.published.get(revoked).map(|one| one.switch);
        match self.guests[guest].revoked.and_then(switched) {
            None if within && door_within && (mode == Mode::Challenge || beacon) => {
                assert!(told.is_ok(), "{told:?} for an eligible guest, {what}");
            }
            Some(switch) if now >= switch + GRACE + WINDOW && door_behind < 0 => {
                assert!(told.is_err(), "let in after the grace, {what}");
            }
            _ => {}
        }
        let told = format!("{mode:?}: {}", told.err().unwrap_or("let in"));
        *self.count.entry(told).or_default() += 1;
    }

    /// Prints strips for some days ahead: all days of this week and the next one, and no later ones.
    pub(super) fn print(&mut self, place: usize, now: i64) {
        let guest = &mut self.guests[place];
        let holders = &self.published[guest.has].holders;
        let policy = &holders.bundle().policies()[0];
        let door = format!("Door {}", place % DOORS);
        let ask = Question::new(holders.bundle().scheme(), Mode::Strip, policy, &door);
        let today = self.zone.day_of(at(now)).unwrap();
        let fetched = self.zone.day_of(at(self.published[guest.has].at)).unwrap();
        for ahead in [0, 1, self.rng.random_range(2..7), 14] {
            let day = today.plus(ahead).unwrap();
            let printed = guest
                .pass
                .present(holders, &ask, Some(day), at(now), &mut self.rng);
            let known = StripEpoch::period_of(day) <= StripEpoch::period_of(fetched) + 1;
            match printed {
                Ok(strip) => {
                    assert!(known, "a strip of a week that is not published");
                    guest.strips.push((day, strip.into_bytes()));
                }
                Err(PresentError::NoStripEpoch) => assert!(!known, "{day} by guest {place}"),
                Err(PresentError::Revoked) => assert!(guest.revoked.is_some()),
                Err(PresentError::Clock(_)) => assert!(guest.revoked.is_some() && guest.stubborn),
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    /// A strip is shown: on its day it is good, also of somebody who was revoked since, to the end of the week after.
    pub(super) fn show_strip(&mut self, (guest, day): (usize, Day), strip: &[u8], now: i64) {
        let door = guest % DOORS;
        let verdict = self.doors[door]
            .verifier
            .verify(strip, None, at(now), &mut self.rng);
        let verdict = done(verdict).unwrap();
        let begin = |day: Day| self.zone.begin_of(day).unwrap().as_seconds();
        let (begin, end) = (begin(day), begin(day.plus(1).unwrap()) + STRIP_GRACE);
        let what = format!("the strip for {day} of guest {guest} at {now}");
        let expected = match now {
            _ if now < begin => Some(Reason::TooEarly),
            _ if now >= end => Some(Reason::TooOld),
            _ => None,
        };
        match (verdict, expected) {
            (Verdict::Refused(reason), Some(expected)) => assert_eq!(reason, expected, "{what}"),
            (verdict, None) => {
                let told = self.verdict(verdict, (guest, door, day), now, &what);
                assert_eq!(told, Ok(()), "{what}");
                if let Some(revoked) = self.guests[guest]
                    .revoked
                    .and_then(|r| self.published.get(r))
                {
                    let knew = StripEpoch::period_of(self.day_of(revoked.at));
                    assert!(
                        StripEpoch::period_of(day) <= knew + 1,
                        "revoked long ago, {what}"
                    );
                }
                *self.count.entry("Strip: let in".into()).or_default() += 1;
            }
            (verdict, expected) => panic!("{verdict:?}, not {expected:?}, {what}"),
        }
    }
}
