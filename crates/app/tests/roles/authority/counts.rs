//! Counts of issuers, and what an audit flags of them.

use super::*;
use veilpass::scheme::CountedOperator;

/// An issuer's log of so many lines.
fn tree(lines: u32) -> LogTree {
    rewritten(lines, u32::MAX)
}

/// The same, if one who writes it again says something else from a line on.
fn rewritten(lines: u32, from: u32) -> LogTree {
    let mut log: Vec<Line> = Vec::new();
    for number in 1..=lines {
        let count = if number < from { number } else { number + 100 };
        log.push(Line::next(log.last(), AT, Event::HandlesAdded { count }));
    }
    LogTree::of(&log)
}

#[test]
fn a_log_that_does_not_continue_the_audited_one_is_flagged_and_the_audited_one_stays() {
    let (role, _, key) = with_clinic(0);
    let scheme = role.store().state().scheme;
    let mut at = AT;
    let mut take = |tree: &LogTree, since: Option<u64>| {
        at += 1;
        let count = UnsignedCount {
            at: UnixTime::from_seconds(at),
            rehearsal: false,
            free: 0,
            log_lines: tree.lines(),
            log_root: tree.root(),
            days: Vec::new(),
            operators: Vec::new(),
            proofs: since
                .and_then(|since| tree.proof_from(since))
                .into_iter()
                .collect(),
        };
        let bytes = count.sign(scheme.id(), &key, rng(10));
        let sent = [SentCount {
            name: "count.vp",
            bytes: &bytes,
        }];
        let flags = audited(&role, &sent, StandingFlags::Named);
        audited(&role, &[], StandingFlags::Acknowledged);
        flags
    };
    let replaced = [Flag::LogReplaced {
        label: "clinic".into(),
    }];
    let no_proof = |lines| {
        let why = CountRefusal::NoProof {
            label: "clinic".into(),
            lines,
        };
        let source = "count.vp".into();
        [Flag::CountRefused { source, why }]
    };
    assert_eq!(take(&tree(3), None), []);
    assert_eq!(take(&tree(5), Some(3)), []);
    assert_eq!(take(&tree(5), None), [], "nothing was added");
    assert_eq!(take(&tree(9), None), no_proof(5));
    assert_eq!(take(&tree(9), Some(3)), no_proof(5));
    // Longer than the audited one, shorter, and as long.
    assert_eq!(take(&rewritten(9, 5), Some(5)), replaced);
    assert_eq!(take(&rewritten(9, 1), Some(5)), replaced);
    assert_eq!(take(&tree(4), Some(3)), replaced);
    assert_eq!(take(&rewritten(5, 5), None), replaced);
    // What follows the audited lines is the issuer's to write.
    assert_eq!(take(&rewritten(9, 6), Some(5)), []);
}

#[test]
fn what_a_count_flags_stands_until_somebody_acknowledges_it() {
    let (role, _, key) = with_clinic(0);
    done(role.draw_handles(("clinic", 9), &[], &AT, &(), rng(7))).unwrap();
    let scheme = role.store().state().scheme;
    let day = scheme.zone().day_of(UnixTime::from_seconds(AT)).unwrap();
    let count = |at: i64, issued: u32| {
        let count = UnsignedCount {
            at: UnixTime::from_seconds(at),
            rehearsal: false,
            free: 9 - issued,
            log_lines: u64::from(issued),
            log_root: tree(issued).root(),
            days: vec![DayCount {
                day,
                kind: "vaccination".into(),
                issued,
            }],
            operators: Vec::new(),
            proofs: tree(issued).proof_from(3).into_iter().collect(),
        };
        count.sign(scheme.id(), &key, rng(10))
    };
    let take = |bytes: &[u8]| {
        let sent = [SentCount {
            name: "count.vp",
            bytes,
        }];
        audited(&role, &sent, StandingFlags::Named)
    };
    assert_eq!(take(&count(AT + 60, 3)), []);
    let over = Flag::OverLimit {
        label: "clinic".into(),
        issued: 4,
        day,
        per_day: 3,
    };
    let four = count(AT + 120, 4);
    assert_eq!(take(&four), std::slice::from_ref(&over));
    assert_eq!(take(&four), std::slice::from_ref(&over), "once in the log");
    let why = CountRefusal::Older {
        label: "clinic".into(),
    };
    let older = Flag::CountRefused {
        source: "count.vp".into(),
        why,
    };
    assert_eq!(take(&count(AT + 60, 3)), [over, older]);
    assert_eq!(audited(&role, &[], StandingFlags::Acknowledged), []);
    assert_eq!(audited(&role, &[], StandingFlags::Named), []);
    // What the issuer did not sign says nothing about it.
    let mut forged = four;
    *forged.last_mut().unwrap() ^= 1;
    let request = AuditRequest {
        head: None,
        counts: &[SentCount {
            name: "forged.vp",
            bytes: &forged,
        }],
        standing: StandingFlags::Named,
    };
    let refused = done(audit(role.store(), &request, &AT)).unwrap_err();
    let flaw = CountFlaw::NotSigned("clinic".into());
    assert!(matches!(&refused, AuthorityRoleError::Count { why, .. } if *why == flaw));
    assert_eq!(
        refused.to_string(),
        "forged.vp: clinic did not sign this count"
    );
    assert_eq!(audited(&role, &[], StandingFlags::Named), []);
}

/// A count of the clinic at this moment, with a log of so many lines.
fn count(at: i64, lines: u32) -> UnsignedCount {
    UnsignedCount {
        at: UnixTime::from_seconds(at),
        rehearsal: false,
        free: 0,
        log_lines: u64::from(lines),
        log_root: tree(lines).root(),
        days: Vec::new(),
        operators: vec![CountedOperator {
            label: "anna".into(),
            key: [7; 32],
            approvals: 1,
        }],
        proofs: tree(lines).proof_from(3).into_iter().collect(),
    }
}

#[test]
fn a_rehearsal_counts_in_a_rehearsal_only() {
    let take = |rehearsal| {
        let definition = SchemeDefinition {
            rehearsal,
            ..definition(0)
        };
        let (role, key) = clinic_of(definition);
        let count = UnsignedCount {
            rehearsal: true,
            operators: Vec::new(),
            ..count(AT, 3)
        };
        let bytes = count.sign(role.store().state().scheme.id(), &key, rng(10));
        let name = "count.vp";
        let sent = SentCount {
            name,
            bytes: &bytes,
        };
        audited(&role, &[sent], StandingFlags::Named)
    };
    assert_eq!(take(true), []);
    let label = "clinic".into();
    assert_eq!(take(false), [Flag::Rehearsal { label }]);
}

/// The clinic of a scheme that is founded so.
fn clinic_of(definition: SchemeDefinition) -> (Role, IssuerKey) {
    let keys = MemoryKeys::default();
    let store = Memory::default();
    let founded = AuthorityRole::found(store, &keys, definition, LIFETIMES, &AT, rng(1));
    let store = done(founded).unwrap().0.store().clone();
    let role = open(store, &keys, KeysNeeded::All).unwrap();
    let key = IssuerKey::generate(rng(2));
    let registration = key.register(&role.store().state().scheme, rng(3));
    done(role.accredit("clinic", &registration, None, &AT)).unwrap();
    (role, key)
}

#[test]
fn operators_are_confirmed_by_no_count_that_an_audit_would_flag_nor_by_an_older_one() {
    let (role, key) = clinic_of(definition(0));
    let scheme = role.store().state().scheme;
    let sign = |count: &UnsignedCount| count.sign(scheme.id(), &key, rng(10));
    let confirm = |bytes: &[u8]| {
        let name = "count.vp";
        done(role.issuer_operators(&SentCount { name, bytes }, &(AT + DAY)))
    };
    let flags = |bytes: &[u8]| match confirm(bytes) {
        Err(AuthorityRoleError::CountFlagged { flags, .. }) => flags,
        other => panic!("{other:?}"),
    };
    let (label, source) = (|| "clinic".to_owned(), || "count.vp".to_owned());
    let (old, newest) = (sign(&count(AT + 60, 3)), sign(&count(AT + 120, 5)));
    assert_eq!(confirm(&old).unwrap().operators.len(), 1);
    audited(
        &role,
        &[SentCount {
            name: "count.vp",
            bytes: &old,
        }],
        StandingFlags::Named,
    );
    audited(
        &role,
        &[SentCount {
            name: "count.vp",
            bytes: &newest,
        }],
        StandingFlags::Named,
    );
    confirm(&newest).unwrap();
    let older = CountRefusal::Older { label: label() };
    assert_eq!(
        flags(&old),
        [Flag::CountRefused {
            source: source(),
            why: older
        }]
    );
    let replaced = sign(&UnsignedCount {
        log_root: [9; 32],
        ..count(AT + 180, 5)
    });
    assert_eq!(flags(&replaced), [Flag::LogReplaced { label: label() }]);
    // What somebody has looked into keeps nobody from being confirmed for ever.
    let rehearsed = sign(&UnsignedCount {
        rehearsal: true,
        ..count(AT + 180, 5)
    });
    assert_eq!(flags(&rehearsed), [Flag::Rehearsal { label: label() }]);
    let sent = [SentCount {
        name: "count.vp",
        bytes: &rehearsed,
    }];
    audited(&role, &sent, StandingFlags::Named);
    assert_eq!(flags(&rehearsed), [Flag::Rehearsal { label: label() }]);
    audited(&role, &[], StandingFlags::Acknowledged);
    confirm(&rehearsed).unwrap();
}

#[test]
fn the_first_count_after_a_recovery_is_flagged_because_those_before_it_are_lost() {
    let (role, keys, key) = with_clinic(0);
    let scheme = role.store().state().scheme;
    let take = |role: &Role, count: &UnsignedCount| {
        let count = UnsignedCount {
            operators: Vec::new(),
            ..count.clone()
        };
        let bytes = count.sign(scheme.id(), &key, rng(10));
        let name = "count.vp";
        audited(
            role,
            &[SentCount {
                name,
                bytes: &bytes,
            }],
            StandingFlags::Named,
        )
    };
    assert_eq!(take(&role, &count(AT + 60, 3)), []);
    let backup = role.store().clone();
    let publication = publish(&role, AT + 90, &OPTIONS).unwrap();
    assert_eq!(take(&role, &count(AT + 120, 5)), []);
    let file = |name| {
        &publication
            .files
            .iter()
            .find(|file| file.name == name)
            .unwrap()
            .bytes
    };
    let files = PublicFiles {
        bundle: file("bundle.vp"),
        holders: file("holders.vp"),
    };
    done(recover(&backup, &keys, &files, &(AT + 300), rng(9))).unwrap();
    let restored = open(backup, &keys, KeysNeeded::Daily).unwrap();
    // It replaces what was audited after the backup, and no count is left that could show it.
    let rewritten = UnsignedCount {
        log_root: rewritten(9, 4).root(),
        proofs: rewritten(9, 4).proof_from(3).into_iter().collect(),
        ..count(AT + 400, 9)
    };
    let recovered = Flag::Recovered { bundle: 2 };
    let lost = Flag::CountsLost {
        label: "clinic".into(),
        lines: 3,
    };
    assert!(
        recovered.to_string().contains("issuers' counts, are lost"),
        "{recovered}"
    );
    assert_eq!(
        take(&restored, &rewritten),
        [recovered.clone(), lost.clone()]
    );
    let next = UnsignedCount {
        at: UnixTime::from_seconds(AT + 500),
        ..rewritten
    };
    assert_eq!(take(&restored, &next), [recovered, lost], "once");
}
