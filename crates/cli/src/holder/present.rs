//! Answers to doors: one that is asked for now, and sheets of strips. What a door will see is said before.

use serde_json::{Value as Json, json};

use super::{Present, Strips, open};
use crate::artefact;
use crate::context::Context;
use crate::files::Access;
use crate::public::not_public;
use crate::report::{Failure, Report};
use crate::sheet;
use crate::values;
use veilpass::artefact::Artefact;
use veilpass::presentation::{Asker, Question};
use veilpass::qr::Code;
use veilpass::scheme::{UnverifiedVenueCard, Value};
use veilpass::text;
use veilpass_app::holder::{Learned, StripVenue, StripsOrder};
use veilpass_print::strips;

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
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
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
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        sheet::check(&self.out)?;
        (self.out.iter()).try_for_each(|path| not_public(path, None))?;
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
