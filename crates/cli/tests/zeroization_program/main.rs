//! Whether the program wipes passphrases, keys and what is in the wallet: its commands run in a process that
//! stays when they are done, and whose memory is searched. The allocator is that of the program itself.
//!
//! Linux, as tests/zeroization, whose means these are.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::type_complexity,
    unreachable_pub,
    missing_docs
)]

#[cfg(target_os = "linux")]
mod commands;
#[cfg(target_os = "linux")]
#[path = "../../../../tests/zeroization/image.rs"]
mod image;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
#[path = "../../../../tests/zeroization/secrets.rs"]
mod secrets;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
#[path = "../../../../tests/zeroization/stage.rs"]
mod stage;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
#[path = "../program/terminal/mod.rs"]
mod terminal;
#[cfg(target_os = "linux")]
#[allow(dead_code)]
#[path = "../../../../tests/zeroization/watch.rs"]
mod watch;

#[path = "../../src/allocator.rs"]
mod allocator;

#[cfg(target_os = "linux")]
fn main() {
    if std::env::var(watch::ROLE).is_ok() {
        let code = format!("{:?}", veilpass_cli::main());
        assert_eq!(code, format!("{:?}", std::process::ExitCode::SUCCESS));
        stage::Stage::Acting.pause(watch::DROPPED);
    } else if !watch::skipped() {
        let program = include_str!("../../src/main.rs");
        assert!(
            program.contains("\nmod allocator;\n"),
            "the program has another one"
        );
        watch::end(&all());
    }
}

/// Plays all commands, each after the one before.
#[cfg(target_os = "linux")]
fn all() -> Vec<String> {
    let town = commands::town();
    let mut failures = Vec::new();
    for scene in &commands::SCENES {
        let mut secrets = (scene.secrets)(&town);
        secrets.lasting_only(scene.seen);
        let mut command = commands::command(&town, scene.line);
        command.env(watch::ROLE, "program");
        let found = watch::Actor::start(command).watch(&secrets, scene.asks);
        failures.extend(watch::judge(scene.line, &secrets, &found));
    }
    failures
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: looking into another process is done through /proc, which only Linux has");
}
