//! The authority's side.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::checkpoint::{CheckpointAt, CheckpointFiles};
use super::log::RemovalLog;
use super::witness::Witness;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{
    Base, CryptoRng, Curve, G1Affine, G2Affine, Scalar, g2_generator_times, msm,
    nonzero_random_scalar, random_scalar, scalar_to_bytes,
};
use crate::secret::Secret;

/// The accumulator's key α.
pub struct RegistryKey {
    alpha: Secret<Scalar>,
    public: G2Affine,
}

impl RegistryKey {
    /// A fresh key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self::from_scalar(nonzero_random_scalar(rng))
    }

    fn from_scalar(alpha: Scalar) -> Self {
        Self {
            public: g2_generator_times(&alpha),
            alpha: Secret::new(alpha),
        }
    }

    /// Q = α·g2.
    pub(crate) fn public(&self) -> &G2Affine {
        &self.public
    }

    /// The key as 32 bytes, for storing it encrypted.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(scalar_to_bytes(self.alpha.expose()))
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Any other length than 32 bytes, zero, or a number not below the group order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("registry key", bytes);
        let alpha = reader.nonzero_scalar()?;
        reader.finish()?;
        Ok(Self::from_scalar(alpha))
    }

    /// point / (α + y). Constant-time in α.
    fn divide(&self, point: &G1Affine, y: &Scalar) -> Option<G1Affine> {
        let inverse = Option::<Scalar>::from((self.alpha.expose() + y).invert())?;
        let inverse = Secret::new(inverse);
        Some(msm([(Base::Point(*point), *inverse.expose())]).to_affine())
    }
}

/// A handle with its first witness, on its way to one credential: whoever has it can prove that it
/// is not removed, so it is handed to one issuer and from there to one holder.
pub struct Handle(pub(crate) Witness);

impl Handle {
    /// y ‖ C ‖ the number of removals that C stands for ‖ the key set: 88 bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.write(Writer::default()).finish())
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("handle", bytes);
        let handle = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(handle)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Witness::read(reader).map(Self)
    }

    /// The name under which the authority revokes it: y, 32 bytes. Unlinkable to presentations.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        scalar_to_bytes(self.0.handle())
    }
}

/// Whether a handle that was drawn still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HandleState {
    /// It does: its credential can be shown.
    Valid,
    /// It was revoked, for ever.
    Revoked,
}

/// Why the registry refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The handle was never drawn here.
    #[error("no such handle was ever given out")]
    Unknown,
    /// The handle is removed already.
    #[error("the handle is revoked already")]
    Removed,
    /// A rotation to the same key, or to a number that is not higher.
    #[error("a rotation needs a new key and a higher number")]
    NotNewer,
    /// An α so unlucky that α + y = 0, or a handle drawn twice.
    #[error("the handle cannot be used; draw another")]
    Unusable,
}

/// The accumulator with its history. It remembers every handle, so that none is drawn twice or
/// removed twice, and none that is removed ever gets a witness again.
pub struct Registry {
    key: RegistryKey,
    key_set: u32,
    accumulator: G1Affine,
    log: RemovalLog,
    /// All handles ever drawn.
    drawn: HashMap<[u8; 32], HandleState>,
}

impl Registry {
    /// An empty registry over V_0, the first accumulator of the key set numbered `key_set`.
    #[must_use]
    pub fn new(key: RegistryKey, first_accumulator: G1Affine, key_set: u32) -> Self {
        let history = (RemovalLog::default(), HashMap::new());
        Self::restore(key, first_accumulator, key_set, history)
    }

    /// A registry as it was: the log of this key set, and all handles ever drawn with whether they
    /// stand.
    #[must_use]
    pub fn restore(
        key: RegistryKey,
        first_accumulator: G1Affine,
        key_set: u32,
        (log, mut drawn): (RemovalLog, HashMap<[u8; 32], HandleState>),
    ) -> Self {
        // The log has the last word: what is in it never gets a witness again.
        drawn.extend(log.handles().map(|id| (id, HandleState::Revoked)));
        Self {
            key,
            key_set,
            accumulator: log.last().unwrap_or(first_accumulator),
            log,
            drawn,
        }
    }

    /// V.
    #[must_use]
    pub fn accumulator(&self) -> &G1Affine {
        &self.accumulator
    }

    /// How many handles are removed under this key set.
    #[must_use]
    pub fn removals(&self) -> u32 {
        self.log.len()
    }

    /// The public log of all removals under this key set.
    #[must_use]
    pub fn log(&self) -> &RemovalLog {
        &self.log
    }

    /// All handles ever drawn, and whether they stand.
    #[must_use]
    pub fn handles(&self) -> &HashMap<[u8; 32], HandleState> {
        &self.drawn
    }

    /// The key, for its encrypted file.
    #[must_use]
    pub fn into_key(self) -> RegistryKey {
        self.key
    }

    /// Draws a fresh handle with its witness (15).
    ///
    /// # Errors
    /// [`RegistryError::Unusable`] (probability 2^-255).
    pub fn draw<R: CryptoRng + ?Sized>(&mut self, rng: &mut R) -> Result<Handle, RegistryError> {
        let y = Secret::new(random_scalar(rng));
        let witness =
            (self.key.divide(&self.accumulator, y.expose())).ok_or(RegistryError::Unusable)?;
        let id = scalar_to_bytes(y.expose());
        if self.drawn.contains_key(&id) {
            return Err(RegistryError::Unusable);
        }
        self.drawn.insert(id, HandleState::Valid);
        let witness = Witness::new(*y.expose(), witness, self.removals(), self.key_set);
        Ok(Handle(witness))
    }

    /// The witness of every handle that stands, at the newest removal, for scheme `scheme`: a scalar multiplication for
    /// each, on all cores.
    ///
    /// # Errors
    /// [`RegistryError::Unusable`] (probability 2^-255 a handle).
    pub fn checkpoint(&self, scheme: &[u8; 32]) -> Result<CheckpointFiles, RegistryError> {
        let at = CheckpointAt {
            scheme: *scheme,
            key_set: self.key_set,
            removals: self.removals(),
        };
        self.checkpoint_at(at, &self.key, &self.accumulator)
    }

    /// The witnesses of all handles that stand, under these keys.
    fn checkpoint_at(
        &self,
        at: CheckpointAt,
        key: &RegistryKey,
        accumulator: &G1Affine,
    ) -> Result<CheckpointFiles, RegistryError> {
        let valid = (self.drawn.iter()).filter(|(_, state)| **state == HandleState::Valid);
        let valid: Vec<_> = valid.map(|(id, _)| id).collect();
        at.make(key.alpha.expose(), accumulator, valid)
            .ok_or(RegistryError::Unusable)
    }

    /// Removes a handle for ever (16).
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] or [`RegistryError::Removed`].
    pub fn remove(&mut self, id: &[u8; 32]) -> Result<(), RegistryError> {
        let state = self.drawn.get_mut(id).ok_or(RegistryError::Unknown)?;
        if *state == HandleState::Revoked {
            return Err(RegistryError::Removed);
        }
        let y = crate::curve::scalar_from_bytes(id).ok_or(RegistryError::Unknown)?;
        let next = (self.key.divide(&self.accumulator, &y)).ok_or(RegistryError::Unusable)?;
        *state = HandleState::Revoked;
        self.accumulator = next;
        self.log.push(&y, &next);
        Ok(())
    }

    /// Goes over to a new key and key set: an empty log, and a witness anew for every handle that
    /// stands, for scheme `scheme`. On an error nothing has changed.
    ///
    /// # Errors
    /// [`RegistryError::NotNewer`]; [`RegistryError::Unusable`] (probability 2^-255 a handle): take
    /// another key.
    pub fn rotate(
        &mut self,
        key: RegistryKey,
        first_accumulator: G1Affine,
        key_set: u32,
        scheme: &[u8; 32],
    ) -> Result<CheckpointFiles, RegistryError> {
        if key_set <= self.key_set || key.public == self.key.public {
            return Err(RegistryError::NotNewer);
        }
        let at = CheckpointAt {
            scheme: *scheme,
            key_set,
            removals: 0,
        };
        let made = self.checkpoint_at(at, &key, &first_accumulator)?;
        let history = (RemovalLog::default(), std::mem::take(&mut self.drawn));
        *self = Self::restore(key, first_accumulator, key_set, history);
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn a_rotation_needs_both_another_key_and_a_higher_number() {
        let mut rng = StdRng::seed_from_u64(5);
        let key = RegistryKey::generate(&mut rng);
        let same = RegistryKey::from_scalar(*key.alpha.expose());
        let v0 = crate::curve::hash_test_point(b"V0");
        let mut registry = Registry::new(key, v0, 2);
        let refused = Some(RegistryError::NotNewer);
        assert_eq!(registry.rotate(same, v0, 3, &[7; 32]).err(), refused);
        for number in [1, 2] {
            let other = RegistryKey::generate(&mut rng);
            assert_eq!(registry.rotate(other, v0, number, &[7; 32]).err(), refused);
        }
    }

    #[test]
    fn a_restored_registry_goes_on_from_its_last_removal() {
        let mut rng = StdRng::seed_from_u64(6);
        let key = RegistryKey::generate(&mut rng);
        let same = RegistryKey::from_scalar(*key.alpha.expose());
        let v0 = crate::curve::hash_test_point(b"V0");
        let mut registry = Registry::new(key, v0, 1);
        assert!(registry.log().is_empty());
        let id = registry.draw(&mut rng).unwrap().id();
        registry.remove(&id).unwrap();
        assert!(!registry.log().is_empty());
        let history = (registry.log().clone(), HashMap::new());
        let restored = Registry::restore(same, v0, 1, history);
        assert_eq!(restored.accumulator(), registry.accumulator());
        assert_eq!(restored.handles().get(&id), Some(&HandleState::Revoked));
    }

    #[test]
    fn a_generator_that_repeats_itself_draws_no_handle_twice() {
        // Two passes with one y: who is removed takes the other one along, and (y, C) is the same for both.
        let v0 = crate::curve::hash_test_point(b"V0");
        let key = RegistryKey::generate(&mut StdRng::seed_from_u64(7));
        let mut registry = Registry::new(key, v0, 1);
        let mut draw = |seed| {
            registry
                .draw(&mut StdRng::seed_from_u64(seed))
                .map(|h| h.id())
        };
        let first = draw(8).unwrap();
        assert_eq!(draw(8), Err(RegistryError::Unusable));
        assert_ne!(draw(9).unwrap(), first);
        // Nor again when it was removed.
        registry.remove(&first).unwrap();
        let again = registry.draw(&mut StdRng::seed_from_u64(8));
        assert_eq!(again.err(), Some(RegistryError::Unusable));
    }
}
