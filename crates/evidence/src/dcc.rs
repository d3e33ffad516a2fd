//! EU Digital COVID Certificates: `HC1:` → base45 → zlib → COSE_Sign1 → CWT → certificate (EU eHealth
//! Network, "Electronic Health Certificate Specification" 1.1).

use super::cose::Signed;
use super::flaw::Broken;
use super::group::Group;
use super::hcert::Claims;
use super::report::Judge;
use super::trust::{Signer, TrustList};
use super::{Flaw, Format, Report, StepName, country, inflate, schema};

/// The context identifier of version 1.
pub(super) const PREFIX: &str = "HC1:";

/// Judges what stands behind the prefix.
pub(super) fn check(encoded: &str, trust: &TrustList, at: i64) -> Report {
    let mut judge = Judge::default();
    judge.record(StepName::Unprefix, Ok(()));
    let evidence = open(encoded, &mut judge).and_then(|(signed, claims)| {
        let issuer = claims.issuer.as_deref().and_then(country::of_issuer);
        let evidence = judge.record(StepName::Schema, schema::read(&claims.certificate));
        let (signer, verified) = verify(&signed, issuer.as_deref(), trust, at);
        judge.record(StepName::Verify, verified);
        judge.record(StepName::Expiration, claims.check_times(at));
        if let (Some(signer), groups @ [_, ..]) = (signer, &*Group::of(&claims.certificate)) {
            judge.record(StepName::KeyUsage, signer.check_usage(groups));
        }
        let mut evidence = evidence?;
        judge.record(StepName::Dates, evidence.check_dates(at));
        // Where the signer issues, its own certificate says best; the country in an entry is where the person was treated.
        let signed_in = signer.and_then(Signer::country).map(str::to_owned);
        if let Some(country) = signed_in.or(issuer) {
            evidence.country = Some(country);
        }
        Some(evidence)
    });
    judge.report(Some(Format::EuDcc), evidence)
}

/// The steps that each need the one before.
fn open(encoded: &str, judge: &mut Judge) -> Option<(Signed, Claims)> {
    let how = Broken::Base45;
    let compressed = base45::decode(encoded).map_err(|_| Flaw::Transport { how });
    let compressed = judge.record(StepName::Base45, compressed)?;
    let message = judge.record(StepName::Decompress, inflate::zlib(&compressed))?;
    let decoded = Signed::from_cbor(&message).and_then(|signed| {
        let claims = Claims::from_cbor(signed.payload()?)?;
        Ok((signed, claims))
    });
    judge.record(StepName::Decode, decoded)
}

/// Finds the signer and checks that it signed, was in force and is of the country that the certificate names. The key
/// identifier is 8 bytes of a digest, so there could be two: the one that comes furthest is told about.
fn verify<'a>(
    signed: &Signed,
    country: Option<&str>,
    trust: &'a TrustList,
    at: i64,
) -> (Option<&'a Signer>, Result<(), Flaw>) {
    let Some(id) = signed.key_id() else {
        return (None, Err(Flaw::NoKeyId));
    };
    let judged = trust.with_id(id).map(|signer| {
        let signed = signed.verify(&signer.key);
        let in_force = || signer.check_in_force(at);
        let verified =
            (signed.and_then(|()| in_force())).and_then(|()| signer.check_country(country));
        (Some(signer), verified)
    });
    let furthest = judged.max_by_key(|(_, verified)| match verified {
        Ok(()) => 3,
        Err(Flaw::Country { .. }) => 2,
        Err(Flaw::SignerNotInForce { .. }) => 1,
        Err(_) => 0,
    });
    furthest.unwrap_or((None, Err(Flaw::UnknownSigner)))
}
