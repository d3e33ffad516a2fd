//! The authority: keeps the scheme, never sees a person.

mod audit;
mod confirm;
mod folder;
mod issuers;
mod publish;
mod recover;
mod status;
mod venues;

use clap::Subcommand;

use crate::context::Context;
use crate::operators::Enrol;
use crate::report::{Failure, Report};
use audit::Audit;
use confirm::ConfirmOperators;
use folder::{Opened, Place};
use issuers::{Accredit, Handles, Limit, Revoke, SignRules};
use publish::{Init, Publish, Rotate};
use recover::Recover;
use status::Status;
use veilpass_app::approval::{self, Operators};
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
    /// Confirm an issuer's operators, after you have compared their keys: their approvals count there from then on.
    ///
    /// Example: veilpass authority confirm-operators --dir authority count.vp --out accreditation.vp
    ConfirmOperators(ConfirmOperators),
    /// Draw handles for an issuer's pool: one for each pass that it may issue.
    ///
    /// Example: veilpass authority handles --dir authority --label clinic-7 --count 500 --out handles.vp
    Handles(Handles),
    /// Revoke passes by their handles. Doors learn it with the next published bundle.
    ///
    /// Example: veilpass authority revoke --dir authority handle.txt
    Revoke(Revoke),
    /// Register a venue, after you have compared the fingerprint of its key in person: its card tells wallets that you vouch
    /// for its name. The name is its own for ever.
    ///
    /// Example: veilpass authority register-venue --dir authority registration.vp --policy restaurant,bar --out card.vp
    RegisterVenue(venues::Register),
    /// Make another card for a registered venue: for longer, for other policies, or for another key.
    ///
    /// Example: veilpass authority renew-venue --dir authority --venue "Cafe Pushkin" --out card.vp
    RenewVenue(venues::Renew),
    /// Withdraw a registered venue for ever. Wallets learn it with the next published bundle.
    ///
    /// Example: veilpass authority withdraw-venue --dir authority "Cafe Pushkin"
    WithdrawVenue(venues::Withdraw),
    /// List the registered venues: until when their cards are good, and what they may ask.
    ///
    /// Example: veilpass authority venues --dir authority
    Venues(venues::List),
    /// Begin a registry epoch with the revocations so far, and sign the next bundles.
    ///
    /// Example: veilpass authority publish --dir authority --to public
    Publish(Publish),
    /// Replace the revocation key (always) and, if asked, accreditation key and date table; publish.
    ///
    /// Example: veilpass authority rotate --dir authority --to public
    Rotate(Rotate),
    /// Take back what was published after the backup that this database came from.
    ///
    /// Bundle number, epochs, keys' public halves, policies, removals, and which issuers are accredited come from the
    /// public files. What nobody published is lost: the report says what that is and what to do.
    ///
    /// Example: veilpass authority recover --dir authority --public public
    Recover(Recover),
    /// Say how the scheme stands: bundle and epoch with their ends, issuers, what waits to be published.
    ///
    /// Example: veilpass authority status --dir authority
    Status(Status),
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
            Self::ConfirmOperators(confirm) => confirm.run(context),
            Self::Handles(handles) => handles.run(context),
            Self::Revoke(revoke) => revoke.run(context),
            Self::RegisterVenue(register) => register.run(context),
            Self::RenewVenue(renew) => renew.run(context),
            Self::WithdrawVenue(withdraw) => withdraw.run(context),
            Self::Venues(list) => list.run(context),
            Self::Publish(publish) => publish.run(context),
            Self::Rotate(rotate) => rotate.run(context),
            Self::Recover(recover) => recover.run(context),
            Self::Status(status) => status.run(context),
            Self::SignRules(sign) => sign.run(context),
            Self::Audit(audit) => audit.run(context),
        }
    }
}

fn enrol(operator: &Enrol, context: &Context) -> Result<Report, Failure> {
    let place = Place {
        dir: operator.dir.clone(),
        public: None,
    };
    let Opened { role, .. } = place.open_for(context, KeysNeeded::Daily, &operator.out)?;
    let needed = context.wait(role.needed())?;
    let known = context.wait(Operators::of(role.store()))?;
    operator.run(context, &known, |new, approving, rng| {
        let (new, at) = ((&known, new), context.now());
        let enrolled = approval::enrol(role.store(), new, &needed, approving, at, rng);
        Ok(context.wait(enrolled)?)
    })
}
