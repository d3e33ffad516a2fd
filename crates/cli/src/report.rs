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
    /// Whether its lines are a TOML file, in which anything else is a comment.
    pub(crate) is_toml: bool,
}

impl Report {
    pub(crate) fn new(line: impl Into<String>, json: Value) -> Self {
        Self {
            lines: vec![line.into()],
            json,
            ..Self::default()
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

    /// Whether nothing is left to say.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.json.is_null()
    }

    /// The same; what is refused says so to programs as a [`Failure`] does, with what else there is beside it.
    #[must_use]
    pub(crate) fn finished(mut self) -> Self {
        if let (true, Some(object)) = (self.refused, self.json.as_object_mut()) {
            let error = self.lines.first().map_or("", |line| line.trim());
            object.entry("error").or_insert_with(|| error.into());
            object.insert("exit".to_owned(), 1.into());
        }
        self
    }

    pub(crate) fn exit(&self) -> ExitCode {
        ExitCode::from(u8::from(self.refused))
    }
}

/// Why a command did nothing; as text, its message.
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

    /// A role's no, of the kind that it says it is.
    pub(crate) fn of(error: impl Classified) -> Self {
        match error.class() {
            Class::Refused => Self::refused(error),
            Class::Bad => Self::bad(error),
        }
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

impl Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// Errors that say which kind of no they are.
macro_rules! classified {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::of(error)
            }
        }
    )*};
}

/// Errors that do not say it: by themselves they mean bad input, or a place that fails.
macro_rules! bad {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::bad(error)
            }
        }
    )*};
}

classified!(
    veilpass_app::approval::ApprovalError,
    veilpass_app::authority::AuthorityRoleError,
    veilpass_app::authority::SchemeFileError,
    veilpass_app::holder::HolderError,
    veilpass_app::issuer::IssuerError,
    veilpass_app::issuer::NotReady,
    veilpass_app::log::NotWhole,
    veilpass_app::ports::KeyError,
    veilpass_app::ports::NobodyToAsk,
    veilpass_app::store::StoreError,
    veilpass_app::verifier::VerifierError,
);

// The library's ...
bad!(
    veilpass::AuthorityError,
    veilpass::DecodeError,
    veilpass::Error,
    veilpass::issuance::ClaimError,
    veilpass::issuance::IssueError,
    veilpass::issuance::OfferError,
    veilpass::issuance::ReceiveError,
    veilpass::issuance::RequestError,
    veilpass::presentation::DoorError,
    veilpass::presentation::PresentError,
    veilpass::qr::QrError,
    veilpass_reader::ReadError,
    veilpass::registry::RegistryError,
    veilpass::registry::WitnessError,
    veilpass::scheme::BundleError,
    veilpass_app::issuer::Implausible,
    veilpass_app::values::ValueError,
);
// ... those of what stands beside it ...
bad!(
    veilpass_evidence::JwkError,
    veilpass_evidence::register::MapError,
    veilpass_evidence::rules::RulesError,
    veilpass_print::sheet::SheetError,
);
// ... and other people's.
bad!(
    csv::Error,
    jiff::Error,
    serde_json::Error,
    std::fmt::Error,
    std::io::Error,
    std::num::TryFromIntError,
    toml::ser::Error,
);

pub(crate) use veilpass::text::{deceives, hex};

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
