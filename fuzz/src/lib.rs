//! What the targets share: a city made once, and signatures over bodies that the engine made.
//!
//! Every target holds the same: nothing panics, and whatever decodes, encodes to the same bytes.

use std::sync::LazyLock;

use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use veilpass::Credential;
use veilpass::artefact::Artefact;
use veilpass::internals::{PublicKeys, date_table};
use veilpass::scheme::{Bundle, BundleVerifyingKey, HolderBundle};

mod count;
mod evidence;
pub mod made;

pub use count::count_signed;
pub use evidence::{MAP, REGISTER, evidence, judge, png, rows};
pub use veilpass_fixture::city::{City, NOW, at, day};

/// The seed of everything that is made once.
const SEED: u64 = 1;

/// Entries of the date table where a target has it checked: few, so that it is quick.
const SHORT_TABLE: u16 = 3;

/// A city, a credential from its clinic, and what a door has.
pub struct World {
    pub city: City,
    pub credential: Credential,
    pub bundle: Bundle,
    pub holder: HolderBundle,
}

// Nothing in it changes after it is made, and libFuzzer has one thread.
pub static WORLD: LazyLock<World> = LazyLock::new(world);

/// The city of all targets, always the same.
pub fn world() -> World {
    let mut city = City::new(SEED);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    World {
        bundle: city.door_bundle(),
        holder: city.holder_bundle(),
        credential,
        city,
    }
}

/// The city with a short date table and two removals.
pub fn short_city() -> City {
    let mut city = City::new(SEED);
    let (table, (date, length)) = date_table(SHORT_TABLE, &mut city.rng).unwrap();
    city.table = table;
    let keys = PublicKeys {
        date,
        table: length,
        ..PublicKeys::of(&city.keys)
    };
    city.keys = keys.key_set(&city.scheme);
    for _ in 0..2 {
        let handle = city.registry.draw(&mut city.rng).unwrap();
        city.registry.remove(&handle.id()).unwrap();
    }
    city.next_epoch(NOW);
    city
}

/// The authority's key, as the engine needs it to sign anything at all.
pub fn authority() -> (SigningKey, BundleVerifyingKey) {
    let key = &WORLD.city.bundle_key;
    (
        SigningKey::from_bytes(&key.expose_bytes()),
        key.verifying_key(),
    )
}

/// Labelled hashing as docs/format.md has it.
pub fn hash(label: &[u8], fields: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in [&b"veilpass v2"[..], label].iter().chain(fields) {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// `body` as an artefact of `kind`, signed by the authority: what an attacker cannot make, so that the
/// decoder behind the signature meets hostile bytes.
pub fn signed(kind: Artefact, body: &[u8]) -> Vec<u8> {
    let scheme = WORLD.city.scheme.id();
    let digest = hash(b"signed", &[scheme, &[2], &[kind.letter()], body]);
    let signature = authority().0.sign(&digest).to_bytes();
    [&[2, kind.letter()][..], &signature, scheme, body].concat()
}

/// What was decoded encodes to the same bytes.
pub fn same(encoded: impl AsRef<[u8]>, bytes: &[u8]) {
    assert!(
        encoded.as_ref() == bytes,
        "decodes, but encodes to other bytes"
    );
}
