//! The issuer at the command line.

mod batch;
mod count;
mod desk;
mod draw;
mod issue;
mod offer;
mod register;
mod scanner;
mod set_up;
mod source;
mod status;
mod written;

use std::path::Path;

use clap::Subcommand;

use super::context::Context;
use super::evidence::{EvidenceCommand, RulesCommand};
use super::operators::Enrol;
use super::ports::{KeyFiles, not_lost, right_folder};
use super::report::{Failure, Report};
use veilpass_app::issuer::{Issuer, open_key};
use veilpass_app::ports::{Keys, names};
use veilpass_sqlite::SqliteIssuer;

const DATABASE: &str = "issuer.db";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an issuer's key in a new folder, and its registration for the authority.
    ///
    /// Example: veilpass issuer init --dir clinic --scheme scheme.vp --bundle bundle.vp --out registration.vp
    Init(set_up::Init),
    /// Take in what the authority sent: accreditation, handles, a newer bundle.
    ///
    /// Example: veilpass issuer import --dir clinic accreditation.vp handles.vp
    Import(set_up::Import),
    /// Offer a pass to one guest: a QR code that names nobody.
    ///
    /// Example: veilpass issuer offer --dir clinic --set until=2022-06-01 --set until_strict=none
    /// --set birth_date=1985-03-08 --set id_hint="A.K." --out offer.png
    Offer(offer::Offer),
    /// Judge what a guest brings from elsewhere.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Say what evidence gives, by the authority's rules.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Show what was drawn for a guest's request: then the guest's wallet shows the code that you compare before you sign.
    ///
    /// Example: veilpass issuer draw --dir clinic request.png --out draw.png
    Draw(draw::Draw),
    /// Answer a guest's request, or with --batch a whole folder of them on all cores.
    ///
    /// Example: veilpass issuer issue --dir clinic request.png --out response.png
    Issue(issue::Issue),
    /// Make claim letters for the people of the clinic's own register.
    #[command(subcommand)]
    Register(register::RegisterCommand),
    /// Serve one guest after another at a terminal: certificate or letter, offer, request, response.
    ///
    /// Example: veilpass issuer desk --dir clinic --trust signers --rules rules.signed.toml
    Desk(desk::Desk),
    /// Enrol an operator, whose approval then counts where the scheme asks for several.
    ///
    /// Example: veilpass issuer operator --dir clinic --label anna --out anna.age
    Operator(Enrol),
    /// Say where the issuer stands: what is in force and until when, what is left, who approves.
    ///
    /// Example: veilpass issuer status --dir clinic
    Status(status::Status),
    /// Sign for the authority how much was issued, by day and kind: numbers, nobody's name.
    ///
    /// Example: veilpass issuer count --dir clinic --out count.vp
    Count(count::Count),
    /// Check the log's chain and the operators' approvals, and count what was issued.
    ///
    /// Example: veilpass issuer audit --dir clinic
    Audit(count::Audit),
}

impl Command {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Self::Init(init) => init.run(context),
            Self::Import(import) => import.run(context),
            Self::Offer(offer) => offer.run(context),
            Self::Evidence(evidence) => evidence.run(context),
            Self::Rules(rules) => rules.run(context),
            Self::Draw(draw) => draw.run(context),
            Self::Issue(issue) => issue.run(context),
            Self::Register(register) => register.run(context),
            Self::Desk(desk) => desk.run(context),
            Self::Operator(operator) => enrol(operator, context),
            Self::Status(status) => status.run(context),
            Self::Count(count) => count.run(context),
            Self::Audit(audit) => audit.run(context),
        }
    }
}

/// The issuer in this folder.
fn open(context: &Context, dir: &Path) -> Result<Issuer<SqliteIssuer>, Failure> {
    let keys = KeyFiles::issuer(context, dir);
    if !keys.has(names::ISSUER) {
        right_folder(dir, DATABASE)?;
    }
    let opened = context.wait(SqliteIssuer::open(&dir.join(DATABASE), false));
    let store = not_lost(opened, &keys, &[names::ISSUER])?;
    Ok(context.wait(Issuer::open(store, context))?)
}

fn enrol(operator: &Enrol, context: &Context) -> Result<Report, Failure> {
    let dir = &operator.dir.dir;
    let issuer = open(context, dir)?;
    // Only those who know the issuer's passphrase may enrol.
    open_key(&KeyFiles::issuer(context, dir))?;
    let known = context.wait(issuer.operators())?;
    let report = operator.run(context, &known, |new, approving, rng| {
        let now = context.time();
        Ok(context.wait(issuer.enrol(new, approving, now, rng))?)
    })?;
    Ok(report.line("their approval counts when the authority has confirmed them: send it a count (issuer count)"))
}
