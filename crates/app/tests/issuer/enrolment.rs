//! Enrolling an operator is one transaction.

use std::sync::atomic::{AtomicUsize, Ordering};

use rand::{SeedableRng, rngs::StdRng};
use veilpass_app::approval::{ApprovalError, Needed, OperatorKey, Operators, enrol, unapproved};
use veilpass_app::log::{self, Event, Line};
use veilpass_app::store::memory::MemoryIssuer;
use veilpass_app::store::{Ledger, StoreError};
use veilpass_fixture::city::NOW;
use veilpass_fixture::place::done;

/// A program that is killed after so many changes of its store.
struct Killed<'a> {
    store: &'a MemoryIssuer,
    left: AtomicUsize,
}

impl Killed<'_> {
    /// One change less; an error once the program is dead.
    fn lives(&self) -> Result<(), StoreError> {
        let less = |left: usize| left.checked_sub(1);
        let lived = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
        lived.map(drop).map_err(|_| StoreError::Busy)
    }
}

impl Ledger for Killed<'_> {
    async fn put(
        &self,
        name: &str,
        value: &[u8],
        events: &[Event],
        at: i64,
    ) -> Result<(), StoreError> {
        self.lives()?;
        self.store.put(name, value, events, at).await
    }

    async fn replace(
        &self,
        name: &str,
        before: Option<&[u8]>,
        after: &[u8],
        events: &[Event],
        at: i64,
    ) -> Result<(), StoreError> {
        self.lives()?;
        self.store.replace(name, before, after, events, at).await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(name).await
    }

    async fn log(&self) -> Result<Vec<Line>, StoreError> {
        self.store.log().await
    }
}

const SCHEME: [u8; 32] = [1; 32];

fn operators(store: &MemoryIssuer) -> Operators {
    done(Operators::of(store)).unwrap()
}

/// What an audit says of the operators.
fn is_clean(store: &MemoryIssuer, needed: &Needed) -> bool {
    let (known, lines) = (operators(store), done(store.log()).unwrap());
    log::verify(&lines).unwrap();
    let late = |place: usize, line: &Line| {
        veilpass_app::approval::is_late_operator(&lines[..place], &line.event, needed)
    };
    let dangling = matches!(lines.last(), Some(line) if matches!(line.event, Event::Approved(_)));
    !dangling
        && known.differ_from(&lines).is_none()
        && unapproved(&lines, &known, needed, late).is_empty()
}

#[test]
fn an_operator_is_enrolled_with_everything_that_belongs_to_it_or_not_at_all() {
    let mut rng = StdRng::seed_from_u64(3);
    let needed = Needed::at(2, &SCHEME, b"here");
    let store = MemoryIssuer::default();
    let [anna, boris, clara] =
        ["anna", "boris", "clara"].map(|label| OperatorKey::generate(label, &mut rng));
    let founders = [anna, boris];
    // The founders, and one whom they approve.
    for (new, approving) in [
        (&founders[0], &founders[..0]),
        (&founders[1], &founders[..0]),
        (&clara, &founders[..]),
    ] {
        let before = operators(&store).all().count();
        let mut lives = 0;
        loop {
            let killed = Killed {
                store: &store,
                left: AtomicUsize::new(lives),
            };
            let known = operators(&store);
            let enrolled = enrol(&killed, (&known, new), &needed, approving, NOW, &mut rng);
            let enrolled = done(enrolled);
            // Whenever it died, the list, the log and the approval tell one story.
            assert!(
                is_clean(&store, &needed),
                "{} after {lives} changes",
                new.label()
            );
            let now = operators(&store).all().count();
            assert_eq!(now, before + usize::from(enrolled.is_ok()));
            if enrolled.is_ok() {
                break;
            }
            lives += 1;
        }
    }
    // Names that a count could not carry.
    for label in ["", &"a".repeat(257), "an\u{202e}na"] {
        let strange = OperatorKey::generate(label, &mut rng);
        let known = operators(&store);
        let enrolled = enrol(
            &store,
            (&known, &strange),
            &needed,
            &founders,
            NOW,
            &mut rng,
        );
        assert!(matches!(done(enrolled), Err(ApprovalError::NoLabel)));
    }
    // Two at once: the second sees that the first was faster.
    let known = operators(&store);
    let dora = OperatorKey::generate("dora", &mut rng);
    let eve = OperatorKey::generate("eve", &mut rng);
    let first = enrol(&store, (&known, &dora), &needed, &founders, NOW, &mut rng);
    done(first).unwrap();
    let second = done(enrol(
        &store,
        (&known, &eve),
        &needed,
        &founders,
        NOW,
        &mut rng,
    ));
    let conflict = matches!(second, Err(ApprovalError::Store(StoreError::Conflict)));
    assert!(conflict && is_clean(&store, &needed));
}
