//! Artefacts of version 2 as they were on the day that they were frozen: whatever changes, these bytes are
//! read, written again as they are, and verified, for ever. What another version byte begins is refused.
//!
//! The files were made by `make` (tests/library/frozen/make.rs), once, with `VEILPASS_FREEZE` set. It never replaces one: a change
//! that makes this test fail is a new version, with a byte and files of its own. The keys in these
//! files are for this test only.
mod make;

use std::fs;
use std::path::PathBuf;

use make::{NONCE, make, until};
use rand::{SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::internals::{HolderParts, UnsignedBundle};
use veilpass::issuance::{
    ClaimCode, Draw, Offer, PendingOffer, PendingRenewal, PendingRequest, RenewalRequest, Request,
    Response,
};
use veilpass::presentation::{
    Accepted, Challenge, Door, Expected, MemoryReplayStore, Question, Verdict,
};

use veilpass::scheme::{
    Bundle, BundleKey, BundleVerifyingKey, Day, HandlePool, IssuerKey, Mode, Schema, Scheme,
    SchemeCard, SignedAccreditation, Trust, UnverifiedBundle, UnverifiedCount,
    UnverifiedHolderBundle, UnverifiedIssuer, UnverifiedVenue, UnverifiedVenueCard, Value,
};
use veilpass_fixture::city::{City, DAY, NOW, TODAY, at};

/// The second bundle's first moment: a day and a rotation after the first one's.
const LATER: i64 = NOW + 2 * DAY;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/frozen")
        .join(format!("{name}.vp"))
}

fn read(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

/// With `VEILPASS_FREEZE` set, writes the files that are not there yet.
#[test]
fn what_is_frozen_stays_as_it_is() {
    if std::env::var_os("VEILPASS_FREEZE").is_some() {
        for (name, bytes) in make() {
            if !path(name).exists() {
                fs::write(path(name), bytes).unwrap();
            }
        }
    }
    let names = NAMES.iter().map(|name| format!("{name}.vp"));
    let mut names: Vec<_> = names.collect();
    names.sort();
    let files = fs::read_dir(path("x").parent().unwrap()).unwrap();
    let mut files: Vec<_> =
        (files.map(|file| file.unwrap().file_name().into_string().unwrap())).collect();
    files.sort();
    assert_eq!(files, names, "every file has a test, and every name a file");
}

const NAMES: [&str; 43] = [
    "accreditation",
    "bundle",
    "bundle-2",
    "bundle-key",
    "card",
    "claim-code",
    "count",
    "credential",
    "credential-2",
    "draw",
    "handles",
    "holders",
    "holders-2",
    "issuer-key",
    "known-bundle",
    "known-bundle-key",
    "known-credential",
    "known-pass",
    "offer",
    "pass-2",
    "pass-bar",
    "pass-challenge",
    "pass-open",
    "pass-paper",
    "pass-poster",
    "pass-strip",
    "pass-venue",
    "pending-offer",
    "pending-renewal",
    "pending-request",
    "question",
    "registration",
    "renewal-offer",
    "renewal-pending-offer",
    "renewal-request",
    "renewal-response",
    "renewed-credential",
    "request",
    "response",
    "sealed-claim",
    "venue-card",
    "venue-question",
    "venue-registration",
];

/// The authority of the files whose names begin with `prefix`.
fn authority(prefix: &str) -> (BundleKey, BundleVerifyingKey, Scheme) {
    let key = BundleKey::from_bytes(&read(&format!("{prefix}bundle-key"))).unwrap();
    let public = key.verifying_key();
    let bundle = read(&format!("{prefix}bundle"));
    let bundle = UnverifiedBundle::new(&bundle)
        .verify(&Trust::on_first_use(&public))
        .unwrap();
    (key, public, bundle.scheme().clone())
}

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

/// What the artefact called `name` is when it was read and written again; `None` if it is refused.
fn read_and_written(name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let prefix = if name.starts_with("known-") {
        "known-"
    } else {
        ""
    };
    let (key, public, scheme) = authority(prefix);
    let clinic = || IssuerKey::from_bytes(&read("issuer-key")).unwrap();
    let stem = name.trim_start_matches("known-").trim_end_matches("-2");
    Some(match stem {
        "card" => SchemeCard::from_bytes(bytes).ok()?.to_bytes(),
        "bundle-key" => BundleKey::from_bytes(bytes).ok()?.expose_bytes().to_vec(),
        "issuer-key" => IssuerKey::from_bytes(bytes).ok()?.expose_bytes().to_vec(),
        "registration" => UnverifiedIssuer::from_bytes(bytes).ok()?.to_bytes(),
        "accreditation" => {
            let read = SignedAccreditation::open(&public, bytes).ok()?;
            let (accreditation, limits) = (read.accreditation(), read.limits());
            key.sign_accreditation(read.scheme(), read.issuer(), accreditation, limits)
        }
        "handles" => {
            let read = HandlePool::open(&public, bytes).ok()?;
            let again = key.sign_handles(read.scheme(), read.issuer(), read.handles());
            again.to_vec()
        }
        "bundle" => {
            let card = SchemeCard::new(*scheme.id(), public);
            let bundle = UnverifiedBundle::new(bytes).verify(&Trust::pinned(&card));
            UnsignedBundle::of(&bundle.ok()?).sign(&key)
        }
        "holders" => {
            let holder = UnverifiedHolderBundle::new(bytes);
            let holder = holder.verify(&Trust::on_first_use(&public), &mut rng());
            let holder = holder.ok()?;
            UnsignedBundle::of(holder.bundle()).sign_for_holders(&HolderParts::of(&holder), &key)
        }
        "offer" | "renewal-offer" => Offer::from_bytes(bytes).ok()?.to_bytes(),
        "pending-offer" | "renewal-pending-offer" => {
            PendingOffer::from_bytes(&scheme, bytes).ok()?.to_bytes()
        }
        "renewal-request" => {
            let request = RenewalRequest::from_bytes(bytes).ok()?;
            let kept = PendingOffer::from_bytes(&scheme, &read("renewal-pending-offer")).unwrap();
            let bundle = UnverifiedBundle::new(&self::read("bundle"))
                .verify(&Trust::on_first_use(&public))
                .unwrap();
            let key = clinic();
            kept.check_renewal(&bundle, &key, &request, at(NOW)).ok()?;
            request.to_bytes()
        }
        "pending-renewal" => {
            let pending = PendingRenewal::from_bytes(&scheme, bytes).ok()?;
            pending.expose_bytes().to_vec()
        }
        "renewal-response" => {
            let response = Response::from_bytes(bytes).ok()?;
            let pending = PendingRenewal::from_bytes(&scheme, &read("pending-renewal")).unwrap();
            pending.opens(&response).then(|| response.to_bytes())?
        }
        "request" => Request::from_bytes(&scheme, bytes).ok()?.to_bytes(),
        "pending-request" => {
            let pending = PendingRequest::from_bytes(&scheme, bytes).ok()?;
            pending.expose_bytes().to_vec()
        }
        "draw" => Draw::from_bytes(bytes).ok()?.to_bytes(),
        "response" => {
            let response = Response::from_bytes(bytes).ok()?;
            let pending = PendingRequest::from_bytes(&scheme, &read("pending-request")).unwrap();
            pending.opens(&response).then(|| response.to_bytes())?
        }
        "credential" | "renewed-credential" => Credential::from_bytes(&scheme, bytes)
            .ok()?
            .expose_bytes()
            .to_vec(),
        "question" => Question::from_bytes(bytes).ok()?.to_bytes(),
        "venue-question" => {
            let read = Question::from_bytes(bytes).ok()?;
            let bundle = UnverifiedBundle::new(&self::read("bundle"))
                .verify(&Trust::on_first_use(&public))
                .unwrap();
            read.asker(&bundle, at(NOW)).ok()?;
            read.to_bytes()
        }
        "venue-card" => {
            let card = UnverifiedVenueCard::from_bytes(bytes).ok()?;
            card.verify(&public).ok()?.to_bytes()
        }
        "venue-registration" => {
            let venue = UnverifiedVenue::from_bytes(bytes).ok()?;
            venue.verify(scheme.id()).ok().map(|_| venue.to_bytes())?
        }
        "count" => {
            // The signature has nonces; what is signed comes out the same.
            let count = UnverifiedCount::from_bytes(bytes).ok()?;
            let count = count.verify_vartime(&scheme, clinic().public()).ok()?;
            let again = count.counted().sign(count.scheme(), &clinic(), &mut rng());
            [&bytes[..50], &again[50..]].concat()
        }
        // A pass is written by proving it: what is read is the whole of it or nothing.
        _ if stem.starts_with("pass") => {
            matches!(door(name, bytes), Verdict::Accepted(_)).then(|| bytes.to_vec())?
        }
        other => panic!("{other}"),
    })
}

/// What a door with the bundle of its day says to the pass called `name`.
fn door(name: &str, bytes: &[u8]) -> Verdict {
    let (bundle, now) = match name {
        "pass-2" => ("bundle-2", LATER),
        "known-pass" => ("known-bundle", NOW),
        _ => ("bundle", NOW),
    };
    let (_, public, _) = authority(if bundle.starts_with("known") {
        "known-"
    } else {
        ""
    });
    let bundle: Bundle = UnverifiedBundle::new(&read(bundle))
        .verify(&Trust::on_first_use(&public))
        .unwrap();
    let open = [Challenge::from_store(NONCE, TODAY, 1)];
    let (policy, expected) = match name {
        "pass-challenge" | "pass-venue" => ("restaurant", Expected::answers(&open)),
        "pass-strip" => ("restaurant", Expected::strips()),
        "pass-paper" => ("paper", Expected::strips()),
        "pass-bar" => ("bar", Expected::posters()),
        "pass-open" => ("open", Expected::posters()),
        _ => ("restaurant", Expected::posters()),
    };
    let card = UnverifiedVenueCard::from_bytes(&read("venue-card")).unwrap();
    let door = match name {
        "pass-venue" => Door::registered(&bundle, policy, card.verify(&public).unwrap()),
        _ => Door::new(&bundle, policy, "Cafe"),
    };
    let door = door.unwrap();
    door.check(
        bytes,
        expected,
        at(now),
        &mut MemoryReplayStore::default(),
        &mut rng(),
    )
}

#[test]
fn every_artefact_is_read_and_written_as_it_is_and_of_no_other_version() {
    for name in NAMES {
        if ["claim-code", "sealed-claim"].contains(&name) {
            continue;
        }
        let bytes = read(name);
        let again = read_and_written(name, &bytes);
        assert!(again.is_some(), "{name} is refused");
        assert_eq!(again.as_ref(), Some(&bytes), "{name}");
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(read_and_written(name, &longer), None, "{name} and a byte");
        let shorter = &bytes[..bytes.len() - 1];
        assert_eq!(read_and_written(name, shorter), None, "{name} but a byte");
        if name.ends_with("-key") {
            continue;
        }
        assert_eq!(bytes[0], 2, "{name}");
        for version in [0, 1, 3] {
            let mut other = bytes.clone();
            other[0] = version;
            assert_eq!(
                read_and_written(name, &other),
                None,
                "{name} of version {version}"
            );
        }
    }
}

#[test]
fn every_pass_is_green_at_its_door_on_its_day() {
    let passes: Vec<_> = NAMES.iter().filter(|name| name.contains("pass")).collect();
    assert_eq!(passes.len(), 9);
    for name in passes {
        let Verdict::Accepted(Accepted { disclosed, .. }) = door(name, &read(name)) else {
            panic!("{name} is refused");
        };
        let shown: Vec<_> = disclosed.iter().map(|(name, _)| name.as_str()).collect();
        let expected: &[&str] = match *name {
            "pass-open" => &["until", "birth_date"],
            "pass-paper" => &["id_hint"],
            _ => &[],
        };
        assert_eq!(shown, expected, "{name}");
    }
}

#[test]
fn the_frozen_response_is_received_and_synced_to_the_frozen_credentials() {
    let (_, public, scheme) = authority("");
    let holders = |name: &str| {
        UnverifiedHolderBundle::new(&read(name))
            .verify(&Trust::on_first_use(&public), &mut rng())
            .unwrap()
    };
    let clinic = IssuerKey::from_bytes(&read("issuer-key")).unwrap();
    let registered = UnverifiedIssuer::from_bytes(&read("registration")).unwrap();
    let registered = registered.verify(&scheme).unwrap();
    assert_eq!(registered.id(), clinic.public().id());
    let signed = SignedAccreditation::open(&public, &read("accreditation")).unwrap();
    assert!(signed.is_for(scheme.id(), &clinic));
    let first = holders("holders");
    assert!(
        (first
            .bundle()
            .verify_accreditation(signed.accreditation(), &registered))
        .is_ok()
    );

    // Signing is deterministic: the same offer and request, the same handle, the same bytes.
    let request = Request::from_bytes(&scheme, &read("request")).unwrap();
    let pending = PendingRequest::from_bytes(&scheme, &read("pending-request")).unwrap();
    let response = Response::from_bytes(&read("response")).unwrap();
    assert_eq!(pending.request().to_bytes(), request.to_bytes());
    let kept = PendingOffer::from_bytes(&scheme, &read("pending-offer")).unwrap();
    assert_eq!(kept.offer().to_bytes(), read("offer"));
    let handle = HandlePool::open(&public, &read("handles"))
        .unwrap()
        .into_handles()
        .remove(0);
    let acc = Some(signed.accreditation());
    let again = kept
        .issue(&scheme, &clinic, acc, &request, handle, at(NOW))
        .unwrap();
    assert_eq!(again, response);
    let mut credential = pending.receive(&first, &response, at(NOW)).unwrap();
    assert_eq!(credential.expose_bytes().to_vec(), read("credential"));
    assert_eq!(
        credential.value(&scheme, "until"),
        Some(&Value::Date(until()))
    );

    // The removals and the rotation since.
    credential.sync_vartime(&holders("holders-2")).unwrap();
    assert_eq!(credential.expose_bytes().to_vec(), read("credential-2"));
    let newer = holders("holders-2");
    let policy = newer.bundle().policy("restaurant").unwrap();
    let ask = Question::new(&scheme, Mode::Poster, policy, "Cafe");
    let shown = credential.present(&newer, &ask, None, at(LATER), &mut rng());
    assert!(matches!(
        door("pass-2", shown.unwrap().as_bytes()),
        Verdict::Accepted(_)
    ));
}

#[test]
fn the_frozen_renewal_is_signed_and_received_again() {
    let (_, public, scheme) = authority("");
    let bundle = UnverifiedHolderBundle::new(&read("holders"))
        .verify(&Trust::on_first_use(&public), &mut rng())
        .unwrap();
    let clinic = IssuerKey::from_bytes(&read("issuer-key")).unwrap();
    let signed = SignedAccreditation::open(&public, &read("accreditation")).unwrap();
    let kept = PendingOffer::from_bytes(&scheme, &read("renewal-pending-offer")).unwrap();
    assert_eq!(kept.offer().to_bytes(), read("renewal-offer"));
    let request = RenewalRequest::from_bytes(&read("renewal-request")).unwrap();
    let checked = kept.check_renewal(bundle.bundle(), &clinic, &request, at(NOW));
    let response = (checked.ok().unwrap().issue(Some(signed.accreditation()))).unwrap();
    assert_eq!(response.to_bytes(), read("renewal-response"));
    let old = Credential::from_bytes(&scheme, &read("credential")).unwrap();
    let pending = PendingRenewal::from_bytes(&scheme, &read("pending-renewal")).unwrap();
    let renewed = pending.receive(&old, &bundle, &response, at(NOW)).unwrap();
    assert_eq!(renewed.expose_bytes().to_vec(), read("renewed-credential"));
}

#[test]
fn the_frozen_claim_opens_with_its_code() {
    let (_, _, scheme) = authority("");
    let text = String::from_utf8(read("claim-code")).unwrap();
    let code = ClaimCode::from_text(&text).unwrap();
    assert_eq!(*code.expose_text(), text);
    let sealed = read("sealed-claim");
    let values = code.open(&scheme, &sealed).unwrap();
    let values: Vec<_> = values
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    assert_eq!(values, City::issuer_values(until()));
    assert_eq!(code.seal(&scheme, &values).unwrap(), sealed);
}

#[test]
fn the_frozen_request_and_draw_have_their_code() {
    let (_, _, scheme) = authority("");
    let pending = PendingRequest::from_bytes(&scheme, &read("pending-request")).unwrap();
    let draw = Draw::from_bytes(&read("draw")).unwrap();
    assert_eq!(pending.code(&draw).as_deref(), Some("1802-8872"));
}
