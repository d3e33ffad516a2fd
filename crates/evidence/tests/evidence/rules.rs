//! Rules: signed, versioned, and exact to the day.

use rand::{SeedableRng, rngs::StdRng};
use veilpass::scheme::{BundleKey, Day, SchemeCard};
use veilpass_evidence::rules::{Granted, Refusal, Rules, RulesError, UnverifiedRules, sign};
use veilpass_evidence::{Doses, Evidence, Kind, Name, PartialDate};

const MOSCOW: &str = r#"
name = "Moscow, June 2021"
version = 3
minimum_age = 18
countries = ["DE", "RS"]

[vaccination]
valid = "12 months"
strict = "6 months"

[[vaccination.products]]
code = "EU/1/20/1528"
doses = 2
wait = "14 days"

[[vaccination.products]]
code = "EU/1/20/1525"
doses = 1

[recovery]
valid = "6 months"
"#;

const SCHEME: [u8; 32] = [3; 32];

fn card() -> SchemeCard {
    SchemeCard::new(SCHEME, key().verifying_key())
}

fn key() -> BundleKey {
    BundleKey::generate(&mut StdRng::seed_from_u64(1))
}

fn rules_of(text: &str) -> Result<Rules, RulesError> {
    let signed = sign(text, &key(), &SCHEME)?;
    UnverifiedRules(&signed).verify(&card(), None)
}

fn rules() -> Rules {
    rules_of(MOSCOW).unwrap()
}

fn day(year: i16, month: i8, day: i8) -> Day {
    Day::from_ymd(year, month, day).unwrap()
}

fn evidence(kind: Kind, date: Day) -> Evidence {
    Evidence {
        kind,
        signed: true,
        name: Name::default(),
        birth: PartialDate::try_from("1980".to_owned()).unwrap(),
        country: Some("DE".into()),
        disease: Some("840539006".into()),
        product: (kind == Kind::Vaccination).then(|| "EU/1/20/1528".into()),
        doses: Some(Doses {
            number: 2,
            series: Some(2),
        }),
        date,
        valid_from: None,
        valid_until: None,
        detected: matches!(kind, Kind::Test { .. }).then_some(false),
    }
}

fn vaccination(date: Day) -> Evidence {
    evidence(Kind::Vaccination, date)
}

const PCR: Kind = Kind::Test { nucleic: true };

fn apply(evidence: &Evidence, today: Day) -> Result<Granted, Refusal> {
    rules().apply(evidence, today)
}

#[test]
fn a_wait_ends_on_its_day_and_validity_on_the_last() {
    let dose = vaccination(day(2021, 6, 1));
    let from = day(2021, 6, 15);
    assert_eq!(
        apply(&dose, day(2021, 6, 14)),
        Err(Refusal::NotYet { from })
    );
    let granted = apply(&dose, from).unwrap();
    assert_eq!(granted.from, from);
    assert_eq!(granted.until, day(2022, 6, 1));
    assert_eq!(granted.until_strict, Some(day(2021, 12, 1)));
    let until = day(2022, 6, 1);
    assert_eq!(apply(&dose, until).unwrap(), granted);
    assert_eq!(
        apply(&dose, day(2022, 6, 2)),
        Err(Refusal::NoLonger { until })
    );
}

#[test]
fn the_defaults_are_those_of_moscow_in_june_2021() {
    let bare = "name = \"bare\"\nversion = 1\n[[vaccination.products]]\ncode = \"EU/1/20/1528\"\ndoses = 1\n";
    let rules = rules_of(bare).unwrap();
    let start = day(2021, 6, 1);
    let until = |kind| rules.apply(&evidence(kind, start), start).unwrap();
    assert_eq!(until(Kind::Vaccination).until, day(2022, 6, 1));
    assert_eq!(until(Kind::Recovery).until, day(2021, 12, 1));
    assert_eq!(until(PCR).until, day(2021, 6, 4));
    assert_eq!(until(PCR).from, start);
    assert_eq!(until(PCR).until_strict, None);
}

#[test]
fn months_end_where_the_month_ends() {
    let last = |date| {
        let recovered = evidence(Kind::Recovery, date);
        apply(&recovered, date).unwrap().until
    };
    assert_eq!(last(day(2021, 8, 31)), day(2022, 2, 28));
    assert_eq!(last(day(2023, 8, 31)), day(2024, 2, 29));
    let leap = vaccination(day(2020, 2, 29));
    assert_eq!(
        apply(&leap, day(2021, 2, 28)).unwrap().until,
        day(2021, 2, 28)
    );
    assert!(apply(&leap, day(2021, 3, 1)).is_err());
}

#[test]
fn the_certificates_own_dates_narrow_but_never_widen() {
    let start = day(2021, 3, 1);
    let mut recovered = evidence(Kind::Recovery, start);
    recovered.valid_from = Some(day(2021, 3, 12));
    recovered.valid_until = Some(day(2021, 8, 28));
    let granted = apply(&recovered, day(2021, 6, 1)).unwrap();
    assert_eq!(
        (granted.from, granted.until),
        (day(2021, 3, 12), day(2021, 8, 28))
    );
    assert!(
        granted
            .explain()
            .contains("until 2021-08-28: the certificate's own date")
    );
    recovered.valid_from = Some(day(2020, 1, 1));
    recovered.valid_until = Some(day(2030, 1, 1));
    let granted = apply(&recovered, day(2021, 6, 1)).unwrap();
    assert_eq!((granted.from, granted.until), (start, day(2021, 9, 1)));
}

#[test]
fn an_explanation_names_the_rule_behind_every_date() {
    let granted = apply(&vaccination(day(2021, 6, 1)), day(2021, 6, 28)).unwrap();
    let lines = "Moscow, June 2021, version 3: vaccination with EU/1/20/1528, dose 2 of 2 needed\n\
        from 2021-06-15: 2021-06-01 and 14 days\n\
        until 2022-06-01: 2021-06-01 and 12 months\n\
        strictly until 2021-12-01: 2021-06-01 and 6 months\n";
    assert_eq!(granted.explain(), lines);
}

#[test]
fn each_condition_refuses_by_its_name() {
    let today = day(2021, 6, 28);
    let refused = |change: fn(&mut Evidence), kind| {
        let mut evidence = evidence(kind, day(2021, 6, 1));
        if kind != Kind::Vaccination {
            evidence.date = today;
        }
        change(&mut evidence);
        apply(&evidence, today).unwrap_err()
    };
    let dose = |change| refused(change, Kind::Vaccination);
    assert_eq!(dose(|e| e.signed = false), Refusal::Unsigned);
    assert_eq!(
        dose(|e| e.country = Some("FR".into())),
        Refusal::Country {
            country: "FR".into()
        }
    );
    assert!(matches!(dose(|e| e.country = None), Refusal::NoCountry));
    assert_eq!(
        dose(|e| e.disease = Some("1".into())),
        Refusal::Disease { code: "1".into() }
    );
    assert_eq!(
        dose(|e| e.product = Some("X".into())),
        Refusal::Product { code: "X".into() }
    );
    assert!(matches!(dose(|e| e.product = None), Refusal::NoProduct));
    let needed = |shown| Refusal::Doses { needed: 2, shown };
    assert_eq!(
        dose(|e| e.doses = Some(Doses {
            number: 1,
            series: Some(1)
        })),
        needed(1)
    );
    assert_eq!(dose(|e| e.doses = None), needed(0));
    assert_eq!(
        refused(|e| e.kind = Kind::Test { nucleic: false }, PCR),
        Refusal::Antigen
    );
    assert_eq!(
        refused(|e| e.detected = Some(true), PCR),
        Refusal::NotNegative
    );
    assert_eq!(refused(|e| e.detected = None, PCR), Refusal::NotNegative);
    assert_eq!(
        refused(|e| e.date = Day(i32::MAX), Kind::Recovery),
        Refusal::ToCome {
            about: veilpass_evidence::flaw::About::Recovery
        }
    );
    let future = |e: &mut Evidence| e.date = Day(e.date.0 + 1);
    assert_eq!(
        refused(future, PCR),
        Refusal::ToCome {
            about: veilpass_evidence::flaw::About::Test
        }
    );
}

#[test]
fn a_partial_birth_date_counts_as_its_latest_day() {
    let born = |text: &str, today| {
        let mut dose = vaccination(day(2021, 6, 1));
        dose.birth = PartialDate::try_from(text.to_owned()).unwrap();
        apply(&dose, today).is_ok()
    };
    assert!(born("2003-06-28", day(2021, 6, 28)));
    assert!(!born("2003-06-29", day(2021, 6, 28)));
    assert!(!born("2003-06", day(2021, 6, 28)));
    assert!(born("2003-06", day(2021, 6, 30)));
    assert!(!born("2003", day(2021, 12, 30)));
    assert!(born("2003", day(2021, 12, 31)));
    assert!(!born("", day(2021, 12, 31)));
}

#[test]
fn only_the_authority_signs_rules_and_a_change_is_seen() {
    let signed = sign(MOSCOW, &key(), &SCHEME).unwrap();
    let verify = |text: &str| UnverifiedRules(text).verify(&card(), None);
    let rules = verify(&signed).unwrap();
    assert_eq!((rules.name(), rules.version()), ("Moscow, June 2021", 3));
    assert_eq!(rules.products().len(), 2);
    assert!(verify(signed.trim_end()).is_ok());
    assert_eq!(verify(MOSCOW), Err(RulesError::NotSigned));
    assert_eq!(verify(""), Err(RulesError::NotSigned));
    assert_eq!(
        verify(&signed.replace("= 2", "= 1")),
        Err(RulesError::Signature)
    );
    assert_eq!(verify(&format!("\n{signed}")), Err(RulesError::Signature));
    assert_eq!(verify(&" ".repeat(1 << 20)), Err(RulesError::TooLong));
    let other = BundleKey::generate(&mut StdRng::seed_from_u64(2)).verifying_key();
    assert_eq!(
        UnverifiedRules(&signed).verify(&SchemeCard::new(SCHEME, other), None),
        Err(RulesError::Signature)
    );
    // The same key, and rules of another scheme.
    let elsewhere = SchemeCard::new([4; 32], key().verifying_key());
    assert_eq!(
        UnverifiedRules(&signed).verify(&elsewhere, None),
        Err(RulesError::Signature)
    );
    assert!(matches!(
        sign(&signed, &key(), &SCHEME),
        Err(RulesError::Form(_))
    ));
}

#[test]
fn versions_rise_and_do_not_fork() {
    let new = rules();
    let after = |text: &str, previous: &Rules| {
        let signed = sign(text, &key(), &SCHEME).unwrap();
        UnverifiedRules(&signed).verify(&card(), Some(previous))
    };
    let old = MOSCOW.replace("version = 3", "version = 2");
    assert_eq!(
        after(&old, &new),
        Err(RulesError::Rollback { have: 3, got: 2 })
    );
    assert_eq!(after(MOSCOW, &new).unwrap(), new);
    assert!(after(MOSCOW, &rules_of(&old).unwrap()).is_ok());
    let fork = MOSCOW.replace("doses = 1", "doses = 2");
    assert_eq!(after(&fork, &new), Err(RulesError::Fork(3)));
}

#[test]
fn what_is_misspelt_is_not_ignored() {
    for (from, to) in [
        ("minimum_age", "minimal_age"),
        ("[recovery]", "[recovry]"),
        ("12 months", "a year"),
        ("14 days", "-14 days"),
        ("\"6 months\"", "6"),
        ("strict = \"6 months\"", "strict = \"13 months\""),
        ("version = 3", "version = -3"),
        ("doses = 2", "doses = 1000"),
    ] {
        let text = MOSCOW.replace(from, to);
        assert_ne!(text, MOSCOW);
        assert!(matches!(rules_of(&text), Err(RulesError::Form(_))), "{to}");
    }
}
