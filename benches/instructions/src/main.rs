//! Counts the instructions of making and checking a pass, and compares them with `figures.txt`: a slower
//! program shows without a clock (`benches/instructions/run`; with `--write` the figures are written
//! anew).
//!
//! The program runs itself under callgrind. Set-up and a first call of each operation, which builds
//! the tables, are not counted. Figures hold for one compiler: with another one the changes are shown and
//! not judged. Without valgrind it says so and succeeds.


use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use rand::{SeedableRng, rngs::StdRng};
use veilpass_fixture::city::{City, NOW, day, at};
use veilpass::presentation::{Door, Expected, MemoryReplayStore, Verdict};
use veilpass::scheme::Mode;

/// How far a count may be from the committed one, in per cent.
const BAND: f64 = 3.0;

/// Tells the child that it is the one that is counted.
const CHILD: &str = "--counted";

/// Passes in the batch.
const BATCH: usize = 16;

const OPERATIONS: [&str; 4] = [
    "make",
    "answer",
    "check",
    "check_batch_16",
];

/// Callgrind counts inside this function and finds it by its name.
#[inline(never)]
fn counted_operation(operation: &mut dyn FnMut()) {
    operation();
}

/// Runs the operation twice, the second time counted.
fn child(name: &str) {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let holder = city.holder_bundle();
    let bundle = city.door_bundle();
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let rng = || StdRng::seed_from_u64(1);
    let twice = |operation: &mut dyn FnMut()| {
        operation();
        counted_operation(operation);
    };
    let mut show = |count| -> Vec<_> {
        let one = |_| city.show(&credential, "restaurant", "Cafe", NOW);
        (0..count).map(one).collect()
    };
    match name {
        "make" => twice(&mut || {
            (credential.present(&holder, &ask, None, at(NOW), &mut rng())).unwrap();
        }),
        "answer" => {
            let prepare = |_| credential.prepare(&holder, "restaurant", at(NOW), &mut rng());
            let mut prepared: Vec<_> = (0..2).map(prepare).collect();
            twice(&mut || {
                let prepared = prepared.pop().unwrap().unwrap();
                (prepared.answer(&credential, &holder, &ask, at(NOW), &mut rng())).unwrap();
            });
        }
        "check" => {
            let passes = show(1);
            twice(&mut || {
                let mut seen = MemoryReplayStore::default();
                let verdict = door.check(&passes[0], Expected::posters(), at(NOW), &mut seen, &mut rng());
                assert!(matches!(verdict, Verdict::Accepted(_)));
            });
        }
        _ => {
            // One guest's passes: that all but the first were seen before is found out last.
            let passes = show(BATCH);
            let slices: Vec<_> = passes.iter().map(Vec::as_slice).collect();
            twice(&mut || {
                let mut seen = MemoryReplayStore::default();
                let verdicts = door.check_batch(&slices, Expected::posters(), at(NOW), &mut seen, &mut rng());
                assert!(matches!(verdicts[0], Verdict::Accepted(_)));
            });
        }
    }
}

/// Runs this program under callgrind and reads the count.
fn count(folder: &Path, operation: &str) -> u64 {
    let out = folder.join(operation);
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--quiet"])
        .arg("--toggle-collect=*counted_operation*")
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().unwrap())
        .args([CHILD, operation])
        .status()
        .unwrap();
    assert!(status.success(), "the counted program failed");
    let dump = std::fs::read_to_string(out).unwrap();
    let total = dump.lines().find_map(|line| line.strip_prefix("totals: "));
    total.unwrap().trim().parse().unwrap()
}

/// The committed figures: the compiler, and a count for each operation.
fn committed(file: &Path) -> (String, BTreeMap<String, u64>) {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut compiler = String::new();
    let mut counts = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(' ') {
            Some(("compiler", version)) => compiler = version.to_owned(),
            Some((name, count)) => {
                counts.insert(name.to_owned(), count.trim().parse().unwrap());
            }
            None => {}
        }
    }
    (compiler, counts)
}

/// Counts every operation, shows it beside its committed figure, and says whether all are within the band.
fn compare(before: &BTreeMap<String, u64>, counts: &[(&str, u64)]) -> bool {
    let mut within = true;
    for (name, count) in counts {
        let change = before.get(*name).map(|before| {
            let (count, before) = (*count as f64, *before as f64);
            100.0 * (count / before - 1.0)
        });
        let fits = change.is_some_and(|change| change.abs() <= BAND);
        within &= fits;
        let verdict = match (fits, change) {
            (true, _) => "",
            (false, Some(_)) => "  outside the band",
            (false, None) => "  has no committed figure",
        };
        let change = change.map_or(String::new(), |change| format!("{change:+.2} %"));
        println!("{name:<16} {count:>12} {change:>10}{verdict}");
    }
    within
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().collect();
    if let [_, first, operation] = arguments.as_slice()
        && first == CHILD
    {
        child(operation);
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: valgrind is not installed, instructions are not counted");
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures.txt");
    let (compiler, before) = committed(&file);
    let counts = OPERATIONS.map(|name| (name, count(folder.path(), name)));
    let within = compare(&before, &counts);
    if arguments.iter().any(|argument| argument == "--write") {
        let head = "# Instructions, by callgrind; see src/main.rs.\n";
        let mut text = format!("{head}compiler {}\n", env!("COMPILER"));
        text.extend(counts.map(|(name, count)| format!("{name} {count}\n")));
        std::fs::write(file, text).unwrap();
        return ExitCode::SUCCESS;
    }
    if compiler != env!("COMPILER") {
        println!("not judged: the figures are of {compiler}, this is {}", env!("COMPILER"));
        return ExitCode::SUCCESS;
    }
    if within {
        ExitCode::SUCCESS
    } else {
        println!("a change of more than {BAND} % is to be explained, then written: run --write");
        ExitCode::FAILURE
    }
}
