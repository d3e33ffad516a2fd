//! Whether secrets are wiped: each scenario runs in a process of its own, and the memory of that process
//! is searched for its secrets while they live, when they must be found, and after everything was
//! dropped, when none may be left on the heap. What the compiler leaves on the stack is shown.
//!
//! Linux, where a process may read its child's memory; elsewhere it says that it is skipped.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::type_complexity,
    unreachable_pub,
    missing_docs
)]

#[cfg(target_os = "linux")]
mod image;
#[cfg(target_os = "linux")]
mod scenarios;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
mod secrets;
#[cfg(target_os = "linux")]
mod stage;
#[cfg(target_os = "linux")]
mod watch;

/// The folder for what comes from outside.
#[cfg(target_os = "linux")]
const FOLDER: &str = "VEILPASS_ZEROIZATION_FOLDER";

#[cfg(target_os = "linux")]
fn main() {
    match std::env::var(watch::ROLE) {
        Ok(role) => act(&role),
        Err(_) if watch::skipped() => {}
        Err(_) => watch::end(&all()),
    }
}

/// Plays a scenario in this process, which is looked into.
#[cfg(target_os = "linux")]
fn act(role: &str) {
    let mut stage = stage::Stage::Acting;
    let folder = std::env::var(FOLDER).unwrap();
    let mut all = scenarios::ALL.iter();
    let (_, scenario) = all.find(|(name, _)| *name == role).unwrap();
    scenario(&mut stage, folder.as_ref());
    stage.pause(watch::DROPPED);
}

/// Plays all scenarios.
#[cfg(target_os = "linux")]
fn all() -> Vec<String> {
    let mut failures = Vec::new();
    for (name, scenario) in scenarios::ALL {
        if !watch::chosen(name) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut stage = stage::Stage::Learning(secrets::Secrets::default());
        scenario(&mut stage, folder.path());
        let stage::Stage::Learning(secrets) = stage else {
            unreachable!()
        };
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.env(watch::ROLE, name).env(FOLDER, folder.path());
        let found = watch::Actor::start(command).watch(&secrets, true);
        failures.extend(watch::judge(name, &secrets, &found));
    }
    failures
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: looking into another process is done through /proc, which only Linux has");
}
