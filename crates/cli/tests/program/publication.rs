//! The folder of public files: written parts first, read by doors and wallets, which take what they do not have.
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use crate::terminal::{Town, later};

/// A server of static files on this machine, that notes what was asked: path, and status.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<(String, u16)>>>,
    /// After so many answers it closes each connection without one.
    most: Arc<AtomicUsize>,
}

impl Server {
    fn of(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, folder) = (Arc::clone(&asked), folder.to_owned());
        let most = Arc::new(AtomicUsize::new(usize::MAX));
        let left = Arc::clone(&most);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if noted.lock().unwrap().len() >= left.load(SeqCst) {
                    continue;
                }
                if let Some(answer) = serve(stream, &folder) {
                    noted.lock().unwrap().push(answer);
                }
            }
        });
        Self {
            address,
            asked,
            most,
        }
    }

    fn asked(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// One request a connection.
fn serve(mut stream: TcpStream, folder: &Path) -> Option<(String, u16)> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<_> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let file: PathBuf = folder.join(path.trim_start_matches('/'));
    let bytes = fs::read(file).unwrap_or_default();
    let etag = format!("\"{}-{}\"", bytes.len(), bytes.last().copied().unwrap_or(0));
    let same =
        |line: &String| line.to_lowercase().starts_with("if-none-match") && line.ends_with(&etag);
    let (status, body) = match bytes.is_empty() {
        true => (404, &[][..]),
        false if headers.iter().any(same) => (304, &[][..]),
        false => (200, &bytes[..]),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nETag: {etag}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.read(&mut [0]);
    Some((path, status))
}

fn parts(town: &Town) -> Vec<String> {
    let parts = fs::read_dir(town.path("public/parts")).unwrap();
    let mut names: Vec<_> = parts
        .map(|part| part.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn wallets_and_doors_take_a_folder_and_read_only_what_they_do_not_have() {
    let town = Town::with_pass();
    let before = parts(&town);
    let sync = "holder sync --dir wallet public";
    town.run_at(sync, &later(60)).good();
    town.run_at("authority publish --dir authority --to public", &later(120))
        .good();
    let after = parts(&town);
    assert!(before.iter().all(|part| after.contains(part)), "kept");
    assert!(after.len() > before.len());
    // What the wallet has already may be gone: it is not read again.
    for part in &before {
        fs::remove_file(town.path("public/parts").join(part)).unwrap();
    }
    let synced = town.run_at(sync, &later(130)).good();
    assert_eq!(synced["bundle"], 3);
    assert_eq!(synced["passes"][0]["good"], true);
    town.run_at("verifier update --dir cafe public", &later(130))
        .good();
    let cafe = "verifier poster --dir cafe --out p.vp";
    town.run_at(cafe, &later(140)).good();
    let present = "holder present --dir wallet p.vp --yes --out pass.vp";
    town.run_at(present, &later(140)).good();
    town.run_at("verifier verify --dir cafe pass.vp", &later(141))
        .good();
}

#[test]
fn a_wallet_that_finds_a_part_missing_or_changed_stays_as_it_was() {
    let town = Town::with_pass();
    let old = parts(&town);
    town.run_at("authority publish --dir authority --to public", &later(60))
        .good();
    let own = town.path("wallet/holders.vp");
    let before = fs::read(&own).unwrap();
    for part in parts(&town).iter().filter(|part| !old.contains(part)) {
        let path = town.path("public/parts").join(part);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        fs::write(&path, &bad).unwrap();
        let said = town.run_at("holder sync --dir wallet public", &later(70));
        assert_ne!(said.code, 0, "{part}: {}", said.text);
        fs::remove_file(&path).unwrap();
        let said = town.run_at("holder sync --dir wallet public", &later(70));
        assert_ne!(said.code, 0, "{part}: {}", said.text);
        assert_eq!(fs::read(&own).unwrap(), before, "{part}");
        fs::write(&path, &good).unwrap();
    }
    town.run_at("holder sync --dir wallet public", &later(70))
        .good();
}

#[test]
fn a_wallet_lives_through_a_rotation_by_its_bucket_from_the_folder() {
    let town = Town::with_pass();
    town.run_at(
        "authority rotate --dir authority --now --to public",
        &later(60),
    )
    .good();
    // Without the bucket the wallet takes the bundle all the same, and says which pass waits.
    fs::rename(town.path("public/checkpoints"), town.path("away")).unwrap();
    let waits = town.run_at("holder sync --dir wallet public", &later(80));
    assert_eq!(waits.code, 1, "{}", waits.text);
    assert!(waits.text.contains("away for too long"), "{}", waits.text);
    fs::rename(town.path("away"), town.path("public/checkpoints")).unwrap();
    let synced = town
        .run_at("holder sync --dir wallet public", &later(90))
        .good();
    assert_eq!(synced["passes"][0]["good"], true, "{synced}");
    // A manifest that was damaged beside the wallet is fetched again.
    let own = town.path("wallet/holders.vp");
    let mut bytes = fs::read(&own).unwrap();
    let bundle = fs::read(town.path("public/bundle.vp")).unwrap().len();
    bytes[2 + 4 + bundle + 4 + 20] ^= 1;
    fs::write(&own, bytes).unwrap();
    town.run_at("holder sync --dir wallet public", &later(92))
        .good();
    let roots = fs::read_dir(town.path("public/checkpoints")).unwrap();
    let root = roots.map(|root| root.unwrap().path()).next().unwrap();
    fs::remove_dir_all(root).unwrap();
    let again = town.run_at("holder sync --dir wallet public", &later(95));
    again.good();
}

#[test]
fn wallets_and_doors_take_an_address_and_fetch_only_what_they_do_not_have() {
    let town = Town::with_pass();
    let server = Server::of(&town.path("public"));
    let (to, at) = (&server.address, later(60));
    let init = format!("holder init --dir new --scheme public/scheme.vp --bundle {to}");
    town.run_at(&init, &at).good();
    let first = server.asked();
    assert!(first.len() >= 4, "{first:?}");
    let sync = format!("holder sync --dir new {to}");
    town.run_at(&sync, &at).good();
    assert_eq!(server.asked(), [("/bundle.vp".to_owned(), 200)]);
    town.run_at("authority publish --dir authority --to public", &later(120))
        .good();
    town.run_at(&sync, &later(130)).good();
    // Bundle, manifest, sealed list: the date table is there, and nothing was removed.
    let second = server.asked();
    assert_eq!(second.len(), 3, "{second:?}");
    assert!(!first.iter().skip(1).any(|part| second.contains(part)));
    // A door asks again and again, and is told when nothing has changed.
    let update = format!("verifier update --dir cafe {to} --every 1s --stop-after 2");
    town.run_at(&update, &later(130));
    let bundle = "/bundle.vp".to_owned();
    assert_eq!(server.asked(), [(bundle.clone(), 200), (bundle, 304)]);
    let nowhere = format!("holder sync --dir new {to}nowhere");
    let said = town.run_at(&nowhere, &later(140));
    assert_eq!(said.code, 2, "{}", said.text);
    assert!(said.text.contains("404"), "{}", said.text);
}

#[test]
fn what_was_fetched_before_a_server_failed_is_not_fetched_again() {
    let town = Town::with_pass();
    let server = Server::of(&town.path("public"));
    // Two new parts: a segment of the log, and the sealed list.
    town.run("authority revoke --dir authority handle.txt")
        .good();
    town.run_at("authority publish --dir authority --to public", &later(60))
        .good();
    let sync = format!("holder sync --dir wallet {}", server.address);
    // Bundle, manifest, a part, and then nothing more.
    server.most.store(3, SeqCst);
    let said = town.run_at(&sync, &later(70));
    assert_eq!(said.code, 2, "{}", said.text);
    let before = server.asked();
    server.most.store(usize::MAX, SeqCst);
    let said = town.run_at(&sync, &later(70));
    assert!(said.text.contains("revoked"), "{}", said.text);
    let after = server.asked();
    assert_eq!((before.len(), after.len()), (3, 3), "{after:?}");
    assert_eq!(
        before[..2],
        after[..2],
        "bundle and manifest say what is wanted"
    );
    assert_ne!(before[2], after[2]);
    assert!(!town.path("wallet/fetched").exists());
}

/// Ends the program with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_wallet_that_waits_for_a_server_can_be_shown() {
    let town = Town::with_pass();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let sync = format!("holder sync --dir wallet {address}");
    let _running = Running(town.command(&sync, &later(60)).spawn().unwrap());
    // It has opened the wallet by now, and gets no answer.
    let _asked = silent.accept().unwrap();
    let listed = town.run_at("holder list --dir wallet", &later(60));
    assert!(!listed.text.contains("waiting for it"), "{}", listed.text);
    listed.good();
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_bundle_keeps_nobody() {
    let town = Town::with_pass();
    fs::remove_file(town.path("public/bundle.vp")).unwrap();
    let pipe = std::process::Command::new("mkfifo")
        .arg(town.path("public/bundle.vp"))
        .status();
    assert!(pipe.unwrap().success());
    let said = town.run_at("holder sync --dir wallet public", &later(60));
    assert_eq!(said.code, 2, "{}", said.text);
    assert!(said.text.contains("is no file"), "{}", said.text);
}

#[test]
fn what_was_not_written_whole_or_was_damaged_is_written_again() {
    let town = Town::with_pass();
    // Nothing can be put where a file is in the way.
    fs::rename(town.path("public/parts"), town.path("parts")).unwrap();
    fs::write(town.path("public/parts"), "in the way").unwrap();
    let publish = "authority publish --dir authority --next-accreditation";
    let said = town.run_at(publish, &later(60));
    assert_eq!(said.code, 2, "{}", said.text);
    assert!(said.text.contains("bundle 3 is signed"), "{}", said.text);
    assert!(said.text.contains("--again"), "{}", said.text);
    fs::remove_file(town.path("public/parts")).unwrap();
    fs::rename(town.path("parts"), town.path("public/parts")).unwrap();
    let again = "authority publish --dir authority --again";
    let written = town.run_at(again, &later(70)).good();
    assert_eq!(written["bundle"], 3);
    assert_eq!(written["accreditations"][0]["label"], "clinic");
    town.run_at("holder sync --dir wallet public", &later(80))
        .good();
    // Damaged, of the same length; and cut.
    for damage in [
        |bytes: &mut Vec<u8>| bytes[9] ^= 1,
        |bytes: &mut Vec<u8>| bytes.truncate(9),
    ] {
        let new = format!("new-{}", later(90).len());
        let _ = fs::remove_dir_all(town.path(&new));
        for part in parts(&town) {
            let path = town.path("public/parts").join(part);
            let mut bytes = fs::read(&path).unwrap();
            damage(&mut bytes);
            fs::write(&path, bytes).unwrap();
        }
        let init = format!("holder init --dir {new} --scheme public/scheme.vp --bundle public");
        assert_ne!(town.run_at(&init, &later(90)).code, 0);
        town.run_at(again, &later(90)).good();
        town.run_at(&init, &later(90)).good();
    }
}

#[test]
fn nothing_is_swept_away_that_is_no_part() {
    let town = Town::with_pass();
    let (photo, old) = ("public/parts/photos/wedding.jpg", "ab".repeat(32));
    fs::create_dir(town.path("public/parts/photos")).unwrap();
    for file in [photo, &format!("public/parts/{old}")] {
        fs::write(town.path(file), "x").unwrap();
        let file = fs::File::options().write(true).open(town.path(file));
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(40 * 86_400);
        file.unwrap().set_modified(then).unwrap();
    }
    town.run_at("authority publish --dir authority --to public", &later(60))
        .good();
    assert!(town.path(photo).exists());
    assert!(!town.path("public/parts").join(old).exists());
}

#[test]
fn a_pass_on_a_handle_from_before_a_rotation_is_received_with_its_bucket() {
    let town = Town::founded();
    let rotate = "authority rotate --dir authority --now --end-older --to public";
    town.run_at(rotate, &later(60)).good();
    let at = later(90);
    town.run_at("issuer import --dir clinic public/bundle.vp", &at)
        .good();
    town.run_at("holder sync --dir wallet public", &at).good();
    let offer = "issuer offer --dir clinic --set until=2022-06-01 --set until_strict=none \
                 --set birth_date=1985-03-08 --set id_hint=A.K. --out offer.png";
    town.run_at(offer, &at).good();
    let request = "holder request --dir wallet offer.png --set name=A --set employer=B --out q.png";
    town.run_at(request, &at).good();
    town.run_at("issuer issue --dir clinic q.png --yes --out r.png", &at)
        .good();
    let receive = "holder receive --dir wallet r.png";
    let said = town.run_at(receive, &at);
    assert_eq!(said.code, 1, "{}", said.text);
    assert!(said.text.contains("--public"), "{}", said.text);
    town.run_at(&format!("{receive} --public public"), &at)
        .good();
    let listed = town.run_at("holder list --dir wallet", &at).good();
    assert_eq!(listed["passes"].as_array().unwrap().len(), 1);
}
