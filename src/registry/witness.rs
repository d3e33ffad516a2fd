//! The holder's side: the witness that follows the public log.

use super::log::{Entry, Removal, RemovalLog, decode};
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{
    Base, Curve, Field, G1Affine, G1Projective, G2Prepared, Scalar, msm, msm_vartime,
    signed_pairing,
};
use crate::secret::Secret;

/// Removals that are decoded and taken in one multi-scalar multiplication; bounds the memory of a long
/// update. Tests have several runs in a few removals, each long enough for buckets.
const RUN: usize = if cfg!(test) { 200 } else { 16_384 };

/// Why a witness cannot follow the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// This very handle was removed.
    #[error("this pass has been revoked; ask the issuer")]
    Revoked,
    /// The log does not reach so far.
    #[error("the removal log is too short for this; get the newest bundle")]
    LogTooShort,
    /// A removal that is no point.
    #[error(
        "the removal log is damaged; get the bundle again, and tell the authority if it stays so"
    )]
    Damaged,
}

/// A holder's proof that its handle is not removed: C for a place in the log.
pub struct Witness {
    y: Secret<Scalar>,
    c: Secret<G1Affine>,
    removals: u32,
    key_set: u32,
}

impl Witness {
    pub(crate) fn new(y: Scalar, c: G1Affine, removals: u32, key_set: u32) -> Self {
        Self {
            y: Secret::new(y),
            c: Secret::new(c),
            removals,
            key_set,
        }
    }

    /// The same once more, for a second credential with the same handle.
    pub(crate) fn again(&self) -> Self {
        Self::new(
            *self.y.expose(),
            *self.c.expose(),
            self.removals,
            self.key_set,
        )
    }

    /// The number of the key set whose accumulator it belongs to.
    #[must_use]
    pub fn key_set(&self) -> u32 {
        self.key_set
    }

    /// How many removals it stands for.
    #[must_use]
    pub fn removals(&self) -> u32 {
        self.removals
    }

    pub(crate) fn handle(&self) -> &Scalar {
        self.y.expose()
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        self.write_place(writer.scalar(self.y.expose()))
    }

    /// All but the handle.
    pub(crate) fn write_place(&self, writer: Writer) -> Writer {
        writer
            .g1(self.c.expose())
            .u32(self.removals)
            .u32(self.key_set)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let y = Secret::new(reader.scalar()?);
        Self::read_place(*y.expose(), reader)
    }

    /// What [`write_place`](Self::write_place) wrote, of a handle.
    pub(crate) fn read_place(y: Scalar, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self::new(y, reader.g1()?, reader.u32()?, reader.u32()?))
    }

    /// C.
    #[must_use]
    pub fn point(&self) -> &G1Affine {
        self.c.expose()
    }

    /// e(C, Q + y·g2) = e(V, g2), (15). Constant-time.
    #[must_use]
    pub fn holds(&self, registry: &G2Prepared, accumulator: &G1Affine) -> bool {
        let right = G1Projective::from(accumulator);
        signed_pairing(self.c.expose(), registry, self.y.expose(), &right)
    }

    /// The same witness after `removals` removals, forward or back (17). Variable-time in y and C,
    /// on the holder's own machine; presentations hide both perfectly. Only the removals on the way are
    /// decoded, in memory that does not grow with their number.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub fn at_vartime(&self, log: &RemovalLog, removals: u32) -> Result<Self, WitnessError> {
        let (from, to) = (self.removals.min(removals), self.removals.max(removals));
        let way = log.between(from, to).ok_or(WitnessError::LogTooShort)?;
        let decode = |run: &[Entry]| decode(run).ok_or(WitnessError::Damaged);
        let mut c = *self.c.expose();
        if removals >= self.removals {
            for run in way.chunks(RUN) {
                c = self.forward_vartime(&c, &decode(run)?)?;
            }
        } else {
            for run in way.rchunks(RUN) {
                c = self.back(&c, &decode(run)?);
            }
        }
        Ok(Self::new(*self.y.expose(), c, removals, self.key_set))
    }

    /// C_n from C_0 over a run of removals (17): one multi-scalar multiplication and one inversion.
    ///
    /// # Errors
    /// [`WitnessError::Revoked`] if y is among them.
    pub fn forward_vartime(&self, c: &G1Affine, run: &[Removal]) -> Result<G1Affine, WitnessError> {
        let y = self.y.expose();
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
        let sums = sums.map(|((_, v), before)| (Base::Point(*v), -(all * before)));
        let terms: Vec<_> = std::iter::once((Base::Point(*c), all))
            .chain(sums)
            .collect();
        Ok(msm_vartime(&terms).to_affine())
    }

    /// C_0 from C_n: C_{j−1} = d_j·C_j + V_j, from the back.
    fn back(&self, c: &G1Affine, run: &[Removal]) -> G1Affine {
        let y = self.y.expose();
        run.iter().rev().fold(*c, |c, (removed, v)| {
            (msm([(Base::Point(c), removed - y)]) + v).to_affine()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Registry, RegistryError, RegistryKey, Reissued};
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    fn registry(rng: &mut StdRng) -> (Registry, G2Prepared) {
        let key = RegistryKey::generate(rng);
        let q = (*key.public()).into();
        let v0 = crate::curve::HashSuite::XmdSha256.hash_to_g1(&[b"V0"], b"TEST");
        (Registry::new(key, v0, 1), q)
    }

    #[test]
    fn a_witness_follows_0_1_and_500_removals_and_comes_back() {
        let mut rng = StdRng::seed_from_u64(1);
        let (mut registry, q) = registry(&mut rng);
        let first = registry.draw(&mut rng).unwrap().0;
        let v0 = *registry.accumulator();
        assert!(first.holds(&q, &v0));
        assert_eq!(
            first.at_vartime(registry.log(), 0).unwrap().point(),
            first.point()
        );
        let mut accumulators = vec![v0];
        for _ in 0..500 {
            let other = registry.draw(&mut rng).unwrap();
            registry.remove(&other.id()).unwrap();
            accumulators.push(*registry.accumulator());
        }
        for removals in [1usize, 2, 500] {
            let n = u32::try_from(removals).unwrap();
            let later = first.at_vartime(registry.log(), n).unwrap();
            assert!(later.holds(&q, &accumulators[removals]), "{removals}");
            assert_eq!(later.removals(), n);
            assert!(!later.holds(&q, &accumulators[removals - 1]));
            let again = later.at_vartime(registry.log(), 0).unwrap();
            assert_eq!(again.point(), first.point());
        }
        let newer = registry.draw(&mut rng).unwrap().0;
        let older = newer.at_vartime(registry.log(), 480).unwrap();
        assert!(older.holds(&q, &accumulators[480]));
        assert!(matches!(
            first.at_vartime(registry.log(), 501),
            Err(WitnessError::LogTooShort)
        ));
    }

    #[test]
    fn a_removed_handle_has_no_witness_afterwards() {
        let mut rng = StdRng::seed_from_u64(2);
        let (mut registry, q) = registry(&mut rng);
        let handle = registry.draw(&mut rng).unwrap();
        let id = handle.id();
        registry.remove(&id).unwrap();
        let v1 = *registry.accumulator();
        let witness = handle.0;
        assert!(matches!(
            witness.at_vartime(registry.log(), 1),
            Err(WitnessError::Revoked)
        ));
        assert!(!witness.holds(&q, &v1));
        assert_eq!(registry.remove(&id), Err(RegistryError::Removed));
        assert_eq!(registry.remove(&[1; 32]), Err(RegistryError::Unknown));
    }

    #[test]
    fn a_rotated_accumulator_keeps_every_handle_that_stands_and_no_other() {
        let mut rng = StdRng::seed_from_u64(4);
        let (mut registry, _) = registry(&mut rng);
        let [kept, gone, later] = [(); 3].map(|()| registry.draw(&mut rng).unwrap());
        registry.remove(&gone.id()).unwrap();
        let key = RegistryKey::generate(&mut rng);
        let q = (*key.public()).into();
        let v0 = crate::curve::HashSuite::XmdSha256.hash_to_g1(&[b"V0 again"], b"TEST");
        let reissued = registry.rotate(key, v0, 2).unwrap();
        assert_eq!(
            Reissued::from_bytes(&reissued.to_bytes()).as_ref(),
            Ok(&reissued)
        );
        let fresh = reissued.find(kept.0.handle(), 2).unwrap();
        assert!(fresh.holds(&q, &v0));
        assert_eq!((fresh.removals(), fresh.key_set()), (0, 2));
        assert!(reissued.find(gone.0.handle(), 2).is_none());
        // Removals go on under the new key; what was removed before stays removed.
        assert_eq!(registry.remove(&gone.id()), Err(RegistryError::Removed));
        registry.remove(&later.id()).unwrap();
        let followed = fresh.at_vartime(registry.log(), 1).unwrap();
        assert!(followed.holds(&q, registry.accumulator()));
    }

    #[test]
    fn a_damaged_removal_stops_those_whose_way_leads_over_it_and_nobody_else() {
        let mut rng = StdRng::seed_from_u64(3);
        let (mut registry, q) = registry(&mut rng);
        let early = registry.draw(&mut rng).unwrap().0;
        let mut late = None;
        for _ in 0..3 {
            late = registry.draw(&mut rng).ok();
            let handle = registry.draw(&mut rng).unwrap();
            registry.remove(&handle.id()).unwrap();
        }
        let late = late.unwrap().0;
        let whole = registry.log().as_bytes();
        let (head, removal) = (2, 80);
        assert_eq!(whole.len(), head + 3 * removal);
        assert_eq!(RemovalLog::from_bytes(whole).as_ref(), Ok(registry.log()));
        for end in 0..whole.len() {
            let good = end >= head && (end - head) % removal == 0;
            assert_eq!(RemovalLog::from_bytes(&whole[..end]).is_ok(), good);
        }
        let zeroed = |place: std::ops::Range<usize>| {
            let mut bytes = whole.to_vec();
            bytes[place].fill(0);
            RemovalLog::from_bytes(&bytes)
        };
        // No point in the second place: found by who needs it.
        let second = head + removal;
        let damaged = zeroed(second + 32..second + removal).unwrap();
        assert_eq!(
            early.at_vartime(&damaged, 3).err(),
            Some(WitnessError::Damaged)
        );
        assert!(early.at_vartime(&damaged, 1).is_ok());
        let there = late.at_vartime(&damaged, 3).unwrap();
        assert!(there.holds(&q, registry.accumulator()));
        assert_eq!(
            there.at_vartime(&damaged, 1).err(),
            Some(WitnessError::Damaged)
        );
        // The authority reads rows of its store, and looks at all of them.
        {
            let rows: Vec<_> = whole[head..].chunks(removal).map(<[u8]>::to_vec).collect();
            assert_eq!(RemovalLog::from_rows(&rows).as_ref(), Ok(registry.log()));
            let mut rows = rows;
            rows[1][32..].fill(0);
            assert!(RemovalLog::from_rows(&rows).is_err());
        }
        // In the last place, or a handle that is no scalar anywhere: the log is not read.
        let third = second + removal;
        assert!(zeroed(third + 32..third + removal).is_err());
        let mut bytes = whole.to_vec();
        bytes[head..head + 32].fill(0xff);
        assert!(RemovalLog::from_bytes(&bytes).is_err());
    }
}
