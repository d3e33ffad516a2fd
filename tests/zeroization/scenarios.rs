//! What is played: everything that holds a secret makes it, uses it and drops it.
//!
//! What would need the other side's secrets (an issuer's response, a handle) is made while learning, and
//! read from a folder while acting.

use std::path::Path;

use rand::{SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha512};
use veilpass::Credential;
use veilpass::bbs::{self, Pending, Sha256};
use veilpass::internals::curve::{
    G1Affine, HashSuite, Scalar, g1_from_bytes, nonzero_random_scalar, random_scalar,
    scalar_from_bytes, scalar_to_bytes,
};
use veilpass::internals::{self, Registry};
use veilpass::issuance::{ClaimCode, Offer, PendingOffer, PendingRequest, Request, Response};
use veilpass::presentation::Question;
use veilpass::registry::{Handle, RegistryKey};
use veilpass::scheme::{
    AccreditationKey, BundleKey, BundleVerifyingKey, IssuerKey, Mode, Schema, Trust,
    UnverifiedHolderBundle, Value,
};
use zeroize::{Zeroize, Zeroizing};

use super::stage::{Fountain, Stage};
use super::watch::{ALIVE, BUSY};
use veilpass_fixture::city::{City, HOUR, NOW, at, day};

/// Entries of the date table that is made: enough to be looked into meanwhile.
const LONG_TABLE: u16 = 8192;

/// A scenario by name: the generator, who plays, the folder for what comes from outside.
pub type Scenario = fn(&mut Stage, &Path);

pub const ALL: [(&str, Scenario); 7] = [
    ("standard layer", standard_layer),
    ("issuer", issuer),
    ("holder", holder),
    ("authority", authority),
    ("date table", date_table),
    ("claim code", claim_code),
    ("planted", planted),
];

fn scalar(bytes: &[u8]) -> Scalar {
    scalar_from_bytes(bytes.try_into().unwrap()).unwrap()
}

fn point(bytes: &[u8]) -> G1Affine {
    g1_from_bytes(bytes.try_into().unwrap()).unwrap()
}

/// What the generator gives next.
fn next<const N: usize>(fountain: &Fountain) -> [u8; N] {
    use veilpass::internals::curve::TryRng;
    let mut bytes = [0; N];
    let Ok(()) = fountain.clone().try_fill_bytes(&mut bytes);
    bytes
}

fn wipe(values: &mut [(&'static str, Value)]) {
    for (_, value) in values {
        value.zeroize();
    }
}

/// A file that the learning player left, or what `make` makes while learning.
fn given(stage: &Stage, dir: &Path, name: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = dir.join(name);
    match stage {
        Stage::Learning(_) => {
            let made = make();
            std::fs::write(&path, &made).unwrap();
            made
        }
        Stage::Acting => std::fs::read(&path).unwrap(),
    }
}

/// Key, messages, a credential shown, a blind commitment.
fn standard_layer(stage: &mut Stage, _: &Path) {
    let mut fountain = Fountain(1);
    stage.fleeting("key material", || next::<32>(&fountain));
    let key = bbs::SecretKey::<Sha256>::generate(&mut fountain);
    stage.scalar("key x", || scalar(&*key.expose_bytes()));
    let key = bbs::SecretKey::<Sha256>::from_bytes(&*key.expose_bytes()).unwrap();
    let messages = [fountain.text(), fountain.text()];
    let messages: [&str; 2] = [&messages[0], &messages[1]];
    for (message, (text, number)) in messages.iter().zip([
        ("message 1", "scalar of message 1"),
        ("message 2", "scalar of message 2"),
    ]) {
        stage.text(text, || message);
        stage.scalar(number, || {
            let dst = b"BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_H2G_HM2S_MAP_MSG_TO_SCALAR_AS_HASH_";
            HashSuite::XmdSha256.hash_to_scalar(&[message.as_bytes()], dst)
        });
    }
    let signature = key.sign(b"header", &messages).unwrap();
    let credential = key
        .public_key()
        .verify(&signature, b"header", &messages)
        .unwrap();
    stage.fleeting("seed of a proof", || next::<32>(&fountain));
    credential.prove(b"nonce", &[], &mut fountain).unwrap();
    stage.fleeting("seed of a commitment", || next::<32>(&fountain));
    let (pending, commitment) = Pending::<Sha256>::commit(&messages, &mut fountain).unwrap();
    stage.scalar("prover's blinding", || {
        scalar(&*pending.expose_prover_blind())
    });
    let blind = key
        .blind_sign(Some(&commitment), b"header", &["public"])
        .unwrap();
    stage.pause(ALIVE);
    let received = pending
        .receive(key.public_key(), &blind, b"header", &["public"])
        .unwrap();
    drop((received, credential, key));
}

/// An issuer's key made, read, registered; an offer made, kept, read, signed for a request from outside.
fn issuer(stage: &mut Stage, dir: &Path) {
    let mut fountain = Fountain(2);
    let mut city = City::new(1);
    stage.fleeting("key's randomness", || next::<48>(&fountain));
    let fresh = IssuerKey::generate(&mut fountain);
    stage.scalar("key x", || scalar(&*fresh.expose_bytes()));
    let key = IssuerKey::from_bytes(&*fresh.expose_bytes()).unwrap();
    drop(fresh);
    stage.fleeting("seed of the proof of possession", || next::<32>(&fountain));
    let _ = key.register(&city.scheme, &mut fountain);

    let hint = fountain.text();
    stage.text("issuer's attribute", || &hint);
    let mut values = City::issuer_values(day(2022, 6, 1));
    values[3].1 = Value::Text(String::clone(&hint));
    stage.bytes("salt of the offer", || next::<32>(&fountain));
    let kept = (key.offer(&city.scheme, &values, at(NOW + HOUR), &mut fountain)).unwrap();
    let sealed = kept.seal(&key).unwrap();
    let id = kept.offer().id();
    let kept = PendingOffer::open(&city.scheme, &key, &id, &sealed).unwrap();

    let request = given(stage, dir, "request", || {
        let mut rng = StdRng::seed_from_u64(5);
        let pending = kept
            .offer()
            .request(&city.scheme, &City::holder_values(), at(NOW), &mut rng);
        pending.unwrap().request().to_bytes()
    });
    let request = Request::from_bytes(&city.scheme, &request).unwrap();
    let handle = Zeroizing::new(given(stage, dir, "handle", || {
        let handle = city.registry.draw(&mut city.rng).unwrap();
        handle.expose_bytes().to_vec()
    }));
    stage.scalar("handle y", || scalar(&handle[..32]));
    stage.point("witness C", || point(&handle[32..80]));
    let handle = Handle::from_bytes(&handle).unwrap();
    let accreditation = city.accredit(&key);
    stage.pause(ALIVE);
    let response = kept.issue(
        &city.scheme,
        &key,
        Some(&accreditation),
        &request,
        handle,
        at(NOW),
    );
    drop((response.unwrap(), key));
    wipe(&mut values);
}

/// The other side of a holder, while learning.
struct Outside {
    city: City,
    kept: PendingOffer,
}

impl Outside {
    fn new() -> Self {
        let mut city = City::new(1);
        let values = City::issuer_values(day(2022, 6, 1));
        let kept = (city.clinic).offer(&city.scheme, &values, at(NOW + HOUR), &mut city.rng);
        Self {
            kept: kept.unwrap(),
            city,
        }
    }

    fn bundle(&self) -> Vec<u8> {
        self.city.holder_bytes()
    }

    fn answer(mut self, request: &Request) -> Vec<u8> {
        let handle = self.city.registry.draw(&mut self.city.rng).unwrap();
        let accreditation = self.city.accredit(&self.city.clinic);
        let (scheme, key) = (&self.city.scheme, &self.city.clinic);
        let response =
            (self.kept).issue(scheme, key, Some(&accreditation), request, handle, at(NOW));
        response.unwrap().to_bytes()
    }
}

/// A request made, kept, read; the response received; the pass kept, read, shown.
fn holder(stage: &mut Stage, dir: &Path) {
    let mut fountain = Fountain(3);
    let outside = matches!(stage, Stage::Learning(_)).then(Outside::new);
    let there = || outside.as_ref().unwrap();
    let offer = given(stage, dir, "offer", || there().kept.offer().to_bytes());
    let pin = given(stage, dir, "pin", || {
        let key = there().city.bundle_key.verifying_key();
        key.to_bytes().to_vec()
    });
    let bundle = given(stage, dir, "bundle", || there().bundle());
    let pin = BundleVerifyingKey::from_bytes(&pin).unwrap();
    let bundle = UnverifiedHolderBundle::new(&bundle)
        .verify(&Trust::on_first_use(&pin), &mut StdRng::seed_from_u64(6))
        .unwrap();
    let scheme = bundle.bundle().scheme();

    let (name, employer) = (fountain.text(), fountain.text());
    let mut values = [
        ("name", Value::Text(String::clone(&name))),
        ("employer", Value::Text(String::clone(&employer))),
    ];
    for (text, number, value) in [
        ("name", "scalar of the name", &name),
        ("employer", "scalar of the employer", &employer),
    ] {
        stage.text(text, || value);
        stage.scalar(number, || {
            let text = [value.as_bytes()];
            HashSuite::XmdSha256.hash_to_scalar(&text, b"VEILPASS_V2_TEXT_ATTRIBUTE")
        });
    }
    stage.bytes("seed of the one-time key", || next::<32>(&fountain));
    let offer = Offer::from_bytes(&offer).unwrap();
    let pending = offer
        .request(scheme, &values, at(NOW), &mut fountain)
        .unwrap();
    wipe(&mut values);
    request_secrets(stage, &pending);
    let pending = PendingRequest::from_bytes(scheme, &pending.expose_bytes()).unwrap();
    stage.pause(ALIVE);
    let request = pending.request().clone();
    let response = given(stage, dir, "response", || outside.unwrap().answer(&request));
    let response = Response::from_bytes(&response).unwrap();
    let credential = pending.receive(&bundle, &response, at(NOW)).unwrap();
    credential_secrets(stage, &credential);
    // Boxed, so that what they do not wipe themselves is on the heap afterwards.
    let credential = Box::new(Credential::from_bytes(scheme, &credential.expose_bytes()).unwrap());
    stage.fleeting("seed of the blinders", || next::<32>(&fountain));
    let policy = bundle.bundle().policy("bar").unwrap();
    let ask = Question::new(scheme, Mode::Poster, policy, "Cafe");
    let shown = credential.present(&bundle, &ask, None, at(NOW), &mut fountain);
    let prepared = credential.prepare(&bundle, "bar", at(NOW), &mut fountain);
    let prepared = Box::new(prepared.ok().unwrap());
    stage.pause(ALIVE);
    drop((shown.unwrap(), prepared, credential));
}

/// s, m_0', and the nonces that the responses give away to whoever knows the witness.
fn request_secrets(stage: &mut Stage, pending: &PendingRequest) {
    let bytes = pending.expose_bytes();
    let request = pending.request().to_bytes();
    let first = 2 + 2 + pending.offer().to_bytes().len() + 2 + request.len();
    let witness = [first, first + 32].map(|at| scalar(&bytes[at..at + 32]));
    stage.scalar("s", || witness[0]);
    stage.scalar("holder's part of m_0", || witness[1]);
    let challenge = scalar(&[&[0; 16], &request[82..98]].concat());
    for (i, name) in ["nonce of s", "nonce of m_0"].into_iter().enumerate() {
        let response = scalar(&request[130 + 32 * i..][..32]);
        let nonce = response - challenge * witness[i];
        stage.fleeting(name, || scalar_to_bytes(&nonce));
    }
}

fn credential_secrets(stage: &mut Stage, credential: &Credential) {
    let bytes = credential.expose_bytes();
    // One witness and one accreditation.
    let witness = bytes.len() - 56;
    stage.point("A", || point(&bytes[146..194]));
    stage.scalar("e", || scalar(&bytes[194..226]));
    stage.scalar("m_0", || scalar(&bytes[258..290]));
    stage.scalar("handle y", || scalar(&bytes[290..322]));
    stage.point("witness C", || point(&bytes[witness..witness + 48]));
    stage.point("issuer's X1", || point(&bytes[98..146]));
    let accreditation = witness - 2 - 84;
    stage.point("accreditation", || {
        point(&bytes[accreditation..accreditation + 48])
    });
}

/// γ, α and the bundle's key made, read and used.
fn authority(stage: &mut Stage, _: &Path) {
    let mut fountain = Fountain(4);
    let city = City::new(1);
    stage.fleeting("randomness of gamma", || next::<48>(&fountain));
    let gamma = AccreditationKey::generate(&mut fountain);
    stage.scalar("gamma", || scalar(&*gamma.expose_bytes()));
    let gamma = AccreditationKey::from_bytes(&*gamma.expose_bytes()).unwrap();
    let accreditation = gamma
        .accredit(&city.scheme, city.clinic.public(), 7)
        .unwrap();

    stage.fleeting("randomness of alpha", || next::<48>(&fountain));
    let alpha = RegistryKey::generate(&mut fountain);
    stage.scalar("alpha", || scalar(&*alpha.expose_bytes()));
    let alpha = RegistryKey::from_bytes(&*alpha.expose_bytes()).unwrap();
    let first = internals::first_accumulator(&city.scheme, 1);
    let mut registry = Registry::new(alpha, first, 1);
    let handle = registry.draw(&mut fountain).unwrap();
    registry.remove(&handle.id()).unwrap();

    stage.bytes("seed of the bundle's key", || next::<32>(&fountain));
    let signer = BundleKey::generate(&mut fountain);
    stage.fleeting("expanded bundle's key", || {
        Sha512::digest(signer.expose_bytes().as_slice())
    });
    let signer = BundleKey::from_bytes(&*signer.expose_bytes()).unwrap();
    let signed = city.raw_bundle().sign(&signer);
    stage.pause(ALIVE);
    drop((accreditation, gamma, registry, signer, signed));
}

/// x_t, which lives while a table is made. It is looked for meanwhile.
fn date_table(stage: &mut Stage, _: &Path) {
    let mut fountain = Fountain(5);
    stage.fleeting("randomness of x_t", || next::<48>(&fountain));
    stage.scalar("x_t", || nonzero_random_scalar(&mut fountain.clone()));
    let length = if matches!(stage, Stage::Learning(_)) {
        1
    } else {
        LONG_TABLE
    };
    stage.say(BUSY);
    let table = internals::date_table(length, &mut fountain).unwrap();
    drop(table);
}

/// A code made, printed, typed; what it seals.
fn claim_code(stage: &mut Stage, _: &Path) {
    let mut fountain = Fountain(6);
    let scheme = City::bare(1, Schema::default(), None).scheme;
    stage.bytes("code", || next::<15>(&fountain));
    let code = ClaimCode::generate(&mut fountain);
    stage.text("text of the code", || code.expose_text());
    let hint = fountain.text();
    stage.text("attribute", || &hint);
    let mut values = City::issuer_values(day(2022, 6, 1));
    values[3].1 = Value::Text(String::clone(&hint));
    let sealed = code.seal(&scheme, &values).unwrap();
    let text = code.expose_text();
    let typed = ClaimCode::from_text(&text).unwrap();
    let opened = typed.open(&scheme, &sealed).unwrap();
    stage.pause(ALIVE);
    wipe(&mut values);
    for (_, mut value) in opened {
        value.zeroize();
    }
}

/// Copies that nobody wipes, which must be found after all is dropped: on the heap, whole and where only
/// the end of a block is left.
fn planted(stage: &mut Stage, _: &Path) {
    let fountain = Fountain(7);
    stage.bytes("planted", || next::<32>(&fountain));
    stage.scalar("planted scalar", || random_scalar(&mut fountain.clone()));
    let bytes = next::<32>(&fountain).to_vec();
    let scalars = vec![random_scalar(&mut fountain.clone()); 4];
    stage.pause(ALIVE);
    drop((std::hint::black_box(bytes), std::hint::black_box(scalars)));
}
