//! Client requests to valgrind's memcheck (valgrind.h, memcheck.h), x86-64. Without valgrind they do
//! nothing.
//!
//! Written out here because the crates that wrap them build C against valgrind's headers with bindgen,
//! and need libclang; these are five instructions.

use std::arch::asm;

const RUNNING_ON_VALGRIND: usize = 0x1001;
/// 'M', 'C', then the request's place in memcheck.h.
const MEMCHECK: usize = 0x4d43_0000;
const MAKE_MEM_UNDEFINED: usize = MEMCHECK + 1;
const MAKE_MEM_DEFINED: usize = MEMCHECK + 2;
const CHECK_MEM_IS_ADDRESSABLE: usize = MEMCHECK + 4;
const GET_VBITS: usize = MEMCHECK + 8;

fn request(code: usize, a: usize, b: usize, c: usize, otherwise: usize) -> usize {
    let arguments = [code, a, b, c, 0, 0];
    let mut result = otherwise;
    // SAFETY: the instructions change nothing (rotations that add up to a whole turn, an exchange of
    // a register with itself); valgrind knows them and answers in rdx.
    unsafe {
        asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") result,
            inout("rdi") 0usize => _,
        );
    }
    result
}

pub fn running() -> bool {
    request(RUNNING_ON_VALGRIND, 0, 0, 0, 0) > 0
}

/// From now on whatever branches on these bytes, or is looked up by them, is reported.
pub fn undefined(place: *const u8, length: usize) {
    request(MAKE_MEM_UNDEFINED, place as usize, length, 0, 0);
}

/// Whether all bytes are there. A request that finds them missing would be reported, so reports are off.
pub fn is_addressable(place: *const u8, length: usize) -> bool {
    quietly(|| request(CHECK_MEM_IS_ADDRESSABLE, place as usize, length, 0, 1) == 0)
}

/// Whether all bytes are there and defined.
pub fn is_defined(place: *const u8, length: usize) -> bool {
    let mut bits = [0u8; 96];
    let bits_place = bits.as_mut_ptr() as usize;
    assert!(length <= bits.len(), "asked about too many bytes at once");
    let known = quietly(|| request(GET_VBITS, place as usize, bits_place, length, 0));
    known == 1 && bits.iter().all(|byte| *byte == 0)
}

/// With reports switched off: `CHANGE_ERR_DISABLEMENT` up, and down again.
fn quietly<T>(ask: impl FnOnce() -> T) -> T {
    const CHANGE_ERR_DISABLEMENT: usize = 0x1801;
    request(CHANGE_ERR_DISABLEMENT, 1, 0, 0, 0);
    let answer = ask();
    request(CHANGE_ERR_DISABLEMENT, usize::MAX, 0, 0, 0);
    answer
}

/// The result is public: dropping it may branch.
pub fn finish<T>(result: &T) {
    request(
        MAKE_MEM_DEFINED,
        std::ptr::from_ref(result) as usize,
        size_of::<T>(),
        0,
        0,
    );
    std::hint::black_box(result);
}
