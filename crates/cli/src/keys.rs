//! Secrets at rest: files in the age format, encrypted under a passphrase (scrypt), for the owner alone.

use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;

use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, Decryptor, scrypt};
use zeroize::Zeroizing;

use super::files::{self, Access};
use super::report::Failure;
use veilpass_app::ports::KeyError;

/// The environment variable that may hold the passphrase.
pub(crate) const VARIABLE: &str = "VEILPASS_PASSPHRASE";

/// The most work that opening a file may ask for, log2: a hostile file must not stop a program for
/// hours. 2^22 takes some 16 s.
const MAX_WORK: u8 = 22;

/// The least work that guessing a passphrase takes, log2: about a tenth of a second for each guess.
const LEAST_WORK: u8 = 17;

/// How much work is put into new files.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work(Option<u8>);

impl Work {
    /// scrypt's work factor, log2; age's own choice (about a second) if not given. Little work is for a rehearsal,
    /// whose keys protect nothing.
    pub(crate) fn new(wanted: Option<u8>, rehearsal: bool) -> Result<Self, Failure> {
        match wanted {
            Some(work) if work < LEAST_WORK && !rehearsal => Err(Failure::bad(format!(
                "--work-factor {work} would let anybody guess the passphrase; take {LEAST_WORK} or more, or leave it out"
            ))),
            Some(work) if work > MAX_WORK => Err(Failure::bad(format!(
                "--work-factor {work} is more than this program opens; take {MAX_WORK} or less"
            ))),
            _ => Ok(Self(wanted)),
        }
    }
}

/// Where the passphrase comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// A file whose first line it is.
    pub(crate) file: Option<String>,
    /// How much work is put into new files.
    pub(crate) work: Work,
}

/// A passphrase.
pub(crate) struct Passphrase {
    secret: SecretString,
    work: Work,
    /// The work factor of the file that was opened with it: what takes its place has the same.
    opened: OnceLock<u8>,
}

impl Source {
    /// The passphrase for files that exist.
    pub(crate) fn ask(&self, what: &str) -> Result<Passphrase, Failure> {
        self.get(&format!("Passphrase of {what}: "), false, true)
    }

    /// A passphrase for a new file, typed twice.
    pub(crate) fn choose(&self, what: &str) -> Result<Passphrase, Failure> {
        self.get(&format!("New passphrase for {what}: "), true, true)
    }

    /// A passphrase that is one person's own: the environment, which all commands share, has it not.
    pub(crate) fn ask_owner(&self, what: &str) -> Result<Passphrase, Failure> {
        self.get(&format!("Passphrase of {what}: "), false, false)
    }

    /// The same for a new file.
    pub(crate) fn choose_owner(&self, what: &str) -> Result<Passphrase, Failure> {
        self.get(&format!("New passphrase for {what}: "), true, false)
    }

    fn get(&self, prompt: &str, twice: bool, shared: bool) -> Result<Passphrase, Failure> {
        let secret = if let Some(path) = &self.file {
            let bytes = Zeroizing::new(files::read(path)?);
            let text = std::str::from_utf8(&bytes)
                .map_err(|_| Failure::bad(format!("{path}: a passphrase must be text")))?;
            text.lines().next().unwrap_or("").to_owned()
        } else if let (true, Ok(secret)) = (shared, std::env::var(VARIABLE)) {
            secret
        } else {
            typed(prompt, twice, shared)?
        };
        if secret.is_empty() {
            return Err(Failure::bad("the passphrase is empty; choose one"));
        }
        // To scrypt a passphrase with zero bytes after it is the same passphrase.
        if secret.contains('\0') {
            return Err(Failure::bad(
                "the passphrase has a zero byte in it; its file is damaged, or it is no text",
            ));
        }
        Ok(Passphrase {
            secret: SecretString::from(secret),
            work: self.work,
            opened: OnceLock::new(),
        })
    }
}

fn typed(prompt: &str, twice: bool, shared: bool) -> Result<String, Failure> {
    let nobody = |_| {
        Failure::bad(if shared {
            format!(
                "nobody can be asked for the passphrase here; use --passphrase-file or {VARIABLE}"
            )
        } else {
            "nobody can be asked for the operator's passphrase here; use --operator-passphrase-file \
             (--new-passphrase-file for a new one)"
                .to_owned()
        })
    };
    let secret = rpassword::prompt_password(prompt).map_err(nobody)?;
    if twice {
        let again = Zeroizing::new(rpassword::prompt_password("Once more: ").map_err(nobody)?);
        if *again != secret {
            return Err(Failure::bad("the two passphrases differ; try again"));
        }
    }
    Ok(secret)
}

/// What `age::decrypt` does, into room that is large enough: a vector that grows leaves copies behind.
fn decrypt(identity: &scrypt::Identity, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let decryptor = Decryptor::new_buffered(sealed)?;
    let identity: &dyn age::Identity = identity;
    let mut reader = decryptor.decrypt(std::iter::once(identity))?;
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    reader.read_to_end(&mut plain)?;
    Ok(plain)
}

impl Passphrase {
    /// Encrypts `plain` into the file, replacing it whole.
    pub(crate) fn seal(&self, path: &Path, plain: &[u8]) -> Result<(), KeyError> {
        let mut recipient = scrypt::Recipient::new(self.copy());
        if let Some(work) = self.work.0.or(self.opened.get().copied()) {
            recipient.set_work_factor(work.clamp(1, MAX_WORK));
        }
        let sealed = age::encrypt(&recipient, plain).map_err(failed)?;
        files::write(path, &sealed, Access::Private).map_err(failed)
    }

    /// Decrypts the file.
    pub(crate) fn open(&self, path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let name = path.display().to_string();
        let sealed = files::read(&name).map_err(failed)?;
        let mut identity = scrypt::Identity::new(self.copy());
        identity.set_max_work_factor(MAX_WORK);
        let plain = decrypt(&identity, &sealed);
        if let (Ok(_), Some(work)) = (&plain, work_of(&sealed)) {
            self.opened.get_or_init(|| work);
        }
        plain.map_err(|error| {
            let why = match error {
                DecryptError::DecryptionFailed | DecryptError::NoMatchingKeys => {
                    return KeyError::Wrong { name };
                }
                DecryptError::ExcessiveWork { .. } => {
                    "the file asks for more work than is reasonable; it is not ours".to_owned()
                }
                other => format!("the file is damaged ({other}); restore it from a backup"),
            };
            KeyError::Damaged { name, why }
        })
    }

    fn copy(&self) -> SecretString {
        SecretString::from(self.secret.expose_secret().to_owned())
    }
}

/// The work factor of a file: `-> scrypt SALT FACTOR` in the second line (age-encryption.org/v1).
fn work_of(sealed: &[u8]) -> Option<u8> {
    let line = sealed.split(|byte| *byte == b'\n').nth(1)?;
    let stanza = std::str::from_utf8(line).ok()?.strip_prefix("-> scrypt ")?;
    let (_, work) = stanza.split_once(' ')?;
    work.parse().ok()
}

/// The place fails, in its own words.
pub(crate) fn failed(why: impl std::fmt::Display) -> KeyError {
    KeyError::Place(why.to_string())
}
