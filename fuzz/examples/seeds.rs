//! Writes the seeds of all targets to the folder that it is given. Everything is made from fixed seeds,
//! so that running it again changes nothing.

use std::fs;
use std::path::Path;

use base64ct::{Base64, Encoding};
use ciborium::{Value, cbor};
use rand::{SeedableRng, rngs::StdRng};
use veilpass::bbs::{NymSecrets, Pending, SecretKey, Sha256, Shake256, SignerEntropy};
use veilpass::issuance::ClaimCode;
use veilpass::presentation::{Challenge, Door};
use veilpass::qr::Code;
use veilpass::registry::RegistryKey;
use veilpass::scheme::{
    CountedOperator, Day, DayCount, Limits, LogProof, Mode, UnsignedCount, VenueId, VenueKey,
};
use veilpass_fixture::certificates::seal;
use veilpass_fixture::city::TODAY;
use veilpass_fixture::signer::Signer;
use veilpass_fuzz::made::{ISSUANCE, SHOWN};
use veilpass_fuzz::{City, MAP, NOW, REGISTER, WORLD, at, day, short_city};

/// Bytes of an artefact's version, kind and signature.
const HEAD: usize = 98;

struct Seeds<'a>(&'a Path);

impl Seeds<'_> {
    fn put(&self, target: &str, name: &str, bytes: impl AsRef<[u8]>) {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), bytes).unwrap();
    }

    /// With a first byte that says what it is.
    fn marked(&self, target: &str, which: u8, name: &str, bytes: impl AsRef<[u8]>) {
        self.put(target, name, [&[which], bytes.as_ref()].concat());
    }
}

fn main() {
    let folder = std::env::args().nth(1).expect("the folder for the seeds");
    let seeds = Seeds(Path::new(&folder));
    showing(&seeds);
    issuing(&seeds);
    publishing(&seeds);
    standard(&seeds);
    evidence(&seeds);
}

fn showing(seeds: &Seeds<'_>) {
    for shown in SHOWN.iter() {
        seeds.put("pass", shown.policy, &shown.payload);
    }
    // Changes are made from any bytes.
    seeds.put("door", "nothing", [0; 8]);
    seeds.put("door", "steps", (0..64).collect::<Vec<u8>>());
    seeds.put(
        "door",
        "noise",
        (0..96u8).map(|i| i.wrapping_mul(37)).collect::<Vec<u8>>(),
    );
    let door = Door::new(&WORLD.bundle, "restaurant", "Cafe Pushkin").unwrap();
    seeds.put(
        "question",
        "challenge",
        door.ask(&Challenge::from_store([7; 16], TODAY, 2))
            .to_bytes(),
    );
    seeds.put(
        "question",
        "poster",
        WORLD.city.ask(Mode::Poster, "bar", "B").to_bytes(),
    );
    seeds.put("text", "short", "VP2:BB8");
    seeds.put("text", "link", "https://pass.example/1");
    seeds.put("text", "offer", veilpass::qr::to_text(&ISSUANCE.offer));
    seeds.put(
        "picture",
        "code",
        Code::of_letter("VP2:BB8").unwrap().png(1).unwrap(),
    );
    let rows: Vec<Vec<bool>> = Code::of_letter("VP2:BB8").unwrap().rows().collect();
    let pixels = rows
        .iter()
        .flatten()
        .map(|dark| if *dark { 0 } else { 255 })
        .collect::<Vec<u8>>();
    seeds.marked(
        "picture",
        u8::try_from(rows.len()).unwrap(),
        "pixels",
        pixels,
    );
}

fn issuing(seeds: &Seeds<'_>) {
    let made = &*ISSUANCE;
    seeds.put("offer", "offer", &made.offer);
    seeds.put("request", "request", &made.request);
    renewing(seeds);
    seeds.put("response", "response", &made.response);
    seeds.put("credential", "pending", &made.pending);
    seeds.put("credential", "kept", &made.kept);
    seeds.put(
        "credential",
        "credential",
        &*WORLD.credential.expose_bytes(),
    );
    let code = ClaimCode::generate(&mut StdRng::seed_from_u64(5)).expose_text();
    seeds.put("claim", "code", &*code);
    seeds.put(
        "claim",
        "typed",
        format!(" VPC:{}\n", code.to_lowercase().replace('-', " ")),
    );
}

fn renewing(seeds: &Seeds<'_>) {
    let mut city = City::new(7);
    let (old, _) = city.issue(true, day(2021, 7, 1));
    let kept = city.offer_renewal(true, day(2022, 6, 1), NOW);
    let pending = (kept.offer()).renew(&city.holder_bundle(), &old, at(NOW), &mut city.rng);
    let request = pending.unwrap().request().to_bytes();
    seeds.put("offer", "renewal", kept.offer().to_bytes());
    seeds.put("request", "renewal", request);
}

fn publishing(seeds: &Seeds<'_>) {
    let (mut city, mut rng) = (short_city(), StdRng::seed_from_u64(6));
    let own = &WORLD.city;
    let bundle = city.door_bytes();
    seeds.put("bundle", "hidden", &bundle[HEAD..]);
    let known = City::with(2, veilpass::scheme::Schema::default(), Some(()));
    let bundle = known.door_bytes();
    seeds.put("bundle", "known", &bundle[HEAD..]);
    let files = veilpass::scheme::HolderFiles::from_bytes(&city.holder_bytes()).unwrap();
    let segment = files.parts.iter().find(|part| part[1] == b'L');
    let _ = city.registry.draw(&mut rng).unwrap();
    let q = RegistryKey::generate(&mut rng);
    let v0 = veilpass::internals::first_accumulator(&city.scheme, 2);
    let scheme = *city.scheme.id();
    let checkpoint = city.registry.rotate(q, v0, 2, &scheme).unwrap();
    let sealed = &own.holder_parts().0[0].accreditations[0].to_bytes()[..202];
    for (which, name, list) in [
        (0, "table", &city.table.to_bytes()[..]),
        (1, "segment", segment.map_or(&[], |part| &part[..])),
        (2, "bucket", &checkpoint.buckets[0][..]),
        (3, "sealed", sealed),
    ] {
        seeds.marked("lists", which, name, list);
    }
    seeds.put("holder_bundle", "whole", files.to_bytes());
    let registration = own.clinic.register(&own.scheme, &mut rng).to_bytes();
    seeds.put("registration", "issuer", registration);
    seeds.put("registration", "card", own.card().to_bytes());
    let key = VenueKey::from_bytes(&[5; 32]).unwrap();
    let venue = key.register(own.scheme.id(), "Cafe").unwrap();
    seeds.put("registration", "venue", venue.to_bytes());
    let id = VenueId::from_bytes([4; 16]).unwrap();
    let card = own.venue_card(id, "Cafe", &key);
    seeds.put("registration", "venue_card", card.to_bytes());
    let bundle = own.door_bundle();
    let door = Door::registered(&bundle, "restaurant", &card).unwrap();
    let asked = door.ask_signed(&Challenge::from_store([7; 16], TODAY, 2), &key, at(NOW));
    seeds.put("question", "registered", asked.unwrap().to_bytes());
    let (key, scheme, issuer) = (&own.bundle_key, own.scheme.id(), own.clinic.public().id());
    let accreditation = own.accredit(&own.clinic);
    let limits = Limits {
        at: at(NOW),
        per_day: 100,
        operators: 2,
        import_above: 1000,
        operators_digest: [6; 32],
    };
    let signed = key.sign_accreditation(scheme, &issuer, &accreditation, &limits);
    seeds.put("papers", "accreditation", &signed[HEAD..]);
    let handle = City::new(1).registry.draw(&mut rng).unwrap();
    let handle_bytes = handle.expose_bytes();
    let signed = key.sign_handles(scheme, &issuer, &[handle]);
    seeds.put("papers", "handles", &signed[HEAD..]);
    let day = |day, kind: &str, issued| DayCount {
        day: Day(day),
        kind: kind.into(),
        issued,
    };
    let count = UnsignedCount {
        at: at(NOW),
        rehearsal: false,
        free: 7,
        log_lines: 3,
        log_root: [9; 32],
        days: vec![day(1, "a", 2), day(1, "b", 3), day(2, "a", 4)],
        operators: vec![CountedOperator {
            label: "anna".into(),
            key: [7; 32],
            approvals: 1,
        }],
        proofs: vec![LogProof {
            lines: 2,
            hashes: vec![[8; 32]],
        }],
    };
    seeds.put(
        "count",
        "count",
        &count.sign(scheme, &own.clinic, &mut rng)[50..],
    );
    seeds.marked("keys", 0, "scalar", *own.clinic.expose_bytes());
    seeds.marked(
        "keys",
        4,
        "verifying",
        own.bundle_key.verifying_key().to_bytes(),
    );
    seeds.marked("keys", 5, "handle", &*handle_bytes);
}

fn standard(seeds: &Seeds<'_>) {
    let mut rng = StdRng::seed_from_u64(7);
    let key = SecretKey::<Sha256>::generate(&mut rng);
    let signature = key.sign(b"header", &[b"a", b"b"]).unwrap();
    seeds.marked("bbs", 0, "signature", signature.to_bytes());
    let (_, commitment) = Pending::<Sha256>::commit(&[b"a", b"b"], &mut rng).unwrap();
    seeds.marked("bbs", 2, "commitment", commitment.to_bytes());
    seeds.marked("bbs", 3, "public", key.public_key().to_bytes());
    seeds.marked("bbs", 4, "secret", *key.expose_bytes());
    seeds.marked(
        "bbs",
        6,
        "secrets",
        &*NymSecrets::random(2, &mut rng).unwrap().expose_bytes(),
    );
    seeds.marked(
        "bbs",
        7,
        "entropy",
        *SignerEntropy::random(&mut rng).expose_bytes(),
    );
    let key = SecretKey::<Shake256>::generate(&mut rng);
    let signature = key.sign(b"header", &[b"a", b"b"]).unwrap();
    let credential = key
        .public_key()
        .verify(&signature, b"header", &[b"a", b"b"])
        .unwrap();
    let proof = credential.prove(b"ph", &[0], &mut rng).unwrap();
    seeds.marked("bbs", 1, "proof", proof.to_bytes());
    seeds.marked(
        "bbs",
        5,
        "pseudonym",
        &SHOWN[0].payload[27 + 144 + 48 * 9..][..48],
    );
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

fn evidence(seeds: &Seeds<'_>) {
    let groups = [
        (
            "v",
            cbor!({
                "tg" => "840539006", "vp" => "1119349007", "mp" => "EU/1/20/1528", "ma" => "ORG-100030215",
                "dn" => 2, "sd" => 2, "dt" => "2021-06-01", "co" => "DE", "is" => "RKI", "ci" => "URN:UVCI:01",
            }),
        ),
        (
            "r",
            cbor!({
                "tg" => "840539006", "fr" => "2021-03-01", "df" => "2021-03-12", "du" => "2021-08-28",
                "co" => "DE", "is" => "RKI", "ci" => "URN:UVCI:02",
            }),
        ),
        (
            "t",
            cbor!({
                "tg" => "840539006", "tt" => "LP6464-4", "nm" => "PCR", "sc" => "2021-06-27T09:30:00+02:00",
                "tr" => "260415000", "tc" => "Centre 1", "co" => "DE", "is" => "RKI", "ci" => "URN:UVCI:03",
            }),
        ),
    ];
    for (group, entry) in groups {
        let person = cbor!({
            "ver" => "1.3.0",
            "nam" => { "fn" => "Müller", "fnt" => "MUELLER", "gn" => "Anna", "gnt" => "ANNA" },
            "dob" => "1980-02-29",
            group => [entry.unwrap()],
        });
        let claims = cbor!({
            1 => "DE", 4 => NOW + 86_400, 6 => NOW - 86_400, -260 => { 1 => person.unwrap() }
        });
        let header = cbor!({ 1 => -7, 4 => Value::Bytes(vec![1; 8]) });
        let message = cbor!([
            Value::Bytes(bytes(&header.unwrap())),
            {},
            Value::Bytes(bytes(&claims.unwrap())),
            Value::Bytes(vec![7; 64]),
        ]);
        seeds.put(
            "dcc",
            group,
            bytes(&Value::Tag(18, Box::new(message.unwrap()))),
        );
    }
    let fhir = include_str!("../src/fhir.json").trim_end();
    seeds.put("fhir", "bundle", fhir);
    let card = format!(
        r#"{{"iss":"https://issuer.example","nbf":{NOW},"vc":{{"type":["https://smarthealth.cards#immunization"],"credentialSubject":{{"fhirVersion":"4.0.1","fhirBundle":{fhir}}}}}}}"#
    );
    seeds.put("card", "payload", card);
    seeds.put("card", "header", r#"{"alg":"ES256","zip":"DEF","kid":"x"}"#);
    seeds.put("register", "csv", REGISTER);
    seeds.put("register", "lines", format!("{fhir}\n{fhir}\n"));
    seeds.put("register_map", "map", MAP);
    seeds.put("rules", "moscow", include_str!("../src/rules.toml"));
    seeds.put("trust", "ec", include_bytes!("../src/ec.pem"));
    seeds.put("trust", "rsa", include_bytes!("../src/rsa.pem"));
    let jwk = r#"{"keys":[{"kty":"EC","kid":"x","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
    seeds.put("trust", "jwk", jwk);
    let snapshot = format!(
        r#"{{"issuerInfo":[{{"issuer":{{"iss":"https://issuer.example"}},{}]}}"#,
        jwk.trim_start_matches('{')
    );
    seeds.put("trust", "snapshot", snapshot);
    seals_and_signers(seeds);
}

fn seals_and_signers(seeds: &Seeds<'_>) {
    let vaccinated = r#"{"hdr":{"t":"icao.vacc","v":1,"is":"DEU"},"msg":{"uvci":"U1","pid":{"n":"MUELLER  ANNA","dob":"1980-02-29"},"ve":[{"des":"XM68M6","nam":"Comirnaty","dis":"RA01.0","vd":[{"dvc":"2021-06-01","seq":2,"ctr":"DEU","adm":"C"}]}]}}"#;
    let tested = r#"{"hdr":{"t":"icao.test","v":1,"is":"DEU"},"msg":{"utci":"U2","pid":{"n":"MUELLER  ANNA","dn":"C1"},"dat":{"sc":"2021-06-27T09:30:00+02:00"},"tr":{"tc":"molecular(PCR)","r":"negative"}}}"#;
    seeds.put("seal", "vaccinated", vaccinated);
    seeds.put("seal", "tested", tested);
    let signer = Signer::german();
    let whole = seal(&signer, &serde_json::from_str(vaccinated).unwrap());
    seeds.put("seal", "whole", whole.to_string());
    let [id, der] = [&signer.id(), &signer.certificate].map(|bytes| Base64::encode_string(bytes));
    let list = format!(
        r#"{{"certificates":[{{"certificateType":"DSC","country":"DE","kid":"{id}","rawData":"{der}"}}]}}"#
    );
    seeds.put("signers", "list", list);
    seeds.put("signers", "pem", include_bytes!("../src/ec.pem"));
}
