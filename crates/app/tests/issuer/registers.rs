//! Registers, and who approves them.

use std::io::Cursor;

use veilpass_app::approval::{self, ApprovalError, Operator, OperatorKey, Operators, Subject};
use veilpass_app::authority::{
    AuditRequest, AuthorityRoleError, ReleaseRule, SentCount, StandingFlags, audit,
};
use veilpass_app::issuer::IssuerError;
use veilpass_app::issuer::register::rows::{JudgedRows, NewLetter, RowError, Written};
use veilpass_app::issuer::register::{RegisterImport, Size};
use veilpass_app::log::{Event, Flag, Hex};
use veilpass_app::store::register::{Allowance, Import, NewClaim, RegisterStore};
use veilpass_app::store::{Ledger, StoreError};
use veilpass_evidence::register::{Register, RegisterForm, RegisterMap};
use veilpass_fixture::city::{DAY, NOW, at, day};
use veilpass_fixture::place::done;
use veilpass_fixture::register::MAP;
use veilpass_fixture::roles::{Plan, World};

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
    let size = Size::measure(&mut source, RegisterForm::Csv, 90, &[MAP.as_bytes()])?;
    source.set_position(0);
    let map = RegisterMap::read(MAP).unwrap();
    let mut register = Register::open(source, RegisterForm::Csv, map)
        .unwrap()
        .unwrap();
    let issuer = world.issuer();
    issuer.check_map(&register)?;
    let progress = done(issuer.begin_import(&size, approving, at(now), &mut world.rng))?;
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
                (3, RowError::Product),
                (4, RowError::Unreadable(_)),
                (5, RowError::Known)
            ]
        ),
        "{why:?}"
    );
    let then = judged.claims.progress();
    assert_eq!((then.imported, then.rejected, then.known), (1, 2, 1));
}

/// An issuer that needs this many operators for more than five people a day, and as many, confirmed.
fn careful<const N: usize>() -> (World, [OperatorKey; N]) {
    let mut world = World::new(&Plan {
        handles: 0,
        release: Some(ReleaseRule {
            operators: u8::try_from(N).unwrap(),
            import_above: 5,
        }),
        ..Plan::default()
    });
    let names = ["anna", "boris", "clara", "dora"];
    let all = std::array::from_fn(|place| {
        let key = OperatorKey::generate(names[place], &mut world.rng);
        let issuer = world.issuer();
        done(issuer.enrol(&key, &[], at(NOW), &mut world.rng)).unwrap();
        key
    });
    world.confirm_operators();
    (world, all)
}

fn flags(world: &World) -> Vec<Flag> {
    done(world.issuer().audit(None)).unwrap().flags
}

#[test]
fn many_small_registers_are_a_large_one_and_need_operators() {
    let (mut world, both) = careful::<2>();
    import(&mut world, &people(1..=4), &[], NOW).unwrap();
    let more = people(5..=8);
    for too_few in [&both[..0], &both[..1]] {
        let refused = import(&mut world, &more, too_few, NOW).err().unwrap();
        let why = matches!(refused, IssuerError::Approval(ApprovalError::TooFew { .. }));
        assert!(why, "{refused}");
    }
    assert_eq!(import(&mut world, &more, &both, NOW).unwrap().len(), 4);
    // Another day has claims of its own; to forget who they were takes both, too.
    let tomorrow = NOW + DAY;
    import(&mut world, &people(9..=12), &[], tomorrow).unwrap();
    let issuer = world.issuer();
    let refused = done(issuer.forget_rows(&both[..1], tomorrow, &mut world.rng));
    assert!(matches!(refused, Err(IssuerError::Approval(_))));
    let rows = done(issuer.forget_rows(&both, tomorrow, &mut world.rng));
    assert_eq!(rows.unwrap(), 12);
    assert_eq!(flags(&world), []);
}

#[test]
fn imports_that_are_begun_and_interrupted_make_no_more_claims_than_one_clerk_may() {
    let (mut world, both) = careful::<2>();
    // Four registers of three rows: each alone is small. All are begun, and each program dies there.
    let registers: Vec<_> = (0..4).map(|n| people(3 * n + 1..=3 * n + 3)).collect();
    for register in &registers {
        begin(&mut world, register, &[], NOW).unwrap();
    }
    // Begun imports go on at once, after each other and beside each other.
    let mut open: Vec<_> = (registers.iter())
        .map(|register| begin(&mut world, register, &[], NOW))
        .collect();
    let mut made = 0;
    let mut refused = 0;
    for begun in open.iter_mut().flatten() {
        let judged = next(&mut world, begun);
        let issuer = world.issuer();
        let rows = judged.letters.len();
        match done(issuer.store_rows(&mut begun.0, judged.claims, WRITTEN, NOW)) {
            Ok(()) => made += rows,
            Err(IssuerError::Store(StoreError::NeedsApproval)) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((made, refused), (3, 3));
    // Nobody is told to go on alone, whatever is tried again.
    for register in &registers[1..] {
        let again = import(&mut world, register, &[], NOW).err().unwrap();
        assert!(matches!(again, IssuerError::Approval(_)), "{again}");
    }
    assert_eq!(done(world.issuer().claims()).unwrap().open, 3);
    // Both operators let one of them go on, and no other.
    import(&mut world, &registers[2], &both, NOW).unwrap();
    let again = import(&mut world, &registers[3], &[], NOW).err().unwrap();
    assert!(matches!(again, IssuerError::Approval(_)), "{again}");
    assert_eq!(done(world.issuer().claims()).unwrap().open, 6);
    assert_eq!(flags(&world), []);
}

#[test]
fn as_many_operators_as_a_scheme_needs_enrol_themselves_and_no_more() {
    let (mut world, three) = careful::<3>();
    let more = people(1..=9);
    let refused = import(&mut world, &more, &three[..2], NOW).err().unwrap();
    let why = matches!(refused, IssuerError::Approval(ApprovalError::TooFew { .. }));
    assert!(why, "{refused}");
    import(&mut world, &more, &three, NOW).unwrap();
    // The fourth needs the three.
    let dora = OperatorKey::generate("dora", &mut world.rng);
    let issuer = world.issuer();
    for approving in [&three[..0], &three[..2]] {
        let enrolled = issuer.enrol(&dora, approving, at(NOW), &mut world.rng);
        assert!(matches!(done(enrolled), Err(IssuerError::Approval(_))));
    }
    done(issuer.enrol(&dora, &three, at(NOW), &mut world.rng)).unwrap();
    assert_eq!(flags(&world), []);
}

#[test]
fn an_operator_whom_the_authority_has_not_confirmed_approves_nothing() {
    let (mut world, [anna, boris]) = careful::<2>();
    // Eve is enrolled by both, and not confirmed yet.
    let eve = OperatorKey::generate("eve", &mut world.rng);
    let both = [anna, boris];
    let issuer = world.issuer();
    done(issuer.enrol(&eve, &both, at(NOW), &mut world.rng)).unwrap();
    let [anna, _] = both;
    let with_eve = [anna, eve];
    let refused = import(&mut world, &people(1..=9), &with_eve, NOW)
        .err()
        .unwrap();
    let why = matches!(&refused, IssuerError::Approval(ApprovalError::NotConfirmed { label }) if label == "eve");
    assert!(why, "{refused}");
    world.confirm_operators();
    import(&mut world, &people(1..=9), &with_eve, NOW).unwrap();
    assert_eq!(flags(&world), []);
}

#[test]
fn a_clinic_s_own_operators_are_nothing_before_the_authority_knows_them_and_flagged_if_they_approve()
 {
    let mut world = World::new(&Plan {
        handles: 0,
        release: Some(ReleaseRule {
            operators: 2,
            import_above: 5,
        }),
        ..Plan::default()
    });
    let issuer = world.issuer();
    let clerks = ["mallory", "mallory's other hand"].map(|name| {
        let key = OperatorKey::generate(name, &mut world.rng);
        done(issuer.enrol(&key, &[], at(NOW), &mut world.rng)).unwrap();
        key
    });
    let refused = import(&mut world, &people(1..=9), &clerks, NOW)
        .err()
        .unwrap();
    let why = matches!(
        refused,
        IssuerError::Approval(ApprovalError::NotConfirmed { .. })
    );
    assert!(why, "{refused}");
    // Somebody who changed the program so that it takes them.
    let (known, needed) = (done(Operators::of(&world.store)), done(issuer.needed()));
    let file = Hex([3; 32]);
    let subject = Subject::Register { file };
    let (known, needed) = (known.unwrap(), needed.unwrap());
    let approval = approval::approve(subject, &needed, &known, &clerks, NOW, &mut world.rng);
    let import = Import::of(file.0, [4; 8]);
    let approval = approval.unwrap();
    done(world.store.begin_import(&import, approval.as_ref(), NOW)).unwrap();
    let found = flags(&world);
    assert!(
        found
            .iter()
            .any(|flag| matches!(flag, Flag::Approval { .. })),
        "{found:?}"
    );
    // The clinic's count names them, and the authority's audit knows neither.
    let count = done(issuer.count(&world.key(), None, at(NOW), &mut world.rng)).unwrap();
    let sent = [SentCount {
        name: "count.vp",
        bytes: &count.bytes,
    }];
    let request = AuditRequest {
        head: None,
        counts: &sent,
        standing: StandingFlags::Named,
    };
    let audited = done(audit(world.authority.store(), &request, &NOW)).unwrap();
    let unknown = (audited.flags.iter()).filter(|flag| {
        matches!(flag, Flag::UnknownOperator { label, approvals: 1, .. } if label == "clinic")
    });
    assert_eq!(unknown.count(), 2, "{:?}", audited.flags);
}

#[test]
fn a_confirmation_that_was_lost_is_given_again_and_nobody_takes_a_confirmed_operator_s_place() {
    let (mut world, both) = careful::<2>();
    // The program died before the accreditation was written, or it was lost on its way.
    world.confirm_operators();
    import(&mut world, &people(1..=9), &both, NOW).unwrap();
    assert_eq!(flags(&world), []);
    // Somebody who writes into the issuer's store puts themselves in boris's place.
    let list = done(world.store.get("operators")).unwrap().unwrap();
    let mut list: Vec<Operator> = serde_json::from_slice(&list).unwrap();
    list[1].key = Hex(OperatorKey::generate("boris", &mut world.rng)
        .public()
        .to_bytes());
    let list = serde_json::to_vec(&list).unwrap();
    done(world.store.put("operators", &list, &[], NOW)).unwrap();
    let (issuer, key) = (world.issuer(), world.key());
    let count = done(issuer.count(&key, None, at(NOW), &mut world.rng)).unwrap();
    let sent = SentCount {
        name: "count.vp",
        bytes: &count.bytes,
    };
    let refused = done(world.authority.issuer_operators(&sent, &NOW)).unwrap_err();
    assert!(
        matches!(refused, AuthorityRoleError::OperatorsReplaced(_)),
        "{refused}"
    );
    assert!(flags(&world).contains(&Flag::Operators));
    // And an approval counts by the confirmed list only: nobody's does now.
    let refused = import(&mut world, &people(10..=19), &both, NOW)
        .err()
        .unwrap();
    assert!(matches!(refused, IssuerError::Approval(_)), "{refused}");
}

#[test]
fn an_import_behind_the_operators_backs_is_flagged() {
    let (mut world, _) = careful::<2>();
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
    let any = Allowance {
        day: day(2021, 6, 28),
        unapproved: None,
    };
    done(world.store.advance(0, &more, &claims, any, NOW)).unwrap();
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
