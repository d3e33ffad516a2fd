//! The rules: what evidence gives, and until when. A text file (TOML) that the authority signs.
//!
//! ```toml
//! name = "Moscow, June 2021"
//! version = 1                      # rises with every change
//! minimum_age = 18                 # in years; 0, the default, asks for no birth date
//! countries = ["DE", "RS"]         # absent: any, even none; FHIR bundles name none
//! accept_unsigned = []             # ["fhir"]: an issuer vouches for FHIR bundles itself; nobody signs them
//!
//! [attributes]                     # which of the scheme's attributes get the dates; absent: these three, strict and
//! until = "until"                  # birth_date only if the scheme has them
//! strict = "until_strict"
//! birth_date = "birth_date"
//! from = "from"                    # the first good day; absent: it goes nowhere
//!
//! [vaccination]
//! valid = "12 months"              # from the last dose
//! strict = "6 months"              # for policies that ask for the stricter date; absent: never met
//!
//! [[vaccination.products]]         # only what is listed counts
//! code = "EU/1/20/1528"
//! doses = 2
//! wait = "14 days"                 # after the last dose; absent: none
//!
//! [recovery]
//! valid = "6 months"               # from the first positive test
//!
//! [test]
//! valid = "3 days"                 # from the sample
//! antigen = false                  # true: antigen tests count as well
//! ```
//!
//! Days are counted from the day of the event: a wait of 14 days after 1 June ends with the 14th, so the
//! 15th is the first good day; "3 days" after a sample of 1 June makes the 4th the last good day, and
//! "12 months" 1 June of the next year. Where a month is too short, its last day counts.

mod apply;
mod file;
mod granted;

pub use apply::Refusal;
pub use file::{AttributeNames, Period, Product, Rules, RulesError, UnverifiedRules, sign};
pub(crate) use granted::periods;
pub use granted::{Because, Bound, Granted, PartName, Rule};
