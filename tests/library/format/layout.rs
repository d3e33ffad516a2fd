//! What is said of an artefact that was cut off, or has more than it should.

use std::fs;
use std::path::Path;

use veilpass::artefact::Artefact;
use veilpass::layout::{LayoutError, Part};
use veilpass::scheme::{Bundle, BundleKey, Trust, UnverifiedBundle};

/// Frozen artefacts of version 1.
fn frozen(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen");
    fs::read(folder.join(name).with_extension("vp")).unwrap()
}

fn frozen_bundle(name: &str, key: &str) -> Bundle {
    let key = BundleKey::from_bytes(&frozen(key)).unwrap().verifying_key();
    let bytes = frozen(name);
    UnverifiedBundle::new(&bytes)
        .verify(&Trust::on_first_use(&key))
        .unwrap()
}

/// What is missing of the first bytes of an artefact, and whether it can be more.
fn missing(artefact: Artefact, bytes: &[u8], bundle: Option<&Bundle>) -> Option<(usize, bool)> {
    match artefact.layout(bytes, bundle) {
        Ok(parts) => {
            assert_eq!(
                parts.iter().map(|part| part.length).sum::<usize>(),
                bytes.len()
            );
            None
        }
        Err(LayoutError::Cut {
            missing, at_least, ..
        }) => Some((missing, at_least)),
        Err(other) => panic!("{artefact:?} of {} bytes: {other}", bytes.len()),
    }
}

#[test]
fn an_artefact_that_was_cut_off_says_what_is_missing() {
    // Behind how many bytes the end cannot be told from an artefact that is shorter: after an item of a list,
    // or within a part that goes on to the end.
    let holders = frozen("holders");
    let behind = |start: usize| {
        let length = u32::from_be_bytes(*holders[start..].first_chunk().unwrap());
        start + 4 + usize::try_from(length).unwrap()
    };
    // Bundle and manifest.
    let signed = behind(behind(2));
    let open = |artefact, length: usize| match artefact {
        Artefact::Handles => length >= 194 && (length - 194).is_multiple_of(88),
        Artefact::Request => length >= 130 && (length - 130).is_multiple_of(32),
        Artefact::Bundle => length > 98,
        Artefact::HolderBundle => length >= signed + 4,
        Artefact::Response => length >= 2 + 16 + 48,
        // 64 + 32 + 16 and the name "Cafe"; behind it at least 44 bytes.
        Artefact::VenueCard => length >= 2 + 64 + 32 + 16 + 6 + 44,
        _ => false,
    };
    for name in [
        "card",
        "registration",
        "accreditation",
        "handles",
        "bundle",
        "holders",
        "offer",
        "request",
        "response",
        "question",
        "venue-registration",
        "venue-card",
        "venue-question",
    ] {
        let bytes = frozen(name);
        let artefact = Artefact::of(&bytes).unwrap();
        assert_eq!(missing(artefact, &bytes, None), None, "{name}");
        // A question that ends where a part of its challenge would begin is whole, and not of its mode; a card that ends
        // behind its least length is read as one, and is none.
        let parts = if name == "venue-question" { 4 } else { 1 };
        let whole = |length: &usize| match artefact {
            Artefact::Question => (1..=parts).any(|parts| length + 24 * parts == bytes.len()),
            Artefact::VenueCard => *length >= bytes.len() - 4,
            _ => false,
        };
        let some = (0..bytes.len()).filter(|length| *length < 400 || length % 97 == 0);
        let some = some.filter(|length| !whole(length));
        for length in some {
            let found = missing(artefact, &bytes[..length], None);
            assert_eq!(found.is_none(), open(artefact, length), "{name}, {length}");
            let Some((missing, at_least)) = found else {
                continue;
            };
            let whole = length + missing;
            assert!(if at_least {
                whole <= bytes.len()
            } else {
                whole == bytes.len()
            });
        }
    }
}

#[test]
fn a_pass_that_was_cut_off_is_not_a_pass() {
    let bundle = frozen_bundle("bundle", "bundle-key");
    for name in ["pass-poster", "pass-bar", "pass-open", "pass-paper"] {
        let pass = frozen(name);
        assert_eq!(missing(Artefact::Pass, &pass, Some(&bundle)), None);
        for length in 0..pass.len() {
            let found = missing(Artefact::Pass, &pass[..length], Some(&bundle));
            let (missing, at_least) = found.unwrap();
            let whole = length + missing;
            assert!(if at_least {
                whole <= pass.len()
            } else {
                whole == pass.len()
            });
        }
        let longer = [&pass[..], &[0]].concat();
        let left = Artefact::Pass.layout(&longer, Some(&bundle)).unwrap_err();
        assert_eq!(
            left.to_string(),
            "this begins like a pass, but 1 bytes are left over at the end"
        );
    }
    let pass = frozen("pass-poster");
    let cut = |bundle| {
        Artefact::Pass
            .layout(&pass[..302], bundle)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        cut(None),
        "this begins like a pass, but it is cut off in “proof”: at least 205 bytes are missing"
    );
    assert_eq!(
        cut(Some(&bundle)),
        format!(
            "this begins like a pass, but it is cut off in “signed by a hidden issuer: points”: {} bytes are missing",
            pass.len() - 302
        )
    );
}

#[test]
fn without_a_bundle_a_pass_has_at_least_what_the_smallest_one_has() {
    let bundle = frozen_bundle("known-bundle", "known-bundle-key");
    let pass = frozen("known-pass");
    let parts = Artefact::Pass.layout(&pass, Some(&bundle)).unwrap();
    let every = |part: &&Part| {
        let name = part.name.as_ref();
        let responses = ["response of s", "response of secret", "response of handle"];
        let statements = ["signed by the known issuer", "not revoked"];
        let statement = name.split(':').next().unwrap();
        name == "challenge" || responses.contains(&name) || statements.contains(&statement)
    };
    let least: usize = parts.iter().filter(every).map(|part| part.length).sum();
    assert_eq!(missing(Artefact::Pass, &pass[..27 + least], None), None);
    let shorter = missing(Artefact::Pass, &pass[..26 + least], None);
    assert_eq!(shorter, Some((1, true)));
}

#[test]
fn a_layout_is_of_its_own_artefact_and_version() {
    let offer = frozen("offer");
    let other = Artefact::Request.layout(&offer, None).unwrap_err();
    assert!(matches!(other, LayoutError::Decode(_)));
    let newer = [&[3], &offer[1..]].concat();
    let newer = Artefact::Offer.layout(&newer, None).unwrap_err();
    assert!(
        newer
            .to_string()
            .contains("is of version 3; this program does not read it yet"),
        "{newer}"
    );
    // Lengths that hold, and no point.
    let mut wrong = offer;
    wrong[40] ^= 0xff;
    let wrong = Artefact::Offer.layout(&wrong, None).unwrap_err();
    assert!(matches!(wrong, LayoutError::Decode(_)), "{wrong}");
}
