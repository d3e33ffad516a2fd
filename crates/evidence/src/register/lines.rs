//! Records of a file: lines, joined where a quoted field or a bundle goes over several. A line ends with a line feed, a
//! carriage return, or both.

use std::io::{self, BufRead, Seek, SeekFrom};

use super::open::Open;
use super::{Person, Why, Wrong};

/// The longest record that is read, in bytes.
const MAX_RECORD: usize = 256 << 10;

/// How far the end of an open record is looked for, in bytes. A record that ends there and is too long to be read is
/// still one record.
const MAX_OPEN: u64 = 1 << 20;

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
    pub person: Result<Person, super::Fault>,
    /// The line of the row that has this person's last dose, if that is another one.
    pub last_dose: Option<u64>,
}

/// A record before its fields are known.
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) last_line: u64,
    pub(super) end: u64,
    /// Its lines with line feeds between them.
    pub(super) text: Result<String, Wrong>,
}

pub(super) struct Lines<R> {
    source: R,
    open: Open,
    /// Lines that were read.
    number: u64,
    place: u64,
}

impl<R: BufRead + Seek> Lines<R> {
    pub(super) fn new(source: R, open: Open) -> Self {
        Self {
            source,
            open,
            number: 0,
            place: 0,
        }
    }

    pub(super) fn seek(&mut self, place: u64, lines: u64) -> io::Result<()> {
        self.source.seek(SeekFrom::Start(place))?;
        self.place = place;
        self.number = lines;
        Ok(())
    }

    /// Where the next record begins: the place and the lines before it.
    pub(super) fn stands(&self) -> (u64, u64) {
        (self.place, self.number)
    }

    fn pass(&mut self, bytes: usize) {
        self.source.consume(bytes);
        self.place += u64::try_from(bytes).unwrap_or(0);
    }

    /// Reads the next line, without its end, as far as it fits behind what `line` has; `false` at the end of the file.
    fn next_line(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        let mut any = false;
        loop {
            let block = self.source.fill_buf()?;
            if block.is_empty() {
                self.number += u64::from(any);
                return Ok(any);
            }
            any = true;
            let end = block.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let content = block.get(..end.unwrap_or(block.len())).unwrap_or_default();
            self.open.take(content);
            // One byte more than a record may have tells that it is too long.
            let room = (MAX_RECORD + 1).saturating_sub(line.len());
            line.extend(content.iter().take(room));
            let (length, ending) = (content.len(), end.and_then(|end| block.get(end)).copied());
            self.pass(length + usize::from(ending.is_some()));
            match ending {
                None => {}
                Some(b'\r') => {
                    if self.source.fill_buf()?.first() == Some(&b'\n') {
                        self.pass(1);
                    }
                    break;
                }
                Some(_) => break,
            }
        }
        self.number += 1;
        Ok(true)
    }

    /// The next record that is not empty.
    pub(super) fn next_record(&mut self) -> io::Result<Option<Record>> {
        let mut bytes = Vec::new();
        while bytes.is_empty() {
            self.open.begin();
            if !self.next_line(&mut bytes)? {
                return Ok(None);
            }
            // A byte order mark is no part of the first line.
            if self.number == 1 && bytes.starts_with("\u{feff}".as_bytes()) {
                bytes.drain(..3);
                self.open.begin();
                self.open.take(&bytes);
            }
        }
        let (first_end, line) = self.stands();
        while self.open.is_open() {
            self.open.take(b"\n");
            bytes.push(b'\n');
            let more = self.next_line(&mut bytes)?;
            if !more || self.place - first_end > MAX_OPEN {
                // It is closed nowhere near: then the other lines are records of their own.
                self.seek(first_end, line)?;
                let text = Err((None, self.open.unclosed()));
                return Ok(Some(self.record(line, text)));
            }
        }
        let text = match bytes.len() {
            ..=MAX_RECORD => String::from_utf8(bytes).map_err(|_| (None, Why::NotUtf8)),
            _ => Err((None, Why::RecordTooLong { most: MAX_RECORD })),
        };
        Ok(Some(self.record(line, text)))
    }

    fn record(&self, line: u64, text: Result<String, Wrong>) -> Record {
        let (end, last_line) = self.stands();
        Record {
            line,
            last_line,
            end,
            text,
        }
    }
}
