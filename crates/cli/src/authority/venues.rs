//! Registered venues: cards, renewals, withdrawal.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::folder::{self, Opened, Place};
use crate::artefact;
use crate::context::Context;
use crate::files::{self, Access};
use crate::report::{Failure, Report};
use veilpass::artefact::Artefact;
use veilpass::scheme::{Policy, UnixTime, UnverifiedVenue, VenueCard};
use veilpass_app::authority::{KeysNeeded, RegisteredVenue, VenueGrant, venues};
use veilpass_app::store::AuthorityStore;

#[derive(Args)]
pub(crate) struct Register {
    #[command(flatten)]
    place: Place,
    /// The venue's registration: a file, picture or text.
    registration: String,
    /// What it may ask: policies of the scheme, with commas.
    #[arg(long, value_delimiter = ',', required = true)]
    policy: Vec<String>,
    /// For how many days its card is good.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3660))]
    days: u16,
    /// Where the card goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(crate) struct Renew {
    #[command(flatten)]
    place: Place,
    /// The venue, by its name.
    #[arg(long)]
    venue: String,
    /// A registration with another key; the key stays if not given.
    #[arg(long, value_name = "FILE")]
    registration: Option<String>,
    /// What it may ask from now on; what it might before if not given.
    #[arg(long, value_delimiter = ',')]
    policy: Vec<String>,
    /// For how many days the card is good.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3660))]
    days: u16,
    /// Where the card goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    place: Place,
    /// The venue, by its name.
    venue: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
}

fn registration(from: &str) -> Result<UnverifiedVenue, Failure> {
    let bytes = artefact::load(from, Artefact::VenueRegistration)?;
    UnverifiedVenue::from_bytes(&bytes).map_err(Failure::bad)
}

/// Writes a card, and says what to do with it.
fn made(context: &Context, card: &VenueCard, out: &PathBuf) -> Result<Report, Failure> {
    artefact::save(out, &card.to_bytes(), Access::Public)?;
    let terms = card.terms();
    let (ends, fingerprint) = (context.shown(terms.end), terms.key.fingerprint());
    Ok(Report::new(
        format!(
            "{} has a card until {ends}; give it {} to take in",
            terms.name,
            out.display()
        ),
        json!({ "venue": terms.name, "until": ends, "fingerprint": fingerprint, "out": out }),
    )
    .line(format!(
        "fingerprint of its key {fingerprint}: the venue must see the same, or somebody exchanged the registration"
    )))
}

impl Register {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let registration = registration(&self.registration)?;
        let Opened { role, .. } = self.place.open(context, KeysNeeded::Daily)?;
        let grant = VenueGrant {
            policies: &self.policy,
            days: self.days,
        };
        let (state, rng) = (context.wait(role.store().load())?.1, &mut rand::rng());
        context.in_zone(state.scheme.zone());
        let card = role.register_venue(&registration, &grant, context, rng);
        made(context, &context.wait(card)?, &self.out)
    }
}

impl Renew {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let given = self.registration.as_deref().map(registration).transpose()?;
        let Opened { role, .. } = self.place.open(context, KeysNeeded::Daily)?;
        let grant = VenueGrant {
            policies: &self.policy,
            days: self.days,
        };
        context.in_zone(context.wait(role.store().load())?.1.scheme.zone());
        let card = role.renew_venue(&self.venue, given.as_ref(), &grant, context);
        made(context, &context.wait(card)?, &self.out)
    }
}

impl Withdraw {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let Opened { role, .. } = self.place.open(context, KeysNeeded::Daily)?;
        // Before anybody is asked.
        context.wait(role.standing_venue(&self.venue))?;
        let question = format!(
            "Withdraw {} for ever? Nobody else gets its name.",
            self.venue
        );
        context.confirm(&question, self.yes)?;
        context.wait(role.withdraw_venue(&self.venue, context))?;
        Ok(Report::new(
            format!(
                "{} is withdrawn; wallets refuse it from the next published bundle on",
                self.venue
            ),
            json!({ "withdrawn": self.venue }),
        ))
    }
}

impl List {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let store = folder::store(context, &self.place.dir.dir)?;
        let (_, state) = context.wait(store.load())?;
        context.in_zone(state.scheme.zone());
        let all = context.wait(venues(&store))?;
        let stand = all.iter().filter(|venue| !venue.withdrawn).count();
        let mut report = Report::new(
            format!("{stand} venues are registered"),
            json!({ "standing": stand }),
        );
        let now = context.time();
        for venue in &all {
            report = report.line(line(context, venue, &state.policies, now));
        }
        let venues: Vec<Json> = (all.iter())
            .map(|venue| fields(context, venue, &state.policies))
            .collect();
        Ok(report.field("venues", venues))
    }
}

/// The policies of a card by name; the number of one that the scheme has no more.
fn names(venue: &RegisteredVenue, policies: &[Policy]) -> Vec<String> {
    let name = |number: &u16| {
        let policy = policies.iter().find(|policy| policy.number == *number);
        policy.map_or_else(|| number.to_string(), |policy| policy.name.clone())
    };
    venue.terms.policies.iter().map(name).collect()
}

fn line(context: &Context, venue: &RegisteredVenue, policies: &[Policy], now: UnixTime) -> String {
    let terms = &venue.terms;
    let ends = context.shown(terms.end);
    let stands = match (venue.withdrawn, terms.end <= now) {
        (true, _) => "withdrawn".to_owned(),
        (false, true) => format!("card OVER since {ends}: renew it"),
        (false, false) => format!("card until {ends}"),
    };
    let asks = names(venue, policies).join(", ");
    let fingerprint = terms.key.fingerprint();
    format!("{}: {stands}; asks {asks}; key {fingerprint}", terms.name)
}

fn fields(context: &Context, venue: &RegisteredVenue, policies: &[Policy]) -> Json {
    let terms = &venue.terms;
    json!({
        "venue": terms.name,
        "id": veilpass::text::hex(&terms.id.to_bytes()),
        "until": context.shown(terms.end),
        "policies": names(venue, policies),
        "fingerprint": terms.key.fingerprint(),
        "withdrawn": venue.withdrawn,
    })
}
