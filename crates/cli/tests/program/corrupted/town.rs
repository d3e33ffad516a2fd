//! A town in which there is a good file of every kind that the program reads.

use std::fs;
use std::sync::LazyLock;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::QrCode;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;
use veilpass::scheme::{BundleKey, SchemeCard};

use super::place::{Place, Tree};
use crate::terminal::{Town, later, read};
use crate::transcripts::RULES;
use veilpass_fixture::certificates::{claims, jwk, vaccination};
use veilpass_fixture::signer::{Signer, ec_key};

pub const MAP: &str = r#"# How the columns are read.
delimiter = ";"
dates = "%d.%m.%Y"
[columns]
record = "No"
family = "Family"
given = "Given"
birth_date = "Born"
product = "Vaccine"
dose = "Dose"
date = "Day"
[products]
"Comirnaty" = "EU/1/20/1528"
"http://hl7.org/fhir/sid/cvx|208" = "EU/1/20/1528"
"#;

const REGISTER: &str = "No;Family;Given;Born;Vaccine;Dose;Day
1;Kuznetsova;Anna;08.03.1985;Comirnaty;2;01.06.2021
2;Petrov;Boris;17.11.1979;Comirnaty;2;02.06.2021
3;Orlova;Vera;01.02.1990;Comirnaty;2;03.06.2021
4;Sokolov;Gleb;05.05.1955;Comirnaty;2;04.06.2021
";

pub const CARD_ISSUER: &str = "https://cards.example/issuer";

/// A picture of a text.
fn picture(text: &str) -> Vec<u8> {
    let code = QrCode::new(text).unwrap();
    let picture: GrayImage = code.render::<Luma<u8>>().module_dimensions(4, 4).build();
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A FHIR bundle of somebody vaccinated twice.
fn fhir(family: &str) -> serde_json::Value {
    let dose = |date: &str| {
        json!({ "resource": {
            "resourceType": "Immunization", "status": "completed",
            "vaccineCode": { "coding": [{ "system": "http://hl7.org/fhir/sid/cvx", "code": "208" }] },
            "patient": { "reference": "resource:0" }, "occurrenceDateTime": date,
        }})
    };
    json!({ "resourceType": "Bundle", "type": "collection", "entry": [
        { "fullUrl": "resource:0", "resource": {
            "resourceType": "Patient", "birthDate": "1951-01-20",
            "name": [{ "family": family, "given": ["John", "B."] }],
        }},
        dose("2021-01-01"), dose("2021-01-29"),
    ]})
}

fn health_card() -> String {
    let (_, id) = jwk(&ec_key(5));
    let payload = json!({ "iss": CARD_ISSUER, "nbf": veilpass_fixture::certificates::NOW - veilpass_fixture::certificates::DAY, "vc": {
        "type": [
            "https://smarthealth.cards#health-card",
            "https://smarthealth.cards#immunization",
            "https://smarthealth.cards#covid19",
        ],
        "credentialSubject": { "fhirVersion": "4.0.1", "fhirBundle": fhir("Anyperson") },
    }});
    let header = json!({ "alg": "ES256", "zip": "DEF", "kid": id });
    veilpass_fixture::certificates::card(&ec_key(5), &header, payload.to_string().as_bytes())
}

/// Evidence, and files that people write by hand.
fn papers(town: &Town) {
    let write = |name: &str, bytes: &[u8]| fs::write(town.path(name), bytes).unwrap();
    for folder in ["in", "out", "signers"] {
        fs::create_dir(town.path(folder)).unwrap();
    }
    let state = Signer::german();
    let certificate = state.dcc(&claims(&vaccination()));
    write("certificate.png", &picture(&certificate));
    write("certificate.txt", certificate.as_bytes());
    write("signers/state.der", &state.certificate);
    write("card.txt", health_card().as_bytes());
    write("bundle.json", fhir("Anyperson").to_string().as_bytes());
    let cards = format!(
        "[[issuer]]\naddress = \"{CARD_ISSUER}\"\nkeys = \"keys.json\"\ncountry = \"US\"\n"
    );
    write("cards.toml", cards.as_bytes());
    let keys = format!(r#"{{"keys":[{}]}}"#, jwk(&ec_key(5)).0);
    write("keys.json", keys.as_bytes());
    write("rules.toml", RULES.as_bytes());
    write("map.toml", MAP.as_bytes());
    write("register.csv", REGISTER.as_bytes());
    let lines = ["One", "Two", "Three"].map(|family| format!("{}\n", fhir(family)));
    write("register.ndjson", lines.concat().as_bytes());
    write(
        "set.txt",
        b"until=2022-06-01\nuntil_strict=none\nbirth_date=1985-03-08\nid_hint=A.K.\n",
    );
    write("own.txt", b"name=Anna\nemployer=Agency\n");
    write("passphrase.txt", b"correct horse\n");
    write("anna.txt", b"anna's own\n");
    write("boris.txt", b"boris's own\n");
}

/// A house in which two operators must agree.
fn house(town: &Town) {
    let printed = town.run("authority init --print-scheme").good();
    let scheme = printed["scheme"].as_str().unwrap();
    let release = "[release]\noperators = 2\nimport_above = 1000\n";
    fs::write(town.path("house.toml"), format!("{scheme}\n{release}")).unwrap();
    fs::write(town.path("scheme.toml"), scheme).unwrap();
    for line in [
        "authority init --dir house --scheme house.toml --to house-public",
        "issuer init --rehearsal --dir ward --scheme house-public/scheme.vp --bundle house-public/bundle.vp --out ward.vp",
        "authority accredit --dir house ward.vp --label ward --out ward-a.vp",
        "authority operator --dir house --label anna --out anna.age --new-passphrase-file anna.txt",
        "authority operator --dir house --label boris --out boris.age --new-passphrase-file boris.txt",
    ] {
        town.run(line).good();
    }
}

/// What passes between the roles, each in the forms that it has; nothing of it is used yet.
fn artefacts(town: &Town) {
    town.offer("offer-2.png");
    let set = "--set name=Anna --set employer=Agency";
    for line in [
        "authority sign-rules --dir authority rules.toml --out rules.signed.toml",
        "issuer register import register.csv --dir clinic --map map.toml --rules rules.signed.toml --to letters",
        "issuer register close --dir clinic --yes",
        &format!(
            "holder request --dir wallet offer-2.png {set} --label two --out request-2.png --out request-2.vp"
        ),
        "issuer issue --dir clinic request-2.vp --yes --out response-2.png --out response-2.vp --handle-out handle-2.txt",
        "issuer offer --dir clinic --set-file set.txt --out offer-3.png --out offer-3.vp",
        "issuer offer --dir clinic --set-file set.txt --out offer-4.png --out offer-4.vp --out offer-4.txt",
        &format!(
            "holder request --dir wallet offer-3.png {set} --label three --out request-3.png --out request-3.vp"
        ),
        "verifier poster --dir cafe --out poster.vp --out poster.txt --out poster.svg",
        "verifier ask --dir cafe --out question.vp --out question.png",
        "holder present --dir wallet poster.png --yes --out pass.png --out pass.vp --out pass.txt --out pass.svg",
        "holder present --dir wallet question.vp --yes --out answer.vp",
        "issuer count --dir clinic --out count.vp --out count.png",
        "issuer init --rehearsal --dir late --scheme public/scheme.vp --bundle public/bundle.vp --out late.vp --out late.png",
        "authority publish --dir authority --to next",
    ] {
        let at = if line.contains("publish") {
            later(3)
        } else {
            later(2)
        };
        town.run_at(line, &at).good();
    }
    let handles = ["handle.txt", "handle-2.txt"].map(|name| read(&town.path(name)));
    fs::write(town.path("revoke.txt"), handles.concat()).unwrap();
    let named = fs::read_dir(town.path("letters")).unwrap().flatten();
    let claims = named
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("claims-"));
    let claims = fs::read_to_string(claims.unwrap()).unwrap();
    fs::write(town.path("claims.csv"), &claims).unwrap();
    let code = claims.lines().nth(1).unwrap().split(',').nth(2).unwrap();
    fs::write(town.path("claim.txt"), code).unwrap();
    // A batch answers what no guest stands before the clerk with.
    let last = claims.lines().last().unwrap();
    let code = last.split(',').nth(2).unwrap();
    fs::write(town.path("one-claim.txt"), code).unwrap();
    for more in [
        "issuer offer --dir clinic --claims one-claim.txt --to offers",
        &format!(
            "holder request --dir wallet offers/offer-1.vp {set} --label five --out request-5.vp"
        ),
    ] {
        town.run_at(more, &later(2)).good();
    }
}

/// Founded once, for all tests.
pub static WORLD: LazyLock<World> = LazyLock::new(World::found);

/// The town, and what its tests know about it.
pub struct World {
    pub tree: Tree,
    pub card: SchemeCard,
    /// A key with which rules are signed that nobody uses.
    pub key: BundleKey,
    /// What the authority compares its database with stays where it was published.
    _published: Town,
}

impl World {
    pub fn found() -> Self {
        let town = Town::with_pass();
        papers(&town);
        house(&town);
        artefacts(&town);
        let card = SchemeCard::from_bytes(&read(&town.path("public/scheme.vp"))).unwrap();
        let mut tree = Place::tree_of(town.0.path());
        tree.retain(|path, content| {
            let name = path.to_string_lossy();
            // A command ends with a checkpoint: no change waits outside of the databases.
            let log = name.ends_with(".db-wal");
            assert!(!log || content.as_ref().is_none_or(Vec::is_empty), "{name}");
            !path.starts_with("letters") && !log && !name.ends_with(".db-shm")
        });
        Self {
            tree,
            card,
            key: BundleKey::generate(&mut StdRng::seed_from_u64(1)),
            _published: town,
        }
    }

    pub fn good(&self, name: &str) -> &[u8] {
        let file = self.tree.get(std::path::Path::new(name));
        file.and_then(Option::as_deref)
            .unwrap_or_else(|| panic!("{name}"))
    }
}
