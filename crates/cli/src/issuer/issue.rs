//! Answering a guest's request.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::batch::Batch;
use super::clinic::Clinic;
use crate::artefact::{self, Output};
use crate::files::{self, Access};
use crate::report::{Failure, Report, hex};
use crate::{Context, Dir};
use veilpass::artefact::Artefact;
use veilpass::issuance::{CheckedRequest, PendingOffer, Request};
use veilpass::registry::Handle;
use veilpass::scheme::{AccreditationPaper, IssuerKey};
use veilpass_app::store::{Answer, IssuerStore, Quota, Reserved, StoreError};

#[derive(Args)]
pub(crate) struct Issue {
    #[command(flatten)]
    pub(super) dir: Dir,
    /// The guest's request: a picture, file or text.
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    request: Option<String>,
    /// The guest's wallet shows the same code: do not ask.
    #[arg(long)]
    yes: bool,
    /// Write the pass's handle to this file, for the guest's own record at the clinic: with it the
    /// pass can be revoked. In a batch: one line for each request.
    #[arg(long, value_name = "FILE")]
    pub(super) handle_out: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    batch: Batch,
}

/// What a request got.
pub(super) struct Issued {
    pub(super) response: Vec<u8>,
    /// The name of the handle.
    pub(super) handle: [u8; 32],
    /// What both sides compared; `None` if it was answered before.
    pub(super) code: Option<String>,
}

impl Issue {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        (self.handle_out.as_deref()).map_or(Ok(()), files::check_new)?;
        let Some(request) = &self.request else {
            return self.batch.run(context, self);
        };
        self.output.check()?;
        let clinic = Clinic::open(context, &self.dir.dir)?;
        let bytes = artefact::load(request, Artefact::Request)?;
        let request = Request::from_bytes(&clinic.bundle.scheme, &bytes)?;
        let dir = &self.dir.dir;
        let issued = answer(
            context,
            &clinic,
            || Clinic::key(context, dir),
            &request,
            |code| context.confirm(&format!("Does the guest's wallet show {code}?"), self.yes),
        )?;
        if let Some(path) = &self.handle_out {
            let line = format!("{}\n", hex(&issued.handle));
            files::write(path, line.as_bytes(), Access::Private)?;
        }
        let shown = self.output.put(&issued.response)?;
        let mut report = Report::new(
            match &issued.code {
                Some(code) => format!("signed; show this response to the guest with code {code}"),
                None => "this request was answered before: the same response again".to_owned(),
            },
            json!({ "code": issued.code, "handle": hex(&issued.handle), "out": self.output.out }),
        );
        report.lines.extend(shown);
        if self.handle_out.is_none() {
            report = report.line(format!(
                "handle {} (to revoke this pass later; keep it in the guest's own file or not at all)",
                hex(&issued.handle)
            ));
        }
        Ok(report)
    }
}

/// Answers one request: checks it, lets `confirm` compare its code, binds a handle to it, signs, and keeps
/// the response before anybody sees it.
pub(super) fn answer(
    context: &Context,
    clinic: &Clinic,
    key: impl FnOnce() -> Result<IssuerKey, Failure>,
    request: &Request,
    confirm: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<Issued, Failure> {
    let id = request.offer_id();
    // A request that was answered gets the same answer, whatever has happened since.
    let Some(pending) = context.wait(clinic.store.offer(id))? else {
        return answered(context, clinic, request);
    };
    let scheme = &clinic.bundle.scheme;
    let key = key()?;
    let paper = clinic.accreditation(context, &key)?;
    let offer = PendingOffer::open(scheme, &key, id, &pending)?;
    let checked = (offer.check(scheme, &key, request, context.now())).map_err(Failure::refused)?;
    let code = checked.short_code();
    confirm(&code)?;
    sign(context, clinic, checked, request, &paper).map(|(response, handle)| Issued {
        response,
        handle,
        code: Some(code),
    })
}

fn answered(context: &Context, clinic: &Clinic, request: &Request) -> Result<Issued, Failure> {
    let quota = Quota {
        day: clinic.today(context)?,
        per_day: None,
    };
    match context.wait(
        clinic
            .store
            .reserve(request.offer_id(), &request.digest(), quota),
    ) {
        Ok(Reserved::Answered { response, handle }) => Ok(Issued {
            response,
            handle,
            code: None,
        }),
        Ok(Reserved::Handle { .. }) => Err(Failure::refused(StoreError::UnknownOffer)),
        Err(error) => Err(Failure::refused(error)),
    }
}

fn sign(
    context: &Context,
    clinic: &Clinic,
    checked: CheckedRequest<'_>,
    request: &Request,
    paper: &AccreditationPaper,
) -> Result<(Vec<u8>, [u8; 32]), Failure> {
    let quota = clinic.quota(context, paper.limits)?;
    let (id, digest) = (request.offer_id(), request.digest());
    let handle = match context.wait(clinic.store.reserve(id, &digest, quota)) {
        Ok(Reserved::Handle { handle, .. }) => Handle::from_bytes(&handle)?,
        Ok(Reserved::Answered { response, handle }) => return Ok((response, handle)),
        Err(error) => return Err(Failure::refused(error)),
    };
    let handle_id = handle.id();
    let response = (checked.issue(Some(&paper.accreditation), handle)).map_err(Failure::refused)?;
    let answer = Answer {
        id,
        request: &digest,
        response: &response.to_bytes(),
    };
    let stored = clinic.store.answer(&answer, quota.day, context.now());
    Ok((context.wait(stored)?, handle_id))
}
