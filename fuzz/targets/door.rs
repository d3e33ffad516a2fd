#![no_main]
//! The door, with passes that were valid until their fields were changed.

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rand::{SeedableRng, rngs::StdRng};
use veilpass::artefact::Artefact;
use veilpass::layout::Part;
use veilpass::presentation::{Door, Expected, MemoryReplayStore, Verdict};
use veilpass::scheme::UnixTime;
use veilpass_fuzz::made::{SHOWN, Shown};
use veilpass_fuzz::{NOW, WORLD, at};

/// One change of a payload. Places and fields are taken modulo how many there are.
#[derive(Arbitrary, Debug)]
enum Change {
    /// A bit of one byte.
    Flip {
        place: u16,
        bit: u8,
    },
    /// A number of the header: key set, epochs, moment, by a small step or to any value.
    Number {
        which: u8,
        step: i8,
        any: Option<u32>,
    },
    /// One field as in another pass of the same or another policy.
    Graft {
        field: u8,
        from: u8,
        theirs: u8,
    },
    /// Two fields change places.
    Swap {
        a: u8,
        b: u8,
    },
    /// A field of zeros, of ones, of the identity, or of a value that is one too large.
    Special {
        field: u8,
        kind: u8,
    },
    /// A field of any bytes.
    Any {
        field: u8,
        bytes: [u8; 48],
    },
    /// Bytes cut off, or added.
    Cut(u16),
    Add(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
struct Case {
    pass: u8,
    /// A door that asks something else than the pass answers.
    other_door: Option<u8>,
    /// Seconds by which the door's clock differs.
    clock: i16,
    /// Whether it is checked together with good ones, too.
    batch: bool,
    changes: Vec<Change>,
}

/// The largest scalar there is not: the group order.
const ORDER: [u8; 32] = [
    0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8, 0x08, 0x09, 0xa1, 0xd8, 0x05,
    0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01,
];

/// Where the fields of a pass begin and end: single points, scalars and numbers.
fn fields(payload: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut fields = Vec::new();
    let mut begin = 0;
    let parts = Artefact::Pass.layout(payload, Some(&WORLD.bundle)).unwrap();
    for Part { name, length } in parts {
        let end = begin + length;
        let one = match name.as_ref() {
            "hidden issuer: X', X1'" => 96,
            name if name.ends_with(": points") => 48,
            name if name.ends_with(": responses") => 32,
            _ => length.max(1),
        };
        while begin < end {
            fields.push(begin..(begin + one).min(end));
            begin = (begin + one).min(end);
        }
    }
    fields
}

/// Overwrites a place, as far as it is there.
fn write(payload: &mut [u8], place: std::ops::Range<usize>, bytes: &[u8]) {
    for (place, byte) in place.zip(bytes) {
        if let Some(there) = payload.get_mut(place) {
            *there = *byte;
        }
    }
}

fn change(payload: &mut Vec<u8>, fields: &[std::ops::Range<usize>], change: &Change) {
    let pick = |number: u8| fields[usize::from(number) % fields.len()].clone();
    match change {
        Change::Flip { place, bit } => {
            let place = usize::from(*place) % payload.len().max(1);
            if let Some(byte) = payload.get_mut(place) {
                *byte ^= 1 << (bit % 8);
            }
        }
        Change::Number { which, step, any } => {
            let place = 15 + 4 * usize::from(*which % 3);
            let now = payload
                .get(place..place + 4)
                .map_or([0; 4], |bytes| bytes.try_into().unwrap());
            let value =
                any.unwrap_or(u32::from_be_bytes(now).wrapping_add_signed(i32::from(*step)));
            write(payload, place..place + 4, &value.to_be_bytes());
        }
        Change::Graft {
            field,
            from,
            theirs,
        } => {
            let from = &SHOWN[usize::from(*from) % SHOWN.len()].payload;
            let all = self::fields(from);
            write(
                payload,
                pick(*field),
                &from[all[usize::from(*theirs) % all.len()].clone()],
            );
        }
        Change::Swap { a, b } => {
            let (a, b) = (pick(*a), pick(*b));
            let (Some(first), Some(second)) = (payload.get(a.clone()), payload.get(b.clone()))
            else {
                return;
            };
            let (first, second) = (first.to_vec(), second.to_vec());
            write(payload, a, &second);
            write(payload, b, &first);
        }
        Change::Special { field, kind } => {
            let place = pick(*field);
            let mut bytes = vec![if kind % 4 == 1 { 0xff } else { 0 }; place.len()];
            match (kind % 4, bytes.len()) {
                (2, _) => bytes[0] = 0xc0,
                (3, 32) => bytes.copy_from_slice(&ORDER),
                _ => {}
            }
            write(payload, place, &bytes);
        }
        Change::Any { field, bytes } => write(payload, pick(*field), bytes),
        Change::Cut(length) => {
            let length = payload.len().saturating_sub(usize::from(*length));
            payload.truncate(length);
        }
        Change::Add(bytes) => payload.extend(bytes),
    }
}

fn judge(door: &Door<'_>, payload: &[u8], expected: Expected<'_>, now: UnixTime) -> Verdict {
    let mut rng = StdRng::seed_from_u64(1);
    door.check(
        payload,
        expected,
        now,
        &mut MemoryReplayStore::default(),
        &mut rng,
    )
}

fn together(door: &Door<'_>, shown: &Shown, payload: &[u8], now: UnixTime) -> Verdict {
    let mut rng = StdRng::seed_from_u64(1);
    let good = &shown.payload;
    let verdicts = door.check_batch(
        &[payload, good],
        shown.expected(),
        now,
        &mut MemoryReplayStore::default(),
        &mut rng,
    );
    verdicts.into_iter().next().unwrap()
}

fuzz_target!(|case: Case| {
    let shown = &SHOWN[usize::from(case.pass) % SHOWN.len()];
    let asking = case
        .other_door
        .map_or(shown, |door| &SHOWN[usize::from(door) % SHOWN.len()]);
    let mut payload = shown.payload.clone();
    let fields = fields(&payload);
    for step in case.changes.iter().take(6) {
        change(&mut payload, &fields, step);
    }
    let now = at(NOW + i64::from(case.clock));
    let door = Door::new(&WORLD.bundle, asking.policy, "Cafe").unwrap();
    let verdict = judge(&door, &payload, asking.expected(), now);
    if matches!(verdict, Verdict::Accepted(_)) {
        assert!(
            SHOWN.iter().any(|shown| shown.payload == payload),
            "accepted, but nobody made it"
        );
    } else if case.clock == 0 {
        assert!(asking.payload != payload, "a good pass is refused");
    }
    if case.batch {
        assert_eq!(together(&door, asking, &payload, now), verdict);
    }
});
