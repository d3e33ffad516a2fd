//! Answering many requests: proofs are checked and passes signed on all cores, the database commits a
//! few hundred at a time.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use serde_json::json;

use super::clinic::Clinic;
use super::issue::Issue;
use crate::Context;
use crate::artefact;
use crate::files::{self, Access};
use crate::report::{Failure, Report, hex};
use veilpass::artefact::Artefact;
use veilpass::issuance::{CheckedRequest, PendingOffer, Request};
use veilpass::qr;
use veilpass::registry::Handle;
use veilpass::scheme::{AccreditationPaper, IssuerKey, Scheme};
use veilpass_app::store::{Answer, IssuerStore, Quota, Reserved, StoreError};

/// Requests in one step: two transactions.
const STEP: usize = 256;

/// The longest line of a stream, in bytes.
const MAX_LINE: u64 = 8192;

#[derive(Args)]
pub(super) struct Batch {
    /// Answer all requests in this folder, or with - one in each line of standard input. Nobody compares
    /// codes here: who had the offer gets the pass.
    #[arg(long, value_name = "DIR")]
    batch: Option<PathBuf>,
    /// With --batch DIR: the folder for the responses, under the requests' names. A stream is answered on
    /// standard output, line for line.
    #[arg(long, value_name = "DIR", requires = "batch")]
    to: Option<PathBuf>,
}

/// One of many.
struct Job {
    /// What the request is called.
    name: String,
    request: Result<Request, String>,
}

/// What one of many got: response and handle, or why not.
type Outcome = Result<(Vec<u8>, [u8; 32]), String>;

/// What stays the same over a batch.
struct Desk<'a> {
    context: &'a Context,
    clinic: &'a Clinic,
    key: IssuerKey,
    paper: AccreditationPaper,
}

impl Batch {
    pub(super) fn run(&self, context: &Context, issue: &Issue) -> Result<Report, Failure> {
        let clinic = Clinic::open(context, &issue.dir.dir)?;
        let key = Clinic::key(context, &issue.dir.dir)?;
        let paper = clinic.accreditation(context, &key)?;
        let desk = Desk {
            context,
            key,
            paper,
            clinic: &clinic,
        };
        let mut handles = Vec::new();
        let folder = self.batch.as_deref().unwrap_or(Path::new("."));
        let (answered, refused) = match (folder == Path::new("-"), &self.to) {
            (true, None) => desk.stream(&mut handles)?,
            (false, Some(to)) => desk.folder(folder, to, &mut handles)?,
            (true, Some(_)) => {
                return Err(Failure::bad(
                    "a stream is answered on standard output; leave out --to",
                ));
            }
            (false, None) => return Err(Failure::bad("say with --to where the responses go")),
        };
        if let Some(path) = &issue.handle_out {
            let lines: String = handles.concat();
            files::write(path, lines.as_bytes(), Access::Private)?;
        }
        let mut report = Report::new(
            format!("{answered} answered, {} refused", refused.len()),
            json!({ "answered": answered, "refused": refused, "to": self.to }),
        );
        report.refused = !refused.is_empty();
        report.lines.extend(refused);
        Ok(report)
    }
}

impl Desk<'_> {
    fn folder(
        &self,
        from: &Path,
        to: &Path,
        handles: &mut Vec<String>,
    ) -> Result<(usize, Vec<String>), Failure> {
        let listed = files::list(from)?;
        let mut paths = Vec::new();
        for entry in listed {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                paths.push(entry.path());
            }
        }
        paths.sort();
        files::make_public_folder(to)?;
        let bar = self
            .context
            .progress(u64::try_from(paths.len()).unwrap_or(0), "requests");
        let (mut answered, mut refused) = (0, Vec::new());
        for step in paths.chunks(STEP) {
            let scheme = &self.clinic.bundle.scheme;
            let jobs: Vec<Job> = step.par_iter().map(|path| read(scheme, path)).collect();
            for (job, outcome) in jobs.iter().zip(self.answer(&jobs)?) {
                match outcome {
                    Ok((response, handle)) => {
                        let path = to.join(format!("{}.response.vp", job.name));
                        files::write_fast(&path, &response, Access::Public)?;
                        handles.push(format!("{} {}\n", hex(&handle), job.name));
                        answered += 1;
                    }
                    Err(why) => refused.push(format!("{}: {why}", job.name)),
                }
            }
            bar.inc(u64::try_from(step.len()).unwrap_or(0));
        }
        bar.finish_and_clear();
        files::sync(to)?;
        Ok((answered, refused))
    }

    fn stream(&self, handles: &mut Vec<String>) -> Result<(usize, Vec<String>), Failure> {
        let mut input = BufReader::with_capacity(1 << 20, std::io::stdin());
        let mut number = 0usize;
        let (mut answered, mut refused) = (0, Vec::new());
        loop {
            let Some(first) = bounded_line(&mut input)? else {
                return Ok((answered, refused));
            };
            // As many as are there already: whoever waits for an answer gets it.
            let mut lines = vec![first];
            while lines.len() < STEP
                && input.buffer().contains(&b'\n')
                && let Some(line) = bounded_line(&mut input)?
            {
                lines.push(line);
            }
            let scheme = &self.clinic.bundle.scheme;
            let jobs: Vec<Job> = (lines.par_iter().enumerate())
                .map(|(place, line)| Job {
                    name: format!("line {}", number + place + 1),
                    request: (line.as_ref().map_err(Clone::clone))
                        .and_then(|line| parse(scheme, line)),
                })
                .collect();
            number += jobs.len();
            let mut out = std::io::stdout().lock();
            for (job, outcome) in jobs.iter().zip(self.answer(&jobs)?) {
                let line = match outcome {
                    Ok((response, handle)) => {
                        handles.push(format!("{} {}\n", hex(&handle), job.name));
                        answered += 1;
                        qr::to_text(&response)
                    }
                    Err(why) => {
                        refused.push(format!("{}: {why}", job.name));
                        format!("error: {why}")
                    }
                };
                writeln!(out, "{line}")?;
            }
            out.flush()?;
        }
    }

    /// Answers a step of them.
    fn answer(&self, jobs: &[Job]) -> Result<Vec<Outcome>, Failure> {
        let (context, store) = (self.context, &self.clinic.store);
        let mut pending = Vec::with_capacity(jobs.len());
        for job in jobs {
            pending.push(match &job.request {
                Ok(request) => context.wait(store.offer(request.offer_id()))?,
                Err(_) => None,
            });
        }
        // Renewed at every step: a stream may go on over midnight.
        let (now, quota) = (
            context.now(),
            self.clinic.quota(context, self.paper.limits)?,
        );
        let checked: Vec<_> = (jobs.par_iter().zip(&pending))
            .map(|(job, pending)| self.check(job, pending.as_deref(), now))
            .collect();
        let reserved = self.reserve(jobs, &checked, quota)?;
        let signed: Vec<Outcome> = (checked.into_par_iter().zip(reserved))
            .map(|(checked, reserved)| {
                self.sign(checked?, reserved.map_err(|error| error.to_string())?)
            })
            .collect();
        self.keep(jobs, signed, quota)
    }

    /// A request that may be answered; `None` inside if it was answered before.
    fn check<'a>(
        &'a self,
        job: &'a Job,
        pending: Option<&[u8]>,
        now: i64,
    ) -> Result<Option<CheckedRequest<'a>>, String> {
        let request = job.request.as_ref().map_err(Clone::clone)?;
        let Some(pending) = pending else {
            return Ok(None);
        };
        let scheme = &self.clinic.bundle.scheme;
        let offer = PendingOffer::open(scheme, &self.key, request.offer_id(), pending)
            .map_err(|error| error.to_string())?;
        let checked = offer.check(scheme, &self.key, request, now);
        checked.map(Some).map_err(|error| error.to_string())
    }

    /// Binds handles to all that passed their checks, as far as today's limit goes.
    fn reserve(
        &self,
        jobs: &[Job],
        checked: &[Result<Option<CheckedRequest<'_>>, String>],
        quota: Quota,
    ) -> Result<Vec<Result<Reserved, String>>, Failure> {
        let mut wanted = Vec::with_capacity(jobs.len());
        let mut places: Vec<Result<usize, String>> = Vec::with_capacity(jobs.len());
        for (job, checked) in jobs.iter().zip(checked) {
            places.push(match (&job.request, checked) {
                (Ok(request), Ok(_)) => {
                    wanted.push((*request.offer_id(), request.digest()));
                    Ok(wanted.len() - 1)
                }
                (Err(why), _) | (_, Err(why)) => Err(why.clone()),
            });
        }
        let mut reserved: Vec<Option<Result<Reserved, StoreError>>> = (self
            .context
            .wait(self.clinic.store.reserve_all(&wanted, quota))?)
        .into_iter()
        .map(Some)
        .collect();
        Ok((places.into_iter())
            .map(|place| {
                let found = reserved.get_mut(place?).and_then(Option::take);
                found
                    .unwrap_or(Err(StoreError::UnknownOffer))
                    .map_err(|error| error.to_string())
            })
            .collect())
    }

    fn sign(&self, checked: Option<CheckedRequest<'_>>, reserved: Reserved) -> Outcome {
        match (checked, reserved) {
            (_, Reserved::Answered { response, handle }) => Ok((response, handle)),
            (None, Reserved::Handle { .. }) => Err(StoreError::UnknownOffer.to_string()),
            (Some(checked), Reserved::Handle { handle, .. }) => {
                let handle = Handle::from_bytes(&handle).map_err(|error| error.to_string())?;
                let id = handle.id();
                let response = checked.issue(Some(&self.paper.accreditation), handle);
                Ok((response.map_err(|error| error.to_string())?.to_bytes(), id))
            }
        }
    }

    /// Keeps the responses; what is stored is what goes out.
    fn keep(
        &self,
        jobs: &[Job],
        signed: Vec<Outcome>,
        quota: Quota,
    ) -> Result<Vec<Outcome>, Failure> {
        let digests: Vec<_> = (jobs.iter())
            .map(|job| {
                job.request
                    .as_ref()
                    .map(Request::digest)
                    .unwrap_or_default()
            })
            .collect();
        let mut answers = Vec::with_capacity(jobs.len());
        for ((job, digest), outcome) in jobs.iter().zip(&digests).zip(&signed) {
            if let (Ok(request), Ok((response, _))) = (&job.request, outcome) {
                answers.push(Answer {
                    id: request.offer_id(),
                    request: digest,
                    response,
                });
            }
        }
        let store = &self.clinic.store;
        let kept = store.answer_all(&answers, quota.day, self.context.now());
        let mut kept = self.context.wait(kept)?.into_iter();
        Ok((signed.into_iter())
            .map(|outcome| {
                let (response, handle) = outcome?;
                Ok((kept.next().unwrap_or(response), handle))
            })
            .collect())
    }
}

fn read(scheme: &Scheme, path: &Path) -> Job {
    let name = path
        .file_name()
        .map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.chars().all(plain) {
        let name = name.chars().filter(|c| plain(*c)).collect();
        let request = Err("a request's file name has letters, digits, - _ and . only".to_owned());
        return Job { name, request };
    }
    let load = || {
        let bytes = artefact::load(&path.display().to_string(), Artefact::Request)
            .map_err(|failure| failure.message)?;
        Request::from_bytes(scheme, &bytes).map_err(|error| error.to_string())
    };
    Job {
        name,
        request: load(),
    }
}

fn parse(scheme: &Scheme, line: &str) -> Result<Request, String> {
    let bytes = qr::from_text(line.trim()).map_err(|error| error.to_string())?;
    Request::from_bytes(scheme, &bytes).map_err(|error| error.to_string())
}

/// A line of a stream; an error inside if it is too long or no text.
fn bounded_line(input: &mut impl BufRead) -> Result<Option<Result<String, String>>, Failure> {
    let mut bytes = Vec::new();
    std::io::Read::take(&mut *input, MAX_LINE).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') && u64::try_from(bytes.len()) == Ok(MAX_LINE) {
        return Err(Failure::bad(
            "a line is longer than any request; the stream is broken",
        ));
    }
    Ok(Some(
        String::from_utf8(bytes).map_err(|_| "no text".to_owned()),
    ))
}
