//! An authority's folder: its database, its keys, and the public files that it is compared with.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::artefact;
use crate::context::{Context, Dir};
use crate::files::{self, Access};
use crate::ports::{KeyFiles, not_lost, right_folder};
use crate::public::{self, BUNDLE, MOVED};
use crate::report::Failure;
use veilpass::artefact::Artefact;
use veilpass_app::authority::{
    AuthorityRole, AuthorityRoleError, KeysNeeded, PublishedBefore, compare_with_public,
    public_place, remember_public_place,
};
use veilpass_app::ports::{Keys, names};
use veilpass_app::store::{AuthorityStore, Ledger};
use veilpass_sqlite::SqliteAuthority;

pub(super) const DATABASE: &str = "authority.db";

/// The authority's folder, and where what it published is.
#[derive(Args, Clone)]
pub(super) struct Place {
    #[command(flatten)]
    pub(super) dir: Dir,
    /// The folder with what was published last, to compare with: a database that is older than what is public does
    /// nothing. Where the public files were put last if not given.
    #[arg(long, value_name = "DIR")]
    pub(super) public: Option<PathBuf>,
}

/// An authority's folder, opened.
pub(super) struct Opened<'a> {
    pub(super) role: AuthorityRole<SqliteAuthority>,
    pub(super) keys: KeyFiles<'a>,
    /// Where the public files are, if they are anywhere.
    pub(super) public: Option<PathBuf>,
}

/// Tells a clock that was set by local time which zone is meant.
fn tell_zone(context: &Context, store: &SqliteAuthority) -> Result<(), Failure> {
    if context.is_set() {
        let (_, state) = context.wait(store.load())?;
        context.in_zone(state.scheme.zone());
    }
    Ok(())
}

/// The database of a folder, if it was not lost.
pub(super) fn store(context: &Context, dir: &Path) -> Result<SqliteAuthority, Failure> {
    let keys = KeyFiles::authority(context, dir);
    if !keys.has(names::ONLINE) && !keys.has(names::ACCREDITATION) {
        right_folder(dir, DATABASE)?;
    }
    let opened = context.wait(SqliteAuthority::open(&dir.join(DATABASE), false));
    let store = not_lost(opened, &keys, &[names::ONLINE, names::ACCREDITATION])?;
    tell_zone(context, &store)?;
    Ok(store)
}

impl Place {
    /// The authority of this folder.
    pub(super) fn open<'a>(
        &self,
        context: &'a Context,
        needed: KeysNeeded,
    ) -> Result<Opened<'a>, Failure> {
        self.open_beside(context, needed, None)
    }

    /// The same, for a command that puts something private to `out`.
    pub(super) fn open_for<'a>(
        &self,
        context: &'a Context,
        needed: KeysNeeded,
        out: &Path,
    ) -> Result<Opened<'a>, Failure> {
        let opened = self.open(context, needed)?;
        public::not_public(out, opened.public.as_deref())?;
        Ok(opened)
    }

    /// The same as [`open`](Self::open); if there is something public in `beside`, it is compared with that as well.
    pub(super) fn open_beside<'a>(
        &self,
        context: &'a Context,
        needed: KeysNeeded,
        beside: Option<&Path>,
    ) -> Result<Opened<'a>, Failure> {
        let dir = &self.dir.dir;
        let store = store(context, dir)?;
        let public = self.public_folder(context, &store)?;
        let mut found = Vec::new();
        if let Some(folder) = &public {
            found.push(Public::needed(folder)?);
        }
        if let Some(folder) = beside {
            found.extend(Public::of(folder)?);
        }
        let published: Vec<_> = found.iter().map(Public::published).collect();
        let keys = KeyFiles::authority(context, dir);
        let role = context.wait(AuthorityRole::open(store, &keys, needed, &published))?;
        Ok(Opened { role, keys, public })
    }

    /// Whether the database is beside what is public.
    pub(super) fn compare(
        &self,
        context: &Context,
        store: &SqliteAuthority,
    ) -> Result<(), Failure> {
        if let Some(folder) = self.public_folder(context, store)? {
            let public = Public::needed(&folder)?;
            context.wait(compare_with_public(store, &[public.published()]))?;
        }
        Ok(())
    }

    /// Where the public files are, as far as anybody knows.
    pub(super) fn public_folder(
        &self,
        context: &Context,
        store: &SqliteAuthority,
    ) -> Result<Option<PathBuf>, Failure> {
        if let Some(folder) = &self.public {
            return Ok(Some(folder.clone()));
        }
        Ok(context.wait(public_place(store))?.map(PathBuf::from))
    }
}

/// What is public already.
struct Public {
    name: String,
    bundle: Vec<u8>,
}

impl Public {
    /// In this folder, where there must be something.
    fn needed(folder: &Path) -> Result<Self, Failure> {
        not_moved(folder)?;
        let missing = || AuthorityRoleError::PublicMissing {
            place: folder.display().to_string(),
        };
        Ok(Self::of(folder)?.ok_or_else(missing)?)
    }

    fn published(&self) -> PublishedBefore<'_> {
        PublishedBefore {
            name: &self.name,
            bundle: &self.bundle,
        }
    }

    /// In this folder, if there is anything.
    fn of(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join(BUNDLE);
        if !path.exists() {
            return Ok(None);
        }
        let name = path.display().to_string();
        let bundle = artefact::load(&name, Artefact::Bundle)?;
        Ok(Some(Self { name, bundle }))
    }
}

/// Refuses to compare with what was public before it was put elsewhere: a database from a backup may know of no other place,
/// and would go on beside what was published since.
pub(super) fn not_moved(folder: &Path) -> Result<(), Failure> {
    if !folder.join(MOVED).exists() {
        return Ok(());
    }
    Err(AuthorityRoleError::PublicMoved {
        place: folder.display().to_string(),
    })?
}

/// What the place of before says.
const SAYS_MOVED: &str =
    "The public files of this scheme are in another place by now. These are out of date.\n";

/// Remembers where the public files are now: wherever the next command is run. The place of before says that it is out
/// of date.
pub(super) fn remember(
    context: &Context,
    store: &impl Ledger,
    folder: &Path,
) -> Result<(), Failure> {
    let before = context.wait(public_place(store))?.map(PathBuf::from);
    if let Some(before) = before.filter(|before| before.is_dir() && !public::same(before, folder)) {
        files::write(&before.join(MOVED), SAYS_MOVED.as_bytes(), Access::Public)?;
    }
    files::delete(&folder.join(MOVED))?;
    let place = std::path::absolute(folder)?.display().to_string();
    Ok(context.wait(remember_public_place(store, &place, context.now()))?)
}
