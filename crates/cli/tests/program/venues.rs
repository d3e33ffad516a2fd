//! A scheme in which only registered venues ask: from the door's registration to the guest's phone.
use std::fs;

use veilpass_app::authority::SchemeFile;

use crate::terminal::{AT, Town, later, read};

/// A town with a pass, where wallets answer no venue without a card.
fn town() -> Town {
    let town = Town::new();
    let scheme = SchemeFile::DEFAULT.replace("venues = \"open\"", "venues = \"registered\"");
    fs::write(town.path("scheme.toml"), scheme).unwrap();
    for line in [
        "authority init --rehearsal --scheme scheme.toml --dir authority --to public",
        "issuer init --rehearsal --dir clinic --scheme public/scheme.vp --bundle public/bundle.vp --out r.vp",
        "authority accredit --dir authority r.vp --label clinic --out a.vp",
        "authority handles --dir authority --label clinic --count 5 --out h.vp",
        "issuer import --dir clinic a.vp h.vp",
    ] {
        town.run_at(line, AT).good();
    }
    publish(&town, 1);
    for line in [
        "holder init --dir wallet --scheme public/scheme.vp --bundle public/holders.vp",
        "verifier init --rehearsal --dir cafe --scheme public/scheme.vp --bundle public/bundle.vp --venue Cafe \
         --policy restaurant --modes challenge,poster,strip",
    ] {
        town.run(line).good();
    }
    town.offer("offer.png");
    for line in [
        "holder request --dir wallet offer.png --set name=Anna --set employer=Agency --out request.png",
        "issuer issue --dir clinic request.png --yes --out response.png",
        "holder receive --dir wallet response.png",
    ] {
        town.run(line).good();
    }
    town
}

fn publish(town: &Town, seconds: u32) {
    town.run_at(
        "authority publish --dir authority --to public",
        &later(seconds),
    )
    .good();
}

fn register(town: &Town) {
    let made = town
        .run("verifier register --dir cafe --out registration.vp")
        .good();
    let seen = town
        .run("authority register-venue --dir authority registration.vp --policy bar,restaurant --days 30 --out card.vp")
        .good();
    assert_eq!(made["fingerprint"], seen["fingerprint"]);
    town.run("verifier card --dir cafe card.vp").good();
}

#[test]
fn a_registered_venue_asks_and_the_wallet_says_that_the_authority_vouches() {
    let town = town();
    for line in ["ask", "poster"] {
        let refused = town.run(&format!("verifier {line} --dir cafe --out q.vp"));
        assert_eq!(refused.code, 1);
        assert!(
            refused.text.contains("verifier register"),
            "{}",
            refused.text
        );
    }
    register(&town);
    let status = town.run("verifier status --dir cafe").good();
    assert_eq!(status["card_until"], "2021-07-28T19:04:02+03:00");
    assert!(status["card_problem"].is_null() && status["needs_card"] == true);
    town.run("verifier poster --dir cafe --out poster.png")
        .good();
    let shown = town
        .run("holder present --dir wallet poster.png --yes --out pass.png")
        .good();
    assert_eq!(
        (&shown["registered"], &shown["audience"]),
        (&true.into(), &"Cafe".into())
    );
    town.run("verifier verify --dir cafe pass.png").good();
    // Each guest gets a signed question; it is answered for three quarters of a minute.
    town.run("verifier ask --dir cafe --out q.png").good();
    let present = "holder present --dir wallet q.png --yes --out answer.png";
    let late = town.run_at(present, &later(2 + 45));
    assert!(late.text.contains("too old"), "{}", late.text);
    town.run_at(present, &later(2 + 44)).good();
    let verify = "verifier verify --dir cafe answer.png --question q.png";
    let again = town.run_at(verify, &later(2 + 50));
    assert_eq!(
        again.json["reason"], "SeenBefore",
        "the same guest, whatever the mode"
    );
    // Strips for the card are the same guest's; those for the name are another venue's.
    let strips = |of: &str, out: &str| {
        let order =
            "holder strips --dir wallet --policy restaurant --from 2021-06-28 --days 1 --yes";
        town.run(&format!("{order} {of} --out {out}")).good();
        let codes = super::roles::strips_on(&read(&town.path(out)));
        fs::write(town.path("strip.txt"), &codes[0]).unwrap();
        town.run("verifier verify --dir cafe strip.txt").json["reason"].clone()
    };
    assert_eq!(strips("--card card.vp", "card.svg"), "SeenBefore");
    assert_eq!(strips("--venue Cafe", "name.svg"), "OtherVenue");
}

#[test]
fn a_renewed_card_and_a_withdrawn_venue() {
    let town = town();
    register(&town);
    let taken = "authority register-venue --dir authority registration.vp --policy bar --out x.vp";
    let refused = town.run(taken);
    assert_eq!(refused.code, 2, "{}", refused.text);
    assert!(refused.text.contains("renew"), "{}", refused.text);
    let renew = "authority renew-venue --dir authority --venue Cafe --days 60 --out new.vp";
    town.run(renew).good();
    let taken = town.run("verifier card --dir cafe new.vp").good();
    assert_eq!(taken["card_until"], "2021-08-27T19:04:02+03:00");
    town.run("verifier poster --dir cafe --out poster.png")
        .good();
    let present = "holder present --dir wallet poster.png --yes --out pass.png";
    town.run(present).good();
    // Nobody is asked about a venue that is none.
    let nobody = town.run("authority withdraw-venue --dir authority Coffee");
    assert!(
        nobody.text.contains("no venue that stands"),
        "{}",
        nobody.text
    );
    town.run("authority withdraw-venue --dir authority Cafe --yes")
        .good();
    let listed = town.run("authority venues --dir authority").good();
    assert_eq!(listed["standing"], 0);
    assert_eq!(listed["venues"][0]["withdrawn"], true);
    assert_eq!(
        listed["venues"][0]["policies"],
        serde_json::json!(["restaurant", "bar"])
    );
    // Wallets and doors learn it with the next bundle.
    town.run(present).good();
    publish(&town, 30);
    let at = later(31);
    town.run_at("holder sync --dir wallet public/holders.vp", &at)
        .good();
    let refused = town.run_at(present, &at);
    assert!(
        refused.text.contains("has withdrawn this venue"),
        "{}",
        refused.text
    );
    town.run_at("verifier update --dir cafe public/bundle.vp", &at)
        .good();
    let refused = town.run_at("verifier poster --dir cafe --out again.png", &at);
    assert_eq!(refused.code, 1, "{}", refused.text);
    let status = town.run_at("verifier status --dir cafe", &at).good();
    assert_eq!(
        status["card_problem"],
        "the authority has withdrawn this venue"
    );
}

#[test]
fn in_an_open_scheme_the_wallet_says_that_nobody_vouches() {
    let town = Town::with_pass();
    let shown = town
        .run("holder present --dir wallet poster.png --yes --out pass.png")
        .good();
    assert_eq!(shown["registered"], false);
    let inspected = town.run("inspect poster.png").good();
    assert_eq!(inspected["kind"], "a question");
    register(&town);
    let inspected = town.run("inspect card.vp").good();
    assert_eq!(inspected["kind"], "a venue's card");
    assert!(inspected["fingerprint"].is_string());
}
