//! Where and of what a report was made: milliseconds mean nothing without it.
//!
//! The commit is not in it: a program can know it from a build script alone, and there is none.

use jiff::Timestamp;
use serde::Serialize;

use crate::host;

/// This machine and this program.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    pub(super) veilpass: &'static str,
    /// What computes on the curve.
    pub(super) curve: &'static str,
    pub(super) rustc: String,
    pub(super) build: &'static str,
    /// By the machine's clock, whatever the passes that are measured believe.
    pub(super) date: String,
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) system: String,
    /// Processes that were running or waiting, over the last minute, when it began.
    pub(super) load: Option<String>,
    /// The same when it was over; the run itself is in it.
    pub(super) load_end: Option<String>,
}

impl Machine {
    pub(super) fn here() -> Self {
        Self {
            veilpass: env!("CARGO_PKG_VERSION"),
            curve: if cfg!(feature = "blst") {
                "blst"
            } else {
                "bls12_381"
            },
            rustc: host::compiler().unwrap_or_else(|| "not known".to_owned()),
            build: if cfg!(debug_assertions) {
                "with debug assertions: slower than a release"
            } else {
                "release"
            },
            date: Timestamp::now().to_string(),
            cpu: host::cpu().unwrap_or_else(|| "not known".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            load: host::load(),
            load_end: None,
        }
    }

    /// To be called when all is measured.
    pub(super) fn over(&mut self) {
        self.load_end = host::load();
    }

    /// Whether more than the cores can do was waiting for them when it began.
    pub(super) fn busy(&self) -> bool {
        let load = self.load.as_deref().and_then(|load| load.parse().ok());
        load.is_some_and(|load: f64| load > crate::measure::real(self.cores))
    }
}
