//! What authority, issuer and holder refuse of each other while a pass is made.
use rand::{SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::issuance::{Draw, IssueError, Offer, PendingOffer, ReceiveError, Request, Response};
use veilpass::presentation::Verdict;
use veilpass::scheme::{
    Attribute, AttributeKind, IssuerKey, Schema, SetBy, UnverifiedIssuer, Value,
};
use veilpass_fixture::city::{self, City, NOW, at, check, day, rng, shown};

#[test]
fn the_authority_accredits_a_key_once() {
    let mut rng = rng();
    let mut authority = city::authority(&mut rng);
    let clinic = IssuerKey::generate(&mut rng);
    let registration = clinic.register(authority.scheme(), &mut rng);
    assert!(authority.accredit(&registration).is_ok());
    let again = authority.accredit(&clinic.register(authority.scheme(), &mut rng));
    assert_eq!(again.err(), Some(veilpass::AuthorityError::KnownKey));
}

#[test]
fn issuance_messages_cannot_be_swapped_changed_or_used_late() {
    let mut city = City::new(1);
    let mut rng = rng();
    let acc = city.accredit(&city.clinic);
    let values = City::issuer_values(day(2022, 6, 1));
    let mine = City::holder_values();
    let holder = city.holder_bundle();
    let offer = |city: &City, rng: &mut StdRng| {
        city.clinic
            .offer(&city.scheme, &values, at(NOW + 60), rng)
            .unwrap()
    };
    let (one, two) = (offer(&city, &mut rng), offer(&city, &mut rng));
    let request =
        |offer: &Offer, rng: &mut StdRng| offer.request(&city.scheme, &mine, at(NOW), rng).unwrap();
    let (a, b) = (
        request(one.offer(), &mut rng),
        request(two.offer(), &mut rng),
    );
    let a_again = request(one.offer(), &mut rng);
    let mut handle = || city.registry.draw(&mut StdRng::seed_from_u64(3)).unwrap();
    let handles = [handle(), {
        let mut rng = StdRng::seed_from_u64(4);
        city.registry.draw(&mut rng).unwrap()
    }];
    let [h1, h2] = handles;

    // The request for the other offer, another issuer's key, a missing accreditation, too late.
    let reread = |pending: &veilpass::issuance::PendingOffer| {
        veilpass::issuance::PendingOffer::from_bytes(&city.scheme, &pending.to_bytes()).unwrap()
    };
    let rehandle = |h: &veilpass::registry::Handle| {
        veilpass::registry::Handle::from_bytes(&h.expose_bytes()).unwrap()
    };
    let issue = |offer: &_, key: &IssuerKey, acc, request: &Request, now| {
        reread(offer).issue(&city.scheme, key, acc, request, rehandle(&h1), now)
    };
    let clinic = &city.clinic;
    let swapped = issue(&one, clinic, Some(&acc), b.request(), at(NOW));
    assert_eq!(swapped.err(), Some(IssueError::Request));
    let other_key = issue(&one, &city.portal, Some(&acc), a.request(), at(NOW));
    assert_eq!(other_key.err(), Some(IssueError::OtherOffer));
    let unaccredited = issue(&one, clinic, None, a.request(), at(NOW));
    assert_eq!(unaccredited.err(), Some(IssueError::NotAccredited));
    let late = issue(&one, clinic, Some(&acc), a.request(), at(NOW + 60));
    assert_eq!(late.err(), Some(IssueError::Expired));
    assert!(
        one.offer()
            .request(&city.scheme, &mine, at(NOW + 60), &mut rng)
            .is_err()
    );
    let bytes = a.request().to_bytes();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        if let Ok(request) = Request::from_bytes(&city.scheme, &changed) {
            let answer = issue(&one, clinic, Some(&acc), &request, at(NOW));
            assert_eq!(answer.err(), Some(IssueError::Request), "byte {place}");
        }
    }

    // The same request for the same offer gets the same bytes; answers cannot be swapped.
    let answer = issue(&one, clinic, Some(&acc), a.request(), at(NOW)).unwrap();
    assert_eq!(
        issue(&one, clinic, Some(&acc), a.request(), at(NOW)).unwrap(),
        answer
    );
    let for_b = reread(&two)
        .issue(
            &city.scheme,
            clinic,
            Some(&acc),
            b.request(),
            rehandle(&h2),
            at(NOW),
        )
        .unwrap();
    assert_ne!(answer, for_b);
    let stored = b.expose_bytes();
    let b = || veilpass::issuance::PendingRequest::from_bytes(&city.scheme, &stored).unwrap();
    assert_eq!(
        b().receive(&holder, &answer, at(NOW)).err(),
        Some(ReceiveError::Invalid)
    );
    assert_eq!(
        a_again.receive(&holder, &answer, at(NOW)).err(),
        Some(ReceiveError::Invalid)
    );
    let sealed = for_b.to_bytes();
    for place in (2..sealed.len()).step_by(3) {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        let response = Response::from_bytes(&changed).unwrap();
        let received = b().receive(&holder, &response, at(NOW));
        assert_eq!(received.err(), Some(ReceiveError::Invalid), "byte {place}");
    }
    assert!(b().receive(&holder, &for_b, at(NOW)).is_ok());
}

#[test]
fn an_issuer_that_cheats_in_the_response_is_noticed_before_anything_is_stored() {
    let mut city = City::new(1);
    let mut rng = rng();
    let holder = city.holder_bundle();
    let mine = City::holder_values();
    let mut receive = |city: &mut City, values: &[(&str, Value)], acc, now| {
        let kept = city
            .clinic
            .offer(&city.scheme, values, at(NOW + 60), &mut rng)
            .unwrap();
        let pending = kept
            .offer()
            .request(&city.scheme, &mine, at(NOW), &mut rng)
            .unwrap();
        let handle = city.registry.draw(&mut rng).unwrap();
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
        pending.receive(&holder, &response, now)
    };
    let good = City::issuer_values(day(2022, 6, 1));
    let acc = city.accredit(&city.clinic);
    assert!(receive(&mut city, &good, acc, at(NOW)).is_ok());
    // The portal's accreditation in the clinic's response.
    let other = city.accredit(&city.portal);
    let received = receive(&mut city, &good, other, at(NOW));
    assert_eq!(received.err(), Some(ReceiveError::OldAccreditation));
    // A date that could not be shown would make its holder stand out.
    let far = City::issuer_values(
        day(2021, 6, 28)
            .plus(i32::from(veilpass_fixture::city::TABLE))
            .unwrap(),
    );
    let received = receive(&mut city, &far, acc, at(NOW));
    assert_eq!(received.err(), Some(ReceiveError::TooFarAhead));
    for (birth, good_birth) in [
        (day(2021, 6, 28), true),
        (day(2021, 6, 29), false),
        (day(2021, 6, 28).plus(1 - 512 * 510).unwrap(), true),
        (day(2021, 6, 28).plus(-512 * 510).unwrap(), false),
    ] {
        let mut values = City::issuer_values(day(2022, 6, 1));
        values[2] = ("birth_date", veilpass::scheme::Value::Date(birth));
        let received = receive(&mut city, &values, acc, at(NOW));
        let why = (!good_birth).then_some(ReceiveError::NoBirthDate);
        assert_eq!(received.err(), why, "{birth}");
    }
}

#[test]
fn an_issuer_registration_is_bound_to_key_and_scheme() {
    let city = City::new(1);
    let key = IssuerKey::generate(&mut rng());
    let registration = key.register(&city.scheme, &mut rng());
    assert_eq!(registration.verify(&city.scheme).as_ref(), Ok(key.public()));
    assert!(registration.verify(&City::new(2).scheme).is_err());
    let bytes = registration.to_bytes();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        if let Ok(registration) = UnverifiedIssuer::from_bytes(&changed) {
            assert!(registration.verify(&city.scheme).is_err(), "byte {place}");
        }
    }
    let again = IssuerKey::from_bytes(&*key.expose_bytes()).unwrap();
    assert_eq!(again.public(), key.public());
}

#[test]
fn credentials_survive_storage_and_changed_ones_do_not_load() {
    let (mut city, credential, _) = shown();
    let bytes = credential.expose_bytes();
    let again = Credential::from_bytes(&city.scheme, &bytes).unwrap();
    let payload = city.show(&again, "restaurant", "Cafe", NOW);
    let verdict = check(&city.door_bundle(), "restaurant", "Cafe", &payload, NOW);
    assert!(matches!(verdict, Verdict::Accepted(_)));
    assert!(Credential::from_bytes(&City::new(2).scheme, &bytes).is_err());
    // Everything that the issuer signed, and X1, is checked again on loading.
    for place in (0..365).step_by(5) {
        let mut changed = bytes.to_vec();
        changed[place] ^= 1;
        assert!(
            Credential::from_bytes(&city.scheme, &changed).is_err(),
            "byte {place}"
        );
    }
}

#[test]
fn an_issuer_whose_accreditation_ends_takes_its_holders_with_it() {
    let (mut city, mut credential, _) = shown();
    city.set_accreditation_epoch(8);
    // Both are accredited again: a sync finds the sealed accreditation with no visit to the clinic.
    credential.sync_vartime(&city.holder_bundle()).unwrap();
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    let verdict = check(&city.door_bundle(), "restaurant", "Cafe", &payload, NOW);
    assert!(matches!(verdict, Verdict::Accepted(_)));
    // The clinic is dropped from the list.
    city.set_accreditation_epoch(9);
    city.clinic = IssuerKey::generate(&mut rng());
    let dropped = credential.sync_vartime(&city.holder_bundle());
    assert!(dropped.is_err());
}

#[test]
fn attributes_are_given_once_each_and_fit_their_type_and_length() {
    let city = City::new(1);
    let good = City::issuer_values(day(2022, 6, 1));
    let says = |values: &[(&str, Value)], word: &str| {
        let offer = (city.clinic).offer(&city.scheme, values, at(NOW + 60), &mut rng());
        let why = offer.err().map(|error| error.to_string());
        assert!(
            why.as_ref().is_some_and(|why| why.contains(word)),
            "{why:?}"
        );
    };
    let hint = |value| {
        let mut values = good.clone();
        values[3].1 = value;
        values
    };
    let text = |length| Value::Text("X".repeat(length));
    let longest = hint(text(Value::MAX_TEXT));
    assert!(
        (city
            .clinic
            .offer(&city.scheme, &longest, at(NOW + 60), &mut rng()))
        .is_ok()
    );
    says(&hint(text(Value::MAX_TEXT + 1)), "id_hint is longer");
    says(&hint(Value::Date(day(2022, 6, 1))), "a date where a text");
    // The Cyrillic А, which nobody can tell from the Latin one.
    says(&hint(Value::Text("\u{410}.K.".into())), "capital letters");
    says(&good[1..], "until is missing");
    says(&[&good[..], &good[..1]].concat(), "until is given twice");
    let foreign = [("name", text(1))];
    says(&[&good[..], &foreign].concat(), "name is not set");
}

#[test]
fn a_schema_may_leave_nothing_for_the_holder_to_set() {
    // The request hides s and m_0' beside the holder's attributes. Its room for them is taken at once, even
    // here, where the two are all there is: a debug assertion looks, because growing leaves unwiped copies.
    let schema = Schema::new(vec![Attribute {
        name: "until".into(),
        kind: AttributeKind::Date,
        set_by: SetBy::Issuer,
        may_disclose: true,
    }]);
    let city = City::bare(5, schema.unwrap(), Some(()));
    let mut rng = rng();
    let values = [("until", Value::Date(day(2022, 6, 1)))];
    let kept = (city
        .portal
        .offer(&city.scheme, &values, at(NOW + 60), &mut rng))
    .unwrap();
    let request = kept.offer().request(&city.scheme, &[], at(NOW), &mut rng);
    assert!(request.is_ok());
}

#[test]
fn offers_and_requests_have_names_and_an_offer_at_rest_opens_under_its_own() {
    let city = City::new(1);
    let mut rng = rng();
    let values = City::issuer_values(day(2022, 6, 1));
    let kept = (city
        .clinic
        .offer(&city.scheme, &values, at(NOW + 60), &mut rng))
    .unwrap();
    let mine = City::holder_values();
    let mut request = || (kept.offer().request(&city.scheme, &mine, at(NOW), &mut rng)).unwrap();
    let (one, two) = (request(), request());
    let id = kept.offer().id();
    assert_eq!(one.request().offer_id(), &id);
    assert_ne!(one.request().digest(), two.request().digest());
    let sealed = kept.seal(&city.clinic).unwrap();
    let open = |key: &IssuerKey, id: &[u8; 32]| {
        PendingOffer::open(&city.scheme, key, id, &sealed).map(|offer| offer.to_bytes())
    };
    assert_eq!(open(&city.clinic, &id), Ok(kept.to_bytes()));
    assert!(open(&city.portal, &id).is_err());
    assert!(open(&city.clinic, &[0; 32]).is_err());
    // Both sides see one code, which another request does not have.
    let checked = kept.check(&city.scheme, &city.clinic, one.request(), at(NOW));
    let checked = checked.ok().unwrap();
    let draw = checked.draw();
    assert_eq!(Draw::from_bytes(&draw.to_bytes()).as_ref(), Ok(&draw));
    assert_eq!(one.code(&draw), Some(checked.code()));
    assert_ne!(two.code(&draw), Some(checked.code()));
    // Another number, or another offer's, opens nothing.
    for place in [2, 33, 34, 49] {
        let mut bytes = draw.to_bytes();
        bytes[place] ^= 1;
        assert_eq!(
            one.code(&Draw::from_bytes(&bytes).unwrap()),
            None,
            "{place}"
        );
    }
}

#[test]
fn a_response_longer_than_any_is_not_read() {
    let response = |length: usize| [&[2, b'r'][..], &vec![0; length]].concat();
    assert!(Response::from_bytes(&response(4096)).is_ok());
    assert!(Response::from_bytes(&response(4097)).is_err());
    assert!(Response::from_bytes(&response(4098)).is_err());
}
