//! Registers: which rows are read, what is said of the others, and where one goes on.

use std::io::Cursor;

use veilpass::scheme::Day;
use veilpass_evidence::register::{MapError, Person, Register, RegisterForm, RegisterMap, Row};
use veilpass_evidence::{Evidence, Kind};

const MAP: &str = r#"
delimiter = ";"
dates = "%d.%m.%Y"
country = "RU"
[columns]
record = "No"
family = "Family"
given = "Given"
birth_date = "Born"
kind = "What"
product = "Vaccine"
dose = "Dose"
date = "Day"
[kinds]
V = "vaccination"
R = "recovery"
P = "negative-pcr"
[products]
"Gam-COVID-Vac" = "Sputnik-V"
[attributes]
id_hint = "Hint"
"#;
const HEADER: &str = "No;Family;Given;Born;What;Vaccine;Dose;Day;Hint";
const ANNA: &str = "1;Kuznetsova;Anna;08.03.1985;V;Gam-COVID-Vac;2;01.06.2021;A.K.";

fn open(text: &[u8], map: &str) -> Result<Register<Cursor<Vec<u8>>>, MapError> {
    let map = RegisterMap::read(map)?;
    Register::open(Cursor::new(text.to_vec()), RegisterForm::Csv, map).unwrap()
}

fn rows(register: &mut Register<Cursor<Vec<u8>>>) -> Vec<Row> {
    std::iter::from_fn(|| register.next_row().unwrap()).collect()
}

fn read(lines: &[&str]) -> Vec<Row> {
    let text = [&[HEADER], lines].concat().join("\n");
    rows(&mut open(text.as_bytes(), MAP).unwrap())
}

/// A row's own number.
fn number(person: &Person) -> String {
    person.record.rsplit('\u{1f}').next().unwrap().to_owned()
}

fn person(line: &str) -> Person {
    read(&[line]).remove(0).person.unwrap()
}

/// Line, column and reason of the only row.
#[track_caller]
fn fault(line: &str) -> String {
    read(&[line]).remove(0).person.unwrap_err().to_string()
}

#[test]
fn a_row_is_evidence_that_the_issuer_vouches_for() {
    let anna = person(ANNA);
    let Evidence {
        kind,
        signed,
        birth,
        country,
        product,
        doses,
        date,
        ..
    } = anna.evidence.clone();
    assert_eq!(kind, Kind::Vaccination);
    assert!(signed);
    assert_eq!(birth.given(), "1985-03-08");
    assert_eq!(country.as_deref(), Some("RU"));
    assert_eq!(product.as_deref(), Some("Sputnik-V"));
    assert_eq!(doses.map(|doses| doses.number), Some(2));
    assert_eq!(Some(date), Day::from_ymd(2021, 6, 1));
    assert_eq!(anna.name(), "Anna Kuznetsova");
    assert_eq!(anna.initials(), "A.K.");
    assert_eq!(anna.attributes, [("id_hint".into(), "A.K.".into())]);
    assert!(anna.record.ends_with('1') && anna.record.len() == 2);
    let boris = person("2;;Boris;;P;;;01.06.2021;B.");
    assert_eq!(boris.evidence.kind, Kind::Test { nucleic: true });
    assert_eq!(boris.evidence.detected, Some(false));
    assert_eq!(
        (boris.name(), boris.initials()),
        ("Boris".into(), "B.".into())
    );
    assert_eq!(
        person("3;R;S;;R;;;01.06.2021;B.").evidence.kind,
        Kind::Recovery
    );
}

#[test]
fn a_bad_row_is_named_by_line_and_column() {
    for (line, told) in [
        (
            "1;K;A;08.03.1985;V;G;2;31.02.2021;x",
            "line 2, column `Day`: there is no such day",
        ),
        ("1;K;A;08.03.1985;V;G;2;;x", "line 2, column `Day`: empty"),
        (
            "1;K;A;1985;V;G;2;01.06.2021;x",
            "line 2, column `Born`: no date of the form %d.%m.%Y",
        ),
        (
            "1;K;A;01.01.0085;V;G;2;01.06.2021;x",
            "line 2, column `Born`: no date of the form %d.%m.%Y",
        ),
        (
            "1;K;A;08.03.1985;X;G;2;01.06.2021;x",
            "line 2, column `What`: a word that the map's [kinds] does not know",
        ),
        (
            "1;K;A;08.03.1985;V;G;two;01.06.2021;x",
            "line 2, column `Dose`: no number of a dose",
        ),
        (
            "1;K;A;08.03.1985;V;G;0;01.06.2021;x",
            "line 2, column `Dose`: no number of a dose",
        ),
        (
            "1;K;A;08.03.1985;V;G;256;01.06.2021;x",
            "line 2, column `Dose`: no number of a dose",
        ),
        (
            ";K;A;08.03.1985;V;G;2;01.06.2021;x",
            "line 2, column `No`: empty",
        ),
        (
            "1;K;A;08.03.1985;V;G;2;01.06.2021;",
            "line 2, column `Hint`: empty",
        ),
        (
            "1;K\u{1b}[2J;A;08.03.1985;V;G;2;01.06.2021;x",
            "line 2, column `Family`: control or invisible characters",
        ),
        ("1;K;A", "line 2: 3 fields, but there are 9 columns"),
    ] {
        let said = fault(line);
        assert!(said.starts_with(told), "{said}");
    }
    let long = format!("1;{};A;08.03.1985;V;G;2;01.06.2021;x", "K".repeat(201));
    let said = fault(&long);
    assert!(said.starts_with("line 2, column `Family`: longer than 200 characters"));
}

#[test]
fn one_bad_row_does_not_take_others_with_it() {
    let open_quote = "5;\"K;A;08.03.1985;V;G;2;01.06.2021;x";
    let huge = "7;".to_owned() + &"x".repeat(300_000);
    let anna = |number: u32| ANNA.replacen('1', &number.to_string(), 1);
    let (one, six, eight) = (anna(1), anna(6), anna(8));
    let text = [
        HEADER, &one, "", open_quote, &six, &huge, &eight, "\u{fffd}",
    ]
    .join("\r\n");
    let mut bytes = text.into_bytes();
    // Not UTF-8, without an end of line.
    let length = bytes.len();
    bytes[length - 3] = 0xff;
    let rows = rows(&mut open(&bytes, MAP).unwrap());
    let told: Vec<_> = (rows.iter())
        .map(|row| match &row.person {
            Ok(person) => (row.line, number(person)),
            Err(fault) => (row.line, fault.why.to_string()),
        })
        .collect();
    let expected = [
        (2, "1"),
        (4, "a quotation mark is not closed; close it"),
        (5, "6"),
        (6, "longer than 262144 bytes; look at the quotation marks"),
        (7, "8"),
        (8, "not UTF-8; export the register again as UTF-8"),
    ];
    let expected = expected.map(|(line, what)| (line, what.to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn a_quoted_field_may_go_over_lines_and_hold_delimiters() {
    let quoted = "1;\"Kuznetsova; called \"\"Anya\"\"\";Anna;08.03.1985;V;G;2;01.06.2021;x";
    assert_eq!(
        person(quoted).evidence.name.family,
        "Kuznetsova; called \"Anya\""
    );
    let two_lines = ["1;K;A;08.03.1985;V;G;2;01.06.2021;\"x", "y\"", ANNA];
    let rows = read(&two_lines);
    // A line break within quotation marks is a space.
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.line, row.person.is_ok()))
        .collect();
    assert_eq!(told, [(2, true), (4, true)]);
    let swallowed = [
        "1;\"K;A;08.03.1985;V;G;2;01.06.2021;x",
        ANNA,
        "3;K\";A;08.03.1985;V;G;2;01.06.2021;x",
    ];
    let told: Vec<_> = read(&swallowed)
        .iter()
        .map(|row| (row.line, row.person.is_ok()))
        .collect();
    // One record, which is refused whole: none of its lines is a row.
    assert_eq!(told, [(2, false)]);
}

#[test]
fn a_quotation_mark_in_the_middle_of_a_field_takes_no_row_with_it() {
    let named =
        |number: u32, family: &str| format!("{number};{family};A;08.03.1985;V;G;2;01.06.2021;x");
    let lines = [
        named(1, "K"),
        named(2, "O\"Brien"),
        named(3, "K"),
        named(4, "d\"Artagnan"),
        named(5, "K"),
        named(6, "\"K\" and more"),
        named(7, "K"),
    ];
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let rows = read(&lines);
    assert_eq!(
        rows.iter().map(|row| row.line).collect::<Vec<_>>(),
        [2, 3, 4, 5, 6, 7, 8]
    );
    for row in [0, 2, 4, 6] {
        assert!(rows[row].person.is_ok(), "{row}");
    }
    assert_eq!(
        rows[1].person.as_ref().unwrap().evidence.name.family,
        "O\"Brien"
    );
    // A carriage return alone ends a line, too.
    let text = format!("{HEADER}\n{}\r{}\n{ANNA}\n", named(1, "K"), named(2, "K"));
    let rows = rows_of(&text);
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.person.is_ok()));
}

fn rows_of(text: &str) -> Vec<Row> {
    rows(&mut open(text.as_bytes(), MAP).unwrap())
}

#[test]
fn a_row_is_itself_by_its_number_in_its_register_or_by_who_and_what() {
    let of = |map: &str| {
        let text = format!("{HEADER}\n{ANNA}");
        rows(&mut open(text.as_bytes(), map).unwrap())
            .remove(0)
            .person
            .unwrap()
            .record
    };
    assert_ne!(of(MAP), of(&format!("register = \"agency-7\"\n{MAP}")));
    let unnumbered = MAP.replace("record = \"No\"\n", "");
    let text = |line: &str| format!("{HEADER}\n{line}");
    let record = |line: &str| {
        let mut register = open(text(line).as_bytes(), &unnumbered).unwrap();
        rows(&mut register).remove(0).person.unwrap().record
    };
    let again = ANNA
        .replacen('1', "77", 1)
        .replace("A.K.", "AK")
        .replace(";Anna;", "; Anna ;");
    assert_eq!(
        record(ANNA),
        record(&again),
        "another export of the same person"
    );
    assert_ne!(
        record(ANNA),
        record(&ANNA.replace("01.06.2021", "02.06.2021"))
    );
}

#[test]
fn reading_goes_on_where_it_stopped() {
    let lines: Vec<_> = (1..40)
        .map(|n| ANNA.replacen('1', &n.to_string(), 1))
        .collect();
    let text = format!("\u{feff}{HEADER}\n{}", lines.join("\r\n"));
    let all = rows(&mut open(text.as_bytes(), MAP).unwrap());
    let records = |rows: &[Row]| -> Vec<_> {
        let known = rows.iter().map(|row| row.person.as_ref().unwrap());
        known.map(number).collect()
    };
    assert_eq!(all.len(), 39);
    for stop in 0..all.len() {
        let mut again = open(text.as_bytes(), MAP).unwrap();
        again.resume(all[stop].end, all[stop].last_line).unwrap();
        let rest = rows(&mut again);
        assert_eq!(
            records(&rest),
            records(&all[stop + 1..]),
            "after row {stop}"
        );
        assert!(
            rest.first()
                .is_none_or(|row| row.line == all[stop + 1].line)
        );
    }
}

#[test]
fn a_map_that_does_not_fit_is_refused_before_any_row() {
    let text = format!("{HEADER}\n{ANNA}");
    let wrong = |map: &str| {
        open(text.as_bytes(), map)
            .map(drop)
            .unwrap_err()
            .to_string()
    };
    let other = MAP.replace("\"Family\"", "\"Surname\"");
    assert!(wrong(&other).contains("names the column `Surname`, but the register has No, Family"));
    assert!(wrong("[columns]\nfamily = \"Family\"\n").contains("needs `date`"));
    assert!(wrong("delimiter = \"й\"").contains("one ASCII character"));
    assert!(wrong("colour = 1").contains("not of the right form"));
    assert_eq!(open(b"", MAP).map(drop), Err(MapError::Header));
    assert_eq!(open(b"\xff;\n", MAP).map(drop), Err(MapError::Header));
    let twice = text.replacen("Given", "Family", 1);
    let map = MAP.replace("given = \"Given\"\n", "");
    assert_eq!(
        open(twice.as_bytes(), &map).map(drop),
        Err(MapError::Twice {
            column: "Family".into()
        })
    );
}

#[test]
fn bundles_are_read_line_by_line() {
    let bundle = r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","name":[{"family":"Kuznetsova","given":["Anna"]}],"birthDate":"1985-03-08"}},{"resource":{"resourceType":"Immunization","status":"completed","vaccineCode":{"coding":[{"system":"s","code":"c"}]},"occurrenceDateTime":"2021-06-01"}}]}"#;
    let text = format!("{bundle}\n{{\"x\"\n\n{bundle}\n[]\n");
    let map = RegisterMap::read("[products]\n\"s|c\" = \"Sputnik-V\"\n").unwrap();
    let source = Cursor::new(text.into_bytes());
    let mut register = Register::open(source, RegisterForm::FhirLines, map)
        .unwrap()
        .unwrap();
    let rows = rows(&mut register);
    let good: Vec<_> = (rows.iter())
        .map(|row| (row.line, row.person.is_ok()))
        .collect();
    assert_eq!(good, [(1, true), (2, false), (4, true), (5, false)]);
    let anna = rows[0].person.as_ref().unwrap();
    assert_eq!(anna.evidence.product.as_deref(), Some("Sputnik-V"));
    assert!(anna.evidence.signed);
    assert_eq!(anna.name(), "Anna Kuznetsova");
}

#[test]
fn of_two_doses_of_one_day_the_same_row_counts_at_each_reading() {
    // Else an import that goes on after a stop would give a person two letters.
    let other = ANNA.replace("Gam-COVID-Vac", "EpiVacCorona");
    let counting = || -> Vec<_> {
        let rows = read(&[ANNA, &other]);
        let last = rows.iter().filter(|row| row.last_dose.is_none());
        last.map(|row| row.line).collect()
    };
    let first = counting();
    assert_eq!(first.len(), 1);
    assert!((0..16).all(|_| counting() == first));
}
