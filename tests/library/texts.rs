//! Texts that a person reads as others: refused wherever a text stands, whoever signed it.
use veilpass::issuance::RequestError;
use veilpass::presentation::{Door, DoorError, PresentError, Question};
use veilpass::scheme::{
    Attribute, AttributeKind, BundleError, IssuerMode, Mode, Policy, Schema, Scheme, SetBy, Trust,
    UnverifiedBundle, Value, Venues,
};
use veilpass::{AuthorityError, DecodeError, Error, Flaw, TextFlaw};
use veilpass_fixture::city::{self, City, NOW, at, rng, shown};

/// A text of nine bytes for each rule, that breaks no other; and one that breaks none.
const GOOD: &str = "Caf\u{e9} bar";
const BAD: [&str; 6] = [
    "Cafe\u{301} ba",
    "Ca\u{202e}fe b",
    "Ca\u{200b}fe b",
    "C\u{a0}afe ba",
    "Ca\u{e000}fe b",
    "C\u{378}afe ba",
];

/// Whether these bytes were refused because of a text, and nothing else.
fn of_its_text<T>(read: Result<T, DecodeError>) -> bool {
    matches!(read.err().map(|error| error.flaw), Some(Flaw::Letters(_)))
}

/// The bytes with `to` in the place of `from`, which is as long.
fn written(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let place = bytes.windows(from.len()).position(|part| part == from);
    let mut bytes = bytes.to_vec();
    let place = place.unwrap();
    bytes.splice(place..place + from.len(), to.iter().copied());
    bytes
}

#[test]
fn a_text_for_each_rule_is_as_long_as_the_good_one() {
    assert_eq!(BAD.map(str::len), [GOOD.len(); 6]);
}

#[test]
fn a_question_names_nobody_so() {
    let city = City::new(1);
    let bundle = city.door_bundle();
    let mut good = city.ask(Mode::Poster, "restaurant", GOOD);
    assert_eq!(Question::from_bytes(&good.to_bytes()).as_ref(), Ok(&good));
    assert!(Door::new(&bundle, "restaurant", GOOD).is_ok());
    for bad in BAD {
        good.audience = bad.to_owned();
        assert!(
            of_its_text(Question::from_bytes(&good.to_bytes())),
            "{bad:?}"
        );
        let door = Door::new(&bundle, "restaurant", bad);
        assert!(matches!(door.err(), Some(DoorError::Name(_))), "{bad:?}");
    }
}

#[test]
fn a_wallet_answers_nobody_who_is_called_so() {
    // The fields of a question are public: whoever makes one without bytes is no decoder.
    let (mut city, credential, _) = shown();
    let holder = city.holder_bundle();
    let mut ask = city.ask(Mode::Poster, "restaurant", GOOD);
    let shown = |ask: &Question| credential.present(&holder, ask, None, at(NOW), &mut rng());
    assert!(shown(&ask).is_ok());
    for bad in BAD {
        ask.audience = bad.to_owned();
        let unknown = Some(PresentError::UnknownQuestion);
        assert_eq!(shown(&ask).err(), unknown, "{bad:?}");
    }
}

#[test]
fn a_bundle_has_no_such_names_though_its_authority_signed_them() {
    let city = City::new(1);
    let read = |name: &str| {
        let mut bundle = city.raw_bundle();
        name.clone_into(&mut bundle.policies[0].name);
        let bytes = bundle.sign(&city.bundle_key);
        UnverifiedBundle::new(&bytes).verify(&Trust::pinned(&city.card()))
    };
    assert!(read(GOOD).is_ok());
    for bad in BAD {
        let flaw = match read(bad) {
            Err(BundleError::Decode(error)) => error.flaw,
            other => panic!("{bad:?}: {other:?}"),
        };
        assert!(matches!(flaw, Flaw::Letters(_)), "{bad:?}");
    }
}

fn named(name: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        kind: AttributeKind::Date,
        set_by: SetBy::Issuer,
        may_disclose: false,
    }
}

#[test]
fn a_scheme_and_its_attributes_are_not_called_so() {
    let city = City::new(1);
    let scheme = |name: &str, attribute: &str| {
        let schema = Schema::new(vec![named(attribute)]).unwrap();
        let (mode, zone) = (IssuerMode::Hidden, city.scheme.zone().clone());
        Scheme::new([1; 32], name.to_owned(), schema, mode, zone, Venues::Open)
    };
    let names = scheme(GOOD, "nine long").unwrap().to_bytes();
    let attributes = scheme("name", GOOD).unwrap().to_bytes();
    // A zone that this program does not know is none of its business.
    let newer = written(&names, "Europe/Moscow", "Europe/Mokosh");
    for bytes in [&names, &attributes, &newer] {
        assert!(Scheme::from_bytes(bytes).is_ok());
    }
    for bad in BAD {
        assert!(Schema::new(vec![named(bad)]).is_err(), "{bad:?}");
        assert!(scheme(bad, "until").is_err(), "{bad:?}");
        for bytes in [&names, &attributes] {
            let bytes = written(bytes, GOOD, bad);
            assert!(of_its_text(Scheme::from_bytes(&bytes)), "{bad:?}");
        }
    }
    for name in ["", &"x".repeat(65)] {
        assert!(scheme(name, "until").is_err(), "{name:?}");
    }
}

#[test]
fn an_authority_founds_nothing_with_such_names() {
    let found = |name: &str| {
        let schema = Schema::default();
        let policy = Policy {
            name: name.to_owned(),
            ..city::restaurant(&schema)
        };
        city::found_authority(schema, IssuerMode::Hidden, vec![policy], &mut rng())
    };
    assert!(found(GOOD).is_ok());
    for bad in BAD {
        let refused = matches!(found(bad).err(), Some(AuthorityError::Policy(..)));
        assert!(refused, "{bad:?}");
    }
}

#[test]
fn nobody_asks_for_such_a_value_and_no_store_holds_one() {
    let (mut city, credential, _) = shown();
    let kept = (city.clinic).offer(
        &city.scheme,
        &City::issuer_values(city::day(2022, 6, 1)),
        at(NOW + 60),
        &mut city.rng,
    );
    let offer = kept.unwrap().offer().clone();
    let mut request = |name: &str| {
        let own = [
            ("name", Value::Text(name.to_owned())),
            ("employer", Value::Text("Agency".to_owned())),
        ];
        offer.request(&city.scheme, &own, at(NOW), &mut city.rng)
    };
    assert!(request(GOOD).is_ok());
    for bad in BAD {
        let refused = matches!(request(bad).err(), Some(RequestError::Attributes(_)));
        assert!(refused, "{bad:?}");
    }
    // "Kuznetsov" has nine letters.
    let bytes = credential.expose_bytes();
    for bad in BAD {
        let bytes = written(&bytes, "Kuznetsov", bad);
        let read = veilpass::Credential::from_bytes(&city.scheme, &bytes);
        let read = read.map_err(|error| match error {
            Error::Decode(error) => error,
            other => panic!("{bad:?}: {other}"),
        });
        assert!(of_its_text(read), "{bad:?}");
    }
}

#[test]
fn a_flaw_says_which_letter_it_is_and_what_to_do() {
    let told = |bad| veilpass::text::check(bad).unwrap_err().to_string();
    assert!(told(BAD[1]).contains("character 3 of it is U+202E"));
    assert_eq!(veilpass::text::check(BAD[0]), Err(TextFlaw::NotNormal));
}
