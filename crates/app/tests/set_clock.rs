//! A set clock, at every front end alike: who signs and who lets in takes it in a rehearsal only.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use rand::{SeedableRng, rngs::StdRng};
use veilpass::scheme::SchemeCard;
use veilpass_app::authority::{AuthorityRole, Lifetimes, SchemeFile};
use veilpass_app::error::{Class, Classified};
use veilpass_app::issuer::{Founding, Issuer, IssuerError};
use veilpass_app::ports::Clock;
use veilpass_app::store::memory::{MemoryAuthority, MemoryIssuer, MemoryVerifier};
use veilpass_app::verifier::{Setup, Verifier, VerifierError};
use veilpass_fixture::city::NOW;
use veilpass_fixture::place::{MemoryKeys, done};

/// A clock that nobody has set.
struct Machine;

impl Clock for Machine {
    fn now(&self) -> i64 {
        NOW
    }
}

fn public() -> (Vec<u8>, Vec<u8>) {
    let mut rng = StdRng::seed_from_u64(15);
    let scheme = SchemeFile::read(SchemeFile::DEFAULT).unwrap();
    let scheme = scheme.definition().unwrap();
    let lifetimes = Lifetimes { bundle_days: 7 };
    let (store, keys) = (MemoryAuthority::default(), MemoryKeys::default());
    // An authority takes any clock; what it publishes says when.
    let founded = AuthorityRole::found(store, &keys, scheme, lifetimes, &NOW, &mut rng);
    let (_, publication) = done(founded).unwrap();
    let bundle = publication
        .files
        .iter()
        .find(|file| file.name == "bundle.vp");
    (
        publication.card.to_bytes().to_vec(),
        bundle.unwrap().bytes.clone(),
    )
}

#[test]
fn an_issuer_takes_a_set_clock_only_if_it_was_founded_for_rehearsal() {
    let (card, bundle) = public();
    let mut rng = StdRng::seed_from_u64(16);
    for rehearsal in [false, true] {
        let (store, keys) = (MemoryIssuer::default(), MemoryKeys::default());
        let founding = || {
            let founding = Founding::new(&card, bundle.clone()).unwrap();
            match rehearsal {
                true => founding.for_rehearsal(),
                false => founding,
            }
        };
        let refused = |error: &IssuerError| {
            matches!(error, IssuerError::SetClock(_)) && error.class() == Class::Bad
        };
        if !rehearsal {
            let founded = done(founding().found(store.clone(), &keys, &NOW, &mut rng));
            assert!(founded.is_err_and(|error| refused(&error)));
        }
        done(founding().found(store.clone(), &keys, &Machine, &mut rng)).unwrap();
        assert!(done(Issuer::open(store.clone(), &Machine)).is_ok());
        let opened = done(Issuer::open(store, &NOW));
        match rehearsal {
            true => assert!(opened.is_ok()),
            false => assert!(opened.is_err_and(|error| refused(&error))),
        }
    }
}

#[test]
fn a_verifier_takes_a_set_clock_only_if_it_was_set_up_for_rehearsal() {
    let (card, bundle) = public();
    for rehearsal in [false, true] {
        let store = MemoryVerifier::default();
        let setup = || {
            let card = SchemeCard::from_bytes(&card).unwrap();
            let setup = Setup::new(card, bundle.clone(), "Cafe", "restaurant").unwrap();
            match rehearsal {
                true => setup.for_rehearsal(),
                false => setup,
            }
        };
        let refused = |error: &VerifierError| {
            matches!(error, VerifierError::SetClock(_)) && error.class() == Class::Bad
        };
        if !rehearsal {
            let created = done(Verifier::create(store.clone(), setup(), &NOW));
            assert!(created.is_err_and(|error| refused(&error)));
        }
        done(Verifier::create(store.clone(), setup(), &Machine)).unwrap();
        assert!(done(Verifier::open(store.clone(), &Machine)).is_ok());
        let opened = done(Verifier::open(store, &NOW));
        match rehearsal {
            true => assert!(opened.is_ok()),
            false => assert!(opened.is_err_and(|error| refused(&error))),
        }
    }
}
