//! Fetching: from what an authority published, and what the wallet has of it already, to a holders' bundle in one file.

use std::collections::HashMap;

use rand_core::CryptoRng;
use veilpass::registry::{BucketName, MAX_BUCKET};
use veilpass::scheme::{
    Announced, HolderBundle, HolderFiles, PartDigest, PartsError, SchemeCard, Trust,
    UnverifiedBundle, WantedPart,
};

use super::{Holder, HolderError, Unsealed, Wallet};
use crate::ports::{Keys, Progress, Work};
use crate::source::{MAX_BUNDLE, MAX_MANIFEST, PublicName, Source};

/// Everything for a new wallet.
///
/// # Errors
/// [`HolderError::Bundle`], [`HolderError::Source`].
pub fn fetch_new<R: CryptoRng + ?Sized>(
    card: &SchemeCard,
    source: &impl Source,
    progress: &impl Progress,
    rng: &mut R,
) -> Result<Vec<u8>, HolderError> {
    let nobody = |_: &HolderBundle| Ok(Vec::new());
    fetched(card, &HolderFiles::default(), source, nobody, progress, rng)
}

/// All parts and all buckets that a place has, for an authority that takes them back.
///
/// # Errors
/// [`HolderError::Bundle`], [`HolderError::Source`].
pub fn fetch_everything(
    card: &SchemeCard,
    source: &impl Source,
    progress: &impl Progress,
) -> Result<Vec<u8>, HolderError> {
    let (announced, mut files) = announced(card, &HolderFiles::default(), source)?;
    let wanted = announced.everything().map_err(PartsError::from)?;
    files.parts = parts(&wanted, &HolderFiles::default(), source, progress)?;
    for name in announced.buckets() {
        let bytes = source.read(PublicName::Bucket(name), MAX_BUCKET)?;
        files.buckets.push((name, bytes));
    }
    Ok(files.to_bytes())
}

impl<K> Unsealed<K> {
    /// What the wallet needs of what a place has: parts that are not in `own`, the file beside the wallet, and a bucket for each pass that the
    /// log does not reach any more. It is one file again, for [`update`](Self::update). Parts depend on nothing that is the
    /// holder's own; a bucket depends on a few bits of a hash of the handle, and whoever asks for one was away for long
    /// (docs/security.md).
    ///
    /// # Errors
    /// [`HolderError::Bundle`], [`HolderError::Source`], [`HolderError::Damaged`].
    pub fn fetch<R: CryptoRng + ?Sized>(
        &self,
        own: &[u8],
        source: &impl Source,
        progress: &impl Progress,
        rng: &mut R,
    ) -> Result<Vec<u8>, HolderError> {
        // A file of another form has nothing that can be of use.
        let own = HolderFiles::from_bytes(own).unwrap_or_default();
        let needs = |holder: &HolderBundle| {
            let wallet = Wallet::from_bytes(holder.bundle().scheme(), &self.bytes)?;
            let needs = wallet.passes.iter().map(|pass| pass.value.needs(holder));
            Ok(needs.flatten().collect())
        };
        fetched(&self.pin.card, &own, source, needs, progress, rng)
    }
}

impl<K: Keys> Holder<K> {
    /// The bundle at hand with one bucket more: a first pass whose handle was drawn long ago needs it. `own` is the file beside the
    /// wallet; what comes is to be stored in its place. It tells the place what any bucket tells it.
    ///
    /// # Errors
    /// [`HolderError::Bundle`], [`HolderError::Source`].
    pub fn fetch_bucket<R: CryptoRng + ?Sized>(
        &mut self,
        own: &[u8],
        name: BucketName,
        source: &impl Source,
        rng: &mut R,
    ) -> Result<Vec<u8>, HolderError> {
        let mut files = HolderFiles::from_bytes(own)?;
        let bytes = source.read(PublicName::Bucket(name), MAX_BUCKET)?;
        files.buckets.push((name, bytes));
        let bytes = files.to_bytes();
        let bundle = super::verify(&self.wallet.pin.card, &bytes, rng)?;
        self.wallet.pin.check(bundle.bundle())?;
        self.bundle = bundle;
        Ok(bytes)
    }
}

/// What a place announces: the newest bundle with its manifest.
fn announced(
    card: &SchemeCard,
    own: &HolderFiles,
    source: &impl Source,
) -> Result<(Announced, HolderFiles), HolderError> {
    let trust = Trust::pinned(card);
    let bundle = source.read(PublicName::Bundle, MAX_BUNDLE)?;
    let digest = (UnverifiedBundle::new(&bundle).verify(&trust)?).manifest_digest();
    // What lies beside the wallet may be damaged: then the place has it whole.
    let at_hand = (bundle == own.bundle).then(|| own.manifest.clone());
    let at_hand = at_hand.and_then(|manifest| {
        let announced = Announced::verify(&bundle, &manifest, &trust).ok()?;
        Some((announced, manifest))
    });
    let (announced, manifest) = match at_hand {
        Some(at_hand) => at_hand,
        None => {
            let manifest = source.read(PublicName::Part(digest), MAX_MANIFEST)?;
            (Announced::verify(&bundle, &manifest, &trust)?, manifest)
        }
    };
    let files = HolderFiles {
        bundle,
        manifest,
        ..HolderFiles::default()
    };
    Ok((announced, files))
}

fn fetched<R: CryptoRng + ?Sized>(
    card: &SchemeCard,
    own: &HolderFiles,
    source: &impl Source,
    needs: impl Fn(&HolderBundle) -> Result<Vec<BucketName>, HolderError>,
    progress: &impl Progress,
    rng: &mut R,
) -> Result<Vec<u8>, HolderError> {
    let (announced, mut files) = announced(card, own, source)?;
    let wanted = announced.wanted().map_err(PartsError::from)?;
    files.parts = parts(&wanted, own, source, progress)?;
    let holder = files.verify(&Trust::pinned(card), rng)?;
    for name in needs(&holder)? {
        if files.buckets.iter().any(|(known, _)| *known == name) {
            continue;
        }
        // One that is missing or damaged costs the pass that needs it, which says so, and no other.
        let Ok(bytes) = source.read(PublicName::Bucket(name), MAX_BUCKET) else {
            continue;
        };
        files.buckets.push((name, bytes));
        if files.verify(&Trust::pinned(card), rng).is_err() {
            files.buckets.pop();
        }
    }
    Ok(files.to_bytes())
}

/// The parts that are wanted: those that are at hand, and the others from the place, each held against its digest.
fn parts(
    wanted: &[WantedPart],
    own: &HolderFiles,
    source: &impl Source,
    progress: &impl Progress,
) -> Result<Vec<Vec<u8>>, HolderError> {
    let own: HashMap<_, _> = (own.parts.iter())
        .map(|part| (PartDigest::of(part), part))
        .collect();
    let missing = wanted.iter().filter(|part| !own.contains_key(&part.digest));
    progress.begin(
        Work::Parts,
        u64::try_from(missing.count()).unwrap_or(u64::MAX),
    );
    let mut parts = Vec::new();
    for part in wanted {
        if let Some(known) = own.get(&part.digest) {
            parts.push((*known).clone());
            continue;
        }
        let bytes = source.read(PublicName::Part(part.digest), part.limit)?;
        if PartDigest::of(&bytes) != part.digest {
            return Err(
                veilpass::scheme::BundleError::from(PartsError::Missing(part.digest)).into(),
            );
        }
        parts.push(bytes);
        progress.advance(1);
    }
    progress.end();
    Ok(parts)
}
