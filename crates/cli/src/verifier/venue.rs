//! A registered venue's registration and card.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::open;
use crate::artefact;
use crate::context::{Context, Dir};
use crate::files::{self, Access};
use crate::report::{Failure, Report};
use veilpass::artefact::Artefact;

#[derive(Args)]
pub(crate) struct Register {
    #[command(flatten)]
    dir: Dir,
    /// Where the registration goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(crate) struct Card {
    #[command(flatten)]
    dir: Dir,
    /// The card that the authority made: a file, picture or text.
    card: String,
}

impl Register {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let verifier = open(context, &self.dir.dir)?;
        let registration = context.wait(verifier.registration(&mut rand::rng()))?;
        artefact::save(&self.out, &registration.to_bytes(), Access::Public)?;
        let fingerprint = registration.fingerprint();
        Ok(Report::new(
            format!(
                "give {} to the authority, and take its card in with `verifier card`",
                self.out.display()
            ),
            json!({ "venue": verifier.venue(), "fingerprint": fingerprint, "out": self.out }),
        )
        .line(format!(
            "fingerprint of the key {fingerprint}: compare it in person with what the authority sees"
        )))
    }
}

impl Card {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let card = artefact::load(&self.card, Artefact::VenueCard)?;
        let mut verifier = open(context, &self.dir.dir)?;
        let now = context.time();
        let ends = context.wait(verifier.take_card(&card, now))?.terms().end;
        let (venue, ends) = (verifier.venue(), context.shown(ends));
        Ok(Report::new(
            format!("wallets see that the authority vouches for {venue}, until {ends}"),
            json!({ "venue": venue, "card_until": ends }),
        )
        .line("a poster that was made before has no card, or the old one: make it anew"))
    }
}
