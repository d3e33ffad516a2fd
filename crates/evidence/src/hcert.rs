//! The health certificate inside: a CBOR Web Token (RFC 8392) with the claim `hcert` (EU eHealth
//! Network, electronic health certificate specification, section 2.6).

use ciborium::Value;
use jiff::SignedDuration;

use super::Flaw;
use super::cose::cbor;

/// Claim keys (RFC 8392, section 4; `hcert` is private).
const ISS: i64 = 1;
const EXP: i64 = 4;
const IAT: i64 = 6;
const HCERT: i64 = -260;

/// The one kind of content in `hcert`: the EU DCC of schema version 1.
const EU_DCC_V1: i64 = 1;

/// The claims, of which nothing is verified.
pub(super) struct Claims {
    /// Country of the issuer.
    pub(super) issuer: Option<String>,
    /// Unix seconds.
    issued: Option<i64>,
    /// Unix seconds.
    expires: Option<i64>,
    /// The EU DCC, a map; its schema is not yet checked.
    pub(super) certificate: Value,
}

impl Claims {
    /// Reads the payload of the envelope.
    pub(super) fn from_cbor(bytes: &[u8]) -> Result<Self, Flaw> {
        let claims = cbor(bytes)?;
        let hcert = claim(&claims, HCERT)?.ok_or(Flaw::Envelope("it holds no hcert claim"))?;
        let certificate =
            claim(hcert, EU_DCC_V1)?.ok_or(Flaw::Envelope("its hcert claim holds no EU DCC"))?;
        if !certificate.is_map() {
            return Err(Flaw::Envelope("its EU DCC is no map"));
        }
        let issuer = match claim(&claims, ISS)? {
            None => None,
            Some(Value::Text(text)) => Some(text.clone()),
            Some(_) => return Err(Flaw::Envelope("its issuer is no text")),
        };
        Ok(Self {
            issuer,
            issued: claim(&claims, IAT)?.map(seconds).transpose()?,
            expires: claim(&claims, EXP)?.map(seconds).transpose()?,
            certificate: certificate.clone(),
        })
    }

    /// Whether the certificate may be used at the Unix second `at`: from the second it was issued to
    /// the second it expires, both included. RFC 8392 excludes the last; several states' published
    /// cases include it, and one second harms nobody.
    pub(super) fn check_times(&self, at: i64) -> Result<(), Flaw> {
        match (self.issued, self.expires) {
            (Some(issued), Some(_)) if at < issued => Err(Flaw::NotYet),
            (Some(_), Some(expires)) if at > expires => Err(Flaw::Expired),
            (Some(_), Some(_)) => Ok(()),
            _ => Err(Flaw::NoTimes),
        }
    }
}

/// The value of a claim; a claim that stands twice could be read in two ways.
fn claim(map: &Value, key: i64) -> Result<Option<&Value>, Flaw> {
    let entries = map
        .as_map()
        .ok_or(Flaw::Envelope("its claims are no map"))?;
    let mut values = entries.iter().filter(|(k, _)| *k == Value::from(key));
    match (values.next(), values.next()) {
        (found, None) => Ok(found.map(|(_, value)| value)),
        _ => Err(Flaw::Envelope("a claim stands twice")),
    }
}

/// A NumericDate (RFC 8392, section 2): whole or fractional Unix seconds, with or without tag 1.
fn seconds(value: &Value) -> Result<i64, Flaw> {
    let value = match value {
        Value::Tag(1, inner) => inner,
        other => other,
    };
    let seconds = match value {
        Value::Integer(whole) => i64::try_from(*whole).ok(),
        Value::Float(number) => SignedDuration::try_from_secs_f64(*number)
            .ok()
            .map(|duration| duration.as_secs()),
        _ => None,
    };
    seconds.ok_or(Flaw::Envelope("a time is no number of seconds"))
}
