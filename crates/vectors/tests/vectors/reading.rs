//! What the reader has from a file.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use rand::{SeedableRng, rngs::StdRng};
use serde_json::Value;
use veilpass::scheme::{
    Bundle, HolderBundle, SchemeCard, Trust, UnixTime, UnverifiedBundle, UnverifiedHolderBundle,
};

/// A file.
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) worlds: &'a Value,
}

/// A world's files, read once.
pub(super) struct World {
    pub(super) card: SchemeCard,
    pub(super) bundle: Bundle,
    pub(super) bundle_bytes: Vec<u8>,
    pub(super) holder_bytes: Vec<u8>,
    holder: OnceCell<HolderBundle>,
}

impl World {
    /// What a wallet has.
    pub(super) fn holder(&self) -> &HolderBundle {
        self.holder.get_or_init(|| {
            let holder = UnverifiedHolderBundle::new(&self.holder_bytes);
            holder
                .verify(&Trust::pinned(&self.card), &mut rng())
                .unwrap()
        })
    }
}

/// All worlds of a file.
pub(super) struct Reader<'a>(BTreeMap<&'a str, World>);

impl<'a> Reader<'a> {
    pub(super) fn new(file: File<'a>) -> Self {
        let read = |(name, world): (&'a String, &Value)| {
            let card = SchemeCard::from_bytes(&bytes(&world["schemeCard"])).unwrap();
            let bundle_bytes = bytes(&world["bundle"]);
            let bundle = UnverifiedBundle::new(&bundle_bytes).verify(&Trust::pinned(&card));
            let world = World {
                bundle: bundle.unwrap_or_else(|flaw| panic!("{}, {name}: {flaw}", file.name)),
                holder_bytes: world.get("holderBundle").map_or(Vec::new(), bytes),
                card,
                bundle_bytes,
                holder: OnceCell::new(),
            };
            (name.as_str(), world)
        };
        Self(file.worlds.as_object().unwrap().iter().map(read).collect())
    }

    /// The world of a group.
    pub(super) fn world(&self, group: &Value) -> &World {
        &self.0[text(&group["world"])]
    }
}

/// The system's randomness is not needed to read.
pub(super) fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

pub(super) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap()
}

pub(super) fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A number of whatever width.
pub(super) fn number<T: TryFrom<i64>>(value: &Value) -> T {
    T::try_from(value.as_i64().unwrap()).ok().unwrap()
}

/// The moment of a test.
pub(super) fn now(test: &Value) -> UnixTime {
    UnixTime::from_seconds(number(&test["now"]))
}

/// Bytes of the group with the test's change.
pub(super) fn changed(good: &[u8], change: &Value) -> Vec<u8> {
    if change.is_null() {
        return good.to_vec();
    }
    let (at, remove): (usize, usize) = (number(&change["at"]), number(&change["remove"]));
    [&good[..at], &bytes(&change["insert"]), &good[at + remove..]].concat()
}
