//! Registers, and who approves them.

use std::io::Cursor;

use veilpass_app::approval::{ApprovalError, OperatorKey, enrol};
use veilpass_app::authority::ReleaseRule;
use veilpass_app::issuer::IssuerError;
use veilpass_app::issuer::register::rows::{JudgedRows, NewLetter, RowError, Written};
use veilpass_app::issuer::register::{RegisterImport, Size};
use veilpass_app::log::{Event, Flag};
use veilpass_app::store::register::{Import, NewClaim, RegisterStore};
use veilpass_app::store::{Ledger, StoreError};
use veilpass_evidence::register::{Register, RegisterForm, RegisterMap};
use veilpass_fixture::city::{DAY, NOW};
use veilpass_fixture::place::done;

use crate::world::{Plan, World};

const MAP: &str = r#"
[columns]
record = "number"
family = "family"
given = "given"
birth_date = "born"
product = "vaccine"
dose = "dose"
date = "date"
"#;

/// A register with these numbers.
pub fn people(numbers: impl Iterator<Item = u32>) -> String {
    let head = "number,family,given,born,vaccine,dose,date\n".to_owned();
    let row = |number| format!("{number},Kuznetsova,Anna,1985-03-08,Sputnik-V,1,2021-06-01\n");
    head + &numbers.map(row).collect::<String>()
}

type Source = Register<Cursor<String>>;

/// An import that was begun.
fn begin(
    world: &mut World,
    register: &str,
    approving: &[OperatorKey],
    now: i64,
) -> Result<(RegisterImport, Source), IssuerError> {
    let mut source = Cursor::new(register.to_owned());
    let size = Size::measure(&mut source, RegisterForm::Csv, &[MAP.as_bytes()])?;
    source.set_position(0);
    let map = RegisterMap::read(MAP).unwrap();
    let mut register = Register::open(source, RegisterForm::Csv, map)
        .unwrap()
        .unwrap();
    let issuer = world.issuer();
    issuer.check_map(&register)?;
    let progress = match done(issuer.import_of(&size))? {
        Some(progress) => progress,
        None => done(issuer.begin_import(&size, approving, now, &mut world.rng))?,
    };
    let import = issuer.resume_import(progress, world.rules(), &mut register, 90, now)?;
    Ok((import, register))
}

/// The next rows, as a front end reads them.
fn next(world: &mut World, (import, register): &mut (RegisterImport, Source)) -> JudgedRows {
    let (issuer, key) = (world.issuer(), world.key());
    done(issuer.next_rows(&key, import, register, &mut world.rng)).unwrap()
}

const WRITTEN: Written = Written {
    claims: 1,
    rejects: 2,
};

/// Imports a register to its end.
pub fn import(
    world: &mut World,
    register: &str,
    approving: &[OperatorKey],
    now: i64,
) -> Result<Vec<NewLetter>, IssuerError> {
    let mut begun = begin(world, register, approving, now)?;
    let mut letters = Vec::new();
    while !begun.0.progress().done {
        let judged = next(world, &mut begun);
        letters.extend(judged.letters);
        done((world.issuer()).store_rows(&mut begun.0, judged.claims, WRITTEN, now))?;
    }
    Ok(letters)
}

#[test]
fn an_import_that_was_stopped_goes_on_where_its_claims_were_stored() {
    let mut world = World::new(&Plan::default());
    let register = people(1..=1200);
    let mut first = begin(&mut world, &register, &[], NOW).unwrap();
    let judged = next(&mut world, &mut first);
    done((world.issuer()).store_rows(&mut first.0, judged.claims, WRITTEN, NOW)).unwrap();
    // These were written on letters, and the program died.
    let lost = next(&mut world, &mut first);
    assert_eq!(judged.letters.len(), lost.letters.len());

    let mut second = begin(&mut world, &register, &[], NOW).unwrap();
    let stands = second.0.progress().clone();
    assert_eq!(u64::from(stands.imported) + 1, stands.line);
    assert_eq!((stands.claims_length, stands.rejects_length), (1, 2));
    let again = next(&mut world, &mut second);
    let lines = |letters: &[NewLetter]| letters.iter().map(|one| one.line).collect::<Vec<_>>();
    assert_eq!(lines(&again.letters), lines(&lost.letters));
    done((world.issuer()).store_rows(&mut second.0, again.claims, WRITTEN, NOW)).unwrap();
    // The first program was only slow: it must not go on.
    let late = done((world.issuer()).store_rows(&mut first.0, lost.claims, WRITTEN, NOW));
    assert!(matches!(
        late,
        Err(IssuerError::Store(StoreError::Conflict))
    ));
    let opens = |letter: &NewLetter| done(world.issuer().open_claim(&letter.code, NOW)).is_ok();
    assert!(judged.letters.iter().all(opens) && again.letters.iter().all(opens));
    assert!(!lost.letters.iter().any(opens));

    let rest = import(&mut world, &register, &[], NOW).unwrap();
    let all = judged.letters.len() + again.letters.len() + rest.len();
    assert_eq!(all, 1200);
    assert_eq!(done(world.issuer().claims()).unwrap().open, 1200);
}

#[test]
fn a_row_without_a_claim_says_why() {
    let mut world = World::new(&Plan::default());
    let register = people(1..=1)
        + "2,Kuznetsova,Anna,1985-03-08,Water,1,2021-06-01\n\
           3,Kuznetsova,Anna,yesterday,Sputnik-V,1,2021-06-01\n\
           1,Kuznetsova,Anna,1985-03-08,Sputnik-V,1,2021-06-01\n";
    let mut begun = begin(&mut world, &register, &[], NOW).unwrap();
    let judged = next(&mut world, &mut begun);
    assert_eq!(judged.letters[0].name, "Anna Kuznetsova");
    let why: Vec<_> = (judged.rejects.iter())
        .map(|one| (one.line, &one.why))
        .collect();
    assert!(
        matches!(
            why[..],
            [
                (3, RowError::Rules(_)),
                (4, RowError::Unreadable(_)),
                (5, RowError::Known)
            ]
        ),
        "{why:?}"
    );
    let then = judged.claims.progress();
    assert_eq!((then.imported, then.rejected, then.known), (1, 2, 1));
}

/// An issuer that needs two operators for more than five people, and these two.
fn careful() -> (World, [OperatorKey; 2]) {
    let mut world = World::new(&Plan {
        handles: 0,
        release: Some(ReleaseRule {
            operators: 2,
            import_above: 5,
        }),
        ..Plan::default()
    });
    let needed = done(world.issuer().needed()).unwrap();
    let both = ["anna", "boris"].map(|label| {
        let key = OperatorKey::generate(label, &mut world.rng);
        done(enrol(&world.store, &key, &needed, &[], NOW, &mut world.rng)).unwrap();
        key
    });
    (world, both)
}

#[test]
fn many_small_registers_are_a_large_one_and_need_operators() {
    let (mut world, both) = careful();
    import(&mut world, &people(1..=4), &[], NOW).unwrap();
    let more = people(5..=8);
    for too_few in [&both[..0], &both[..1]] {
        let refused = import(&mut world, &more, too_few, NOW).err().unwrap();
        let why = matches!(refused, IssuerError::Approval(ApprovalError::TooFew { .. }));
        assert!(why, "{refused}");
    }
    assert_eq!(import(&mut world, &more, &both, NOW).unwrap().len(), 4);
    // A day later the first ones do not count any more; to forget who they were takes both, too.
    let tomorrow = NOW + DAY + 1;
    import(&mut world, &people(9..=12), &[], tomorrow).unwrap();
    let issuer = world.issuer();
    let refused = done(issuer.forget_rows(&both[..1], tomorrow, &mut world.rng));
    assert!(matches!(refused, Err(IssuerError::Approval(_))));
    let rows = done(issuer.forget_rows(&both, tomorrow, &mut world.rng));
    assert_eq!(rows.unwrap(), 12);
    assert_eq!(done(issuer.audit(None)).unwrap().flags, []);
}

#[test]
fn an_import_behind_the_operators_backs_is_flagged() {
    let (mut world, _) = careful();
    import(&mut world, &people(1..=4), &[], NOW).unwrap();
    // Somebody who writes into the store itself.
    let file = [3; 32];
    done((world.store).begin_import(&Import::of(file, [4; 8]), None, NOW)).unwrap();
    let mut more = Import::of(file, [4; 8]);
    more.offset = 1;
    let claims: Vec<_> = (0..3)
        .map(|number| NewClaim {
            name: [number; 32],
            mark: [number; 16],
            sealed: Vec::new(),
            kind: "vaccination",
            expires: NOW + DAY,
        })
        .collect();
    done(world.store.advance(0, &more, &claims, NOW)).unwrap();
    let audit = done(world.issuer().audit(None)).unwrap();
    assert!(
        matches!(audit.flags[..], [Flag::Unapproved { operators: 2, .. }]),
        "{:?}",
        audit.flags
    );
    // A clock that was turned back is seen in any log.
    done((world.store).put("x", b"", &[Event::Acknowledged], NOW - DAY)).unwrap();
    let audit = done(world.issuer().audit(Some(&audit.head))).unwrap();
    assert!(
        audit
            .flags
            .iter()
            .any(|flag| matches!(flag, Flag::ClockTurnedBack { .. }))
    );
    let gone = done(world.issuer().audit(Some(&[1; 32])));
    assert!(matches!(gone, Err(IssuerError::Log(_))));
}
