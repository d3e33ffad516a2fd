//! docs/operating.md and tests/errors.md as they are written: every command block is run and compared.
use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::QrCode;
use veilpass::artefact::Artefact;

fn picture(codes: &[&str]) -> Vec<u8> {
    let drawn = codes.iter().map(|text| {
        let code = QrCode::new(text).unwrap();
        code.render::<Luma<u8>>().module_dimensions(6, 6).build()
    });
    let drawn: Vec<GrayImage> = drawn.collect();
    let width = drawn.iter().map(GrayImage::width).sum();
    let height = drawn.iter().map(GrayImage::height).max().unwrap_or(200);
    let mut page = GrayImage::from_pixel(u32::max(width, 200), height, Luma([255]));
    let mut left = 0;
    for code in &drawn {
        image::imageops::overlay(&mut page, code, left, 0);
        left += i64::from(code.width());
    }
    let mut bytes = Cursor::new(Vec::new());
    page.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The rules of docs/operating.md.
pub const RULES: &str = r#"name = "Moscow, June 2021"
version = 1

[vaccination]
valid = "12 months"

[[vaccination.products]]
code = "EU/1/20/1528"
doses = 2
wait = "14 days"

[recovery]
valid = "6 months"

[test]
valid = "3 days"
"#;

/// The map and the register of docs/operating.md; the third row has one dose of two.
const MAP: &str = r#"delimiter = ";"
dates = "%d.%m.%Y"
[columns]
record = "No"
family = "Family name"
given = "Given name"
birth_date = "Born"
product = "Vaccine"
dose = "Dose"
date = "Last dose"
[products]
"Gam-COVID-Vac" = "Sputnik-V"
"#;
const STAFF: &str = "No;Family name;Given name;Born;Vaccine;Dose;Last dose
1;Kuznetsova;Anna;08.03.1985;Gam-COVID-Vac;2;01.06.2021
2;Petrov;Boris;17.11.1979;Gam-COVID-Vac;2;02.06.2021
3;Orlova;Vera;01.02.1990;Gam-COVID-Vac;1;03.06.2021
";

/// Files that are not what they should be, and evidence.
fn props(folder: &Path) {
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    let url = "https://pass.example/123";
    write("url.png", &picture(&[url]));
    write("dcc.png", &picture(&["HC1:NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL"]));
    write("two.png", &picture(&["VP2:BB8", "VP2:BB8"]));
    write("blank.png", &picture(&[]));
    write("damaged.png", &picture(&[url])[..60]);
    write("note.txt", b"no pass at all\n");
    write("empty.vp", b"");
    write("wrong.txt", b"wrong horse\n");
    write("empty.txt", b"\n");
    // A certificate of another state, and who signs there.
    let state = veilpass_fixture::signer::Signer::german();
    let certificate = state.dcc(&veilpass_fixture::certificates::claims(
        &veilpass_fixture::certificates::vaccination(),
    ));
    write("certificate.png", &picture(&[&certificate]));
    fs::create_dir(folder.join("signers")).unwrap();
    write("signers/state.der", &state.certificate);
    write("rules.toml", RULES.as_bytes());
    write("map.toml", MAP.as_bytes());
    write("staff.csv", STAFF.as_bytes());
    let products = RULES.replace("EU/1/20/1528", "Sputnik-V");
    write("staff-rules.toml", products.as_bytes());
    let offer = Artefact::Offer.letter();
    write("truncated.vp", &[&[2, offer][..], &[7; 40]].concat());
    write("version-3.vp", &[3, offer, 0, 0]);
    write("version-1.vp", &[1, offer, 0, 0]);
}

/// What every command of a transcript says beside its answer, because the test sets the clock.
const CLOCK: &str = "the clock was set: ";

/// The transcript with that line at the end of every answer: readers, whose clocks nobody sets, are spared it.
fn with_clock(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let (mut inside, mut answering) = (false, false);
    for line in text.lines() {
        let fence = line.starts_with("```");
        if answering && (fence || line.starts_with("$ ")) {
            let blank = lines.iter().rev().take_while(|line| line.is_empty());
            let end = lines.len() - blank.count();
            lines.insert(end, format!("{CLOCK}[..]"));
            answering = false;
        }
        inside = if fence { line == "```console" } else { inside };
        answering |= inside && line.starts_with("$ ");
        lines.push(line.to_owned());
    }
    lines.join("\n") + "\n"
}

/// The transcript without it.
fn without_clock(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with(CLOCK));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Runs the transcript `file` in an empty folder. With `TRYCMD=overwrite`, what the commands say is
/// written into it.
fn transcript(file: &str) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let stage = tempfile::tempdir().unwrap();
    let copy = stage.path().join("transcript.md");
    let folder = stage.path().join("transcript.in");
    fs::create_dir(&folder).unwrap();
    props(&folder);
    let written = fs::read_to_string(&source).unwrap();
    fs::write(&copy, with_clock(&written)).unwrap();
    trycmd::TestCases::new()
        .env("VEILPASS_PASSPHRASE", "correct horse")
        .env("VEILPASS_WORK_FACTOR", "2")
        .env("VEILPASS_WEAK_KEYS", "true")
        .env("VEILPASS_AT", crate::terminal::AT)
        .case(copy.display().to_string())
        .run();
    if std::env::var_os("TRYCMD").is_some() {
        let played = fs::read_to_string(&copy).unwrap();
        fs::write(&source, without_clock(&played)).unwrap();
    }
}

#[test]
fn the_operating_manual_is_true() {
    transcript("../../docs/operating.md");
}

#[test]
fn every_error_says_what_to_do() {
    transcript("tests/errors.md");
}
