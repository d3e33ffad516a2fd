//! The issuer's own register: claims without names in its store; names and codes for letters.
//!
//! An import goes in steps of a few hundred rows, so that it can be stopped and goes on where it was. A step's codes
//! are handed out first, to be written down durably; then one transaction keeps the claims, and where register and
//! written files stand. Whoever writes the files cuts off what goes beyond that when an import goes on: so no row
//! is lost or doubled, and no letter has a code that opens nothing.

use std::collections::HashSet;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};
use veilpass::curve::CryptoRng;
use veilpass::issuance::{ClaimCode, OfferError, row_mark};
use veilpass::scheme::{Day, IssuerKey, SetBy, Value};
use veilpass_evidence::register::{Person, Register, RegisterForm, Row};
use veilpass_evidence::rules::{Refusal, Rules};

use super::evidence::Judged;
use super::{DAY, Implausible, Issuer, IssuerError};
use crate::store::IssuerStore;
use crate::store::register::{ClaimCounts, Import, NewClaim, RegisterStore};
use crate::values::{self, ValueError};

/// Rows in a step.
pub const STEP: usize = 500;

/// What operators approve, and how long an import goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// SHA-256 over the SHA-256 of each of the settings, and the whole register.
    pub digest: [u8; 32],
    /// Bytes of the register.
    pub bytes: u64,
    /// Its rows, or a few more.
    pub rows: u64,
}

impl Size {
    /// Measures a register from its beginning. `settings` are the files by which it is read: its map, if there is
    /// one, and the rules.
    ///
    /// # Errors
    /// What the reader says.
    pub fn measure(
        register: &mut (impl Read + Seek),
        form: RegisterForm,
        settings: &[&[u8]],
    ) -> io::Result<Self> {
        let mut hash = Sha256::new();
        for file in settings {
            hash.update(Sha256::digest(file));
        }
        register.seek(SeekFrom::Start(0))?;
        let mut buffer = vec![0; 1 << 16];
        let (mut bytes, mut rows, mut last) = (0u64, 0u64, b'\n');
        loop {
            let read = register.read(&mut buffer)?;
            let Some(block) = buffer.get(..read).filter(|block| !block.is_empty()) else {
                break;
            };
            hash.update(block);
            bytes += u64::try_from(read).unwrap_or(0);
            let ends = block.iter().filter(|byte| **byte == b'\n').count();
            rows += u64::try_from(ends).unwrap_or(0);
            last = block.last().copied().unwrap_or(last);
        }
        rows += u64::from(last != b'\n');
        if form == RegisterForm::Csv {
            rows = rows.saturating_sub(1);
        }
        Ok(Self {
            digest: hash.finalize().into(),
            bytes,
            rows,
        })
    }
}

/// An import that is under way.
pub struct RegisterImport {
    progress: Import,
    rules: Rules,
    /// The attribute that gets the initials; empty for none.
    initials: String,
    today: Day,
    /// Until when the claims can be used, in Unix seconds.
    expires: i64,
    /// Their last day.
    until: Day,
}

impl RegisterImport {
    /// Where it stands.
    #[must_use]
    pub fn progress(&self) -> &Import {
        &self.progress
    }

    /// The last day on which its claims can be used.
    #[must_use]
    pub fn until(&self) -> Day {
        self.until
    }
}

/// The next rows, judged. Write down letters and rejects, durably; then keep the step.
pub struct Judgement {
    /// Of rows that are good and new.
    pub letters: Vec<NewLetter>,
    /// Rows that got no claim.
    pub rejects: Vec<Reject>,
    /// For [`Issuer::keep_step`].
    pub step: Step,
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

/// Why a row got no claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// The rules do not accept it.
    #[error(transparent)]
    Rules(#[from] Refusal),
    /// A column is no value of its attribute.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A column says something else than the rules.
    #[error("the map takes from a column what the rules give; leave it out of [attributes]")]
    MapOverrules,
    /// A day cannot be meant.
    #[error(transparent)]
    Implausible(#[from] Implausible),
    /// The attributes do not fit the scheme.
    #[error(transparent)]
    Attributes(#[from] OfferError),
    /// The row came before.
    #[error("has a claim already, from an earlier row or import")]
    Known,
}

/// A step of an import that is not kept yet.
pub struct Step {
    /// Where the import stood, in bytes.
    from: u64,
    /// Where it stands then.
    progress: Import,
    claims: Vec<NewClaim>,
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
    /// How many claims are open, used and expired.
    ///
    /// # Errors
    /// [`IssuerError::Store`].
    pub async fn claims(&self) -> Result<ClaimCounts, IssuerError> {
        Ok(self.store.claims().await?)
    }

    /// Whether the register's map sets only what the issuer sets.
    ///
    /// # Errors
    /// [`IssuerError::MapAttribute`].
    pub fn check_map<R: BufRead + Seek>(&self, register: &Register<R>) -> Result<(), IssuerError> {
        let schema = self.scheme().schema();
        let known = |name: &str| {
            let mut own = schema.set_by(SetBy::Issuer);
            own.any(|(_, attribute)| attribute.name == name)
        };
        match register.attributes().find(|name| !known(name)) {
            Some(name) => Err(IssuerError::MapAttribute(name.to_owned())),
            None => Ok(()),
        }
    }

    /// Where the import of this register stands; `None` if it was never begun.
    ///
    /// # Errors
    /// [`IssuerError::Store`].
    pub async fn import_of(&self, size: &Size) -> Result<Option<Import>, IssuerError> {
        Ok(self.store.import(&size.digest).await?)
    }

    /// Goes on with an import at `now`; claims that are made from here on can be used for so many days.
    ///
    /// # Errors
    /// [`NotReady`](super::NotReady) if the clock cannot be right; what the register's reader says.
    pub fn resume_import<R: BufRead + Seek>(
        &self,
        progress: Import,
        rules: Rules,
        register: &mut Register<R>,
        days: u16,
        now: i64,
    ) -> Result<RegisterImport, IssuerError> {
        register.resume(progress.offset, progress.line)?;
        let expires = now + i64::from(days) * DAY;
        let until = self.scheme().zone().day_of(expires - 1);
        Ok(RegisterImport {
            progress,
            rules,
            initials: register.initials().to_owned(),
            today: self.today(now)?,
            expires,
            until: until.unwrap_or_default(),
        })
    }

    /// Reads and judges the next rows. Of the last step there are none, and
    /// [`Import::done`] is true once it is kept.
    ///
    /// # Errors
    /// What the register's reader says; [`IssuerError::Store`].
    pub async fn next_step<R: BufRead + Seek, G: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        import: &RegisterImport,
        register: &mut Register<R>,
        rng: &mut G,
    ) -> Result<Judgement, IssuerError> {
        let mut progress = import.progress.clone();
        let mut rows = Vec::with_capacity(STEP);
        while rows.len() < STEP
            && let Some(row) = register.next_row()?
        {
            rows.push(row);
        }
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
        progress.rejected += count(rejects.len());
        let new = self.only_new(claimed, &mut rejects).await?;
        progress.known += count(rejects.len()) - (progress.rejected - import.progress.rejected);
        progress.imported += count(new.len());
        let (letters, claims) = (new.into_iter()).map(|one| (one.letter, one.claim)).unzip();
        let step = Step {
            from: import.progress.offset,
            progress,
            claims,
        };
        Ok(Judgement {
            letters,
            rejects,
            step,
        })
    }

    /// Keeps a step, after its letters and rejects were written.
    ///
    /// # Errors
    /// [`StoreError::Conflict`](crate::store::StoreError::Conflict) if another process went on with this import;
    /// [`IssuerError::Store`].
    pub async fn keep_step(
        &self,
        import: &mut RegisterImport,
        step: Step,
        written: Written,
        now: i64,
    ) -> Result<(), IssuerError> {
        let mut progress = step.progress;
        progress.claims_length = written.claims;
        progress.rejects_length = written.rejects;
        let kept = self.store.advance(step.from, &progress, &step.claims, now);
        kept.await?;
        import.progress = progress;
        Ok(())
    }

    /// Keeps rows that neither the store nor this step had; the others are rejects.
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
        let (kind, values) = self.attributes(import, &person).map_err(reject)?;
        let values: Vec<_> = (values.iter())
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let code = ClaimCode::generate(rng);
        let scheme = self.scheme();
        let sealed = code.seal(scheme, &values);
        let claim = NewClaim {
            name: code.name(scheme),
            mark: row_mark(key, scheme, &person.record),
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
    ) -> Result<(&'static str, Vec<(String, Value)>), (Option<String>, RowError)> {
        let whole = |why: RowError| (None, why);
        let judged = Judged::by(&import.rules, person.evidence.clone(), import.today)
            .map_err(|refusal| whole(refusal.into()))?;
        let schema = self.scheme().schema();
        let mut values = Vec::new();
        for (name, text) in &person.attributes {
            let value = values::read(schema, name, text);
            let value = value.map_err(|error| (Some(name.clone()), error.into()))?;
            values.push((name.clone(), value));
        }
        judged.complete(&mut values);
        if !judged.is_in(&values) {
            return Err(whole(RowError::MapOverrules));
        }
        let initials = &import.initials;
        let has = schema.index_of(initials).is_some();
        if has && !values.iter().any(|(name, _)| name == initials) {
            values.push((initials.clone(), Value::Text(person.initials())));
        }
        let plausible = self.plausible(&values, import.today);
        plausible.map_err(|error| whole(error.into()))?;
        Ok((judged.kind(), values))
    }
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}
