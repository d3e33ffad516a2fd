//! Evidence: judging, a register with its map, pictures.

use std::io::{BufRead, Seek};
use std::sync::LazyLock;

use miniz_oxide::deflate::compress_to_vec_zlib;
use veilpass_evidence::register::{Register, Row};
use veilpass_evidence::{Evidence, Format, Trust, check};

use crate::NOW;

/// Judges a certificate with nobody trusted: what is evidence then is a FHIR bundle, unsigned.
pub fn judge(input: &[u8]) {
    let report = check(input, &Trust::default(), NOW);
    if let Some(evidence) = &report.evidence {
        assert!(report.format == Some(Format::Fhir) && !evidence.signed);
    }
    // The explanation is for people; it must be there for anything.
    let _ = format!(
        "{report:?}{:?}",
        report
            .flaws()
            .map(|(_, flaw)| flaw.to_string())
            .collect::<Vec<_>>()
    );
}

/// Evidence of every kind.
pub fn evidence() -> &'static [Evidence] {
    static EVIDENCE: LazyLock<Vec<Evidence>> = LazyLock::new(|| {
        let map = veilpass_evidence::register::RegisterMap::read(MAP).unwrap();
        let source = std::io::Cursor::new(REGISTER.as_bytes());
        let form = veilpass_evidence::register::RegisterForm::Csv;
        let mut register = Register::open(source, form, map).unwrap().unwrap();
        let people = rows(&mut register)
            .into_iter()
            .map(|row| row.person.unwrap().evidence);
        people.collect()
    });
    &EVIDENCE
}

/// A register's map.
pub const MAP: &str = r#"
delimiter = ";"
dates = "%d.%m.%Y"
country = "RU"
[columns]
record = "No"
family = "Family"
given = "Given"
birth_date = "Born"
kind = "What"
product = "With"
dose = "Dose"
date = "Day"
[kinds]
V = "vaccination"
R = "recovery"
P = "negative-pcr"
[products]
G = "Sputnik-V"
[attributes]
id_hint = "Hint"
"#;

/// A register that fits it.
pub const REGISTER: &str = "No;Family;Given;Born;What;With;Dose;Day;Hint
1;Kuznetsova;Anna;08.03.1985;V;G;2;01.06.2021;A.K.
2;;Boris;;P;;;01.06.2021;B.
3;\"R;R\";S;08.03.1985;R;;;01.06.2021;S.R.
";

/// All rows of a register; there are no more than it has lines.
pub fn rows<R: BufRead + Seek>(register: &mut Register<R>) -> Vec<Row> {
    let mut rows = Vec::new();
    while let Some(row) = register.next_row().unwrap() {
        rows.push(row);
    }
    rows
}

/// Grey pixels as a PNG file, as many rows as there are.
pub fn png(width: u32, pixels: &[u8]) -> Vec<u8> {
    let width = width.max(1);
    let lines: Vec<&[u8]> = pixels.chunks_exact(width as usize).collect();
    let rows: Vec<u8> = lines
        .iter()
        .flat_map(|line| [&[0][..], line].concat())
        .collect();
    let head = [
        &width.to_be_bytes()[..],
        &(lines.len() as u32).to_be_bytes(),
        &[8, 0, 0, 0, 0],
    ];
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in [
        (b"IHDR", head.concat()),
        (b"IDAT", compress_to_vec_zlib(&rows, 1)),
        (b"IEND", Vec::new()),
    ] {
        file.extend((content.len() as u32).to_be_bytes());
        let checked = [&name[..], &content].concat();
        file.extend(&checked);
        file.extend(crc32(&checked).to_be_bytes());
    }
    file
}

/// The checksum of PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}
