//! Where what an authority published is read from.
//!
//! What is published is a folder of files, the same for everybody:
//!
//! | file | what it is |
//! |---|---|
//! | `checkpoints/ROOT/NUMBER` | the buckets of a checkpoint |
//! | `parts/DIGEST` | date tables, segments of the log, sealed lists and manifests, each named by its digest |
//! | `scheme.vp` | the card; it never changes |
//! | `holders.vp` | all that holders need in one file, for whoever carries it by hand |
//! | `bundle.vp` | the bundle |
//!
//! It is written from the top of this table to its end. What has a digest for its name never changes. So nobody who reads
//! while somebody writes ever finds a bundle without what it names.

use std::fmt;

use veilpass::registry::BucketName;
use veilpass::scheme::PartDigest;

/// A published file that wallets and doors read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PublicName {
    /// A static part, or a manifest.
    Part(PartDigest),
    /// A bucket of a checkpoint.
    Bucket(BucketName),
    /// The newest bundle.
    Bundle,
}

impl fmt::Display for PublicName {
    /// Its path in the folder, with `/` between folders.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle => f.write_str("bundle.vp"),
            Self::Part(digest) => write!(f, "parts/{digest}"),
            Self::Bucket(BucketName { root, number }) => {
                write!(f, "checkpoints/{}/{number:06x}", PartDigest(*root))
            }
        }
    }
}

/// The most bytes of a bundle.
pub const MAX_BUNDLE: usize = 1 << 20;

/// The most bytes of a manifest: for some hundred million removals.
pub const MAX_MANIFEST: usize = 1 << 20;

/// Why a file cannot be read: what the place says, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// A place with what an authority published. It is trusted with nothing: what it gives is held against digests and signatures.
pub trait Source {
    /// The file of this name, which has at most `limit` bytes.
    ///
    /// # Errors
    /// There is no such file, it is longer, or the place cannot be reached.
    fn read(&self, name: PublicName, limit: usize) -> Result<Vec<u8>, SourceError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_paths_without_anything_that_leads_elsewhere() {
        let digest = [0xab; 32];
        let hex = "ab".repeat(32);
        let bucket = BucketName {
            root: digest,
            number: 0x1f,
        };
        for (name, path) in [
            (PublicName::Bundle, "bundle.vp".to_owned()),
            (PublicName::Part(PartDigest(digest)), format!("parts/{hex}")),
            (
                PublicName::Bucket(bucket),
                format!("checkpoints/{hex}/00001f"),
            ),
        ] {
            assert_eq!(name.to_string(), path);
        }
    }
}
