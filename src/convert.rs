//! `TryFrom<&[u8]>` beside `from_bytes`, for every type that is read from bytes alone.

#[cfg(feature = "bbs")]
use crate::bbs::{Commitment, Proof, Pseudonym, PublicKey, Signature, Suite};
use crate::codec::DecodeError;
use crate::issuance::{Draw, Offer, RenewalRequest, Response};
use crate::presentation::Question;
use crate::registry::Checkpoint;
use crate::scheme::{
    Accreditation, BundleVerifyingKey, Epoch, IssuerId, Scheme, SchemeCard, UnverifiedCount,
    UnverifiedIssuer,
};

macro_rules! read_by_from_bytes {
    ($($type:ty),* $(,)?) => {$(
        impl TryFrom<&[u8]> for $type {
            type Error = DecodeError;

            fn try_from(bytes: &[u8]) -> Result<Self, DecodeError> {
                Self::from_bytes(bytes)
            }
        }
    )*};
    (of a suite: $($type:ident),* $(,)?) => {$(
        impl<S: Suite> TryFrom<&[u8]> for $type<S> {
            type Error = DecodeError;

            fn try_from(bytes: &[u8]) -> Result<Self, DecodeError> {
                Self::from_bytes(bytes)
            }
        }
    )*};
}

read_by_from_bytes! {
    Accreditation,
    Question,
    BundleVerifyingKey,
    Checkpoint,
    Draw,
    Epoch,
    IssuerId,
    Offer,
    RenewalRequest,
    Response,
    Scheme,
    SchemeCard,
    UnverifiedCount,
    UnverifiedIssuer,
}

#[cfg(feature = "bbs")]
read_by_from_bytes!(of a suite: Commitment, Proof, Pseudonym, PublicKey, Signature);
