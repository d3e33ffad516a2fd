//! The columns of a register, and how a name differs from one that looks the same.

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

use super::map::{MapError, RegisterMap};
use super::spaced;
use veilpass::text::deceives;

/// The most characters that are told of a difference.
const MAX_TOLD: usize = 8;

/// Where the columns of the map are.
pub(super) struct Header {
    names: Vec<String>,
}

/// A name in the one form in which names are compared.
fn normal(name: &str) -> String {
    name.nfc().collect()
}

/// What a name looks like: without what cannot be seen, in small letters, each as one of those that look like it
/// (UTS 39, section 4).
fn look(name: &str) -> String {
    let seen: String = spaced(name).chars().filter(|c| !deceives(*c)).collect();
    skeleton(&seen.to_lowercase()).collect()
}

/// How one text differs from another: from which character on, counted from 1, and what each has there.
fn difference(wanted: &str, found: &str) -> (usize, String, String) {
    let [wanted, found] = [wanted, found].map(|text| text.chars().collect::<Vec<_>>());
    let pairs = || wanted.iter().zip(&found);
    let same = pairs().take_while(|(a, b)| a == b).count();
    let shorter = wanted.len().min(found.len()) - same;
    let ends = wanted.iter().rev().zip(found.iter().rev()).take(shorter);
    let same_end = ends.take_while(|(a, b)| a == b).count();
    let told = |text: &[char]| {
        let middle = text.iter().take(text.len() - same_end).skip(same);
        let numbers: Vec<_> = (middle.take(MAX_TOLD))
            .map(|c| format!("U+{:04X}", u32::from(*c)))
            .collect();
        if numbers.is_empty() {
            "–".to_owned()
        } else {
            numbers.join(" ")
        }
    };
    (same + 1, told(&wanted), told(&found))
}

impl Header {
    /// Columns of these names, if they are those that the map names.
    pub(super) fn fitting<'a>(
        names: impl Iterator<Item = &'a str>,
        map: &RegisterMap,
    ) -> Result<Self, MapError> {
        let header = Self {
            names: names.map(normal).collect(),
        };
        if map.columns.date.is_none() {
            return Err(MapError::NeedsDate);
        }
        let wanted: Vec<_> = map.named().collect();
        let found = wanted.iter().filter(|name| header.count(name) > 0).count();
        for name in wanted {
            match header.count(name) {
                1 => {}
                0 => return Err(header.missing(name, found, map)),
                _ => {
                    let column = name.to_owned();
                    return Err(MapError::Twice { column });
                }
            }
        }
        Ok(header)
    }

    fn count(&self, name: &str) -> usize {
        let wanted = normal(name);
        self.names.iter().filter(|name| **name == wanted).count()
    }

    pub(super) fn columns(&self) -> usize {
        self.names.len()
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        let wanted = normal(name);
        self.names.iter().position(|name| *name == wanted)
    }

    /// Why there is no such column. What stands in the first line is told only if it is a list of columns without doubt,
    /// because one of the map's is in it: in a file without such a line it is somebody's data.
    fn missing(&self, wanted: &str, found: usize, map: &RegisterMap) -> MapError {
        let alike = self.names.iter().find(|name| look(name) == look(wanted));
        let wanted = wanted.to_owned();
        if let Some(alike) = alike {
            let (place, in_map, in_register) = difference(&normal(&wanted), alike);
            return MapError::LookAlike {
                wanted,
                place,
                in_map,
                in_register,
            };
        }
        if found == 0 {
            return MapError::NoColumn {
                wanted,
                columns: self.names.len(),
                delimiter: match map.delimiter() {
                    b'\t' => "\\t".to_owned(),
                    other => char::from(other).to_string(),
                },
            };
        }
        let names = self.names.join(", ");
        let shown = names.chars().filter(|c| !deceives(*c));
        MapError::Column {
            wanted,
            found: shown.take(500).collect(),
        }
    }
}
