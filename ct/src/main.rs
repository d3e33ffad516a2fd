//! Runs one operation with its secrets marked as undefined, so that valgrind's memcheck reports every
//! branch and every address that depends on them (as ctgrind does).
//!
//! Secrets live in private fields. They are found by their bytes: the scalars are known, so is how they
//! lie in memory, and the operand's own memory and what it points to is searched for them.

mod memcheck;

use std::mem::size_of;

use rand::{Rng, SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::curve::{Scalar, TryCryptoRng, TryRng, scalar_from_bytes};
use veilpass::issuance::{Offer, PendingOffer};
use veilpass::presentation::Ask;
use veilpass::registry::Handle;
use veilpass::scheme::{Day, IssuerKey, Mode, Value};

#[path = "../../tests/story/mod.rs"]
mod story;

use story::{City, HOUR, NOW, day};

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
fn laid_out(bytes: &[u8]) -> [u8; size_of::<Scalar>()] {
    let scalar = scalar_from_bytes(bytes.try_into().expect("32 bytes")).expect("a scalar");
    // SAFETY: a scalar is four limbs, with no padding.
    unsafe { std::mem::transmute(scalar) }
}

/// Marks `secrets` undefined wherever they are in `operand` and in what it points to. Says how many
/// places these were.
fn taint<T>(operand: &T, secrets: &[[u8; 32]]) -> usize {
    let own = (std::ptr::from_ref(operand).cast::<u8>(), size_of::<T>());
    let mut places = vec![own];
    for offset in (0..own.1.saturating_sub(7)).step_by(8) {
        // SAFETY: within the operand. Padding may be undefined; memcheck is asked, not trusted.
        let word = unsafe { own.0.add(offset).cast::<usize>().read_unaligned() };
        let target = word as *const u8;
        if !memcheck::is_defined(own.0.wrapping_add(offset), 8) {
            continue;
        }
        let length = (1..=32)
            .map(|n| 32 * n)
            .take_while(|n| memcheck::is_addressable(target, *n))
            .last();
        places.extend(length.map(|length| (target, length)));
    }
    let mut found = Vec::new();
    for (start, length) in places {
        for offset in (0..length.saturating_sub(31)).step_by(8) {
            let place = start.wrapping_add(offset);
            if !memcheck::is_defined(place, 32) {
                continue;
            }
            // SAFETY: memcheck has just said that these bytes are there.
            let bytes = unsafe { place.cast::<[u8; 32]>().read_unaligned() };
            if secrets.contains(&bytes) {
                found.push(place);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    for place in &found {
        memcheck::undefined(*place, 32);
    }
    found.len()
}

/// e, s, the secret, the handle and attributes; nonces and blinders from an undefined generator.
fn present(city: &mut City) {
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let holder = city.holder_bundle();
    let ask = Ask::new(&city.scheme, Mode::Poster, "restaurant", "Cafe");
    let bytes = credential.expose_bytes();
    // kind, X, X1, A, then e, s, the secret; the witness's y at the end.
    let end = bytes.len();
    let mut secrets: Vec<_> = [194..226, 226..258, 258..290, end - 88..end - 56]
        .map(|place| laid_out(&bytes[place]))
        .to_vec();
    // Attributes: a day is a number, a text is hashed.
    let mut until = [0; 32];
    until[28..].copy_from_slice(&day(2022, 6, 1).0.to_be_bytes());
    secrets.push(laid_out(&until));
    for text in ["Anna Kuznetsova", "Agency"] {
        let suite = veilpass::curve::HashSuite::XmdSha256;
        let scalar = suite.hash_to_scalar(&[text.as_bytes()], b"VEILPASS_V1_TEXT_ATTRIBUTE");
        secrets.push(laid_out(&veilpass::curve::scalar_to_bytes(&scalar)));
    }
    let credential: Box<Credential> = Box::new(credential);
    let places = taint(&*credential, &secrets);
    eprintln!("present: {places} places of {} secrets", secrets.len());
    assert!(places >= secrets.len(), "the secrets were not found");
    let mut rng = Tainted(StdRng::seed_from_u64(1));
    let shown = credential.present(&holder, &ask, Day(0), NOW, &mut rng);
    memcheck::finish(&shown);
}

/// The issuer's key.
fn issue(city: &mut City) {
    let handle = city.registry.draw(&mut city.rng).unwrap();
    let accreditation = city.accredit(&city.clinic);
    let values = City::issuer_values(day(2022, 6, 1));
    let kept = city
        .clinic
        .offer(&city.scheme, &values, NOW + HOUR, &mut city.rng)
        .unwrap();
    let offer: Offer = kept.offer().clone();
    let pending = offer
        .request(&city.scheme, &City::holder_values(), NOW, &mut city.rng)
        .unwrap();
    let kept = PendingOffer::from_bytes(&city.scheme, &kept.to_bytes()).unwrap();
    let handle = Handle::from_bytes(&handle.expose_bytes()).unwrap();
    let secrets = [laid_out(&*city.clinic.expose_bytes())];
    let key = Box::new(IssuerKey::from_bytes(&*city.clinic.expose_bytes()).unwrap());
    let places = taint(&*key, &secrets);
    eprintln!("issue: {places} places");
    assert!(places > 0, "the key was not found");
    let response = kept.issue(
        &city.scheme,
        &key,
        Some(&accreditation),
        pending.request(),
        handle,
        NOW,
    );
    memcheck::finish(&response);
}

/// The holder's attributes; secrets and nonces from an undefined generator.
fn request(city: &mut City) {
    let values = City::issuer_values(day(2022, 6, 1));
    let kept = city
        .clinic
        .offer(&city.scheme, &values, NOW + HOUR, &mut city.rng)
        .unwrap();
    let values = City::holder_values();
    for (_, value) in &values {
        if let Value::Text(text) = value {
            memcheck::undefined(text.as_ptr(), text.len());
        }
    }
    let mut rng = Tainted(StdRng::seed_from_u64(1));
    let pending = kept.offer().request(&city.scheme, &values, NOW, &mut rng);
    memcheck::finish(&pending.is_ok());
}

/// What must be reported: a table looked up at a secret, and variable-time code given one.
fn planted() {
    let mut bytes = [0; 32];
    StdRng::seed_from_u64(1).fill_bytes(&mut bytes[1..]);
    let scalar = scalar_from_bytes(&bytes).unwrap();
    memcheck::undefined(std::ptr::from_ref(&scalar).cast(), size_of::<Scalar>());
    let point = veilpass::curve::HashSuite::XmdSha256.hash_to_g1(&[b"point"], b"CT");
    let sum = veilpass::curve::msm_vartime(&[(veilpass::curve::Base::Point(point), scalar)]);
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
