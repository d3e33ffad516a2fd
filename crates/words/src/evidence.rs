//! Why a certificate, a row of a register, a map or a list of signers is refused; in English it is what the reason says
//! itself.

use fluent_bundle::FluentValue;
use veilpass_evidence::words::{Arg, Said};

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
