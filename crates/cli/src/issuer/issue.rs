//! Answering a guest's request.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::batch::Batch;
use super::open;
use crate::artefact::{self, Output};
use crate::context::{Context, Dir};
use crate::files::{self, Access};
use crate::ports::{KeyFiles, Person};
use crate::public::{self, check_private};
use crate::report::{Failure, Report, hex};
use veilpass_app::issuer::answer::Issued;
use veilpass_app::issuer::{AnyRequest, Issuer, open_key};
use veilpass_sqlite::SqliteIssuer;

#[derive(Args)]
pub(crate) struct Issue {
    #[command(flatten)]
    pub(super) dir: Dir,
    /// The guest's request: a picture, file or text.
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    request: Option<String>,
    /// You have compared the codes, with `issuer draw`, and they agree: do not ask. In a rehearsal nobody needs to.
    #[arg(long)]
    yes: bool,
    /// Write what the guest scans before the codes are compared to this file (.png, .svg or .txt); otherwise it is
    /// drawn in the terminal.
    #[arg(long, value_name = "FILE", conflicts_with = "batch")]
    draw_out: Option<PathBuf>,
    /// Write the pass's handle to this file, for the guest's own record at the clinic: with it the
    /// pass can be revoked. In a batch: a line for each request with the request's name, in the order of the requests, so
    /// it joins each guest's request with the pass: keep it as you keep the guests' own files.
    #[arg(long, value_name = "FILE")]
    pub(super) handle_out: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    batch: Batch,
}

impl Issue {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        (self.handle_out.as_deref()).map_or(Ok(()), check_private)?;
        let Some(request) = &self.request else {
            return self.batch.run(context, self);
        };
        self.output.check()?;
        (self.draw_out.as_deref()).map_or(Ok(()), public::check_target)?;
        let issuer = open(context, &self.dir.dir)?;
        let bytes = artefact::load_request(request)?;
        let request = AnyRequest::from_bytes(issuer.scheme(), &bytes)?;
        let (issued, again) = self.answer(context, &issuer, request)?;
        let moment = issuer.dated(context.time());
        let handle = issued.handle.map(|handle| hex(&handle));
        if let (Some(path), Some(handle)) = (&self.handle_out, &handle) {
            let line = format!("{handle}\n");
            files::write_dated(path, line.as_bytes(), Access::Private, moment)?;
        }
        let shown = self.output.put_dated(&issued.response, moment)?;
        let mut report = Report::new(
            match &issued.code {
                Some(code) => format!("signed; show this response to the guest with code {code}"),
                None if again => {
                    "this request was answered before: the same response again".to_owned()
                }
                None => "signed; show this response to the guest".to_owned(),
            },
            json!({ "code": issued.code, "handle": handle, "out": self.output.out }),
        );
        report.lines.extend(shown);
        match handle {
            None => Ok(report.line("renewed: the pass keeps the handle that it had, which nobody learns here")),
            Some(handle) if self.handle_out.is_none() => Ok(report.line(format!(
                "handle {handle} (to revoke this pass later; keep it in the guest's own file or not at all)"
            ))),
            Some(_) => Ok(report),
        }
    }

    fn answer(
        &self,
        context: &Context,
        issuer: &Issuer<SqliteIssuer>,
        request: AnyRequest,
    ) -> Result<(Issued, bool), Failure> {
        // A request that was answered takes no key, and nobody's passphrase.
        if let Some(issued) = context.wait(issuer.answered(&request))? {
            return Ok((issued, true));
        }
        let key = open_key(&KeyFiles::issuer(context, &self.dir.dir))?;
        if self.yes && !context.wait(issuer.is_rehearsal())? {
            // Nobody can have compared codes whose draw is not revealed yet.
            let issued = issuer.answer_agreed(&key, request, context.now());
            return Ok((context.wait(issued)?, false));
        }
        // The draw is revealed for one request: not before somebody is there to compare.
        if !self.yes && !std::io::stdin().is_terminal() {
            return Err(Failure::bad(
                "nobody can compare codes here: let the guest scan what `issuer draw` shows, compare, and add --yes",
            ));
        }
        let person = Person {
            yes: self.yes,
            draw: self.draw_out.clone(),
        };
        let issued = issuer.answer_compared(&key, request, &person, context.now());
        Ok((context.wait(issued)?, false))
    }
}
