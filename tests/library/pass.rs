//! The whole story, told once from beginning to end. Read this first.
use rand::{SeedableRng, rngs::StdRng};
use veilpass::issuance::{Draw, Offer, Request, Response};
use veilpass::presentation::{
    Accepted, Door, Expected, MemoryReplayStore, PresentError, Question, Reason, Verdict,
};
use veilpass::qr;
use veilpass::scheme::{Mode, Value};
use veilpass_fixture::city::{self, City, DAY, NOW, at, day};

#[test]
fn a_closed_clinic_signs_and_a_door_without_network_says_green() {
    let mut rng = StdRng::seed_from_u64(1);

    // The authority founds a scheme: an accreditation key, a date table whose key is gone when it is
    // made, an accumulator, a key for bundles. It accredits the city's portal and a closed clinic.
    let mut city = City::new(1);

    // The clinic is air-gapped. It holds a pool of handles and its accreditation, on paper if need be.
    let handle = city.registry.draw(&mut rng).unwrap();
    let handle_id = handle.id();
    let accreditation = city.accredit(&city.clinic);

    // A guest was vaccinated there. The clinic offers what it knows; the offer names nobody.
    let until = day(2022, 6, 1);
    let values = City::issuer_values(until);
    let kept = city
        .clinic
        .offer(&city.scheme, &values, at(NOW + 600), &mut rng)
        .unwrap();
    let offer_code = qr::to_text(&kept.offer().to_bytes());

    // The guest's wallet commits to name and employer, unseen, and to its own secrets.
    let offer = Offer::from_bytes(&qr::from_text(&offer_code).unwrap()).unwrap();
    let mine = City::holder_values();
    let pending = offer
        .request(&city.scheme, &mine, at(NOW), &mut rng)
        .unwrap();
    let request_code = qr::to_text(&pending.request().to_bytes());

    // The clinic shows what it drew, both see the same code; then the clinic signs and shows the sealed response.
    let request =
        Request::from_bytes(&city.scheme, &qr::from_text(&request_code).unwrap()).unwrap();
    let checked = kept
        .check(&city.scheme, &city.clinic, &request, at(NOW))
        .ok()
        .unwrap();
    let draw_code = qr::to_text(&checked.draw().to_bytes());
    let draw = Draw::from_bytes(&qr::from_text(&draw_code).unwrap()).unwrap();
    assert_eq!(pending.code(&draw), Some(checked.code()));
    let response = checked.issue(Some(&accreditation), handle).unwrap();
    let response_code = qr::to_text(&response.to_bytes());

    // The wallet checks everything against the signed bundle before it keeps anything.
    let holder = city.holder_bundle();
    let response = Response::from_bytes(&qr::from_text(&response_code).unwrap()).unwrap();
    let mut credential = pending.receive(&holder, &response, at(NOW)).unwrap();
    assert_eq!(
        credential.value(&city.scheme, "until"),
        Some(&Value::Date(until))
    );

    // Evening. A restaurant has no network, only yesterday's bundle, and asks with a fresh challenge.
    let bundle = city.door_bundle();
    let door = Door::new(&bundle, "restaurant", "Cafe Pushkin").unwrap();
    let mut seen = MemoryReplayStore::default();
    let challenge = city::challenge(&mut rng);
    let ask = Question::from_bytes(&door.ask(&challenge).to_bytes()).unwrap();
    let shown = credential
        .present(&holder, &ask, None, at(NOW), &mut rng)
        .unwrap();
    let verdict = door.check(
        shown.as_bytes(),
        Expected::answers(&[challenge]),
        at(NOW + 5),
        &mut seen,
        &mut rng,
    );
    // Green; the door learned a pseudonym for this venue and day, and nothing else.
    let Verdict::Accepted(Accepted {
        disclosed,
        pseudonym: Some(at_cafe),
        ..
    }) = verdict
    else {
        panic!("{verdict:?}");
    };
    assert_eq!(disclosed, []);

    // The same pass again, same venue, same day: seen. Another venue sees another pseudonym.
    let poster = door.poster(Mode::Poster);
    let again = credential
        .present(&holder, &poster, None, at(NOW + 60), &mut rng)
        .unwrap();
    let verdict = door.check(
        again.as_bytes(),
        Expected::posters(),
        at(NOW + 70),
        &mut seen,
        &mut rng,
    );
    assert_eq!(verdict, Verdict::Refused(Reason::SeenBefore));
    let theatre = Door::new(&bundle, "restaurant", "Bolshoi").unwrap();
    let ticket = theatre.poster(Mode::Poster);
    let elsewhere = credential
        .present(&holder, &ticket, None, at(NOW), &mut rng)
        .unwrap();
    let verdict = theatre.check(
        elsewhere.as_bytes(),
        Expected::posters(),
        at(NOW),
        &mut seen,
        &mut rng,
    );
    let Verdict::Accepted(Accepted {
        pseudonym: Some(at_theatre),
        ..
    }) = verdict
    else {
        panic!("{verdict:?}");
    };
    assert_ne!(at_cafe, at_theatre);

    // A picture of the code, forwarded to a friend: the wrong venue, or too late.
    let verdict = theatre.check(
        again.as_bytes(),
        Expected::posters(),
        at(NOW + 70),
        &mut seen,
        &mut rng,
    );
    assert_eq!(verdict, Verdict::Refused(Reason::OtherVenue));
    let late = NOW + 600;
    let verdict = theatre.check(
        elsewhere.as_bytes(),
        Expected::posters(),
        at(late),
        &mut seen,
        &mut rng,
    );
    assert_eq!(verdict, Verdict::Refused(Reason::TooOld));

    // The pass is revoked. From the next epoch on its holder cannot show it, another guest can.
    let (mut other, _) = city.issue(false, until);
    city.registry.remove(&handle_id).unwrap();
    city.next_epoch(NOW + DAY);
    let tomorrow = NOW + DAY + 60;
    let holder = city.holder_bundle();
    let bundle = city.door_bundle();
    assert!(credential.sync_vartime(&holder).is_err());
    let refused = credential.present(&holder, &poster, None, at(tomorrow), &mut rng);
    assert!(matches!(refused, Err(PresentError::Revoked)));
    other.sync_vartime(&holder).unwrap();
    let shown = other
        .present(&holder, &poster, None, at(tomorrow), &mut rng)
        .unwrap();
    let verdict = veilpass_fixture::city::check(
        &bundle,
        "restaurant",
        "Cafe Pushkin",
        shown.as_bytes(),
        tomorrow,
    );
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
}

#[cfg(feature = "serde")]
#[test]
fn a_verdict_is_json_for_machines() {
    let mut city = City::new(9);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    let bundle = city.door_bundle();
    let green = veilpass_fixture::city::check(&bundle, "restaurant", "Cafe", &payload, NOW);
    let json = serde_json::to_value(&green).unwrap();
    let pseudonym = json["Accepted"]["pseudonym"].as_str().unwrap();
    assert_eq!(pseudonym.len(), 96);
    let red = veilpass_fixture::city::check(&bundle, "restaurant", "Bar", &payload, NOW);
    assert_eq!(
        serde_json::to_value(&red).unwrap(),
        serde_json::json!({"Refused": "OtherVenue"})
    );
    let policy = &bundle.policies()[0];
    let again = serde_json::from_str(&serde_json::to_string(policy).unwrap()).unwrap();
    assert_eq!(*policy, again);
}
