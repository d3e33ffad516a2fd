//! What an issuer keeps of a register: where an import stands, and claims without names.
//!
//! An import goes in steps. [`advance`](RegisterStore::advance) moves it from one place of the file to the
//! next together with the claims of the rows between, so a program that dies has done whole steps only.

use super::StoreError;
use crate::approval::Approval;
use veilpass::scheme::Day;

/// How far an import has come.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Import {
    /// Digest of the whole file, its map and the rules.
    #[serde(skip)]
    pub file: [u8; 32],
    /// Drawn when it was begun: names the files that it writes.
    #[serde(skip)]
    pub run: [u8; 8],
    /// Bytes of the file that are done.
    pub offset: u64,
    /// Lines of it.
    pub line: u64,
    /// Claims made.
    pub imported: u32,
    /// Rows that were refused.
    pub rejected: u32,
    /// Rows that an earlier import, or an earlier row, had already.
    pub known: u32,
    /// Bytes of the claims file that belong to what is done.
    pub claims_length: u64,
    /// The same of the rejects file.
    pub rejects_length: u64,
    /// Whether the end was reached.
    pub done: bool,
    /// Whether operators approved it.
    pub approved: bool,
}

impl Import {
    /// The start of a file.
    #[must_use]
    pub fn of(file: [u8; 32], run: [u8; 8]) -> Self {
        Self {
            file,
            run,
            offset: 0,
            line: 0,
            imported: 0,
            rejected: 0,
            known: 0,
            claims_length: 0,
            rejects_length: 0,
            done: false,
            approved: false,
        }
    }
}

/// How many claims imports without an approval may make on a day, all of them together.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// The day.
    pub day: Day,
    /// How many; `None`: any number.
    pub unapproved: Option<u32>,
}

/// A claim to keep.
pub struct NewClaim {
    /// [`veilpass::issuance::ClaimCode::name`].
    pub name: [u8; 32],
    /// A keyed hash of the row, so that no row gets a second claim.
    pub mark: [u8; 16],
    /// What the code opens.
    pub sealed: Vec<u8>,
    /// What it rests on.
    pub kind: &'static str,
    /// Until when it can be used, in Unix seconds.
    pub expires: i64,
}

/// A claim that can be used.
pub struct OpenClaim {
    /// What the code opens.
    pub sealed: Vec<u8>,
    /// What it rests on.
    pub kind: String,
    /// Until when it can be used, in Unix seconds.
    pub expires: i64,
    /// Whether an offer for it is open, which another one makes void.
    pub offered: bool,
}

/// Claims by their state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ClaimCounts {
    /// Not used yet.
    pub open: u32,
    /// Used.
    pub used: u32,
    /// Never used, and too late now.
    pub expired: u32,
}

/// An issuer's registers.
pub trait RegisterStore: Send + Sync {
    /// Where the import of the file with this digest stands; `None` if it was never begun.
    ///
    /// # Errors
    /// [`StoreError`].
    fn import(
        &self,
        file: &[u8; 32],
    ) -> impl Future<Output = Result<Option<Import>, StoreError>> + Send;
    /// Begins an import, with the operators' approval if they gave one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it was begun; [`StoreError`].
    fn begin_import(
        &self,
        import: &Import,
        approval: Option<&Approval>,
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Keeps the operators' approval of an import that was begun: from then on it may make any number of claims.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it was not begun, or is approved; [`StoreError`].
    fn approve_import(
        &self,
        file: &[u8; 32],
        approval: &Approval,
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// How many claims imports without an approval made on a day.
    ///
    /// # Errors
    /// [`StoreError`].
    fn unapproved(&self, day: Day) -> impl Future<Output = Result<u32, StoreError>> + Send;
    /// Which of these marks are there already.
    ///
    /// # Errors
    /// [`StoreError`].
    fn known(
        &self,
        marks: &[[u8; 16]],
    ) -> impl Future<Output = Result<Vec<bool>, StoreError>> + Send;
    /// Keeps the claims and moves the import on from `offset` bytes. Whether it is approved, the store knows. The
    /// claims of one that is not are counted for the day of the allowance, and only as many are made as it has left.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the import does not stand there, or a mark is there already;
    /// [`StoreError::NeedsApproval`] if the claims are more than the allowance has left; [`StoreError`].
    fn advance(
        &self,
        offset: u64,
        import: &Import,
        claims: &[NewClaim],
        allowance: Allowance,
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The claim, if it can be used: there is no answer to an offer that was made for it.
    ///
    /// # Errors
    /// [`StoreError::UnknownClaim`], [`StoreError::ClaimUsed`]; [`StoreError`].
    fn claim(
        &self,
        name: &[u8; 32],
        now: i64,
    ) -> impl Future<Output = Result<OpenClaim, StoreError>> + Send;
    /// Keeps offers, each made for a claim. An offer that was made for it before and was not used by
    /// anybody is gone. In one transaction; each succeeds or fails by itself.
    ///
    /// # Errors
    /// For all of them [`StoreError`]; for one of them the errors of [`claim`](Self::claim).
    fn offer_claims(
        &self,
        offers: &[([u8; 32], super::NewOffer<'_>)],
        at: i64,
    ) -> impl Future<Output = Result<Vec<Result<(), StoreError>>, StoreError>> + Send;
    /// Forgets the marks of all rows, with the operators' approval if one is needed: from then on a row
    /// that comes again gets another claim. Says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_rows(
        &self,
        approval: Option<&Approval>,
        at: i64,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;
    /// How many claims are open, used and expired.
    ///
    /// # Errors
    /// [`StoreError`].
    fn claims(&self) -> impl Future<Output = Result<ClaimCounts, StoreError>> + Send;
}
