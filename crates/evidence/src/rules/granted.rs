//! What rules grant, and by which of their sentences.

use veilpass::scheme::Day;

use super::file::Period;
use crate::words::{Arg, Said, ToArg, reasons};

/// What evidence gives: the dates of a credential, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Granted {
    /// The first good day.
    pub from: Day,
    /// The last good day.
    pub until: Day,
    /// The last good day by the stricter rule, at most `until`; `None` if the rules never let this
    /// evidence meet it (in a credential: day 0).
    pub until_strict: Option<Day>,
    /// Which rule: the name and version of the file, and its part.
    #[serde(serialize_with = "as_text")]
    pub rule: Rule,
    /// For each date, which rule gave it.
    #[serde(serialize_with = "each_as_text")]
    pub because: Vec<Because>,
}

impl Granted {
    /// Which rule gave which date, for people: a line each, in English.
    #[must_use]
    pub fn explain(&self) -> String {
        let because = self.because.iter().map(ToString::to_string);
        format!(
            "{}\n{}\n",
            self.rule,
            because.collect::<Vec<_>>().join("\n")
        )
    }

    /// The same lines by their names in the catalogues.
    #[must_use]
    pub fn said(&self) -> Vec<Said> {
        let because = self.because.iter().map(Because::said);
        std::iter::once(self.rule.said()).chain(because).collect()
    }
}

fn as_text<S: serde::Serializer>(
    text: &impl std::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(text)
}

fn each_as_text<S: serde::Serializer>(
    because: &[Because],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(because.iter().map(ToString::to_string))
}

reasons! {
    /// Which rule.
    pub enum Rule {
        /// A part of a file.
        Of {
            /// The file's name.
            file: String,
            /// Its version.
            version: u32,
            /// The part.
            part: PartName,
        } = "rule-of", "{file}, version {version}: {part}";
    }
}

reasons! {
    /// What a part of the rules is about.
    pub enum PartName {
        /// Enough doses of a product.
        Vaccination {
            /// The product.
            code: String,
            /// Which dose was shown.
            shown: u8,
            /// How many are needed.
            needed: u8,
        } = "part-vaccination", "vaccination with {code}, dose {shown} of {needed} needed";
        /// A recovery.
        Recovery = "part-recovery", "recovery";
        /// A test.
        Test = "part-test", "test";
    }
}

reasons! {
    /// Which date.
    pub enum Bound {
        /// The first good day.
        From = "bound-from", "from";
        /// The last one.
        Until = "bound-until", "until";
        /// The last one by the stricter rule.
        Strict = "bound-strict", "strictly until";
    }
}

reasons! {
    /// Why a date is what it is.
    pub enum Because {
        /// By the rule.
        Rule {
            /// Which date.
            bound: Bound,
            /// The day.
            date: Day,
            /// What it is counted from.
            event: Day,
            /// How far.
            period: Period,
        } = "because-rule", "{bound} {date}: {event} and {period}";
        /// As the certificate says.
        Own {
            /// Which date.
            bound: Bound,
            /// The day.
            date: Day,
            /// What the rule would give.
            period: Period,
        } = "because-own", "{bound} {date}: the certificate's own date, narrower than {period}";
        /// There is no stricter rule.
        NeverStrict = "because-never-strict", "strictly never: the rules have no stricter date for this";
    }
}

impl Period {
    fn said(&self) -> Said {
        let (name, count) = match self {
            Self::Days(days) => ("period-days", days),
            Self::Months(months) => ("period-months", months),
        };
        let args = vec![("count", Arg::Number(u64::from(*count)))];
        Said { name, args }
    }
}

impl ToArg for Period {
    fn arg(&self) -> Arg {
        Arg::Said(self.said())
    }

    fn examples() -> Vec<Self> {
        vec![
            Self::Days(1),
            Self::Days(14),
            Self::Months(1),
            Self::Months(6),
        ]
    }
}

/// Some periods with their words, for the catalogues.
pub(crate) fn periods() -> Vec<(Said, String)> {
    let examples = Period::examples().into_iter();
    examples
        .map(|period| (period.said(), period.to_string()))
        .collect()
}
