//! The holder's side: the public log, and the witness that follows it.

use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{
    Base, Curve, Field, G1Affine, G1Projective, G2Prepared, Scalar, msm, msm_vartime,
    signed_pairing,
};
use crate::secret::Secret;

const LOG_KIND: u8 = b'R';

/// Bytes of a removal in the log: y_j ‖ V_j.
const REMOVAL: usize = 80;

/// Removals taken in one multi-scalar multiplication; bounds the memory of a long update.
const RUN: usize = 16_384;

/// All removals so far, in order: (y_j, V_j), 80 bytes each, for everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemovalLog(Vec<(Scalar, G1Affine)>);

impl RemovalLog {
    /// Adds a removal. The log is the authority's to write.
    pub(super) fn push(&mut self, y: Scalar, accumulator: G1Affine) {
        self.0.push((y, accumulator));
    }

    /// The accumulator after all of them.
    pub(super) fn last(&self) -> Option<G1Affine> {
        self.0.last().map(|(_, accumulator)| *accumulator)
    }

    /// The newest removal with its place, 1, 2, …: y ‖ V.
    #[cfg(feature = "cli")]
    pub(crate) fn newest(&self) -> Option<(u32, [u8; REMOVAL])> {
        let (y, v) = self.0.last()?;
        let bytes = Writer::default().scalar(y).g1(v).finish();
        Some((self.len(), bytes.try_into().ok()?))
    }

    /// A log from its removals, one by one.
    #[cfg(feature = "cli")]
    pub(crate) fn from_rows(rows: &[Vec<u8>]) -> Result<Self, DecodeError> {
        let header = Writer::artefact(LOG_KIND).finish();
        Self::from_bytes(&[header, rows.concat()].concat())
    }

    /// The handles that were removed, as they are named.
    pub(super) fn handles(&self) -> impl Iterator<Item = [u8; 32]> + '_ {
        self.0.iter().map(|(y, _)| crate::curve::scalar_to_bytes(y))
    }

    /// How many removals it has.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// Whether nothing was ever removed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Version, kind, then the removals.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::artefact(LOG_KIND);
        (self.0.iter())
            .fold(writer, |writer, (y, v)| writer.scalar(y).g1(v))
            .finish()
    }

    /// Reads a log. It is only as true as the signature over it; a witness that followed a wrong
    /// log fails its own check.
    ///
    /// # Errors
    /// Anything but whole removals in canonical form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("removal log", bytes);
        reader.header(LOG_KIND)?;
        let mut removals = Vec::with_capacity(reader.remaining() / REMOVAL);
        while reader.remaining() > 0 {
            removals.push((reader.scalar()?, reader.g1()?));
        }
        Ok(Self(removals))
    }

    fn between(&self, from: u32, to: u32) -> Option<&[(Scalar, G1Affine)]> {
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
        self.0.get(from..to)
    }
}

/// Why a witness cannot follow the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Revoked {
    /// This very handle was removed.
    #[error("this pass has been revoked; ask the issuer")]
    Revoked,
    /// The log does not reach so far.
    #[error("the removal log is too short for this; get the newest bundle")]
    LogTooShort,
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
        writer
            .scalar(self.y.expose())
            .g1(self.c.expose())
            .u32(self.removals)
            .u32(self.key_set)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self::new(
            reader.scalar()?,
            reader.g1()?,
            reader.u32()?,
            reader.u32()?,
        ))
    }

    pub(crate) fn point(&self) -> &G1Affine {
        self.c.expose()
    }

    /// e(C, Q + y·g2) = e(V, g2), (15). Constant-time.
    #[must_use]
    pub(crate) fn holds(&self, registry: &G2Prepared, accumulator: &G1Affine) -> bool {
        let right = G1Projective::from(accumulator);
        signed_pairing(self.c.expose(), registry, self.y.expose(), &right)
    }

    /// The same witness after `removals` removals, forward or back (17). Variable-time in y and C,
    /// on the holder's own machine; presentations hide both perfectly.
    ///
    /// # Errors
    /// [`Revoked`].
    pub fn at_vartime(&self, log: &RemovalLog, removals: u32) -> Result<Self, Revoked> {
        let y = self.y.expose();
        let c = if removals >= self.removals {
            let run = (log.between(self.removals, removals)).ok_or(Revoked::LogTooShort)?;
            forward_vartime(y, self.c.expose(), run).ok_or(Revoked::Revoked)?
        } else {
            let run = (log.between(removals, self.removals)).ok_or(Revoked::LogTooShort)?;
            back(y, self.c.expose(), run)
        };
        Ok(Self::new(*y, c, removals, self.key_set))
    }
}

/// C_n, or `None` if y is among the removed. One multi-scalar multiplication and one inversion for
/// every [`RUN`] removals.
fn forward_vartime(y: &Scalar, c: &G1Affine, removals: &[(Scalar, G1Affine)]) -> Option<G1Affine> {
    let mut c = *c;
    for run in removals.chunks(RUN) {
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
        let all = Option::<Scalar>::from(product.invert())?;
        // 1/Π_{k≥j} d_k = (1/Π_all) · Π_{k<j} d_k.
        let mut terms = vec![(Base::Point(c), all)];
        terms.extend(
            run.iter()
                .zip(&before)
                .map(|((_, v), before)| (Base::Point(*v), -(all * before))),
        );
        c = msm_vartime(&terms).to_affine();
    }
    Some(c)
}

/// C_0: C_{j−1} = d_j·C_j + V_j, from the back.
fn back(y: &Scalar, c: &G1Affine, removals: &[(Scalar, G1Affine)]) -> G1Affine {
    removals.iter().rev().fold(*c, |c, (removed, v)| {
        (msm([(Base::Point(c), removed - y)]) + v).to_affine()
    })
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
            assert!(!later.holds(&q, &accumulators[removals - 1]));
            let again = later.at_vartime(registry.log(), 0).unwrap();
            assert_eq!(again.point(), first.point());
        }
        let newer = registry.draw(&mut rng).unwrap().0;
        let older = newer.at_vartime(registry.log(), 480).unwrap();
        assert!(older.holds(&q, &accumulators[480]));
        assert!(matches!(
            first.at_vartime(registry.log(), 501),
            Err(Revoked::LogTooShort)
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
            Err(Revoked::Revoked)
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
    fn the_log_survives_the_round_trip_and_nothing_else_decodes() {
        let mut rng = StdRng::seed_from_u64(3);
        let (mut registry, _) = registry(&mut rng);
        for _ in 0..3 {
            let handle = registry.draw(&mut rng).unwrap();
            registry.remove(&handle.id()).unwrap();
        }
        let bytes = registry.log().to_bytes();
        assert_eq!(bytes.len(), 2 + 3 * REMOVAL);
        assert_eq!(RemovalLog::from_bytes(&bytes).as_ref(), Ok(registry.log()));
        for end in 0..bytes.len() {
            let whole = end >= 2 && (end - 2) % REMOVAL == 0;
            assert_eq!(RemovalLog::from_bytes(&bytes[..end]).is_ok(), whole);
        }
    }
}
