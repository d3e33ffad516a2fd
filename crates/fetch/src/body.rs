//! A file as it comes in.

use std::io::Read;

use ureq::Body;
use ureq::http::{Response, header};

use super::error::{FetchError, in_words};

/// Bytes that are read at once.
const CHUNK: usize = 1 << 14;

/// What came so far of a file with a greatest length.
pub(crate) struct Partial {
    pub(crate) bytes: Vec<u8>,
    limit: usize,
}

impl Partial {
    pub(crate) fn new(limit: usize) -> Self {
        let bytes = Vec::new();
        Self { bytes, limit }
    }

    /// Whether an answer with a part of the file begins where this ends.
    pub(crate) fn continues(&self, name: &str, answer: &Response<Body>) -> Result<(), FetchError> {
        let range = answer.headers().get(header::CONTENT_RANGE);
        let begin = range
            .and_then(|range| range.to_str().ok()?.strip_prefix("bytes ")?.split_once('-'))
            .and_then(|(begin, _)| begin.parse::<usize>().ok());
        if begin == Some(self.bytes.len()) {
            return Ok(());
        }
        Err(FetchError::broken(
            name,
            "the server sent another part than was asked for",
        ))
    }

    /// Takes what comes, as far as it comes. An answer that says that it is too long is not read at all.
    pub(crate) fn take(&mut self, name: &str, answer: Response<Body>) -> Result<(), FetchError> {
        let too_long = || FetchError::TooLong {
            file: name.to_owned(),
            limit: self.limit,
        };
        let said = answer.body().content_length();
        let room = self.limit.saturating_sub(self.bytes.len());
        if said.is_some_and(|said| said > u64::try_from(room).unwrap_or(u64::MAX)) {
            return Err(too_long());
        }
        let mut reader = answer.into_body().into_reader();
        let mut chunk = [0; CHUNK];
        loop {
            let read = (reader.read(&mut chunk))
                .map_err(|error| FetchError::broken(name, &in_words(&error)))?;
            let Some(new) = chunk.get(..read).filter(|new| !new.is_empty()) else {
                return Ok(());
            };
            if self.bytes.len().saturating_add(read) > self.limit {
                return Err(too_long());
            }
            self.bytes.extend_from_slice(new);
        }
    }
}
