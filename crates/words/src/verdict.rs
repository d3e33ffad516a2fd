//! What a door says to its staff: in, or not and who must do what.

use veilpass::presentation::Reason;

use crate::catalogue::say;
use crate::language::Language;
use crate::message::Message;

/// The colour of an accepted pass.
#[must_use]
pub fn green_label(language: Language) -> String {
    say(language, Message::GreenLabel {})
}

/// What to do with whoever showed an accepted pass.
#[must_use]
pub fn green(language: Language) -> String {
    say(language, Message::Green {})
}

/// One disclosed attribute, and what to do with it.
#[must_use]
pub fn compare(language: Language, name: &str, value: &str) -> String {
    let (name, value) = (name.into(), value.into());
    say(language, Message::Compare { name, value })
}

/// The colour of a refused pass.
#[must_use]
pub fn red_label(language: Language) -> String {
    say(language, Message::RedLabel {})
}

/// Why a pass was refused, and who can do what. In English it is what the reason says itself.
#[must_use]
pub fn refused(language: Language, reason: Reason) -> String {
    say(language, Message::Refused(reason))
}

/// What was shown could not be read as a pass.
#[must_use]
pub fn unread(language: Language) -> String {
    say(language, Message::Unread {})
}

/// How many passes were accepted and refused.
#[must_use]
pub fn sum(language: Language, green: u32, red: u32) -> String {
    let (green, red) = (green.into(), red.into());
    say(language, Message::Sum { green, red })
}
