//! EU Digital COVID Certificates: `HC1:` → base45 → zlib → COSE_Sign1 → CWT → certificate (EU eHealth
//! Network, "Electronic Health Certificate Specification" 1.1).

use super::cose::Signed;
use super::group::Group;
use super::hcert::Claims;
use super::report::Judge;
use super::trust::{Signer, TrustList};
use super::{Flaw, Format, Report, StepName, inflate, schema};

/// The context identifier of version 1.
pub(super) const PREFIX: &str = "HC1:";

/// Judges what stands behind the prefix.
pub(super) fn check(encoded: &str, trust: &TrustList, at: i64) -> Report {
    let mut judge = Judge::default();
    judge.record(StepName::Unprefix, Ok(()));
    let evidence = open(encoded, &mut judge).and_then(|(signed, claims)| {
        let issuer = claims.issuer.as_deref();
        let evidence = schema::read(&claims.certificate, issuer);
        let evidence = judge.record(StepName::Schema, evidence);
        let (signer, verified) = verify(&signed, issuer, trust, at);
        judge.record(StepName::Verify, verified);
        judge.record(StepName::Expiration, claims.check_times(at));
        if let (Some(signer), groups @ [_, ..]) = (signer, &*Group::of(&claims.certificate)) {
            judge.record(StepName::KeyUsage, check_usage(signer, groups));
        }
        evidence
    });
    judge.report(Some(Format::EuDcc), evidence)
}

/// The steps that each need the one before.
fn open(encoded: &str, judge: &mut Judge) -> Option<(Signed, Claims)> {
    let compressed = base45::decode(encoded)
        .map_err(|_| Flaw::Transport("a character is not of base45, or one is missing"));
    let compressed = judge.record(StepName::Base45, compressed)?;
    let message = judge.record(StepName::Decompress, inflate::zlib(&compressed))?;
    let decoded = Signed::from_cbor(&message).and_then(|signed| {
        let claims = Claims::from_cbor(signed.payload()?)?;
        Ok((signed, claims))
    });
    judge.record(StepName::Decode, decoded)
}

/// Finds the signer (its key identifier is 8 bytes of a digest, so there could be two) and checks
/// that it signed, was in force and is of the country that the certificate names.
fn verify<'a>(
    signed: &Signed,
    country: Option<&str>,
    trust: &'a TrustList,
    at: i64,
) -> (Option<&'a Signer>, Result<(), Flaw>) {
    let Some(id) = signed.key_id() else {
        return (None, Err(Flaw::NoKeyId));
    };
    let mut found = (None, Err(Flaw::UnknownSigner));
    for signer in trust.with_id(id) {
        let verified = (signed.verify(&signer.key))
            .and_then(|()| signer.check_in_force(at))
            .and_then(|()| signer.check_country(country));
        found = (Some(signer), verified);
        if found.1.is_ok() {
            break;
        }
    }
    found
}

/// A signer without any of the usages may sign everything.
fn check_usage(signer: &Signer, groups: &[Group]) -> Result<(), Flaw> {
    let may = |group: &&Group| signer.usages.is_empty() || signer.usages.contains(*group);
    match groups.iter().find(|group| !may(group)) {
        Some(group) => Err(Flaw::KeyUsage(group.name())),
        None => Ok(()),
    }
}
