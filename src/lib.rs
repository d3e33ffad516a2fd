//! stub
pub mod bbs;
mod codec;
pub mod curve;
mod error;
mod secret;
mod sigma;
pub use codec::{DecodeError, Flaw};
pub use error::Error;
