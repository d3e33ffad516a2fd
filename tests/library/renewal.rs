//! Renewals, from the offer to the door: what stays, what is new, and what nobody gets.
use std::cmp::Ordering;

use veilpass::Credential;
use veilpass::issuance::{IssueError, Offer, PendingRenewal, RenewalRequest, RequestError};
use veilpass::presentation::{PresentError, Unmet, Verdict};
use veilpass::scheme::{Day, Schema, Value};
use veilpass_fixture::city::{City, DAY, HOUR, NOW, at, check, day, refused, rng};

fn pseudonym(city: &mut City, credential: &Credential, now: i64) -> [u8; 48] {
    let payload = city.show(credential, "restaurant", "Cafe", now);
    match check(&city.door_bundle(), "restaurant", "Cafe", &payload, now) {
        Verdict::Accepted(accepted) => accepted.pseudonym.unwrap(),
        refused @ Verdict::Refused(_) => panic!("{refused:?}"),
    }
}

#[test]
fn a_renewed_pass_is_the_same_with_other_dates() {
    for known in [None, Some(())] {
        let mut city = City::with(1, Schema::default(), known);
        let (old, handle) = city.issue(known.is_none(), day(2021, 7, 1));
        let renewed = city.renew(false, &old, day(2022, 6, 1));
        let value = |credential: &Credential, name: &str| {
            credential.value(&city.scheme, name).cloned().unwrap()
        };
        assert_eq!(value(&renewed, "until"), Value::Date(day(2022, 6, 1)));
        for name in ["name", "employer", "birth_date", "id_hint"] {
            assert_eq!(value(&renewed, name), value(&old, name), "{name}");
        }
        // One guest at a door, with either.
        let nyms = [&old, &renewed].map(|credential| pseudonym(&mut city, credential, NOW));
        assert_eq!(nyms[0], nyms[1]);
        // After the old one's end, the new one.
        let later = NOW + 20 * DAY;
        pseudonym(&mut city, &renewed, later);
        // One handle: revoking it kills both.
        city.registry.remove(&handle).unwrap();
        city.next_epoch(NOW + 1);
        let holder = city.holder_bundle();
        for credential in [old, renewed] {
            let mut copy =
                Credential::from_bytes(&city.scheme, &credential.expose_bytes()).unwrap();
            assert!(copy.sync_vartime(&holder).is_err());
        }
    }
}

#[test]
fn a_renewal_request_is_small_and_bound_to_its_offer() {
    let mut city = City::new(1);
    let (old, _) = city.issue(true, day(2021, 9, 1));
    let (bundle, holder) = (city.door_bundle(), city.holder_bundle());
    let kept = city.offer_renewal(true, day(2022, 6, 1), NOW);
    let pending = kept
        .offer()
        .renew(&holder, &old, at(NOW), &mut rng())
        .unwrap();
    let bytes = pending.request().to_bytes();
    assert_eq!(bytes.len(), 1282);
    assert_eq!(kept.offer().to_bytes().len(), 220);
    // Two requests for one offer have nothing in common but its name.
    let again = kept
        .offer()
        .renew(&holder, &old, at(NOW), &mut city.rng)
        .unwrap();
    let other = again.request().to_bytes();
    assert_eq!(bytes[..34].cmp(&other[..34]), Ordering::Equal);
    for (one, two) in bytes[34..].chunks(32).zip(other[34..].chunks(32)) {
        assert_ne!(one, two);
    }
    // Any byte that is changed, a byte more or less.
    let scheme = city.scheme.clone();
    let stored = kept.to_bytes();
    let refused = |bytes: &[u8]| {
        let kept = veilpass::issuance::PendingOffer::from_bytes(&scheme, &stored).unwrap();
        let Ok(request) = RenewalRequest::from_bytes(bytes) else {
            return true;
        };
        kept.check_renewal(&bundle, &city.clinic, &request, at(NOW))
            .is_err()
    };
    assert!(!refused(&bytes));
    for place in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(refused(&changed), "byte {place}");
    }
    assert!(refused(&bytes[..bytes.len() - 1]));
    assert!(refused(&[&bytes[..], &[0]].concat()));
    // It is no pass, and a pass is none.
    let verdict = check(&bundle, "restaurant", "Cafe", &bytes, NOW);
    assert_eq!(
        self::refused(&verdict),
        veilpass::presentation::Reason::NotAPass
    );
    // Both sides see one code.
    let checked = kept.check_renewal(&bundle, &city.clinic, pending.request(), at(NOW));
    let checked = checked.ok().unwrap();
    let (draw, code) = (checked.draw(), checked.code());
    assert_eq!(pending.code(&draw), Some(code.clone()));
    assert_ne!(again.code(&draw), Some(code));
    let elsewhere = city.offer_renewal(true, day(2022, 6, 1), NOW);
    let other = elsewhere
        .offer()
        .renew(&holder, &old, at(NOW), &mut rng())
        .unwrap();
    assert_eq!(other.code(&draw), None);
}

#[test]
fn a_wallet_renews_only_what_is_good_today() {
    let mut city = City::new(1);
    let (old, handle) = city.issue(true, day(2021, 7, 1));
    let mut holder = city.holder_bundle();
    let renew = |offer: &Offer, holder: &_, credential: &Credential, now| {
        offer.renew(holder, credential, at(now), &mut rng()).err()
    };
    let offer = |city: &mut City, now| {
        let kept = city.offer_renewal(true, day(2022, 6, 1), now);
        kept.offer().clone()
    };
    let now = offer(&mut city, NOW);
    assert_eq!(renew(&now, &holder, &old, NOW), None);
    assert_eq!(
        renew(&now, &holder, &old, NOW + HOUR),
        Some(RequestError::Expired)
    );
    // Ended.
    let later = offer(&mut city, NOW + 5 * DAY);
    let unmet = Some(RequestError::Pass(PresentError::NotMet(Unmet::Ended)));
    assert_eq!(renew(&later, &holder, &old, NOW + 5 * DAY), unmet);
    // A renewal that the bundle does not have, and another scheme's.
    let without = city.changed(&holder, |bundle| bundle.renewals.clear());
    assert_eq!(
        renew(&now, &without, &old, NOW),
        Some(RequestError::UnknownRenewal)
    );
    let foreign = City::new(2).offer_renewal(true, day(2022, 6, 1), NOW);
    assert_eq!(
        renew(foreign.offer(), &holder, &old, NOW),
        Some(RequestError::OtherScheme)
    );
    // Not brought up to date; revoked.
    city.registry.remove(&handle).unwrap();
    city.next_epoch(NOW + 1);
    holder = city.holder_bundle();
    let stale = Some(RequestError::Pass(PresentError::NeedsSync));
    assert_eq!(renew(&now, &holder, &old, NOW + 2), stale);
    let mut gone = Credential::from_bytes(&city.scheme, &old.expose_bytes()).unwrap();
    assert!(gone.sync_vartime(&holder).is_err());
    let revoked = Some(RequestError::Pass(PresentError::Revoked));
    assert_eq!(renew(&now, &holder, &gone, NOW + 2), revoked);
}

#[test]
fn there_is_no_grace_and_the_issuers_clock_and_bundle_decide() {
    let mut city = City::new(1);
    let (old, _) = city.issue(true, day(2022, 3, 1));
    let before = city.holder_bundle();
    let kept = city.offer_renewal(true, day(2022, 6, 1), NOW);
    let stored = kept.to_bytes();
    let pending = kept
        .offer()
        .renew(&before, &old, at(NOW), &mut rng())
        .unwrap();
    city.next_epoch(NOW + 60);
    let bundle = city.door_bundle();
    let check = |request: &PendingRenewal, now| {
        let kept = veilpass::issuance::PendingOffer::from_bytes(&city.scheme, &stored).unwrap();
        kept.check_renewal(&bundle, &city.clinic, request.request(), at(now))
            .err()
    };
    // The epoch before serves doors for a grace, and no renewal.
    assert_eq!(check(&pending, NOW + 59), None);
    assert_eq!(check(&pending, NOW + 60), Some(IssueError::NotProven));
    // 2021-06-28 19:04 in Moscow: five hours later it is the next day.
    let kept = city.offer_renewal(true, day(2022, 6, 1), NOW + 60);
    let (holder, old) = (city.holder_bundle(), city.synced(&old));
    let pending = kept
        .offer()
        .renew(&holder, &old, at(NOW + 60), &mut rng())
        .unwrap();
    let night = NOW + 60 + HOUR;
    let bundle = city.door_bundle();
    let clinic = &city.clinic;
    let late = kept.check_renewal(&bundle, clinic, pending.request(), at(night));
    assert_eq!(late.err(), Some(IssueError::Expired));
    let values = [("until", Day(18_900)), ("until_strict", Day::NEVER)]
        .map(|(name, day)| (name, Value::Date(day)));
    let long = (at(NOW + 60), at(NOW + DAY));
    let kept = clinic
        .offer_renewal(&bundle, "renewal", &values, long, &mut rng())
        .unwrap();
    let pending = kept
        .offer()
        .renew(&holder, &old, at(NOW + 60), &mut rng())
        .unwrap();
    let late = kept.check_renewal(&bundle, clinic, pending.request(), at(NOW + 5 * HOUR));
    assert_eq!(late.err(), Some(IssueError::NotProven));
}
