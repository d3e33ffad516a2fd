//! A register for a scheme with attributes of its own.

use super::*;

/// The default scheme without `until_strict`, and with another name for `until`.
fn own_scheme() -> String {
    "name = \"Own\"\nzone = \"Europe/Moscow\"\n\
     [[attribute]]\nname = \"good_until\"\nkind = \"date\"\nset_by = \"issuer\"\n\
     [[attribute]]\nname = \"good_from\"\nkind = \"date\"\nset_by = \"issuer\"\n\
     [[attribute]]\nname = \"id_hint\"\nkind = \"text\"\nset_by = \"issuer\"\nmay_disclose = true\n\
     [[policy]]\nname = \"door\"\nuntil = \"good_until\"\nfrom = \"good_from\"\nmodes = [\"poster\"]\n"
        .to_owned()
}

#[test]
fn a_register_is_imported_into_a_scheme_of_its_own_by_rules_that_name_its_attributes() {
    let town = Town::new();
    let rules = "name = \"June\"\nversion = 1\n[vaccination]\nvalid = \"12 months\"\n\
                 [[vaccination.products]]\ncode = \"Sputnik-V\"\ndoses = 2\n";
    let names = "[attributes]\nuntil = \"good_until\"\nfrom = \"good_from\"\n";
    let wrong = "[attributes]\nuntil = \"id_hint\"\n";
    let map = "[columns]\nfamily = \"family\"\ngiven = \"given\"\nbirth_date = \"born\"\n\
               product = \"vaccine\"\ndose = \"dose\"\ndate = \"date\"\n";
    let register = "family,given,born,vaccine,dose,date\nPetrov,Boris,1979-11-17,Sputnik-V,2,2021-05-20\n\
                    Орлова,Вера,1990-02-01,Sputnik-V,2,2021-05-21\n";
    for (name, text) in [
        ("own.toml", own_scheme()),
        ("map.toml", map.to_owned()),
        ("register.csv", register.to_owned()),
        ("plain.toml", rules.to_owned()),
        ("named.toml", format!("{rules}{names}")),
        ("wrong.toml", format!("{rules}{wrong}")),
    ] {
        fs::write(town.path(name), text).unwrap();
    }
    for line in [
        "authority init --rehearsal --dir authority --scheme own.toml --to public",
        "issuer init --rehearsal --dir clinic --scheme public/scheme.vp --bundle public/bundle.vp --out r.vp",
        "authority accredit --dir authority r.vp --label clinic --out a.vp",
        "authority handles --dir authority --label clinic --count 2 --out h.vp",
        "issuer import --dir clinic a.vp h.vp",
    ] {
        town.run_at(line, AT).good();
    }
    let import = |rules: &str| {
        let sign =
            format!("authority sign-rules --dir authority {rules}.toml --out {rules}.signed.toml");
        town.run(&sign).good();
        town.run(&format!(
            "issuer register import register.csv --dir clinic --map map.toml --rules {rules}.signed.toml --to {rules}"
        ))
    };
    // The whole is refused with what to do, and not row after row.
    for (rules, attribute) in [("plain", "until"), ("wrong", "id_hint")] {
        let said = import(rules);
        assert_eq!(said.code, 2, "{}", said.text);
        let words = format!("a date to {attribute}, and");
        assert!(said.text.contains(&words), "{}", said.text);
        assert!(said.text.contains("[attributes]"), "{}", said.text);
    }
    let said = import("named").good();
    assert_eq!(
        (&said["claims"], &said["rejected"]),
        (&2.into(), &0.into()),
        "{said}"
    );
    let letters = fs::read_dir(town.path("named")).unwrap().flatten();
    let claims = letters.map(|entry| entry.path());
    let claims = claims
        .filter(|path| path.to_string_lossy().contains("claims"))
        .map(|path| fs::read_to_string(path).unwrap());
    let code = claims.last().unwrap();
    let code = code.lines().nth(2).unwrap().split(',').nth(2).unwrap();
    fs::write(town.path("claim.txt"), code).unwrap();
    for line in [
        "issuer offer --dir clinic --claim-file claim.txt --out o.vp",
        "holder init --dir wallet --scheme public/scheme.vp --bundle public/holders.vp",
        "holder request --dir wallet o.vp --out q.vp",
    ] {
        town.run(line).good();
    }
}
