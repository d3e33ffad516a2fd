//! Where what an authority published is: a folder, or an address.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;
use jiff::SpanRelativeTo;
use serde_json::json;

use super::context::Context;
use super::files::{self, Access};
use super::report::{Failure, Report};
use veilpass::scheme::PartDigest;
use veilpass_app::source::{MAX_BUNDLE, PublicName, Source, SourceError};
use veilpass_fetch::{Address, Changed, Client};

/// What can be said where something is fetched.
#[derive(Args)]
pub(crate) struct From {
    /// The certificate authorities of an https:// address (PEM), in the place of the usual ones.
    #[arg(long, value_name = "FILE")]
    ca: Option<String>,
}

/// What can be said where something may be fetched again and again.
#[derive(Args)]
pub(crate) struct Again {
    /// Fetch again and again, until stopped: at the multiples of this time, `6h` for example, so that all who say the same fetch at
    /// the same moments and none of these tells when somebody goes out.
    #[arg(long, value_name = "TIME", value_parser = interval)]
    every: Option<Duration>,
    /// With --every: stop after so many times.
    #[arg(long, value_name = "N", requires = "every")]
    stop_after: Option<u32>,
}

fn interval(text: &str) -> Result<Duration, String> {
    let read = text.parse::<jiff::Span>().ok();
    let read = read.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let read = read.and_then(|time| Duration::try_from(time).ok());
    let read = read.filter(|time| (1..=31 * 86_400).contains(&time.as_secs()));
    read.ok_or_else(|| "write it like 6h or 30m, from a second to 31 days".to_owned())
}

/// How long it is from `now`, in seconds since 1970, to the next multiple of `every`.
fn until_next(now: u64, every: Duration) -> Duration {
    let every = every.as_secs().max(1);
    Duration::from_secs(every - now % every)
}

impl Again {
    /// Does it once, or again and again. A time that fails is told and does not end it.
    pub(crate) fn run(
        &self,
        context: &Context,
        once: impl Fn() -> Result<Report, Failure>,
    ) -> Result<Report, Failure> {
        let Some(every) = self.every else {
            return once();
        };
        let mut times = 0;
        loop {
            let report = once().unwrap_or_else(|failure| {
                let mut report = Report::new(failure.shown(), json!({}));
                report.refused = true;
                report
            });
            context.print(&report.finished())?;
            times += 1;
            if self.stop_after.is_some_and(|most| times >= most) {
                return Ok(Report::default());
            }
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            std::thread::sleep(until_next(since.unwrap_or_default().as_secs(), every));
        }
    }
}

/// Bytes, and what the server calls them.
type Named = (Vec<u8>, Option<String>);

/// A place with what an authority published.
pub(crate) enum Place {
    /// A folder, as `authority publish` wrote it.
    Folder(PathBuf),
    /// A server that has such a folder.
    Server(Client),
}

impl From {
    /// The place that is named; `None` for a file.
    pub(crate) fn place(&self, named: &str) -> Result<Option<Place>, Failure> {
        if Address::is_meant(named) {
            let authorities = (self.ca.as_deref()).map(files::read).transpose()?;
            let address = Address::read(named)?;
            let client = Client::new(address, authorities.as_deref())?;
            return Ok(Some(Place::Server(client)));
        }
        let folder = Path::new(named);
        Ok(folder.is_dir().then(|| Place::Folder(folder.to_owned())))
    }
}

impl Place {
    /// The newest bundle with what the server calls it, for a door, which may be known again: `None` if it is still the
    /// one that the server called `etag`.
    pub(crate) fn bundle(&self, etag: Option<&str>) -> Result<Option<Named>, Failure> {
        let Self::Server(client) = self else {
            let bundle = self.read(PublicName::Bundle, MAX_BUNDLE);
            return bundle
                .map(|bundle| Some((bundle, None)))
                .map_err(Failure::bad);
        };
        let name = PublicName::Bundle.to_string();
        Ok(match client.get_if_changed(&name, MAX_BUNDLE, etag)? {
            Changed::No => None,
            Changed::Yes { bytes, etag } => Some((bytes, etag)),
        })
    }
}

impl Source for Place {
    fn read(&self, name: PublicName, limit: usize) -> Result<Vec<u8>, SourceError> {
        match self {
            Self::Server(client) => match name {
                PublicName::Bundle => client.get_whole(&name.to_string(), limit),
                PublicName::Part(_) | PublicName::Bucket(_) => client.get(&name.to_string(), limit),
            }
            .map_err(|error| SourceError(error.to_string())),
            Self::Folder(folder) => {
                let path = folder.join(name.to_string());
                let shown = path.display();
                let most = u64::try_from(limit).unwrap_or(u64::MAX);
                // Whoever opens a pipe waits for somebody who writes.
                if std::fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
                    return Err(SourceError(format!(
                        "{shown} is no file; name the folder that the authority publishes"
                    )));
                }
                let read = || {
                    let mut bytes = Vec::new();
                    let file = File::open(&path)?;
                    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
                    Ok(bytes)
                };
                match read() {
                    Ok(bytes) if bytes.len() <= limit => Ok(bytes),
                    Ok(_) => Err(SourceError(format!(
                        "{shown} is longer than such a file can be; tell the authority"
                    ))),
                    Err(error) if std::io::Error::kind(&error) == std::io::ErrorKind::NotFound => {
                        Err(SourceError(format!(
                            "{shown} is missing; name the folder that the authority publishes, and take all of it"
                        )))
                    }
                    Err(error) => Err(SourceError(format!("cannot read {shown}: {error}"))),
                }
            }
        }
    }
}

/// A place, with the parts that were fetched of it before a connection broke off: they lie beside the wallet until the
/// bundle does, and each is what its name says.
pub(crate) struct Kept<'a> {
    place: &'a Place,
    folder: PathBuf,
}

/// Where parts are kept, in a wallet's folder.
const KEPT: &str = "fetched";

impl<'a> Kept<'a> {
    /// Parts are kept in the wallet's folder.
    pub(crate) fn beside(place: &'a Place, wallet: &Path) -> Self {
        let folder = wallet.join(KEPT);
        Self { place, folder }
    }

    /// Once the bundle is stored, nobody needs them.
    pub(crate) fn forget(wallet: &Path) {
        let _ = std::fs::remove_dir_all(wallet.join(KEPT));
    }
}

impl Source for Kept<'_> {
    fn read(&self, name: PublicName, limit: usize) -> Result<Vec<u8>, SourceError> {
        let PublicName::Part(digest) = name else {
            return self.place.read(name, limit);
        };
        let path = self.folder.join(digest.to_string());
        let known = std::fs::read(&path).ok();
        if let Some(known) = known.filter(|known| PartDigest::of(known) == digest) {
            return Ok(known);
        }
        let bytes = self.place.read(name, limit)?;
        // Where nothing can be kept, it is fetched again.
        let _ = files::make_folder(&self.folder)
            .and_then(|()| files::write(&path, &bytes, Access::Private));
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fetching_is_at_multiples_of_the_interval() {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        assert_eq!(until_next(0, hours(6)), hours(6));
        assert_eq!(until_next(7 * 3600, hours(6)), hours(5));
        assert_eq!(until_next(12 * 3600 - 1, hours(6)), Duration::from_secs(1));
        assert_eq!(interval("6h"), Ok(hours(6)));
        assert_eq!(interval("1d"), interval("24h"));
        for wrong in ["", "6", "0s", "-6h", "32d", "six"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
