//! The ports of a terminal: what the roles need of the place where they run (`veilpass_app::ports`).

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use indicatif::ProgressBar;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::artefact;
use super::context::Context;
use super::files;
use super::keys::{Passphrase, Source, failed};
use super::report::Failure;
use veilpass::qr::Code;
use veilpass::scheme::Zone;
use veilpass_app::ports::{
    self, Clock, Confirm, Confirmation, KeyError, Keys, NobodyToAsk, Progress, Work, names,
};
use veilpass_app::store::StoreError;

impl Clock for Context {
    fn now(&self) -> i64 {
        self.now()
    }

    fn is_set(&self) -> bool {
        self.is_set()
    }

    fn in_zone(&self, zone: &Zone) {
        self.in_zone(zone);
    }
}

/// A role's secrets: files of its folder (`issuer.age`), all under one passphrase, which is asked for once,
/// when the first of them is opened or sealed.
pub(crate) struct KeyFiles<'a> {
    folder: PathBuf,
    source: &'a Source,
    /// What the passphrase opens, for its prompt.
    opens: &'static str,
    /// The same for a new passphrase.
    seals: &'static str,
    passphrase: OnceLock<Passphrase>,
}

impl<'a> KeyFiles<'a> {
    /// An authority's.
    pub(crate) fn authority(context: &'a Context, folder: &Path) -> Self {
        Self::new(context, folder, "the authority", "the authority's keys")
    }

    /// An issuer's.
    pub(crate) fn issuer(context: &'a Context, folder: &Path) -> Self {
        Self::new(context, folder, "the issuer's key", "the issuer's key")
    }

    /// A holder's.
    pub(crate) fn wallet(context: &'a Context, folder: &Path) -> Self {
        Self::new(context, folder, "the wallet", "the wallet")
    }

    fn new(context: &'a Context, folder: &Path, opens: &'static str, seals: &'static str) -> Self {
        Self {
            folder: folder.to_owned(),
            source: &context.passphrase,
            opens,
            seals,
            passphrase: OnceLock::new(),
        }
    }

    /// `online` is in `online.age`, `online.next` in `online.age.next`.
    fn path(&self, name: &str) -> PathBuf {
        let (name, version) = name.split_at(name.find('.').unwrap_or(name.len()));
        self.folder.join(format!("{name}.age{version}"))
    }

    /// Asks for a new passphrase now, before anything is written that would wait for it.
    pub(crate) fn choose(&self) -> Result<&Passphrase, KeyError> {
        self.passphrase(|source| source.choose(self.seals))
    }

    fn passphrase(
        &self,
        ask: impl FnOnce(&Source) -> Result<Passphrase, Failure>,
    ) -> Result<&Passphrase, KeyError> {
        if let Some(known) = self.passphrase.get() {
            return Ok(known);
        }
        let asked = ask(self.source).map_err(failed)?;
        Ok(self.passphrase.get_or_init(|| asked))
    }
}

impl Keys for KeyFiles<'_> {
    fn open(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if !self.has(name) {
            let path = self.called(name);
            let advice = match name {
                names::ACCREDITATION => "bring it back into the folder for this command",
                _ => "restore it from a backup",
            };
            return Err(KeyError::Place(format!("{path} is not here: {advice}")));
        }
        let passphrase = self.passphrase(|source| source.ask(self.opens))?;
        passphrase.open(&self.path(name))
    }

    fn seal(&self, name: &str, secret: &[u8]) -> Result<(), KeyError> {
        self.choose()?.seal(&self.path(name), secret)
    }

    fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), KeyError> {
        files::rename(&self.path(from), &self.path(to)).map_err(failed)
    }

    fn delete(&self, name: &str) -> Result<(), KeyError> {
        files::delete(&self.path(name)).map_err(failed)
    }

    fn called(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

/// The store of a role, if it could be opened. Where there is none beside the role's keys, the database was lost, and
/// `init` would be the wrong advice: it must come from a backup.
pub(crate) fn not_lost<S>(
    opened: Result<S, StoreError>,
    keys: &impl Keys,
    names: &[&str],
) -> Result<S, Failure> {
    if matches!(opened, Err(StoreError::Empty)) {
        ports::none_yet(keys, names)?;
    }
    Ok(opened?)
}

/// A role's name with its article, and the file by which its folder is known.
const ROLES: [(&str, &str); 4] = [
    ("an authority's", "authority.db"),
    ("an issuer's", "issuer.db"),
    ("a door's", "verifier.db"),
    ("a wallet's", "wallet.age"),
];

/// Refuses a folder that is not there, or another role's: `init` would be the wrong advice. `own` is the file by which
/// the right one is known.
pub(crate) fn right_folder(dir: &Path, own: &str) -> Result<(), Failure> {
    if dir.join(own).exists() {
        return Ok(());
    }
    let name = dir.display();
    if !dir.exists() {
        return Err(Failure::bad(format!("{name} does not exist; check --dir")));
    }
    let has = |(_, file): &&(&str, &str)| dir.join(file).exists();
    let wanted = ROLES.iter().find(|(_, file)| *file == own);
    let wanted = wanted.map_or("the right", |(role, _)| *role);
    if let Some((other, _)) = ROLES.iter().find(has) {
        return Err(Failure::bad(format!(
            "{name} is {other} folder, not {wanted}; check --dir"
        )));
    }
    if dir == Path::new(".") {
        return Err(Failure::bad(format!(
            "the current folder is not {wanted}; did you forget --dir?"
        )));
    }
    Ok(())
}

/// Progress as a bar on standard error.
pub(crate) struct Bar<'a> {
    context: &'a Context,
    shown: Mutex<ProgressBar>,
}

impl Context {
    /// A bar for long work; short work shows none.
    pub(crate) fn bar(&self) -> Bar<'_> {
        Bar {
            context: self,
            shown: Mutex::new(ProgressBar::hidden()),
        }
    }
}

impl Bar<'_> {
    fn with(&self, change: impl FnOnce(&mut ProgressBar)) {
        change(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Progress for Bar<'_> {
    fn begin(&self, work: Work, parts: u64) {
        let what = match work {
            Work::Requests => "requests",
            Work::Rows => "register",
            Work::Strips => "strips",
            Work::Offers => "offers",
            Work::Handles => "handles",
            _ => "",
        };
        self.with(|bar| *bar = self.context.progress(parts, what));
    }

    fn advance(&self, parts: u64) {
        self.with(|bar| bar.inc(parts));
    }

    fn end(&self) {
        self.with(|bar| bar.finish_and_clear());
    }
}

/// Asks the person at the terminal, unless `--yes` has answered already.
pub(crate) struct Person {
    /// The answer was given ahead.
    pub(crate) yes: bool,
    /// Where the picture of the draw goes; if nowhere, it is drawn in the terminal for whoever is asked.
    pub(crate) draw: Option<PathBuf>,
}

impl Person {
    fn show_draw(&self, draw: &[u8]) -> Result<(), Failure> {
        match &self.draw {
            Some(path) => artefact::draw(path, draw),
            None if self.yes => Ok(()),
            None => {
                let code = Code::new(draw)?;
                eprintln!(
                    "{}\nLet the guest scan this: their wallet shows a code then",
                    code.terminal()
                );
                Ok(())
            }
        }
    }
}

impl Confirm for Person {
    fn confirm(&self, question: &Confirmation<'_>) -> Result<bool, NobodyToAsk> {
        let question = match question {
            Confirmation::SameCode { code, draw } => {
                let shown = self.show_draw(draw);
                shown.map_err(|failure| NobodyToAsk(failure.message))?;
                format!("Does the guest's wallet show {code}?")
            }
            Confirmation::ClockIsRight { now } => {
                let now =
                    Timestamp::from_second(*now).map_or("?".to_owned(), |now| now.to_string());
                format!("This computer's clock says {now}. Is that right?")
            }
            _ => {
                return Err(NobodyToAsk(
                    "this program does not know the question".to_owned(),
                ));
            }
        };
        super::context::ask(&question, self.yes)
    }
}
