//! The points that every scheme shares: hashed to the curve under labels of the private interface,
//! so that nobody knows a relation between any two.

use std::sync::{Arc, LazyLock};

use super::schema::MAX_ATTRIBUTES;
use crate::curve::{FixedBase, G1Affine, HashSuite};
use crate::signature::Generators;

/// The private interface: its generators belong to no standard suite.
const API_ID: &str = "VEILPASS_V2_BLS12381G1_XMD:SHA-256_SSWU_RO_";

/// The bases of the pass layer.
#[derive(Debug)]
pub(crate) struct Bases {
    /// P1.
    pub(crate) p1: FixedBase,
    /// Q1, which carries the domain.
    pub(crate) q1: Arc<FixedBase>,
    /// H_s, which carries the blinding of issuance.
    pub(crate) h_s: Arc<FixedBase>,
    /// H_0, H_1, …, one for each attribute.
    pub(crate) h: Vec<Arc<FixedBase>>,
    /// h_ep, which carries the epoch.
    pub(crate) acc_epoch: FixedBase,
    /// h, which carries the issuer's key.
    pub(crate) acc_issuer: FixedBase,
    /// R, the base of date tables.
    pub(crate) date: FixedBase,
}

/// The bases, made once.
pub(crate) fn bases() -> &'static Bases {
    static BASES: LazyLock<Bases> = LazyLock::new(Bases::new);
    &BASES
}

/// A point hashed to the curve under `label`.
pub(crate) fn hashed_point(label: &str, message: &[u8]) -> G1Affine {
    let dst = format!("{API_ID}{label}_");
    HashSuite::XmdSha256.hash_to_g1(&[message], dst.as_bytes())
}

/// P1', the constant part of what is accredited: of one scheme, so that an accreditation is of that scheme
/// alone, whatever keys two schemes share.
pub(crate) fn accreditation_p1(scheme_id: &[u8; 32]) -> G1Affine {
    hashed_point("ACCREDITATION_P1", scheme_id)
}

impl Bases {
    fn new() -> Self {
        let named = |label| FixedBase::new(hashed_point(label, b"base"));
        let generators = Generators::new(
            API_ID.to_owned(),
            "MESSAGE_GENERATOR_SEED",
            HashSuite::XmdSha256,
        );
        let mut list = generators.up_to_limit(2 + MAX_ATTRIBUTES).into_iter();
        let mut next = || list.next().unwrap_or_else(|| Arc::new(named("UNREACHED")));
        Self {
            p1: named("P1"),
            q1: next(),
            h_s: next(),
            h: (0..MAX_ATTRIBUTES).map(|_| next()).collect(),
            acc_epoch: named("ACCREDITATION_EPOCH"),
            acc_issuer: named("ACCREDITATION_ISSUER"),
            date: named("DATE"),
        }
    }
}
