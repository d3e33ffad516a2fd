//! Whether a record goes on after the end of a line: in CSV within quotation marks (RFC 4180), in JSON within braces.

use super::Why;

/// How far a record was read.
pub(super) enum Open {
    /// CSV with this delimiter.
    Csv { delimiter: u8, at: At },
    /// JSON.
    Json {
        depth: i64,
        in_text: bool,
        escaped: bool,
    },
}

/// Where in a record of CSV one is, as the csv crate reads it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// At the beginning of a field: only there a quotation mark opens something.
    Start,
    /// In a field without quotation marks, in which they are letters like others.
    Plain,
    /// In a quoted field.
    Quoted,
    /// After a quotation mark in a quoted field: its end, or the first of two.
    Quote,
}

impl Open {
    pub(super) fn csv(delimiter: u8) -> Self {
        let at = At::Start;
        Self::Csv { delimiter, at }
    }

    pub(super) fn json() -> Self {
        Self::Json {
            depth: 0,
            in_text: false,
            escaped: false,
        }
    }

    /// A record begins.
    pub(super) fn begin(&mut self) {
        *self = match self {
            Self::Csv { delimiter, .. } => Self::csv(*delimiter),
            Self::Json { .. } => Self::json(),
        };
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match self {
                Self::Csv { delimiter, at } => {
                    *at = match (*at, byte) {
                        (At::Start, b'"') | (At::Quote, b'"') => At::Quoted,
                        (At::Quoted, b'"') => At::Quote,
                        (At::Quoted, _) => At::Quoted,
                        (_, byte) if byte == *delimiter => At::Start,
                        _ => At::Plain,
                    }
                }
                Self::Json {
                    depth,
                    in_text,
                    escaped,
                } => match byte {
                    _ if *escaped => *escaped = false,
                    b'\\' if *in_text => *escaped = true,
                    b'"' => *in_text = !*in_text,
                    b'{' | b'[' if !*in_text => *depth += 1,
                    b'}' | b']' if !*in_text => *depth -= 1,
                    _ => {}
                },
            }
        }
    }

    /// Whether the record goes on in the next line.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Csv { at, .. } => *at == At::Quoted,
            Self::Json { depth, in_text, .. } => *depth > 0 && !in_text,
        }
    }

    /// What is wrong with a record that does not end.
    pub(super) fn unclosed(&self) -> Why {
        match self {
            Self::Csv { .. } => Why::QuoteOpen,
            Self::Json { .. } => Why::NotJson,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The csv crate takes a record to be open exactly if one more line becomes part of it.
        #[test]
        fn a_record_is_open_where_the_csv_crate_reads_on(text in "[a;\"\n ]{0,12}") {
            let mut open = Open::csv(b';');
            open.take(text.as_bytes());
            let records = |text: &str| {
                let mut reader = csv::ReaderBuilder::new();
                let reader = reader.has_headers(false).flexible(true).delimiter(b';');
                let reader = reader.terminator(csv::Terminator::Any(b'\0')).from_reader(text.as_bytes());
                reader.into_records().count()
            };
            let joined = format!("x{text}");
            let mut plain = Open::csv(b';');
            plain.take(joined.as_bytes());
            for (text, open) in [(format!("\"\";{text}"), open), (joined, plain)] {
                prop_assert_eq!(records(&format!("{text}\0y")) == 1, open.is_open(), "{}", text);
            }
        }
    }
}
