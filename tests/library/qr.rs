//! The size budget, and codes that are read again.
#![cfg(feature = "pictures")]
use rand::{SeedableRng, rngs::StdRng};
use veilpass::issuance::PendingRequest;
use veilpass::presentation::Verdict;
use veilpass::qr::{self, Code};
use veilpass::scheme::Schema;
use veilpass_fixture::city::{City, NOW, at, check, day};

fn version(bytes: &[u8]) -> i16 {
    Code::new(bytes).unwrap().version()
}

#[test]
fn a_pass_with_all_five_statements_is_at_most_1232_bytes_and_version_25() {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    assert!(payload.len() <= 1232, "{} bytes", payload.len());
    assert_eq!(payload.len(), 27 + 1184);
    assert!(version(&payload) <= 25);
}

#[test]
fn a_pass_of_a_known_issuer_is_at_most_900_bytes() {
    let mut city = City::with(1, Schema::default(), Some(()));
    let (credential, _) = city.issue(false, day(2022, 6, 1));
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    assert!(payload.len() <= 900, "{} bytes", payload.len());
    assert!(matches!(
        check(&city.door_bundle(), "restaurant", "Cafe", &payload, NOW),
        Verdict::Accepted(_)
    ));
}

#[test]
fn offer_request_and_response_fit_version_25() {
    let mut city = City::new(2);
    let mut rng = StdRng::seed_from_u64(1);
    let handle = city.registry.draw(&mut rng).unwrap();
    let acc = city.accredit(&city.clinic);
    // The longest texts there may be.
    let mut values = City::issuer_values(day(2022, 6, 1));
    values[3].1 = veilpass::scheme::Value::Text("X".repeat(64));
    let kept = city
        .clinic
        .offer(&city.scheme, &values, at(NOW + 60), &mut rng)
        .unwrap();
    let mine = City::holder_values();
    let pending: PendingRequest = kept
        .offer()
        .request(&city.scheme, &mine, at(NOW), &mut rng)
        .unwrap();
    let offer = version(&kept.offer().to_bytes());
    let request = version(&pending.request().to_bytes());
    let response = kept
        .issue(
            &city.scheme,
            &city.clinic,
            Some(&acc),
            pending.request(),
            handle,
            at(NOW),
        )
        .unwrap();
    let response = version(&response.to_bytes());
    assert!(
        offer <= 25 && request <= 25 && response <= 25,
        "{offer} {request} {response}"
    );
}

#[test]
fn what_is_drawn_is_read() {
    let mut city = City::new(3);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    let drawn = Code::new(&payload).unwrap().png(4).unwrap();
    let text = veilpass_reader::text_in_file(&drawn).unwrap();
    assert_eq!(qr::from_text(&text).as_deref(), Ok(payload.as_slice()));
    assert!(Code::new(&[0xff; 4000]).is_err());
}
