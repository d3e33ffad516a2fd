//! Accreditations for holders: one fixed-size list for everybody, each entry sealed under a key
//! that only the holders of its issuer can derive, because only they know X. Everybody downloads
//! all of it, so the download tells nothing.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keys::{Accreditation, IssuerPublic};
use super::{KeySet, Scheme};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{CryptoRng, g1_to_bytes, g2_to_bytes};

/// An accreditation (84 bytes) and the AEAD's tag.
const ENTRY: usize = 84 + 16;

/// The list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedAccreditations(Vec<[u8; ENTRY]>);

/// Which list: the key set and the number of the bundle that it is in.
#[derive(Clone, Copy, Debug)]
pub struct SealedUnder<'a> {
    /// The key set.
    pub keys: &'a KeySet,
    /// The bundle's number.
    pub version: u32,
}

fn cipher(
    scheme: &Scheme,
    under: SealedUnder<'_>,
    issuer: &IssuerPublic,
    epoch: u32,
) -> ChaCha20Poly1305 {
    let mut key = Zeroizing::new([0; 32]);
    let hkdf = Hkdf::<Sha256>::new(Some(scheme.id()), &g2_to_bytes(&issuer.x));
    let info = [
        b"veilpass accreditation".as_slice(),
        under.keys.digest(),
        &under.version.to_be_bytes(),
        &epoch.to_be_bytes(),
    ]
    .concat();
    // 32 bytes are within HKDF's reach, so this cannot fail.
    let _ = hkdf.expand(&info, key.as_mut_slice());
    ChaCha20Poly1305::new(&Key::from(*key))
}

/// One message a key: under one key set an issuer's accreditation for an epoch is always the same. Each
/// bundle has keys of its own, so that two lists do not tell by what they share how many issuers there are.
fn nonce() -> Nonce {
    Nonce::from([0; 12])
}

impl SealedAccreditations {
    /// Seals each accreditation to its issuer's holders and pads the list with random entries to
    /// `size`, so that it does not tell how many issuers there are. `None` if there are more.
    pub fn seal<R: CryptoRng + ?Sized>(
        scheme: &Scheme,
        under: SealedUnder<'_>,
        accreditations: &[(IssuerPublic, Accreditation)],
        size: u16,
        rng: &mut R,
    ) -> Option<Self> {
        let mut entries = Vec::with_capacity(usize::from(size));
        for (issuer, accreditation) in accreditations {
            let plain = accreditation.write(Writer::default()).finish();
            let payload = Payload {
                msg: &plain,
                aad: &g1_to_bytes(&issuer.x1),
            };
            let sealed = cipher(scheme, under, issuer, accreditation.epoch)
                .encrypt(&nonce(), payload)
                .ok()?;
            entries.push(sealed.try_into().ok()?);
        }
        if entries.len() > usize::from(size) {
            return None;
        }
        while entries.len() < usize::from(size) {
            let mut noise = [0; ENTRY];
            rng.fill_bytes(&mut noise);
            entries.push(noise);
        }
        // An order that tells nothing.
        entries.sort_unstable();
        Some(Self(entries))
    }

    /// The accreditation of `issuer` for `epoch`, if the list has one that is valid.
    #[must_use]
    pub fn open(
        &self,
        scheme: &Scheme,
        under: SealedUnder<'_>,
        issuer: &IssuerPublic,
        epoch: u32,
    ) -> Option<Accreditation> {
        let cipher = cipher(scheme, under, issuer, epoch);
        self.0.iter().find_map(|entry| {
            let payload = Payload {
                msg: entry,
                aad: &g1_to_bytes(&issuer.x1),
            };
            let plain = cipher.decrypt(&nonce(), payload).ok()?;
            let mut reader = Reader::new("accreditation", &plain);
            let accreditation = Accreditation::read(&mut reader).ok()?;
            reader.finish().ok()?;
            let valid = accreditation.epoch == epoch
                && accreditation.verify(under.keys.prepared(), issuer).is_ok();
            valid.then_some(accreditation)
        })
    }

    /// Version, kind, then the entries, 100 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::artefact(Artefact::SealedAccreditations);
        let raw = |writer: Writer, entry: &[u8; ENTRY]| writer.raw(entry);
        self.0.iter().fold(writer, raw).finish()
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Anything but whole entries.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("sealed accreditations", bytes);
        reader.header(Artefact::SealedAccreditations)?;
        let mut entries = Vec::with_capacity(reader.remaining() / ENTRY);
        while reader.remaining() > 0 {
            entries.push(reader.array()?);
        }
        Ok(Self(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::{AccreditationKey, IssuerKey, IssuerMode, Schema, Venues, Zone};
    use rand::{SeedableRng, rngs::StdRng};

    /// Between a bad entry and a pass that was synced with it there is only `open`. An authority that knows X
    /// could seal one to the holders of a single issuer, and know them by what fails at the doors.
    #[test]
    fn an_entry_under_another_key_or_of_another_epoch_is_not_opened() {
        let mut rng = StdRng::seed_from_u64(51);
        let zone = Zone::new("Europe/Moscow").unwrap();
        let schema = Schema::default();
        let scheme = Scheme::new(
            [5; 32],
            "sealed".into(),
            schema,
            IssuerMode::Hidden,
            zone,
            Venues::Open,
        )
        .unwrap();
        let mut key = || AccreditationKey::generate(&mut rng);
        let (gamma, self_made, unused) = (key(), key(), *key().public());
        let keys = KeySet::new(&scheme, 1, *gamma.public(), unused, 2, unused);
        let under = SealedUnder {
            keys: &keys,
            version: 1,
        };
        let issuer = *IssuerKey::generate(&mut rng).public();
        // Sealed for epoch 3, whatever is inside.
        let mut opened = |accreditation: &Accreditation| {
            let list = [(issuer, *accreditation)];
            let mut list = SealedAccreditations::seal(&scheme, under, &list, 1, &mut rng).unwrap();
            let plain = accreditation.write(Writer::default()).finish();
            let payload = Payload {
                msg: &plain,
                aad: &g1_to_bytes(&issuer.x1),
            };
            let sealed = cipher(&scheme, under, &issuer, 3).encrypt(&nonce(), payload);
            list.0[0] = sealed.unwrap().try_into().unwrap();
            list.open(&scheme, under, &issuer, 3)
        };
        let good = gamma.accredit(&scheme, &issuer, 3).unwrap();
        assert_eq!(opened(&good), Some(good));
        // e(Acc, Γ + a·g2) = e(P1' + 3·h_ep + X1, g2) does not hold for another γ ...
        let others = self_made.accredit(&scheme, &issuer, 3).unwrap();
        assert_eq!(opened(&others), None);
        // ... and with 2·h_ep it does hold: only the epoch tells that it is over.
        let old = gamma.accredit(&scheme, &issuer, 2).unwrap();
        assert!(old.verify(under.keys.prepared(), &issuer).is_ok());
        assert_eq!(opened(&old), None);
    }
}
