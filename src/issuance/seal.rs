//! The envelope of the response: HPKE (RFC 9180), base mode, X25519 with HKDF-SHA-256 and
//! ChaCha20-Poly1305, to a key that is used once.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open,
    single_shot_seal_with_rng,
};
use zeroize::Zeroizing;

use crate::curve::CryptoRng;
use crate::error::Error;
use crate::secret::Secret;
use crate::sigma::HedgedRng;

const INFO: &[u8] = b"veilpass v2 response";

/// Bytes that the envelope adds: the encapsulated key and the tag.
const OVERHEAD: usize = 32 + 16;

/// The holder's one-time key, kept as the seed it is derived from.
pub(super) struct OneTimeKey {
    seed: Secret<[u8; 32]>,
    public: [u8; 32],
}

impl OneTimeKey {
    pub(super) fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self::from_seed(seed)
    }

    pub(super) fn from_seed(seed: [u8; 32]) -> Self {
        let (_, public) = X25519HkdfSha256::derive_keypair(&seed);
        Self {
            seed: Secret::new(seed),
            public: public.to_bytes().into(),
        }
    }

    pub(super) fn public(&self) -> [u8; 32] {
        self.public
    }

    /// The private key, for the published test vectors.
    #[cfg(feature = "internals")]
    pub(super) fn private(&self) -> [u8; 32] {
        let (key, _) = X25519HkdfSha256::derive_keypair(self.seed.expose());
        key.to_bytes().into()
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        self.seed.expose()
    }

    /// Opens what [`seal`] closed for the same `context`.
    pub(super) fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (encapsulated, ciphertext) = sealed.split_at_checked(32).ok_or(Error::Invalid)?;
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated)
            .map_err(|_| Error::Invalid)?;
        let (key, _) = X25519HkdfSha256::derive_keypair(self.seed.expose());
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &key,
            &encapsulated,
            INFO,
            ciphertext,
            context,
        )
        .map(Zeroizing::new)
        .map_err(|_| Error::Invalid)
    }
}

/// Seals `plain` to a one-time public key, with `context` authenticated. All randomness is from
/// `rng`, which the issuer derives from its key and the request: the same answer is the same bytes.
pub(super) fn seal(
    key: &[u8; 32],
    plain: &[u8],
    context: &[u8],
    rng: &mut HedgedRng,
) -> Result<Vec<u8>, Error> {
    let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(key).map_err(|_| Error::Invalid)?;
    let (encapsulated, ciphertext) = single_shot_seal_with_rng::<
        ChaCha20Poly1305,
        HkdfSha256,
        X25519HkdfSha256,
    >(&OpModeS::Base, &key, INFO, plain, context, rng)
    .map_err(|_| Error::Invalid)?;
    let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD);
    sealed.extend_from_slice(&encapsulated.to_bytes());
    sealed.extend(ciphertext);
    Ok(sealed)
}
