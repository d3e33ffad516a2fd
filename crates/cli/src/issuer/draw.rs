//! Revealing what was drawn for a guest's request, so that codes can be compared before anything is signed.

use clap::Args;
use serde_json::json;

use super::open;
use crate::artefact::{self, Output};
use crate::context::{Context, Dir};
use crate::ports::KeyFiles;
use crate::report::{Failure, Report};
use veilpass_app::issuer::answer::Drawn;
use veilpass_app::issuer::{AnyRequest, IssuerError, open_key};
use veilpass_app::log::Closing;

#[derive(Args)]
pub(crate) struct Draw {
    #[command(flatten)]
    dir: Dir,
    /// The guest's request: a picture, file or text.
    request: String,
    #[command(flatten)]
    output: Output,
    /// The guest's wallet showed another code: close the offer, so that nobody's request for it is answered.
    #[arg(long)]
    differ: bool,
}

impl Draw {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let issuer = open(context, &self.dir.dir)?;
        let bytes = artefact::load_request(&self.request)?;
        let request = AnyRequest::from_bytes(issuer.scheme(), &bytes)?;
        if self.differ {
            let (offer, why) = (request.offer_id(), Closing::CodesDiffer);
            context.wait(issuer.close(offer, why, context.now()))?;
            return Err(IssuerError::CodesDiffer.into());
        }
        let key = open_key(&KeyFiles::issuer(context, &self.dir.dir))?;
        let drawn = context.wait(issuer.draw(&key, &request, context.now()))?;
        let Drawn { draw, code } = drawn;
        let shown = self.output.put_dated(&draw, issuer.dated(context.time()))?;
        let mut report = Report::new(
            format!("let the guest scan this: their wallet must show {code}"),
            json!({ "code": code, "out": self.output.out }),
        );
        report.lines.extend(shown);
        Ok(report.line("if it does, `issuer issue --yes` signs; if not, `issuer draw --differ` closes the offer"))
    }
}
