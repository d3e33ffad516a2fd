//! Why a certificate, a row of a register, a map or a list of signers is refused; in English it is what the reason says
//! itself.

use fluent_bundle::FluentValue;
use veilpass_evidence::rules::Granted;
use veilpass_evidence::words::{Arg, Said};
use veilpass_evidence::{Evidence, Kind};

use crate::catalogue::say;
use crate::language::Language;
use crate::message::Message;

/// A reason, with what stands in it.
#[must_use]
pub fn said(language: Language, reason: &Said) -> String {
    let value = |arg: &Arg| match arg {
        Arg::Number(number) => FluentValue::from(*number),
        Arg::Text(text) => FluentValue::from(text.clone()),
        Arg::Said(reason) => FluentValue::from(said(language, reason)),
    };
    let args = reason.args.iter().map(|(name, arg)| (*name, value(arg)));
    say(language, Message::Evidence(reason.name, args.collect()))
}

/// What rules grant, and by which of their sentences: a line each.
#[must_use]
pub fn granted(language: Language, granted: &Granted) -> Vec<String> {
    granted
        .said()
        .iter()
        .map(|line| said(language, line))
        .collect()
}

/// Of a certificate that is believed.
#[must_use]
pub fn every_step_holds(language: Language) -> String {
    say(language, Message::EveryStepHolds {})
}

/// Of one that is not.
#[must_use]
pub fn not_every_step_holds(language: Language) -> String {
    say(language, Message::NotEveryStepHolds {})
}

/// Of a bundle that can be read, and proves nothing.
#[must_use]
pub fn nobody_signed(language: Language) -> String {
    say(language, Message::NobodySigned {})
}

/// Whether a step holds.
#[must_use]
pub fn held(language: Language, holds: bool) -> String {
    match holds {
        true => say(language, Message::StepHeld {}),
        false => say(language, Message::StepFailed {}),
    }
}

/// What evidence states, in a line.
#[must_use]
pub fn stated(language: Language, evidence: &Evidence) -> String {
    let kind = match evidence.kind {
        Kind::Vaccination => "vaccination",
        Kind::Recovery => "recovery",
        _ => "test",
    };
    let or = |text: &Option<String>, none| text.clone().unwrap_or_else(|| say(language, none));
    let mut what = vec![
        or(&evidence.country, Message::NoCountry {}),
        or(&evidence.product, Message::NoProduct {}),
    ];
    what.extend(evidence.doses.map(|doses| {
        let number = doses.number.into();
        let dose = match doses.series {
            Some(series) => Message::DoseOf {
                number,
                series: series.into(),
            },
            None => Message::Dose { number },
        };
        say(language, dose)
    }));
    let stated = Message::Stated {
        kind: kind.into(),
        date: evidence.date.to_string().into(),
        what: what.join(", ").into(),
    };
    say(language, stated)
}
