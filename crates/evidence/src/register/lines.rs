//! Lines of a file, joined to records where a quoted field goes over several, within bounds.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::csv_row::is_open;
use super::{Fault, Person, Wrong};

/// The longest record that is read, in bytes.
const MAX_RECORD: usize = 64 << 10;

/// The most lines of a record.
const MAX_LINES: usize = 20;

/// A row of the register.
#[derive(Debug)]
pub struct Row {
    /// The line that it begins in, from 1.
    pub line: u64,
    /// The line that it ends in.
    pub last_line: u64,
    /// The place in the file after it, in bytes.
    pub end: u64,
    /// Who it is about.
    pub person: Result<Person, Fault>,
}

/// A record before its fields are known.
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) last_line: u64,
    pub(super) end: u64,
    /// The place after its first line.
    pub(super) first_end: u64,
    pub(super) text: Result<String, Wrong>,
}

/// A line with the place after it.
struct Line {
    bytes: Vec<u8>,
    too_long: bool,
    number: u64,
    end: u64,
}

/// What closes an open record.
struct Rest {
    bytes: Vec<u8>,
    /// The last line.
    number: u64,
    end: u64,
}

pub(super) struct Lines<R> {
    source: R,
    /// Lines that were read and belong to the next record.
    pushed_back: VecDeque<Line>,
    number: u64,
    place: u64,
}

impl<R: BufRead + Seek> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            pushed_back: VecDeque::new(),
            number: 0,
            place: 0,
        }
    }

    pub(super) fn seek(&mut self, place: u64, lines: u64) -> io::Result<()> {
        self.source.seek(SeekFrom::Start(place))?;
        self.pushed_back.clear();
        self.place = place;
        self.number = lines;
        Ok(())
    }

    /// The next line, without its end.
    fn next_line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.pushed_back.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_RECORD).unwrap_or(u64::MAX);
        let mut read = (&mut self.source)
            .take(limit)
            .read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        let too_long = read == MAX_RECORD && bytes.last() != Some(&b'\n');
        if too_long {
            bytes.clear();
            read += self.skip_line()?;
        }
        self.place += u64::try_from(read).unwrap_or(u64::MAX);
        self.number += 1;
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        if self.number == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        Ok(Some(Line {
            bytes,
            too_long,
            number: self.number,
            end: self.place,
        }))
    }

    /// Passes over the rest of a line; says how many bytes that were.
    fn skip_line(&mut self) -> io::Result<usize> {
        let mut skipped = 0;
        loop {
            let buffer = self.source.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(buffer.len(), |end| end + 1);
            self.source.consume(length);
            skipped += length;
            if end.is_some() || length == 0 {
                return Ok(skipped);
            }
        }
    }

    /// The next record that is not empty. Of fields with a delimiter, one whose quotation mark is not
    /// closed goes on in the next line.
    pub(super) fn next_record(&mut self, delimiter: Option<u8>) -> io::Result<Option<Record>> {
        let first = loop {
            match self.next_line()? {
                None => return Ok(None),
                Some(line) if line.bytes.is_empty() && !line.too_long => {}
                Some(line) => break line,
            }
        };
        let mut record = Record {
            line: first.number,
            last_line: first.number,
            end: first.end,
            first_end: first.end,
            text: Err((None, format!("longer than {MAX_RECORD} bytes"))),
        };
        if first.too_long {
            return Ok(Some(record));
        }
        let mut bytes = first.bytes;
        if let Some(delimiter) = delimiter.filter(|delimiter| is_open(*delimiter, &bytes)) {
            match self.rest_of(&bytes, delimiter)? {
                Some(rest) => {
                    bytes.extend_from_slice(&rest.bytes);
                    (record.last_line, record.end) = (rest.number, rest.end);
                }
                None => {
                    record.text = Err((None, "a quotation mark is not closed".into()));
                    return Ok(Some(record));
                }
            }
        }
        record.text = String::from_utf8(bytes)
            .map_err(|_| (None, "not UTF-8; export the register again as UTF-8".into()));
        Ok(Some(record))
    }

    /// What follows an open record up to its closing quotation mark.
    /// `None` if there is none near; then the lines are read again as records of their own.
    fn rest_of(&mut self, first: &[u8], delimiter: u8) -> io::Result<Option<Rest>> {
        let mut all = first.to_vec();
        let mut taken = VecDeque::new();
        while taken.len() < MAX_LINES && all.len() < MAX_RECORD {
            let Some(line) = self.next_line()? else { break };
            all.push(b'\n');
            all.extend_from_slice(&line.bytes);
            let (number, end, too_long) = (line.number, line.end, line.too_long);
            taken.push_back(line);
            if too_long {
                break;
            }
            if !is_open(delimiter, &all) {
                let bytes = all.split_off(first.len());
                return Ok(Some(Rest { bytes, number, end }));
            }
        }
        taken.append(&mut self.pushed_back);
        self.pushed_back = taken;
        Ok(None)
    }
}
