//! The forms that texts and numbers of an EU DCC must have. A value that has not the form does not
//! deserialise, and the error says which form was wanted.

use serde::Deserialize;

use super::dates::{full_date, written_day};
use veilpass::scheme::Day;

/// Declares a form that a text must have.
macro_rules! form {
    ($(#[$doc:meta])* $name:ident($type:ty), $read:expr, $wrong:literal) => {
        $(#[$doc])*
        #[derive(Deserialize)]
        #[serde(try_from = "String")]
        pub(super) struct $name(pub(super) $type);

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let read: fn(String) -> Option<$type> = $read;
                read(text).map(Self).ok_or($wrong)
            }
        }
    };
}

form!(
    /// At most 80 characters.
    Text(String),
    |text| (text.chars().count() <= 80).then_some(text),
    "a text of more than 80 characters"
);
form!(
    /// A name for machines, by the rules of passports (ICAO 9303).
    Capitals(String),
    |text| (text.len() <= 80 && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'<')).then_some(text),
    "a standardised name that is not of A to Z and <, or of more than 80"
);
form!(
    /// ISO 3166-1 alpha-2, or a longer code where there is none.
    Country(String),
    |text| ((1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())).then_some(text),
    "a country that is not of 1 to 10 capital letters"
);
form!(
    FullDate(Day),
    |text| full_date(&text),
    "a date that is not of the form YYYY-MM-DD"
);
form!(
    Sampled(Day),
    |text| written_day(&text),
    "a time that is not of the form YYYY-MM-DDThh:mm:ss with an offset"
);
form!(
    /// Semantic version: major and minor number.
    Version((u16, u16)),
    |text| {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let (major, minor, _) = (parts.next()??, parts.next()??, parts.next()??);
        (major == 1 && parts.next().is_none()).then_some((major, minor))
    },
    "a schema version that is not 1.x.y"
);

/// A number of doses: positive.
#[derive(Deserialize)]
#[serde(try_from = "u8")]
pub(super) struct Dose(pub(super) u8);

impl TryFrom<u8> for Dose {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        (number > 0)
            .then_some(Self(number))
            .ok_or("a dose number of 0")
    }
}
