//! Points that many computations share, with the tables that make them cheap.

use std::sync::OnceLock;

use super::msm::Table;
use super::msm_vartime::OddMultiples;
use super::{G1Affine, g1_to_bytes};

/// A point that is used again and again. Its tables are built at first use and kept:
/// about 3.5 kB for constant-time use, 6 kB for variable-time use.
#[derive(Debug)]
pub struct FixedBase {
    point: G1Affine,
    encoding: [u8; 48],
    table: OnceLock<Table>,
    odd_multiples: OnceLock<OddMultiples>,
}

/// Width of the digits that a fixed base's variable-time table serves: 2^(8−2) odd multiples.
const FIXED_WIDTH: u32 = 8;

impl FixedBase {
    /// A base without tables yet.
    #[must_use]
    pub fn new(point: G1Affine) -> Self {
        Self {
            point,
            encoding: g1_to_bytes(&point),
            table: OnceLock::new(),
            odd_multiples: OnceLock::new(),
        }
    }

    /// The point itself.
    #[must_use]
    pub fn point(&self) -> &G1Affine {
        &self.point
    }

    /// Its compressed encoding.
    #[must_use]
    pub fn encoding(&self) -> &[u8; 48] {
        &self.encoding
    }

    pub(super) fn table(&self) -> &Table {
        self.table.get_or_init(|| Table::new(&self.point))
    }

    pub(super) fn odd_multiples(&self) -> &OddMultiples {
        self.odd_multiples
            .get_or_init(|| OddMultiples::new(&self.point, FIXED_WIDTH))
    }
}

/// One base of a multi-scalar multiplication.
#[derive(Clone, Copy, Debug)]
pub enum Base<'a> {
    /// With tables that already exist.
    Fixed(&'a FixedBase),
    /// Met once; its table is made for the occasion.
    Point(G1Affine),
}

impl<'a> From<&'a FixedBase> for Base<'a> {
    fn from(base: &'a FixedBase) -> Self {
        Self::Fixed(base)
    }
}

impl From<G1Affine> for Base<'_> {
    fn from(point: G1Affine) -> Self {
        Self::Point(point)
    }
}

impl Base<'_> {
    /// The point.
    #[must_use]
    pub fn point(&self) -> &G1Affine {
        match self {
            Self::Fixed(base) => base.point(),
            Self::Point(point) => point,
        }
    }
}
