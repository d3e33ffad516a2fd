//! A town of folders for tests that run the program itself.
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The clock of all tests: Monday 28 June 2021, 19:04 in Moscow.
pub const AT: &str = "2021-06-28T19:04:00+03:00";

pub struct Town(pub TempDir);

/// What a command said.
pub struct Said {
    pub code: i32,
    pub json: Value,
    pub text: String,
}

impl Said {
    #[track_caller]
    pub fn good(self) -> Value {
        assert_eq!(self.code, 0, "{}", self.text);
        self.json
    }
}

impl Town {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With an authority, a clinic with 100 handles, a wallet and a door at the café.
    pub fn founded() -> Self {
        let town = Self::new();
        for line in [
            "authority init --rehearsal --dir authority --to public",
            "issuer init --rehearsal --dir clinic --scheme public/scheme.vp --bundle public/bundle.vp --out r.vp",
            "authority accredit --dir authority r.vp --label clinic --out a.vp",
            "authority handles --dir authority --label clinic --count 100 --out h.vp",
            "issuer import --dir clinic a.vp h.vp",
            "authority publish --dir authority --to public",
            "holder init --dir wallet --scheme public/scheme.vp --bundle public/holders.vp",
            "verifier init --rehearsal --dir cafe --scheme public/scheme.vp --bundle public/bundle.vp \
             --venue Cafe --policy restaurant",
            "verifier poster --dir cafe --out poster.png",
        ] {
            // The second epoch must begin after the first.
            let at = match line {
                _ if line.contains("publish") => later(1),
                // By the bundle of then.
                _ if line.contains("poster") => later(2),
                _ => AT.into(),
            };
            town.run_at(line, &at).good();
        }
        town
    }

    /// The same with a pass in the wallet. The pass's handle is in `handle.txt`.
    pub fn with_pass() -> Self {
        let town = Self::founded();
        town.offer("offer.png");
        town.run("holder request --dir wallet offer.png --set name=Anna --set employer=Agency --out request.png").good();
        town.run("issuer issue --dir clinic request.png --yes --out response.png --handle-out handle.txt").good();
        let received = town.run("holder receive --dir wallet response.png").good();
        assert_eq!(received["code_compared"], false);
        town
    }

    pub fn offer(&self, out: &str) -> Value {
        self.run(&format!(
            "issuer offer --dir clinic --set until=2022-06-01 --set until_strict=2022-03-01 \
             --set birth_date=1985-03-08 --set id_hint=A.K. --out {out}"
        ))
        .good()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The command, not started yet.
    pub fn command(&self, line: &str, at: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veilpass"));
        command
            .args(line.split_whitespace())
            .args(["--json", "--weak-keys", "--work-factor", "2", "--at", at])
            .current_dir(self.0.path())
            .env("VEILPASS_PASSPHRASE", "correct horse")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, line: &str) -> Said {
        self.run_at(line, &later(2))
    }

    pub fn run_at(&self, line: &str, at: &str) -> Said {
        said(&self.command(line, at).output().unwrap())
    }
}

/// What is meant for programmers, and stands in no message.
pub const JARGON: [&str; 14] = [
    "panicked",
    "Custom(",
    "invalid type:",
    "Err(",
    "Some(",
    "Ok(",
    "Error {",
    "Failure {",
    "os error",
    "DecodeError",
    "sqlx",
    "column index",
    "Rust type",
    "RUST_BACKTRACE",
];

pub fn said(output: &Output) -> Said {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    let all = format!("{text}{errors}");
    let jargon = JARGON.iter().find(|word| all.contains(**word));
    assert_eq!(jargon, None, "is said to people: {all}");
    let last = text.lines().last().unwrap_or("");
    Said {
        code: output.status.code().unwrap_or(-1),
        json: serde_json::from_str(last).unwrap_or(Value::Null),
        text: all,
    }
}

/// So many seconds after [`AT`].
pub fn later(seconds: u32) -> String {
    let (minutes, seconds) = (4 + seconds / 60, seconds % 60);
    format!("2021-06-28T19:{minutes:02}:{seconds:02}+03:00")
}

pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
