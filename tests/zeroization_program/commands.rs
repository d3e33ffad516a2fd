//! What is played: commands that open key files and the wallet.

use std::process::Command;

use age::scrypt;
use age::secrecy::SecretString;
use veilpass::curve::{g1_from_bytes, scalar_from_bytes};

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
    /// Asks at some time, and goes on when it was answered.
    pub asks: bool,
}

pub const SCENES: [Scene; 6] = [
    Scene {
        line: "issuer desk --dir clinic",
        secrets: desk,
        asks: true,
    },
    Scene {
        line: "holder present --dir wallet poster.png --yes --out shown.png",
        secrets: wallet_slowly,
        asks: false,
    },
    Scene {
        line: "holder receive --dir wallet another-response.png --label another",
        secrets: wallet,
        asks: false,
    },
    Scene {
        line: "issuer issue --dir clinic third-request.png --yes --out third-response.png",
        secrets: clinic,
        asks: false,
    },
    Scene {
        line: "authority publish --dir authority --to public",
        secrets: online,
        asks: false,
    },
    Scene {
        line: "authority accredit --dir authority again.vp --label clinic --out again-a.vp",
        secrets: cold,
        asks: false,
    },
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
        .args(["--json", "--work-factor", "2", "--at", &later(70)])
        .args(["--passphrase-file", "passphrase.txt"])
        .current_dir(town.0.path());
    command
}

fn opened(town: &Town, name: &str) -> Vec<u8> {
    let sealed = std::fs::read(town.path(name)).unwrap();
    let identity = scrypt::Identity::new(SecretString::from(PASSPHRASE));
    age::decrypt(&identity, &sealed).unwrap()
}

fn scalar(secrets: &mut Secrets, name: &str, bytes: &[u8]) {
    let number = scalar_from_bytes(bytes.try_into().unwrap()).unwrap();
    secrets.passing_scalar(name, &number);
}

fn desk(town: &Town) -> Secrets {
    let mut secrets = Secrets::default();
    let key = opened(town, "clinic/issuer.age");
    let key = scalar_from_bytes(key.as_slice().try_into().unwrap()).unwrap();
    secrets.scalar("key x", &key);
    secrets.fleeting("passphrase", PASSPHRASE.as_bytes());
    secrets
}

fn clinic(town: &Town) -> Secrets {
    let mut secrets = Secrets::default();
    scalar(&mut secrets, "key x", &opened(town, "clinic/issuer.age"));
    secrets.fleeting("passphrase", PASSPHRASE.as_bytes());
    secrets
}

fn online(town: &Town) -> Secrets {
    let mut secrets = Secrets::default();
    let keys = opened(town, "authority/online.age");
    scalar(&mut secrets, "alpha", &keys[..32]);
    secrets.fleeting("seed of the bundle's key", &keys[32..]);
    secrets.fleeting("passphrase", PASSPHRASE.as_bytes());
    secrets
}

fn cold(town: &Town) -> Secrets {
    let mut secrets = online(town);
    let key = opened(town, "authority/accreditation.age");
    scalar(&mut secrets, "gamma", &key);
    secrets
}

/// The passphrase lasts as long as the wallet takes to open.
fn wallet_slowly(town: &Town) -> Secrets {
    let plain = opened(town, "wallet/wallet.age");
    let mut recipient = scrypt::Recipient::new(SecretString::from(PASSPHRASE));
    recipient.set_work_factor(SLOW);
    let sealed = age::encrypt(&recipient, &plain).unwrap();
    std::fs::write(town.path("wallet/wallet.age"), sealed).unwrap();
    let mut secrets = of_wallet(&plain);
    secrets.bytes("passphrase", PASSPHRASE.as_bytes());
    secrets
}

fn wallet(town: &Town) -> Secrets {
    let mut secrets = of_wallet(&opened(town, "wallet/wallet.age"));
    secrets.fleeting("passphrase", PASSPHRASE.as_bytes());
    secrets
}

/// The first pass in a wallet and the request after it.
fn of_wallet(plain: &[u8]) -> Secrets {
    let mut rest = &plain[2..];
    let mut take = |length: usize| {
        let (first, after) = rest.split_at(length);
        rest = after;
        first
    };
    let number = |bytes: &[u8]| usize::from(u16::from_be_bytes(bytes.try_into().unwrap()));
    let field = |take: &mut dyn FnMut(usize) -> Vec<u8>| {
        let length = number(&take(2));
        take(length)
    };
    let mut take = |length: usize| take(length).to_vec();
    field(&mut take);
    take(4 + 32);
    assert_eq!(number(&take(2)), 1, "one pass");
    field(&mut take);
    let pass = field(&mut take);

    let mut secrets = Secrets::default();
    secrets.passing_point(
        "A",
        &g1_from_bytes(pass[146..194].try_into().unwrap()).unwrap(),
    );
    scalar(&mut secrets, "e", &pass[194..226]);
    scalar(&mut secrets, "s", &pass[226..258]);
    scalar(&mut secrets, "m_0", &pass[258..290]);
    secrets
}
