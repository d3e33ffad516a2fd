//! The holder: keeps passes in an encrypted wallet and shows them.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::artefact::{self, Output};
use super::bundle::local;
use super::context::{Context, Dir};
use super::files::{self, Access};
use super::ports::{KeyFiles, right_folder};
use super::report::{Failure, Report, hex};
use super::sheet;
use super::values::{self, Settings};
use veilpass::artefact::Artefact;
use veilpass::issuance::{Draw, Offer, Response};
use veilpass::presentation::{Asker, Question};
use veilpass::qr::Code;
use veilpass::scheme::{ClockError, Day, SchemeCard, UnixTime, UnverifiedVenueCard, Value};
use veilpass::text;
use veilpass_app::holder::{
    Holder, HolderError, Learned, Pass, Setup, StripVenue, StripsOrder, Synced, Unsealed,
};
use veilpass_app::ports::{Keys, names};
use veilpass_print::strips;

/// The newest holders' bundle, in the open beside the wallet.
const BUNDLE: &str = "holders.vp";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a wallet in a new folder.
    ///
    /// Example: veilpass holder init --dir wallet --scheme scheme.vp --bundle holders.vp
    Init(Init),
    /// Answer an issuer's offer. What you set here the issuer signs unseen.
    ///
    /// Example: veilpass holder request --dir wallet offer.png --set name="Anna K." --set employer=Agency
    /// --out request.png
    Request(Request),
    /// Show the code that you and the issuer compare, from the picture that the issuer shows after your request.
    ///
    /// Example: veilpass holder code --dir wallet draw.png
    Code(Compare),
    /// Take the issuer's response into the wallet, after checking all of it.
    ///
    /// Example: veilpass holder receive --dir wallet response.png --label clinic
    Receive(Receive),
    /// Bring all passes up to date with a newer bundle. Fetch the whole bundle: what is fetched then tells
    /// nothing about you.
    ///
    /// Example: veilpass holder sync --dir wallet holders.vp
    Sync(Sync),
    /// List passes, what ends soon, and requests that wait for an answer.
    ///
    /// Example: veilpass holder list --dir wallet
    List(List),
    /// Answer a door's question with a fresh QR code.
    ///
    /// Example: veilpass holder present --dir wallet poster.png --out pass.png
    Present(Present),
    /// Print a sheet of paper strips, one code a day.
    ///
    /// Example: veilpass holder strips --dir wallet --policy paper --from 2021-07-01 --days 12 --out
    /// strips.pdf
    Strips(Strips),
    /// Delete a pass or a waiting request from the wallet, for ever.
    ///
    /// Example: veilpass holder forget --dir wallet clinic
    Forget(Forget),
}

#[derive(Args)]
pub(super) struct Init {
    #[command(flatten)]
    dir: Dir,
    /// The authority's scheme card.
    #[arg(long, value_name = "FILE")]
    scheme: String,
    /// The authority's holders' bundle.
    #[arg(long, value_name = "FILE")]
    bundle: String,
}

#[derive(Args)]
pub(super) struct Request {
    #[command(flatten)]
    dir: Dir,
    /// The offer: a picture, file or text.
    offer: String,
    #[command(flatten)]
    settings: Settings,
    /// What you call it.
    #[arg(long, default_value = "pass", value_parser = values::label)]
    label: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Compare {
    #[command(flatten)]
    dir: Dir,
    /// What the issuer drew: a picture, file or text.
    draw: String,
}

#[derive(Args)]
pub(super) struct Receive {
    #[command(flatten)]
    dir: Dir,
    /// The response: a picture, file or text.
    response: String,
    /// What you call the pass; the request's label if not given.
    #[arg(long, value_parser = values::label)]
    label: Option<String>,
}

#[derive(Args)]
pub(super) struct Sync {
    #[command(flatten)]
    dir: Dir,
    /// The newest holders' bundle.
    bundle: String,
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    dir: Dir,
}

#[derive(Args)]
pub(super) struct Present {
    #[command(flatten)]
    dir: Dir,
    /// The question: a picture, file or text.
    question: String,
    /// Which pass; the first that can answer if not given.
    #[arg(long, value_name = "LABEL")]
    pass: Option<String>,
    /// For a strip: its day. Today if not given.
    #[arg(long, value_name = "DATE")]
    day: Option<String>,
    /// Show it without asking.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Strips {
    #[command(flatten)]
    dir: Dir,
    /// The policy that the doors ask.
    #[arg(long)]
    policy: String,
    /// The venue by its name, for a policy that binds strips to one.
    #[arg(long)]
    venue: Option<String>,
    /// The card of a registered venue, in the place of its name.
    #[arg(long, value_name = "FILE", conflicts_with = "venue")]
    card: Option<String>,
    /// Which pass; the first that can answer if not given.
    #[arg(long, value_name = "LABEL")]
    pass: Option<String>,
    /// The first day.
    #[arg(long, value_name = "DATE")]
    from: String,
    /// How many days.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=60))]
    days: u16,
    /// Print them without asking.
    #[arg(long)]
    yes: bool,
    /// Where the sheet goes: .svg (one page a file) or .pdf. Can be given more than once.
    #[arg(long, value_name = "FILE", required = true)]
    out: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct Forget {
    #[command(flatten)]
    dir: Dir,
    /// What it is called.
    label: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Command {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Self::Init(init) => init.run(context),
            Self::Request(request) => request.run(context),
            Self::Code(compare) => compare.run(context),
            Self::Receive(receive) => receive.run(context),
            Self::Sync(sync) => sync.run(context),
            Self::List(list) => list.run(context),
            Self::Present(present) => present.run(context),
            Self::Strips(strips) => strips.run(context),
            Self::Forget(forget) => forget.run(context),
        }
    }
}

/// A wallet's folder, open: nobody else changes the wallet meanwhile.
struct Opened<T> {
    wallet: T,
    _lock: File,
}

/// Refuses a folder whose wallet was lost: a new one there would make its owner forget that there was another.
fn not_lost(keys: &KeyFiles<'_>, dir: &Path) -> Result<(), HolderError> {
    if dir.join(BUNDLE).exists() && !keys.has(names::WALLET) {
        return Err(HolderError::Lost(keys.called(names::WALLET)));
    }
    Ok(())
}

/// Opens the wallet; the bundle is to come.
fn unseal<'a>(context: &'a Context, dir: &Path) -> Result<Opened<Unsealed<KeyFiles<'a>>>, Failure> {
    let keys = KeyFiles::wallet(context, dir);
    not_lost(&keys, dir)?;
    right_folder(dir, "wallet.age")?;
    if !keys.has(names::WALLET) {
        return Err(HolderError::NotSetUp.into());
    }
    let lock = files::lock(dir)?;
    Ok(Opened {
        wallet: Holder::open(keys)?,
        _lock: lock,
    })
}

/// Opens the wallet with the bundle in its folder.
fn open<'a>(context: &'a Context, dir: &Path) -> Result<Opened<Holder<KeyFiles<'a>>>, Failure> {
    let Opened { wallet, _lock } = unseal(context, dir)?;
    let bundle = files::read(&dir.join(BUNDLE).display().to_string()).map_err(|failure| {
        failure.about("the bundle is missing; run `holder sync` with the newest one")
    })?;
    let opened = Opened {
        wallet: wallet.with_bundle(&bundle, &mut rand::rng())?,
        _lock,
    };
    context.in_zone(opened.wallet.scheme().zone());
    Ok(opened)
}

impl Init {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let card = artefact::load(&self.scheme, Artefact::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bundle = artefact::load(&self.bundle, Artefact::HolderBundle)?;
        let setup = Setup::new(card, &bundle, &mut rand::rng())?;
        let dir = &self.dir.dir;
        files::make_folder(dir)?;
        let _lock = files::lock(dir)?;
        let keys = KeyFiles::wallet(context, dir);
        not_lost(&keys, dir)?;
        let created = Holder::create(&keys, setup)?;
        // The passphrase before anything is written.
        keys.choose()?;
        artefact::save(&dir.join(BUNDLE), &bundle, Access::Public)?;
        let holder = created.seal()?;
        Ok(Report::new(
            format!("a wallet for {} is ready", holder.scheme().name()),
            json!({ "scheme": hex(holder.scheme().id()), "bundle": holder.bundle_version() }),
        ))
    }
}

impl Request {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let offer = artefact::load(&self.offer, Artefact::Offer)?;
        let offer = Offer::from_bytes(&offer)?;
        let mut opened = open(context, &self.dir.dir)?;
        let holder = &mut opened.wallet;
        let values = (self.settings)
            .read(|name, text| veilpass_app::values::read(holder.scheme().schema(), name, text))?;
        let values: Vec<_> = (values.iter())
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let requested = holder.request(
            &offer,
            &values,
            &self.label,
            context.now(),
            &mut rand::rng(),
        )?;
        let shown = self.output.put(&requested.request)?;
        let mut report = Report::new(
            "show this request to the issuer; then scan what the issuer shows, with `holder code`",
            json!({ "label": requested.label, "out": self.output.out }),
        );
        report.lines.extend(shown);
        Ok(report)
    }
}

impl Compare {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let draw = artefact::load(&self.draw, Artefact::Draw)?;
        let draw = Draw::from_bytes(&draw)?;
        let opened = open(context, &self.dir.dir)?;
        let (label, code) = opened.wallet.code(&draw)?;
        Ok(Report::new(
            format!(
                "the issuer must see the code {code} too; if it sees another one, ask for a new offer"
            ),
            json!({ "label": label, "code": code }),
        ))
    }
}

impl Receive {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let response = artefact::load(&self.response, Artefact::Response)?;
        let response = Response::from_bytes(&response)?;
        let mut opened = open(context, &self.dir.dir)?;
        let holder = &mut opened.wallet;
        let label = holder.receive(&response, self.label.as_deref(), context.now())?;
        let mut report = Report::new(
            format!("the pass is checked and in the wallet, called {label}"),
            json!({ "label": label }),
        );
        (report.lines).extend(holder.pass(&label).iter().flat_map(attributes));
        Ok(report)
    }
}

/// What the pass says, for its holder, in lines.
fn attributes(pass: &Pass<'_>) -> Vec<String> {
    let attributes = pass.attributes.iter();
    attributes
        .map(|attribute| {
            let shown = match attribute.value {
                Value::Date(Day::NEVER) if attribute.is_end => {
                    veilpass_app::values::NONE.to_owned()
                }
                other => values::show(other),
            };
            format!("  {}: {shown}", attribute.name)
        })
        .collect()
}

impl Sync {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let bundle = artefact::load(&self.bundle, Artefact::HolderBundle)?;
        let dir = &self.dir.dir;
        let opened = unseal(context, dir)?;
        let updated = (opened.wallet).update(&bundle, context, &mut rand::rng())?;
        artefact::save(&dir.join(BUNDLE), &bundle, Access::Public)?;
        let passes = updated.passes().to_vec();
        let version = updated.seal()?.bundle_version();
        let json: Vec<Json> = (passes.iter())
            .map(|Synced { label, outcome }| {
                let why = outcome.as_ref().err().map(ToString::to_string);
                json!({ "label": label, "good": outcome.is_ok(), "why": why })
            })
            .collect();
        let mut report = Report::new(
            format!("the wallet has bundle {version}"),
            json!({ "bundle": version, "passes": json }),
        );
        for Synced { label, outcome } in &passes {
            report = report.line(match outcome {
                Ok(()) => format!("  {label}: up to date"),
                Err(error) => format!("  {label}: {error}"),
            });
        }
        let failed = |pass: &Synced| pass.outcome.is_err();
        report.refused = !passes.is_empty() && passes.iter().all(failed);
        Ok(report)
    }
}

/// From so many days before its end on a pass is said to end soon.
const SOON: i32 = 14;

/// What there is to say of the end of a pass: nothing while it is far away.
fn reminder(last: Day, today: Day) -> Option<String> {
    let left = last.0.checked_sub(today.0)?;
    let word = match left {
        ..0 => "is over; ask the issuer for a new pass".to_owned(),
        0 => "ends today; ask the issuer for a new pass".to_owned(),
        1 => "ends tomorrow; ask the issuer for a new pass".to_owned(),
        2..=SOON => format!("ends in {left} days; ask the issuer for a new pass"),
        _ => return None,
    };
    Some(word)
}

/// A pass in lines, with what ends soon, and the same for programs.
fn listed(pass: &Pass<'_>, today: Option<Day>) -> (Vec<String>, Json) {
    let (mut lines, mut soon) = (vec![format!("{}:", pass.label)], Vec::new());
    lines.extend(attributes(pass));
    let mut values = serde_json::Map::new();
    for attribute in &pass.attributes {
        values.insert(
            attribute.name.to_owned(),
            values::show(attribute.value).into(),
        );
        let end = match attribute.value {
            Value::Date(day) if attribute.is_end && *day != Day::NEVER => Some(*day),
            _ => None,
        };
        let word = end.zip(today);
        if let Some(word) = word.and_then(|(end, today)| reminder(end, today)) {
            lines.push(format!("  NOTE {} {word}", attribute.name));
            soon.push(json!({ "attribute": attribute.name, "note": word }));
        }
    }
    let problem = pass.stands.as_ref().err().map(ToString::to_string);
    lines.extend(problem.iter().map(|why| format!("  NOTE {why}")));
    let json = json!({
        "label": pass.label, "attributes": values, "ends_soon": soon, "problem": problem,
    });
    (lines, json)
}

impl List {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let opened = open(context, &self.dir.dir)?;
        let holder = &opened.wallet;
        let (zone, now) = (
            holder.scheme().zone(),
            UnixTime::from_seconds(context.now()),
        );
        let (today, bundle) = (zone.day_of(now), holder.bundle());
        let passes: Vec<_> = holder.passes().collect();
        let pending: Vec<_> = holder.pending().collect();
        let until = local(bundle.expires(), zone);
        let mut report = Report::new(
            format!(
                "{} (bundle {}, good until {until}): {}, {} waiting",
                holder.scheme().name(),
                bundle.version(),
                values::counted(passes.len(), "pass", "passes"),
                values::counted(pending.len(), "request", "requests")
            ),
            json!({ "bundle": bundle.version(), "bundle_until": until }),
        );
        match bundle.check_clock(now) {
            Ok(()) => {}
            Err(ClockError::BeforeBundle) => {
                report = report.line("NOTE the clock is earlier than the bundle: set the clock");
            }
            Err(_) => {
                report = report
                    .line("NOTE the bundle is out of date: `holder sync` with the newest one");
            }
        }
        let mut all = Vec::new();
        for pass in &passes {
            let (lines, json) = listed(pass, today);
            report.lines.extend(lines);
            all.push(json);
        }
        let mut waiting = Vec::new();
        for one in &pending {
            let until = local(one.until, zone);
            report = report.line(match now < one.until {
                true => format!(
                    "{}: waits for the issuer's response; the offer is good until {until}",
                    one.label
                ),
                false => format!(
                    "{}: its offer ended {until}; kept until {} in case an answer was made in time",
                    one.label,
                    local(one.kept_until, zone)
                ),
            });
            waiting.push(json!({ "label": one.label, "until": until }));
        }
        Ok(report.field("passes", all).field("pending", waiting))
    }
}

/// A value that was shown to a door, as its holder reads it.
fn told((name, value): &(String, Value)) -> String {
    format!("  it shows {name}: {}", values::spelled(value))
}

/// Values that doors see, for programs.
fn disclosed_json(disclosed: &[(String, Value)]) -> Json {
    let values = disclosed.iter();
    values
        .map(|(name, value)| json!({ "attribute": name, "value": values::show(value) }))
        .collect()
}

/// Who asks, and whether anybody vouches for the name.
fn vouched(asker: Asker<'_>) -> String {
    let name = asker.name();
    match asker {
        Asker::Registered(_) => format!("{name}: the authority vouches for this name"),
        Asker::Unregistered(_) => format!("it calls itself {name}: nobody vouches for this name"),
    }
}

/// What an answer tells the door, in words.
fn in_words(learned: &[Learned], disclosed: &[(String, Value)]) -> String {
    let value = |name: &String| {
        let mut named = disclosed.iter().filter(|(of, _)| of == name);
        named.next().map(|(_, value)| values::spelled(value))
    };
    let parts: Vec<_> = (learned.iter())
        .map(|one| match one {
            Learned::NotPassed(name) => format!("that `{name}` has not passed"),
            Learned::HasCome(name) => format!("that `{name}` has come"),
            Learned::AtLeast(years) => format!("that you are at least {years}"),
            Learned::Value(name) => match value(name) {
                Some(value) => format!("your `{name}`: {value}"),
                None => format!("your `{name}`"),
            },
            Learned::SameHolder => "that it is you again, if you come back today".to_owned(),
            _ => "something that this program does not know".to_owned(),
        })
        .collect();
    parts.join(", ")
}

impl Present {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let ask = artefact::load(&self.question, Artefact::Question)?;
        let ask = Question::from_bytes(&ask)?;
        let opened = open(context, &self.dir.dir)?;
        let holder = &opened.wallet;
        let learned = holder.learned_by(&ask)?;
        let policy = holder.policy_of(&ask).unwrap_or_default();
        let day = self.day.as_deref().map(values::day).transpose()?;
        let now = context.now();
        let asker = holder.asker(&ask, now)?;
        // Made first and shown after: the question names what this very answer tells.
        let answer = holder.answer(&ask, self.pass.as_deref(), day, now, &mut rand::rng())?;
        context.confirm(
            &format!(
                "{}. It asks “{}” and will learn {}. Show {}?",
                vouched(asker),
                policy,
                in_words(&learned, &answer.disclosed),
                answer.label
            ),
            self.yes,
        )?;
        let (label, payload) = (&answer.label, answer.presentation.as_bytes());
        let printed = self.output.put(payload)?;
        let version = Code::new(payload)?.version();
        let bytes = payload.len();
        let mut report = Report::new(
            format!(
                "{label}, for {} only: {bytes} bytes, QR version {version}",
                ask.audience
            ),
            json!({
                "pass": label, "audience": ask.audience, "policy": policy,
                "registered": matches!(asker, Asker::Registered(_)),
                "disclosed": disclosed_json(&answer.disclosed), "payload_bytes": bytes, "qr_version": version, "out": self.output.out,
            }),
        );
        let told = answer.disclosed.iter().map(told);
        report = report.line(vouched(asker));
        report.lines.extend(told);
        report.lines.extend(printed);
        Ok(report)
    }
}

impl Strips {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        sheet::check(&self.out)?;
        let opened = open(context, &self.dir.dir)?;
        let holder = &opened.wallet;
        let card = (self.card.as_deref())
            .map(|card| {
                let card = artefact::load(card, Artefact::VenueCard)?;
                Ok::<_, Failure>(UnverifiedVenueCard::from_bytes(&card)?)
            })
            .transpose()?;
        // A person typed the name.
        let name = self.venue.as_deref().map(|name| text::typed(name.trim()));
        let named = name.as_deref().map(StripVenue::Named);
        let order = StripsOrder {
            policy: &self.policy,
            venue: (card.as_ref()).map(StripVenue::Registered).or(named),
            pass: self.pass.as_deref(),
            first: values::day(&self.from)?,
            days: self.days,
        };
        let made = holder.strips(&order, context.now(), &context.bar(), &mut rand::rng())?;
        let told: Vec<_> = made.disclosed.iter().map(told).collect();
        let shown = match told.is_empty() {
            true => "Each shows no attribute.".to_owned(),
            false => format!("Each shows whoever reads it:\n{}\n", told.join("\n")),
        };
        let question = format!(
            "{} strips of {} for {}. {shown} Print them?",
            self.days, made.label, made.audience
        );
        context.confirm(&question, self.yes)?;
        let strips = (made.strips.iter())
            .map(|(day, pass)| strips::Strip::new(pass.as_bytes(), *day))
            .collect::<Result<Vec<_>, _>>()?;
        let (scheme, audience) = (holder.scheme().name(), &made.audience);
        let title = format!("{scheme}: {} ({audience})", self.policy);
        let written = sheet::write(&strips::pages(&title, &strips), &self.out, Access::Private)?;
        let mut report = Report::new(
            format!(
                "{} strips of {}, each for its own day; print at 100 %, keep them like a key",
                self.days, made.label
            ),
            json!({
                "pass": made.label, "days": self.days, "from": self.from, "out": written,
                "disclosed": disclosed_json(&made.disclosed),
            }),
        );
        report.lines.extend(told);
        Ok(report)
    }
}

impl Forget {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut opened = open(context, &self.dir.dir)?;
        let holder = &mut opened.wallet;
        holder.find(&self.label)?;
        context.confirm(&format!("Delete {} for ever?", self.label), self.yes)?;
        holder.forget(&self.label)?;
        Ok(Report::new(
            format!("{} is forgotten", self.label),
            json!({ "forgotten": self.label }),
        ))
    }
}
