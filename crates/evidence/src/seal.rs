//! ICAO's Visible Digital Seal for non-constrained environments (VDS-NC, Doc 9303-13 and the technical reports on
//! "Visible Digital Seals for Non-Constrained Environments", version 1.1): JSON with `data`, signed in the form of RFC
//! 8785, and `sig` with the signer's certificate. Japan and Australia give them to travellers. `icao.vacc` is a proof
//! of vaccination, `icao.test` a proof of testing, which ICAO calls a health proof.

use base64ct::{Base64Unpadded, Encoding};
use serde::Deserialize;
use serde_json::Value;

use super::dates::{PartialDate, dated};
use super::flaw::{About, Broken, Wrong};
use super::key::Algorithm;
use super::report::Judge;
use super::trust::{Signer, TrustList, untrusted};
use super::{COVID_19, Doses, Evidence, Flaw, Format, Kind, Name, Report, StepName, country};

/// The longest text that is read, in characters.
const MAX_TEXT: usize = 200;

/// The most vaccines, and doses of each.
const MAX_EVENTS: usize = 32;

#[derive(Deserialize)]
struct Header {
    /// Type.
    t: String,
    v: u64,
    /// Country, in three letters.
    is: String,
}

#[derive(Deserialize)]
struct Signature {
    alg: String,
    cer: String,
    sigvl: String,
}

/// A seal whose parts are there.
struct Seal<'a> {
    data: &'a Value,
    header: Header,
    algorithm: Result<Algorithm, Flaw>,
    /// The signer as it comes, in DER.
    certificate: Vec<u8>,
    signer: Signer,
    signature: Vec<u8>,
}

/// Judges a seal.
pub(super) fn check(json: &Value, trust: &TrustList, at: i64) -> Report {
    let mut judge = Judge::default();
    let evidence = judge
        .record(StepName::Decode, Seal::of(json))
        .and_then(|seal| {
            let about = seal.about();
            let evidence = judge.record(StepName::Schema, seal.read());
            judge.record(StepName::Verify, seal.verify(trust, at));
            judge.record(StepName::KeyUsage, seal.signer.check_seals(about));
            let evidence = evidence?;
            judge.record(StepName::Dates, evidence.check_dates(at));
            Some(evidence)
        });
    judge.report(Some(Format::IcaoSeal), evidence)
}

/// Base64 of either alphabet, with or without `=` at the end: states write all four.
fn base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = (text.chars())
        .filter(|c| !c.is_whitespace() && *c != '=')
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    Base64Unpadded::decode_vec(&plain).ok()
}

impl<'a> Seal<'a> {
    fn of(json: &'a Value) -> Result<Self, Flaw> {
        let broken = |how| Flaw::Envelope { how };
        let (data, sig) = (json.get("data"), json.get("sig"));
        let (data, sig) = data.zip(sig).ok_or(broken(Broken::Seal))?;
        let header = data.get("hdr").map(Header::deserialize);
        let header = header.and_then(Result::ok).ok_or(broken(Broken::Seal))?;
        if header.v != 1 || !matches!(&*header.t, "icao.vacc" | "icao.test") {
            return Err(broken(Broken::Seal));
        }
        let signature = Signature::deserialize(sig).map_err(|_| broken(Broken::Seal))?;
        let algorithm = match &*signature.alg {
            "ES256" => Ok(Algorithm::Es256),
            "ES384" => Ok(Algorithm::Es384),
            _ => Err(Flaw::Algorithm),
        };
        let certificate = base64(&signature.cer);
        let certificate = certificate.ok_or(broken(Broken::Signer))?;
        Ok(Self {
            data,
            header,
            algorithm,
            signer: untrusted(&certificate).ok_or(broken(Broken::Signer))?,
            certificate,
            signature: base64(&signature.sigvl).ok_or(broken(Broken::Base64))?,
        })
    }

    fn about(&self) -> About {
        match &*self.header.t {
            "icao.test" => About::Test,
            _ => About::Vaccination,
        }
    }

    /// Whether somebody trusted signed it: a signer that is trusted itself, or one that a trusted authority certified,
    /// which is in force then, too.
    fn verify(&self, trust: &TrustList, at: i64) -> Result<(), Flaw> {
        let algorithm = self.algorithm.clone()?;
        let trusted =
            |other: &&Signer| other.is(&self.signer) || other.certifies(&self.certificate);
        let trusted = trust.signers().iter().find(trusted);
        let trusted = trusted.ok_or(Flaw::UnknownSigner)?;
        let signed = serde_json_canonicalizer::to_vec(self.data).map_err(|_| Flaw::Signature)?;
        self.signer
            .key
            .verify_any(algorithm, &signed, &self.signature)?;
        self.signer.check_in_force(at)?;
        trusted.check_in_force(at)?;
        let said = country::normal(&self.header.is);
        self.signer.check_country(Some(&said))?;
        trusted.check_country(Some(&said))
    }

    /// What it states.
    fn read(&self) -> Result<Evidence, Flaw> {
        let message = self.data.get("msg").unwrap_or(&Value::Null);
        let evidence = match self.about() {
            About::Test => test(message)?,
            _ => vaccination(message)?,
        };
        let person = message.get("pid").unwrap_or(&Value::Null);
        Ok(Evidence {
            signed: true,
            name: name(text(person, "pid.n")?)?,
            birth: birth(person)?,
            country: Some(country::normal(&self.header.is)),
            ..evidence
        })
    }
}

fn wrong(field: &'static str, wrong: Wrong) -> Flaw {
    Flaw::Field { field, wrong }
}

fn key(field: &'static str) -> &'static str {
    field.rsplit('.').next().unwrap_or(field)
}

/// A text, by its place; the last name is its key.
fn text<'a>(of: &'a Value, field: &'static str) -> Result<&'a str, Flaw> {
    let value = of.get(key(field)).ok_or(wrong(field, Wrong::Missing))?;
    let text = value.as_str().ok_or(wrong(field, Wrong::NotText))?;
    match text.chars().count() <= MAX_TEXT {
        true => Ok(text),
        false => Err(wrong(field, Wrong::TooLong { most: MAX_TEXT })),
    }
}

fn list<'a>(of: &'a Value, field: &'static str) -> Result<&'a [Value], Flaw> {
    let list = of.get(key(field)).and_then(Value::as_array);
    let list = list.filter(|list| (1..=MAX_EVENTS).contains(&list.len()));
    list.map(Vec::as_slice).ok_or(wrong(field, Wrong::NotAList))
}

/// A name as in a passport: the names of the family, two spaces, the given names (Doc 9303-3, section 4.6).
fn name(text: &str) -> Result<Name, Flaw> {
    let (family, given) = text.trim().split_once("  ").unwrap_or((text, ""));
    let plain = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = Name {
        family: plain(family),
        given: plain(given),
        ..Name::default()
    };
    name.is_somebody().then_some(name).ok_or(Flaw::Nameless)
}

/// The date of birth, which a seal with the number of a travel document may leave out.
fn birth(person: &Value) -> Result<PartialDate, Flaw> {
    let field = "pid.dob";
    let given = match person.get("dob") {
        None | Some(Value::Null) => String::new(),
        Some(_) => text(person, field)?.to_owned(),
    };
    let has_document = ["i", "dn"].iter().any(|name| person.get(name).is_some());
    if given.is_empty() && !has_document {
        return Err(wrong(field, Wrong::Missing));
    }
    PartialDate::read(given, true).ok_or(wrong(field, Wrong::NotABirth))
}

fn day(of: &Value, field: &'static str) -> Result<veilpass::scheme::Day, Flaw> {
    dated(text(of, field)?).ok_or(wrong(field, Wrong::NotADate))
}

/// The last dose. `nam` is the product, and `seq` the number of the dose, which states write as number or as text.
fn vaccination(message: &Value) -> Result<Evidence, Flaw> {
    let mut doses = Vec::new();
    for vaccine in list(message, "msg.ve")? {
        let product = format!("icao|{}", text(vaccine, "ve.nam")?);
        let disease = vaccine.get("dis").and_then(Value::as_str);
        for dose in list(vaccine, "ve.vd")? {
            let number = match dose.get("seq") {
                Some(Value::String(text)) => text.trim().parse().ok(),
                Some(number) => number.as_u64(),
                None => return Err(wrong("vd.seq", Wrong::Missing)),
            };
            let number = number.ok_or(wrong("vd.seq", Wrong::NotWhole))?;
            let number = u8::try_from(number).ok().filter(|number| *number > 0);
            let (least, most) = (1, u8::MAX);
            let number = number.ok_or(wrong("vd.seq", Wrong::Range { least, most }))?;
            doses.push((day(dose, "vd.dvc")?, number, product.clone(), disease));
        }
    }
    let last = doses.into_iter().max();
    let (date, number, product, disease) = last.ok_or(wrong("msg.ve", Wrong::NotAList))?;
    let series = None;
    Ok(Evidence {
        product: Some(product),
        doses: Some(Doses { number, series }),
        disease: disease.map(disease_of),
        date,
        ..Evidence::of(Kind::Vaccination)
    })
}

/// ICD-11: COVID-19 by its disease or its agent. Other codes stay what they are.
fn disease_of(code: &str) -> String {
    match code.starts_with("RA01") || code.starts_with("XN109") {
        true => COVID_19.to_owned(),
        false => format!("icd11|{}", code.chars().take(20).collect::<String>()),
    }
}

fn test(message: &Value) -> Result<Evidence, Flaw> {
    let times = message.get("dat").unwrap_or(&Value::Null);
    let result = message.get("tr").unwrap_or(&Value::Null);
    let method = text(result, "tr.tc")?.to_ascii_lowercase();
    Ok(Evidence {
        date: day(times, "dat.sc")?,
        detected: match text(result, "tr.r")?.to_ascii_lowercase().as_str() {
            "negative" | "normal" => Some(false),
            "positive" | "abnormal" => Some(true),
            _ => None,
        },
        ..Evidence::of(Kind::Test {
            nucleic: method.starts_with("molecular"),
        })
    })
}
