//! Whatever comes in, a report comes out.

use ciborium::{Value, cbor};
use coset::{Header, TaggedCborSerializable};
use miniz_oxide::deflate::compress_to_vec;
use proptest::prelude::*;
use veilpass_evidence::{Flaw, StepName, Trust, TrustList, check};

use veilpass_fixture::certificates::{
    NOW, base64, bytes, claims, hc1, judge, jwk, shc, stops_at, test, vaccination,
};
use veilpass_fixture::signer::{Signer, ec_key};

fn quiet(text: &[u8]) {
    let report = check(text, &Trust::default(), NOW);
    assert_eq!(report.evidence, None);
    assert_eq!(report.steps.len(), 9);
}

#[test]
fn a_compression_bomb_is_stopped_at_its_bound() {
    let bomb = hc1(&vec![0; 10 << 20]);
    assert!(bomb.len() < 16 << 10, "{}", bomb.len());
    let report = judge(&bomb, &Trust::default());
    stops_at(&report, StepName::Decompress);
    assert!(matches!(
        report.flaws().next().unwrap().1,
        Flaw::Bomb { .. }
    ));

    let header = base64(br#"{"alg":"ES256","zip":"DEF","kid":"x"}"#);
    let payload = base64(&compress_to_vec(&vec![b' '; 5 << 20], 9));
    let report = judge(&shc(&format!("{header}.{payload}.AAAA")), &Trust::default());
    stops_at(&report, StepName::Decompress);
    assert!(matches!(
        report.flaws().next().unwrap().1,
        Flaw::Bomb { .. }
    ));
}

#[test]
fn texts_longer_than_any_code_are_refused_unread() {
    quiet(&vec![b'A'; 1 << 20]);
    quiet(format!("HC1:{}", "A".repeat(1 << 20)).as_bytes());
    quiet(format!("shc:/{}", "0".repeat(1 << 20)).as_bytes());
    quiet(format!("{{{}", " ".repeat(1 << 20)).as_bytes());
}

#[test]
fn deep_nesting_is_refused() {
    let arrays = [
        vec![0x81; 60_000],
        vec![0xd2; 60_000],
        vec![0xa1; 60_000],
        vec![0x9f; 60_000],
    ];
    for deep in arrays {
        stops_at(&judge(&hc1(&deep), &Trust::default()), StepName::Decode);
        // Within a protected header and within a payload too.
        for (protected, payload) in [(deep.clone(), vec![]), (vec![], deep)] {
            let parts = cbor!([
                Value::Bytes(protected),
                {},
                Value::Bytes(payload),
                Value::Bytes(vec![]),
            ]);
            stops_at(
                &judge(&hc1(&bytes(&parts.unwrap())), &Trust::default()),
                StepName::Decode,
            );
        }
    }
    quiet("{\"a\":".repeat(20_000).as_bytes());
    quiet(format!("{{\"a\":{}", "[".repeat(100_000)).as_bytes());
}

#[test]
fn huge_lengths_allocate_nothing() {
    for head in [0x5b, 0x7b, 0x9b, 0xbb, 0xdb] {
        for length in [u64::MAX, u64::MAX >> 1, 1 << 40, 1 << 31] {
            let message = [&[head][..], &length.to_be_bytes()].concat();
            stops_at(&judge(&hc1(&message), &Trust::default()), StepName::Decode);
            let inside = [&[0x84, 0x40, 0xa0][..], &message].concat();
            stops_at(&judge(&hc1(&inside), &Trust::default()), StepName::Decode);
        }
    }
}

#[test]
fn every_truncation_and_every_changed_byte_ends_in_a_report_without_evidence() {
    let signer = Signer::german();
    let trust = signer.trust();
    let message = signer.message(
        signer.header(),
        Header::default(),
        bytes(&claims(&vaccination())),
    );
    let message = message.to_tagged_vec().unwrap();
    assert!(judge(&hc1(&message), &trust).evidence.is_some());
    for end in 0..message.len() {
        let report = judge(&hc1(&message[..end]), &trust);
        assert_eq!(report.evidence, None, "{end}");
    }
    // The tag, then the protected header: bytes 0 to 16 hold the lengths; all others are signed or
    // the signature.
    for place in 0..message.len() {
        let mut changed = message.clone();
        changed[place] ^= 1;
        let report = judge(&hc1(&changed), &trust);
        assert_eq!(report.evidence, None, "{place}");
    }
    let text = signer.dcc(&claims(&test()));
    for end in 0..text.len() {
        assert_eq!(
            judge(text.get(..end).unwrap(), &trust).evidence,
            None,
            "{end}"
        );
    }
}

#[test]
fn hostile_certificates_and_key_sets_are_refused() {
    let certificate = Signer::german().certificate;
    for end in 0..certificate.len() {
        assert!(TrustList::new().add(&certificate[..end]).is_err());
    }
    let mut trust = Trust::default();
    let (key, _) = jwk(&ec_key(5));
    for end in 0..key.len() {
        let set = format!(r#"{{"keys":[{}"#, key.get(..end).unwrap());
        assert!(trust.cards.add("x", None, set.as_bytes()).is_err());
    }
    assert!(
        trust
            .cards
            .add("x", None, "[".repeat(100_000).as_bytes())
            .is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_panic(input in proptest::collection::vec(any::<u8>(), 0..600)) {
        quiet(&input);
        quiet(hc1(&input).as_bytes());
        quiet(format!("HC1:{}", base45::encode(&input)).as_bytes());
        let mut list = TrustList::new();
        prop_assert!(list.add(&input).is_err());
    }

    #[test]
    fn no_text_panics(prefix in "(HC1:|shc:/|\\{|HC|)", text in "\\PC{0,200}") {
        quiet(format!("{prefix}{text}").as_bytes());
    }

    #[test]
    fn no_card_panics(
        header in proptest::collection::vec(any::<u8>(), 0..60),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let parts = [header, compress_to_vec(&payload, 1), payload].map(|part| base64(&part));
        quiet(shc(&parts.join(".")).as_bytes());
    }

    /// One changed byte anywhere in the signed claims.
    #[test]
    fn no_changed_claim_is_believed(place in any::<prop::sample::Index>(), flip in 1u8..) {
        let signer = Signer::german();
        let mut message =
            signer.message(signer.header(), Header::default(), bytes(&claims(&vaccination())));
        let payload = message.payload.as_mut().unwrap();
        let place = place.index(payload.len());
        payload[place] ^= flip;
        let report = judge(&hc1(&message.to_tagged_vec().unwrap()), &signer.trust());
        prop_assert_ne!(report.held(StepName::Verify), Some(true));
        prop_assert_eq!(report.evidence, None);
    }
}
