//! What is played: commands that open key files and the wallet.

use std::process::Command;

use age::scrypt;
use age::secrecy::SecretString;
use veilpass::internals::curve::{g1_from_bytes, scalar_from_bytes};

use super::secrets::Secrets;
use super::terminal::{Town, later};

/// The passphrase of all folders; `terminal` gives it in the environment, the command here in a file.
const PASSPHRASE: &str = "correct horse";
/// Work of opening the wallet, log2: long enough for the passphrase to be seen meanwhile.
const SLOW: u8 = 17;

/// A command, and what must not be left of it.
pub struct Scene {
    pub line: &'static str,
    pub secrets: fn(&Town) -> Secrets,
    /// What lives long enough to be seen; the rest is wiped within a moment.
    pub seen: &'static [&'static str],
    /// Asks at some time, and goes on when it was answered.
    pub asks: bool,
}

const fn quick(line: &'static str, secrets: fn(&Town) -> Secrets) -> Scene {
    Scene {
        line,
        secrets,
        seen: &[],
        asks: false,
    }
}

pub const SCENES: [Scene; 6] = [
    Scene {
        line: "issuer desk --dir clinic",
        secrets: clinic,
        seen: &["key x"],
        asks: true,
    },
    Scene {
        line: "holder present --dir wallet poster.png --yes --out shown.png",
        secrets: slow_wallet,
        seen: &["passphrase"],
        asks: false,
    },
    quick(
        "holder receive --dir wallet another-response.png --label another",
        wallet,
    ),
    quick(
        "issuer issue --dir clinic third-request.png --yes --out third-response.png",
        clinic,
    ),
    quick(
        "authority publish --dir authority --to public",
        online_authority,
    ),
    quick(
        "authority accredit --dir authority again.vp --label clinic --out again-a.vp",
        authority,
    ),
];

/// A town where all of that can happen.
pub fn town() -> Town {
    let town = Town::with_pass();
    for name in ["another", "third"] {
        town.offer(&format!("{name}-offer.png"));
        let request = "holder request --dir wallet --set name=Anna --set employer=Agency";
        let paths = format!("{name}-offer.png --out {name}-request.png --label {name}");
        town.run(&format!("{request} {paths}")).good();
    }
    let issue = "issuer issue --dir clinic another-request.png --yes --out another-response.png";
    town.run(issue).good();
    std::fs::copy(town.path("r.vp"), town.path("again.vp")).unwrap();
    std::fs::write(town.path("passphrase.txt"), PASSPHRASE).unwrap();
    town
}

/// The command, played by this test's own program, which waits at its end.
pub fn command(town: &Town, line: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(line.split_whitespace())
        .args([
            "--json",
            "--weak-keys",
            "--work-factor",
            "2",
            "--at",
            &later(70),
        ])
        .args(["--passphrase-file", "passphrase.txt"])
        .current_dir(town.0.path());
    command
}

fn opened(town: &Town, name: &str) -> Vec<u8> {
    let sealed = std::fs::read(town.path(name)).unwrap();
    let identity = scrypt::Identity::new(SecretString::from(PASSPHRASE));
    age::decrypt(&identity, &sealed).unwrap()
}

/// What every command has.
fn with_passphrase() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.bytes("passphrase", PASSPHRASE.as_bytes());
    secrets
}

fn scalar(secrets: &mut Secrets, name: &str, bytes: &[u8]) {
    secrets.scalar(name, &scalar_from_bytes(bytes.try_into().unwrap()).unwrap());
}

fn clinic(town: &Town) -> Secrets {
    let mut secrets = with_passphrase();
    scalar(&mut secrets, "key x", &opened(town, "clinic/issuer.age"));
    secrets
}

fn online_authority(town: &Town) -> Secrets {
    let mut secrets = with_passphrase();
    let keys = opened(town, "authority/online.age");
    scalar(&mut secrets, "alpha", &keys[..32]);
    secrets.bytes("seed of the bundle's key", &keys[32..]);
    secrets
}

fn authority(town: &Town) -> Secrets {
    let mut secrets = online_authority(town);
    let key = opened(town, "authority/accreditation.age");
    scalar(&mut secrets, "gamma", &key);
    secrets
}

/// The passphrase lasts as long as this wallet takes to open.
fn slow_wallet(town: &Town) -> Secrets {
    let plain = opened(town, "wallet/wallet.age");
    let mut recipient = scrypt::Recipient::new(SecretString::from(PASSPHRASE));
    recipient.set_work_factor(SLOW);
    let sealed = age::encrypt(&recipient, &plain).unwrap();
    std::fs::write(town.path("wallet/wallet.age"), sealed).unwrap();
    wallet(town)
}

/// The wallet's only pass.
fn wallet(town: &Town) -> Secrets {
    let plain = opened(town, "wallet/wallet.age");
    let mut rest = Fields(&plain);
    rest.take(2);
    rest.field();
    rest.take(4 + 32);
    assert_eq!(rest.take(2), [0, 1], "one pass");
    rest.field();
    let pass = rest.field();

    let mut secrets = with_passphrase();
    let a = g1_from_bytes(pass[146..194].try_into().unwrap()).unwrap();
    secrets.point("A", &a);
    scalar(&mut secrets, "e", &pass[194..226]);
    scalar(&mut secrets, "s", &pass[226..258]);
    scalar(&mut secrets, "m_0", &pass[258..290]);
    secrets
}

/// Bytes that are read from the front.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (first, rest) = self.0.split_at(length);
        self.0 = rest;
        first
    }

    /// With its length, two bytes, in front.
    fn field(&mut self) -> &'a [u8] {
        let length = u16::from_be_bytes(self.take(2).try_into().unwrap());
        self.take(usize::from(length))
    }
}
