//! The published vectors of the three drafts, read from the package folder of the `zkryptium`
//! dev-dependency. Part of the crate's own tests, so that the traces (points and scalars that no
//! public function returns) and the mocked randomness can be compared too.

mod blind;
mod core;
mod nym;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

use super::interface::Interface;
use super::{PublicKey, Sha256, Shake256, Suite};
use crate::curve::{
    G1Affine, HashSuite, Scalar, TryCryptoRng, TryRng, g1_to_bytes, scalar_to_bytes,
};

/// The seed of all mocked randomness.
const SEED: &[u8] = b"3.141592653589793238462643383279";

/// A ciphersuite with the folder its vectors are in.
trait Vectors: Suite {
    const FOLDER: &'static str;
}

impl Vectors for Sha256 {
    const FOLDER: &'static str = "bls12-381-sha-256";
}

impl Vectors for Shake256 {
    const FOLDER: &'static str = "bls12-381-shake-256";
}

/// Declares each test once for each ciphersuite.
macro_rules! for_both_suites {
    ($($name:ident),+ $(,)?) => {
        mod sha256 {
            $(#[test] fn $name() { super::$name::<crate::bbs::Sha256>(); })+
        }
        mod shake256 {
            $(#[test] fn $name() { super::$name::<crate::bbs::Shake256>(); })+
        }
    };
}
use for_both_suites;

/// The folder `fixture_data` of the zkryptium package that Cargo.lock names.
fn fixtures() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let metadata = cargo_metadata::MetadataCommand::new()
            .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .exec()
            .expect("cargo metadata");
        let package = (metadata.packages.iter())
            .find(|p| p.name.as_str() == "zkryptium" && p.version.to_string() == "0.8.0")
            .expect("zkryptium 0.8.0 is a dev-dependency");
        let folder = package.manifest_path.with_file_name("fixture_data");
        assert!(folder.is_dir(), "no vectors in {folder}");
        folder.into()
    })
}

/// One file of vectors of a ciphersuite.
fn file<S: Vectors>(set: &str, name: &str) -> Value {
    let path = fixtures().join(set).join(S::FOLDER).join(name);
    read(&path)
}

fn read(path: &std::path::Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// All files of a folder of vectors, which must be `count` many.
fn folder<S: Vectors>(set: &str, name: &str, count: usize) -> BTreeMap<String, Value> {
    let path = fixtures().join(set).join(S::FOLDER).join(name);
    let files: BTreeMap<_, _> = fs::read_dir(&path)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, read(&path))
        })
        .collect();
    assert_eq!(files.len(), count, "files in {}", path.display());
    files
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("a hex string")).expect("hex")
}

/// A scalar. Some in the pseudonym vectors lack their leading zeros.
fn scalar_bytes(value: &Value) -> [u8; 32] {
    let padded = format!("{:0>64}", value.as_str().expect("a hex string"));
    hex::decode(padded).unwrap().try_into().unwrap()
}

fn byte_list(value: &Value) -> Vec<Vec<u8>> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().map(bytes).collect(),
        other => panic!("not a list: {other}"),
    }
}

/// `{"0": "…", "2": "…"}` as (index, message), rising.
fn indexed(value: &Value) -> Vec<(usize, Vec<u8>)> {
    let mut list: Vec<_> = value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(index, message)| (index.parse().unwrap(), bytes(message)))
        .collect();
    list.sort();
    list
}

fn as_slices(list: &[(usize, Vec<u8>)]) -> Vec<(usize, &[u8])> {
    list.iter().map(|(i, m)| (*i, m.as_slice())).collect()
}

fn indexes(list: &[(usize, Vec<u8>)]) -> Vec<usize> {
    list.iter().map(|(i, _)| *i).collect()
}

fn public_key<S: Suite>(value: &Value) -> PublicKey<S> {
    PublicKey::from_bytes(&bytes(value)).unwrap()
}

#[track_caller]
fn same_point(point: &G1Affine, expected: &Value) {
    assert_eq!(hex::encode(g1_to_bytes(point)), *expected);
}

#[track_caller]
fn same_scalar(scalar: &Scalar, expected: &Value) {
    assert_eq!(scalar_to_bytes(scalar), scalar_bytes(expected));
}

/// Both lists of generators of a blind interface.
fn same_generators(interface: &Interface, expected: &Value) {
    let lists = [
        (&interface.signer, &expected["generators"]),
        (&interface.blind, &expected["blindGenerators"]),
    ];
    for (generators, expected) in lists {
        same_point(interface.base_point.point(), &expected["P1"]);
        let list = expected["MsgGenerators"].as_array().unwrap();
        let made = generators.up_to_limit(list.len() + 1);
        same_point(made[0].point(), &expected["Q1"]);
        for (generator, expected) in made[1..].iter().zip(list) {
            same_point(generator.point(), expected);
        }
    }
}

/// mocked_calculate_random_scalars as a generator: an expanded seed, 48 bytes a scalar.
struct MockRng {
    bytes: std::vec::IntoIter<u8>,
}

impl MockRng {
    fn new(hash: HashSuite, dst: &str, scalars: usize) -> Self {
        let mut bytes = vec![0; 48 * scalars];
        hash.expand_into(&[SEED], dst.as_bytes(), &mut bytes);
        Self {
            bytes: bytes.into_iter(),
        }
    }
}

impl Drop for MockRng {
    fn drop(&mut self) {
        // Drawing fewer scalars than the vector has would be a difference to the draft as well.
        if !std::thread::panicking() {
            assert_eq!(self.bytes.len(), 0, "mocked randomness left over");
        }
    }
}

impl TryRng for MockRng {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("the drafts draw whole scalars")
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("the drafts draw whole scalars")
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            *byte = self
                .bytes
                .next()
                .expect("more randomness than the draft draws");
        }
        Ok(())
    }
}

impl TryCryptoRng for MockRng {}
