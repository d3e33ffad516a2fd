//! Every kind of file that the program reads, and a command that reads it.

use super::database;
use super::meaning::*;

pub struct Case {
    /// The good file. Its name names the kind.
    pub good: &'static str,
    /// Where the spoiled one is put.
    pub at: &'static str,
    /// The command; `{}` is that place.
    pub line: &'static str,
    pub judge: Judge,
}

const fn case(good: &'static str, at: &'static str, line: &'static str, judge: Judge) -> Case {
    Case {
        good,
        at,
        line,
        judge,
    }
}

const NEW_DOOR: &str = "verifier init --rehearsal --dir new --scheme public/scheme.vp --bundle {} --venue V --policy restaurant";
const IMPORT: &str = "issuer import --dir clinic {}";
const VERIFY: &str = "verifier verify --dir cafe {}";
const INSPECT: &str = "inspect {} --scheme public/scheme.vp --bundle public/bundle.vp";
const REQUEST: &str = "holder request --dir wallet {} --set-file own.txt --out out/q.png";
const PRESENT: &str = "holder present --dir wallet {} --yes --out out/p.png";
const ISSUE: &str = "issuer issue --dir clinic {} --yes --out out/r.png --handle-out out/h.txt";
const ACCREDIT: &str =
    "authority accredit --dir authority --public next {} --label late --out out/a.vp";
const RECEIVE: &str = "holder receive --dir wallet {}";
const AUDIT: &str = "authority audit --dir authority --public next {}";
const EVIDENCE: &str = "issuer evidence check {} --trust signers --cards cards.toml";
const OFFER: &str = "issuer offer --dir clinic --set-file set.txt --out out/o.png";
const HANDLES: &str = "authority handles --dir house --label ward --count 2 --out out/h.vp \
    --operator anna.age --operator-passphrase-file anna.txt \
    --operator boris.age --operator-passphrase-file boris.txt";

/// All of them.
pub const CASES: &[Case] = &[
    // What the authority signs.
    case(
        "public/scheme.vp",
        "in/x.vp",
        "verifier init --rehearsal --dir new --scheme {} --bundle public/bundle.vp --venue V --policy restaurant",
        sealed,
    ),
    case(
        "public/scheme.vp",
        "in/y.vp",
        "holder init --dir new --scheme {} --bundle public/holders.vp",
        sealed,
    ),
    case("public/bundle.vp", "in/x.vp", NEW_DOOR, sealed),
    case(
        "next/bundle.vp",
        "in/x.vp",
        "verifier update --dir cafe {}",
        sealed,
    ),
    case("next/bundle.vp", "in/y.vp", IMPORT, sealed),
    case(
        "next/holders.vp",
        "in/x.vp",
        "holder sync --dir wallet {}",
        sealed,
    ),
    case(
        "public/holders.vp",
        "in/x.vp",
        "holder init --dir new --scheme public/scheme.vp --bundle {}",
        sealed,
    ),
    case("a.vp", "in/x.vp", IMPORT, sealed),
    case("h.vp", "in/x.vp", IMPORT, sealed),
    case(
        "rules.signed.toml",
        "in/x.toml",
        "issuer rules explain certificate.png --trust signers --scheme public/scheme.vp --rules {}",
        signed_rules,
    ),
    case(
        "rules.signed.toml",
        "in/y.toml",
        "issuer offer --dir clinic --evidence certificate.png --trust signers --set id_hint=A.M. --out out/o.png --rules {}",
        signed_rules,
    ),
    // What passes between a clinic, its authority and its guests.
    case("late.vp", "in/x.vp", ACCREDIT, sealed),
    case("late.png", "in/x.png", ACCREDIT, sealed),
    case("count.vp", "in/x.vp", AUDIT, sealed),
    case("count.png", "in/x.png", AUDIT, sealed),
    case("offer-4.vp", "in/x.vp", REQUEST, offer),
    case("offer-4.png", "in/x.png", REQUEST, offer),
    case("offer-4.txt", "in/x.txt", REQUEST, offer),
    case("request-3.vp", "in/x.vp", ISSUE, sealed),
    case("request-3.png", "in/x.png", ISSUE, sealed),
    case("response-2.vp", "in/x.vp", RECEIVE, sealed),
    case("response-2.png", "in/x.png", RECEIVE, sealed),
    // At a door.
    case("poster.vp", "in/x.vp", PRESENT, question),
    case("poster.png", "in/x.png", PRESENT, question),
    case("poster.txt", "in/x.txt", PRESENT, question),
    case("pass.vp", "in/x.vp", VERIFY, sealed),
    case("pass.png", "in/x.png", VERIFY, sealed),
    case("pass.txt", "in/x.txt", VERIFY, sealed),
    case(
        "question.vp",
        "in/x.vp",
        "verifier verify --dir cafe answer.vp --question {}",
        sealed,
    ),
    // No program reads drawings back.
    case("poster.svg", "in/x.svg", PRESENT, drawn_question),
    case("pass.svg", "in/x.svg", VERIFY, drawn_pass),
    // Looked at.
    case("pass.vp", "in/i.vp", INSPECT, form),
    case("request-3.vp", "in/i.vp", INSPECT, form),
    case(
        "public/bundle.vp",
        "in/i.vp",
        "inspect pass.vp --scheme public/scheme.vp --bundle {}",
        sealed,
    ),
    // Written by people.
    case(
        "scheme.toml",
        "in/x.toml",
        "authority init --dir new --to new-public --scheme {}",
        scheme_file,
    ),
    case(
        "rules.toml",
        "in/x.toml",
        "authority sign-rules --dir authority {} --out out/rules.toml",
        rules,
    ),
    case(
        "map.toml",
        "in/x.toml",
        "issuer register import register.csv --dir clinic --rules rules.signed.toml --to out --map {}",
        map,
    ),
    case(
        "register.csv",
        "in/x.csv",
        "issuer register import {} --dir clinic --rules rules.signed.toml --to out --map map.toml",
        csv_register,
    ),
    case(
        "register.ndjson",
        "in/x.ndjson",
        "issuer register import {} --dir clinic --rules rules.signed.toml --to out --map map.toml",
        ndjson_register,
    ),
    case(
        "revoke.txt",
        "in/x.txt",
        "authority revoke --dir authority --public next {}",
        handles,
    ),
    case(
        "claim.txt",
        "in/x.txt",
        "issuer offer --dir clinic --out out/o.png --claim-file {}",
        claim,
    ),
    case(
        "claims.csv",
        "in/x.csv",
        "issuer offer --dir clinic --to out --claims {}",
        claims,
    ),
    case(
        "set.txt",
        "in/x.txt",
        "issuer offer --dir clinic --out out/o.png --set-file {}",
        settings,
    ),
    case(
        "own.txt",
        "in/x.txt",
        "holder request --dir wallet offer-4.vp --out out/q.png --set-file {}",
        settings,
    ),
    case(
        "passphrase.txt",
        "in/x.txt",
        "holder list --dir wallet --passphrase-file {}",
        passphrase,
    ),
    case("anna.txt", "anna.txt", HANDLES, passphrase),
    // Evidence, and who is believed.
    case("certificate.png", "in/x.png", EVIDENCE, evidence),
    case("certificate.txt", "in/x.txt", EVIDENCE, evidence),
    case("card.txt", "in/x.txt", EVIDENCE, evidence),
    case("bundle.json", "in/x.json", EVIDENCE, unsigned_evidence),
    case(
        "signers/state.der",
        "signers/state.der",
        "issuer evidence check certificate.txt --trust signers",
        signer,
    ),
    case(
        "keys.json",
        "keys.json",
        "issuer evidence check card.txt --cards cards.toml",
        card_keys,
    ),
    case(
        "cards.toml",
        "cards.toml",
        "issuer evidence check card.txt --cards {}",
        cards,
    ),
    // What a role keeps: keys, wallet, bundle, databases.
    case(
        "authority/online.age",
        "authority/online.age",
        "authority publish --dir authority --public next --to out",
        nothing,
    ),
    case(
        "authority/online.age",
        "authority/online.age.next",
        "authority limit --dir authority --public next --label clinic --per-day 9 --out out/a.vp",
        nothing,
    ),
    case(
        "authority/accreditation.age",
        "authority/accreditation.age",
        "authority accredit --dir authority --public next late.vp --label late --out out/a.vp",
        nothing,
    ),
    case("clinic/issuer.age", "clinic/issuer.age", OFFER, nothing),
    case("anna.age", "anna.age", HANDLES, nothing),
    case(
        "wallet/wallet.age",
        "wallet/wallet.age",
        "holder present --dir wallet poster.png --yes --out out/p.png",
        nothing,
    ),
    case(
        "wallet/holders.vp",
        "wallet/holders.vp",
        "holder present --dir wallet poster.png --yes --out out/p.png",
        sealed,
    ),
    case(
        "public/bundle.vp",
        "public/bundle.vp",
        "authority publish --dir authority --public next --to public",
        sealed,
    ),
    case(
        "authority/authority.db",
        "authority/authority.db",
        "authority audit --dir authority --public next",
        database::judge,
    ),
    case(
        "authority/authority.db",
        "authority/authority.db",
        "authority publish --dir authority --public next --to out",
        database::judge,
    ),
    case(
        "clinic/issuer.db",
        "clinic/issuer.db",
        "issuer audit --dir clinic",
        database::judge,
    ),
    case(
        "clinic/issuer.db",
        "clinic/issuer.db",
        OFFER,
        database::judge,
    ),
    case(
        "cafe/verifier.db",
        "cafe/verifier.db",
        "verifier poster --dir cafe --out out/p.png",
        database::judge,
    ),
    case(
        "cafe/verifier.db",
        "cafe/verifier.db",
        "verifier verify --dir cafe pass.vp",
        database::judge,
    ),
];
