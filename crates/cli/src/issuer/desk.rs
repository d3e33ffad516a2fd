//! The desk: one guest after another at a terminal, with a scanner that types what it reads, or files named
//! as `file:NAME`.
//!
//! What a guest brings is text and never the name of a file: a code could hold any.
//!
//! What a certificate says of a guest is on the screen while they stand there, and nowhere else. What they
//! set blindly (name, employer) never comes here.

use clap::Args;
use serde_json::{Value as Json, json};

use super::clinic::Clinic;
use super::counter::Counter;
use super::issue::{Issued, answer};
use super::offer::{offer, prepare, read_claim};
use crate::artefact;
use crate::evidence::{Basis, Judge, said};
use crate::files::{self, Access};
use crate::report::{Failure, Report, hex};
use crate::values::{read_one, show};
use crate::{Context, Dir};
use veilpass::artefact::Artefact;
use veilpass::issuance::{ClaimCode, Request};
use veilpass::qr::{self, Code};
use veilpass::scheme::{IssuerKey, SetBy, Value};
use veilpass_evidence::Evidence;

#[derive(Args)]
pub(crate) struct Desk {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    basis: Basis,
    /// How long a guest may take to answer an offer.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
    /// Keep the code that is to be scanned in this picture, for a screen that faces the guest.
    #[arg(long, value_name = "FILE.png")]
    screen: Option<std::path::PathBuf>,
    /// Write each pass's handle to this file, a line each: with it the pass can be revoked.
    #[arg(long, value_name = "FILE")]
    handles_out: Option<std::path::PathBuf>,
}

/// A desk that is open.
struct Open<'a> {
    desk: &'a Desk,
    context: &'a Context,
    clinic: Clinic,
    key: IssuerKey,
    /// If certificates are taken.
    judge: Option<Judge>,
    counter: Counter,
    handles: Vec<String>,
}

/// What a certificate gives a guest.
struct Judged {
    values: Vec<(String, Value)>,
    /// What an offer rests on then.
    kind: &'static str,
}

/// What came in one line.
enum Scan {
    Text(String),
    /// A file that the clerk named.
    File(String),
}

impl Scan {
    /// The text of a code.
    fn text(&self) -> Result<String, Failure> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => read_claim(ordinary(path)?),
        }
    }

    /// What `Certificate` takes: a text that it knows as one, or a file.
    fn certificate(&self) -> Result<&str, Failure> {
        match self {
            Self::Text(text) if text.starts_with("HC1:") || text.starts_with("shc:/") => Ok(text),
            Self::Text(_) => Err(Failure::bad(
                "this is no certificate and no letter; a file is named as file:NAME",
            )),
            Self::File(path) => ordinary(path),
        }
    }

    /// What `artefact::load` takes.
    fn artefact(&self) -> Result<&str, Failure> {
        match self {
            Self::Text(text) if text.starts_with("VP1:") => Ok(text),
            Self::Text(_) => Err(Failure::bad(
                "this is no request; a file is named as file:NAME",
            )),
            Self::File(path) => ordinary(path),
        }
    }
}

fn ordinary(path: &str) -> Result<&str, Failure> {
    if std::path::Path::new(path).is_file() {
        Ok(path)
    } else {
        Err(Failure::bad(format!("{path:?} is no ordinary file")))
    }
}

/// What ends one guest's turn, or the day.
enum Turn {
    Served,
    /// The guest leaves without a pass.
    Left,
    /// Nobody else comes.
    Closed,
}

impl Desk {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        (self.screen.as_deref()).map_or(Ok(()), files::check_target)?;
        (self.handles_out.as_deref()).map_or(Ok(()), files::check_new)?;
        let clinic = Clinic::open(context, &self.dir.dir)?;
        clinic.today(context)?;
        let judge = match self.basis.asks() {
            true => Some(self.basis.judge(&clinic.card.key)?),
            false => None,
        };
        let key = clinic.ready(context, &self.dir.dir)?;
        let mut open = Open {
            desk: self,
            context,
            clinic,
            key,
            judge,
            counter: Counter::open(),
            handles: Vec::new(),
        };
        let (mut served, mut left) = (0u32, 0u32);
        loop {
            match open.guest() {
                Ok(Turn::Served) => served += 1,
                Ok(Turn::Left) => left += 1,
                Ok(Turn::Closed) => break,
                // One guest's trouble does not close the desk.
                Err(failure) => {
                    left += 1;
                    open.say(&failure.message, json!({ "error": failure.message }))?;
                }
            }
        }
        open.clear_screen();
        Ok(Report::new(
            format!("the desk is closed: {served} served, {left} left without a pass"),
            json!({ "served": served, "left": left }),
        ))
    }
}

impl Open<'_> {
    fn say(&self, line: &str, json: Json) -> Result<(), Failure> {
        self.context.print(&Report::new(line, json))
    }

    /// A line that was scanned or typed; `None` at the end of the day.
    fn scan(&self, question: &str, ask: &str) -> Result<Option<Scan>, Failure> {
        self.counter.forget();
        self.say(question, json!({ "ask": ask, "text": question }))?;
        let line = self.counter.scanned().filter(|line| !line.is_empty());
        Ok(line.map(|line| match line.strip_prefix("file:") {
            Some(path) => Scan::File(path.to_owned()),
            None => Scan::Text(line),
        }))
    }

    /// What a person typed.
    fn hear(&self, question: &str, ask: &str) -> Result<Option<String>, Failure> {
        self.counter.forget();
        self.say(question, json!({ "ask": ask, "text": question }))?;
        Ok(self.counter.answered())
    }

    fn agrees(&self, question: &str, ask: &str) -> Result<bool, Failure> {
        let answer = self.hear(&format!("{question} [y/N]"), ask)?;
        Ok(matches!(answer.as_deref(), Some("y" | "Y" | "yes")))
    }

    fn guest(&mut self) -> Result<Turn, Failure> {
        self.clear_screen();
        let question = "Scan a certificate or a letter (Enter: close the desk)";
        let Some(scanned) = self.scan(question, "evidence")? else {
            return Ok(Turn::Closed);
        };
        let expires = self.context.now() + i64::from(self.desk.minutes) * 60;
        let letter = scanned
            .text()
            .ok()
            .and_then(|text| ClaimCode::from_text(&text).ok());
        let offered = match letter {
            Some(code) => {
                let (context, clinic) = (self.context, &self.clinic);
                let prepared = prepare(context, clinic, &self.key, &code, expires)?;
                let stated = prepared.values.iter();
                let stated: Vec<_> = stated
                    .map(|(name, value)| format!("  {name}: {}", show(value)))
                    .collect();
                let stated = stated.join("\n");
                self.say(&format!("A letter:\n{stated}"), json!({ "stated": stated }))?;
                if !self.agrees("Is it theirs, by their own papers?", "letter")? {
                    return Ok(Turn::Left);
                }
                prepared.keep(context, clinic)?
            }
            None => match self.judged(&scanned)? {
                Some(Judged { values, kind }) => {
                    let rests = (kind, expires);
                    offer(self.context, &self.clinic, &self.key, &values, rests)?
                }
                None => return Ok(Turn::Left),
            },
        };
        self.show(
            "Let the guest scan this offer",
            "offer",
            &offered.to_bytes(),
        )?;
        self.request(&offered.id())
    }

    /// What a certificate gives this guest, and what it rests on; `None` if it is not theirs.
    fn judged(&self, scanned: &Scan) -> Result<Option<Judged>, Failure> {
        let judge = self.judge.as_ref().ok_or_else(|| {
            Failure::bad("this is no letter, and certificates are not taken here without --rules")
        })?;
        let today = self.clinic.today(self.context)?;
        let (evidence, given) = judge.given(scanned.certificate()?, self.context.now(), today)?;
        let name = show(&Value::Text(name_of(&evidence)));
        let born = evidence.birth.given();
        let line = format!(
            "{name}, born {born}: {}\n{}",
            said(&evidence),
            given.granted.explain().trim_end()
        );
        self.say(
            &line,
            json!({ "name": name, "born": born, "granted": given.granted }),
        )?;
        if !self.agrees(
            "Is this the person before you, by their own papers?",
            "person",
        )? {
            return Ok(None);
        }
        let mut values = Vec::new();
        given.complete(&mut values);
        self.ask_missing(&mut values)?;
        self.clinic.plausible(&values, today)?;
        Ok(Some(Judged {
            values,
            kind: given.kind,
        }))
    }

    /// Asks for what the certificate did not give.
    fn ask_missing(&self, values: &mut Vec<(String, Value)>) -> Result<(), Failure> {
        let schema = self.clinic.bundle.scheme.schema();
        for (_, attribute) in schema.set_by(SetBy::Issuer) {
            let name = &attribute.name;
            if values.iter().any(|(set, _)| set == name) {
                continue;
            }
            let given = self.hear(&format!("{name}:"), name)?.unwrap_or_default();
            values.push((name.clone(), read_one(schema, name, &given)?));
        }
        Ok(())
    }

    /// Takes the guest's request, until one fits or they leave.
    fn request(&mut self, offer: &[u8; 32]) -> Result<Turn, Failure> {
        loop {
            let question = "Scan the guest's request (Enter: they leave)";
            let Some(scanned) = self.scan(question, "request")? else {
                return Ok(Turn::Left);
            };
            match self.answer(&scanned, offer) {
                Ok(issued) => {
                    let handle = hex(&issued.handle);
                    self.show(
                        "Let the guest scan this response",
                        "response",
                        &issued.response,
                    )?;
                    let line = format!("handle {handle} (to revoke this pass later)");
                    self.say(&line, json!({ "handle": handle }))?;
                    self.keep_handle(handle)?;
                    let _ = self.scan("Enter when the wallet has it", "done")?;
                    return Ok(Turn::Served);
                }
                Err(failure) => self.say(&failure.message, json!({ "error": failure.message }))?,
            }
        }
    }

    /// Answers a request for this guest's offer, and for no other: what an offer says was checked with the
    /// guest before whom it was made.
    fn answer(&self, scanned: &Scan, offer: &[u8; 32]) -> Result<Issued, Failure> {
        let bytes = artefact::load(scanned.artefact()?, Artefact::Request)?;
        let request = Request::from_bytes(&self.clinic.bundle.scheme, &bytes)?;
        if request.offer_id() != offer {
            return Err(Failure::refused(
                "this request answers another offer; the guest must scan the one shown now",
            ));
        }
        let key = || Ok(IssuerKey::from_bytes(&*self.key.expose_bytes())?);
        answer(self.context, &self.clinic, key, &request, |code| match self
            .agrees(&format!("Does the guest's wallet show {code}?"), "code")?
        {
            true => Ok(()),
            false => Err(Failure::refused(
                "not signed: the codes differ. Offer and request were exchanged by somebody, or it is another guest's",
            )),
        })
    }

    fn keep_handle(&mut self, handle: String) -> Result<(), Failure> {
        let Some(path) = &self.desk.handles_out else {
            return Ok(());
        };
        self.handles.push(format!("{handle}\n"));
        files::write(path, self.handles.concat().as_bytes(), Access::Private)
    }

    fn show(&self, words: &str, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let code = Code::new(bytes)?;
        if let Some(path) = &self.desk.screen {
            files::write(path, &code.png(6)?, Access::Private)?;
        }
        let line = format!("{}\n{words}", code.terminal());
        self.say(&line, json!({ name: qr::to_text(bytes) }))
    }

    /// Nothing of the last guest stays on the screen.
    fn clear_screen(&self) {
        if let Some(path) = &self.desk.screen {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn name_of(evidence: &Evidence) -> String {
    let name = &evidence.name;
    let standard = match (&name.given_standard, &name.family_standard) {
        (Some(given), Some(family)) => format!(" ({given} {family})"),
        _ => String::new(),
    };
    format!("{} {}{standard}", name.given, name.family)
}
