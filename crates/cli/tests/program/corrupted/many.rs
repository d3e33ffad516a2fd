//! Spoiled files among good ones, where one command goes through many: each is refused by itself, and
//! those that are good are served.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use rand::{SeedableRng, rngs::StdRng};
use serde_json::Value;
use veilpass::qr;

use super::meaning::{Meaning, sealed};
use super::place::Place;
use super::spoil::spoil;
use super::times;
use super::town::WORLD;
use crate::terminal::{Town, later, said};

/// The town, and spoiled files of one kind in a folder of it, each with what it still means.
fn prepared(kind: &str, folder: &str, few: usize) -> (Town, Vec<(String, Meaning)>) {
    let world = &*WORLD;
    let town = Town(Place::copy(&world.tree).folder);
    fs::create_dir_all(town.path(folder)).unwrap();
    let good = world.good(kind);
    let others = ["poster.png", "h.vp", "register.csv"].map(|name| world.good(name));
    let mut rng = StdRng::seed_from_u64(7);
    let extension = kind.rsplit('.').next().unwrap();
    let spoiled = (0..times(few)).map(|number| {
        let bad = spoil(good, &others, (number, false), &mut rng);
        let name = format!("{number:04}.{extension}");
        fs::write(town.path(folder).join(&name), &bad).unwrap();
        let meaning = sealed(world, good, &bad);
        (name, meaning)
    });
    let spoiled = spoiled.collect();
    fs::copy(
        town.path(kind),
        town.path(folder).join(format!("zzzz.{extension}")),
    )
    .unwrap();
    (town, spoiled)
}

#[test]
fn a_watched_folder_with_spoiled_pictures_is_red_for_each_and_green_for_the_good_one() {
    let (town, spoiled) = prepared("pass.png", "camera", 26);
    let line = format!(
        "verifier verify --dir cafe --watch camera --stop-after {}",
        spoiled.len() + 1
    );
    let output = town.command(&line, &later(4)).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut green = 0;
    for verdict in text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
    {
        let Some(file) = verdict["file"].as_str() else {
            continue;
        };
        let known = spoiled
            .iter()
            .find(|(name, _)| file.ends_with(name.as_str()));
        if known.is_some_and(|(_, meaning)| *meaning == Meaning::Nothing) {
            assert_eq!(verdict["accepted"], false, "{verdict}");
            assert!(verdict["message"].as_str().unwrap().len() > 10, "{verdict}");
        }
        green += u32::from(verdict["accepted"] == true);
    }
    assert_eq!(green, 1, "one guest, once: {text}");
}

#[test]
fn a_batch_with_spoiled_requests_answers_the_good_ones_and_names_the_others() {
    let (town, spoiled) = prepared("request-5.vp", "requests", 26);
    let batch = town.run("issuer issue --dir clinic --batch requests --to answers");
    let bad = spoiled
        .iter()
        .filter(|(_, meaning)| *meaning == Meaning::Nothing);
    let bad: Vec<_> = bad.map(|(name, _)| name).collect();
    assert_eq!(batch.code, 1);
    let refused = batch.json["refused"].as_array().unwrap();
    assert_eq!(refused.len(), bad.len(), "{refused:?}");
    for (name, refused) in bad.iter().zip(refused) {
        let (stem, why) = refused.as_str().unwrap().split_once(": ").unwrap();
        assert!(
            name.starts_with(stem) && why.len() > 10,
            "{name}: {refused}"
        );
    }
    let answers = fs::read_dir(town.path("answers")).unwrap().flatten();
    let names: Vec<_> = answers
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert!(
        names.iter().any(|name| name.starts_with("zzzz")),
        "{names:?}"
    );
    assert_eq!(names.len(), spoiled.len() + 1 - bad.len());
}

#[test]
fn a_stream_with_spoiled_lines_is_answered_line_for_line() {
    let (town, spoiled) = prepared("request-5.vp", "requests", 26);
    let mut stream = Vec::new();
    for (number, (name, _)) in spoiled.iter().enumerate() {
        let bytes = fs::read(town.path("requests").join(name)).unwrap();
        match number % 2 {
            0 => stream.extend(qr::to_text(&bytes[..bytes.len().min(3000)]).into_bytes()),
            // Bytes as they are, on one line.
            _ => stream.extend(bytes.iter().filter(|byte| **byte != b'\n').take(8000)),
        }
        stream.push(b'\n');
    }
    let good = fs::read(town.path("request-5.vp")).unwrap();
    stream.extend(format!("{}\n", qr::to_text(&good)).into_bytes());
    let mut child = town
        .command("issuer issue --dir clinic --batch -", &later(4))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&stream));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    // One line each, and the report.
    assert_eq!(lines.len(), spoiled.len() + 2, "{text}");
    assert!(lines[spoiled.len()].starts_with("VP2:"), "{text}");
    let errors = lines
        .iter()
        .filter(|line| line.starts_with("error: "))
        .count();
    assert_eq!(
        said(&output).json["refused"].as_array().unwrap().len(),
        errors
    );
    let bad = spoiled
        .iter()
        .filter(|(_, meaning)| *meaning == Meaning::Nothing);
    assert!(errors >= bad.count(), "{text}");
}
