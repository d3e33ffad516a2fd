//! dock's crates put together: a signature of 8 messages, all hidden; one of them a day that is at least
//! today; another a member of the accumulator of those not revoked.
//!
//! The day's commitment C = until·g + r·h is sent; one proof ties it to the signature (same response for
//! `until`), the range proof shows digits of C − today·g. One challenge for all.

use std::collections::BTreeMap;

use ark_bls12_381::{Bls12_381, Fr, G1Affine};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use ark_std::UniformRand;
use ark_std::rand::{SeedableRng, rngs::StdRng};
use bbs_plus::prelude::Signature23G1;
use bbs_plus::proof_23_ietf::{PoKOfSignature23G1Proof, PoKOfSignature23G1Protocol};
use blake2::Blake2b512;
use dock_crypto_utils::randomized_pairing_check::RandomizedPairingChecker;
use dock_crypto_utils::signature::MessageOrBlinding;
use schnorr_pok::compute_random_oracle_challenge;
use schnorr_pok::discrete_log::PokPedersenCommitmentProtocol;
use schnorr_pok::partial::Partial2PokPedersenCommitment;
use smc_range_proof::ccs_range_proof::perfect_range_cdh::{
    CCSPerfectRangeProof, CCSPerfectRangeProofProtocol,
};
use smc_range_proof::prelude::{
    MemberCommitmentKey, SetMembershipCheckParams, SetMembershipCheckParamsWithPairing,
};
use vb_accumulator::prelude::{
    Accumulator, Keypair, MembershipWitness, PositiveAccumulator, PreparedPublicKey,
    PreparedSetupParams, SetupParams,
};
use vb_accumulator::proofs_cdh::{MembershipProof, MembershipProofProtocol};

use crate::dock::Issuer;
use crate::measure::Candidate;

type G2Prepared = <Bls12_381 as Pairing>::G2Prepared;

/// As many as the default schema of a pass has, and where handle and day are.
const MESSAGES: u32 = 8;
const HANDLE: usize = 1;
const UNTIL: usize = 2;
const TODAY: u64 = 18_806;
const VALID_UNTIL: u64 = 19_144;

/// The table of signed digits.
struct Digits {
    base: u16,
    /// Differences below it can be shown: a power of the base.
    reach: u64,
    params: SetMembershipCheckParams<Bls12_381>,
    prepared: SetMembershipCheckParamsWithPairing<Bls12_381>,
    key: G2Prepared,
    commitments: MemberCommitmentKey<G1Affine>,
}

/// Who is not revoked.
struct Registry {
    accumulator: PositiveAccumulator<G1Affine>,
    params: PreparedSetupParams<Bls12_381>,
    key: PreparedPublicKey<Bls12_381>,
}

/// All public values.
struct Public {
    issuer: &'static Issuer,
    registry: Registry,
    digits: Digits,
}

/// What the holder has.
struct Holder {
    messages: Vec<Fr>,
    signature: Signature23G1<Bls12_381>,
    witness: MembershipWitness<G1Affine>,
}

/// What is sent.
#[derive(CanonicalSerialize, CanonicalDeserialize)]
struct Shown {
    signature: PoKOfSignature23G1Proof<Bls12_381>,
    member: MembershipProof<Bls12_381>,
    commitment: G1Affine,
    opening: Partial2PokPedersenCommitment<G1Affine>,
    range: CCSPerfectRangeProof<Bls12_381>,
}

fn set_up(base: u16, reach: u64, rng: &mut StdRng) -> (&'static Public, &'static Holder) {
    let issuer = Issuer::new(MESSAGES, rng);
    let mut messages: Vec<Fr> = (0..MESSAGES).map(|_| Fr::rand(rng)).collect();
    messages[UNTIL] = VALID_UNTIL.into();
    let key = &issuer.keys.secret_key;
    let signature = Signature23G1::new(rng, &messages, key, &issuer.params).unwrap();

    let params = SetupParams::<Bls12_381>::generate_using_rng(rng);
    let keys = Keypair::<Bls12_381>::generate_using_rng(rng, &params);
    let empty = PositiveAccumulator::initialize(&params);
    let value = empty.compute_new_post_add(&messages[HANDLE], &keys.secret_key);
    let accumulator = PositiveAccumulator(value);
    let witness = accumulator.compute_membership_witness(&messages[HANDLE], &keys.secret_key);

    let (table, _) =
        SetMembershipCheckParams::new_for_range_proof::<_, Blake2b512>(rng, b"digits", base);
    let public = Public {
        issuer,
        registry: Registry {
            accumulator,
            params: params.into(),
            key: keys.public_key.clone().into(),
        },
        digits: Digits {
            base,
            reach,
            key: G2Prepared::from(table.bb_pk.0),
            prepared: table.clone().into(),
            params: table,
            commitments: MemberCommitmentKey::new::<Blake2b512>(b"commitments"),
        },
    };
    let holder = Holder {
        messages,
        signature,
        witness,
    };
    (Box::leak(Box::new(public)), Box::leak(Box::new(holder)))
}

fn make(public: &Public, holder: &Holder, today: u64, rng: &mut StdRng) -> Option<Vec<u8>> {
    let Public {
        issuer,
        registry,
        digits,
    } = public;
    let commitments = &digits.commitments;
    // Equal secrets have equal blindings.
    let (handle_blinding, until_blinding) = (Fr::rand(rng), Fr::rand(rng));
    let all = holder
        .messages
        .iter()
        .enumerate()
        .map(|(index, message)| match index {
            HANDLE => MessageOrBlinding::blind_message_with(message, handle_blinding),
            UNTIL => MessageOrBlinding::blind_message_with(message, until_blinding),
            _ => MessageOrBlinding::BlindMessageRandomly(message),
        });
    let signature =
        PoKOfSignature23G1Protocol::init(rng, &holder.signature, &issuer.params, all).ok()?;
    let value = registry.accumulator.value();
    let member = MembershipProofProtocol::<Bls12_381>::init(
        rng,
        holder.messages[HANDLE],
        Some(handle_blinding),
        value,
        &holder.witness,
    );
    let r = Fr::rand(rng);
    let until = holder.messages[UNTIL];
    let commitment = commitments.commit(&until, &r);
    let opening = PokPedersenCommitmentProtocol::init(
        until,
        until_blinding,
        &commitments.g,
        r,
        Fr::rand(rng),
        &commitments.h,
    );
    let difference = VALID_UNTIL.checked_sub(today)?;
    let range = CCSPerfectRangeProofProtocol::init_given_base(
        rng,
        difference,
        r,
        digits.reach,
        digits.base,
        commitments,
        &digits.params,
    )
    .ok()?;
    let shifted = minus_today(&commitment, today, commitments);

    let mut hashed = b"nonce".to_vec();
    signature
        .challenge_contribution(&BTreeMap::new(), &issuer.params, &mut hashed)
        .ok()?;
    member.challenge_contribution(value, &mut hashed).ok()?;
    opening
        .challenge_contribution(&commitments.g, &commitments.h, &commitment, &mut hashed)
        .ok()?;
    range
        .challenge_contribution(&shifted, commitments, &digits.params, &mut hashed)
        .ok()?;
    let challenge = compute_random_oracle_challenge::<Fr, Blake2b512>(&hashed);
    let shown = Shown {
        signature: signature.gen_proof(&challenge).ok()?,
        member: member.gen_partial_proof(&challenge).ok()?,
        commitment,
        opening: opening.gen_partial2_proof(&challenge),
        range: range.gen_proof(&challenge),
    };
    let mut bytes = Vec::new();
    shown.serialize_compressed(&mut bytes).ok()?;
    Some(bytes)
}

/// C − today·g.
fn minus_today(commitment: &G1Affine, today: u64, key: &MemberCommitmentKey<G1Affine>) -> G1Affine {
    (commitment.into_group() - key.g * Fr::from(today)).into_affine()
}

/// Whether the bytes verify for this day, accumulator value and nonce.
fn check(
    public: &Public,
    bytes: &[u8],
    today: u64,
    value: &G1Affine,
    nonce: &[u8],
    rng: &mut StdRng,
) -> Option<()> {
    let Public {
        issuer,
        registry,
        digits,
    } = public;
    let commitments = &digits.commitments;
    let shown = Shown::deserialize_compressed(bytes).ok()?;
    let nothing = BTreeMap::new();
    let shifted = minus_today(&shown.commitment, today, commitments);
    let mut hashed = nonce.to_vec();
    (shown.signature)
        .challenge_contribution(&nothing, &issuer.params, &mut hashed)
        .ok()?;
    (shown.member)
        .challenge_contribution(value, &mut hashed)
        .ok()?;
    (shown.opening)
        .challenge_contribution(
            &commitments.g,
            &commitments.h,
            &shown.commitment,
            &mut hashed,
        )
        .ok()?;
    (shown.range)
        .challenge_contribution(&shifted, commitments, &digits.params, &mut hashed)
        .ok()?;
    let challenge = compute_random_oracle_challenge::<Fr, Blake2b512>(&hashed);

    let mut pairings = RandomizedPairingChecker::new_using_rng(rng, true);
    (shown.signature)
        .verify_with_randomized_pairing_checker(
            &nothing,
            &challenge,
            issuer.prepared_key.clone(),
            issuer.prepared_params.clone(),
            &mut pairings,
        )
        .ok()?;
    let response = |index| {
        (shown.signature)
            .get_resp_for_message(index, &Default::default())
            .ok()
    };
    (shown.member)
        .verify_partial_with_randomized_pairing_checker(
            response(HANDLE)?,
            value,
            &challenge,
            registry.key.clone(),
            registry.params.clone(),
            &mut pairings,
        )
        .ok()?;
    let (g, h) = (&commitments.g, &commitments.h);
    if !(shown.opening).verify(&shown.commitment, g, h, &challenge, response(UNTIL)?) {
        return None;
    }
    digits_hold(digits, &shown.range, &shifted, &challenge, &mut pairings)?;
    pairings.verify().then_some(())
}

/// The crate's own check of a range with a pairing checker, but with the table's key prepared ahead: it
/// prepares it in every call. The base is the verifier's, not the proof's.
fn digits_hold(
    digits: &Digits,
    range: &CCSPerfectRangeProof<Bls12_381>,
    shifted: &G1Affine,
    challenge: &Fr,
    pairings: &mut RandomizedPairingChecker<Bls12_381>,
) -> Option<()> {
    if range.base != digits.base {
        return None;
    }
    let (reach, key) = (digits.reach, &digits.commitments);
    range
        .verify_except_pairings(shifted, challenge, reach, key, &digits.prepared)
        .ok()?;
    let params = &digits.prepared.bb_sig_params;
    for digit in &range.pok_sigs {
        digit.verify_except_pairings(challenge, &params.g1).ok()?;
        pairings.add_sources(
            &digit.A_prime,
            digits.key.clone(),
            &digit.A_bar,
            params.g2_prepared.clone(),
        );
    }
    Some(())
}

/// Set up, verified, ready to be measured.
fn with_digits(name: &str, base: u16, reach: u64) -> [Candidate; 2] {
    let mut rng = StdRng::seed_from_u64(9);
    let (public, holder) = set_up(base, reach, &mut rng);
    let value = *public.registry.accumulator.value();
    let bytes = make(public, holder, TODAY, &mut rng).unwrap();
    let mut holds = |bytes: &[u8], today, value: &G1Affine, nonce: &[u8]| {
        check(public, bytes, today, value, nonce, &mut rng).is_some()
    };
    assert!(holds(&bytes, TODAY, &value, b"nonce"));
    assert!(!holds(&bytes, TODAY + 1, &value, b"nonce"));
    assert!(!holds(
        &bytes,
        TODAY,
        &public.digits.commitments.g,
        b"nonce"
    ));
    assert!(!holds(&bytes, TODAY, &value, b"other"));
    let mut wrong = bytes.clone();
    wrong[bytes.len() - 1] ^= 1;
    assert!(!holds(&wrong, TODAY, &value, b"nonce"));
    assert!(make(public, holder, VALID_UNTIL + 1, &mut rng).is_none());

    let (mut making, mut checking) = (StdRng::seed_from_u64(10), StdRng::seed_from_u64(11));
    [
        Candidate::new(&format!("{name}/make"), bytes.len(), move || {
            make(public, holder, TODAY, &mut making).unwrap()
        }),
        Candidate::new(&format!("{name}/check"), bytes.len(), move || {
            check(public, &bytes, TODAY, &value, b"nonce", &mut checking).unwrap();
        }),
    ]
}

pub(crate) fn candidates() -> Vec<Candidate> {
    let two = with_digits("dock_full", 256, 65_536);
    let one = with_digits("dock_full_one_digit", 512, 512);
    two.into_iter().chain(one).collect()
}
