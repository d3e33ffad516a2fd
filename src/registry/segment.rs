//! Segments of the public log: 4,096 removals each, with both coordinates of every V.
//!
//! A reader of a compressed point takes a square root and checks its order; that was 85 % of the time of following a
//! log. Here it reads two coordinates, holds them against the curve's equation, and leaves the order to the sum
//! ([`sum_in_subgroup_vartime`]). So a wrong log leads to a point of the subgroup, too, and (15) says whether it
//! is the right one.

use super::SEGMENT;
use super::witness::WitnessError;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{
    self, CurvePoint, Field, G1Affine, Scalar, g1_to_coordinates, sum_in_subgroup_vartime,
};

/// Bytes of a removal: y_j ‖ V_j by its coordinates.
const REMOVAL: usize = 32 + 96;

/// A removal as it is published.
pub type Entry = [u8; REMOVAL];

/// A removal as it is computed with: (y_j, V_j). What V_j has outside the subgroup, nobody has looked at.
pub type Removal = (Scalar, CurvePoint);

/// A removal as it is published.
#[must_use]
pub fn entry(y: &Scalar, accumulator: &G1Affine) -> Entry {
    let mut entry = [0; REMOVAL];
    let (handle, point) = entry.split_at_mut(32);
    handle.copy_from_slice(&curve::scalar_to_bytes(y));
    point.copy_from_slice(&g1_to_coordinates(accumulator));
    entry
}

/// The segments of a log, as parts to publish.
pub fn segments(log: &[Entry]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let write = |removals: &[Entry]| {
        let writer = Writer::artefact(Artefact::LogSegment);
        writer.raw(removals.as_flattened()).finish()
    };
    log.chunks(SEGMENT).map(write)
}

/// Reads a segment. Its removals are looked at where they are used ([`decode`]): it is as true as the digest under
/// which it was published, and a witness that followed a wrong log fails its own check.
///
/// # Errors
/// Anything but whole removals, one at least and no more than a segment has.
pub fn read(bytes: &[u8]) -> Result<&[Entry], DecodeError> {
    let mut reader = Reader::new("segment of the removal log", bytes);
    reader.header(Artefact::LogSegment)?;
    let flaw = reader.length_error();
    match reader.rest().as_chunks() {
        (removals, []) if (1..=SEGMENT).contains(&removals.len()) => Ok(removals),
        _ => Err(flaw),
    }
}

/// The removals, or `None` if a handle is no scalar or a V no point of the curve. On all cores.
#[must_use]
pub fn decode(entries: &[Entry]) -> Option<Vec<Removal>> {
    let removal = |entry: &Entry| {
        let (y, v) = (entry.first_chunk()?, entry.last_chunk()?);
        let v = CurvePoint::from_coordinates(v).ok()?;
        Some((curve::scalar_from_bytes(y)?, v))
    };
    crate::parallel::map(entries, removal).into_iter().collect()
}

/// C_n from C_0 over a run of removals (17): one sum and one inversion. Variable-time in y and C, on the holder's
/// own machine.
///
/// # Errors
/// [`WitnessError::Revoked`] if y is among them.
pub fn forward_vartime(
    y: &Scalar,
    c: &G1Affine,
    run: &[Removal],
) -> Result<G1Affine, WitnessError> {
    // Products of the differences from the front; their inverses then come from the back.
    let mut product = Scalar::ONE;
    let before: Vec<_> = run
        .iter()
        .map(|(removed, _)| {
            let before = product;
            product *= removed - y;
            before
        })
        .collect();
    let all = Option::<Scalar>::from(product.invert()).ok_or(WitnessError::Revoked)?;
    // 1/Π_{k≥j} d_k = (1/Π_all) · Π_{k<j} d_k.
    let sums = run.iter().zip(&before);
    let sums = sums.map(|((_, v), before)| (*v, -(all * before)));
    let first = CurvePoint::of(c).map(|c| (c, all));
    let terms: Vec<_> = first.into_iter().chain(sums).collect();
    Ok(sum_in_subgroup_vartime(&terms))
}

/// C_0 from C_n over a run of removals: Π_k d_k·C_n + Σ_j (Π_{k<j} d_k)·V_j, which is (17) backwards, one removal
/// after the other. Variable-time in y and C.
#[must_use]
pub fn back_vartime(y: &Scalar, c: &G1Affine, run: &[Removal]) -> G1Affine {
    let mut product = Scalar::ONE;
    let mut terms: Vec<_> = run
        .iter()
        .map(|(removed, v)| {
            let before = product;
            product *= removed - y;
            (*v, before)
        })
        .collect();
    terms.extend(CurvePoint::of(c).map(|c| (c, product)));
    sum_in_subgroup_vartime(&terms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Curve, G2Prepared, hash_test_point, random_scalar, signed_pairing};
    use rand::{SeedableRng, rngs::StdRng};

    /// A registry whose α is known, with a log.
    struct Known {
        alpha: Scalar,
        v: Vec<G1Affine>,
        log: Vec<Entry>,
    }

    impl Known {
        fn new(removals: usize, rng: &mut StdRng) -> Self {
            let alpha = random_scalar(rng);
            let mut v = vec![hash_test_point(b"V0")];
            let mut log = Vec::new();
            for _ in 0..removals {
                let y = random_scalar(rng);
                let inverse = (alpha + y).invert().unwrap();
                let next = (v.last().unwrap() * inverse).to_affine();
                log.push(entry(&y, &next));
                v.push(next);
            }
            Self { alpha, v, log }
        }

        fn witness(&self, y: &Scalar, removals: usize) -> G1Affine {
            (self.v[removals] * (self.alpha + y).invert().unwrap()).to_affine()
        }

        /// (15) of the witness to which this log leads.
        fn leads_to(&self, y: &Scalar, log: &[Entry]) -> Option<bool> {
            let run = decode(log)?;
            let c = forward_vartime(y, &self.witness(y, 0), &run).ok()?;
            let q = (crate::curve::G2Affine::generator() * self.alpha).to_affine();
            let right = self.v.last().unwrap();
            Some(signed_pairing(&c, &G2Prepared::from(q), y, &right.into()))
        }
    }

    #[test]
    fn a_witness_goes_forward_and_back_over_runs_of_any_length() {
        let mut rng = StdRng::seed_from_u64(1);
        let known = Known::new(300, &mut rng);
        let y = random_scalar(&mut rng);
        let c0 = known.witness(&y, 0);
        for removals in [0, 1, 2, 50, 300] {
            let run = decode(&known.log[..removals]).unwrap();
            let there = forward_vartime(&y, &c0, &run).unwrap();
            assert_eq!(there, known.witness(&y, removals), "{removals}");
            assert_eq!(back_vartime(&y, &there, &run), c0, "{removals}");
        }
    }

    #[test]
    fn a_removed_handle_has_no_witness_afterwards() {
        let mut rng = StdRng::seed_from_u64(2);
        let known = Known::new(5, &mut rng);
        let run = decode(&known.log).unwrap();
        let (removed, _) = run[3];
        let c0 = known.witness(&removed, 0);
        let refused = forward_vartime(&removed, &c0, &run).err();
        assert_eq!(refused, Some(WitnessError::Revoked));
        assert!(forward_vartime(&removed, &c0, &run[..3]).is_ok());
    }

    #[test]
    fn segments_are_whole_removals_and_no_more_than_there_are_places() {
        let mut rng = StdRng::seed_from_u64(3);
        let one = Known::new(1, &mut rng).log;
        let log = vec![one[0]; 2 * SEGMENT + 5];
        let parts: Vec<_> = segments(&log).collect();
        let lengths: Vec<_> = parts.iter().map(|part| read(part).unwrap().len()).collect();
        assert_eq!(lengths, [SEGMENT, SEGMENT, 5]);
        assert_eq!(segments(&[]).count(), 0);
        // Each length but a multiple of a removal's, nothing, one too many; another kind, another version.
        let last = &parts[2];
        for length in (0..last.len()).filter(|length| length % REMOVAL != 2) {
            assert!(read(&last[..length]).is_err(), "{length}");
        }
        assert!(read(&last[..2]).is_err());
        let more = [&parts[0], &last[2..][..REMOVAL]].concat();
        assert!(read(&more).is_err());
        for place in [0, 1] {
            let mut other = last.clone();
            other[place] ^= 1;
            assert!(read(&other).is_err());
        }
    }

    #[test]
    fn a_handle_or_a_point_that_is_none_is_found_where_it_is_used() {
        let mut rng = StdRng::seed_from_u64(4);
        let known = Known::new(3, &mut rng);
        assert!(decode(&known.log).is_some());
        let mut order = [0; 32];
        order.copy_from_slice(&hex::decode(ORDER).unwrap());
        let mut log = known.log.clone();
        log[1][..32].copy_from_slice(&order);
        assert!(decode(&log).is_none() && decode(&log[..1]).is_some());
        for place in [32, 127] {
            let mut log = known.log.clone();
            log[1][place] ^= 1;
            assert!(decode(&log).is_none() && decode(&log[..1]).is_some());
        }
    }

    /// r.
    const ORDER: &str = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";

    #[test]
    fn a_log_with_other_points_of_the_curve_leads_to_no_witness() {
        // Every removal decodes; (15) alone stands between them and a wrong witness.
        let mut rng = StdRng::seed_from_u64(5);
        let known = Known::new(4, &mut rng);
        let y = random_scalar(&mut rng);
        assert_eq!(known.leads_to(&y, &known.log), Some(true));
        let other = Known::new(1, &mut rng).log[0];
        for place in 0..4 {
            let mut log = known.log.clone();
            log[place][32..].copy_from_slice(&other[32..]);
            assert_eq!(known.leads_to(&y, &log), Some(false), "V {place}");
            let mut log = known.log.clone();
            log[place][..32].copy_from_slice(&other[..32]);
            assert_eq!(known.leads_to(&y, &log), Some(false), "y {place}");
        }
        assert_eq!(known.leads_to(&y, &known.log[..3]), Some(false));
        let swapped = [0, 2, 1, 3].map(|place| known.log[place]);
        assert_eq!(known.leads_to(&y, &swapped), Some(false));
    }

    #[cfg(not(feature = "blst"))]
    #[test]
    fn what_a_log_has_outside_the_subgroup_fails_for_no_handle() {
        // With T of order three in a V, a sum without the factor 1 − x would be outside the subgroup or inside
        // by the residue of its coefficient modulo three, and whoever looks at that alone tells handles apart.
        use crate::curve::torsion;
        let mut rng = StdRng::seed_from_u64(6);
        let known = Known::new(3, &mut rng);
        for stray in torsion::of_every_small_order() {
            let mut log = known.log.clone();
            let spoilt = torsion::plus(&known.v[2], &stray);
            log[1][32..].copy_from_slice(&g1_to_coordinates(&spoilt));
            for _ in 0..12 {
                let y = random_scalar(&mut rng);
                assert_eq!(known.leads_to(&y, &log), Some(true));
            }
        }
    }
}
