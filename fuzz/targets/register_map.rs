#![no_main]
//! Maps of registers, with one register for all.

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use veilpass_evidence::register::{Register, RegisterForm, RegisterMap};
use veilpass_fuzz::{REGISTER, rows};

fuzz_target!(|input: &str| {
    let Ok(map) = RegisterMap::read(input) else {
        return;
    };
    let register = Register::open(Cursor::new(REGISTER.as_bytes()), RegisterForm::Csv, map);
    if let Ok(mut register) = register.unwrap() {
        rows(&mut register);
    }
});
