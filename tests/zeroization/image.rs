//! The memory of another process, by /proc: what it can write and does not share, which is its heaps, its
//! stacks, its statics.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Where something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The stack of the main thread, the part in use and what lies dead below it.
    Stack,
    /// Anything else: what `malloc` gave, statics, thread-local variables.
    Heap,
}

/// A mapping as it was when it was read.
pub struct Region {
    pub place: Place,
    pub bytes: Vec<u8>,
}

/// All readable, writable, private mappings of the process.
pub fn take(process: u32) -> io::Result<Vec<Region>> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps"))?;
    let memory = File::open(format!("/proc/{process}/mem"))?;
    let mut regions = Vec::new();
    for line in maps.lines() {
        let Some((from, to, place)) = wanted(line) else {
            continue;
        };
        let length = usize::try_from(to - from).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        memory.read_exact_at(&mut bytes, from)?;
        regions.push(Region { place, bytes });
    }
    if regions.iter().all(|region| region.place == Place::Heap) {
        return Err(io::Error::other("the process has no stack"));
    }
    Ok(regions)
}

/// Bounds and kind of a line of `maps`, if it is one to be read.
fn wanted(line: &str) -> Option<(u64, u64, Place)> {
    let mut words = line.split_ascii_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let permissions = words.next()?;
    if !(permissions.starts_with("rw") && permissions.ends_with('p')) {
        return None;
    }
    let place = match words.nth(3) {
        Some("[stack]") => Place::Stack,
        _ => Place::Heap,
    };
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some((number(from)?, number(to)?, place))
}
