//! What was issued: counted and signed for the authority, and held against the issuer's own log.

use rand_core::CryptoRng;
use veilpass::scheme::{DayCount, IssuerKey, UnixTime, UnsignedCount};

use super::{DAY, Issuer, IssuerError};
use crate::approval::{Operators, is_late_operator, unapproved};
use crate::log::{self, Event, Flag, Hex, Line};
use crate::store::IssuerStore;

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
    /// Counts what was issued, by day and kind: numbers, nobody's name.
    ///
    /// # Errors
    /// [`IssuerError::Log`] if the log is not whole; [`IssuerError::Store`].
    pub async fn count<R: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        now: i64,
        rng: &mut R,
    ) -> Result<SignedCount, IssuerError> {
        let lines = self.store.log().await?;
        let count = UnsignedCount {
            at: UnixTime::from_seconds(now),
            free: self.store.free_handles().await?,
            log_lines: wide(lines.len()),
            log_head: log::check(&lines, None)?,
            days: self.store.counts().await?,
        };
        let bytes = count.sign(self.scheme().id(), key, rng);
        Ok(SignedCount { count, bytes })
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
        let import_above = u64::from(self.limits().await?.import_above);
        let operators = Operators::of(&self.store).await?;
        let mut flags = unapproved(lines, &operators, &self.needed().await?, |place, line| {
            let before = lines.get(..place).unwrap_or(&[]);
            match &line.event {
                Event::Register { file } => {
                    claims_of(lines, file) + unapproved_claims(before, line.at) > import_above
                }
                Event::RowsForgotten => true,
                event => is_late_operator(before, event),
            }
        });
        flags.extend(operators.differ_from(lines));
        Ok(flags)
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// How many claims the import of this register made.
fn claims_of(lines: &[Line], register: &Hex<32>) -> u64 {
    let made = lines.iter().filter_map(|line| match &line.event {
        Event::Claims { count, file } if file == register => Some(u64::from(*count)),
        _ => None,
    });
    made.sum()
}

/// Claims that imports without an approval made in the day before `now`.
pub(super) fn unapproved_claims(lines: &[Line], now: i64) -> u64 {
    let mut sum = 0;
    for (place, line) in lines.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| lines.get(before));
        let approved = before.is_some_and(|before| matches!(before.event, Event::Approved(_)));
        if let Event::Register { file } = &line.event
            && !approved
            && line.at > now - DAY
        {
            sum += claims_of(lines, file);
        }
    }
    sum
}

/// Lines that are older than the one before, by more than clocks differ.
fn clock_turned_back(lines: &[Line]) -> impl Iterator<Item = Flag> + '_ {
    let pairs = lines.iter().zip(lines.iter().skip(1));
    pairs
        .filter(|(before, line)| line.at < before.at - SLACK)
        .map(|(_, line)| Flag::ClockTurnedBack { line: line.number })
}
