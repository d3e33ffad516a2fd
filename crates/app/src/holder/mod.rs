//! The holder: keeps passes in a sealed wallet, brings them up to date, and shows them.
//!
//! A wallet is one secret behind the [`Keys`] port ([`names::WALLET`]). The newest holders' bundle is public: the
//! front end stores it beside the wallet, and hands it in when the wallet is opened. A newer bundle is stored
//! *before* the wallet that has seen it is sealed ([`Updated::seal`]); otherwise a wallet could ask for a
//! bundle that is nowhere.
//!
//! ```text
//! Setup::new ── Holder::create ──┐
//!                                ├─ Updated::seal ── Holder
//! Holder::open ── Unsealed::update ┘
//!            └─── Unsealed::with_bundle ──────────── Holder
//! ```
//!
//! What a wallet holds changes first in its sealed form and then in memory: where sealing fails, nothing has
//! happened.

mod answer;
mod error;
mod fetch;
mod issuance;
mod learned;
mod pending;
mod wallet;

pub use answer::{Answer, StripVenue, Strips, StripsOrder};
pub use error::HolderError;
pub use fetch::{fetch_everything, fetch_new};
pub use issuance::{Ends, Renews, Requested};
pub use learned::Learned;

use rand_core::CryptoRng;
use veilpass::scheme::{
    Bundle, HolderBundle, Scheme, SchemeCard, Trust, UnixTime, UnverifiedHolderBundle, Value,
};
use veilpass::{Credential, SyncError};
use zeroize::Zeroizing;

use crate::ports::{Clock, Keys, names};
use wallet::{Entries, Entry, Pin, Wallet};

/// What a new wallet is for: a scheme, by a card that the holder trusts and a bundle that its authority signed.
pub struct Setup {
    card: SchemeCard,
    bundle: HolderBundle,
}

impl Setup {
    /// Verifies the bundle. `rng` draws the weights of a batch verification.
    ///
    /// # Errors
    /// [`HolderError::Bundle`].
    pub fn new<R: CryptoRng + ?Sized>(
        card: SchemeCard,
        bundle: &[u8],
        rng: &mut R,
    ) -> Result<Self, HolderError> {
        let bundle = verify(&card, bundle, rng)?;
        Ok(Self { card, bundle })
    }
}

fn verify<R: CryptoRng + ?Sized>(
    card: &SchemeCard,
    bundle: &[u8],
    rng: &mut R,
) -> Result<HolderBundle, HolderError> {
    let unverified = UnverifiedHolderBundle::new(bundle);
    Ok(unverified.verify(&Trust::pinned(card), rng)?)
}

/// An open wallet with the newest bundle.
pub struct Holder<K> {
    keys: K,
    wallet: Wallet,
    bundle: HolderBundle,
}

/// A wallet that was opened, before it has a bundle.
#[must_use]
pub struct Unsealed<K> {
    keys: K,
    bytes: Zeroizing<Vec<u8>>,
    pin: Pin,
}

/// A wallet that has taken a bundle and is not sealed with it yet.
#[must_use = "a bundle counts only once the wallet is sealed with it"]
pub struct Updated<K> {
    holder: Holder<K>,
    passes: Vec<Synced>,
}

/// What became of a pass with a newer bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    /// What the holder calls it.
    pub label: String,
    /// Whether it is up to date.
    pub outcome: Result<(), SyncError>,
}

impl<K: Keys> Unsealed<K> {
    /// With the bundle that is stored beside the wallet.
    ///
    /// # Errors
    /// [`HolderError::Bundle`], [`HolderError::Damaged`], [`HolderError::DamagedPass`].
    pub fn with_bundle<R: CryptoRng + ?Sized>(
        self,
        bundle: &[u8],
        rng: &mut R,
    ) -> Result<Holder<K>, HolderError> {
        let bundle = verify(&self.pin.card, bundle, rng)?;
        self.pin.check(bundle.bundle())?;
        Ok(Holder {
            wallet: Wallet::from_bytes(bundle.bundle().scheme(), &self.bytes)?,
            keys: self.keys,
            bundle,
        })
    }

    /// With a newer bundle that is in force by the clock; brings all passes up to date, and forgets
    /// requests that nobody answers any more. The front end stores
    /// the bundle, then it seals the wallet.
    ///
    /// # Errors
    /// As [`with_bundle`](Self::with_bundle), and [`HolderError::NotInForce`].
    pub fn update<R: CryptoRng + ?Sized>(
        self,
        bundle: &[u8],
        clock: &impl Clock,
        rng: &mut R,
    ) -> Result<Updated<K>, HolderError> {
        let mut holder = self.with_bundle(bundle, rng)?;
        clock.in_zone(holder.scheme().zone());
        let now = UnixTime::from_seconds(clock.now());
        holder.bundle.bundle().check_clock(now)?;
        holder.wallet.pin.see(holder.bundle.bundle());
        holder.wallet.forget_stale(now);
        let synced = holder.wallet.passes.iter_mut().map(|entry| Synced {
            label: entry.label.clone(),
            outcome: entry.value.sync_vartime(&holder.bundle),
        });
        Ok(Updated {
            passes: synced.collect(),
            holder,
        })
    }
}

impl<K: Keys> Updated<K> {
    /// What became of the passes.
    #[must_use]
    pub fn passes(&self) -> &[Synced] {
        &self.passes
    }

    /// Seals the wallet. The bundle must be stored by now.
    ///
    /// # Errors
    /// [`HolderError::Key`].
    pub fn seal(self) -> Result<Holder<K>, HolderError> {
        self.holder.seal(&self.holder.wallet.entries())?;
        Ok(self.holder)
    }
}

/// A pass, for its holder to read.
pub struct Pass<'a> {
    /// What the holder calls it.
    pub label: &'a str,
    /// What it says, in the order of the scheme's schema.
    pub attributes: Vec<PassAttribute<'a>>,
    /// Whether it stands by the bundle at hand: revoked, for instance, it can be shown no more.
    pub stands: Result<(), SyncError>,
}

/// A request that waits for a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// What the holder calls it.
    pub label: &'a str,
    /// Until when the issuer answers it for the first time.
    pub until: UnixTime,
    /// From then on the next update of the wallet forgets it.
    pub kept_until: UnixTime,
}

/// An attribute of a pass.
pub struct PassAttribute<'a> {
    /// Its name in the schema.
    pub name: &'a str,
    /// Its value.
    pub value: &'a Value,
    /// Whether a policy asks that this date has not passed: then the first day of the calendar means that the pass
    /// never meets it.
    pub is_end: bool,
}

impl<K: Keys> Holder<K> {
    /// A new, empty wallet. The front end stores the bundle of the setup, then it seals the wallet.
    ///
    /// # Errors
    /// [`HolderError::SetUpAlready`].
    pub fn create(keys: K, setup: Setup) -> Result<Updated<K>, HolderError> {
        if keys.has(names::WALLET) {
            return Err(HolderError::SetUpAlready);
        }
        let wallet = Wallet {
            pin: Pin::new(setup.card, setup.bundle.bundle()),
            passes: Vec::new(),
            pending: Vec::new(),
        };
        let holder = Self {
            keys,
            wallet,
            bundle: setup.bundle,
        };
        Ok(Updated {
            holder,
            passes: Vec::new(),
        })
    }

    /// Opens the wallet.
    ///
    /// # Errors
    /// [`HolderError::NotSetUp`], [`HolderError::Key`], [`HolderError::Damaged`].
    pub fn open(keys: K) -> Result<Unsealed<K>, HolderError> {
        if !keys.has(names::WALLET) {
            return Err(HolderError::NotSetUp);
        }
        let bytes = keys.open(names::WALLET)?;
        let pin = Pin::of(&bytes)?;
        Ok(Unsealed { keys, bytes, pin })
    }

    /// The scheme that the wallet is for.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        self.bundle.bundle().scheme()
    }

    /// The number of the bundle at hand.
    #[must_use]
    pub fn bundle_version(&self) -> u32 {
        self.bundle.bundle().version()
    }

    /// The passes.
    pub fn passes(&self) -> impl Iterator<Item = Pass<'_>> {
        self.wallet.passes.iter().map(|entry| self.describe(entry))
    }

    /// The pass with this label.
    #[must_use]
    pub fn pass(&self, label: &str) -> Option<Pass<'_>> {
        self.passes().find(|pass| pass.label == label)
    }

    /// The requests that wait for a response.
    pub fn pending(&self) -> impl Iterator<Item = Waiting<'_>> {
        self.wallet.pending.iter().map(|entry| Waiting {
            label: &entry.label,
            until: entry.value.expires(),
            kept_until: entry.value.expires().saturating_add(wallet::UNDER_WAY),
        })
    }

    /// The bundle at hand.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        self.bundle.bundle()
    }

    /// Whether a policy asks that the date at this place of the schema has not passed.
    fn is_end(&self, index: usize) -> bool {
        let policies = self.bundle.bundle().policies();
        (policies.iter()).any(|policy| usize::from(policy.until) == index)
    }

    fn describe<'a>(&'a self, entry: &'a Entry<Credential>) -> Pass<'a> {
        let attributes = self.scheme().schema().attributes();
        // The first two are the pseudonym secret and the handle.
        let shown = attributes.iter().enumerate().skip(2);
        let shown = shown.filter_map(|(index, attribute)| {
            Some(PassAttribute {
                name: &attribute.name,
                value: entry.value.value(self.scheme(), &attribute.name)?,
                is_end: self.is_end(index),
            })
        });
        Pass {
            label: &entry.label,
            attributes: shown.collect(),
            stands: entry.value.stands_vartime(&self.bundle),
        }
    }

    /// Looks for a pass or a pending request of this name.
    ///
    /// # Errors
    /// [`HolderError::UnknownLabel`].
    pub fn find(&self, label: &str) -> Result<(), HolderError> {
        if self.wallet.entries().labels().any(|known| known == label) {
            return Ok(());
        }
        Err(HolderError::UnknownLabel(label.to_owned()))
    }

    /// Deletes the pass or the pending request of this name, for ever.
    ///
    /// # Errors
    /// [`HolderError::UnknownLabel`], [`HolderError::Key`].
    pub fn forget(&mut self, label: &str) -> Result<(), HolderError> {
        self.find(label)?;
        let mut rest = self.wallet.entries();
        rest.passes.retain(|entry| entry.label != label);
        rest.pending.retain(|entry| entry.label != label);
        self.seal(&rest)?;
        self.wallet.passes.retain(|entry| entry.label != label);
        self.wallet.pending.retain(|entry| entry.label != label);
        Ok(())
    }

    /// Seals the wallet with these entries.
    fn seal(&self, entries: &Entries<'_>) -> Result<(), HolderError> {
        let bytes = self.wallet.expose_bytes(entries);
        Ok(self.keys.seal(names::WALLET, &bytes)?)
    }
}
