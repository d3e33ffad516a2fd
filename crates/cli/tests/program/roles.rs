//! The program as a whole: the demonstration, pictures that others can read, paper, watching a folder,
//! backups, disks that are full.
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::terminal::{Town, later, read, said};
use image::{DynamicImage, GrayImage, ImageFormat};
use veilpass::qr;

pub const VERIFY: &str = "verifier verify --dir cafe";

#[test]
fn the_demonstration_goes_as_it_must_and_says_so() {
    let town = Town::new();
    let report = town.run("demo --out stage").good();
    assert!(report["payload_bytes"].as_u64().unwrap() <= 1232);
    assert!(report["qr_version"].as_u64().unwrap() <= 25);
    assert_eq!(report["qr_level"], "L");
    assert_eq!(report["statements"].as_array().unwrap().len(), 5);
    for held in [
        "accepted",
        "refused_after_revocation",
        "double_entry_seen",
        "too_old_refused",
        "issuers_look_alike",
    ] {
        assert_eq!(report[held], true, "{held}");
    }
    let png = report["png"].as_str().unwrap();
    assert!(read(png.as_ref()).starts_with(b"\x89PNG"));
    assert!(town.path("stage/anna/wallet.age").exists());
    assert_eq!(
        town.run("demo --out stage").code,
        2,
        "the folder is not empty"
    );
    // Without --out only the pictures stay, in a temporary folder.
    let report = town.run("demo").good();
    let folder = std::path::Path::new(report["png"].as_str().unwrap())
        .parent()
        .unwrap();
    assert_eq!(fs::read_dir(folder).unwrap().count(), 2);
    fs::remove_dir_all(folder).unwrap();
}

/// Reads a picture with the second decoder.
fn by_another_hand(picture: &GrayImage) -> Vec<String> {
    let (width, height) = picture.dimensions();
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(
        usize::try_from(width).unwrap(),
        usize::try_from(height).unwrap(),
        |x, y| picture.as_raw()[y * usize::try_from(width).unwrap() + x],
    );
    let grids = prepared.detect_grids();
    grids
        .iter()
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
        .collect()
}

#[test]
fn the_picture_of_a_pass_is_read_by_an_independent_decoder() {
    let town = Town::with_pass();
    town.run("holder present --dir wallet poster.png --yes --out pass.png --out pass.txt")
        .good();
    let picture = image::open(town.path("pass.png")).unwrap().into_luma8();
    let text = fs::read_to_string(town.path("pass.txt")).unwrap();
    assert_eq!(by_another_hand(&picture), [text.trim()]);
}

#[test]
fn a_pass_comes_in_as_picture_bytes_text_argument_or_standard_input() {
    let town = Town::with_pass();
    let init = "verifier init --rehearsal --dir ward --scheme public/scheme.vp --bundle public/bundle.vp --venue Ward --policy hospital";
    town.run(init).good();
    town.run("verifier poster --dir ward --out ward.svg --out ward.txt --out ward.vp")
        .good();
    let svg = fs::read_to_string(town.path("ward.svg")).unwrap();
    assert!(svg.contains("<svg"));
    let verify = "verifier verify --dir ward";
    for form in ["pass.png", "pass.vp", "pass.txt"] {
        town.run(&format!(
            "holder present --dir wallet ward.txt --yes --out {form}"
        ))
        .good();
        town.run(&format!("{verify} {form}")).good();
    }
    let present = || {
        town.run("holder present --dir wallet ward.vp --yes --out pass.txt")
            .good()
    };
    present();
    let text = fs::read_to_string(town.path("pass.txt")).unwrap();
    // The alphabet of base45 has a space; a shell would quote the text.
    let argument = Command::new(env!("CARGO_BIN_EXE_veilpass"))
        .args(verify.split_whitespace())
        .args([text.trim(), "--json", "--at", &later(2)])
        .current_dir(town.0.path())
        .output()
        .unwrap();
    said(&argument).good();
    present();
    let mut child = town
        .command(&format!("{verify} -"), &later(2))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let picture =
        qr::Code::new(&qr::from_text(&fs::read_to_string(town.path("pass.txt")).unwrap()).unwrap());
    let png = picture.unwrap().png(4).unwrap();
    child.stdin.take().unwrap().write_all(&png).unwrap();
    said(&child.wait_with_output().unwrap()).good();
}

#[test]
fn a_watched_folder_gives_a_verdict_for_each_picture() {
    let town = Town::with_pass();
    fs::create_dir(town.path("camera")).unwrap();
    let mut watch = town
        .command(
            &format!("{VERIFY} --watch camera --stop-after 3"),
            &later(3),
        )
        .spawn()
        .unwrap();
    let take = |name: &str| {
        town.run(&format!(
            "holder present --dir wallet poster.png --yes --out {name}"
        ))
        .good();
        // A camera writes slowly; half a picture is no picture yet.
        let bytes = read(&town.path(name));
        let target = town.path(&format!("camera/{name}"));
        fs::write(&target, &bytes[..bytes.len() / 2]).unwrap();
        fs::write(&target, &bytes).unwrap();
    };
    take("1.png");
    take("2.png");
    fs::write(town.path("camera/3.png"), b"no picture").unwrap();
    let output = watch.wait().and_then(|_| {
        let mut text = String::new();
        std::io::Read::read_to_string(watch.stdout.as_mut().unwrap(), &mut text)?;
        Ok(text)
    });
    let lines: Vec<serde_json::Value> = output
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let verdicts: Vec<_> = lines
        .iter()
        .map(|line| line["accepted"].as_bool())
        .collect();
    assert_eq!(verdicts, [Some(true), Some(false), Some(false), None]);
    assert_eq!(lines[1]["reason"], "SeenBefore");
    assert_eq!(
        (&lines[3]["green"], &lines[3]["red"]),
        (&1.into(), &2.into())
    );
}

/// The codes on a page drawn at 300 dots per inch, each cut out as somebody cuts a strip.
fn printed(page: &DynamicImage) -> Vec<String> {
    let dots = |millimetres: u32| millimetres * 2480 / 210;
    let cells = (0..12).map(|cell| (9 + 64 * (cell % 3), 19 + 67 * (cell / 3)));
    let read = cells.filter_map(|(left, top)| {
        let strip = page.crop_imm(dots(left), dots(top), dots(64), dots(60));
        let mut png = std::io::Cursor::new(Vec::new());
        strip.write_to(&mut png, ImageFormat::Png).unwrap();
        match veilpass_reader::text_in_file(&png.into_inner()) {
            Ok(text) => Some(text),
            Err(veilpass_reader::ReadError::NoCode) => None,
            Err(error) => panic!("{error}"),
        }
    });
    let mut found: Vec<_> = read.collect();
    found.sort();
    found
}

/// The codes on a page of strips, drawn as a printer of 300 dots per inch would: A4 is 2480 dots wide.
pub fn strips_on(svg: &[u8]) -> Vec<String> {
    let tree = resvg::usvg::Tree::from_data(svg, &Default::default()).unwrap();
    let scale = 2480.0 / tree.size().width();
    let mut page = resvg::tiny_skia::Pixmap::new(2480, 3508).unwrap();
    resvg::render(
        &tree,
        resvg::tiny_skia::Transform::from_scale(scale, scale),
        &mut page.as_mut(),
    );
    printed(&image::load_from_memory(&page.encode_png().unwrap()).unwrap())
}

#[test]
fn a_sheet_of_strips_is_read_back_from_paper() {
    let town = Town::with_pass();
    let line = "holder strips --dir wallet --policy paper --from 2021-06-28 --days 13 --yes --out s.svg --out s.pdf";
    let report = town.run(line).good();
    assert_eq!(
        report["out"].as_array().unwrap().len(),
        3,
        "two pages and a PDF"
    );
    let pages = ["s.svg", "s-2.svg"].iter();
    let texts: Vec<_> = pages
        .flat_map(|name| strips_on(&read(&town.path(name))))
        .collect();
    assert_eq!(texts.len(), 13);
    let init = "verifier init --rehearsal --dir bar --scheme public/scheme.vp --bundle public/bundle.vp --venue Bar --policy paper";
    town.run(init).good();
    // One of them is for today, whichever code it is; the others are for other days.
    let mut green = 0;
    for text in &texts {
        fs::write(town.path("strip.txt"), text).unwrap();
        let said = town.run("verifier verify --dir bar strip.txt");
        green += u32::from(said.code == 0);
        if said.code == 0 {
            assert_eq!(said.json["disclosed"]["id_hint"], "A.K.");
        } else {
            assert_eq!(said.json["reason"], "TooEarly");
        }
    }
    assert_eq!(green, 1);
    assert!(read(&town.path("s.pdf")).starts_with(b"%PDF"));
    pdf_too(&town, &texts);
}

/// The PDF, drawn by poppler if this machine has it.
fn pdf_too(town: &Town, texts: &[String]) {
    let drawn = Command::new("pdftoppm")
        .args(["-r", "300", "-png", "s.pdf", "page"])
        .current_dir(town.0.path())
        .status();
    if !drawn.is_ok_and(|status| status.success()) {
        eprintln!("skipped: the PDF is not drawn, pdftoppm (poppler-utils) is not installed");
        return;
    }
    let mut found = Vec::new();
    for name in ["page-1.png", "page-2.png"] {
        found.extend(printed(&image::open(town.path(name)).unwrap()));
    }
    let mut texts = texts.to_vec();
    texts.sort();
    found.sort();
    assert_eq!(found, texts);
}

/// One more pass in the wallet, that is good until this day.
fn another(town: &Town, label: &str, until: &str) {
    for line in [
        &*format!(
            "issuer offer --dir clinic --set until={until} --set until_strict=none --set birth_date=1985-03-08 \
             --set id_hint=A.K. --out o.vp"
        ),
        "holder request --dir wallet o.vp --set name=Anna --set employer=Agency --out q.vp",
        "issuer issue --dir clinic q.vp --yes --out a.vp",
        &*format!("holder receive --dir wallet a.vp --label {label}"),
    ] {
        town.run(line).good();
    }
}

#[test]
fn a_sheet_of_strips_is_of_one_pass() {
    let town = Town::founded();
    another(&town, "anna", "2021-06-30");
    another(&town, "boris", "2021-07-02");
    let strips = |more: &str| {
        let line = "holder strips --dir wallet --policy paper --from 2021-06-28 --yes --out s.svg";
        town.run(&format!("{line} {more}"))
    };
    assert_eq!(strips("--days 3").good()["pass"], "anna");
    assert_eq!(strips("--days 4").good()["pass"], "boris");
    for (more, words) in [
        ("--days 6", "boris is good for it until 2021-07-02"),
        (
            "--days 4 --pass anna",
            "anna is good for it until 2021-06-30",
        ),
    ] {
        let said = strips(more);
        assert_eq!(said.code, 1, "{}", said.text);
        assert!(said.text.contains(words), "{}", said.text);
    }
}

#[test]
fn a_pass_that_stands_speaks_before_one_that_was_revoked_and_a_rule_that_never_applies_is_said() {
    let town = Town::with_pass();
    another(&town, "boris", "2021-06-30");
    town.run("authority revoke --dir authority handle.txt")
        .good();
    town.run_at("authority publish --dir authority --to public", &later(60))
        .good();
    let at = later(62);
    town.run_at("holder sync --dir wallet public/holders.vp", &at);
    let strips =
        "holder strips --dir wallet --policy paper --from 2021-07-02 --days 2 --yes --out s.svg";
    let said = town.run_at(strips, &at);
    assert_eq!(said.code, 1, "{}", said.text);
    assert!(
        said.text.contains("boris, 2021-07-02: the pass has ended"),
        "{}",
        said.text
    );
    let listed = town.run_at("holder list --dir wallet", &at).good();
    let strict = &listed["passes"][1]["attributes"]["until_strict"];
    assert_eq!(strict, "none", "{listed}");
}

#[test]
fn a_folder_of_another_role_is_named() {
    let town = Town::founded();
    for (line, words) in [
        (
            "issuer status --dir authority",
            "authority is an authority's folder, not an issuer's",
        ),
        (
            "verifier status --dir clinic",
            "clinic is an issuer's folder, not a door's",
        ),
        (
            "authority status --dir wallet",
            "wallet is a wallet's folder, not an authority's",
        ),
        (
            "holder list --dir cafe",
            "cafe is a door's folder, not a wallet's",
        ),
        ("holder list", "did you forget --dir?"),
        ("holder list --dir nowhere", "nowhere does not exist"),
    ] {
        let said = town.run(line);
        assert_eq!(said.code, 2, "{}", said.text);
        assert!(said.text.contains(words), "{}", said.text);
    }
}

#[test]
#[cfg(unix)]
fn secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let town = Town::with_pass();
    for name in [
        "authority/online.age",
        "authority/accreditation.age",
        "clinic/issuer.age",
        "wallet/wallet.age",
        "h.vp",
        "handle.txt",
    ] {
        let mode = town.path(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    for name in ["public/scheme.vp", "public/bundle.vp"] {
        let mode = town.path(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{name}");
    }
    let mode = town.path("wallet").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

/// Runs a line whose files may not grow past `blocks` of 512 bytes: a disk that is full.
#[cfg(unix)]
fn cramped(town: &Town, line: &str, blocks: u32) -> crate::terminal::Said {
    let program = env!("CARGO_BIN_EXE_veilpass");
    let script = format!(
        "trap '' XFSZ; ulimit -f {blocks}; exec {program} {line} --json --weak-keys --work-factor 2 --at {}",
        later(3)
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(town.0.path())
        .env("VEILPASS_PASSPHRASE", "correct horse")
        .output()
        .unwrap();
    said(&output)
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_named_and_nothing_is_lost() {
    let town = Town::with_pass();
    let wallet = read(&town.path("wallet/wallet.age"));
    let ask = "holder request --dir wallet offer.png --set name=A --set employer=B --out again.vp";
    let said = cramped(&town, ask, 1);
    assert_eq!(said.code, 2);
    assert!(said.text.contains("disk is full"), "{}", said.text);
    assert!(
        read(&town.path("wallet/wallet.age")) == wallet,
        "the wallet is as it was"
    );
    let said = cramped(
        &town,
        "holder present --dir wallet poster.png --yes --out big.png",
        1,
    );
    assert!(said.text.contains("disk is full"), "{}", said.text);
    assert!(!town.path("big.png").exists());
    // A database that cannot grow: the pass is not let in, and is when there is room again.
    town.run("holder present --dir wallet poster.png --yes --out pass.png")
        .good();
    let said = cramped(&town, &format!("{VERIFY} pass.png"), 1);
    assert_eq!(said.code, 2, "{}", said.text);
    town.run(&format!("{VERIFY} pass.png")).good();
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_written_is_named() {
    let town = Town::with_pass();
    let said = town.run("holder present --dir wallet poster.png --yes --out /sys/pass.png");
    assert_eq!(said.code, 2);
    let advice = ["permissions", "read-only", "cannot write"];
    assert!(
        advice.iter().any(|a| said.text.contains(a)),
        "{}",
        said.text
    );
}

#[test]
fn a_log_that_somebody_changed_is_noticed() {
    let town = Town::founded();
    let head = town.run("authority audit --dir authority").good()["head"].clone();
    let head = head.as_str().unwrap().to_owned();
    let noted = format!("authority audit --dir authority --head {head}");
    town.run(&noted).good();
    let sql = |statement: &'static str| {
        let path = town.path("authority/authority.db");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let url = format!("sqlite://{}", path.display());
            let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
            let done = sqlx::query(statement).execute(&pool).await;
            pool.close().await;
            done.map(|_| ())
        })
    };
    assert!(
        sql("UPDATE log SET detail = 'x' WHERE number = 2").is_err(),
        "append only"
    );
    sql("DROP TRIGGER log_is_never_changed").unwrap();
    sql("DROP TRIGGER log_is_never_cut").unwrap();
    sql("DELETE FROM log WHERE number = (SELECT max(number) FROM log)").unwrap();
    town.run("authority audit --dir authority").good();
    let said = town.run(&noted);
    assert_eq!(said.code, 1);
    assert!(said.text.contains("cut off"), "{}", said.text);
    sql("UPDATE log SET detail = 'x' WHERE number = 2").unwrap();
    let said = town.run("authority audit --dir authority");
    assert!(said.text.contains("broken at line 2"), "{}", said.text);
}

#[test]
fn inspect_names_every_byte_of_every_artefact() {
    let town = Town::with_pass();
    town.run("holder present --dir wallet poster.png --yes --out pass.png")
        .good();
    for (file, kind) in [
        ("public/scheme.vp", "a scheme card"),
        ("public/bundle.vp", "a verifiers' bundle"),
        ("public/holders.vp", "a holders' bundle"),
        ("r.vp", "an issuer's registration"),
        ("a.vp", "an accreditation"),
        ("h.vp", "a file of handles"),
        ("offer.png", "an offer"),
        ("request.png", "a request"),
        ("response.png", "a response"),
        ("poster.png", "a question"),
        ("pass.png", "a pass"),
    ] {
        let line = format!("inspect {file} --bundle public/bundle.vp --scheme public/scheme.vp");
        let said = town.run(&line).good();
        assert_eq!(said["kind"], kind);
        let parts = said["parts"].as_array().unwrap().iter();
        let sum: u64 = parts.map(|part| part["bytes"].as_u64().unwrap()).sum();
        assert_eq!(Some(sum), said["bytes"].as_u64(), "{file}");
    }
    // Kept so that the picture format stays one that this test can open.
    assert_eq!(
        image::guess_format(&read(&town.path("pass.png"))).ok(),
        Some(ImageFormat::Png)
    );
}
