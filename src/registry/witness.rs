//! The holder's side: the witness that follows the public log.

use super::log::RemovalLog;
#[cfg(any(test, feature = "internals"))]
use super::segment::Removal;
use super::segment::{Entry, back_vartime, decode, forward_vartime};
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{G1Affine, G1Projective, G2Prepared, Scalar, signed_pairing};
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
    /// The log does not reach so far, back or forth.
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
                c = forward_vartime(self.y.expose(), &c, &decode(run)?)?;
            }
        } else {
            for run in way.rchunks(RUN) {
                c = back_vartime(self.y.expose(), &c, &decode(run)?);
            }
        }
        Ok(Self::new(*self.y.expose(), c, removals, self.key_set))
    }

    /// C after a run of removals, from C before it.
    ///
    /// # Errors
    /// [`WitnessError::Revoked`] if the handle is among them.
    #[cfg(any(test, feature = "internals"))]
    pub fn forward_vartime(&self, c: &G1Affine, run: &[Removal]) -> Result<G1Affine, WitnessError> {
        forward_vartime(self.y.expose(), c, run)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Registry, RegistryError, RegistryKey};
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
        let files = registry.rotate(key, v0, 2, &[7; 32]).unwrap();
        assert_eq!(registry.checkpoint(&[7; 32]).as_ref(), Ok(&files));
        let bucket = files.checkpoint.read((&[7; 32], 2), 0, &files.buckets[0]);
        let bucket = bucket.unwrap();
        let fresh = bucket.find(kept.0.handle()).ok().unwrap();
        assert!(fresh.holds(&q, &v0));
        assert_eq!((fresh.removals(), fresh.key_set()), (0, 2));
        assert!(bucket.find(gone.0.handle()).is_err());
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
        let whole: Vec<_> = registry.log().segments().collect();
        let read = |bytes: &[u8]| RemovalLog::from_segments(0, &[bytes.to_vec()]);
        assert_eq!(read(&whole[0]).as_ref(), Ok(registry.log()));
        // No point in the second place: found by who needs it.
        let mut damaged = whole[0].clone();
        damaged[2 + 128 + 32..2 + 2 * 128].fill(0);
        let damaged = read(&damaged).unwrap();
        let refused = Some(WitnessError::Damaged);
        assert_eq!(early.at_vartime(&damaged, 3).err(), refused);
        assert!(early.at_vartime(&damaged, 1).is_ok());
        let there = late.at_vartime(&damaged, 3).unwrap();
        assert!(there.holds(&q, registry.accumulator()));
        assert_eq!(there.at_vartime(&damaged, 1).err(), refused);
        assert!(damaged.decoded().is_err());
        // The authority reads rows of its store, and looks at all of them: whole, scalars, points of the subgroup.
        let rows: Vec<_> = registry.log().rows().map(|row| row.to_vec()).collect();
        assert_eq!(RemovalLog::from_rows(&rows).as_ref(), Ok(registry.log()));
        let spoilt = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut rows = rows.clone();
            change(&mut rows[1]);
            RemovalLog::from_rows(&rows).is_err()
        };
        assert!(spoilt(&|row| row[32..].fill(0)));
        assert!(spoilt(&|row| row[..32].fill(0xff)));
        assert!(spoilt(&|row| row.truncate(127)));
        assert!(spoilt(&|row| row.push(0)));
        #[cfg(not(feature = "blst"))]
        {
            use crate::curve::{g1_to_coordinates, torsion};
            let other = torsion::plus(registry.accumulator(), &torsion::of_order_three());
            assert!(spoilt(
                &|row| row[32..].copy_from_slice(&g1_to_coordinates(&other))
            ));
        }
    }

    #[test]
    fn the_end_of_a_log_serves_whoever_stands_in_it() {
        let mut rng = StdRng::seed_from_u64(7);
        let (mut registry, q) = registry(&mut rng);
        let early = registry.draw(&mut rng).unwrap().0;
        let mut late = None;
        for removal in 0..super::super::SEGMENT + 2 {
            if removal == super::super::SEGMENT + 1 {
                late = registry.draw(&mut rng).ok();
            }
            let handle = registry.draw(&mut rng).unwrap();
            registry.remove(&handle.id()).unwrap();
        }
        let (late, whole) = (late.unwrap().0, registry.log());
        let segments: Vec<_> = whole.segments().collect();
        assert_eq!(RemovalLog::from_segments(0, &segments).as_ref(), Ok(whole));
        let end = RemovalLog::from_segments(1, &segments[1..]).unwrap();
        assert_eq!(
            (end.first(), end.len(), end.is_empty()),
            (4096, 4098, false)
        );
        let there = late.at_vartime(&end, 4098).unwrap();
        assert!(there.holds(&q, registry.accumulator()));
        assert!(there.at_vartime(&end, 4096).is_ok());
        let refused = Some(WitnessError::LogTooShort);
        assert_eq!(there.at_vartime(&end, 4095).err(), refused);
        assert_eq!(early.at_vartime(&end, 4098).err(), refused);
        let reached = [4095, 4096, 4098, 4099].map(|removals| end.reaches(removals));
        assert_eq!(reached, [false, true, true, false]);
        // A segment that is not full stands at the end or nowhere.
        let swapped = [segments[1].clone(), segments[0].clone()];
        assert!(RemovalLog::from_segments(0, &swapped).is_err());
        assert!(RemovalLog::from_segments(u32::MAX, &segments).is_err());
        assert!(
            RemovalLog::from_segments(0, &[[0u8; 0]; 0])
                .unwrap()
                .is_empty()
        );
    }
}
