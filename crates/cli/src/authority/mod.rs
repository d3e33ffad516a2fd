//! The authority: keeps the scheme, never sees a person.

mod audit;
mod issuers;
mod limits;
mod office;
mod publish;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::operators::{Approving, Enrol};
use super::report::{Failure, Report};
use super::values;
use super::{Context, Dir};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Found a scheme in a new folder: keys, date table, first bundle.
    ///
    /// Example: veilpass authority init --dir authority --name "City pass" --zone Europe/Moscow
    Init(Init),
    /// Accredit an issuer, after its registration.
    ///
    /// Example: veilpass authority accredit --dir authority registration.vp --label clinic-7 --out accreditation.vp
    Accredit(Accredit),
    /// Change how many passes a day an issuer may make; writes its new accreditation.
    ///
    /// Example: veilpass authority limit --dir authority --label clinic-7 --per-day 300 --out accreditation.vp
    Limit(Limit),
    /// Enrol an operator, whose approval then counts where the scheme asks for several.
    ///
    /// Example: veilpass authority operator --dir authority --label anna --out anna.age
    Operator(Enrol),
    /// Draw handles for an issuer's pool: one for each pass that it may issue.
    ///
    /// Example: veilpass authority handles --dir authority --label clinic-7 --count 500 --out handles.vp
    Handles(Handles),
    /// Revoke passes by their handles. Doors learn it with the next published bundle.
    ///
    /// Example: veilpass authority revoke --dir authority handle.txt
    Revoke(Revoke),
    /// Begin a registry epoch with the revocations so far, and sign the next bundles.
    ///
    /// Example: veilpass authority publish --dir authority --to public
    Publish(Publish),
    /// Replace the revocation key (always) and, if asked, accreditation key and date table; publish.
    ///
    /// Example: veilpass authority rotate --dir authority --to public
    Rotate(Rotate),
    /// Sign the rules by which issuers judge evidence.
    ///
    /// Example: veilpass authority sign-rules --dir authority rules.toml --out rules.signed.toml
    SignRules(SignRules),
    /// Check the log's chain and the operators' approvals, count issuers and handles, and compare what
    /// issuers counted with their limits. Exit code 1 if anything is flagged.
    ///
    /// Example: veilpass authority audit --dir authority --head 1c4e… clinic-7-count.vp
    Audit(Audit),
}

#[derive(Args)]
pub(super) struct Init {
    #[command(flatten)]
    dir: Dir,
    /// What people call the scheme.
    #[arg(long)]
    name: Option<String>,
    /// The time zone that its days begin in.
    #[arg(long)]
    zone: Option<String>,
    /// A TOML file with name, zone, attributes and policies. `--print-scheme` shows the default one.
    #[arg(long, value_name = "FILE")]
    scheme: Option<String>,
    /// Print the default scheme file and do nothing.
    #[arg(long)]
    print_scheme: bool,
    #[command(flatten)]
    times: Times,
    /// Where the public files go: scheme.vp, bundle.vp, holders.vp.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Args, Clone)]
struct Times {
    /// How long the registry epoch lasts.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=744))]
    epoch_hours: u16,
    /// How long the bundle may be relied on.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// The clock is right, even if it does not look so.
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
pub(super) struct Accredit {
    #[command(flatten)]
    dir: Dir,
    /// The issuer's registration: a file, picture or text.
    registration: String,
    /// What you call the issuer.
    #[arg(long, value_parser = values::label)]
    label: String,
    /// How many passes a day it may make; as many as it has handles if not given.
    #[arg(long, value_name = "COUNT")]
    per_day: Option<u32>,
    /// Where the accreditation goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Limit {
    #[command(flatten)]
    dir: Dir,
    /// Which issuer.
    #[arg(long)]
    label: String,
    /// How many passes a day it may make; 0: as many as it has handles.
    #[arg(long, value_name = "COUNT")]
    per_day: u32,
    /// Where the accreditation with the new limit goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Handles {
    #[command(flatten)]
    dir: Dir,
    /// Whose pool.
    #[arg(long)]
    label: String,
    /// How many.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=500_000))]
    count: u32,
    /// Where they go. Who has this file can issue that many passes' worth of handles: keep it closed.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    approving: Approving,
}

#[derive(Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    dir: Dir,
    /// The handles, 64 hexadecimal digits each, as `issuer issue` printed them; or files with one in
    /// each line.
    #[arg(required = true)]
    handles: Vec<String>,
}

#[derive(Args)]
pub(super) struct Publish {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    times: Times,
    /// Begin the next accreditation epoch, too: needs the accreditation key. Every issuer gets a new
    /// accreditation, which its holders find in the bundle.
    #[arg(long)]
    next_accreditation: bool,
    /// With --next-accreditation: an issuer that is no longer accredited.
    #[arg(long, value_name = "LABEL", requires = "next_accreditation")]
    drop: Vec<String>,
    /// Where the public files go.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    times: Times,
    /// Also replace the accreditation key: every issuer needs its new accreditation before it issues.
    #[arg(long)]
    accreditation: bool,
    /// Also replace the date table.
    #[arg(long)]
    dates: bool,
    /// Where the public files go.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct SignRules {
    #[command(flatten)]
    dir: Dir,
    /// The rules, a TOML file.
    rules: String,
    /// Where the signed rules go.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Audit {
    #[command(flatten)]
    dir: Dir,
    /// A head of the log that was noted earlier: it must still stand in it.
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
    /// Counts that issuers sent (`issuer count`).
    counts: Vec<String>,
    /// What was flagged so far has been looked into: do not name it again.
    #[arg(long)]
    acknowledge: bool,
}

impl Command {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Self::Init(init) => init.run(context),
            Self::Accredit(accredit) => accredit.run(context),
            Self::Limit(limit) => limit.run(context),
            Self::Operator(operator) => enrol(operator, context),
            Self::Handles(handles) => handles.run(context),
            Self::Revoke(revoke) => revoke.run(context),
            Self::Publish(publish) => publish.run(context),
            Self::Rotate(rotate) => rotate.run(context),
            Self::SignRules(sign) => sign.run(context),
            Self::Audit(audit) => audit.run(context),
        }
    }
}

fn enrol(operator: &Enrol, context: &Context) -> Result<Report, Failure> {
    let office = office::Office::open(context, &operator.dir.dir, false)?;
    let (_, authority) = office.load(context)?;
    let needed = limits::needed(context, &office.store, authority.scheme())?;
    operator.run(context, &office.store, &needed)
}
