//! The issuer's own register: claims without names in its store; names and codes for letters.
//!
//! An import goes on by a few hundred rows at a time ([`rows`]), so that it can be stopped and resumed. The codes of
//! new claims are handed out first, for letters that are written durably; then one transaction stores the claims, and
//! how far register and written files have come. When an import is resumed, the writer of the files cuts off what goes
//! beyond that: so no row is lost or doubled, and no letter has a code that opens nothing.

mod row_error;
pub mod rows;

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use veilpass::scheme::{AttributeKind, Day, SetBy, UnixTime};
use veilpass_evidence::register::{Register, RegisterForm};
use veilpass_evidence::rules::Rules;

use super::evidence::Targets;
use super::{Issuer, IssuerError, NotReady};
use crate::approval::{self, Needed, OperatorKey, Subject};
use crate::log::Hex;
use crate::store::register::{Allowance, ClaimCounts, Import, RegisterStore};
use crate::store::{IssuerStore, StoreError};

/// What operators approve, and how long an import goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// SHA-256 over the register's form, for how many days its claims are good, the SHA-256 of each of the settings,
    /// and the whole register.
    pub digest: [u8; 32],
    /// Bytes of the register.
    pub bytes: u64,
    /// Its rows, or a few more.
    pub rows: u64,
}

impl Size {
    /// Measures a register from its beginning. Its claims are to be good for so many `days`; `settings` are the files
    /// by which it is read: its map, if there is one, and the rules.
    ///
    /// # Errors
    /// What the reader says.
    pub fn measure(
        register: &mut (impl Read + Seek),
        form: RegisterForm,
        days: u16,
        settings: &[&[u8]],
    ) -> io::Result<Self> {
        let mut hash = Sha256::new();
        // A file can be a good register in both forms, with other people in each.
        hash.update(match form {
            RegisterForm::Csv => b"csv ",
            RegisterForm::FhirLines => b"fhir",
        });
        hash.update(days.to_be_bytes());
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
            // A line ends with a line feed, a carriage return, or both.
            let before = std::iter::once(&last).chain(block);
            let ends = before.zip(block).filter(|(before, byte)| match byte {
                b'\n' => **before != b'\r',
                byte => **byte == b'\r',
            });
            rows += u64::try_from(ends.count()).unwrap_or(0);
            last = block.last().copied().unwrap_or(last);
        }
        rows += u64::from(!matches!(last, b'\n' | b'\r'));
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
    /// The attributes that get the dates.
    targets: Targets,
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

impl<S: IssuerStore + RegisterStore> Issuer<S> {
    /// How many claims are open, used and expired.
    ///
    /// # Errors
    /// [`IssuerError::Store`].
    pub async fn claims(&self) -> Result<ClaimCounts, IssuerError> {
        Ok(self.store.claims().await?)
    }

    /// Whether the register's map sets only what the issuer sets, and every text of it: the rules give dates only.
    ///
    /// # Errors
    /// [`IssuerError::MapAttribute`], [`IssuerError::MapLacks`].
    pub fn check_map<R: BufRead + Seek>(&self, register: &Register<R>) -> Result<(), IssuerError> {
        let schema = self.scheme().schema();
        let known = |name: &str| {
            let mut own = schema.set_by(SetBy::Issuer);
            own.any(|(_, attribute)| attribute.name == name)
        };
        if let Some(name) = register.attributes().find(|name| !known(name)) {
            return Err(IssuerError::MapAttribute(name.to_owned()));
        }
        let given = |name: &str| {
            name == register.initials() || register.attributes().any(|given| given == name)
        };
        let mut texts = (schema.set_by(SetBy::Issuer))
            .filter(|(_, attribute)| attribute.kind == AttributeKind::Text);
        match texts.find(|(_, attribute)| !given(&attribute.name)) {
            Some((_, attribute)) => Err(IssuerError::MapLacks(attribute.name.clone())),
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

    /// How many operators must approve before the import of this register goes on from where it `stands`: if the rest of
    /// it can make more claims than the day has left without an approval.
    ///
    /// # Errors
    /// As [`limits`](Self::limits) and [`today`](Self::today).
    pub async fn import_needs(
        &self,
        size: &Size,
        stands: Option<&Import>,
        now: UnixTime,
    ) -> Result<Needed, IssuerError> {
        let needed = self.needed().await?;
        let allowance = self.allowance(now).await?;
        let done = stands.map_or(0, |import| {
            let done = [import.imported, import.rejected, import.known];
            done.into_iter().map(u64::from).sum()
        });
        let made = self.store.unapproved(allowance.day).await?;
        let then = (size.rows.saturating_sub(done)).saturating_add(made.into());
        let ends = stands.is_some_and(|import| import.approved || import.done);
        let large = (allowance.unapproved).is_some_and(|most| then > u64::from(most));
        Ok(Needed {
            operators: if large && !ends { needed.operators } else { 0 },
            ..needed
        })
    }

    /// How many claims the day has without an approval.
    async fn allowance(&self, now: UnixTime) -> Result<Allowance, IssuerError> {
        let (limits, needed) = (self.limits().await?, self.needed().await?);
        Ok(Allowance {
            day: self.today(now.as_seconds())?,
            unapproved: (!needed.nobody()).then_some(limits.import_above),
        })
    }

    /// Begins an import, or approves one that was begun. `approving` are operators, as many as
    /// [`import_needs`](Self::import_needs) says.
    ///
    /// # Errors
    /// [`IssuerError::Approval`]; [`StoreError::Conflict`] if somebody else did it at
    /// the same time; [`IssuerError::Store`].
    pub async fn begin_import<G: CryptoRng + ?Sized>(
        &self,
        size: &Size,
        approving: &[OperatorKey],
        now: UnixTime,
        rng: &mut G,
    ) -> Result<Import, IssuerError> {
        let (file, at) = (size.digest, self.logged(now.as_seconds()));
        let stands = self.store.import(&file).await?;
        let needed = self.import_needs(size, stands.as_ref(), now).await?;
        let subject = Subject::Register { file: Hex(file) };
        let known = self.operators().await?;
        let approval = approval::approve(subject, &needed, &known, approving, at, rng)?;
        match (stands, &approval) {
            (Some(stands), None) => return Ok(stands),
            (Some(_), Some(approval)) => self.store.approve_import(&file, approval, at).await?,
            (None, approval) => {
                let mut run = [0; 8];
                rng.fill_bytes(&mut run);
                let import = Import::of(file, run);
                (self.store.begin_import(&import, approval.as_ref(), at)).await?;
            }
        }
        let begun = self.store.import(&file).await?;
        Ok(begun.ok_or(StoreError::Conflict)?)
    }

    /// Forgets which rows were imported: a row that is imported again gets a second claim from then on. Open claims
    /// stay good. `approving` are operators, as many as [`needed`](Self::needed) says. Says how many rows it were.
    ///
    /// # Errors
    /// [`IssuerError::Approval`]; [`IssuerError::Store`].
    pub async fn forget_rows<G: CryptoRng + ?Sized>(
        &self,
        approving: &[OperatorKey],
        now: i64,
        rng: &mut G,
    ) -> Result<u32, IssuerError> {
        let (needed, known) = (self.needed().await?, self.operators().await?);
        let subject = Subject::RowsForgotten;
        let at = self.logged(now);
        let approval = approval::approve(subject, &needed, &known, approving, at, rng)?;
        Ok(self.store.forget_rows(approval.as_ref(), at).await?)
    }

    /// Goes on with an import at `now`; claims that are made from here on can be used for so many days, and until the
    /// end of the last of them: the second in which a row was read says nothing.
    ///
    /// # Errors
    /// [`NotReady`] if the clock cannot be right; [`IssuerError::RulesAttribute`] if the rules are for
    /// other attributes than the scheme has; what the register's reader says.
    pub fn resume_import<R: BufRead + Seek>(
        &self,
        progress: Import,
        rules: Rules,
        register: &mut Register<R>,
        days: u16,
        now: i64,
    ) -> Result<RegisterImport, IssuerError> {
        register.resume(progress.offset, progress.line)?;
        let today = self.today(now)?;
        let until = (today.plus(days.into())).ok_or(NotReady::Calendar)?;
        let ends = until
            .plus(1)
            .and_then(|day| self.scheme().zone().begin_of(day));
        Ok(RegisterImport {
            targets: Targets::of(&rules, self.scheme().schema())?,
            progress,
            rules,
            initials: register.initials().to_owned(),
            today,
            expires: ends.ok_or(NotReady::Calendar)?.as_seconds(),
            until,
        })
    }
}
