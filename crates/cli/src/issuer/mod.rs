//! The issuer: signs what it sees and what it does not see, with no connection to anything.

mod batch;
mod clinic;
mod count;
mod counter;
mod desk;
mod issue;
mod offer;
mod register;
mod step;

use clap::{Args, Subcommand};
use serde_json::json;

use super::artefact::{self, Output};
use super::evidence::{EvidenceCommand, RulesCommand};
use super::files;
use super::operators::Enrol;
use super::report::{Failure, Report, hex};
use super::{Context, Dir};
use clinic::{Clinic, DATABASE, KEY};
use veilpass::artefact::Artefact;
use veilpass::scheme::{IssuerKey, SchemeCard, UnverifiedBundle};
use veilpass_app::log::Event;
use veilpass_app::store::{IssuerStore, Ledger, StoreError};
use veilpass_sqlite::SqliteIssuer;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an issuer's key in a new folder, and its registration for the authority.
    ///
    /// Example: veilpass issuer init --dir clinic --scheme scheme.vp --bundle bundle.vp --out registration.vp
    Init(Init),
    /// Take in what the authority sent: accreditation, handles, a newer bundle.
    ///
    /// Example: veilpass issuer import --dir clinic accreditation.vp handles.vp
    Import(Import),
    /// Offer a pass to one guest: a QR code that names nobody.
    ///
    /// Example: veilpass issuer offer --dir clinic --set until=2022-06-01 --set until_strict=never
    /// --set birth_date=1985-03-08 --set id_hint="A.K." --out offer.png
    Offer(offer::Offer),
    /// Judge what a guest brings from elsewhere.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Say what evidence gives, by the authority's rules.
    #[command(subcommand)]
    Rules(RulesCommand),
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
    /// Sign for the authority how much was issued, by day and kind: numbers, nobody's name.
    ///
    /// Example: veilpass issuer count --dir clinic --out count.vp
    Count(count::Count),
    /// Check the log's chain and the operators' approvals, and count what was issued.
    ///
    /// Example: veilpass issuer audit --dir clinic
    Audit(count::Audit),
}

#[derive(Args)]
pub(super) struct Init {
    #[command(flatten)]
    dir: Dir,
    /// The authority's scheme card.
    #[arg(long, value_name = "FILE")]
    scheme: String,
    /// The authority's verifiers' bundle.
    #[arg(long, value_name = "FILE")]
    bundle: String,
    /// Where the registration goes.
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Import {
    #[command(flatten)]
    dir: Dir,
    /// Files of any of the three kinds.
    #[arg(required = true)]
    files: Vec<String>,
}

impl Command {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Self::Init(init) => init.run(context),
            Self::Import(import) => import.run(context),
            Self::Offer(offer) => offer.run(context),
            Self::Evidence(evidence) => evidence.run(context),
            Self::Rules(rules) => rules.run(context),
            Self::Issue(issue) => issue.run(context),
            Self::Register(register) => register.run(context),
            Self::Desk(desk) => desk.run(context),
            Self::Operator(operator) => enrol(operator, context),
            Self::Count(count) => count.run(context),
            Self::Audit(audit) => audit.run(context),
        }
    }
}

impl Init {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let card = artefact::load(&self.scheme, Artefact::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bytes = artefact::load(&self.bundle, Artefact::Bundle)?;
        let bundle = UnverifiedBundle(&bytes)
            .verify(&card.key, Some(&card.scheme), None)
            .map_err(Failure::refused)?;
        let dir = &self.dir.dir;
        files::make_folder(dir)?;
        let _lock = files::lock(dir)?;
        files::make_private(&dir.join(DATABASE))?;
        let store = context.wait(SqliteIssuer::open(&dir.join(DATABASE), true))?;
        if context.wait(store.get("card"))?.is_some() {
            return Err(StoreError::NotEmpty.into());
        }
        files::no_keys_yet(&dir.join(KEY))?;
        let passphrase = context.passphrase.choose("the issuer's key")?;
        let mut rng = rand::rng();
        let key = IssuerKey::generate(&mut rng);
        passphrase.seal(&dir.join(KEY), &*key.expose_bytes())?;
        let now = context.now();
        context.wait(store.put(
            "bundle",
            &bytes,
            &[Event::Bundle {
                number: bundle.version,
            }],
            now,
        ))?;
        // The card last: with it the folder is set up.
        let founded = Event::Founded {
            scheme: bundle.scheme.name().to_owned(),
        };
        context.wait(store.put("card", &card.to_bytes(), &[founded], now))?;
        let registration = key.register(&bundle.scheme, &mut rng).to_bytes();
        let shown = self.output.put(&registration)?;
        let mut report = Report::new(
            format!(
                "an issuer of {} is set up; send its registration to the authority",
                bundle.scheme.name()
            ),
            json!({ "scheme": hex(bundle.scheme.id()), "out": self.output.out }),
        );
        report.lines.extend(shown);
        Ok(report)
    }
}

impl Import {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut report = Report::new("taken in:", json!({}));
        for file in &self.files {
            // For each file anew: what follows a bundle is judged by it.
            let clinic = Clinic::open(context, &self.dir.dir)?;
            let bytes = artefact::bytes(file)?;
            let line = match Artefact::of(&bytes) {
                Some(Artefact::Bundle) => clinic.take_bundle(context, &bytes),
                Some(Artefact::Accreditation) => {
                    let key = Clinic::key(context, &self.dir.dir)?;
                    clinic.take_accreditation(context, &bytes, &key)
                }
                Some(Artefact::Handles) => {
                    let key = Clinic::key(context, &self.dir.dir)?;
                    clinic.take_handles(context, &bytes, &key)
                }
                Some(other) => Err(Failure::bad(format!(
                    "this is {}; an issuer imports accreditations, handles and verifiers' bundles",
                    other.name()
                ))),
                None => Err(Failure::bad("this is nothing of this system")),
            };
            report = report.line(line.map_err(|failure| failure.about(file))?);
        }
        let clinic = Clinic::open(context, &self.dir.dir)?;
        let free = context.wait(clinic.store.free_handles())?;
        Ok(report
            .line(format!("{free} handles are free"))
            .field("free_handles", free))
    }
}

fn enrol(operator: &Enrol, context: &Context) -> Result<Report, Failure> {
    let clinic = Clinic::open(context, &operator.dir.dir)?;
    // Whoever knows the issuer's passphrase, and nobody else.
    Clinic::key(context, &operator.dir.dir)?;
    let (_, needed) = clinic.limits_of(context)?;
    operator.run(context, &clinic.store, &needed)
}
