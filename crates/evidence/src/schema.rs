//! The schema of the EU DCC, versions 1.0.0 to 1.3.4 (EU eHealth Network, "EU DCC Schema"): which fields, of which
//! types and forms, by the version that the certificate states. Value sets (which products there are) are the rules'
//! concern.
//!
//! | since | what changed |
//! |---|---|
//! | 1.0.0 | names, issuers, identifiers and test centres up to 50 characters; doses from 1 to 9; a whole date of birth |
//! | 1.1.0 | a date of birth may lack day or month: `1979`, `1979-04`, and by its pattern `1979-00` |
//! | 1.3.0 | one group of one entry; 80 characters, names of tests 255; no largest dose; the date of birth may be empty; `tc` is optional |
//! | 1.3.2 | `fnt` or `gnt` is enough (Implementing Decision 2022/483, Annex II, 3.2) |
//!
//! The pattern that 1.0.0 gives for dates of birth leaves out the 10th, 20th and 30th by a slip; nobody held to it.

use ciborium::Value;

use super::country;
use super::dates::PartialDate;
use super::fields::{Field, Fields};
use super::flaw::Wrong;
use super::{Doses, Evidence, Flaw, Kind, Name};

/// Nobody has more entries than this in one certificate.
const MAX_ENTRIES: usize = 16;

/// The longest name of a test, since 1.3.0, in characters.
const MAX_TEST_NAME: usize = 255;

/// Texts for which no version has a bound; a certificate has one as a whole.
const ANY: usize = usize::MAX;

/// SNOMED CT: not detected, detected.
const NOT_DETECTED: &str = "260415000";
const DETECTED: &str = "260373001";

/// LOINC: nucleic acid amplification with probe detection.
const NUCLEIC: &str = "LP6464-4";

/// A version 1.x.y, as minor number and patch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u16, u16);

impl Version {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse().ok().filter(|_| digits)
        });
        let (major, minor, patch): (u16, _, _) = (parts.next()??, parts.next()??, parts.next()??);
        (major == 1 && parts.next().is_none()).then_some(Self(minor, patch))
    }

    /// The most characters of names, issuers, identifiers and centres.
    fn most(self) -> usize {
        if self >= Self(3, 0) { 80 } else { 50 }
    }

    fn most_doses(self) -> u8 {
        if self >= Self(3, 0) { u8::MAX } else { 9 }
    }

    fn birth(self, field: &Field<'_>) -> Result<PartialDate, Flaw> {
        field.read(ANY, Wrong::NotABirth, |text| {
            let birth = PartialDate::read(text.to_owned(), self >= Self(1, 0))?;
            let whole = birth.day().is_some();
            let partial = self >= Self(1, 0) && !text.is_empty();
            let empty = self >= Self(3, 0) && text.is_empty();
            (whole || partial || empty).then_some(birth)
        })
    }
}

/// Checks an EU DCC against the schema and reads what it states.
pub(super) fn read(certificate: &Value) -> Result<Evidence, Flaw> {
    let fields = Fields::of(certificate, "hcert")?;
    let version = fields.get("ver")?.text(ANY).ok().and_then(Version::read);
    let version = version.ok_or(Flaw::Version)?;
    let name = name(&Fields::of(fields.get("nam")?.given()?, "nam")?, version)?;
    let birth = version.birth(&fields.get("dob")?)?;
    let [v, t, r] = [fields.get("v")?, fields.get("t")?, fields.get("r")?];
    // Some issuers write the groups that they do not use as null.
    let last = match [v.is_there(), t.is_there(), r.is_there()] {
        [true, false, false] => last(&v, version, vaccination),
        [false, true, false] => last(&t, version, test),
        [false, false, true] => last(&r, version, recovery),
        _ => Err(Flaw::Groups),
    }?;
    Ok(Evidence {
        name,
        birth,
        ..last
    })
}

/// The event that counts: before version 1.3.0 a group may tell the whole story, and its last event does.
fn last(
    group: &Field<'_>,
    version: Version,
    read: fn(&Fields<'_>, Version) -> Result<Evidence, Flaw>,
) -> Result<Evidence, Flaw> {
    let entries = group.maps(MAX_ENTRIES)?;
    if version >= Version(3, 0) && entries.len() != 1 {
        return Err(Flaw::Entries);
    }
    let read = entries.iter().map(|entry| read(entry, version));
    let events = read.collect::<Result<Vec<_>, _>>()?;
    let number = |event: &Evidence| event.doses.map(|doses| doses.number);
    let last = (events.into_iter()).max_by_key(|event| (event.date, number(event)));
    last.ok_or(Flaw::Entries)
}

fn name(fields: &Fields<'_>, version: Version) -> Result<Name, Flaw> {
    let most = version.most();
    // Issuers write a name that they do not have as an empty text.
    let own = |text: Option<&str>| {
        text.filter(|text| !text.trim().is_empty())
            .map(str::to_owned)
    };
    let family_field = fields.get("nam/fnt")?;
    let family_standard = own(family_field.capitals_if(most)?);
    let given_field = fields.get("nam/gnt")?;
    let given_standard = own(given_field.capitals_if(most)?);
    if version < Version(3, 2) || !given_field.is_there() {
        family_field.given()?;
    }
    let family = own(fields.get("nam/fn")?.text_if(most)?);
    let given = own(fields.get("nam/gn")?.text_if(most)?);
    let name = Name {
        family: family
            .or_else(|| family_standard.clone())
            .unwrap_or_default(),
        given: given.or_else(|| given_standard.clone()).unwrap_or_default(),
        family_standard,
        given_standard,
    };
    match name.is_somebody() {
        true => Ok(name),
        false => Err(Flaw::Nameless),
    }
}

/// Disease and country, which all entries have, beside what they must have and nobody needs here.
fn common(
    [disease, country, issuer, identifier]: [Field<'_>; 4],
    version: Version,
) -> Result<Evidence, Flaw> {
    issuer.text(version.most())?;
    identifier.text(version.most())?;
    Ok(Evidence {
        signed: true,
        country: Some(country::normal(country.country()?)),
        disease: Some(disease.text(ANY)?.to_owned()),
        ..Evidence::of(Kind::Recovery)
    })
}

fn vaccination(entry: &Fields<'_>, version: Version) -> Result<Evidence, Flaw> {
    let of = [
        entry.get("v/tg")?,
        entry.get("v/co")?,
        entry.get("v/is")?,
        entry.get("v/ci")?,
    ];
    entry.get("v/vp")?.text(ANY)?;
    entry.get("v/ma")?.text(ANY)?;
    Ok(Evidence {
        kind: Kind::Vaccination,
        product: Some(entry.get("v/mp")?.text(ANY)?.to_owned()),
        doses: Some(Doses {
            number: entry.get("v/dn")?.count(version.most_doses())?,
            series: Some(entry.get("v/sd")?.count(version.most_doses())?),
        }),
        date: entry.get("v/dt")?.day()?,
        ..common(of, version)?
    })
}

fn test(entry: &Fields<'_>, version: Version) -> Result<Evidence, Flaw> {
    let of = [
        entry.get("t/tg")?,
        entry.get("t/co")?,
        entry.get("t/is")?,
        entry.get("t/ci")?,
    ];
    let since_3 = version >= Version(3, 0);
    let most_name = if since_3 { MAX_TEST_NAME } else { ANY };
    entry.get("t/nm")?.text_if(most_name)?;
    entry.get("t/ma")?.text_if(ANY)?;
    let centre = entry.get("t/tc")?;
    if centre.text_if(version.most())?.is_none() && !since_3 {
        centre.given()?;
    }
    Ok(Evidence {
        kind: Kind::Test {
            nucleic: entry.get("t/tt")?.text(ANY)? == NUCLEIC,
        },
        detected: match entry.get("t/tr")?.text(ANY)? {
            NOT_DETECTED => Some(false),
            DETECTED => Some(true),
            _ => None,
        },
        date: entry.get("t/sc")?.day()?,
        ..common(of, version)?
    })
}

fn recovery(entry: &Fields<'_>, version: Version) -> Result<Evidence, Flaw> {
    let of = [
        entry.get("r/tg")?,
        entry.get("r/co")?,
        entry.get("r/is")?,
        entry.get("r/ci")?,
    ];
    Ok(Evidence {
        date: entry.get("r/fr")?.day()?,
        valid_from: Some(entry.get("r/df")?.day()?),
        valid_until: Some(entry.get("r/du")?.day()?),
        ..common(of, version)?
    })
}
