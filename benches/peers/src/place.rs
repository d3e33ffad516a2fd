//! Where and when a run was, and what was built into it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::host;

/// The packages whose versions decide what was measured.
const PACKAGES: [&str; 11] = [
    "veilpass",
    "bls12_381",
    "zkryptium",
    "bbs_plus",
    "vb_accumulator",
    "smc_range_proof",
    "schnorr_pok",
    "dock_crypto_utils",
    "ark-bls12-381",
    "ark-ec",
    "credx",
];

#[derive(Serialize)]
pub(crate) struct Place {
    date: String,
    cpu: Option<String>,
    cores: usize,
    system: String,
    rustc: Option<String>,
    /// Processes that were running or waiting, over the last minute, when it began and when it ended.
    load: Option<String>,
    load_end: Option<String>,
    versions: BTreeMap<String, Vec<String>>,
}

impl Place {
    pub(crate) fn here() -> Self {
        Self {
            date: Timestamp::now().to_string(),
            cpu: host::cpu(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            rustc: host::compiler(),
            load: host::load(),
            load_end: None,
            versions: versions(include_str!("../Cargo.lock")),
        }
    }

    /// To be called when all is measured.
    pub(crate) fn over(&mut self) {
        self.load_end = host::load();
    }

    /// The same for people, but for the versions.
    pub(crate) fn words(&self) -> String {
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
        let (cpu, rustc) = (or(&self.cpu), or(&self.rustc));
        let (load, end) = (or(&self.load), or(&self.load_end));
        let Self {
            date,
            cores,
            system,
            ..
        } = self;
        format!(
            "{date}, {cpu}, {cores} cores, {system}, rustc {rustc}\nload {load} when it began, {end} at its end"
        )
    }
}

/// Of the lock file this was built with: every version of each package.
fn versions(lock: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for package in lock.split("[[package]]") {
        let field = |name: &str| {
            let mut values = package.lines().filter_map(|line| line.strip_prefix(name));
            values
                .next()
                .map(|value| value.trim_matches('"').to_owned())
        };
        if let (Some(name), Some(version)) = (field("name = "), field("version = "))
            && PACKAGES.contains(&name.as_str())
        {
            found.entry(name).or_default().push(version);
        }
    }
    found
}
