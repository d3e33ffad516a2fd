//! The roles without a screen: what an authority, an issuer, a holder and a verifier do, for every front end.

mod alike;
pub mod approval;
pub mod authority;
pub mod error;
pub mod holder;
pub mod issuer;
pub mod log;
pub mod ports;
pub mod source;
pub mod store;
pub mod values;
pub mod verifier;
