//! Runs one operation with its secrets marked as undefined, so that valgrind's memcheck reports every
//! branch and every address that depends on them (as ctgrind does).
//!
//! Secrets live in private fields. They are found by their bytes: the scalars are known, so is how they
//! lie in memory, and the operand's own memory and what it points to is searched for them.

mod memcheck;

use std::mem::size_of;

use rand::{Rng, SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::internals::curve::{
    G1Affine, Scalar, TryCryptoRng, TryRng, g1_from_bytes, msm, scalar_from_bytes,
};
use veilpass::issuance::{Offer, PendingOffer};
use veilpass::registry::Handle;
use veilpass::scheme::{IssuerKey, Mode, Value};

use veilpass_fixture::city::{City, HOUR, NOW, at, day};

/// A generator whose output is undefined.
struct Tainted(StdRng);

impl TryRng for Tainted {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill_bytes(bytes);
        memcheck::undefined(bytes.as_ptr(), bytes.len());
        Ok(())
    }
}

impl TryCryptoRng for Tainted {}

/// A scalar as it lies in memory.
fn laid_out(bytes: &[u8]) -> Vec<u8> {
    let scalar = scalar_from_bytes(bytes.try_into().expect("32 bytes")).expect("a scalar");
    // SAFETY: a scalar is four limbs, with no padding.
    let limbs: [u8; size_of::<Scalar>()] = unsafe { std::mem::transmute(scalar) };
    limbs.to_vec()
}

/// The coordinates of a point as they lie in memory.
fn coordinates(point: &G1Affine) -> Vec<u8> {
    // SAFETY: a point begins with its coordinates, six limbs each; the rest, which has padding, is not read.
    let limbs: [u8; 96] = unsafe { std::ptr::from_ref(point).cast::<[u8; 96]>().read() };
    limbs.to_vec()
}

/// A piece of memory: where it begins, and how long it is.
type Block = (*const u8, usize);

/// What the words of a block point to, as far as it is there: 1 kB each at most.
fn pointed_at((start, length): Block) -> Vec<Block> {
    let mut blocks = Vec::new();
    for offset in (0..length.saturating_sub(7)).step_by(8) {
        let place = start.wrapping_add(offset);
        if !memcheck::is_defined(place, 8) {
            continue;
        }
        // SAFETY: memcheck has just said that these bytes are there.
        let word = unsafe { place.cast::<usize>().read_unaligned() };
        let target = word as *const u8;
        let length = (1..=128)
            .map(|n| 8 * n)
            .take_while(|n| memcheck::is_addressable(target, *n))
            .last();
        blocks.extend(length.map(|length| (target, length)));
    }
    blocks
}

/// Marks `secrets` undefined wherever they are in `operand`, in what it points to (a secret is boxed) and in
/// what that points to (a boxed vector). Says how often each was found.
fn taint<T>(operand: &T, secrets: &[Vec<u8>]) -> Vec<usize> {
    let own = (std::ptr::from_ref(operand).cast::<u8>(), size_of::<T>());
    let boxed = pointed_at(own);
    let behind: Vec<_> = boxed.iter().copied().flat_map(pointed_at).collect();
    let blocks = [vec![own], boxed, behind].concat();
    let mut found = Vec::new();
    for (start, length) in blocks {
        for (secret, bytes) in secrets.iter().enumerate() {
            for offset in (0..(length + 1).saturating_sub(bytes.len())).step_by(4) {
                let place = start.wrapping_add(offset);
                if memcheck::is_defined(place, bytes.len()) && lies_at(bytes, place) {
                    found.push((place, secret));
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    let mut counts = vec![0; secrets.len()];
    for (place, secret) in found {
        memcheck::undefined(place, secrets[secret].len());
        counts[secret] += 1;
    }
    counts
}

/// Whether these bytes are at `place`, which memcheck has said to be there and defined.
fn lies_at(bytes: &[u8], place: *const u8) -> bool {
    let at = |i| {
        // SAFETY: within what memcheck was asked about.
        unsafe { place.wrapping_add(i).read() }
    };
    bytes.iter().enumerate().all(|(i, byte)| *byte == at(i))
}

/// Marks what must be found, and says so.
fn taint_all<T>(what: &str, operand: &T, secrets: &[(&str, Vec<u8>)]) {
    let bytes: Vec<_> = secrets.iter().map(|(_, bytes)| bytes.clone()).collect();
    for ((name, _), count) in secrets.iter().zip(taint(operand, &bytes)) {
        eprintln!("{what}: {name} marked in {count} places");
        assert!(count > 0, "{name} was not found");
    }
}

/// The signature, the witness, the secret, the handle, attributes as scalars and dates as days; nonces and
/// blinders from an undefined generator.
fn present(city: &mut City) {
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let holder = city.holder_bundle();
    // Two dates are compared, one of them far back.
    let ask = city.ask(Mode::Poster, "bar", "Cafe");
    let bytes = credential.expose_bytes();
    let (x, end) = (city.clinic.expose_bytes(), bytes.len());
    let point = |place: usize| {
        g1_from_bytes(bytes[place..place + 48].try_into().unwrap()).expect("a point")
    };
    let scalar = |bytes: &[u8]| scalar_from_bytes(bytes.try_into().unwrap()).expect("a scalar");
    // kind, X, X1, A, then e, s, the secret; the witness's y and C at the end.
    let (a, c) = (point(146), point(end - 56));
    // A = B/(x + e).
    let b = msm([(a.into(), scalar(&x[..]) + scalar(&bytes[194..226]))]);
    let mut secrets = vec![
        ("A", coordinates(&a)),
        ("B", coordinates(&b.into())),
        ("C", coordinates(&c)),
    ];
    let y = end - 88;
    for (name, place) in [("e", 194), ("s", 226), ("m_0", 258), ("y", y)] {
        secrets.push((name, laid_out(&bytes[place..place + 32])));
    }
    for (name, as_scalar, day) in [
        ("last day", "last day as a scalar", day(2022, 6, 1)),
        ("birthday", "birthday as a scalar", day(1985, 3, 8)),
    ] {
        let mut number = [0; 32];
        number[28..].copy_from_slice(&day.0.to_be_bytes());
        secrets.push((as_scalar, laid_out(&number)));
        secrets.push((name, day.0.to_ne_bytes().to_vec()));
    }
    for (name, text) in [
        ("name", "Anna Kuznetsova"),
        ("employer", "Agency"),
        ("hint", "A.K."),
    ] {
        let suite = veilpass::internals::curve::HashSuite::XmdSha256;
        let scalar = suite.hash_to_scalar(&[text.as_bytes()], b"VEILPASS_V2_TEXT_ATTRIBUTE");
        secrets.push((
            name,
            laid_out(&veilpass::internals::curve::scalar_to_bytes(&scalar)),
        ));
    }
    let credential: Box<Credential> = Box::new(credential);
    taint_all("present", &*credential, &secrets);
    let mut rng = Tainted(StdRng::seed_from_u64(1));
    let shown = credential.present(&holder, &ask, None, at(NOW), &mut rng);
    memcheck::finish(&shown);
}

/// The issuer's key.
fn issue(city: &mut City) {
    let handle = city.registry.draw(&mut city.rng).unwrap();
    let accreditation = city.accredit(&city.clinic);
    let values = City::issuer_values(day(2022, 6, 1));
    let kept = city
        .clinic
        .offer(&city.scheme, &values, at(NOW + HOUR), &mut city.rng)
        .unwrap();
    let offer: Offer = kept.offer().clone();
    let pending = offer
        .request(&city.scheme, &City::holder_values(), at(NOW), &mut city.rng)
        .unwrap();
    let kept = PendingOffer::from_bytes(&city.scheme, &kept.to_bytes()).unwrap();
    let handle = Handle::from_bytes(&handle.expose_bytes()).unwrap();
    let key = Box::new(IssuerKey::from_bytes(&*city.clinic.expose_bytes()).unwrap());
    taint_all(
        "issue",
        &*key,
        &[("x", laid_out(&*city.clinic.expose_bytes()))],
    );
    let response = kept.issue(
        &city.scheme,
        &key,
        Some(&accreditation),
        pending.request(),
        handle,
        at(NOW),
    );
    memcheck::finish(&response);
}

/// The holder's attributes; secrets and nonces from an undefined generator.
fn request(city: &mut City) {
    let values = City::issuer_values(day(2022, 6, 1));
    let kept = city
        .clinic
        .offer(&city.scheme, &values, at(NOW + HOUR), &mut city.rng)
        .unwrap();
    let values = City::holder_values();
    for (_, value) in &values {
        if let Value::Text(text) = value {
            memcheck::undefined(text.as_ptr(), text.len());
        }
    }
    let mut rng = Tainted(StdRng::seed_from_u64(1));
    let pending = kept
        .offer()
        .request(&city.scheme, &values, at(NOW), &mut rng);
    memcheck::finish(&pending.is_ok());
}

/// What must be reported: a table looked up at a secret, and variable-time code given one.
fn planted() {
    let mut bytes = [0; 32];
    StdRng::seed_from_u64(1).fill_bytes(&mut bytes[1..]);
    let scalar = scalar_from_bytes(&bytes).unwrap();
    memcheck::undefined(std::ptr::from_ref(&scalar).cast(), size_of::<Scalar>());
    let point = veilpass::internals::curve::HashSuite::XmdSha256.hash_to_g1(&[b"point"], b"CT");
    let sum = veilpass::internals::curve::msm_vartime(&[(
        veilpass::internals::curve::Base::Point(point),
        scalar,
    )]);
    memcheck::finish(&sum);
}

fn main() {
    let operation = std::env::args().nth(1).unwrap_or_default();
    assert!(
        memcheck::running(),
        "this says something under valgrind only; see ct/run"
    );
    let mut city = City::new(1);
    match operation.as_str() {
        "present" => present(&mut city),
        "issue" => issue(&mut city),
        "request" => request(&mut city),
        "planted" => planted(),
        _ => panic!("present, issue, request or planted"),
    }
}
