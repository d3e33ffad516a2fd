//! Evidence.
#![cfg(feature = "evidence")]
