//! What a command says: to people in lines, to programs as one JSON object; and how it ends.

use std::fmt::Display;
use std::process::ExitCode;

use serde_json::{Value, json};
use veilpass_app::error::{Class, Classified};

/// The longest message that is shown, in characters.
const MAX_SHOWN: usize = 1200;

/// The result of a command that did what it was asked.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// For people.
    pub(crate) lines: Vec<String>,
    /// For programs.
    pub(crate) json: Value,
    /// Whether the answer is no: exit code 1.
    pub(crate) refused: bool,
}

impl Report {
    pub(crate) fn new(line: impl Into<String>, json: Value) -> Self {
        Self {
            lines: vec![line.into()],
            json,
            refused: false,
        }
    }

    /// One more line for people.
    #[must_use]
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// One more field for programs.
    #[must_use]
    pub(crate) fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(object) = self.json.as_object_mut() {
            object.insert(name.to_owned(), value.into());
        }
        self
    }

    pub(crate) fn exit(&self) -> ExitCode {
        ExitCode::from(u8::from(self.refused))
    }
}

/// Why a command did nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// 1: refused; 2: bad usage or bad input.
    pub(crate) exit: u8,
    pub(crate) message: String,
}

impl Failure {
    /// Somebody's no: a rule of the protocol, not a mistake of the input.
    pub(crate) fn refused(error: impl Display) -> Self {
        Self {
            exit: 1,
            message: error.to_string(),
        }
    }

    /// Bad usage or bad input.
    pub(crate) fn bad(error: impl Display) -> Self {
        Self {
            exit: 2,
            message: error.to_string(),
        }
    }

    /// The same failure, about something in particular.
    #[must_use]
    pub(crate) fn about(mut self, what: impl Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "error": self.message, "exit": self.exit })
    }

    /// For a terminal: words of a foreign file that stand in the message cannot move its cursor, hide,
    /// or fill it.
    pub(crate) fn shown(&self) -> String {
        let safe = |c: char| match c {
            '\n' => '\n',
            c if deceives(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        };
        let mut shown: String = (self.message.chars().take(MAX_SHOWN).map(safe)).collect();
        if self.message.chars().nth(MAX_SHOWN).is_some() {
            shown.push_str(" ...");
        }
        shown
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::bad(error)
    }
}

/// An error of a role, with the exit code that its class has.
pub(crate) fn classified(error: impl Classified) -> Failure {
    match error.class() {
        Class::Refused => Failure::refused(error),
        Class::Bad => Failure::bad(error),
    }
}

use veilpass::text::deceives;
pub(crate) use veilpass::text::hex;

/// 32 bytes from hexadecimal.
pub(crate) fn unhex(text: &str) -> Result<[u8; 32], Failure> {
    let wrong = || Failure::bad(format!("{text} is not 64 hexadecimal digits"));
    let digit = |c: u8| {
        char::from(c)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let pairs = text.as_bytes().chunks_exact(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect();
    bytes
        .filter(|_| text.len() == 64)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(wrong)
}
