//! The date table: T_δ = R/(x_t + δ) for δ = 0 … u − 1. Whoever shows T_δ, blinded, shows that δ is
//! in that range. Public, relative, unchanging; x_t exists only while the table is made.

use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::bases;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{
    Base, CryptoRng, Field, G1Affine, G2Affine, Scalar, g2_generator_times, msm, msm_vartime_each,
    nonzero_random_scalar, normalize, pairing_equal, random_scalar,
};
use crate::error::Error;
use crate::secret::Secret;

/// The usual length: somewhat more than a year.
pub const DEFAULT_TABLE: u16 = 512;

/// X_t and u.
pub type DateTablePublic = (G2Affine, u16);

/// A checked table.
#[derive(Clone, Debug)]
pub struct DateTable {
    entries: Vec<G1Affine>,
}

impl DateTable {
    /// Makes a table of `length` entries under a key that is drawn, used and wiped here (14).
    /// Constant-time in the key.
    ///
    /// # Errors
    /// [`Error::Invalid`] if x_t + δ is zero for some δ (probability below 2^-239).
    pub(crate) fn generate<R: CryptoRng + ?Sized>(
        length: u16,
        rng: &mut R,
    ) -> Result<(Self, DateTablePublic), Error> {
        let key = Secret::new(nonzero_random_scalar(rng));
        let mut entries = Vec::with_capacity(usize::from(length));
        for delta in 0..length {
            let exponent = key.expose() + Scalar::from(u64::from(delta));
            let inverse = Option::<Scalar>::from(exponent.invert()).ok_or(Error::Invalid)?;
            let inverse = Secret::new(inverse);
            entries.push(msm([(Base::Fixed(&bases().date), *inverse.expose())]));
        }
        let table = Self {
            entries: normalize(&entries),
        };
        Ok((table, (g2_generator_times(key.expose()), length)))
    }

    /// Checks every entry by one random linear combination:
    /// e(Σ ρ_δ·T_δ, X_t) = e(Σ ρ_δ·R − Σ ρ_δ·δ·T_δ, g2).
    ///
    /// # Errors
    /// [`Error::Invalid`] if an entry or the length is wrong.
    pub(crate) fn verify<R: CryptoRng + ?Sized>(
        self,
        (key, length): &DateTablePublic,
        rng: &mut R,
    ) -> Result<Self, Error> {
        if self.entries.len() != usize::from(*length) {
            return Err(Error::Invalid);
        }
        let mut sum = Scalar::ZERO;
        let mut left = Vec::with_capacity(self.entries.len());
        let mut right = Vec::with_capacity(self.entries.len() + 1);
        for (entry, delta) in self.entries.iter().zip(0u64..) {
            let weight = random_scalar(rng);
            sum += weight;
            left.push((Base::Point(*entry), weight));
            right.push((Base::Point(*entry), -(weight * Scalar::from(delta))));
        }
        right.push((Base::Fixed(&bases().date), sum));
        let sums = msm_vartime_each(&[left, right]);
        match sums.as_slice() {
            [left, right] if pairing_equal(left, &(*key).into(), right) => Ok(self),
            _ => Err(Error::Invalid),
        }
    }

    /// T_δ by a scan over the whole table, or `None` if δ is outside. Constant-time in δ but for
    /// that one bit.
    pub(crate) fn entry(&self, delta: u32) -> Option<G1Affine> {
        let mut found = G1Affine::identity();
        for (entry, place) in self.entries.iter().zip(0u32..) {
            found.conditional_assign(entry, place.ct_eq(&delta));
        }
        (!bool::from(found.is_identity())).then_some(found)
    }

    /// A table that says anything at δ, for forgers in tests.
    #[cfg(test)]
    pub(crate) fn forged(&self, delta: usize, entry: G1Affine) -> Self {
        let mut forged = self.clone();
        forged.entries[delta] = entry;
        forged
    }

    /// Version, kind, then the entries, 48 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::artefact(Artefact::DateTable);
        self.entries.iter().fold(writer, Writer::g1).finish()
    }

    /// Reads a table of `length` entries; it is not checked yet: a holders' bundle is verified with its table.
    ///
    /// # Errors
    /// Anything but `length` canonical points.
    pub fn from_bytes(bytes: &[u8], length: u16) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("date table", bytes);
        reader.header(Artefact::DateTable)?;
        if reader.remaining() != 48 * usize::from(length) {
            return Err(reader.value_error("the table has another length than the bundle says"));
        }
        let mut entries = Vec::with_capacity(usize::from(length));
        for _ in 0..length {
            entries.push(reader.g1()?);
        }
        reader.finish()?;
        Ok(Self { entries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn a_table_verifies_and_a_changed_one_does_not() {
        let mut rng = StdRng::seed_from_u64(1);
        let (table, public) = DateTable::generate(16, &mut rng).unwrap();
        let again = DateTable::from_bytes(&table.to_bytes(), 16).unwrap();
        let table = again.verify(&public, &mut rng).unwrap();
        let mut swapped = table.clone();
        swapped.entries.swap(3, 4);
        assert!(swapped.verify(&public, &mut rng).is_err());
        let mut short = table.clone();
        short.entries.pop();
        assert!(short.verify(&public, &mut rng).is_err());
        assert!(DateTable::from_bytes(&table.to_bytes(), 15).is_err());
    }

    #[test]
    fn there_is_nothing_outside_the_table() {
        let mut rng = StdRng::seed_from_u64(2);
        let (table, _) = DateTable::generate(4, &mut rng).unwrap();
        assert!(table.entry(0).is_some() && table.entry(3).is_some());
        assert!(table.entry(4).is_none() && table.entry(u32::MAX).is_none());
    }
}
