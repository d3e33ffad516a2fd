//! The issuer: signs what it sees and what it does not see, with no connection to anything.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::artefact::{self, Kind, Output};
use super::audit::audited;
use super::clinic::{Clinic, DATABASE, KEY};
use super::evidence::{Basis, EvidenceCommand, RulesCommand};
use super::files::{self, Access};
use super::report::{Failure, Report, hex};
use super::values::Settings;
use super::{Context, Dir};
use crate::issuance::{PendingOffer, Request, short_code};
use crate::registry::Handle;
use crate::scheme::{Accreditation, IssuerKey, SchemeCard, UnverifiedBundle};
use crate::store::{IssuerStore, Reserved, SqliteIssuer, StoreError};

/// Handles left when a report begins to warn.
const FEW: u32 = 20;

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
    Offer(Offer),
    /// Judge what a guest brings from elsewhere.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Say what evidence gives, by the authority's rules.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Answer a guest's request.
    ///
    /// Example: veilpass issuer issue --dir clinic request.png --out response.png
    Issue(Issue),
    /// Check the log's chain, and count what was issued.
    ///
    /// Example: veilpass issuer audit --dir clinic
    Audit(Audit),
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

#[derive(Args)]
pub(super) struct Offer {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    basis: Basis,
    /// How long the guest may take to answer.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=1440))]
    minutes: u16,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Issue {
    #[command(flatten)]
    dir: Dir,
    /// The guest's request: a picture, file or text.
    request: String,
    /// The guest's wallet shows the same code: do not ask.
    #[arg(long)]
    yes: bool,
    /// Write the pass's handle to this file, for the guest's own record at the clinic: with it the
    /// pass can be revoked.
    #[arg(long, value_name = "FILE")]
    handle_out: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Audit {
    #[command(flatten)]
    dir: Dir,
    /// A head of the log that was noted earlier: it must still stand in it.
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
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
            Self::Audit(audit) => audit.run(context),
        }
    }
}

impl Init {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let card = artefact::load(&self.scheme, Kind::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bytes = artefact::load(&self.bundle, Kind::Bundle)?;
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
        context.wait(store.put("bundle", &bytes, "bundle", now))?;
        // The card last: with it the folder is set up.
        context.wait(store.put("card", &card.to_bytes(), "founded", now))?;
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
            let line = match Kind::of(&bytes) {
                Some(Kind::Bundle) => clinic.take_bundle(context, &bytes),
                Some(Kind::Accreditation) => {
                    let key = Clinic::key(context, &self.dir.dir)?;
                    clinic.take_accreditation(context, &bytes, &key)
                }
                Some(Kind::Handles) => {
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

impl Offer {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let clinic = Clinic::open(context, &self.dir.dir)?;
        clinic
            .bundle
            .check_clock(context.now())
            .map_err(Failure::refused)?;
        let now = context.now();
        let today = (clinic.bundle.scheme.zone().day_of(now)).unwrap_or_default();
        let mut values = self.settings.read(clinic.bundle.scheme.schema())?;
        let basis = self.basis.attributes(&clinic.card.key, now, today)?;
        if let Some(given) = &basis {
            for (name, value) in &given.attributes {
                if !values.iter().any(|(set, _)| set == name) {
                    values.push(((*name).to_owned(), value.clone()));
                }
            }
        }
        clinic.plausible(&values, today)?;
        let values: Vec<_> = (values.iter())
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let key = Clinic::key(context, &self.dir.dir)?;
        clinic.accreditation(context, &key)?;
        let free = context.wait(clinic.store.free_handles())?;
        if free == 0 {
            return Err(Failure::refused(StoreError::NoHandle));
        }
        let expires = now + i64::from(self.minutes) * 60;
        let pending = key.offer(&clinic.bundle.scheme, &values, expires, &mut rand::rng())?;
        let offer = pending.offer();
        let kept = zeroize::Zeroizing::new(pending.to_bytes());
        context.wait(clinic.store.add_offer(&offer.id(), &kept, expires, now))?;
        let shown = self.output.put(&offer.to_bytes())?;
        let mut report = Report::new(
            format!(
                "show this offer to one guest within {} minutes",
                self.minutes
            ),
            json!({ "offer": hex(&offer.id()), "expires": expires, "free_handles": free, "out": self.output.out }),
        );
        report.lines.extend(shown);
        if let Some(granted) = basis.as_ref().map(|given| &given.granted) {
            report
                .lines
                .extend(granted.explain().lines().map(str::to_owned));
            report = report.field("granted", json!(granted));
        }
        if free <= FEW {
            report = report.line(format!("only {free} handles are left; ask for more"));
        }
        Ok(report)
    }
}

impl Issue {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        self.handle_out
            .as_deref()
            .map_or(Ok(()), files::check_new)?;
        let clinic = Clinic::open(context, &self.dir.dir)?;
        let scheme = &clinic.bundle.scheme;
        let bytes = artefact::load(&self.request, Kind::Request)?;
        let request = Request::from_bytes(scheme, &bytes)?;
        let id = request.offer_id();
        // A request that was answered gets the same answer, whatever has happened since.
        let pending = context.wait(clinic.store.offer(id))?;
        if let Some(pending) = pending {
            let offer = PendingOffer::from_bytes(scheme, &pending)?;
            let key = Clinic::key(context, &self.dir.dir)?;
            let accreditation = clinic.accreditation(context, &key)?;
            offer
                .check(scheme, &key, &request, context.now())
                .map_err(Failure::refused)?;
            let code = short_code(offer.offer(), &request);
            context.confirm(&format!("Does the guest's wallet show {code}?"), self.yes)?;
            return self.sign(context, &clinic, &key, &accreditation, &request, &code);
        }
        match context.wait(clinic.store.reserve(id, &request.digest())) {
            Ok(Reserved::Answered { response, handle }) => self.done(&response, None, &handle),
            Ok(Reserved::Handle { .. }) => Err(Failure::refused(StoreError::UnknownOffer)),
            Err(error) => Err(Failure::refused(error)),
        }
    }

    fn sign(
        &self,
        context: &Context,
        clinic: &Clinic,
        key: &IssuerKey,
        accreditation: &Accreditation,
        request: &Request,
        code: &str,
    ) -> Result<Report, Failure> {
        let (scheme, now) = (&clinic.bundle.scheme, context.now());
        let (id, digest) = (request.offer_id(), request.digest());
        let (offer, handle) = match context.wait(clinic.store.reserve(id, &digest)) {
            Ok(Reserved::Handle { offer, handle }) => (offer, handle),
            Ok(Reserved::Answered { response, handle }) => {
                return self.done(&response, Some(code), &handle);
            }
            Err(error) => return Err(Failure::refused(error)),
        };
        let offer = PendingOffer::from_bytes(scheme, &offer)?;
        let handle = Handle::from_bytes(&handle)?;
        let handle_id = handle.id();
        let response = offer
            .issue(scheme, key, Some(accreditation), request, handle, now)
            .map_err(Failure::refused)?;
        let day = (scheme.zone().day_of(now))
            .ok_or_else(|| Failure::bad("the clock is outside the calendar; set it"))?;
        let response = response.to_bytes();
        let stored = clinic.store.answer(id, &digest, &response, day, now);
        let stored = context.wait(stored)?;
        self.done(&stored, Some(code), &handle_id)
    }

    /// Shows a response that is stored.
    fn done(
        &self,
        response: &[u8],
        code: Option<&str>,
        handle: &[u8; 32],
    ) -> Result<Report, Failure> {
        if let Some(path) = &self.handle_out {
            let line = format!("{}\n", hex(handle));
            files::write(path, line.as_bytes(), Access::Private)?;
        }
        let shown = self.output.put(response)?;
        let mut report = Report::new(
            match code {
                Some(code) => format!("signed; show this response to the guest with code {code}"),
                None => "this request was answered before: the same response again".to_owned(),
            },
            json!({ "code": code, "handle": hex(handle), "out": self.output.out }),
        );
        report.lines.extend(shown);
        if self.handle_out.is_none() {
            report = report.line(format!(
                "handle {} (to revoke this pass later; keep it in the guest's own file or not at all)",
                hex(handle)
            ));
        }
        Ok(report)
    }
}

impl Audit {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let clinic = Clinic::open(context, &self.dir.dir)?;
        let lines = context.wait(clinic.store.log())?;
        let counts = context.wait(clinic.store.counts())?;
        let free = context.wait(clinic.store.free_handles())?;
        let issued: u32 = counts.iter().map(|count| count.issued).sum();
        let mut report = audited(&lines, self.head.as_deref())?
            .line(format!("{issued} issued, {free} handles free"));
        for count in &counts {
            report = report.line(format!("  {}: {}", count.day, count.issued));
        }
        Ok(report
            .field("issued", issued)
            .field("free_handles", free)
            .field("days", serde_json::to_value(&counts)?))
    }
}
