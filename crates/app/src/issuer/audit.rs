//! What was issued: counted and signed for the authority, and held against the issuer's own log.

use std::collections::BTreeMap;

use rand_core::CryptoRng;
use veilpass::scheme::{Day, DayCount, IssuerKey, UnixTime, UnsignedCount};

use super::{Issuer, IssuerError};
use crate::approval::{
    ApprovedRegisters, Needed, Operators, Subject, approvals, is_late_operator, unapproved,
};
use crate::log::merkle::LogTree;
use crate::log::{self, Event, Flag, Line};
use crate::store::IssuerStore;

/// The named value with the lengths of the log at which counts were signed last, 8 bytes each.
const COUNTED: &str = "counted";

/// A count proves that the log continues what it was at so many earlier counts: some of them may never have reached the
/// authority.
const PROOFS: usize = 4;

/// Seconds by which clocks of one issuer may differ.
const SLACK: i64 = 300;

/// A count, signed for the authority.
pub struct SignedCount {
    /// What it says.
    pub count: UnsignedCount,
    /// For the authority.
    pub bytes: Vec<u8>,
}

/// What an issuer's audit found.
#[derive(Clone, Debug)]
pub struct AuditReport {
    /// Lines of the log, all of them whole.
    pub lines: usize,
    /// The head of the log.
    pub head: [u8; 32],
    /// Passes that were issued.
    pub issued: u64,
    /// Handles that are free.
    pub free: u32,
    /// What was issued, by day and kind.
    pub days: Vec<DayCount>,
    /// What somebody must look into.
    pub flags: Vec<Flag>,
}

impl<S: IssuerStore> Issuer<S> {
    /// Counts what was issued, by day and kind: numbers, no guest's name. It proves that the log continues what it was
    /// when the last counts were signed, and when it had `since` lines, if the authority asks for that.
    ///
    /// # Errors
    /// [`IssuerError::Log`] if the log is not whole; [`IssuerError::NoSuchLength`] if it never had `since` lines before;
    /// [`IssuerError::Store`].
    pub async fn count<R: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        since: Option<u64>,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<SignedCount, IssuerError> {
        let lines = self.store.log().await?;
        log::check(&lines, None)?;
        let tree = LogTree::of(&lines);
        let mut counted = self.counted().await?;
        if let Some(since) = since {
            let whole = tree.lines();
            if since == 0 || since > whole {
                return Err(IssuerError::NoSuchLength { since, whole });
            }
            counted.push(since);
        }
        counted.sort_unstable();
        counted.dedup();
        let proofs = counted.iter().filter_map(|lines| tree.proof_from(*lines));
        let count = UnsignedCount {
            at: now,
            rehearsal: self.is_rehearsal().await?,
            free: self.store.free_handles().await?,
            log_lines: tree.lines(),
            log_root: tree.root(),
            days: self.store.counts().await?,
            operators: approvals(&lines, &Operators::of(&self.store).await?),
            proofs: proofs.collect(),
        };
        // Before the count is out: what the authority audits may be proven from by the next one.
        self.note_counted(tree.lines(), now).await?;
        let bytes = count.sign(self.scheme().id(), key, rng);
        Ok(SignedCount { count, bytes })
    }

    /// At which lengths of the log counts were signed last.
    async fn counted(&self) -> Result<Vec<u64>, IssuerError> {
        let bytes = self.store.get(COUNTED).await?.unwrap_or_default();
        let (lengths, _) = bytes.as_chunks();
        Ok(lengths.iter().copied().map(u64::from_be_bytes).collect())
    }

    /// Notes that a count is signed at this length.
    async fn note_counted(&self, lines: u64, now: UnixTime) -> Result<(), IssuerError> {
        let mut counted = self.counted().await?;
        counted.retain(|length| *length != lines);
        counted.push(lines);
        let old = counted.len().saturating_sub(PROOFS);
        let last: Vec<u8> = (counted.iter().skip(old))
            .flat_map(|length| length.to_be_bytes())
            .collect();
        Ok((self
            .store
            .put(COUNTED, &last, &[], self.logged(now.as_seconds())))
        .await?)
    }

    /// Looks through the log: is it whole, does a head that was noted earlier still stand in it, did operators
    /// approve what they must, and does it tell what was counted? It takes no key.
    ///
    /// # Errors
    /// [`IssuerError::Log`] if the log is not whole; [`NotReady::NoAccreditation`](super::NotReady::NoAccreditation);
    /// [`IssuerError::Approval`] if the list of operators is damaged; [`IssuerError::Store`].
    pub async fn audit(&self, noted: Option<&[u8; 32]>) -> Result<AuditReport, IssuerError> {
        let lines = self.store.log().await?;
        let head = log::check(&lines, noted)?;
        let days = self.store.counts().await?;
        let issued = days.iter().map(|count| u64::from(count.issued)).sum();
        let mut flags = self.unapproved(&lines).await?;
        flags.extend(log::unknown(&lines));
        flags.extend(clock_turned_back(&lines));
        // The log tells every pass; the table of counts must tell the same.
        let logged = (lines.iter()).filter(|line| matches!(line.event, Event::Issued { .. }));
        let logged = wide(logged.count());
        if logged != issued {
            flags.push(Flag::Counts { logged, issued });
        }
        Ok(AuditReport {
            lines: lines.len(),
            head,
            issued,
            free: self.store.free_handles().await?,
            days,
            flags,
        })
    }

    /// What operators should have approved, and did not.
    async fn unapproved(&self, lines: &[Line]) -> Result<Vec<Flag>, IssuerError> {
        let (operators, needed) = (self.operators().await?, self.needed().await?);
        let mut flags = unapproved(lines, &operators, &needed, |place, line| {
            let before = lines.get(..place).unwrap_or(&[]);
            match &line.event {
                Event::RegisterApproved { .. } | Event::RowsForgotten => true,
                event => is_late_operator(before, event, &needed),
            }
        });
        flags.extend(self.claims_unapproved(lines, &operators, &needed).await?);
        flags.extend(operators.differ_from(lines));
        Ok(flags)
    }

    /// Claims beyond what a day may have without an approval, whatever imports made them.
    async fn claims_unapproved(
        &self,
        lines: &[Line],
        operators: &Operators,
        needed: &Needed,
    ) -> Result<Vec<Flag>, IssuerError> {
        let most = u64::from(self.limits().await?.import_above);
        let mut made: BTreeMap<Day, u64> = BTreeMap::new();
        let mut approved = ApprovedRegisters::new(operators, needed);
        let mut flags = Vec::new();
        for line in lines {
            approved.read(line);
            let Event::Claims { count, file } = &line.event else {
                continue;
            };
            if needed.nobody() || *count == 0 || approved.has(file) {
                continue;
            }
            let at = UnixTime::from_seconds(line.at);
            let day = self.scheme().zone().day_of(at).unwrap_or_default();
            let made = made.entry(day).or_default();
            *made += u64::from(*count);
            if *made > most {
                flags.push(Flag::Unapproved {
                    line: line.number,
                    subject: Subject::Register { file: *file },
                    operators: needed.operators,
                });
            }
        }
        Ok(flags)
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Lines that are older than the one before, by more than clocks differ.
fn clock_turned_back(lines: &[Line]) -> impl Iterator<Item = Flag> + '_ {
    let pairs = lines.iter().zip(lines.iter().skip(1));
    pairs
        .filter(|(before, line)| line.at < before.at - SLACK)
        .map(|(_, line)| Flag::ClockTurnedBack { line: line.number })
}
