//! A pass in each line of standard input, a verdict in each line of standard output: for hand scanners and turnstiles.
//!
//! Lines come from guests. They are text and nothing else, no names of files, and none of them ends the work: what cannot
//! be read gets a line that says so.

use std::io::{BufRead, ErrorKind, Write};

use serde_json::json;

use super::open;
use super::verify::Verify;
use crate::artefact;
use crate::context::Context;
use crate::report::{Failure, Report};
use veilpass::artefact::Artefact;
use veilpass::qr;
use veilpass_words::verdict;

/// The longest line that is read, in bytes: the text of the largest QR code has 4,296.
const MAX_LINE: usize = 8192;

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Text(String),
    TooLong,
    NotText,
}

/// The next line, without its end; `None` when there are no more. Of a line that is too long nothing stays in memory.
fn next(input: &mut impl BufRead) -> std::io::Result<Option<Line>> {
    let mut line = Vec::new();
    let (mut begun, mut too_long) = (false, false);
    loop {
        let chunk = match input.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            chunk => chunk?,
        };
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        too_long |= line.len() + part.len() > MAX_LINE;
        if too_long {
            line.clear();
        } else {
            line.extend_from_slice(part);
        }
        let (taken, over) = (part.len() + usize::from(end.is_some()), chunk.is_empty());
        begun |= !over;
        input.consume(taken);
        if end.is_some() || over {
            break;
        }
    }
    if !begun {
        return Ok(None);
    }
    Ok(Some(match String::from_utf8(line) {
        _ if too_long => Line::TooLong,
        Ok(text) => Line::Text(text),
        Err(_) => Line::NotText,
    }))
}

/// Gives a verdict on each line, until the input ends or nobody reads the verdicts any more.
pub(super) fn run(verify: &Verify, context: &Context) -> Result<Report, Failure> {
    // A folder that is no door's is told at once.
    open(context, &verify.dir.dir)?;
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout());
    let mut number = 0u64;
    while let Some(line) = next(&mut input)? {
        number = number.saturating_add(1);
        let report = judged(verify, context, line).unwrap_or_else(|failure| Report {
            json: json!({
                "accepted": false, "error": failure.message,
                "words": verdict::unread(verify.language()),
            }),
            refused: true,
            ..Report::default()
        });
        let json = context.with_clock(report.field("line", number).json);
        let written = writeln!(output, "{json}").and_then(|()| output.flush());
        match written {
            // A pass whose verdict nobody sees must not be used up.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    // The verdicts were all.
    Ok(Report::default())
}

fn judged(verify: &Verify, context: &Context, line: Line) -> Result<Report, Failure> {
    let text = match line {
        Line::Text(text) => text,
        Line::TooLong => return Err(Failure::bad("the line is too long for a pass")),
        Line::NotText => return Err(Failure::bad("the line is no text")),
    };
    if text.trim().is_empty() {
        return Err(Failure::bad("the line is empty"));
    }
    let bytes = qr::from_text(&text)?;
    verify.judge(
        context,
        &artefact::wanted_in(bytes, Artefact::Pass, "the line")?,
    )
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::{Line, MAX_LINE, next};

    fn lines(input: &[u8], buffer: usize) -> Vec<Line> {
        let mut input = BufReader::with_capacity(buffer, Cursor::new(input));
        let mut all = Vec::new();
        while let Some(line) = next(&mut input).unwrap() {
            all.push(line);
        }
        all
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[test]
    fn lines_end_at_their_ends_and_nothing_else_does() {
        for buffer in [1, 3, 64] {
            assert_eq!(lines(b"", buffer), []);
            assert_eq!(lines(b"a\n\nb", buffer), [text("a"), text(""), text("b")]);
            assert_eq!(lines(b"a\0b\r\n", buffer), [text("a\0b\r")]);
            assert_eq!(lines(b"\xff\xfe\nc\n", buffer), [Line::NotText, text("c")]);
        }
    }

    #[test]
    fn a_line_is_too_long_from_one_byte_on_and_the_next_one_is_read() {
        for (length, long) in [(MAX_LINE, false), (MAX_LINE + 1, true), (1 << 20, true)] {
            let mut input = vec![b'x'; length];
            input.extend_from_slice(b"\nnext");
            let found = lines(&input, 4096);
            assert_eq!(found.first() == Some(&Line::TooLong), long, "{length}");
            assert_eq!(found.last(), Some(&text("next")));
            assert_eq!(found.len(), 2);
        }
    }
}
