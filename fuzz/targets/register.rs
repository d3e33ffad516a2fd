#![no_main]
//! Registers, as CSV and as lines of FHIR: resuming after any row gives the rows that follow.

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use veilpass_evidence::register::{Register, RegisterForm, RegisterMap};
use veilpass_fuzz::{MAP, rows};

fuzz_target!(|input: &[u8]| {
    for form in [RegisterForm::Csv, RegisterForm::FhirLines] {
        let open = || Register::open(Cursor::new(input), form, RegisterMap::read(MAP).unwrap());
        let Ok(mut register) = open().unwrap() else {
            continue;
        };
        let all = rows(&mut register);
        assert!(
            all.iter()
                .all(|row| row.end <= input.len() as u64 && row.line <= row.last_line)
        );
        assert!(all.is_sorted_by(|a, b| a.end < b.end && a.last_line < b.line));
        for (place, row) in all.iter().enumerate().take(20) {
            let mut again = open().unwrap().unwrap();
            again.resume(row.end, row.last_line).unwrap();
            let rest: Vec<String> = rows(&mut again)
                .iter()
                .map(|row| format!("{row:?}"))
                .collect();
            let wanted: Vec<String> = all[place + 1..]
                .iter()
                .map(|row| format!("{row:?}"))
                .collect();
            assert_eq!(rest, wanted);
        }
    }
});
