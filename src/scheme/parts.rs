//! A bundle in pictures: parts that each fit a QR code, for a verifier that no file and no network reaches. The parts
//! are a way to carry a bundle and say nothing about it: whoever joins them verifies the bundle as always.

use super::bundle::{BundleError, UnverifiedBundle};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::transcript::Transcript;

/// Bytes of a bundle in one part: a code that cheap cameras read.
const PART: usize = 1200;

/// What the parts of one bundle have in common.
fn digest(bundle: &[u8]) -> [u8; 32] {
    Transcript::new("bundle in parts").field(bundle).digest()
}

/// A part as it was read.
struct Part<'a> {
    digest: [u8; 32],
    number: u8,
    total: u8,
    bytes: &'a [u8],
}

impl<'a> Part<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("part of a bundle", bytes);
        reader.header(Artefact::BundlePart)?;
        let part = Self {
            digest: reader.array()?,
            number: reader.u8()?,
            total: reader.u8()?,
            bytes: reader.rest(),
        };
        let numbered = (1..=part.total).contains(&part.number);
        if !numbered || !(1..=PART).contains(&part.bytes.len()) {
            let reader = Reader::new("part of a bundle", bytes);
            return Err(reader.value_error("its number or length is none that a part has"));
        }
        Ok(part)
    }
}

impl UnverifiedBundle<'_> {
    /// Cuts a bundle into parts, each for a QR code. What fits one code is its own only part, as it is.
    ///
    /// # Errors
    /// [`BundleError::TooLarge`].
    pub fn to_parts(self) -> Result<Vec<Vec<u8>>, BundleError> {
        let bundle = self.0;
        if bundle.len() <= PART {
            return Ok(vec![bundle.to_vec()]);
        }
        let digest = digest(bundle);
        let total = u8::try_from(bundle.len().div_ceil(PART)).map_err(|_| BundleError::TooLarge)?;
        let part = |(number, bytes): (u8, &[u8])| {
            Writer::artefact(Artefact::BundlePart)
                .raw(&digest)
                .u8(number)
                .u8(total)
                .raw(bytes)
                .finish()
        };
        Ok((1..=total).zip(bundle.chunks(PART)).map(part).collect())
    }

    /// Joins parts, in any order; one may come twice.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn join_parts(parts: &[Vec<u8>]) -> Result<Vec<u8>, BundleError> {
        let parts = parts.iter().map(|part| Part::read(part));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let (whole, total) = match parts.first() {
            Some(first) => (first.digest, first.total),
            None => return Err(BundleError::DamagedParts),
        };
        let same = |part: &Part<'_>| part.digest == whole && part.total == total;
        if !parts.iter().all(same) {
            return Err(BundleError::MixedParts);
        }
        let (mut bundle, mut missing) = (Vec::new(), Vec::new());
        for number in 1..=total {
            match parts.iter().find(|part| part.number == number) {
                Some(part) => bundle.extend_from_slice(part.bytes),
                None => missing.push(number),
            }
        }
        if !missing.is_empty() {
            return Err(BundleError::MissingParts { total, missing });
        }
        if digest(&bundle) != whole {
            return Err(BundleError::DamagedParts);
        }
        Ok(bundle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(length: usize) -> Vec<u8> {
        (0..length)
            .map(|place| u8::try_from(place % 251).unwrap())
            .collect()
    }

    fn parts_of(bundle: &[u8]) -> Result<Vec<Vec<u8>>, BundleError> {
        UnverifiedBundle::new(bundle).to_parts()
    }

    #[test]
    fn parts_in_any_order_make_the_bundle_again() {
        for length in [PART + 1, 2 * PART, 3 * PART + 7] {
            let bundle = bundle(length);
            let mut parts = parts_of(&bundle).unwrap();
            assert_eq!(parts.len(), length.div_ceil(PART));
            parts.reverse();
            parts.push(parts[0].clone());
            assert_eq!(UnverifiedBundle::join_parts(&parts), Ok(bundle));
        }
        assert_eq!(parts_of(&bundle(PART)), Ok(vec![bundle(PART)]));
        assert_eq!(parts_of(&bundle(256 * PART)), Err(BundleError::TooLarge));
    }

    #[test]
    fn what_is_missing_mixed_or_changed_is_named() {
        let (one, other) = (bundle(3 * PART), bundle(3 * PART - 1));
        let parts = parts_of(&one).unwrap();
        let missing = BundleError::MissingParts {
            total: 3,
            missing: vec![1, 3],
        };
        assert_eq!(
            UnverifiedBundle::join_parts(&parts[1..2]),
            Err(missing.clone())
        );
        assert_eq!(missing.to_string(), "of 3 pictures these are missing: 1, 3");
        let mixed = [&parts[..2], &parts_of(&other).unwrap()[2..]].concat();
        assert_eq!(
            UnverifiedBundle::join_parts(&mixed),
            Err(BundleError::MixedParts)
        );
        let mut changed = parts.clone();
        changed[1][100] ^= 1;
        assert_eq!(
            UnverifiedBundle::join_parts(&changed),
            Err(BundleError::DamagedParts)
        );
        for (place, byte) in [(34, 0), (34, 4), (35, 0), (1, b'B'), (0, 1), (0, 3)] {
            let mut wrong = parts.clone();
            wrong[0][place] = byte;
            assert!(
                matches!(
                    UnverifiedBundle::join_parts(&wrong),
                    Err(BundleError::Decode(_))
                ),
                "{place}"
            );
        }
        for length in 0..37 {
            let cut = vec![parts[0][..length.min(36)].to_vec()];
            assert!(
                matches!(
                    UnverifiedBundle::join_parts(&cut),
                    Err(BundleError::Decode(_))
                ),
                "{length}"
            );
        }
        assert_eq!(
            UnverifiedBundle::join_parts(&[]),
            Err(BundleError::DamagedParts)
        );
    }
}
