//! What the machine and the program say about themselves, by the standard library alone: `benches/peers`
//! includes this file, too.

/// The processor's name with family, model and stepping: the name alone may stand for a dozen chips.
pub(crate) fn cpu() -> Option<String> {
    named(&std::fs::read_to_string("/proc/cpuinfo").ok()?)
}

fn named(cpuinfo: &str) -> Option<String> {
    let field = |name: &str| {
        let mut fields = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = fields.find(|(field, _)| field.trim_end() == name)?;
        Some(value.trim())
    };
    let name = field("model name")?;
    let numbers = ["cpu family", "model", "stepping"];
    let numbers: Vec<_> = (numbers.iter())
        .filter_map(|name| {
            Some(format!(
                "{} {}",
                name.trim_start_matches("cpu "),
                field(name)?
            ))
        })
        .collect();
    Some(if numbers.is_empty() {
        name.to_owned()
    } else {
        format!("{name} ({})", numbers.join(", "))
    })
}

/// Processes that were running or waiting, over the last minute.
pub(crate) fn load() -> Option<String> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next().map(str::to_owned)
}

/// What the compiler wrote about itself into this program: on ELF systems a note like
/// "rustc version 1.95.0 (59807616e 2026-04-14)".
pub(crate) fn compiler() -> Option<String> {
    let program = std::fs::read(std::env::current_exe().ok()?).ok()?;
    note(&program)
}

/// The first such note that a number follows: the words stand in this very function, too.
fn note(program: &[u8]) -> Option<String> {
    const WORDS: &[u8] = b"rustc version ";
    let mut rest = program;
    loop {
        let place = rest
            .windows(WORDS.len())
            .position(|window| window == WORDS)?;
        rest = rest.get(place + WORDS.len()..)?;
        if rest.first().is_some_and(u8::is_ascii_digit) {
            let end = rest
                .iter()
                .take(60)
                .position(|byte| !(b' '..=b'~').contains(byte));
            let note = rest.get(..end?)?;
            return Some(String::from_utf8_lossy(note).into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{named, note};

    #[test]
    fn the_compilers_note_is_found_behind_other_words() {
        let program = b"\x7fELF rustc version of\0..rustc version 1.95.0 (abc 2026-01-01)\0rest";
        assert_eq!(note(program).as_deref(), Some("1.95.0 (abc 2026-01-01)"));
        assert_eq!(note(b"rustc version "), None);
        assert_eq!(note(b"nothing"), None);
    }

    #[test]
    fn a_processor_has_its_numbers_where_the_system_says_them() {
        let all = "cpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\nstepping\t: 1\n";
        let named = |text| named(text).unwrap_or_default();
        assert_eq!(named(all), "AMD EPYC (family 25, model 1, stepping 1)");
        assert_eq!(named("model name : something\n"), "something");
        assert_eq!(named("processor : 0\n"), "");
    }
}
