//! Imports that stop and go on, rows that come again, and names in the list of claims.

use super::*;

#[test]
fn an_import_killed_at_any_moment_loses_and_doubles_nobody() {
    let town = Town::founded();
    let good = register(&town, 4000);
    let mut rng = StdRng::seed_from_u64(5);
    let mut kills = 0;
    // Longer and longer: a busy machine must come to the end, too.
    loop {
        let mut child = town.command(IMPORT, &later(2)).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(rng.random_range(20..90 + 2 * kills)));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        assert!(kills < 1000, "it never comes to its end");
    }
    let said = imported(town.run(IMPORT));
    assert_eq!(
        (&said["claims"], &said["rejected"]),
        (&good.into(), &(4000 - good).into())
    );
    let claims = claims(&town);
    let lines: HashSet<_> = claims.iter().map(|(line, _, _)| line.clone()).collect();
    assert_eq!((claims.len(), lines.len()), (good as usize, good as usize));
    // Every code in the file opens its claim.
    for (_, _, code) in claims.iter().step_by(397) {
        town.run(&format!("issuer offer --dir clinic --claim {code}"))
            .good();
    }
    let status = town.run("issuer register status --dir clinic").good();
    assert_eq!(status["open"], good);
    eprintln!("import: {kills} kills");
    assert!(kills > 3, "the strikes came too late: {kills}");
}

#[test]
fn an_import_goes_on_in_the_folder_where_it_was_begun() {
    let town = Town::founded();
    let good = register(&town, 4000);
    let open = || town.run("issuer register status --dir clinic").good()["open"].clone();
    // Longer and longer, until it is killed between its first rows and its last ones.
    for delay in (50..3000).step_by(10) {
        let mut child = town.command(IMPORT, &later(2)).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        if open() != 0 {
            break;
        }
    }
    assert!(open() != 0 && open() != good, "{}", open());
    let elsewhere = town.run(&IMPORT.replace("--to letters", "--to elsewhere"));
    assert_eq!(elsewhere.code, 2, "{}", elsewhere.text);
    let words = "begun with another --to";
    assert!(elsewhere.text.contains(words), "{}", elsewhere.text);
    assert!(!town.path("elsewhere").exists());
    assert_eq!(imported(town.run(IMPORT))["claims"], good);
}

#[test]
fn a_row_that_comes_again_gets_no_second_letter() {
    let town = Town::founded();
    let good = register(&town, 100);
    imported(town.run(IMPORT));
    assert_eq!(imported(town.run(IMPORT))["claims"], good, "the same file");
    // Next week's export: all rows and a few more. None is lost in silence.
    let more = register(&town, 110);
    let import = IMPORT.replace("letters", "letters-2");
    let said = imported(town.run(&import));
    assert_eq!(
        (&said["claims"], &said["known"]),
        (&(more - good).into(), &good.into())
    );
    let rejects = fs::read_to_string(town.path(said["rejects_file"].as_str().unwrap())).unwrap();
    assert_eq!(
        rejects.matches("has a claim already").count(),
        good as usize
    );
    // Another register that numbers its rows from 1 again.
    fs::write(town.path("map.toml"), format!("register = \"b\"\n{MAP}")).unwrap();
    let import = IMPORT.replace("letters", "letters-3");
    assert_eq!(imported(town.run(&import))["claims"], more);
    let close = "issuer register close --dir clinic --yes";
    town.run(close).good();
    let import = IMPORT.replace("letters", "letters-3b");
    let same = imported(town.run(&import));
    assert_eq!(
        same["claims"], more,
        "the same file, whose rows are forgotten"
    );
    town.run(close).good();
    let third = register(&town, 130);
    let import = IMPORT.replace("letters", "letters-4");
    assert_eq!(
        imported(town.run(&import))["claims"],
        third,
        "forgotten rows count anew"
    );
    // A map does not overrule the rules.
    let until = format!("{MAP}[attributes]\nuntil = \"date\"\n");
    fs::write(town.path("map.toml"), until).unwrap();
    assert_eq!(imported(town.run(&import))["claims"], 0);
}

#[test]
fn a_name_that_looks_like_a_formula_is_text_in_the_list_of_claims() {
    let town = Town::founded();
    register(&town, 1);
    let row = "1,K,\"=HYPERLINK(\"\"http://x\"\")\",1985-03-08,Sputnik-V,2,2021-05-20,A.K.\n";
    let head = "number,family,given,born,vaccine,dose,date,hint\n";
    fs::write(town.path("register.csv"), format!("{head}{row}")).unwrap();
    // With hints of their own: initials would not fit such a name.
    let map = format!("{MAP}[attributes]\nid_hint = \"hint\"\n");
    fs::write(town.path("map.toml"), map).unwrap();
    town.run(IMPORT).good();
    let all = claims(&town);
    assert!(all[0].1.starts_with("'=HYPERLINK"), "{}", all[0].1);
    let offer = format!("issuer offer --dir clinic --claim {}", all[0].2);
    town.run(&offer).good();
}
