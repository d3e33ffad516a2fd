//! Rows of a register become claims, a few hundred at a time.

use std::collections::HashSet;
use std::io::{self, BufRead, Seek};

use rand_core::CryptoRng;
use veilpass::issuance::ClaimCode;
use veilpass::scheme::{IssuerKey, UnixTime, Value};
use veilpass_evidence::register::{Person, Register, Row};

use super::RegisterImport;
pub use super::row_error::RowError;
use crate::issuer::evidence::Judged;
use crate::issuer::{Issuer, IssuerError};
use crate::store::IssuerStore;
use crate::store::register::{Import, NewClaim, RegisterStore};

/// Rows that are judged and stored together.
const AT_ONCE: usize = 500;

/// The next rows, judged. Write down letters and rejects, durably; then store the claims.
pub struct JudgedRows {
    /// Of rows that are good and new.
    pub letters: Vec<NewLetter>,
    /// Rows that got no claim.
    pub rejects: Vec<Reject>,
    /// For [`Issuer::store_rows`].
    pub claims: PendingClaims,
}

/// What a person gets.
pub struct NewLetter {
    /// The line of the register.
    pub line: u64,
    /// Given and family name.
    pub name: String,
    /// The claim's code. Nobody can find it again.
    pub code: ClaimCode,
}

/// A row that got no claim.
#[derive(Debug)]
pub struct Reject {
    /// The line that the row begins in.
    pub line: u64,
    /// The column, if it is one column's fault.
    pub column: Option<String>,
    /// Why.
    pub why: RowError,
}

/// Claims that are not stored yet.
pub struct PendingClaims {
    /// Where the import stood, in bytes.
    from: u64,
    progress: Import,
    claims: Vec<NewClaim>,
}

impl PendingClaims {
    /// Where the import stands when they are stored.
    #[must_use]
    pub fn progress(&self) -> &Import {
        &self.progress
    }
}

/// How long the files of an import are, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file of claims.
    pub claims: u64,
    /// The file of rejects.
    pub rejects: u64,
}

/// A claim with the letter that it belongs to.
struct Claimed {
    letter: NewLetter,
    claim: NewClaim,
}

impl<S: IssuerStore + RegisterStore> Issuer<S> {
    /// Reads and judges the next rows. At the end of the register there are none, and [`Import::done`] is true once
    /// that is stored, too.
    ///
    /// # Errors
    /// What the register's reader says; [`IssuerError::Store`].
    pub async fn next_rows<R: BufRead + Seek, G: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        import: &RegisterImport,
        register: &mut Register<R>,
        rng: &mut G,
    ) -> Result<JudgedRows, IssuerError> {
        let rows = read(register)?;
        let mut progress = import.progress.clone();
        match rows.last() {
            Some(last) => (progress.offset, progress.line) = (last.end, last.last_line),
            None => progress.done = true,
        }
        let (mut claimed, mut rejects) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            match self.claim(key, import, row, rng) {
                Ok(one) => claimed.push(one),
                Err(reject) => rejects.push(reject),
            }
        }
        // Whose last dose is in another row is known by that row.
        let is_known = |reject: &&Reject| matches!(reject.why, RowError::EarlierDose { .. });
        let unfit = rejects.len() - rejects.iter().filter(is_known).count();
        let new = self.only_new(claimed, &mut rejects).await?;
        progress.imported += count(new.len());
        progress.rejected += count(unfit);
        progress.known += count(rejects.len() - unfit);
        let (letters, claims) = new.into_iter().map(|one| (one.letter, one.claim)).unzip();
        let from = import.progress.offset;
        let claims = PendingClaims {
            from,
            progress,
            claims,
        };
        Ok(JudgedRows {
            letters,
            rejects,
            claims,
        })
    }

    /// Stores claims, after their letters and rejects were written.
    ///
    /// # Errors
    /// [`StoreError::NeedsApproval`](crate::store::StoreError::NeedsApproval) if the day has not so many left without the
    /// operators' approval: then nothing is stored, and the import stands where it stood.
    /// [`StoreError::Conflict`](crate::store::StoreError::Conflict) if another process went on with this import;
    /// [`IssuerError::Store`].
    pub async fn store_rows(
        &self,
        import: &mut RegisterImport,
        pending: PendingClaims,
        written: Written,
        now: i64,
    ) -> Result<(), IssuerError> {
        let mut progress = pending.progress;
        progress.claims_length = written.claims;
        progress.rejects_length = written.rejects;
        let allowance = self.allowance(UnixTime::from_seconds(now)).await?;
        let (from, claims) = (pending.from, &pending.claims);
        let at = self.logged(now);
        let stored = (self.store).advance(from, &progress, claims, allowance, at);
        stored.await?;
        import.progress = progress;
        Ok(())
    }

    /// The rows that are neither in the store nor here twice; the others become rejects.
    async fn only_new(
        &self,
        claimed: Vec<Claimed>,
        rejects: &mut Vec<Reject>,
    ) -> Result<Vec<Claimed>, IssuerError> {
        let marks: Vec<_> = claimed.iter().map(|one| one.claim.mark).collect();
        let known = self.store.known(&marks).await?;
        let mut seen = HashSet::new();
        let mut new = Vec::with_capacity(claimed.len());
        for (one, known) in claimed.into_iter().zip(known) {
            if seen.insert(one.claim.mark) && !known {
                new.push(one);
                continue;
            }
            rejects.push(Reject {
                line: one.letter.line,
                column: None,
                why: RowError::Known,
            });
        }
        Ok(new)
    }

    /// The claim of one row.
    fn claim<G: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        import: &RegisterImport,
        row: Row,
        rng: &mut G,
    ) -> Result<Claimed, Reject> {
        let line = row.line;
        let reject = |(column, why)| Reject { line, column, why };
        let person = row
            .person
            .map_err(|fault| reject((fault.column, RowError::Unreadable(fault.why))))?;
        if let Some(line) = row.last_dose {
            return Err(reject((None, RowError::EarlierDose { line })));
        }
        let (kind, values) = self.attributes(import, &person).map_err(reject)?;
        let values: Vec<_> = (values.iter())
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let code = ClaimCode::generate(rng);
        let scheme = self.scheme();
        let sealed = code.seal(scheme, &values);
        let claim = NewClaim {
            name: code.name(scheme),
            mark: key.row_digest(scheme, &person.record),
            sealed: sealed.map_err(|error| reject((None, error.into())))?,
            kind,
            expires: import.expires,
        };
        let name = person.name();
        let letter = NewLetter { line, name, code };
        Ok(Claimed { letter, claim })
    }

    /// What a person's claim states, and what it rests on; or the column and why there is none.
    fn attributes(
        &self,
        import: &RegisterImport,
        person: &Person,
    ) -> Result<Stated, (Option<String>, RowError)> {
        let whole = |why: RowError| (None, why);
        let judged = Judged::by(
            &import.rules,
            &import.targets,
            person.evidence.clone(),
            import.today,
        )
        .map_err(|refusal| whole(refusal.into()))?;
        let schema = self.scheme().schema();
        let mut values = Vec::new();
        for (name, text) in &person.attributes {
            let value = self.value(name, text);
            let value = value.map_err(|error| (Some(name.clone()), RowError::of_value(&error)))?;
            values.push((name.clone(), value));
        }
        judged.complete(&mut values);
        if !judged.is_in(&values) {
            return Err(whole(RowError::MapOverrules));
        }
        let initials = &import.initials;
        let has = schema.index_of(initials).is_some();
        if has && !values.iter().any(|(name, _)| name == initials) {
            let hint = crate::values::hint(initials, &person.initials());
            values.push((
                initials.clone(),
                hint.map_err(|error| whole(RowError::of_value(&error)))?,
            ));
        }
        let plausible = self.plausible(&values, import.today);
        plausible.map_err(|error| whole(RowError::of_day(&error)))?;
        Ok((judged.kind(), values))
    }
}

/// What a claim rests on, and the attributes that it states.
type Stated = (&'static str, Vec<(String, Value)>);

fn read<R: BufRead + Seek>(register: &mut Register<R>) -> io::Result<Vec<Row>> {
    let mut rows = Vec::with_capacity(AT_ONCE);
    while rows.len() < AT_ONCE
        && let Some(row) = register.next_row()?
    {
        rows.push(row);
    }
    Ok(rows)
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}
