//! The wallet: one encrypted file with the pin, the passes and the requests that wait for an answer;
//! beside it, in the open, the newest holders' bundle.
//!
//! A request's secrets are made for that request and used for no other: a wallet that comes back from a
//! backup can still receive the answer to it, and makes new secrets for every new request.

use std::cmp::Ordering;
use std::fs::File;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Context;
use super::artefact;
use super::files::{self, Access};
use super::keys::Passphrase;
use super::report::Failure;
use veilpass::Credential;
use veilpass::DecodeError;
use veilpass::internals::{Reader, Writer};
use veilpass::issuance::PendingRequest;
use veilpass::scheme::{
    Bundle, BundleError, HolderBundle, Scheme, SchemeCard, UnverifiedHolderBundle,
};
use veilpass_app::store::StoreError;

const WALLET: &str = "wallet.age";
const BUNDLE: &str = "holders.vp";
const WALLET_KIND: u8 = b'w';

/// The most passes and requests that a wallet holds.
const MAX_ENTRIES: u16 = 1000;

/// What is in the file.
pub(super) struct Wallet {
    pub(super) card: SchemeCard,
    seen: Seen,
    pub(super) passes: Vec<Entry<Credential>>,
    pub(super) pending: Vec<Entry<PendingRequest>>,
}

/// The newest bundle ever seen: a folder that is set back does not set this back.
#[derive(Clone, Copy)]
struct Seen {
    version: u32,
    digest: [u8; 32],
}

impl Seen {
    fn of(bundle: &Bundle) -> Self {
        Self {
            version: bundle.version,
            digest: bundle.digest(),
        }
    }

    /// No older bundle than this one, and no other of the same number.
    fn check(&self, bundle: &Bundle) -> Result<(), BundleError> {
        let (have, got) = (self.version, bundle.version);
        match got.cmp(&have) {
            Ordering::Less => Err(BundleError::Rollback { have, got }),
            Ordering::Equal if bundle.digest() != self.digest => Err(BundleError::Fork(got)),
            _ => Ok(()),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            version: reader.u32()?,
            digest: reader.array()?,
        })
    }
}

/// Something in the wallet, under the holder's name for it.
pub(super) struct Entry<T> {
    pub(super) label: String,
    pub(super) value: T,
}

/// An open wallet.
pub(super) struct Opened {
    dir: PathBuf,
    passphrase: Passphrase,
    pub(super) wallet: Wallet,
    pub(super) holder: HolderBundle,
    /// Nobody else changes the wallet meanwhile.
    _lock: File,
}

impl Wallet {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.size()));
        let head = Writer::artefact(WALLET_KIND)
            .bytes(&self.card.to_bytes())
            .u32(self.seen.version)
            .raw(&self.seen.digest);
        bytes.extend_from_slice(&head.finish());
        let count = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
        bytes.extend_from_slice(&count(self.passes.len()));
        for entry in &self.passes {
            put(&mut bytes, &entry.label, &entry.value.expose_bytes());
        }
        bytes.extend_from_slice(&count(self.pending.len()));
        for entry in &self.pending {
            put(&mut bytes, &entry.label, &entry.value.expose_bytes());
        }
        bytes
    }

    /// Room enough, so that no copy is left behind by growing.
    fn size(&self) -> usize {
        let texts = self.passes.iter().map(|entry| entry.label.len());
        let texts = texts.chain(self.pending.iter().map(|entry| entry.label.len()));
        128 + texts.map(|label| label + 8192).sum::<usize>()
    }

    fn pin(bytes: &[u8]) -> Result<(SchemeCard, Seen), DecodeError> {
        let mut reader = Reader::new("wallet", bytes);
        reader.header(WALLET_KIND)?;
        Ok((
            SchemeCard::from_bytes(reader.bytes()?)?,
            Seen::read(&mut reader)?,
        ))
    }

    fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, Failure> {
        let mut reader = Reader::new("wallet", bytes);
        reader.header(WALLET_KIND)?;
        let card = SchemeCard::from_bytes(reader.bytes()?)?;
        let seen = Seen::read(&mut reader)?;
        let mut passes = Vec::new();
        for _ in 0..reader.u16()? {
            let (label, bytes) = (reader.text()?, reader.bytes()?);
            let value = Credential::from_bytes(scheme, bytes)?;
            passes.push(Entry { label, value });
        }
        let mut pending = Vec::new();
        for _ in 0..reader.u16()? {
            let (label, bytes) = (reader.text()?, reader.bytes()?);
            let value = PendingRequest::from_bytes(scheme, bytes)?;
            pending.push(Entry { label, value });
        }
        reader.finish()?;
        Ok(Self {
            card,
            seen,
            passes,
            pending,
        })
    }

    /// Whether one more entry fits.
    pub(super) fn has_room(&self) -> Result<(), Failure> {
        if self.passes.len() + self.pending.len() < usize::from(MAX_ENTRIES) {
            Ok(())
        } else {
            Err(Failure::refused(
                "the wallet is full; forget something first",
            ))
        }
    }
}

fn put(bytes: &mut Vec<u8>, label: &str, value: &[u8]) {
    let length = |part: &[u8]| u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes();
    for part in [label.as_bytes(), value] {
        bytes.extend_from_slice(&length(part));
        bytes.extend_from_slice(part);
    }
}

/// Makes a wallet in a new folder.
pub(super) fn make(
    context: &Context,
    dir: &Path,
    card: SchemeCard,
    bundle: &[u8],
) -> Result<Bundle, Failure> {
    let holder = UnverifiedHolderBundle(bundle)
        .verify(&card.key, Some(&card.scheme), None, &mut rand::rng())
        .map_err(Failure::refused)?;
    files::make_folder(dir)?;
    let _lock = files::lock(dir)?;
    if dir.join(WALLET).exists() {
        return Err(StoreError::NotEmpty.into());
    }
    let wallet = Wallet {
        card,
        seen: Seen::of(&holder.bundle),
        passes: Vec::new(),
        pending: Vec::new(),
    };
    let passphrase = context.passphrase.choose("the wallet")?;
    artefact::save(&dir.join(BUNDLE), bundle, Access::Public)?;
    passphrase.seal(&dir.join(WALLET), &wallet.to_bytes())?;
    Ok(holder.bundle)
}

impl Opened {
    /// Opens the wallet with the bundle in its folder.
    pub(super) fn open(context: &Context, dir: &Path) -> Result<Self, Failure> {
        let path = dir.join(BUNDLE);
        let bundle = || {
            files::read(&path.display().to_string()).map_err(|failure| {
                failure.about("the bundle is missing; run `holder sync` with the newest one")
            })
        };
        Self::with(context, dir, bundle)
    }

    /// Opens the wallet with a newer bundle, and keeps that.
    pub(super) fn renew(context: &Context, dir: &Path, bundle: &[u8]) -> Result<Self, Failure> {
        let mut opened = Self::with(context, dir, || Ok(bundle.to_vec()))?;
        (opened.holder.bundle.check_clock(context.now())).map_err(Failure::refused)?;
        opened.wallet.seen = Seen::of(&opened.holder.bundle);
        artefact::save(&dir.join(BUNDLE), bundle, Access::Public)?;
        Ok(opened)
    }

    fn with(
        context: &Context,
        dir: &Path,
        bundle: impl FnOnce() -> Result<Vec<u8>, Failure>,
    ) -> Result<Self, Failure> {
        if !dir.join(WALLET).exists() {
            return Err(StoreError::Empty.into());
        }
        let lock = files::lock(dir)?;
        let passphrase = context.passphrase.ask("the wallet")?;
        let bytes = passphrase.open(&dir.join(WALLET))?;
        let (card, seen) = Wallet::pin(&bytes)?;
        let holder = UnverifiedHolderBundle(&bundle()?)
            .verify(&card.key, Some(&card.scheme), None, &mut rand::rng())
            .map_err(Failure::refused)?;
        seen.check(&holder.bundle).map_err(Failure::refused)?;
        Ok(Self {
            wallet: Wallet::from_bytes(&holder.bundle.scheme, &bytes)?,
            dir: dir.to_owned(),
            passphrase,
            holder,
            _lock: lock,
        })
    }

    /// Writes the wallet.
    pub(super) fn save(&self) -> Result<(), Failure> {
        let bytes = self.wallet.to_bytes();
        Ok(self.passphrase.seal(&self.dir.join(WALLET), &bytes)?)
    }

    /// A label that is not taken: `wanted`, or `wanted` with a number.
    pub(super) fn free_label(&self, wanted: &str) -> String {
        let passes = self.wallet.passes.iter().map(|entry| entry.label.as_str());
        let pending = self.wallet.pending.iter().map(|entry| entry.label.as_str());
        let taken: Vec<_> = passes.chain(pending).collect();
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        std::iter::once(wanted.to_owned())
            .chain(numbered)
            .find(|label| !taken.contains(&label.as_str()))
            .unwrap_or_else(|| wanted.to_owned())
    }
}
