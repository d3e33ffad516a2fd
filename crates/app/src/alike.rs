//! Names that a person takes for each other.

use unicode_security::skeleton;

/// Whether two different names look the same (UTS 39, section 4), as they are or but for capitals.
fn look_alike(one: &str, other: &str) -> bool {
    let look = |name: &str| skeleton(name).collect::<String>();
    let lower = |name: &str| look(&name.to_lowercase());
    one != other && (look(one) == look(other) || lower(one) == lower(other))
}

/// The name among these that somebody could take for a new one, and that is another.
pub(crate) fn twin<'a>(new: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().find(|known| look_alike(new, known))
}

#[cfg(test)]
mod tests {
    use super::twin;

    #[test]
    fn names_that_look_the_same_are_found_and_others_are_not() {
        let known = ["clinic-7", "Cafe Pushkin", "Кафе Пушкин"];
        let of = |new| twin(new, known);
        for (new, twin) in [
            ("сlinic-7", "clinic-7"),
            ("clinic‑7", "clinic-7"),
            ("cIinic-7", "clinic-7"),
            ("CLINIC-7", "clinic-7"),
            ("Cafe Рushkin", "Cafe Pushkin"),
            ("Kaфe Пушкин", "Кафе Пушкин"),
        ] {
            assert_eq!(of(new), Some(twin), "{new}");
        }
        for new in ["clinic-7", "clinic-1", "clinic-77", "Cafe Puschkin", ""] {
            assert_eq!(of(new), None, "{new}");
        }
    }
}
