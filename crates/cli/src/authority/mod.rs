//! The authority: keeps the scheme, never sees a person.

mod audit;
mod folder;
mod issuers;
mod publish;

use clap::Subcommand;

use crate::context::Context;
use crate::operators::Enrol;
use crate::report::{Failure, Report};
use audit::Audit;
use issuers::{Accredit, Handles, Limit, Revoke, SignRules};
use publish::{Init, Publish, Rotate};
use veilpass_app::authority::KeysNeeded;

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
    let (role, _) = folder::open(context, &operator.dir.dir, KeysNeeded::Daily)?;
    let needed = context.wait(role.needed())?;
    operator.run(context, role.store(), &needed)
}
