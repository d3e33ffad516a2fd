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
mod secrets;
#[cfg(target_os = "linux")]
mod stage;
#[cfg(target_os = "linux")]
mod watch;

#[cfg(target_os = "linux")]
#[path = "../story/mod.rs"]
mod story;

#[cfg(target_os = "linux")]
fn main() {
    match std::env::var(watch::ROLE) {
        Ok(role) => watch::act(&role),
        Err(_) => watch::all(),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: looking into another process is done through /proc, which only Linux has");
}
