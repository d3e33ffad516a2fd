//! How long texts are on paper, so that lines are broken and nothing runs over an edge.
//!
//! By the font that a PDF has. An SVG is drawn with whatever font the machine has for sans-serif; DejaVu Sans is among the
//! widest, so that what fits here fits there.

use ttf_parser::Face;

use super::SheetError;
use super::font;

/// Measures texts.
pub(crate) struct Ruler(Face<'static>);

impl Ruler {
    /// With the font of the sheets.
    pub(crate) fn new() -> Result<Self, SheetError> {
        Ok(Self(font::face()?))
    }

    /// The length of a line of this size, in the unit of the size.
    pub(crate) fn length(&self, text: &str, size: f32) -> f32 {
        let em = f32::from(self.0.units_per_em().max(1));
        let advance = |letter| {
            let glyph = self.0.glyph_index(letter).unwrap_or_default();
            f32::from(self.0.glyph_hor_advance(glyph).unwrap_or(0)) / em
        };
        text.chars().map(advance).sum::<f32>() * size
    }

    /// The largest size up to `most` at which the text is at most `width` long.
    pub(crate) fn fitting(&self, text: &str, most: f32, width: f32) -> f32 {
        let length = self.length(text, 1.0);
        if length * most > width {
            width / length
        } else {
            most
        }
    }

    /// The text in lines that are at most `width` long: broken between words, and within a word only if it is longer
    /// than a line.
    pub(crate) fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if self.length(&longer, size) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if self.length(&line, size) > width && line.chars().nth(1).is_some() {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::Ruler;

    #[test]
    fn lines_break_between_words_and_none_is_longer_than_asked() {
        let ruler = Ruler::new().unwrap();
        let text = "Отсканируйте этот код пропуском в телефоне and then show it";
        for width in [20.0, 35.0, 60.0, 500.0] {
            let lines = ruler.lines(text, 4.0, width);
            let longest = lines.iter().map(|line| ruler.length(line, 4.0));
            assert!(longest.fold(0.0, f32::max) <= width, "{lines:?}");
            if width > 30.0 {
                assert_eq!(lines.join(" "), text);
            }
        }
        assert!(ruler.lines("  ", 4.0, 10.0).is_empty());
    }

    #[test]
    fn a_word_that_is_longer_than_a_line_is_broken_and_loses_nothing() {
        let ruler = Ruler::new().unwrap();
        let word = "Ш".repeat(64);
        let lines = ruler.lines(&format!("a {word} b"), 4.0, 30.0);
        assert!(lines.len() > 8, "{lines:?}");
        let all: String = lines.concat();
        assert_eq!(all.replace(' ', ""), format!("a{word}b"));
        // A line that is too narrow for any letter has one.
        assert_eq!(ruler.lines("abc", 4.0, 0.1), ["a", "b", "c"]);
    }

    #[test]
    fn a_size_is_made_smaller_until_the_text_fits_and_never_larger() {
        let ruler = Ruler::new().unwrap();
        assert_eq!(
            ruler.fitting("Cafe", 10.0, 100.0).to_bits(),
            10f32.to_bits()
        );
        let long = "Щ".repeat(64);
        let size = ruler.fitting(&long, 10.0, 100.0);
        assert!((ruler.length(&long, size) - 100.0).abs() < 0.01);
        assert_eq!(ruler.fitting("", 10.0, 100.0).to_bits(), 10f32.to_bits());
    }
}
