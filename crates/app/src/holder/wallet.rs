//! What a wallet holds, and its bytes: the scheme's pin, the newest bundle ever seen, the passes, and the requests
//! that wait for a response.
//!
//! A request's secrets are made for that request and used for no other: a wallet that comes back from a
//! backup can still receive the answer to it, and makes new secrets for every new request.

use std::cmp::Ordering;
use std::time::Duration;

use veilpass::artefact::Artefact;
use veilpass::codec::{Reader, Writer};
use veilpass::scheme::{Bundle, BundleError, Scheme, SchemeCard, UnixTime};
use veilpass::{Credential, DecodeError};
use zeroize::Zeroizing;

use super::HolderError;
use super::pending::Pending;

/// The most passes and requests that a wallet holds.
const MAX_ENTRIES: usize = 1000;

/// Room for an entry's bytes without its label: no pass of any schema is longer.
const ENTRY_ROOM: usize = 16_384;

/// How long after its offer's end a request is kept: the issuer may have answered in time, and the answer, on paper for
/// instance, may still be under way.
pub(super) const UNDER_WAY: Duration = Duration::from_secs(7 * 86_400);

/// A pass or a pending request, under the holder's name for it.
pub(super) struct Entry<T> {
    pub(super) label: String,
    pub(super) value: T,
}

/// What does not change but by a newer bundle.
pub(super) struct Pin {
    pub(super) card: SchemeCard,
    newest: Newest,
}

/// The newest bundle ever seen: setting back what lies beside the wallet does not set this back.
struct Newest {
    version: u32,
    digest: [u8; 32],
}

/// What a wallet holds.
pub(super) struct Wallet {
    pub(super) pin: Pin,
    pub(super) passes: Vec<Entry<Credential>>,
    pub(super) pending: Vec<Entry<Pending>>,
}

/// The entries that a wallet will have once it is sealed with them.
pub(super) struct Entries<'a> {
    pub(super) passes: Vec<&'a Entry<Credential>>,
    pub(super) pending: Vec<&'a Entry<Pending>>,
}

impl Newest {
    fn of(bundle: &Bundle) -> Self {
        Self {
            version: bundle.version(),
            digest: bundle.digest(),
        }
    }
}

impl Pin {
    /// With the bundle that is the newest one seen.
    pub(super) fn new(card: SchemeCard, bundle: &Bundle) -> Self {
        Self {
            card,
            newest: Newest::of(bundle),
        }
    }

    /// From now on this bundle is the newest one seen.
    pub(super) fn see(&mut self, bundle: &Bundle) {
        self.newest = Newest::of(bundle);
    }

    /// Refuses a bundle that is older than the newest one seen, and another one of the same number.
    pub(super) fn check(&self, bundle: &Bundle) -> Result<(), BundleError> {
        let (have, got) = (self.newest.version, bundle.version());
        match got.cmp(&have) {
            Ordering::Less => Err(BundleError::Rollback { have, got }),
            Ordering::Equal if bundle.digest() != self.newest.digest => Err(BundleError::Fork(got)),
            _ => Ok(()),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.header(Artefact::Wallet)?;
        Ok(Self {
            card: SchemeCard::from_bytes(reader.bytes()?)?,
            newest: Newest {
                version: reader.u32()?,
                digest: reader.array()?,
            },
        })
    }

    /// The pin of a wallet whose entries cannot be read before the scheme is known.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::read(&mut Reader::new("wallet", bytes))
    }
}

impl Wallet {
    /// Reads a whole wallet of this scheme.
    pub(super) fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, HolderError> {
        let mut reader = Reader::new("wallet", bytes);
        let pin = Pin::read(&mut reader)?;
        let mut passes = Vec::new();
        for _ in 0..reader.u16()? {
            let (label, bytes) = (reader.text()?, reader.bytes()?);
            let value = Credential::from_bytes(scheme, bytes)?;
            passes.push(Entry { label, value });
        }
        let mut pending = Vec::new();
        for _ in 0..reader.u16()? {
            let (label, bytes) = (reader.text()?, reader.bytes()?);
            let value = Pending::from_bytes(scheme, bytes)?;
            pending.push(Entry { label, value });
        }
        reader.finish()?;
        Ok(Self {
            pin,
            passes,
            pending,
        })
    }

    /// Its bytes with these entries: secret, to be sealed.
    pub(super) fn expose_bytes(&self, entries: &Entries<'_>) -> Zeroizing<Vec<u8>> {
        // Room enough, so that no copy is left behind by growing.
        let room = entries
            .labels()
            .map(|label| label.len() + ENTRY_ROOM)
            .sum::<usize>();
        let mut bytes = Zeroizing::new(Vec::with_capacity(room + 2 * ENTRY_ROOM));
        let head = Writer::artefact(Artefact::Wallet)
            .bytes(&self.pin.card.to_bytes())
            .u32(self.pin.newest.version)
            .raw(&self.pin.newest.digest);
        bytes.extend_from_slice(&head.finish());
        bytes.extend_from_slice(&length(entries.passes.len()));
        for entry in &entries.passes {
            put(&mut bytes, &entry.label, &entry.value.expose_bytes());
        }
        bytes.extend_from_slice(&length(entries.pending.len()));
        for entry in &entries.pending {
            put(&mut bytes, &entry.label, &entry.value.expose_bytes());
        }
        bytes
    }

    /// Forgets requests whose offer is over for longer than an answer can be under way.
    pub(super) fn forget_stale(&mut self, now: UnixTime) {
        (self.pending).retain(|entry| now < entry.value.expires().saturating_add(UNDER_WAY));
    }

    /// The entries as they are.
    pub(super) fn entries(&self) -> Entries<'_> {
        Entries {
            passes: self.passes.iter().collect(),
            pending: self.pending.iter().collect(),
        }
    }

    /// Whether one more entry fits.
    pub(super) fn has_room(&self) -> Result<(), HolderError> {
        if self.passes.len() + self.pending.len() < MAX_ENTRIES {
            Ok(())
        } else {
            Err(HolderError::Full)
        }
    }
}

impl Entries<'_> {
    /// The names of all of them.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        let passes = self.passes.iter().map(|entry| entry.label.as_str());
        passes.chain(self.pending.iter().map(|entry| entry.label.as_str()))
    }

    /// A label that is not taken: `wanted`, or `wanted` with a number.
    pub(super) fn free_label(&self, wanted: &str) -> String {
        let taken: Vec<_> = self.labels().collect();
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        std::iter::once(wanted.to_owned())
            .chain(numbered)
            .find(|label| !taken.contains(&label.as_str()))
            .unwrap_or_else(|| wanted.to_owned())
    }
}

/// A length or a count, as the format has it.
fn length(of: usize) -> [u8; 2] {
    u16::try_from(of).unwrap_or(u16::MAX).to_be_bytes()
}

fn put(bytes: &mut Vec<u8>, label: &str, value: &[u8]) {
    for part in [label.as_bytes(), value] {
        bytes.extend_from_slice(&length(part.len()));
        bytes.extend_from_slice(part);
    }
}
