//! Revocation: an accumulator V that shrinks with every removal.
//!
//! ```text
//! (15) C = V / (α + y)             the witness of handle y: e(C, Q + y·g2) = e(V, g2)
//! (16) V' = V / (α + y_j)          a removal; the log carries (y_j, V')
//! (17) C_j = (C_{j−1} − V_j) / d_j  with d_j = y_j − y; backwards C_{j−1} = d_j·C_j + V_j
//!      C_n = C_0/Π d_j − Σ_j V_j/Π_{k≥j} d_k    over a run of removals, one multi-scalar multiplication
//! ```
//!
//! A [`Checkpoint`] carries (15) anew for every handle that stands: for whoever was away long, and for everybody when α
//! is rotated.
//!
//! Only the authority's `Registry` knows α. Handles are drawn by it alone and never twice; it
//! never computes a witness for a removed one.

mod checkpoint;
mod log;
// What an authority alone needs of these is seen by the project's own benches, too: feature `internals`.
#[cfg_attr(not(feature = "internals"), expect(unreachable_pub))]
pub(crate) mod manager;
#[cfg_attr(not(feature = "internals"), expect(unreachable_pub))]
pub(crate) mod segment;
#[cfg_attr(not(feature = "internals"), expect(unreachable_pub))]
pub(crate) mod witness;

pub use checkpoint::{
    Bucket, BucketName, Checkpoint, CheckpointError, CheckpointFiles, MAX_BITS, MAX_BUCKET,
};
pub use log::RemovalLog;
pub(crate) use manager::Registry;
pub use manager::{Handle, HandleState, RegistryError, RegistryKey};
pub(crate) use witness::Witness;
pub use witness::WitnessError;

/// Removals of a segment of the public log; the last segment may have fewer.
pub const SEGMENT: usize = 4096;
