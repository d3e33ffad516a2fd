//! The audit: is the log whole, did enough operators approve, and does an issuer make more than it may?

use super::counts::{self, SentCount};
use super::error::AuthorityRoleError;
use super::{limits, operators};
use crate::approval::{Operators, is_late_operator, unapproved};
use crate::log::{self, Event, Flag, Line};
use crate::ports::Clock;
use crate::store::{AuthorityStore, PoolCount};
use veilpass::scheme::{IssuerCount, Scheme};

/// The named value under which the log has flags and their acknowledgement; nothing is in it.
const FLAGS: &str = "last flag";

/// What becomes of the flags that stand in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandingFlags {
    /// They are named again, until somebody acknowledges them.
    Named,
    /// Somebody looked into all of them.
    Acknowledged,
}

/// What an audit is held against.
#[derive(Clone, Copy, Debug)]
pub struct AuditRequest<'a> {
    /// A head of the log that was noted earlier.
    pub head: Option<[u8; 32]>,
    /// Counts that issuers sent.
    pub counts: &'a [SentCount<'a>],
    /// What becomes of the flags so far, those of these counts among them.
    pub standing: StandingFlags,
}

/// What an audit found.
#[derive(Clone, Debug)]
pub struct AuditReport {
    /// Lines of the log, all of them whole.
    pub lines: usize,
    /// The head of the log.
    pub head: [u8; 32],
    /// All issuers, by name.
    pub issuers: Vec<AuditedIssuer>,
    /// What an auditor must look into.
    pub flags: Vec<Flag>,
}

/// An issuer beside what it may.
#[derive(Clone, Debug)]
pub struct AuditedIssuer {
    /// What it got.
    pub pool: PoolCount,
    /// Passes a day that it may make; 0: any number.
    pub per_day: u32,
    /// What it counted last, if it ever did.
    pub count: Option<IssuerCount>,
    /// Operators whom that count names, and nobody has confirmed.
    pub waiting: Vec<String>,
}

/// Audits an authority. It takes no keys: whoever may read the store may audit.
///
/// # Errors
/// [`AuthorityRoleError::Log`]: the log is not whole; [`AuthorityRoleError::Count`]: what was sent is not an issuer's
/// count; [`AuthorityRoleError`].
pub async fn audit(
    store: &impl AuthorityStore,
    request: &AuditRequest<'_>,
    clock: &impl Clock,
) -> Result<AuditReport, AuthorityRoleError> {
    let lines = store.log().await?;
    let head = log::check(&lines, request.head.as_ref())?;
    let (_, state) = store.load().await?;
    let pools = store.pools().await?;
    let mut flags = own_flags(store, &lines, &state.scheme, &pools).await?;
    take_counts(store, &lines, &state.scheme, request.counts, clock).await?;
    if request.standing == StandingFlags::Acknowledged {
        (store.put(FLAGS, b"", &[Event::Acknowledged], clock.now())).await?;
    }
    flags.extend(standing_flags(&store.log().await?));
    let mut issuers = Vec::new();
    for pool in pools {
        let count = counts::last(store, &state.scheme, &pool.label).await?;
        issuers.push(AuditedIssuer {
            per_day: limits::per_day(store, &pool.label).await?,
            waiting: operators::waiting(store, &pool.label, count.as_ref()).await?,
            count,
            pool,
        });
    }
    Ok(AuditReport {
        lines: lines.len(),
        head,
        issuers,
        flags,
    })
}

/// What is wrong with the authority itself.
async fn own_flags(
    store: &impl AuthorityStore,
    lines: &[Line],
    scheme: &Scheme,
    pools: &[PoolCount],
) -> Result<Vec<Flag>, AuthorityRoleError> {
    let needed = limits::needed(store, scheme).await?;
    let operators = Operators::of(store).await?;
    let mut flags = unapproved(lines, &operators, &needed, |place, line| {
        let before = lines.get(..place).unwrap_or(&[]);
        matches!(line.event, Event::Handles { .. })
            || is_late_operator(before, &line.event, &needed)
    });
    flags.extend(operators.differ_from(lines));
    flags.extend(log::unknown(lines));
    let labels = || pools.iter().map(|pool| pool.label.as_str());
    flags.extend(limits::differ_from(store, lines, labels()).await?);
    flags.extend(operators::differ_from(store, lines, labels()).await?);
    Ok(flags)
}

/// Takes the counts in. What a count flags would be gone with the next count: it goes into the log, once.
async fn take_counts(
    store: &impl AuthorityStore,
    lines: &[Line],
    scheme: &Scheme,
    sent: &[SentCount<'_>],
    clock: &impl Clock,
) -> Result<(), AuthorityRoleError> {
    // All signatures are checked before anything is kept: a slip of the pen is no flag, and what an issuer did not
    // sign says nothing about it.
    let mut signed = Vec::new();
    for count in sent {
        signed.push(counts::signed(store, scheme, count).await?);
    }
    let open = standing_flags(lines);
    for count in signed {
        for flag in counts::take(store, scheme, count, clock.now()).await? {
            // What happened once is flagged once. But a count that is refused is refused now, whatever was acknowledged.
            let known = match flag.refuses_count() {
                true => open.contains(&flag),
                false => (lines.iter()).any(|line| line.event == Event::Flag(flag.clone())),
            };
            if !known {
                store
                    .put(FLAGS, b"", &[Event::Flag(flag)], clock.now())
                    .await?;
            }
        }
    }
    Ok(())
}

/// Whether a flag stands in the log and somebody has looked into it.
pub(super) fn is_acknowledged(lines: &[Line], flag: &Flag) -> bool {
    let flagged = |line: &Line| matches!(&line.event, Event::Flag(known) if known == flag);
    lines.iter().any(flagged) && !standing_flags(lines).contains(flag)
}

/// Flags in the log that nobody has acknowledged.
fn standing_flags(lines: &[Line]) -> Vec<Flag> {
    let since = (lines.iter()).rposition(|line| line.event == Event::Acknowledged);
    let open = lines.iter().skip(since.map_or(0, |place| place + 1));
    let flags = open.filter_map(|line| match &line.event {
        Event::Flag(flag) => Some(flag.clone()),
        Event::Recovered(epochs) => Some(Flag::Recovered {
            bundle: epochs.bundle,
        }),
        _ => None,
    });
    flags.collect()
}
