//! What the authority sends: a newer bundle, the accreditation, handles.

use veilpass::artefact::Artefact;
use veilpass::scheme::{
    HandlePool, IssuerKey, Limits, SignedAccreditation, Trust, UnixTime, UnverifiedBundle,
};

use super::{ACCREDITATION, AccreditationError, BUNDLE, Issuer, IssuerError, open_key};
use crate::log::Event;
use crate::ports::Keys;
use crate::store::IssuerStore;

/// What was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// A bundle.
    Bundle {
        /// Its number.
        version: u32,
    },
    /// An accreditation.
    Accreditation {
        /// Its epoch.
        epoch: u32,
        /// What the authority laid down in it.
        limits: Limits,
    },
    /// Handles.
    Handles {
        /// How many were not known yet.
        new: u32,
        /// How many were in the file.
        all: usize,
    },
}

/// An issuer's key that is opened when it is needed for the first time: a bundle takes none.
pub struct KeyOnDemand<'a, K> {
    keys: &'a K,
    key: Option<IssuerKey>,
}

impl<'a, K: Keys> KeyOnDemand<'a, K> {
    /// From these.
    pub fn new(keys: &'a K) -> Self {
        Self { keys, key: None }
    }

    fn get(&mut self) -> Result<&IssuerKey, IssuerError> {
        match &mut self.key {
            Some(key) => Ok(key),
            key => Ok(key.insert(open_key(self.keys)?)),
        }
    }
}

impl<S: IssuerStore> Issuer<S> {
    /// Takes in what the authority sent, whichever of the three kinds it is.
    ///
    /// # Errors
    /// [`IssuerError::NotForIssuers`] if it is of another kind; [`IssuerError::Key`]; as
    /// [`import_bundle`](Self::import_bundle), [`import_accreditation`](Self::import_accreditation) and
    /// [`import_handles`](Self::import_handles).
    pub async fn import<K: Keys>(
        &mut self,
        bytes: &[u8],
        key: &mut KeyOnDemand<'_, K>,
        now: UnixTime,
    ) -> Result<Imported, IssuerError> {
        let now = now.as_seconds();
        match Artefact::of(bytes) {
            Some(Artefact::Bundle) => self.import_bundle(bytes, now).await,
            Some(Artefact::Accreditation) => {
                self.import_accreditation(bytes, key.get()?, now).await
            }
            Some(Artefact::Handles) => self.import_handles(bytes, key.get()?, now).await,
            other => Err(IssuerError::NotForIssuers(other)),
        }
    }

    /// Takes a bundle in. What is taken in after it is judged by it.
    ///
    /// # Errors
    /// [`IssuerError::Unsigned`] if the authority did not sign it, or it is older than the one at hand;
    /// [`IssuerError::Store`].
    pub async fn import_bundle(&mut self, bytes: &[u8], now: i64) -> Result<Imported, IssuerError> {
        let bundle = UnverifiedBundle::new(bytes)
            .verify(&Trust::pinned(&self.card).after(&self.bundle))
            .map_err(IssuerError::Unsigned)?;
        let version = bundle.version();
        let event = [Event::Bundle { number: version }];
        self.store
            .put(BUNDLE, bytes, &event, self.logged(now))
            .await?;
        self.bundle = bundle;
        Ok(Imported::Bundle { version })
    }

    /// Takes an accreditation in, with its limits.
    ///
    /// # Errors
    /// [`IssuerError::Unsigned`]; [`AccreditationError`]; [`IssuerError::Store`].
    pub async fn import_accreditation(
        &self,
        bytes: &[u8],
        key: &IssuerKey,
        now: i64,
    ) -> Result<Imported, IssuerError> {
        let paper =
            SignedAccreditation::open(self.card.key(), bytes).map_err(IssuerError::Unsigned)?;
        if !paper.is_for(self.card.scheme(), key) {
            return Err(AccreditationError::OtherIssuer.into());
        }
        let epoch = paper.accreditation().epoch();
        let verified = (self.bundle).verify_accreditation(paper.accreditation(), key.public());
        verified.map_err(|_| AccreditationError::OtherKeys)?;
        if epoch < self.accreditation_epoch_at(UnixTime::from_seconds(now)) {
            return Err(AccreditationError::Over(epoch).into());
        }
        if let Some(have) = self.newest_accreditation().await?
            && have.accreditation().epoch() >= epoch
            && paper.limits().at < have.limits().at
        {
            return Err(AccreditationError::Older.into());
        }
        let event = [Event::Accreditation { epoch }];
        self.store
            .put(ACCREDITATION, bytes, &event, self.logged(now))
            .await?;
        Ok(Imported::Accreditation {
            epoch,
            limits: *paper.limits(),
        })
    }

    /// Takes handles in, as far as they are not known.
    ///
    /// # Errors
    /// [`IssuerError::Unsigned`]; [`IssuerError::OthersHandles`]; [`IssuerError::Store`].
    pub async fn import_handles(
        &self,
        bytes: &[u8],
        key: &IssuerKey,
        now: i64,
    ) -> Result<Imported, IssuerError> {
        let paper = HandlePool::open(self.card.key(), bytes).map_err(IssuerError::Unsigned)?;
        if !paper.is_for(self.card.scheme(), key) {
            return Err(IssuerError::OthersHandles);
        }
        let rows: Vec<_> = (paper.handles().iter())
            .map(|handle| (handle.id(), handle.expose_bytes().to_vec()))
            .collect();
        Ok(Imported::Handles {
            new: self.store.add_handles(&rows, self.logged(now)).await?,
            all: rows.len(),
        })
    }
}
