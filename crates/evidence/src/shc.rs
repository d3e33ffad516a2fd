//! SMART Health Cards (framework 1.4, spec.smarthealth.cards): `shc:/` and digits → compact JWS with
//! ES256 (RFC 7515, RFC 7518) → raw DEFLATE → claims with a FHIR bundle.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;

use super::jwk::CardIssuers;
use super::key::Algorithm;
use super::report::Judge;
use super::{Evidence, Flaw, Format, Report, StepName, fhir, inflate};

/// What the text of a code begins with.
pub(super) const PREFIX: &str = "shc:/";

/// The type that says a card is one, and the one that says it is about immunisation.
const CARD: &str = "https://smarthealth.cards#health-card";
const IMMUNIZATION: &str = "https://smarthealth.cards#immunization";

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

/// Judges what stands behind the prefix.
pub(super) fn check(digits: &str, issuers: &CardIssuers, at: i64) -> Report {
    let mut judge = Judge::default();
    let evidence = open(digits, &mut judge).and_then(|(jws, header, claims)| {
        let country = issuers.country(&claims.iss).map(str::to_owned);
        let evidence = fhir::read(&claims.vc.subject.bundle).map(|evidence| Evidence {
            signed: true,
            country,
            ..evidence
        });
        let evidence = judge.record(StepName::Schema, evidence);
        let verified = verify(&jws, &header, &claims.iss, issuers);
        judge.record(StepName::Verify, verified);
        judge.record(StepName::Expiration, claims.check_times(at));
        judge.record(StepName::KeyUsage, claims.vc.check_types());
        evidence
    });
    judge.report(Some(Format::SmartHealthCard), evidence)
}

/// The steps that each need the one before.
fn open(digits: &str, judge: &mut Judge) -> Option<(Jws, Header, Claims)> {
    let whole = (!digits.contains('/')).then_some(()).ok_or(Flaw::Chunked);
    judge.record(StepName::Unprefix, whole)?;
    let jws = judge.record(StepName::Base45, Jws::from_digits(digits))?;
    let payload = judge.record(StepName::Decompress, inflate::raw(&jws.payload))?;
    let decoded = serde_json::from_slice::<Header>(&jws.header)
        .map_err(|_| Flaw::Envelope("its header lacks alg, zip or kid"))
        .and_then(|header| match header.zip.as_str() {
            "DEF" => Ok(header),
            _ => Err(Flaw::Envelope(
                "its header does not say that it is compressed",
            )),
        })
        .and_then(|header| {
            let claims = serde_json::from_slice(&payload)
                .map_err(|_| Flaw::Envelope("its claims lack iss, nbf or vc with a FHIR bundle"))?;
            Ok((header, claims))
        });
    let (header, claims) = judge.record(StepName::Decode, decoded)?;
    Some((jws, header, claims))
}

impl Jws {
    /// Pairs of digits are characters; three parts of base64url with dots between them are a JWS
    /// (RFC 7515, section 7.1).
    fn from_digits(digits: &str) -> Result<Self, Flaw> {
        let text = text_of(digits).ok_or(Flaw::Transport("it is not made of pairs of digits"))?;
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Flaw::Transport("it has not three parts"));
        };
        let decode = |part| {
            Base64UrlUnpadded::decode_vec(part)
                .map_err(|_| Flaw::Transport("a part is no base64url"))
        };
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

fn verify(jws: &Jws, header: &Header, issuer: &str, issuers: &CardIssuers) -> Result<(), Flaw> {
    if header.alg != "ES256" {
        return Err(Flaw::Algorithm);
    }
    let key = issuers
        .key(issuer, &header.kid)
        .ok_or(Flaw::UnknownSigner)?;
    key.verify(Algorithm::Es256, jws.signed.as_bytes(), &jws.signature)
}

impl Claims {
    /// Whether the card may be used at the Unix second `at`: from `nbf` until before `exp`, if it has
    /// one (RFC 7519, sections 4.1.4 and 4.1.5).
    fn check_times(&self, at: i64) -> Result<(), Flaw> {
        let at = jiff::SignedDuration::from_secs(at).as_secs_f64();
        if at < self.nbf {
            return Err(Flaw::NotYet);
        }
        match self.exp {
            Some(exp) if at >= exp => Err(Flaw::Expired),
            _ => Ok(()),
        }
    }
}

impl Credential {
    fn check_types(&self) -> Result<(), Flaw> {
        let has = |name: &str| self.types.iter().any(|kind| kind == name);
        (has(CARD) && has(IMMUNIZATION))
            .then_some(())
            .ok_or(Flaw::NotAbout)
    }
}
