//! Revocation: an accumulator V that shrinks with every removal.
//!
//! ```text
//! (15) C = V / (α + y)             the witness of handle y: e(C, Q + y·g2) = e(V, g2)
//! (16) V' = V / (α + y_j)          a removal; the log carries (y_j, V')
//! (17) C_j = (C_{j−1} − V_j) / d_j  with d_j = y_j − y; backwards C_{j−1} = d_j·C_j + V_j
//!      C_n = C_0/Π d_j − Σ_j V_j/Π_{k≥j} d_k    over a run of removals, one multi-scalar multiplication
//! ```
//!
//! When α is rotated, [`Reissued`] carries (15) anew for every handle that stands.
//!
//! Only the authority's [`Registry`] knows α. Handles are drawn by it alone and never twice; it
//! never computes a witness for a removed one.

mod log;
mod manager;
mod reissued;
mod witness;

pub use log::{Removal, RemovalLog, decode};
pub use manager::{Handle, Registry, RegistryError, RegistryKey};
pub use reissued::Reissued;
pub use witness::{Revoked, Witness};
