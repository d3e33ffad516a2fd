//! Evidence: foreign certificates, read by an issuer before it issues a credential.
//!
//! A guest who was vaccinated elsewhere has a certificate of that place. [`check`] recognises which
//! of four it is, judges it step by step and, if every step holds, says what it states:
//!
//! | format | source | signed by |
//! |---|---|---|
//! | [`Format::EuDcc`] | EU Digital COVID Certificate, `HC1:`, schema 1.0.0 to 1.3.4 | a signer of the [`TrustList`] |
//! | [`Format::SmartHealthCard`] | SMART Health Cards, `shc:/` in one code or several, or a `.smart-health-card` file | a key of the [`CardIssuers`] |
//! | [`Format::IcaoSeal`] | Visible Digital Seal of ICAO (VDS-NC), for vaccinations and tests | a signer of the [`TrustList`], or one that an authority on it certified |
//! | [`Format::Fhir`] | a plain FHIR R4 bundle in JSON | nobody: [`Evidence::signed`] is false |
//!
//! What a certificate is worth here is not decided here but by the signed [`rules`].
//!
//! A [`Report`] names the same nine [`StepName`]s for all formats, in their order. A step is judged as
//! soon as what it needs was read, so one report tells of a certificate that it is expired *and* by an
//! unknown signer *and* breaks the schema. Every reason is a sentence for a clerk; [`words`] has its name for the
//! catalogues of other languages.

mod cose;
mod country;
mod dates;
mod dcc;
mod fhir;
mod fields;
pub mod flaw;
mod group;
mod hcert;
mod inflate;
mod jwk;
mod key;
pub mod register;
mod report;
pub mod rules;
mod schema;
mod seal;
mod shc;
mod text;
mod trust;
pub mod words;

pub use dates::PartialDate;
pub use flaw::Flaw;
pub use jwk::{CardIssuers, JwkError};
pub use report::{Format, Report, Step, StepName};
pub use trust::{Skipped, TrustError, TrustList};

use flaw::About;
use report::Judge;
use veilpass::scheme::Day;

/// The SNOMED CT code of COVID-19, as certificates name the disease.
pub const COVID_19: &str = "840539006";

/// What a certificate states.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Evidence {
    /// Vaccination, recovery or test.
    pub kind: Kind,
    /// Whether somebody trusted signed it. If not, an issuer must know from elsewhere that it is true.
    pub signed: bool,
    /// Who it is about.
    pub name: Name,
    /// When that person was born, as precisely as the certificate says.
    pub birth: PartialDate,
    /// The country that issued it, ISO 3166-1 alpha-2 where there is one.
    pub country: Option<String>,
    /// The disease, as a SNOMED CT code ([`COVID_19`]); FHIR bundles rarely say.
    pub disease: Option<String>,
    /// The medicinal product of the last dose: an EU code such as `EU/1/20/1528`, or a FHIR coding
    /// as `system|code`.
    pub product: Option<String>,
    /// The doses, for a vaccination.
    pub doses: Option<Doses>,
    /// The day of the dose, of the first positive test or of the sample, as the certificate writes
    /// it (for a sample: in the offset of the place where it was taken).
    pub date: Day,
    /// From when on the certificate itself says it is valid.
    pub valid_from: Option<Day>,
    /// Until when, the day included.
    pub valid_until: Option<Day>,
    /// What a test found: the pathogen or not; `None` if this is no test or the result is no known code.
    pub detected: Option<bool>,
}

/// What happened to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Vaccinated.
    Vaccination,
    /// Recovered.
    Recovery,
    /// Tested.
    Test {
        /// By nucleic acid amplification (PCR), not for antigen.
        nucleic: bool,
    },
}

/// A name as the certificate writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Name {
    /// Family name(s), in the national alphabet if given so.
    pub family: String,
    /// Given name(s).
    pub given: String,
    /// Family name(s) in the capital letters of a passport (ICAO 9303), if given.
    pub family_standard: Option<String>,
    /// Given name(s) so, if given.
    pub given_standard: Option<String>,
}

/// Doses of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Doses {
    /// Which dose the last one was, from 1.
    pub number: u8,
    /// How many make the series, if stated.
    pub series: Option<u8>,
}

/// Whose signatures are believed.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Of EU DCCs.
    pub certificates: TrustList,
    /// Of SMART Health Cards.
    pub cards: CardIssuers,
}

/// Judges a certificate, whichever of the four it is: the text of a QR code (of a health card, of all its codes), or a
/// JSON file. `at` is when, in Unix seconds.
#[must_use]
pub fn check(input: &[u8], trust: &Trust, at: i64) -> Report {
    match text::Kind::of(input) {
        Ok(text::Kind::Dcc(encoded)) => dcc::check(&encoded, &trust.certificates, at),
        Ok(text::Kind::Card(card)) => shc::check(&card, &trust.cards, at),
        Ok(text::Kind::Cards(cards)) => shc::check_all(&cards, &trust.cards, at),
        Ok(text::Kind::Seal(seal)) => seal::check(&seal, &trust.certificates, at),
        Ok(text::Kind::Bundle(bundle)) => fhir::check(&bundle, at),
        Err(flaw) => refused(flaw),
    }
}

/// A report on what is read no further.
fn refused(flaw: Flaw) -> Report {
    let mut judge = Judge::default();
    judge.record::<()>(StepName::Unprefix, Err(flaw));
    judge.report(None, None)
}

impl Evidence {
    /// Evidence of this kind that states nothing yet.
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            signed: false,
            name: Name::default(),
            birth: PartialDate::default(),
            country: None,
            disease: None,
            product: None,
            doses: None,
            date: Day::default(),
            valid_from: None,
            valid_until: None,
            detected: None,
        }
    }

    /// What it is about, in a word.
    fn about(&self) -> About {
        match self.kind {
            Kind::Vaccination => About::Vaccination,
            Kind::Recovery => About::Recovery,
            Kind::Test { .. } => About::Test,
        }
    }

    /// Whether its dates can be: nothing is still to come, wherever on Earth one is at the Unix second `at`, and nobody
    /// was treated before birth.
    fn check_dates(&self, at: i64) -> Result<(), Flaw> {
        let (today, about) = (dates::latest_today(at), self.about());
        if self.birth.earliest().is_some_and(|born| born > today) {
            let about = About::Birth;
            return Err(Flaw::ToCome { about });
        }
        if self.date > today {
            return Err(Flaw::ToCome { about });
        }
        if self.birth.earliest().is_some_and(|born| born > self.date) {
            return Err(Flaw::BornAfter { about });
        }
        Ok(())
    }
}

impl Name {
    /// Whether there is a letter in it.
    fn is_somebody(&self) -> bool {
        let standard = [&self.family_standard, &self.given_standard].map(Option::as_deref);
        let own = [Some(&*self.family), Some(&*self.given)];
        let mut parts = own.into_iter().chain(standard).flatten();
        parts.any(|part| part.chars().any(char::is_alphabetic))
    }
}
