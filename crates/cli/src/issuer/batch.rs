//! Answering many requests: of a folder, or of a stream, a few hundred at a time.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use serde_json::json;

use super::issue::Issue;
use super::open;
use crate::artefact;
use crate::context::Context;
use crate::files::{self, Access};
use crate::ports::KeyFiles;
use crate::public::not_public;
use crate::report::{Failure, Report, hex};
use veilpass::qr;
use veilpass::scheme::{IssuerKey, Scheme, UnixTime};
use veilpass_app::issuer::answer::{AT_ONCE, Issued};
use veilpass_app::issuer::{AnyRequest, Issuer, open_key};
use veilpass_sqlite::SqliteIssuer;

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
struct Named<T> {
    /// What the request is called.
    name: String,
    /// What there is of it, or why not.
    it: Result<T, String>,
}

/// A batch that is being answered.
struct Answering<'a> {
    context: &'a Context,
    issuer: &'a Issuer<SqliteIssuer>,
    key: IssuerKey,
    answered: usize,
    refused: Vec<String>,
    /// A line for each answered request: the handle and the request's name.
    handles: Vec<String>,
}

impl Batch {
    pub(super) fn run(&self, context: &Context, issue: &Issue) -> Result<Report, Failure> {
        let issuer = open(context, &issue.dir.dir)?;
        let mut answering = Answering {
            context,
            key: open_key(&KeyFiles::issuer(context, &issue.dir.dir))?,
            issuer: &issuer,
            answered: 0,
            refused: Vec::new(),
            handles: Vec::new(),
        };
        let folder = self.batch.as_deref().unwrap_or(Path::new("."));
        match (folder == Path::new("-"), &self.to) {
            (true, None) => answering.stream()?,
            (false, Some(to)) => answering.folder(folder, to)?,
            (true, Some(_)) => {
                return Err(Failure::bad(
                    "a stream is answered on standard output; leave out --to",
                ));
            }
            (false, None) => return Err(Failure::bad("say with --to where the responses go")),
        }
        let moment = answering.moment();
        let Answering {
            answered,
            refused,
            handles,
            ..
        } = answering;
        if let Some(path) = &issue.handle_out {
            files::write_dated(path, handles.concat().as_bytes(), Access::Private, moment)?;
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

impl Answering<'_> {
    /// The date of files that belong to passes which are issued now.
    fn moment(&self) -> UnixTime {
        let now = self.context.time();
        self.issuer.dated(now)
    }

    fn folder(&mut self, from: &Path, to: &Path) -> Result<(), Failure> {
        let mut paths = Vec::new();
        for entry in files::list(from)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                paths.push(entry.path());
            }
        }
        paths.sort();
        not_public(to, None)?;
        files::make_public_folder(to)?;
        let bar = self
            .context
            .progress(u64::try_from(paths.len()).unwrap_or(0), "requests");
        for some in paths.chunks(AT_ONCE) {
            let scheme = self.issuer.scheme();
            let requests = some.par_iter().map(|path| read(scheme, path)).collect();
            for Named { name, it } in self.answer(requests)? {
                if let Ok(response) = it {
                    let path = to.join(format!("{name}.response.vp"));
                    files::write_fast(&path, &response, Access::Public, self.moment())?;
                }
            }
            bar.inc(u64::try_from(some.len()).unwrap_or(0));
        }
        bar.finish_and_clear();
        files::sync(to)
    }

    fn stream(&mut self) -> Result<(), Failure> {
        let mut input = BufReader::with_capacity(1 << 20, std::io::stdin());
        let mut number = 0usize;
        while let Some(first) = bounded_line(&mut input)? {
            // As many lines as are there already, so that nobody waits for an answer to a line that came.
            let mut lines = vec![first];
            while lines.len() < AT_ONCE
                && input.buffer().contains(&b'\n')
                && let Some(line) = bounded_line(&mut input)?
            {
                lines.push(line);
            }
            let scheme = self.issuer.scheme();
            let requests: Vec<_> = (lines.into_par_iter().enumerate())
                .map(|(place, line)| Named {
                    name: format!("line {}", number + place + 1),
                    it: line.and_then(|line| parse(scheme, &line)),
                })
                .collect();
            number += requests.len();
            let mut out = std::io::stdout().lock();
            for Named { it, .. } in self.answer(requests)? {
                match it {
                    Ok(response) => writeln!(out, "{}", qr::to_text(&response))?,
                    Err(why) => writeln!(out, "error: {why}")?,
                }
            }
            out.flush()?;
        }
        Ok(())
    }

    /// Answers some of them: the responses, in their order.
    fn answer(&mut self, requests: Vec<Named<AnyRequest>>) -> Result<Vec<Named<Vec<u8>>>, Failure> {
        let (mut good, mut read) = (Vec::with_capacity(requests.len()), Vec::new());
        for Named { name, it } in requests {
            let it = it.map(|request| good.push(request));
            read.push(Named { name, it });
        }
        // By the clock of this moment: a stream may go on over midnight.
        let (key, now) = (&self.key, self.context.now());
        let issued = (self.issuer).answer_all(key, &good, now);
        let mut issued = self.context.wait(issued)?.into_iter();
        let answered = read.into_iter().map(|Named { name, it }| {
            let issued = it.and_then(|()| match issued.next() {
                Some(Ok(issued)) => Ok(issued),
                Some(Err(error)) => Err(error.to_string()),
                None => Err("it was not answered; try again".to_owned()),
            });
            let it = self.note(&name, issued);
            Named { name, it }
        });
        Ok(answered.collect())
    }

    /// Counts one of them.
    fn note(&mut self, name: &str, issued: Result<Issued, String>) -> Result<Vec<u8>, String> {
        match issued {
            Ok(issued) => {
                self.answered += 1;
                let handle = issued.handle.map(|handle| hex(&handle));
                (self.handles).extend(handle.map(|handle| format!("{handle} {name}\n")));
                Ok(issued.response)
            }
            Err(why) => {
                self.refused.push(format!("{name}: {why}"));
                Err(why)
            }
        }
    }
}

fn read(scheme: &Scheme, path: &Path) -> Named<AnyRequest> {
    let name = path
        .file_name()
        .map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.chars().all(plain) {
        let name = name.chars().filter(|c| plain(*c)).collect();
        let it = Err("a request's file name has letters, digits, - _ and . only".to_owned());
        return Named { name, it };
    }
    let load = || {
        let bytes = artefact::load_request(&path.display().to_string())
            .map_err(|failure| failure.message)?;
        AnyRequest::from_bytes(scheme, &bytes).map_err(|error| error.to_string())
    };
    Named { name, it: load() }
}

fn parse(scheme: &Scheme, line: &str) -> Result<AnyRequest, String> {
    let bytes = qr::from_text(line.trim()).map_err(|error| error.to_string())?;
    AnyRequest::from_bytes(scheme, &bytes).map_err(|error| error.to_string())
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
