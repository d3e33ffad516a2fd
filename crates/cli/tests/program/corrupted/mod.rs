//! The program given spoiled files of every kind that it reads: each time an exit code that says so, a
//! sentence that a person understands, and every byte of every folder as it was.
//!
//! A few of each kind; with `VEILPASS_CORRUPT_ALL` set, 1,000 of each (or as many as it says).
//! `--nocapture` shows the counts.
mod cases;
mod database;
mod many;
mod meaning;
mod place;
mod spoil;
mod town;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::{SeedableRng, rngs::StdRng};

use cases::{CASES, Case};
use meaning::Meaning;
use place::{Ended, Place};
use spoil::{WAYS, spoil};
use town::{WORLD, World};

use crate::terminal::JARGON;

/// Spoiled files of each kind in a usual run.
const FEW: usize = 3;

/// How many spoiled files of a kind: a few, or as many as the environment asks for.
fn times(few: usize) -> usize {
    let all = std::env::var("VEILPASS_CORRUPT_ALL").ok();
    let asked = |all: String| all.parse().ok().filter(|times| *times > 1).unwrap_or(1000);
    all.map_or(few, asked)
}

/// How one kind fared.
#[derive(Default)]
struct Counts {
    refused: usize,
    same: usize,
    other: usize,
    partly: usize,
    wrong: Vec<String>,
}

fn words(case: &Case) -> Vec<String> {
    let line = case.line.replace("{}", case.at);
    let at = crate::terminal::later(if line.contains("publish") { 60 } else { 4 });
    let words = line.split_whitespace().map(str::to_owned);
    words.chain(["--at".to_owned(), at]).collect()
}

/// What is wrong with how a refusal is told.
fn untold(ended: &Ended) -> Option<String> {
    let text = format!("{}{}", ended.out, ended.errors);
    let error = ended
        .errors
        .lines()
        .any(|line| line.starts_with("error: ") && line.len() > 20);
    // A verdict, or a list of what was refused, is an answer and no error.
    let answer = ended.code == Some(1) && ended.out.len() > 10;
    if !error && !answer {
        return Some("nothing is said".into());
    }
    if let Some(word) = JARGON.iter().find(|word| text.contains(**word)) {
        return Some(format!("{word:?} is said to people"));
    }
    if let Some(sign) = text
        .chars()
        .find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..'\u{202f}').contains(c))
    {
        return Some(format!("{sign:?} goes to the terminal"));
    }
    let said = text.chars().count();
    (said > 2000).then(|| format!("{said} characters are said"))
}

/// A door counts whom it refuses.
fn is_count(ended: &Ended, case: &Case, path: &Path) -> bool {
    let red = ended.code == Some(1) && case.line.starts_with("verifier verify");
    red && path == Path::new("cafe/verifier.db")
}

/// Runs a command on a spoiled file and judges what it did.
fn judge(place: &Place, case: &Case, bad: &[u8], meaning: Meaning, counts: &mut Counts) {
    place.put(case.at, bad);
    let ended = place.run(&words(case));
    let changes = place.changes(case.at, bad);
    let wrong = match (ended.code, meaning) {
        (Some(0), Meaning::Nothing) => Some("it is accepted".to_owned()),
        (Some(0), Meaning::Same) => {
            counts.same += 1;
            None
        }
        (Some(0), Meaning::Other) => {
            counts.other += 1;
            None
        }
        // Rows that stand are kept, those that do not are named.
        (Some(1), Meaning::Other) if !changes.is_empty() => {
            counts.partly += 1;
            untold(&ended)
        }
        (Some(1 | 2), _) => {
            counts.refused += 1;
            let changed = changes.iter().any(|path| !is_count(&ended, case, path));
            let changed = changed.then(|| format!("{changes:?} changed"));
            changed.or_else(|| untold(&ended))
        }
        (code, _) => Some(format!("it ends with {code:?}")),
    };
    if let Some(wrong) = wrong {
        let head: String = bad
            .iter()
            .take(60)
            .flat_map(|byte| std::ascii::escape_default(*byte))
            .map(char::from)
            .collect();
        let said: String = format!("{}{}", ended.out, ended.errors)
            .chars()
            .take(600)
            .collect();
        counts.wrong.push(format!(
            "{} at {} ({} bytes, {head}): {wrong}\n  veilpass {}\n  said: {said:?}",
            case.good,
            case.at,
            bad.len(),
            case.line
        ));
    }
    if !changes.is_empty() || case.at == case.good {
        place.restore();
    } else {
        std::fs::remove_file(place.folder.path().join(case.at)).unwrap();
    }
}

/// One kind of file, spoiled so many times.
fn one(world: &World, place: &Place, number: usize, times: usize) -> Counts {
    let case = &CASES[number];
    let good = world.good(case.good);
    // Files of the same folder are in reach of the same passphrase: they are the likeliest to be mixed up.
    let others: Vec<&[u8]> = [
        "public/scheme.vp",
        "late.vp",
        "poster.png",
        "pass.txt",
        "register.csv",
        "authority/accreditation.age",
        "clinic/issuer.age",
        "wallet/wallet.age",
        "anna.age",
        "rules.toml",
        "authority/authority.db",
        "cafe/verifier.db",
        "house-public/holders.vp",
        "response-2.vp",
    ]
    .iter()
    .filter(|name| **name != case.good)
    .map(|name| world.good(name))
    .collect();
    let mut counts = Counts::default();
    place.put(case.at, good);
    let ended = place.run(&words(case));
    let well = match case.good {
        // A drawing is for people.
        drawing if drawing.ends_with(".svg") => 2,
        // Read, and never all right, because nobody signs it.
        "bundle.json" => 1,
        _ => 0,
    };
    if ended.code != Some(well) {
        counts.wrong.push(format!(
            "the good {} gives {:?}: {}{}",
            case.good, ended.code, ended.out, ended.errors
        ));
    }
    place.restore();
    let mut rng = StdRng::seed_from_u64(number as u64);
    for time in 0..times {
        // In a short run each kind meets other ways.
        let way = time + number * FEW;
        let bad = spoil(good, &others, (way, time < WAYS), &mut rng);
        let meaning = (case.judge)(world, good, &bad);
        judge(place, case, &bad, meaning, &mut counts);
    }
    counts
}

#[test]
fn spoiled_files_are_refused_in_words_and_change_nothing() {
    let times = times(FEW);
    let only = std::env::var("VEILPASS_CORRUPT_ONLY").ok();
    let world = &*WORLD;
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let place = Place::copy(&world.tree);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = CASES.get(number) else { break };
                    if only.as_ref().is_some_and(|only| !case.good.contains(only)) {
                        continue;
                    }
                    let started = std::time::Instant::now();
                    let counts = one(world, &place, number, times);
                    println!(
                        "{:<28} {:<60} {:>5} refused, {} as before, {} as something else, {} in part, {} wrong; {:.1} s",
                        case.good, case.line.chars().take(60).collect::<String>(), counts.refused, counts.same,
                        counts.other, counts.partly, counts.wrong.len(), started.elapsed().as_secs_f32()
                    );
                    wrong.lock().unwrap().extend(counts.wrong);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let shown = wrong.iter().take(if times > FEW { 200 } else { 60 });
    assert!(
        wrong.is_empty(),
        "{} went wrong:\n{}",
        wrong.len(),
        shown.cloned().collect::<Vec<_>>().join("\n")
    );
}
