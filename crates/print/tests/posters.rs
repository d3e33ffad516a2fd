//! Posters in every language, for the shortest and the longest policies.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use veilpass::qr::Code;
use veilpass::scheme::{Attribute, AttributeKind, MinimumAge, Mode, Policy, Schema, SetBy};
use veilpass_print::poster::{Door, page};
use veilpass_print::sheet::{Page, draw};
use veilpass_words::Language;
use veilpass_words::poster::Poster;

/// A schema with the most attributes, with the longest names.
fn schema() -> Schema {
    let attribute = |index: u8| Attribute {
        name: match index {
            0 => "until".to_owned(),
            1 => "birth_date".to_owned(),
            _ => format!("{:W<32}", format!("attribute_{index}_")),
        },
        kind: if index < 2 {
            AttributeKind::Date
        } else {
            AttributeKind::Text
        },
        set_by: SetBy::Issuer,
        may_disclose: true,
    };
    Schema::new((0..30).map(attribute).collect()).unwrap()
}

fn policy(disclose: Vec<u8>) -> Policy {
    Policy {
        number: 1,
        name: "test".to_owned(),
        until: 2,
        from: None,
        minimum_age: (!disclose.is_empty()).then_some(MinimumAge {
            attribute: 3,
            years: 18,
        }),
        once_a_day: !disclose.is_empty(),
        disclose,
        any_audience: false,
        window: 60,
        modes: vec![Mode::Poster.with_grace(0)],
    }
}

fn poster(venue: &str, policy: &Policy, languages: &[Language]) -> Page {
    // Of a registered venue: one sentence more.
    let of = |language: &Language| {
        let words = Poster::new(*language, policy, &schema());
        words.of_registered_venue(*language)
    };
    let words: Vec<_> = languages.iter().map(of).collect();
    let door = Door {
        venue,
        scheme: "Moscow, June 2021",
        code: Code::new(b"a question of a door, about as long as one").unwrap(),
    };
    page(&door, &words).unwrap()
}

fn drawn(page: &Page, name: &str) -> Vec<u8> {
    let one = std::slice::from_ref(page);
    let mut files = draw(one, Path::new(name)).unwrap();
    assert_eq!(files.len(), 1);
    files.remove(0).1
}

/// The attribute of a text's tag, as a number.
fn number(tag: &str, name: &str) -> f32 {
    let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

#[test]
fn a_poster_has_the_words_of_its_languages_and_no_others() {
    let text = |languages: &[Language]| {
        String::from_utf8(drawn(
            &poster("Café <Пушкинъ>", &policy(vec![]), languages),
            "p.svg",
        ))
        .unwrap()
    };
    let (english, russian) = (Language::English, Language::Russian);
    let (headline, headline_ru) = ("Show your pass here", "Покажите здесь пропуск");
    assert!(text(&[english]).contains(headline) && !text(&[english]).contains(headline_ru));
    assert!(!text(&[russian]).contains(headline) && text(&[russian]).contains(headline_ru));
    let both = text(&[english, russian]);
    assert!(both.contains(headline) && both.contains(headline_ru));
    assert!(both.contains("Café &lt;Пушкинъ>"));
}

#[test]
fn whatever_is_asked_stands_within_the_page_and_below_the_code() {
    let long = "Щ".repeat(64);
    for languages in [&Language::ALL[..1], &Language::ALL[1..], &Language::ALL[..]] {
        for disclose in [vec![], vec![3], (2..32).collect()] {
            let page = poster(&long, &policy(disclose), languages);
            let svg = String::from_utf8(drawn(&page, "p.svg")).unwrap();
            let mut texts = 0;
            for tag in svg.split("<text").skip(1) {
                let (x, y, size) = (number(tag, "x"), number(tag, "y"), number(tag, "font-size"));
                let text = tag.split(['>', '<']).nth(1).unwrap();
                texts += 1;
                assert!(
                    (0.0..=210.0).contains(&x) && (0.0..=290.0).contains(&y),
                    "{tag}"
                );
                assert!(size >= 2.0, "{tag}");
                // A letter of this font is at most as wide as its size and a tenth.
                let columns = f32::from(u8::try_from(languages.len()).unwrap());
                let width = if y > 150.0 { 178.0 / columns } else { 210.0 };
                let letters = f32::from(u8::try_from(text.chars().count()).unwrap());
                assert!(letters * size * 0.3 <= width, "{tag}");
            }
            assert!(texts > 12, "{texts}");
        }
    }
}

#[test]
fn a_pdf_of_a_poster_has_the_letters_of_both_languages() {
    let both = poster("Cafe", &policy(vec![3]), &Language::ALL);
    let pdf = drawn(&both, "p.pdf");
    assert!(pdf.starts_with(b"%PDF"));
    let one = drawn(
        &poster("Cafe", &policy(vec![3]), &Language::ALL[..1]),
        "p.pdf",
    );
    assert!(pdf.len() > one.len() + 2000, "{} {}", pdf.len(), one.len());
}
