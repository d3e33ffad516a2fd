//! Properties over all schemas, policies and disclosures, and over bytes that mean nothing.
use proptest::prelude::*;
use veilpass::Credential;
use veilpass::issuance::{Offer, Request, Response};
use veilpass::presentation::{Question, Verdict};
use veilpass::scheme::{
    Attribute, AttributeKind, Day, Mode, Schema, SetBy, UnverifiedIssuer, Value,
};
use veilpass_fixture::city::{City, NOW, check, day};

fn schemas() -> impl Strategy<Value = Schema> {
    prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..8).prop_map(|list| {
        let mut attributes = vec![Attribute {
            name: "until".into(),
            kind: AttributeKind::Date,
            set_by: SetBy::Issuer,
            may_disclose: true,
        }];
        for (i, (text, issuer, may_disclose)) in list.into_iter().enumerate() {
            attributes.push(Attribute {
                name: format!("a{i}"),
                kind: if text {
                    AttributeKind::Text
                } else {
                    AttributeKind::Date
                },
                set_by: if issuer { SetBy::Issuer } else { SetBy::Holder },
                may_disclose,
            });
        }
        Schema::new(attributes).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn any_schema_with_any_policy_issues_shows_and_verifies(
        schema in schemas(),
        wanted in any::<u16>(),
        once in any::<bool>(),
        known in any::<bool>(),
        days in 0i32..511,
    ) {
        let value = |kind| match kind {
            AttributeKind::Date => Value::Date(Day(-7)),
            _ => Value::Text("TEXT".into()),
        };
        let disclose: Vec<u8> = schema.attributes().iter().enumerate()
            .filter(|(i, attribute)| attribute.may_disclose && wanted >> i & 1 == 1)
            .map(|(i, _)| u8::try_from(i).unwrap())
            .collect();
        let until = day(2021, 6, 28).plus(days).unwrap();
        let values = |who| -> Vec<(String, Value)> {
            schema.attributes().iter().skip(2)
                .filter(|attribute| attribute.set_by == who)
                .map(|a| {
                    let value = if a.name == "until" { Value::Date(until) } else { value(a.kind) };
                    (a.name.clone(), value)
                })
                .collect()
        };
        let (issuers, holders) = (values(SetBy::Issuer), values(SetBy::Holder));
        let issuers: Vec<_> = issuers.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        let holders: Vec<_> = holders.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        let mut city = City::bare(5, schema.clone(), known.then_some(()));
        city.policies = vec![veilpass::scheme::Policy {
            number: 7,
            name: "p".into(),
            until: 2,
            from: None,
            disclose: disclose.clone(),
            minimum_age: None,
            any_audience: false,
            once_a_day: once,
            window: 60,
            modes: vec![Mode::Poster.with_grace(0)],
        }];
        let (credential, _) = city.issue_to(false, &issuers, &holders);
        let payload = city.show(&credential, "p", "Cafe", NOW);
        let verdict = check(&city.door_bundle(), "p", "Cafe", &payload, NOW);
        let Verdict::Accepted(accepted) = verdict else { panic!("{verdict:?}") };
        prop_assert_eq!(accepted.disclosed.len(), disclose.len());
        prop_assert_eq!(accepted.pseudonym.is_some(), once);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), kind in any::<u8>()) {
        let city = City::new(1);
        let bundle = city.door_bundle();
        for bytes in [bytes.clone(), [&[1, kind], bytes.as_slice()].concat()] {
            let _ = check(&bundle, "restaurant", "Cafe", &bytes, NOW);
            let _ = Offer::from_bytes(&bytes);
            let _ = Request::from_bytes(&city.scheme, &bytes);
            let _ = Response::from_bytes(&bytes);
            let _ = Question::from_bytes(&bytes);
            let _ = Credential::from_bytes(&city.scheme, &bytes);
            let _ = UnverifiedIssuer::from_bytes(&bytes);
            let _ = veilpass::scheme::HolderFiles::from_bytes(&bytes);
            let _ = veilpass::internals::SealedAccreditations::from_bytes(&bytes);
        }
    }
}
