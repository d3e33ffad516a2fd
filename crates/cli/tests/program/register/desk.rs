//! One guest after another, as a clerk serves them.

use super::*;

/// Talks to a desk: sends a line, reads JSON lines until one has `key`.
struct Talk {
    child: std::process::Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Talk {
    fn hear(&mut self, key: &str, value: Option<&str>) -> Value {
        loop {
            let mut line = String::new();
            assert!(
                self.out.read_line(&mut line).unwrap() > 0,
                "the desk said nothing with {key}"
            );
            let said: Value = serde_json::from_str(&line).unwrap();
            let is = said
                .get(key)
                .is_some_and(|found| value.is_none_or(|value| found == value));
            if is {
                return said;
            }
            let waits = said.get("ask").is_some();
            assert!(
                !waits,
                "the desk waits and has said nothing with {key}: {line}"
            );
        }
    }

    /// Waits for the question, lets others scan what they have, and says yes to the question that stands then.
    fn agree(&mut self, ask: &str, scanned: &[&str]) -> Value {
        let mut asked = self.hear("ask", Some(ask));
        for line in scanned {
            self.answer(line);
            asked = self.hear("ask", Some(ask));
        }
        let yes = asked["yes"].as_str().unwrap().to_owned();
        self.answer(&yes);
        asked
    }

    /// Answers as a person does: after reading the question.
    fn answer(&mut self, line: &str) {
        std::thread::sleep(Duration::from_millis(650));
        self.say(line);
    }

    fn say(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }
}

#[test]
fn a_desk_serves_a_letter_and_leaves_nothing_of_the_guest_on_the_disk() {
    let town = Town::founded();
    register(&town, 5);
    town.run(IMPORT).good();
    let codes: Vec<_> = claims(&town).into_iter().map(|(_, _, code)| code).collect();
    // Somebody else's offer, still open.
    town.offer("other.png");
    town.run(
        "holder request --dir wallet other.png --set name=B --set employer=B --label other \
         --out other.txt",
    )
    .good();
    let desk = "issuer desk --dir clinic --screen screen.png --handles-out handles.txt";
    let mut child = (town.command(desk, &later(2)))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut desk = Talk { child, out };

    // Nonsense, then a letter that is somebody else's: the desk stays open.
    desk.hear("ask", Some("evidence"));
    desk.say("HC1:nonsense");
    desk.hear("error", None);
    desk.hear("ask", Some("evidence"));
    // A letter in whose code a line break and a `y` follow answers nothing.
    desk.say(&format!("{}\ny\ny\ny", codes[1]));
    desk.hear("ask", Some("letter"));
    desk.answer("n");
    desk.hear("ask", Some("evidence"));
    // Nor does a code name files, even where one is there and holds what is asked for.
    fs::write(town.path("code.txt"), &codes[0]).unwrap();
    let code_file = town.path("code.txt").display().to_string();
    for named in [
        "/dev/stdin".to_owned(),
        "file:/etc/passwd".to_owned(),
        format!("file:{code_file}"),
        format!("FILE://{code_file}"),
        code_file,
        "code.txt".to_owned(),
    ] {
        desk.say(&named);
        let error = desk.hear("error", None);
        let error = error["error"].as_str().unwrap();
        assert!(
            error.contains("this is no letter") || error.contains("not a veilpass text"),
            "{named}: {error}"
        );
        desk.hear("ask", Some("evidence"));
    }
    desk.say(&codes[0]);
    desk.hear("ask", Some("letter"));
    desk.answer("n");
    desk.hear("ask", Some("evidence"));
    desk.say(&codes[0].to_lowercase());
    let stated = desk.hear("stated", None)["stated"].to_string();
    assert!(stated.contains("until_strict: none"), "{stated}");
    // What a code can hold is no yes, however long one waits with it: the question is asked again.
    desk.agree("letter", &["y", "yes"]);
    let offer = desk.hear("offer", None);
    assert!(town.path("screen.png").exists());
    fs::write(town.path("offer.txt"), offer["offer"].as_str().unwrap()).unwrap();
    town.run(
        "holder request --dir wallet offer.txt --set name=SecretName --set employer=SecretEmployer \
         --label desk --out request.txt",
    )
    .good();
    desk.hear("ask", Some("request"));
    let request_file = town.path("request.txt").display().to_string();
    for (named, why) in [
        ("VP2:NONSENSE".to_owned(), "damaged or incomplete"),
        (format!("file:{request_file}"), "not a veilpass text"),
        (request_file, "not a veilpass text"),
    ] {
        desk.say(&named);
        let error = desk.hear("error", None);
        assert!(
            error["error"].as_str().unwrap().contains(why),
            "{named}: {error}"
        );
        desk.hear("ask", Some("request"));
    }
    // Whoever is checked by their own letter gets what it says, not what another's offer says.
    desk.say(fs::read_to_string(town.path("other.txt")).unwrap().trim());
    let error = desk.hear("error", None);
    assert!(error["error"].as_str().unwrap().contains("another offer"));
    desk.hear("ask", Some("request"));
    desk.say(fs::read_to_string(town.path("request.txt")).unwrap().trim());
    // The guest's wallet scans the draw and shows the code that the desk asks about.
    let draw = desk.hear("draw", None);
    fs::write(town.path("draw.txt"), draw["draw"].as_str().unwrap()).unwrap();
    let shown = town.run("holder code --dir wallet draw.txt").good();
    let code = shown["code"].as_str().unwrap();
    let asked = desk.agree("code", &[code]);
    assert!(asked["text"].as_str().unwrap().contains(code), "{asked}");
    let response = desk.hear("response", None);
    fs::write(
        town.path("response.txt"),
        response["response"].as_str().unwrap(),
    )
    .unwrap();
    desk.hear("ask", Some("done"));
    desk.say("");
    desk.hear("ask", Some("evidence"));
    desk.say("");
    let closed = desk.hear("served", None);
    assert_eq!((&closed["served"], &closed["left"]), (&1.into(), &9.into()));
    assert!(desk.child.wait().unwrap().success());
    assert!(
        !town.path("screen.png").exists(),
        "the last code stays on no screen"
    );
    let received = town.run("holder receive --dir wallet response.txt").good();
    assert_eq!(received["code_compared"], true);
    let handle = fs::read_to_string(town.path("handles.txt")).unwrap();
    assert_eq!(handle.trim().len(), 64);

    // The clinic's folder has what it signed blindly nowhere.
    for entry in fs::read_dir(town.path("clinic")).unwrap() {
        let bytes = read(&entry.unwrap().path());
        for secret in ["SecretName", "SecretEmployer", "Kuznetsova"] {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret}");
        }
    }
}
