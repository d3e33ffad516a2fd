//! Artefacts between roles: any of them as a file, those that fit as a picture or text. A command that
//! reads one takes any form.
//!
//! Only an argument can name a file. What a scanner or a guest brings goes to standard input (`-`) and is text: it is
//! never opened as a path, whatever it says.

use std::path::{Path, PathBuf};

use super::files::{self, Access};
use super::public::not_public;
use super::report::Failure;
use veilpass::artefact::Artefact;
use veilpass::qr::{self, Code};
use veilpass::scheme::UnixTime;

/// The bytes of an artefact in any form: a picture, text, a file, the text itself, or standard input
/// (`-`).
pub(crate) fn bytes(source: &str) -> Result<Vec<u8>, Failure> {
    if source.starts_with("VP2:") {
        return Ok(qr::from_text(source)?);
    }
    files::no_address(source)?;
    let content = files::read(source)?;
    if content.starts_with(b"age-encryption") {
        return Err(Failure::bad(format!(
            "{source} is an encrypted file; it is not opened here"
        )));
    }
    decode(&content).map_err(|error| error.about(source))
}

fn decode(content: &[u8]) -> Result<Vec<u8>, Failure> {
    if veilpass_reader::is_picture(content) {
        return Ok(qr::from_text(&veilpass_reader::text_in_file(content)?)?);
    }
    match content.first() {
        // The version byte of an artefact; no text begins with it.
        Some(version) if *version < b'\t' => Ok(content.to_vec()),
        _ => match std::str::from_utf8(content) {
            Ok(text) => Ok(qr::from_text(text)?),
            Err(_) => Err(veilpass_reader::ReadError::Picture.into()),
        },
    }
}

/// The bytes of an artefact that must be a `wanted`.
pub(crate) fn load(source: &str, wanted: Artefact) -> Result<Vec<u8>, Failure> {
    expect(source, bytes(source)?, wanted)
}

/// These bytes of `source`, which must be a `wanted`.
pub(crate) fn expect(source: &str, bytes: Vec<u8>, wanted: Artefact) -> Result<Vec<u8>, Failure> {
    let shown = if source.starts_with("VP2:") {
        "the text"
    } else {
        source
    };
    wanted_in(bytes, wanted, shown)
}

/// These bytes, if they are a `wanted`; `shown` is what people call them.
pub(crate) fn wanted_in(bytes: Vec<u8>, wanted: Artefact, shown: &str) -> Result<Vec<u8>, Failure> {
    match Artefact::of(&bytes) {
        Some(found) if found == wanted => Ok(bytes),
        Some(other) => Err(Failure::bad(format!(
            "{shown} holds {}, but {} is needed here",
            other.name(),
            wanted.name()
        ))),
        None => Err(Failure::bad(format!(
            "{shown} is nothing of this system; {} is needed here",
            wanted.name()
        ))),
    }
}

/// A request of either kind: for a first pass, or to renew one.
pub(crate) fn load_request(source: &str) -> Result<Vec<u8>, Failure> {
    let shown = if source.starts_with("VP2:") {
        "the text"
    } else {
        source
    };
    request_in(bytes(source)?, shown)
}

/// These bytes, if they are a request of either kind.
pub(crate) fn request_in(bytes: Vec<u8>, shown: &str) -> Result<Vec<u8>, Failure> {
    match Artefact::of(&bytes) {
        Some(Artefact::RenewalRequest) => Ok(bytes),
        _ => wanted_in(bytes, Artefact::Request, shown),
    }
}

/// Where a command puts an artefact that fits a QR code.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Output {
    /// Write it to this file: .png or .svg is a QR code, .txt its text, anything else the bytes.
    /// Can be given more than once.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Vec<PathBuf>,
    /// Draw the QR code in the terminal.
    #[arg(long)]
    pub(crate) qr: bool,
}

impl Output {
    /// Whether all of it can be written, asked before anything is changed: not among public files, since it concerns two
    /// people or none.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.out
            .iter()
            .try_for_each(|path| not_public(path, None))?;
        self.check_public()
    }

    /// The same for what everybody may see.
    pub(crate) fn check_public(&self) -> Result<(), Failure> {
        self.out.iter().try_for_each(|path| {
            files::check_target(path)?;
            check_form(path)
        })
    }

    /// Writes the artefact wherever it was asked for; returns what to print.
    pub(crate) fn put(&self, bytes: &[u8]) -> Result<Vec<String>, Failure> {
        for path in &self.out {
            files::write(path, &drawn(path, bytes)?, Access::Public)?;
        }
        self.shown(bytes)
    }

    /// The same for what belongs to one pass: its files are dated to `moment`, see [`files::write_dated`].
    pub(crate) fn put_dated(&self, bytes: &[u8], moment: UnixTime) -> Result<Vec<String>, Failure> {
        for path in &self.out {
            files::write_dated(path, &drawn(path, bytes)?, Access::Public, moment)?;
        }
        self.shown(bytes)
    }

    fn shown(&self, bytes: &[u8]) -> Result<Vec<String>, Failure> {
        let mut lines = Vec::new();
        if self.qr {
            lines.push(Code::new(bytes)?.terminal());
        }
        if self.out.is_empty() && !self.qr {
            lines.push(qr::to_text(bytes));
        }
        Ok(lines)
    }
}

/// Writes an artefact as a picture that everybody may see.
pub(crate) fn draw(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    files::write(path, &drawn(path, bytes)?, Access::Public)
}

/// Pixels a module of a PNG.
const PIXELS: u32 = 6;

/// The artefact in the form that a file of this name has.
pub(crate) fn drawn(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    check_form(path)?;
    Ok(match extension {
        Some("png") => Code::new(bytes)?.png(PIXELS)?,
        Some("svg") => Code::new(bytes)?.svg().into_bytes(),
        Some("txt") => format!("{}\n", qr::to_text(bytes)).into_bytes(),
        _ => bytes.to_vec(),
    })
}

/// Pictures and documents of other forms: whoever names one does not want bytes in it.
const OTHER_FORMS: [&str; 15] = [
    "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "pdf", "ps", "eps", "doc", "docx", "odt",
    "html", "htm",
];

/// Refuses forms that are not written.
fn check_form(path: &Path) -> Result<(), Failure> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension {
        Some(other) if OTHER_FORMS.contains(&other.to_ascii_lowercase().as_str()) => {
            Err(Failure::bad(format!(
                "{}: a code is written as .png or .svg, its text as .txt, its bytes as .vp; posters and strips also as .pdf",
                path.display()
            )))
        }
        _ => Ok(()),
    }
}

/// Writes an artefact that is too large for a QR code, or not meant for one.
pub(crate) fn save(path: &Path, bytes: &[u8], access: Access) -> Result<(), Failure> {
    files::write(path, bytes, access)
}
