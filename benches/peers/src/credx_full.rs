//! AnonCreds v2 (credx): a signature of 8 claims, all hidden; one a number that is at least today;
//! another not revoked. Nonce and encoding as in the crate's own tests.

use std::collections::BTreeSet;

use credx::claim::{ClaimData, ClaimType, HashedClaim, NumberClaim, RevocationClaim};
use credx::create_domain_proof_generator;
use credx::credential::{ClaimSchema, CredentialSchema};
use credx::indexmap::IndexMap;
use credx::issuer::{Issuer, IssuerPublic};
use credx::knox::bbs::BbsScheme;
use credx::presentation::{Presentation, PresentationCredential, PresentationSchema};
use credx::statement::{
    CommitmentStatement, RangeStatement, RevocationStatement, SignatureStatement,
};

use crate::measure::Candidate;

const TODAY: isize = 18_806;
const VALID_UNTIL: isize = 19_144;
const HANDLE: usize = 0;
const UNTIL: usize = 1;
const HASHED: usize = 6;

type Credentials = IndexMap<String, PresentationCredential<BbsScheme>>;

fn schema() -> CredentialSchema {
    let claim = |label: String, claim_type| ClaimSchema {
        claim_type,
        label,
        print_friendly: false,
        validators: vec![],
    };
    let mut claims = vec![
        claim("handle".into(), ClaimType::Revocation),
        claim("until".into(), ClaimType::Number),
    ];
    claims.extend((0..HASHED).map(|i| claim(format!("text {i}"), ClaimType::Hashed)));
    CredentialSchema::new(Some("pass"), Some("pass"), &[], &claims).unwrap()
}

/// What a verifier asks: all three statements, for this day and this state of the registry.
fn asked(issuer: &IssuerPublic<BbsScheme>, today: isize) -> PresentationSchema<BbsScheme> {
    let signature = SignatureStatement {
        disclosed: BTreeSet::new(),
        id: "signature".into(),
        issuer: issuer.clone(),
    };
    let revocation = RevocationStatement {
        id: "revocation".into(),
        reference_id: "signature".into(),
        accumulator: issuer.revocation_registry,
        verification_key: issuer.revocation_verifying_key,
        claim: HANDLE,
    };
    let commitment = CommitmentStatement {
        id: "commitment".into(),
        reference_id: "signature".into(),
        message_generator: create_domain_proof_generator(b"message generator"),
        blinder_generator: create_domain_proof_generator(b"blinder generator"),
        claim: UNTIL,
    };
    let range = RangeStatement {
        id: "range".into(),
        reference_id: "commitment".into(),
        signature_id: "signature".into(),
        claim: UNTIL,
        lower: Some(today),
        upper: None,
    };
    PresentationSchema::new(&[
        signature.into(),
        revocation.into(),
        commitment.into(),
        range.into(),
    ])
}

fn make(credentials: &Credentials, asked: &PresentationSchema<BbsScheme>) -> Option<Vec<u8>> {
    let shown = Presentation::create(credentials, asked, b"nonce").ok()?;
    serde_bare::to_vec(&shown).ok()
}

fn check(bytes: &[u8], asked: &PresentationSchema<BbsScheme>, nonce: &[u8]) -> bool {
    serde_bare::from_slice::<Presentation<BbsScheme>>(bytes)
        .is_ok_and(|shown| shown.verify(asked, nonce).is_ok())
}

pub(crate) fn candidates() -> Vec<Candidate> {
    let (public, mut issuer) = Issuer::<BbsScheme>::new(&schema());
    let mut claims: Vec<ClaimData> = vec![
        RevocationClaim::from("handle").into(),
        NumberClaim::from(VALID_UNTIL).into(),
    ];
    claims.extend((0..HASHED).map(|i| HashedClaim::from(format!("text {i}")).into()));
    let bundle = issuer.sign_credential(&claims).unwrap();
    let mut credentials = Credentials::new();
    credentials.insert("signature".into(), bundle.credential.into());
    let today = asked(&public, TODAY);
    let bytes = make(&credentials, &today).unwrap();

    assert!(check(&bytes, &today, b"nonce"));
    assert!(!check(&bytes, &today, b"other"));
    assert!(!check(&bytes, &asked(&public, TODAY + 1), b"nonce"));
    let too_late = make(&credentials, &asked(&public, VALID_UNTIL + 1));
    assert!(too_late.is_none());
    let asking = today.clone();
    let length = bytes.len();
    vec![
        Candidate::new("credx_full/make", length, move || {
            make(&credentials, &today).unwrap()
        }),
        Candidate::new("credx_full/check", length, move || {
            assert!(check(&bytes, &asking, b"nonce"));
        }),
    ]
}
