//! What guests and staff read, in both languages.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use veilpass::presentation::Reason;
use veilpass::scheme::{Attribute, AttributeKind, Day, MinimumAge, Mode, Policy, Schema, SetBy};
use veilpass_words::letter::Letter;
use veilpass_words::poster::Poster;
use veilpass_words::{Language, evidence, verdict};

use Language::{English, Russian};

#[test]
fn a_refusal_in_english_is_what_the_reason_says_and_in_russian_another_text_for_each() {
    let mut texts = std::collections::HashSet::new();
    for reason in Reason::ALL {
        assert_eq!(verdict::refused(English, reason), reason.to_string());
        let russian = verdict::refused(Russian, reason);
        assert!(texts.insert(russian), "{reason:?} says what another says");
    }
}

#[test]
fn a_refusal_in_russian_says_who_must_do_what() {
    for (reason, who) in [
        (Reason::EpochTooOld, "гость должен"),
        (Reason::DoorBehind, "сотрудник должен"),
        (Reason::TooEarly, "гость и сотрудник должны"),
        (Reason::NotRemembered, "не впускайте никого"),
        (Reason::Invalid, "не впускайте"),
    ] {
        let said = verdict::refused(Russian, reason);
        assert!(said.contains(who), "{said}");
    }
}

#[test]
fn numbers_have_the_plural_forms_of_the_language() {
    for (green, red, english, russian) in [
        (0, 1, "0 green, 1 red", "0 зелёных, 1 красный"),
        (1, 2, "1 green, 2 red", "1 зелёный, 2 красных"),
        (21, 5, "21 green, 5 red", "21 зелёный, 5 красных"),
        (11, 102, "11 green, 102 red", "11 зелёных, 102 красных"),
    ] {
        assert_eq!(verdict::sum(English, green, red), english);
        assert_eq!(verdict::sum(Russian, green, red), russian);
    }
    for (years, english, russian) in [
        (1, "1 year old", "Исполнился ли вам 1 год."),
        (18, "18 years old", "Исполнилось ли вам 18 лет."),
        (21, "21 years old", "Исполнился ли вам 21 год."),
        (22, "22 years old", "Исполнилось ли вам 22 года."),
    ] {
        let policy = policy(&[], Some(years), false);
        let asked = |language| Poster::new(language, &policy, &schema()).asked.lines;
        assert_eq!(
            asked(English)[1],
            format!("Whether you are at least {english}.")
        );
        assert_eq!(asked(Russian)[1], russian);
    }
}

#[test]
fn a_disclosed_attribute_has_its_name_in_words_where_the_language_has_one() {
    let said = |language, name| verdict::compare(language, name, "1985-03-08");
    assert_eq!(
        said(English, "birth_date"),
        "birth_date: 1985-03-08 (compare with the guest's identity card)"
    );
    assert_eq!(
        said(Russian, "birth_date"),
        "дата рождения: 1985-03-08 (сверьте с документом гостя)"
    );
    assert!(said(Russian, "shoe { size }").starts_with("shoe { size }: "));
}

#[test]
fn a_letter_writes_its_last_day_as_the_language_does() {
    let until = |language, day| Letter::new(language, day).until;
    let day = Day::from_ymd(2021, 9, 6).unwrap();
    assert_eq!(
        until(English, day),
        "It is good for one pass, until 2021-09-06."
    );
    assert!(until(Russian, day).contains(" по 06.09.2021 включительно"));
    // Outside the calendar it is a number, and nothing stops.
    assert!(until(Russian, Day(i32::MAX)).contains("2147483647"));
}

fn schema() -> Schema {
    let attribute = |name: &str, kind| Attribute {
        name: name.to_owned(),
        kind,
        set_by: SetBy::Issuer,
        may_disclose: true,
    };
    Schema::new(vec![
        attribute("until", AttributeKind::Date),
        attribute("birth_date", AttributeKind::Date),
        attribute("name", AttributeKind::Text),
        attribute("colour", AttributeKind::Text),
        attribute("until_strict", AttributeKind::Date),
    ])
    .unwrap()
}

fn policy(disclose: &[u8], years: Option<u8>, once_a_day: bool) -> Policy {
    Policy {
        number: 1,
        name: "test".to_owned(),
        until: 2,
        from: None,
        disclose: disclose.to_vec(),
        minimum_age: years.map(|years| MinimumAge {
            attribute: 3,
            years,
        }),
        any_audience: false,
        once_a_day,
        window: 60,
        modes: vec![Mode::Poster.with_grace(0)],
    }
}

fn lines(language: Language, policy: &Policy) -> (Vec<String>, Vec<String>) {
    let poster = Poster::new(language, policy, &schema());
    assert_eq!(poster.steps.lines.len(), 3);
    (poster.asked.lines, poster.learnt.lines)
}

#[test]
fn a_poster_says_all_that_the_policy_asks_and_no_more() {
    let (asked, learnt) = lines(English, &policy(&[], None, false));
    assert_eq!(asked, ["Whether your pass is valid today."]);
    assert_eq!(learnt, ["Whether this is so.", "Nothing else about you."]);

    let (asked, learnt) = lines(English, &policy(&[3, 4, 5], Some(18), true));
    assert_eq!(
        asked,
        [
            "Whether your pass is valid today.",
            "Whether you are at least 18 years old.",
            "These 3 entries of your pass: date of birth, name, colour.",
        ]
    );
    assert_eq!(learnt.len(), 4);
    assert!(learnt[1].contains("identity card"));
    assert!(learnt[2].contains("once a day"));

    // Another day that must not have passed is another question.
    let strict = Policy {
        until: 6,
        ..policy(&[], None, false)
    };
    for (language, words) in [
        (English, "by the stricter rule"),
        (Russian, "по строгому правилу"),
    ] {
        assert!(lines(language, &strict).0[0].contains(words));
    }

    let (asked, learnt) = lines(Russian, &policy(&[3, 4, 5], Some(18), true));
    assert_eq!(
        asked[2],
        "3 записи вашего пропуска: дата рождения, имя, colour."
    );
    assert_eq!(learnt.len(), 4);
}

#[test]
fn a_language_is_found_by_its_code_and_no_other_word() {
    for language in Language::ALL {
        assert_eq!(language.code().parse(), Ok(language));
    }
    for other in ["", "EN", "de", "en-GB"] {
        let error = other.parse::<Language>().unwrap_err();
        assert_eq!(error.to_string(), "a language is one of en, ru");
    }
}

/// Over all reasons for which evidence, a row, a map or a list is refused: in English each says what it says itself, in
/// both languages it is a sentence for people, and nothing in it is meant for programmers.
#[test]
fn every_reason_about_evidence_is_a_sentence_in_both_languages() {
    let all = veilpass_evidence::words::all();
    assert!(all.len() > 130, "{}", all.len());
    for (reason, english) in &all {
        assert_eq!(&evidence::said(English, reason), english, "{}", reason.name);
        let russian = evidence::said(Russian, reason);
        assert_ne!(&russian, english, "{}", reason.name);
        for text in [english, &russian] {
            for sign in [
                "Custom(",
                "Some(",
                "None",
                "Err(",
                "Error(",
                "{",
                "}",
                "::",
                "\\\"",
                "invalid type",
            ] {
                assert!(!text.contains(sign), "{}: {text}", reason.name);
            }
        }
        // What is not only a part of a sentence says what somebody can do.
        let part = [
            "about-", "foreign-", "broken-", "wrong-", "part-", "period-", "bound-",
        ];
        let is_part = part.iter().any(|part| reason.name.starts_with(part));
        let whole = ["trust-key-set", "row-bundle"].contains(&reason.name);
        assert!(
            is_part || whole || english.contains([';', ':']),
            "{english}"
        );
    }
}

#[test]
fn a_registered_venue_s_poster_tells_guests_to_look_whether_it_is_vouched_for() {
    let policy = policy(&[], None, true);
    for (language, word) in [(English, "authority vouches"), (Russian, "ручаются")] {
        let plain = Poster::new(language, &policy, &schema());
        let vouched = plain.clone().of_registered_venue(language);
        assert_eq!(vouched.steps.lines.len(), plain.steps.lines.len() + 1);
        assert!(vouched.steps.lines[1].contains(word));
    }
}
