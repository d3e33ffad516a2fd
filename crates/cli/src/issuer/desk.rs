//! The desk at a terminal, with a scanner that types what it reads.
//!
//! What a guest brings is text and never the name of a file: a code could hold any. Files are named by arguments only
//! (`issuer offer --evidence FILE`, `issuer issue FILE`).

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::open;
use super::scanner::Scanner;
use crate::artefact;
use crate::context::{Context, Dir};
use crate::evidence::{self, Basis};
use crate::files::{self, Access};
use crate::language::Lang;
use crate::ports::KeyFiles;
use crate::public::{self, check_private};
use crate::report::{Failure, Report, hex};
use crate::values::show;
use veilpass::qr::{self, Code};
use veilpass::scheme::{UnixTime, Value};
use veilpass_app::issuer::IssuerError;
use veilpass_app::issuer::answer::Issued;
use veilpass_app::issuer::desk::{self, Input, Prompt, Reply, Scanned, Shown};
use veilpass_app::issuer::evidence::Judged;
use veilpass_evidence::Evidence;
use veilpass_sqlite::SqliteIssuer;
use veilpass_words::evidence as words;

/// So often a question is asked again that was answered with neither yes nor no.
const TRIES: u8 = 3;

#[derive(Args)]
pub(crate) struct Desk {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    basis: Basis,
    #[command(flatten)]
    lang: Lang,
    /// How long a guest may take to answer an offer.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
    /// Keep the code that is to be scanned in this picture, for a screen that faces the guest.
    #[arg(long, value_name = "FILE.png")]
    screen: Option<PathBuf>,
    /// Write each pass's handle to this file, a line each: with it the pass can be revoked.
    #[arg(long, value_name = "FILE")]
    handles_out: Option<PathBuf>,
}

/// The terminal that a desk is at.
struct Terminal<'a> {
    args: &'a Desk,
    context: &'a Context,
    scanner: Scanner,
    /// Lines of the file of handles.
    handles: Vec<String>,
    /// What the last evidence is called in messages.
    brought: String,
    /// The date of the file of handles.
    moment: UnixTime,
}

impl Desk {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        (self.screen.as_deref()).map_or(Ok(()), public::check_target)?;
        (self.handles_out.as_deref()).map_or(Ok(()), check_private)?;
        let issuer = open(context, &self.dir.dir)?;
        let judge = self.basis.judge(context, issuer.card())?;
        let moment = issuer.dated(context.time());
        let keys = KeyFiles::issuer(context, &self.dir.dir);
        let patience = i64::from(self.minutes) * 60;
        let opened = desk::Desk::open(issuer, &keys, judge, patience, context.now());
        let mut desk = context.wait(opened)?;
        let mut terminal = Terminal {
            args: self,
            context,
            scanner: Scanner::open(),
            handles: Vec::new(),
            brought: String::new(),
            moment,
        };
        while desk.prompt() != Prompt::Closed {
            terminal.turn(&mut desk)?;
        }
        terminal.clear_screen();
        let (served, left) = (desk.served(), desk.left());
        Ok(Report::new(
            format!("the desk is closed: {served} served, {left} left without a pass"),
            json!({ "served": served, "left": left }),
        ))
    }
}

impl Terminal<'_> {
    /// Asks what the desk asks for, and shows what it shows then.
    fn turn(&mut self, desk: &mut desk::Desk<SqliteIssuer>) -> Result<(), Failure> {
        let prompt = desk.prompt();
        if prompt == Prompt::Evidence {
            self.clear_screen();
        }
        let shown = self.input(&prompt).and_then(|input| {
            let mut rng = rand::rng();
            let next = desk.next(input, self.context.now(), &mut rng);
            let Reply { shown, .. } = self.context.wait(next);
            shown
                .into_iter()
                .try_for_each(|shown| self.show(desk, shown))
        });
        let Err(failure) = shown else {
            return Ok(());
        };
        // One guest's trouble does not close the desk; what is no request is scanned again.
        if prompt != Prompt::Request || desk.prompt() != Prompt::Request {
            self.context.wait(desk.leave(self.context.now()))?;
        }
        self.refuse(&failure)
    }

    fn say(&self, line: &str, json: Json) -> Result<(), Failure> {
        self.context.print(&Report::new(line, json))
    }

    fn refuse(&self, failure: &Failure) -> Result<(), Failure> {
        self.say(&failure.message, json!({ "error": failure.message }))
    }

    fn input(&mut self, prompt: &Prompt) -> Result<Input, Failure> {
        Ok(match prompt {
            Prompt::Evidence => {
                match self.scan(
                    "Scan a certificate or a letter (Enter: close the desk)",
                    "evidence",
                )? {
                    Some(line) => {
                        self.brought.clone_from(&line);
                        Input::Evidence(Scanned::Code(line))
                    }
                    None => Input::Nothing,
                }
            }
            Prompt::Theirs => self.agrees("Is it theirs, by their own papers?", "letter")?,
            Prompt::Person => self.agrees(
                "Is this the person before you, by their own papers?",
                "person",
            )?,
            Prompt::Attribute(name) => Input::Text(self.typed(name)?),
            Prompt::Request => {
                match self.scan("Scan the guest's request (Enter: they leave)", "request")? {
                    Some(line) => Input::Request(request(&line)?),
                    None => Input::Nothing,
                }
            }
            Prompt::Code(code) => {
                self.agrees(&format!("Does the guest's wallet show {code}?"), "code")?
            }
            Prompt::Received => {
                self.scan("Enter when the wallet has it", "done")?;
                Input::Nothing
            }
            Prompt::Closed => Input::Nothing,
        })
    }

    /// A line that was scanned or typed; `None` if it is empty, and at the end of the day.
    fn scan(&self, question: &str, ask: &str) -> Result<Option<String>, Failure> {
        self.scanner.forget();
        self.say(question, json!({ "ask": ask, "text": question }))?;
        Ok(self.scanner.scanned().filter(|line| !line.is_empty()))
    }

    /// What a person typed.
    fn hear(&self, question: &str, ask: &str) -> Result<Option<String>, Failure> {
        self.scanner.forget();
        self.say(question, json!({ "ask": ask, "text": question }))?;
        Ok(self.scanner.answered())
    }

    /// What the clerk typed: they look at it again, since a code that was scanned could have typed it.
    fn typed(&self, name: &str) -> Result<String, Failure> {
        let mut given = self.hear(&format!("{name}:"), name)?.unwrap_or_default();
        let shown = |given: &str| show(&Value::Text(given.to_owned()));
        while !given.is_empty()
            && !self.says_yes(&format!("{name}: {}. Is it so?", shown(&given)), "typed")?
        {
            given = match self.hear(&format!("{name}:"), name)? {
                Some(again) => again,
                None => return Ok(String::new()),
            };
        }
        Ok(given)
    }

    fn agrees(&self, question: &str, ask: &str) -> Result<Input, Failure> {
        self.says_yes(question, ask).map(Input::Answer)
    }

    /// Whether the clerk says yes. A scanner types like a person, so a plain `y` could come from a code that a guest holds
    /// before it: yes is a number that was drawn for this question and that no code made earlier knows. What is neither
    /// yes nor no answers nothing, a few times.
    fn says_yes(&self, question: &str, ask: &str) -> Result<bool, Failure> {
        for _ in 0..TRIES {
            let yes = rand::random_range(100..1000_u32).to_string();
            let asked = format!("{question} [{yes}: yes, Enter: no]");
            self.scanner.forget();
            self.say(&asked, json!({ "ask": ask, "text": asked, "yes": yes }))?;
            match self.scanner.answered().as_deref() {
                Some(answer) if answer == yes => return Ok(true),
                None | Some("" | "n" | "N" | "no") => return Ok(false),
                Some(_) => {}
            }
        }
        Ok(false)
    }

    fn show(&mut self, desk: &desk::Desk<SqliteIssuer>, shown: Shown) -> Result<(), Failure> {
        match shown {
            Shown::Claim(values) => {
                let stated = desk.stated(&values).into_iter();
                let stated: Vec<_> = stated
                    .map(|(name, value)| format!("  {name}: {value}"))
                    .collect();
                let stated = stated.join("\n");
                self.say(&format!("A letter:\n{stated}"), json!({ "stated": stated }))
            }
            Shown::Certificate(judged) => self.show_certificate(&judged),
            Shown::Offer(bytes) => self.show_code("Let the guest scan this offer", "offer", &bytes),
            Shown::Draw(bytes) => self.show_code(
                "Let the guest scan this: their wallet shows a code then",
                "draw",
                &bytes,
            ),
            Shown::Response(issued) => self.show_response(&issued),
            Shown::Refused(error) => self.refuse(&self.explained(error)),
        }
    }

    /// A refusal in the words of a terminal.
    fn explained(&self, error: IssuerError) -> Failure {
        let hint = match &error {
            IssuerError::NoRules => " without --rules",
            _ => "",
        };
        let mut failure = evidence::refused(error, &self.brought, self.args.lang.lang);
        failure.message.push_str(hint);
        failure
    }

    fn show_certificate(&self, judged: &Judged) -> Result<(), Failure> {
        let evidence = judged.evidence();
        let name = show(&Value::Text(name_of(evidence)));
        let born = evidence.birth.given();
        let line = format!(
            "{name}, born {born}: {}\n{}",
            words::stated(self.args.lang.lang, evidence),
            words::granted(self.args.lang.lang, judged.granted()).join("\n")
        );
        self.say(
            &line,
            json!({ "name": name, "born": born, "granted": judged.granted() }),
        )
    }

    fn show_response(&mut self, issued: &Issued) -> Result<(), Failure> {
        let words = "Let the guest scan this response";
        self.show_code(words, "response", &issued.response)?;
        let Some(handle) = issued.handle.map(|handle| hex(&handle)) else {
            let line = "renewed: the pass keeps the handle that it had";
            return self.say(line, json!({ "handle": null }));
        };
        let line = format!("handle {handle} (to revoke this pass later)");
        self.say(&line, json!({ "handle": handle }))?;
        let Some(path) = &self.args.handles_out else {
            return Ok(());
        };
        // In no order that tells whose is which.
        self.handles.push(format!("{handle}\n"));
        self.handles.sort_unstable();
        let (all, moment) = (self.handles.concat(), self.moment);
        files::write_dated(path, all.as_bytes(), Access::Private, moment)
    }

    fn show_code(&self, words: &str, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let code = Code::new(bytes)?;
        if let Some(path) = &self.args.screen {
            files::write(path, &code.png(6)?, Access::Private)?;
        }
        let line = format!("{}\n{words}", code.terminal());
        self.say(&line, json!({ name: qr::to_text(bytes) }))
    }

    /// Nothing of the last guest stays on the screen.
    fn clear_screen(&self) {
        if let Some(path) = &self.args.screen {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The bytes of the request whose text was scanned.
fn request(line: &str) -> Result<Vec<u8>, Failure> {
    artefact::request_in(qr::from_text(line)?, "the code")
}

fn name_of(evidence: &Evidence) -> String {
    let name = &evidence.name;
    let standard = match (&name.given_standard, &name.family_standard) {
        (Some(given), Some(family)) => format!(" ({given} {family})"),
        _ => String::new(),
    };
    format!("{} {}{standard}", name.given, name.family)
}
