//! What people type and scanners scan at a desk, line by line.
//!
//! A scanner types like a person, and a code that a guest brings can hold line breaks: a letter followed by
//! an answer must not answer the clerk's own question. So an answer counts only if nothing at all came
//! between the question and a moment in which a person could have read it; and what comes between two
//! questions is dropped. A code that is held before the scanner later could still answer: so yes is a number that was
//! drawn for the question.

use std::io::{BufRead, Read};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// So long after a question, and after any line that came too early, nothing counts as an answer.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest line, in bytes.
const MAX_LINE: u64 = 1 << 16;

/// Lines with the moments at which they ended.
pub(super) struct Scanner(Receiver<(Instant, String)>);

impl Scanner {
    /// Listens to standard input until it ends or is no text.
    pub(super) fn open() -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let mut input = std::io::stdin().lock();
            loop {
                let mut line = String::new();
                let read = (&mut input).take(MAX_LINE).read_line(&mut line);
                if !read.is_ok_and(|read| read > 0) {
                    return;
                }
                if sender
                    .send((Instant::now(), line.trim().to_owned()))
                    .is_err()
                {
                    return;
                }
            }
        });
        Self(receiver)
    }

    /// Drops what came before anybody asked.
    pub(super) fn forget(&self) {
        while self.0.try_recv().is_ok() {}
    }

    /// The next line, scanned or typed; `None` at the end.
    pub(super) fn scanned(&self) -> Option<String> {
        self.0.recv().ok().map(|(_, line)| line)
    }

    /// The next line that a person can have typed in answer to a question asked now.
    pub(super) fn answered(&self) -> Option<String> {
        let mut quiet = Instant::now();
        loop {
            let (at, line) = self.0.recv().ok()?;
            if at.duration_since(quiet) >= PAUSE {
                return Some(line);
            }
            quiet = at;
        }
    }
}
