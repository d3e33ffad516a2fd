//! Why a step did not hold.

/// Why a step of a [`Report`](super::Report) did not hold, and what can be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// None of the three formats.
    #[error(
        "this is no certificate that is read here; it begins with HC1: or shc:/ or is a FHIR bundle in JSON"
    )]
    Unknown,
    /// `HC2:` and the like.
    #[error(
        "this certificate is of a later kind than HC1:, which this program does not read; update it"
    )]
    Context,
    /// Longer than what the format can have.
    #[error("this is too long for a certificate; give the text of one code, or one bundle")]
    TooLong,
    /// One of several codes.
    #[error("this is one of several codes of a health card; ask for the card as a single code")]
    Chunked,
    /// The transport encoding is broken.
    #[error("the text is damaged: {0}; scan the code again")]
    Transport(&'static str),
    /// What should be compressed is not, or is damaged.
    #[error("the certificate does not decompress; it is damaged or made wrongly")]
    Inflate,
    /// More than any certificate has comes out of the compression.
    #[error("the certificate decompresses to more than {0} bytes; no real one does")]
    Bomb(usize),
    /// The envelope is broken.
    #[error("the certificate is made wrongly: {0}; its issuer must make it anew")]
    Envelope(&'static str),
    /// The content breaks its schema.
    #[error("the content is not as its schema wants: {0}; its issuer must make it anew")]
    Schema(String),
    /// The signature names no key.
    #[error("the certificate does not say by which key it is signed; it cannot be checked")]
    NoKeyId,
    /// The signature names a key that is not trusted.
    #[error("the signer is not in the trust list; update the list, or do not believe it")]
    UnknownSigner,
    /// The signer's certificate is not in force.
    #[error("the signer's own certificate was not in force at this time; update the trust list")]
    SignerNotInForce,
    /// Another country than the signer's.
    #[error(
        "the certificate says it is of {said}, but its signer is of {signer}; do not believe it"
    )]
    Country {
        /// What the certificate says.
        said: String,
        /// What the signer's certificate says.
        signer: String,
    },
    /// An algorithm that is not read or does not fit the key.
    #[error("the signature is of a kind that is not read here or does not fit the signer's key")]
    Algorithm,
    /// The signature is wrong.
    #[error("the signature is wrong: the certificate was changed, or another signed it")]
    Signature,
    /// No times to judge by.
    #[error("the certificate does not say from when to when it may be used")]
    NoTimes,
    /// Before its time.
    #[error("the certificate is not yet valid at this time; check the clock")]
    NotYet,
    /// After its time.
    #[error("the certificate has expired; ask its issuer for a new one")]
    Expired,
    /// Signed by somebody who may sign other things only.
    #[error("the signer may not sign certificates about a {0}; do not believe it")]
    KeyUsage(&'static str),
    /// A health card about something else.
    #[error("the health card does not say that it is about immunisation; ask for one that does")]
    NotAbout,
}

impl Flaw {
    /// A breach of the schema; a long message, which can carry the certificate's text, is cut.
    pub(super) fn schema(why: impl std::fmt::Display) -> Self {
        Self::Schema(why.to_string().chars().take(200).collect())
    }
}
