//! Several processes on one database, and processes that are killed at random moments.
use std::collections::HashSet;
use std::time::Duration;

use crate::terminal::{AT, Said, Town, later, read, said};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use veilpass::scheme::{HandlePool, SchemeCard};

/// Starts all lines at once and waits for all.
fn together(town: &Town, lines: &[String]) -> Vec<Said> {
    let children: Vec<_> = lines
        .iter()
        .map(|line| town.command(line, &later(3)).spawn().unwrap())
        .collect();
    children
        .into_iter()
        .map(|child| said(&child.wait_with_output().unwrap()))
        .collect()
}

fn handles(town: &Town, file: &str) -> Vec<[u8; 32]> {
    let card = SchemeCard::from_bytes(&read(&town.path("public/scheme.vp"))).unwrap();
    let paper = HandlePool::open(card.key(), &read(&town.path(file))).unwrap();
    paper
        .handles()
        .iter()
        .map(veilpass::registry::Handle::id)
        .collect()
}

#[test]
fn an_offer_is_answered_once_however_many_ask_at_once() {
    let town = Town::founded();
    town.offer("offer.png");
    town.run("holder init --dir second --scheme public/scheme.vp --bundle public/holders.vp")
        .good();
    for (name, wallet) in [("one", "wallet"), ("two", "second")] {
        let line = format!(
            "holder request --dir {wallet} offer.png --set name={name} --set employer=x --out {name}.png"
        );
        town.run(&line).good();
    }
    let lines: Vec<_> = (0..6)
        .map(|i| {
            let request = ["one", "two"][i % 2];
            format!("issuer issue --dir clinic {request}.png --yes --out response-{i}.vp")
        })
        .collect();
    let said = together(&town, &lines);
    let winners: Vec<_> = (0..6).filter(|i| said[*i].code == 0).collect();
    // Requests of one wallet get one answer; a rival that comes before it closes the offer for both.
    assert!(winners.iter().all(|i| i % 2 == winners[0] % 2));
    let first = (winners.first()).map(|i| read(&town.path(&format!("response-{i}.vp"))));
    for i in &winners {
        assert_eq!(Some(read(&town.path(&format!("response-{i}.vp")))), first);
        assert_eq!(said[*i].json["handle"], said[winners[0]].json["handle"]);
    }
    for loser in said.iter().filter(|said| said.code != 0) {
        assert_eq!(loser.code, 1);
        let refusals = [
            "used for another request",
            "two requests came",
            "is not open",
        ];
        let known = refusals.iter().any(|why| loser.text.contains(why));
        assert!(known, "{}", loser.text);
    }
    let issued = usize::from(!winners.is_empty());
    let audit = town.run("issuer audit --dir clinic").good();
    assert_eq!(
        (&audit["issued"], &audit["free_handles"]),
        (&issued.into(), &(100 - issued).into())
    );
}

#[test]
fn handles_are_given_once_and_revocations_do_not_get_lost() {
    let town = Town::founded();
    let lines: Vec<_> = (0..5)
        .map(|i| {
            format!("authority handles --dir authority --label clinic --count 7 --out h{i}.vp")
        })
        .collect();
    together(&town, &lines)
        .into_iter()
        .for_each(|said| drop(said.good()));
    let all: Vec<_> = (0..5)
        .flat_map(|i| handles(&town, &format!("h{i}.vp")))
        .collect();
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 35);
    let lines: Vec<_> = all[..5]
        .iter()
        .map(|id| format!("authority revoke --dir authority {}", hex::encode(id)))
        .collect();
    together(&town, &lines)
        .into_iter()
        .for_each(|said| drop(said.good()));
    let again = town.run(&lines[0]);
    assert_eq!(again.code, 1, "revoked already");
    let audit = town.run("authority audit --dir authority").good();
    assert_eq!(audit["issuers"][0]["drawn"], 135);
    assert_eq!(audit["issuers"][0]["removed"], 5);
}

#[test]
fn a_pass_is_accepted_once_at_a_venue_however_many_scan_it_at_once() {
    let town = Town::with_pass();
    town.run("holder present --dir wallet poster.png --yes --out pass.png")
        .good();
    let lines = vec!["verifier verify --dir cafe pass.png".to_owned(); 6];
    let said = together(&town, &lines);
    let green = said.iter().filter(|said| said.code == 0).count();
    let seen = said
        .iter()
        .filter(|said| said.json["reason"] == "SeenBefore")
        .count();
    assert_eq!((green, seen), (1, 5));
}

/// Runs a line and kills it after a random time, up to a little more than it usually takes. What it
/// said counts as acknowledged only if it ended by itself.
fn strike(town: &Town, line: &str, longest: Duration, rng: &mut StdRng) -> Option<Said> {
    let mut child = town.command(line, &later(3)).spawn().unwrap();
    std::thread::sleep(longest.mul_f64(rng.random_range(0.0..1.2)));
    let ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    ended.then(|| said(&output))
}

fn usual(town: &Town, line: &str) -> Duration {
    let start = std::time::Instant::now();
    town.run(line).good();
    start.elapsed()
}

#[test]
fn an_issuer_killed_at_any_moment_neither_loses_nor_doubles_an_answer() {
    let town = Town::founded();
    let mut rng = StdRng::seed_from_u64(1);
    let mut kills = 0;
    let mut longest = Duration::from_millis(100);
    for round in 0..20 {
        town.offer("offer.png");
        town.run("holder request --dir wallet offer.png --set name=A --set employer=x --out request.vp --label r").good();
        let line = "issuer issue --dir clinic request.vp --yes --out response.vp";
        let _ = std::fs::remove_file(town.path("response.vp"));
        let mut acknowledged: Option<Vec<u8>> = None;
        for _ in 0..5 {
            match strike(&town, line, longest, &mut rng) {
                Some(said) => {
                    said.good();
                    let response = read(&town.path("response.vp"));
                    assert!(acknowledged.is_none_or(|first| first == response));
                    acknowledged = Some(response);
                }
                None => kills += 1,
            }
        }
        longest = usual(&town, line);
        let response = read(&town.path("response.vp"));
        assert!(acknowledged.is_none_or(|first| first == response));
        town.run("holder receive --dir wallet response.vp").good();
        town.run("holder forget --dir wallet r --yes").good();
        let audit = town.run("issuer audit --dir clinic").good();
        assert_eq!(audit["issued"], round + 1);
        assert_eq!(audit["free_handles"], 99 - round);
    }
    eprintln!("issuer: {kills} kills");
    assert!(kills > 20, "the strikes came too late: {kills}");
}

#[test]
fn a_door_killed_at_any_moment_lets_nobody_in_twice() {
    let town = Town::with_pass();
    let mut rng = StdRng::seed_from_u64(2);
    let init = "verifier init --rehearsal --dir ward --scheme public/scheme.vp --bundle public/bundle.vp --venue Ward --policy hospital";
    town.run_at(init, AT).good();
    town.run("verifier poster --dir ward --out ward.png").good();
    let mut kills = 0;
    let mut longest = Duration::from_millis(60);
    // The hospital's policy has no pseudonym: every fresh answer is a pass of its own.
    for _ in 0..20 {
        town.run("holder present --dir wallet ward.png --yes --out pass.vp")
            .good();
        let line = "verifier verify --dir ward pass.vp";
        let mut green = 0;
        for _ in 0..5 {
            match strike(&town, line, longest, &mut rng) {
                Some(said) => green += i32::from(said.code == 0),
                None => kills += 1,
            }
        }
        let start = std::time::Instant::now();
        let last = town.run(line);
        longest = start.elapsed();
        green += i32::from(last.code == 0);
        assert!(green <= 1, "let in {green} times");
        // The hospital does not recognise guests, and knows the code again.
        assert_eq!(town.run(line).json["reason"], "CodeSeen");
    }
    eprintln!("door: {kills} kills");
    assert!(kills > 20, "the strikes came too late: {kills}");
}

#[test]
fn an_authority_killed_at_any_moment_knows_every_handle_that_is_out() {
    let town = Town::founded();
    let mut rng = StdRng::seed_from_u64(3);
    let mut kills = 0;
    let mut out: Vec<[u8; 32]> = Vec::new();
    let draw =
        |i| format!("authority handles --dir authority --label clinic --count 3 --out k{i}.vp");
    let longest = usual(&town, &draw(0));
    out.extend(handles(&town, "k0.vp"));
    for i in 1..80 {
        match strike(&town, &draw(i), longest, &mut rng) {
            Some(said) => drop(said.good()),
            None => kills += 1,
        }
        // Whether acknowledged or not: a file that is there is whole.
        let file = format!("k{i}.vp");
        if town.path(&file).exists() {
            let handles = handles(&town, &file);
            assert_eq!(handles.len(), 3);
            out.extend(handles);
        }
    }
    // And every handle in it can be revoked, so the authority knows it.
    let ids: Vec<_> = out.iter().map(hex::encode).collect();
    std::fs::write(town.path("all.txt"), ids.join("\n")).unwrap();
    let revoked = town.run("authority revoke --dir authority all.txt").good();
    assert_eq!(revoked["revoked"], out.len());
    let audit = town.run("authority audit --dir authority").good();
    let drawn = audit["issuers"][0]["drawn"].as_u64().unwrap();
    assert!(drawn >= 100 + u64::try_from(out.len()).unwrap());
    eprintln!("authority: {kills} kills");
    assert!(kills > 20, "the strikes came too late: {kills}");
}

#[test]
fn a_wallet_killed_at_any_moment_opens_and_has_what_it_showed() {
    let town = Town::with_pass();
    let mut rng = StdRng::seed_from_u64(4);
    let mut kills = 0;
    for i in 0..60 {
        town.offer(&format!("offer-{i}.vp"));
    }
    let ask = |i| {
        format!(
            "holder request --dir wallet offer-{i}.vp --set name=A --set employer=x --label r{i} --out q{i}.vp"
        )
    };
    let longest = usual(&town, &ask(0));
    for i in 1..60 {
        match strike(&town, &ask(i), longest, &mut rng) {
            Some(said) => drop(said.good()),
            None => kills += 1,
        }
    }
    let list = town.run("holder list --dir wallet").good();
    assert_eq!(list["passes"].as_array().map(Vec::len), Some(1));
    let pending = |i: i32| {
        list["pending"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["label"] == format!("r{i}"))
    };
    for i in 0..60 {
        let shown = town.path(&format!("q{i}.vp")).exists();
        assert!(
            !shown || pending(i),
            "request {i} was shown and is not in the wallet"
        );
    }
    eprintln!("wallet: {kills} kills");
    assert!(kills > 15, "the strikes came too late: {kills}");
}
