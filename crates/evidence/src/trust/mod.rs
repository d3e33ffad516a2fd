//! The trust list: document signers, each by its certificate (X.509, RFC 5280) or by its key in a list that somebody
//! signed. Who is on the list is trusted; its keeper, such as a national gateway, has checked the chains above.

mod files;
mod folder;
mod published;
mod signer;

pub use folder::Skipped;
pub(super) use signer::{Signer, untrusted};

use super::words::reasons;

/// The largest file that is read, in bytes: some thousand certificates.
const MAX_FILE: u64 = 16 << 20;

reasons! {
    /// Why something is not believed that lies among the trusted.
    pub enum TrustError {
        /// Neither PEM nor DER of a certificate.
        NotACertificate = "trust-not-a-certificate",
            "this is no certificate in PEM or DER, and no list of signers; if it should be one, get it again";
        /// A key that nothing can be verified with here.
        Key = "trust-key",
            "the certificate's key is of a kind that is not read: P-256, P-384, or RSA from 2,048 to 4,096 bits is; leave it out";
        /// A private key.
        Private = "trust-private",
            "this is a private key, which must not lie here; give it back to its owner and warn them";
        /// A list without a signature that can be checked.
        Unsigned = "trust-unsigned",
            "nobody signed this list of signers; take it as its publisher sends it, with the signature in its first line";
        /// A list, and no key to check it with.
        NoUplink = "trust-no-uplink",
            "the publisher's public key is missing; put it as PEM (BEGIN PUBLIC KEY) into the same folder";
        /// A list with a wrong signature.
        ListSignature = "trust-list-signature",
            "none of the public keys in the folder signed this list; get the list and the publisher's key again";
        /// A list in another form.
        NotAList = "trust-not-a-list",
            "this JSON is no list of signers that is read here: a DSC list with its signature, a directory snapshot (VCI) or a set of keys";
        /// The Dutch list.
        Cms = "trust-cms",
            "this list is signed by CMS, which is not read here; take the list of another state, which has the same signers";
        /// Addresses without keys.
        NoKeys = "trust-no-keys",
            "this directory has addresses and no keys; take its snapshot, vci_snapshot.json";
        /// Keys without an address.
        NoAddress = "trust-no-address",
            "this set of keys does not say whose cards it is for; name it with its address in the file of --cards";
        /// Larger than anything that is read.
        TooLarge = "trust-too-large", "this is larger than 16 MB, or one of too many files, which no list of signers is; take it out of the folder";
        /// Folders in folders in folders.
        TooDeep = "trust-too-deep", "this folder lies more than eight folders deep; move it up";
        /// What the system says.
        System {
            /// Its words.
            words: String,
        } = "trust-system", "this cannot be read: {words}; see who may read it";
        /// A card issuer's key set.
        KeySet {
            /// Why it is not read.
            why: super::JwkError,
        } = "trust-key-set", "{why}";
    }
}

/// Signers that are trusted, found by key identifier.
#[derive(Clone, Debug, Default)]
pub struct TrustList {
    signers: Vec<Signer>,
}

impl TrustList {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the certificate of a DER file, or all of a PEM file. Returns how many there were.
    ///
    /// # Errors
    /// [`TrustError`]; then none was added.
    pub fn add(&mut self, file: &[u8]) -> Result<usize, TrustError> {
        let read = files::certificates(file).into_iter().map(|(_, der)| {
            let der = der?;
            Signer::from_der(&der)
        });
        let added = read.collect::<Result<Vec<_>, _>>()?;
        if added.is_empty() {
            return Err(TrustError::NotACertificate);
        }
        let count = added.len();
        for signer in added {
            self.put(signer);
        }
        Ok(count)
    }

    /// Adds a signer, unless it is there.
    fn put(&mut self, signer: Signer) {
        if !self.signers.contains(&signer) {
            self.signers.push(signer);
        }
    }

    /// How many signers are on the list.
    #[must_use]
    pub fn len(&self) -> usize {
        self.signers.len()
    }

    /// Whether nobody is on the list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.signers.is_empty()
    }

    /// The signers with this key identifier: one, unless two share it by chance.
    pub(super) fn with_id(&self, id: &[u8]) -> impl Iterator<Item = &Signer> {
        self.signers.iter().filter(move |signer| signer.id == id)
    }

    /// All signers.
    pub(super) fn signers(&self) -> &[Signer] {
        &self.signers
    }
}
