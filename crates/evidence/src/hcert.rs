//! The health certificate inside: a CBOR Web Token (RFC 8392) with the claim `hcert` (EU eHealth
//! Network, electronic health certificate specification, section 2.6).

use ciborium::Value;
use jiff::SignedDuration;

use super::cose::{broken, cbor};
use super::dates::utc_day;
use super::{Flaw, flaw::Broken};

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
        let hcert = claim(&claims, HCERT)?.ok_or(broken(Broken::NoHcert))?;
        let certificate = claim(hcert, EU_DCC_V1)?.ok_or(broken(Broken::NoDcc))?;
        if !certificate.is_map() {
            return Err(broken(Broken::DccMap));
        }
        let issuer = match claim(&claims, ISS)? {
            None => None,
            Some(Value::Text(text)) => Some(text.clone()),
            Some(_) => return Err(broken(Broken::Issuer)),
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
        let (Some(issued), Some(expires)) = (self.issued, self.expires) else {
            return Err(Flaw::NoTimes);
        };
        check_seconds(issued)?;
        check_seconds(expires)?;
        if at < issued {
            let from = utc_day(issued);
            return Err(Flaw::NotYet { from });
        }
        if at > expires {
            let until = utc_day(expires);
            return Err(Flaw::Expired { until });
        }
        Ok(())
    }
}

/// Refuses thousandths of seconds: as seconds they would be after the year 4970.
pub(super) fn check_seconds(time: i64) -> Result<(), Flaw> {
    match time < 100_000_000_000 {
        true => Ok(()),
        false => Err(Flaw::Milliseconds),
    }
}

/// The value of a claim; a claim that stands twice could be read in two ways.
fn claim(map: &Value, key: i64) -> Result<Option<&Value>, Flaw> {
    let entries = map.as_map().ok_or(broken(Broken::Claims))?;
    let mut values = entries.iter().filter(|(k, _)| *k == Value::from(key));
    match (values.next(), values.next()) {
        (found, None) => Ok(found.map(|(_, value)| value)),
        _ => Err(broken(Broken::Twice)),
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
    seconds.ok_or(broken(Broken::Time))
}
