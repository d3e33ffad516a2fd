//! What is measured of a door that has just been switched on: the program, started anew for one picture.

use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use tempfile::TempDir;
use veilpass::qr::Code;
use veilpass_fixture::city::{City, NOW};

use crate::Measuring;
use crate::error::{Fallible, must};
use crate::measure::{Case, Clock, Row, Run, wall};
use crate::world::{Guest, RESTAURANT, VENUE, read_door, usual};

/// The series of the whole, and of the parts that no start could spare.
pub(super) const WHOLE: &str = "the whole program, start to verdict";
pub(super) const BEGIN: &str = "beside it: started, nothing done (--version)";
pub(super) const BUNDLE: &str = "in it: read the door's bundle";
pub(super) const READ: &str = "in it: find and read the QR code";
pub(super) const CHECK: &str = "in it: check the pass";

/// A folder with what a door is given, and a door folder for each run.
struct Street<'a> {
    program: &'a Path,
    folder: TempDir,
    at: String,
}

impl<'a> Street<'a> {
    fn new(program: &'a Path, city: &City, pictures: [&[u8]; 2]) -> Fallible<Self> {
        let folder = tempfile::tempdir()?;
        let [good, spoilt] = pictures;
        for (name, bytes) in [
            ("scheme.vp", city.card().to_bytes().as_slice()),
            ("bundle.vp", &city.door_bytes()),
            ("pass.png", good),
            ("spoilt.png", spoilt),
        ] {
            std::fs::write(folder.path().join(name), bytes)?;
        }
        let at = Timestamp::from_second(NOW)?.to_string();
        Ok(Self {
            program,
            folder,
            at,
        })
    }

    fn command(&self, arguments: &[&str]) -> Fallible<Command> {
        let mut command = Command::new(self.program);
        command.args(["verifier"]).args(arguments);
        command
            .args(["--at", &self.at])
            .current_dir(self.folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command)
    }

    /// A door that has seen nobody yet. (One that has would refuse the guest's second pass of the day.)
    fn new_door(&self) -> Fallible<()> {
        let door = self.folder.path().join("door");
        if door.exists() {
            std::fs::remove_dir_all(&door)?;
        }
        let init = [
            "init",
            "--dir",
            "door",
            "--scheme",
            "scheme.vp",
            "--bundle",
            "bundle.vp",
        ];
        let mut command = self.command(&init)?;
        command.args(["--venue", VENUE, "--policy", RESTAURANT, "--rehearsal"]);
        must(command.status()?.success(), "a door could not be set up")
    }

    /// From the start of the program to its end: whether it was green.
    fn verify(&self, picture: &str) -> Fallible<bool> {
        let mut command = self.command(&["verify", "--dir", "door", picture])?;
        Ok(command.status()?.success())
    }
}

/// Start to verdict, beside its parts that can be had alone, all by the clock.
pub(super) fn start(measuring: &Measuring<'_>) -> Fallible<Vec<Row>> {
    let mut city = usual(&measuring.table, None);
    let guest = Guest::of(&mut city);
    let pass = guest.present(RESTAURANT)?;
    guest.rehearse(RESTAURANT, &pass)?;
    let picture = Code::new(&pass)?.png(4)?;
    let spoilt = Code::new(&guest.spoilt(&pass)?)?.png(4)?;
    let bundle = city.door_bytes();
    let street = Street::new(measuring.program, &city, [&picture, &spoilt])?;
    street.new_door()?;
    must(
        !street.verify("spoilt.png")? && street.verify("pass.png")?,
        "the program gives wrong verdicts",
    )?;
    let cases = vec![
        by_the_clock(WHOLE, whole_program(&street)),
        by_the_clock(BEGIN, beginning(measuring.program)),
        by_the_clock(BUNDLE, reading_bundle(&city, &bundle)),
        by_the_clock(READ, reading(&picture)),
        by_the_clock(CHECK, checking(&guest, &pass)),
    ];
    measuring.rounds("start", cases, measuring.plan.rounds)
}

fn by_the_clock<'a>(series: &str, run: Run<'a>) -> Case<'a> {
    let mut case = Case::new(series, run);
    case.clock = Clock::Wall;
    case
}

fn whole_program<'a>(street: &'a Street<'_>) -> Run<'a> {
    Box::new(|| {
        street.new_door()?;
        let (green, time) = wall(|| street.verify("pass.png"))?;
        must(green, "a good pass was refused")?;
        Ok(time)
    })
}

/// What the system and the language's runtime take.
fn beginning(program: &Path) -> Run<'_> {
    Box::new(move || {
        let mut command = Command::new(program);
        command.arg("--version").stdout(Stdio::null());
        let (good, time) = wall(|| Ok(command.status()?.success()))?;
        must(good, "the program does not say its version")?;
        Ok(time)
    })
}

fn reading_bundle<'a>(city: &'a City, bundle: &'a [u8]) -> Run<'a> {
    Box::new(|| wall(|| read_door(city, bundle)).map(|(_, time)| time))
}

fn reading(picture: &[u8]) -> Run<'_> {
    Box::new(|| wall(|| crate::passes::from_picture(picture)).map(|(_, time)| time))
}

fn checking<'a>(guest: &'a Guest, pass: &'a [u8]) -> Run<'a> {
    Box::new(|| wall(|| guest.check(RESTAURANT, pass)).map(|((), time)| time))
}
