//! SMART Health Cards (framework 1.4, spec.smarthealth.cards): `shc:/` and digits → compact JWS with
//! ES256 (RFC 7515, RFC 7518) → raw DEFLATE → claims with a FHIR bundle.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;

use super::dates::utc_day;
use super::flaw::Broken;
use super::hcert::check_seconds;
use super::jwk::CardIssuers;
use super::key::Algorithm;
use super::report::Judge;
use super::{Evidence, Flaw, Format, Report, StepName, fhir, inflate, refused};

/// The type that says a card is one. What it is about its content says: `#immunization` and the other types are
/// deprecated, and cards may leave them out (framework, "Health Cards are Small", since 1.1).
const CARD: &str = "https://smarthealth.cards#health-card";

/// What each pair of digits counts from: `-`, the first character of base64url in ASCII.
const FIRST: u8 = b'-';

#[derive(Deserialize)]
struct Header {
    alg: String,
    zip: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    /// Unix seconds, whole or fractional.
    nbf: f64,
    exp: Option<f64>,
    vc: Credential,
}

#[derive(Deserialize)]
struct Credential {
    #[serde(rename = "type")]
    types: Vec<String>,
    #[serde(rename = "credentialSubject")]
    subject: Subject,
    /// By which it can be revoked.
    rid: Option<String>,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(rename = "fhirBundle")]
    bundle: serde_json::Value,
}

/// A compact JWS, split and decoded.
struct Jws {
    /// What is signed: the first two parts as they stand, with the dot.
    signed: String,
    header: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Judges the digits of a card's code.
pub(super) fn check(digits: &str, issuers: &CardIssuers, at: i64) -> Report {
    judged(Jws::from_digits(digits), issuers, at)
}

/// Judges the cards of a file, of one person: the last thing that one of them states counts.
pub(super) fn check_all(cards: &[String], issuers: &CardIssuers, at: i64) -> Report {
    let reports = cards
        .iter()
        .map(|card| judged(Jws::from_text(card), issuers, at));
    let (good, bad): (Vec<_>, Vec<_>) = reports.partition(|report| report.evidence.is_some());
    let person = |report: &Report| {
        let evidence = report.evidence.as_ref();
        evidence.map(|evidence| (evidence.name.clone(), evidence.birth.clone()))
    };
    if good
        .iter()
        .any(|report| good.first().and_then(person) != person(report))
    {
        return refused(Flaw::SeveralPeople);
    }
    let last = |report: &Report| {
        let evidence = report.evidence.as_ref();
        evidence.map(|evidence| (evidence.date, evidence.doses.map(|doses| doses.number)))
    };
    let best = good.into_iter().max_by_key(last);
    let report = best.or_else(|| bad.into_iter().next());
    report.unwrap_or_else(|| refused(Flaw::Unknown))
}

fn judged(jws: Result<Jws, Flaw>, issuers: &CardIssuers, at: i64) -> Report {
    let mut judge = Judge::default();
    judge.record(StepName::Unprefix, Ok(()));
    let evidence = open(jws, &mut judge).and_then(|(jws, header, claims)| {
        let country = issuers.country(&claims.iss).map(str::to_owned);
        let evidence = fhir::read(&claims.vc.subject.bundle).map(|evidence| Evidence {
            signed: true,
            country,
            ..evidence
        });
        let evidence = judge.record(StepName::Schema, evidence);
        let verified = verify(&jws, &header, &claims, issuers);
        judge.record(StepName::Verify, verified);
        judge.record(StepName::Expiration, claims.check_times(at));
        judge.record(StepName::KeyUsage, claims.vc.check_types());
        let evidence = evidence?;
        judge.record(StepName::Dates, evidence.check_dates(at));
        Some(evidence)
    });
    judge.report(Some(Format::SmartHealthCard), evidence)
}

/// The steps that each need the one before.
fn open(jws: Result<Jws, Flaw>, judge: &mut Judge) -> Option<(Jws, Header, Claims)> {
    let jws = judge.record(StepName::Base45, jws)?;
    let payload = judge.record(StepName::Decompress, inflate::raw(&jws.payload))?;
    let envelope = |how| Flaw::Envelope { how };
    let decoded = serde_json::from_slice::<Header>(&jws.header)
        .map_err(|_| envelope(Broken::Header))
        .and_then(|header| match header.zip.as_str() {
            "DEF" => Ok(header),
            _ => Err(envelope(Broken::Uncompressed)),
        })
        .and_then(|header| {
            let claims = serde_json::from_slice(&payload).map_err(|_| envelope(Broken::Card))?;
            Ok((header, claims))
        });
    let (header, claims) = judge.record(StepName::Decode, decoded)?;
    Some((jws, header, claims))
}

impl Jws {
    /// Pairs of digits are characters.
    fn from_digits(digits: &str) -> Result<Self, Flaw> {
        let how = Broken::Digits;
        Self::from_text(&text_of(digits).ok_or(Flaw::Transport { how })?)
    }

    /// Three parts of base64url with dots between them are a JWS (RFC 7515, section 7.1).
    fn from_text(text: &str) -> Result<Self, Flaw> {
        let broken = |how| Flaw::Transport { how };
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(broken(Broken::Parts));
        };
        let decode = |part| Base64UrlUnpadded::decode_vec(part).map_err(|_| broken(Broken::Base64));
        Ok(Self {
            signed: format!("{header}.{payload}"),
            header: decode(header)?,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }
}

fn text_of(digits: &str) -> Option<String> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let character = |pair: &[u8; 2]| {
        let [tens, ones] = pair.map(|digit| char::from(digit).to_digit(10));
        let number = u8::try_from(tens? * 10 + ones?).ok()?;
        number.checked_add(FIRST).map(char::from)
    };
    let text = pairs.iter().map(character).collect::<Option<String>>()?;
    rest.is_empty().then_some(text)
}

fn verify(jws: &Jws, header: &Header, claims: &Claims, issuers: &CardIssuers) -> Result<(), Flaw> {
    if header.alg != "ES256" {
        return Err(Flaw::Algorithm);
    }
    let key = issuers.key(&claims.iss, &header.kid);
    let key = key.ok_or(Flaw::UnknownSigner)?;
    key.verify(Algorithm::Es256, jws.signed.as_bytes(), &jws.signature)?;
    let revoked = |id| issuers.has_revoked(&claims.iss, &header.kid, id, claims.nbf);
    match claims.vc.rid.as_deref().is_some_and(revoked) {
        true => Err(Flaw::Revoked),
        false => Ok(()),
    }
}

/// The whole seconds of a time.
fn whole(seconds: f64) -> i64 {
    let duration = jiff::SignedDuration::try_from_secs_f64(seconds);
    duration.map_or(i64::MAX, |duration| duration.as_secs())
}

impl Claims {
    /// Whether the card may be used at the Unix second `at`: from `nbf` until before `exp`, if it has
    /// one (RFC 7519, sections 4.1.4 and 4.1.5).
    fn check_times(&self, at: i64) -> Result<(), Flaw> {
        check_seconds(whole(self.nbf))?;
        if let Some(exp) = self.exp {
            check_seconds(whole(exp))?;
        }
        let now = jiff::SignedDuration::from_secs(at).as_secs_f64();
        if now < self.nbf {
            let from = utc_day(whole(self.nbf));
            return Err(Flaw::NotYet { from });
        }
        match self.exp {
            Some(exp) if now >= exp => {
                let until = utc_day(whole(exp));
                Err(Flaw::Expired { until })
            }
            _ => Ok(()),
        }
    }
}

impl Credential {
    fn check_types(&self) -> Result<(), Flaw> {
        let is_card = self.types.iter().any(|kind| kind == CARD);
        is_card.then_some(()).ok_or(Flaw::NotACard)
    }
}
