//! The rules: what evidence gives.
