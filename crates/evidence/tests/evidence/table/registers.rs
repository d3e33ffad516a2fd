//! A clinic's registers.

use std::io::Cursor;

use veilpass_evidence::register::{Register, RegisterForm, RegisterMap};

use super::Tried;

const MAP: &str = r#"
delimiter = ";"
dates = ["%d.%m.%Y", "%d.%m.%Y %H:%M"]
[columns]
family = "Family"
given = "Given"
birth_date = "Born"
dose = "Dose"
date = "Day"
"#;
const HEADER: &str = "Family;Given;Born;Dose;Day";
const ANNA: &str = "Kuznetsova;Anna;08.03.1985;2;01.06.2021";

/// What comes of each row, or of the register.
fn read(bytes: &[u8], map: &str, form: RegisterForm) -> String {
    let source = Cursor::new(bytes.to_vec());
    let register =
        RegisterMap::read(map).and_then(|map| Register::open(source, form, map).unwrap());
    let mut register = match register {
        Ok(register) => register,
        Err(error) => return format!("refused: {error}"),
    };
    let rows = std::iter::from_fn(|| register.next_row().unwrap());
    let told = rows.map(|row| match row.person {
        Err(fault) => format!("refused: {fault}"),
        Ok(person) => {
            let dose = person
                .evidence
                .doses
                .map_or(String::new(), |doses| format!(", dose {}", doses.number));
            let earlier = row.last_dose.map_or(String::new(), |line| {
                format!(", the last is in line {line}")
            });
            format!(
                "read: {}, {}{dose}{earlier}",
                person.name(),
                person.evidence.date
            )
        }
    });
    told.collect::<Vec<_>>().join(" and ")
}

fn csv(text: &str) -> String {
    read(text.as_bytes(), MAP, RegisterForm::Csv)
}

/// Anna's row in another way.
fn row(row: &str) -> String {
    csv(&format!("{HEADER}\n{row}\n"))
}

/// Each letter as two bytes, as spreadsheets call `Unicode text`.
fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

/// Kuznetsova in the encoding that Russian spreadsheets write.
const WINDOWS_1251: &[u8] = b"Family;Given;Born;Dose;Day\n\xca\xf3\xe7\xed\xe5\xf6\xee\xe2\xe0;\xc0;08.03.1985;2;01.06.2021\n";

pub(super) fn tried() -> Vec<Tried> {
    [lines(), fields(), people()].concat()
}

fn lines() -> Vec<Tried> {
    vec![
        (
            "lines that end in CR alone",
            csv(&format!("{HEADER}\r{ANNA}\r")),
        ),
        (
            "a byte order mark, and a heading in quotation marks",
            csv(&format!(
                "\u{feff}\"Family\";Given;Born;Dose;Day\r\n{ANNA}\r\n"
            )),
        ),
        (
            "the delimiter in a line of its own before the heading",
            csv(&format!("sep=;\r\n{HEADER}\r\n{ANNA}\r\n")),
        ),
        (
            "rows of separators only",
            csv(&format!("{HEADER}\n;;;;\n{ANNA}\n;;;;\n")),
        ),
        (
            "a name that goes over two lines",
            row("\"Kuznetsova\nPetrova\";Anna;08.03.1985;2;01.06.2021"),
        ),
        (
            "a bad row that goes over two lines",
            csv(&format!(
                "{HEADER}\n\"Petrova\nOlga\";O;08.03.1985;2;31.02.2021\n{ANNA}\n"
            )),
        ),
        (
            "a quotation mark that is never closed",
            csv(&format!(
                "{HEADER}\n\"Petrova;Olga;08.03.1985;2;01.06.2021\n{ANNA}\n"
            )),
        ),
        (
            "a quotation mark that is closed three rows later",
            csv(&format!(
                "{HEADER}\n\"P;O;08.03.1985;2;01.06.2021\n{ANNA}\nQ\";O;08.03.1985;2;01.06.2021\n"
            )),
        ),
        (
            "a separator more at the end of a row",
            row(&format!("{ANNA};")),
        ),
        (
            "`Unicode text` of a spreadsheet (UTF-16)",
            read(
                &utf16(&format!("{HEADER}\n{ANNA}\n")),
                MAP,
                RegisterForm::Csv,
            ),
        ),
        (
            "the encoding Windows-1251",
            read(WINDOWS_1251, MAP, RegisterForm::Csv),
        ),
        (
            "a bundle over several lines among bundles",
            read(BUNDLES.as_bytes(), "", RegisterForm::FhirLines),
        ),
    ]
}

/// The first over two lines, then one that is broken, then one in a line.
const BUNDLES: &str = r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","name":[{"text":"Anna K"}],"birthDate":"1985-03-08"}},
{"resource":{"resourceType":"Immunization","status":"completed","vaccineCode":{"coding":[{"system":"s","code":"c"}]},"occurrenceDateTime":"2021-06-01"}}]}
{"resourceType":"Bundle"]}
{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","name":[{"text":"Olga P"}],"birthDate":"1985-03-08"}},{"resource":{"resourceType":"Immunization","status":"completed","vaccineCode":{"coding":[{"system":"s","code":"c"}]},"occurrenceDateTime":"2021-06-01"}}]}
"#;

fn fields() -> Vec<Tried> {
    let heading = |heading: &str| csv(&format!("{heading}\n{ANNA}\n"));
    vec![
        (
            "a date with a time of day",
            row("Kuznetsova;Anna;08.03.1985;2;01.06.2021 14:30"),
        ),
        (
            "a dose as `2/2`",
            row("Kuznetsova;Anna;08.03.1985;2/2;01.06.2021"),
        ),
        (
            "a day that no month has",
            row("Kuznetsova;Anna;08.03.1985;2;31.06.2021"),
        ),
        (
            "a heading with a Cyrillic letter that looks the same",
            heading("F\u{430}mily;Given;Born;Dose;Day"),
        ),
        (
            "a heading with a space that cannot be broken",
            heading("Family;Given\u{a0};Born;Dose;Day"),
        ),
        ("no heading at all", csv(&format!("{ANNA}\n"))),
        (
            "two columns of one name",
            heading("Family;Given;Born;Dose;Family"),
        ),
        ("a row without a name", row(";;08.03.1985;2;01.06.2021")),
        (
            "a name with characters that cannot be seen",
            row("Kuz\u{202e}netsova;Anna;08.03.1985;2;01.06.2021"),
        ),
    ]
}

fn people() -> Vec<Tried> {
    let two = |first: &str, second: &str| csv(&format!("{HEADER}\n{first}\n{second}\n"));
    vec![
        (
            "two doses of one person in two rows",
            two("Kuznetsova;Anna;08.03.1985;1;01.05.2021", ANNA),
        ),
        (
            "one person in two forms of Unicode",
            two(
                "Йцук;А;08.03.1985;1;01.05.2021",
                "И\u{306}цук;А;08.03.1985;2;01.06.2021",
            ),
        ),
        (
            "two people whose names differ in capital letters",
            two(
                "Dela Cruz;A;08.03.1985;1;01.05.2021",
                "DELA CRUZ;A;08.03.1985;2;01.06.2021",
            ),
        ),
        (
            "two people whose births differ",
            two("Kuznetsova;Anna;09.03.1985;1;01.05.2021", ANNA),
        ),
    ]
}
