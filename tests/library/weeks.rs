//! Strip epochs as an authority publishes them: by itself, a week ahead, and the same for ever.
use rand::rngs::StdRng;
use veilpass::scheme::{Bundle, StripEpoch, Trust, UnverifiedBundle};
use veilpass::{Authority, Replaced, Rotation};
use veilpass_fixture::city::{self, DAY, NOW, TODAY, at, rng};

const WEEK: i64 = 7 * DAY;

struct Publisher {
    authority: Authority,
    rng: StdRng,
    newest: Option<Bundle>,
}

impl Publisher {
    /// Publishes at `now`, for whoever has all bundles before; the weeks counted from that of [`TODAY`], each with its key
    /// set and removals.
    fn publish(&mut self, now: i64) -> Vec<(i32, u32, u32)> {
        let published = self
            .authority
            .publish(at(now), at(now + WEEK), &mut self.rng);
        let (published, card) = (published.unwrap(), self.authority.card());
        let bundle = UnverifiedBundle::new(published.for_verifiers());
        let bundle = bundle.verify(&Trust::pinned(&card).after(self.newest.as_ref()));
        let bundle = bundle.unwrap();
        let strips = bundle.strip_epochs().iter().map(|strips| {
            let week = strips.period - StripEpoch::period_of(TODAY);
            (week, strips.standing.key_set, strips.standing.removals)
        });
        let strips = strips.collect();
        self.newest = Some(bundle);
        strips
    }

    fn revoke(&mut self, from: i64) {
        let handle = self.authority.handle(&mut self.rng).unwrap().id();
        self.authority.revoke(&handle).unwrap();
        self.authority.start_epoch(at(from), &mut self.rng).unwrap();
    }
}

fn publisher() -> Publisher {
    let mut rng = rng();
    let mut authority = city::authority(&mut rng);
    authority.start_epoch(at(NOW), &mut rng).unwrap();
    Publisher {
        authority,
        rng,
        newest: None,
    }
}

#[test]
fn the_first_publication_of_a_week_has_the_next_one_and_what_is_published_stays() {
    let mut of = publisher();
    assert_eq!(of.publish(NOW), [(0, 1, 0), (1, 1, 0)]);
    of.revoke(NOW + DAY);
    assert_eq!(of.publish(NOW + DAY), [(0, 1, 0), (1, 1, 0)]);
    // Sunday, and Monday: 2021-07-05 00:00 in Moscow.
    let monday = 1_625_432_400;
    assert_eq!(of.publish(monday - 1), [(0, 1, 0), (1, 1, 0)]);
    assert_eq!(of.publish(monday), [(1, 1, 0), (2, 1, 1)]);
    // A publisher that was away for weeks: no gap, and nothing old.
    of.revoke(NOW + 4 * WEEK);
    assert_eq!(of.publish(NOW + 4 * WEEK), [(4, 1, 2), (5, 1, 2)]);
}

#[test]
fn weeks_whose_strips_are_still_taken_stay_and_have_no_gap() {
    let mut of = publisher();
    let mut policies = city::policies(of.authority.scheme().schema());
    policies[2].modes[0].grace = u32::try_from(10 * DAY).unwrap();
    of.authority.set_policies(policies).unwrap();
    assert_eq!(of.publish(NOW), [(0, 1, 0), (1, 1, 0)]);
    of.revoke(NOW + DAY);
    let weeks = |strips: Vec<(i32, u32, u32)>| -> Vec<_> {
        strips
            .into_iter()
            .map(|(week, _, removals)| (week, removals))
            .collect()
    };
    let filled = weeks(of.publish(NOW + 3 * WEEK));
    // Week 1 ended seven days ago; week 2 was never published, and is now.
    assert_eq!(filled, [(1, 0), (2, 1), (3, 1), (4, 1)]);
}

#[test]
fn keys_that_are_replaced_serve_strips_to_the_end_of_the_weeks_that_name_them() {
    let mut of = publisher();
    of.publish(NOW);
    of.authority
        .rotate(Rotation::default(), &mut of.rng)
        .unwrap();
    of.authority
        .start_epoch(at(NOW + DAY), &mut of.rng)
        .unwrap();
    assert_eq!(of.publish(NOW + 9), [(0, 1, 0), (1, 1, 0)]);
    // Long after the epochs under the older keys.
    assert_eq!(of.publish(NOW + WEEK), [(1, 1, 0), (2, 2, 0)]);
    let keys = |of: &Publisher| of.newest.as_ref().unwrap().key_sets().len();
    assert_eq!(keys(&of), 2);
    assert!(
        of.authority
            .rotate(Rotation::default(), &mut of.rng)
            .is_err()
    );
    assert_eq!(of.publish(NOW + 2 * WEEK), [(2, 2, 0), (3, 2, 0)]);
    assert_eq!(keys(&of), 1);
}

#[test]
fn strips_end_with_keys_that_are_trusted_no_more_and_begin_anew_with_a_week_that_nobody_had() {
    let mut of = publisher();
    of.publish(NOW);
    let end = Rotation {
        replaced: Replaced::End,
        ..Rotation::default()
    };
    of.authority.rotate(end, &mut of.rng).unwrap();
    of.authority.start_epoch(at(NOW + 9), &mut of.rng).unwrap();
    assert_eq!(of.publish(NOW + 9), []);
    // A stored and resumed authority remembers it.
    let state = of.authority.state();
    of.authority = Authority::resume(state, of.authority.into_keys()).unwrap();
    assert_eq!(of.publish(NOW + DAY), []);
    assert_eq!(of.publish(NOW + WEEK), [(2, 2, 0)]);
    assert_eq!(of.publish(NOW + 2 * WEEK), [(2, 2, 0), (3, 2, 0)]);
}

#[test]
fn a_clock_that_was_wrong_by_a_year_leaves_no_hole() {
    let mut of = publisher();
    of.publish(NOW);
    of.newest = None;
    of.publish(NOW + 52 * WEEK);
    of.newest = None;
    of.revoke(NOW + 53 * WEEK);
    assert_eq!(of.publish(NOW + DAY), [(0, 1, 1), (1, 1, 1)]);
}
