//! The whole story, played with the same commands that people use, each role in a folder of its own.

mod stage;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value as Json, json};

use super::artefact;
use super::context::Context;
use super::files::{self, Access};
use super::public::make_private_folder;
use super::report::{Failure, Report};
use stage::{Answer, Play, Stage};
use veilpass::artefact::Artefact;
use veilpass::scheme::{SchemeCard, Trust, UnixTime, UnverifiedBundle};

/// Tell the whole story: every role, every artefact, and what must go wrong.
///
/// An authority, the city's portal and a closed clinic, a guest of each, two doors. Every artefact between
/// them is a picture or a file; the passes are read back from their pictures.
///
/// Exit code 0 only if everything went as it must, refusals included.
///
/// Example: veilpass demo --out demo
#[derive(Args)]
pub(super) struct Demo {
    /// Keep all folders and artefacts here, in a new folder. Otherwise all but the pass's pictures is
    /// deleted at the end.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Demo {
    pub(super) fn run(&self, context: &Context, command: Play) -> Result<Report, Failure> {
        context.needs_no_zone()?;
        if let Some(out) = &self.out {
            files::check_new_folder(out)?;
        }
        let dir = match &self.out {
            Some(out) => std::path::absolute(out)?,
            None => tempfile::tempdir()?.keep(),
        };
        make_private_folder(&dir)?;
        let mut stage = Stage {
            context,
            command,
            dir,
            now: beginning(context.now()),
            times: Vec::new(),
            surprises: Vec::new(),
        };
        let report = stage.story().map(|report| match &self.out {
            Some(out) => play_on(report, out),
            None => report,
        });
        if self.out.is_none() {
            stage.sweep();
        }
        report
    }
}

/// What opens all keys and wallets of the story.
const PASSPHRASE: &str = "a passphrase for the demonstration only";

/// How long the story takes, in seconds.
const STORY: i64 = 86_400 + 4381;

/// The same evening for both of Anna's visits, in seconds.
const EVENING: i64 = 120;

/// When the story begins: so that its last act is now, and its folders can be used at once. Anna is seen twice on one
/// day, so no day begins meanwhile.
fn beginning(now: i64) -> i64 {
    let zone = veilpass::scheme::Zone::new("Europe/Moscow");
    let day = |at| {
        let day = |zone: &veilpass::scheme::Zone| zone.day_of(UnixTime::from_seconds(at));
        zone.as_ref().and_then(day)
    };
    let start = now - STORY;
    match day(start) == day(start + EVENING) {
        true => start,
        false => start - EVENING,
    }
}

/// How whoever kept the folders goes on with them.
fn play_on(report: Report, out: &Path) -> Report {
    report
        .line(format!(
            "play on: cd {}; export VEILPASS_PASSPHRASE='{PASSPHRASE}'",
            out.display()
        ))
        .line("public files: public-next")
}

impl Stage<'_> {
    fn story(&mut self) -> Result<Report, Failure> {
        files::write(
            Path::new(&self.path("passphrase.txt")),
            format!("{PASSPHRASE}\n").as_bytes(),
            Access::Private,
        )?;
        self.found()?;
        let handle = self.issue("clinic", "anna", "Anna Kuznetsova", "closed agency")?;
        self.issue("portal", "boris", "Boris Petrov", "theatre")?;
        let evening = self.evening()?;
        let revoked = self.revocation(&handle)?;
        self.challenge()?;
        let ended = self.now <= self.context.now();
        self.must(ended, "the story ends ahead of the clock");
        self.conclude(&evening, revoked)
    }

    fn found(&mut self) -> Result<(), Failure> {
        self.say("An authority founds a scheme; its public files go to everybody.");
        let public = ["--to", "@public"];
        let init = [
            "authority",
            "init",
            "--rehearsal",
            "--dir",
            "@authority",
            "--name",
            "City pass",
        ];
        self.play("found a scheme", &[&init[..], &public].concat())?;
        self.say("The city's portal and a closed clinic register, are accredited, get handles.");
        for issuer in ["portal", "clinic"] {
            let dir = format!("@{issuer}");
            let [registration, accreditation, handles] =
                ["registration", "accreditation", "handles"]
                    .map(|paper| format!("@papers-{issuer}-{paper}.vp"));
            let pins = [
                "--scheme",
                "@public/scheme.vp",
                "--bundle",
                "@public/bundle.vp",
            ];
            let init = [
                "issuer",
                "init",
                "--rehearsal",
                "--dir",
                &dir,
                "--out",
                &registration,
            ];
            self.play("found an issuer", &[&init[..], &pins].concat())?;
            let label = ["--label", issuer, "--out"];
            let accredit = [
                "authority",
                "accredit",
                "--dir",
                "@authority",
                &registration,
            ];
            self.play(
                "accredit",
                &[&accredit[..], &label, &[&accreditation]].concat(),
            )?;
            let draw = [
                "authority",
                "handles",
                "--dir",
                "@authority",
                "--count",
                "5",
            ];
            self.play("5 handles", &[&draw[..], &label, &[&handles]].concat())?;
            let import = ["issuer", "import", "--dir", &dir, &accreditation, &handles];
            self.play("import", &import)?;
        }
        self.now += 1;
        let publish = ["authority", "publish", "--dir", "@authority"];
        self.play("publish", &[&publish[..], &public].concat())?;
        Ok(())
    }

    /// A guest gets a pass: three pictures. Returns the handle, which the issuer alone saw.
    fn issue(
        &mut self,
        issuer: &str,
        guest: &str,
        name: &str,
        employer: &str,
    ) -> Result<String, Failure> {
        self.say(&format!(
            "{name} gets a pass from the {issuer}, by four pictures; the {issuer} never sees the name."
        ));
        let [offer, request, draw, response] =
            ["offer", "request", "draw", "response"].map(|step| format!("@{guest}-{step}.png"));
        let (guest, issuer) = (format!("@{guest}"), format!("@{issuer}"));
        let pins = [
            "--scheme",
            "@public/scheme.vp",
            "--bundle",
            "@public/holders.vp",
        ];
        let init = ["holder", "init", "--dir", &guest];
        self.play("make a wallet", &[&init[..], &pins].concat())?;
        let until = veilpass::scheme::Zone::new("Europe/Moscow")
            .and_then(|zone| zone.day_of(UnixTime::from_seconds(self.now + 300 * 86_400)))
            .ok_or_else(|| Failure::bad("the clock is outside the calendar; set it"))?;
        let until = format!("until={until}");
        let attributes = ["--set", &until, "--set", "until_strict=none"];
        let more = ["--set", "birth_date=1985-03-08", "--set", "id_hint=A.K."];
        let make = ["issuer", "offer", "--dir", &issuer, "--out", &offer];
        self.play("offer", &[&make[..], &attributes, &more].concat())?;
        let (name, employer) = (format!("name={name}"), format!("employer={employer}"));
        let unseen = ["--set", &name, "--set", &employer, "--out", &request];
        let ask = ["holder", "request", "--dir", &guest, &offer];
        self.play("request", &[&ask[..], &unseen].concat())?;
        let sign = ["issuer", "issue", "--dir", &issuer, &request, "--yes"];
        let shown = ["--draw-out", &draw, "--out", &response];
        let signed = self.play("issue", &[&sign[..], &shown].concat())?;
        let asked = self.play("code", &["holder", "code", "--dir", &guest, &draw])?;
        let same = asked.json.get("code") == signed.json.get("code");
        self.must(same, "the short codes of wallet and issuer differ");
        self.play(
            "receive",
            &["holder", "receive", "--dir", &guest, &response],
        )?;
        let handle = signed.json.get("handle").and_then(Json::as_str);
        Ok(handle.unwrap_or_default().to_owned())
    }

    /// A pass for a poster, as a picture.
    fn present(&mut self, guest: &str, question: &str, out: &[&str]) -> Result<Report, Failure> {
        let (guest, question) = (format!("@{guest}"), format!("@{question}"));
        let mut words = vec!["holder", "present", "--dir", &guest, &question, "--yes"];
        for path in out {
            words.extend(["--out", path]);
        }
        self.play("present", &words)
    }

    fn door(&mut self, dir: &str, venue: &str, bundle: &str) -> Result<(), Failure> {
        let dir = format!("@{dir}");
        let pins = ["--scheme", "@public/scheme.vp", "--bundle", bundle];
        let asks = ["--policy", "restaurant", "--venue", venue];
        let init = ["verifier", "init", "--rehearsal", "--dir", &dir];
        self.play("set up a door", &[&init[..], &asks, &pins].concat())?;
        Ok(())
    }

    fn evening(&mut self) -> Result<Evening, Failure> {
        self.say("Evening. A café has the bundle, a poster, and no network.");
        self.door("cafe", "Cafe Pushkin", "@public/bundle.vp")?;
        self.play(
            "poster",
            &[
                "verifier",
                "poster",
                "--dir",
                "@cafe",
                "--out",
                "@poster.png",
            ],
        )?;
        let anna = self.present("anna", "poster.png", &["@pass.png", "@pass.svg"])?;
        let accepted = self.check("cafe", "pass.png", Answer::Green)?;
        let boris = self.present("boris", "poster.png", &["@pass-of-portal.png"])?;
        self.check("cafe", "pass-of-portal.png", Answer::Green)?;
        let shape = |report: &Report| {
            ["payload_bytes", "qr_version"].map(|name| report.json.get(name).cloned())
        };
        let alike = shape(&anna) == shape(&boris);
        self.must(alike, "the two issuers' passes differ in shape");
        self.say("The two issuers' passes have the same length and shape. Anna comes back: seen.");
        self.now += 60;
        self.present("anna", "poster.png", &["@pass-again.png"])?;
        let seen = self.check("cafe", "pass-again.png", Answer::Red("SeenBefore"))?;
        self.say("A picture of a pass from ten minutes ago, at another door: too old.");
        self.door("theatre", "Bolshoi", "@public/bundle.vp")?;
        let poster = [
            "verifier",
            "poster",
            "--dir",
            "@theatre",
            "--out",
            "@poster-theatre.png",
        ];
        self.play("poster", &poster)?;
        self.present("anna", "poster-theatre.png", &["@pass-old.png"])?;
        self.now += 600;
        let old = self.check("theatre", "pass-old.png", Answer::Red("TooOld"))?;
        Ok(Evening {
            pass: anna.json,
            accepted,
            alike,
            seen,
            old,
        })
    }

    /// Whether the revoked pass is red everywhere and the other stays green.
    fn revocation(&mut self, handle: &str) -> Result<bool, Failure> {
        self.say(
            "Anna's pass is revoked. A day later, when the grace is over, hers is red at the door with the new bundle; Boris syncs.",
        );
        self.now += 3600;
        self.play(
            "revoke",
            &["authority", "revoke", "--dir", "@authority", handle],
        )?;
        let publish = [
            "authority",
            "publish",
            "--dir",
            "@authority",
            "--to",
            "@public-next",
        ];
        self.play("publish", &publish)?;
        let update = [
            "verifier",
            "update",
            "--dir",
            "@theatre",
            "@public-next/bundle.vp",
        ];
        self.play("update a door", &update)?;
        self.now += 86_400 + 120;
        self.present("anna", "poster-theatre.png", &["@pass-revoked.png"])?;
        let red = Answer::Red("EpochTooOld");
        let refused = self.check("theatre", "pass-revoked.png", red)?;
        let sync = |guest| ["holder", "sync", "--dir", guest, "@public-next/holders.vp"];
        let synced = self.play("sync", &sync("@anna"))?;
        let told = self.must(synced.refused, "a revoked pass was synced");
        self.play("sync", &sync("@boris"))?;
        self.present("boris", "poster-theatre.png", &["@pass-synced.png"])?;
        self.check("theatre", "pass-synced.png", Answer::Green)?;
        Ok(refused && told)
    }

    fn challenge(&mut self) -> Result<(), Failure> {
        self.say(
            "A gate asks each guest for an answer of their own; an answer is good once. The authority vouches for its name.",
        );
        self.play(
            "update a door",
            &[
                "verifier",
                "update",
                "--dir",
                "@cafe",
                "@public-next/bundle.vp",
            ],
        )?;
        self.door("office", "Office gate", "@public-next/bundle.vp")?;
        self.register("office")?;
        self.play(
            "ask",
            &[
                "verifier",
                "ask",
                "--dir",
                "@office",
                "--out",
                "@question.png",
            ],
        )?;
        let shown = self.present("boris", "question.png", &["@pass-challenge.png"])?;
        let vouched = shown.json.get("registered") == Some(&Json::Bool(true));
        self.must(vouched, "the wallet does not know the registered venue");
        let answer = ("question.png", "pass-challenge.png");
        self.check_answer("office", answer, Answer::Green)?;
        let again = Answer::Red("QuestionClosed");
        self.check_answer("office", answer, again)?;
        Ok(())
    }

    /// The venue of a door gets a card.
    fn register(&mut self, door: &str) -> Result<(), Failure> {
        let dir = format!("@{door}");
        let [registration, card] =
            ["registration", "card"].map(|paper| format!("@papers-{door}-{paper}.vp"));
        let register = [
            "verifier",
            "register",
            "--dir",
            &dir,
            "--out",
            &registration,
        ];
        self.play("register", &register)?;
        let grant = ["--policy", "restaurant", "--out", &card];
        let of = ["--dir", "@authority", "--public", "@public-next"];
        let make = ["authority", "register-venue", &registration];
        self.play("a venue's card", &[&make[..], &of, &grant].concat())?;
        self.play("take the card", &["verifier", "card", "--dir", &dir, &card])?;
        Ok(())
    }

    fn conclude(&mut self, evening: &Evening, revoked: bool) -> Result<Report, Failure> {
        let card = artefact::load(&self.path("public/scheme.vp"), Artefact::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bundle = artefact::load(&self.path("public/bundle.vp"), Artefact::Bundle)?;
        let bundle = UnverifiedBundle::new(&bundle).verify(&Trust::pinned(&card))?;
        let statements = bundle.statement_names("restaurant").unwrap_or_default();
        let (sizes, mut lines) = self.sizes()?;
        lines.extend(self.timetable());
        let good = self.surprises.is_empty();
        let surprises = self.surprises.clone();
        let verdict = if good {
            "everything went as it must".to_owned()
        } else {
            format!("NOT as it must: {}", surprises.join("; "))
        };
        let png = self.path("pass.png");
        let mut report = Report::new(
            "",
            json!({
                "payload_bytes": evening.pass.get("payload_bytes"),
                "qr_version": evening.pass.get("qr_version"),
                "qr_level": "L",
                "statements": statements,
                "accepted": evening.accepted,
                "issuers_look_alike": evening.alike,
                "double_entry_seen": evening.seen,
                "too_old_refused": evening.old,
                "refused_after_revocation": revoked,
                "png": png,
                "svg": self.path("pass.svg"),
                "artefacts": sizes,
                "milliseconds": self.means(),
                "surprises": surprises,
            }),
        );
        report.lines.extend(lines);
        report = report
            .line(format!("the pass proves: {}", statements.join(", ")))
            .line(format!("its picture: {png}"))
            .line(verdict);
        report.refused = !good;
        Ok(report)
    }
}

/// What the evening showed.
struct Evening {
    pass: Json,
    accepted: bool,
    alike: bool,
    seen: bool,
    old: bool,
}
