//! The part of a font that a PDF needs: the letters in it, embedded.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Name, Pdf, Rect, Ref, Str};
use subsetter::{GlyphRemapper, subset};
use ttf_parser::Face;

use super::SheetError;
use super::pdf::deflate;

const NAME: Name<'static> = Name(b"VPASSS+DejaVuSans");
const SYSTEM: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// DejaVu Sans, all of it.
pub(super) fn face() -> Result<Face<'static>, SheetError> {
    Ok(Face::parse(dejavu::sans::regular(), 0)?)
}

/// DejaVu Sans, as far as some texts use it.
pub(super) struct Font {
    /// Letters with their numbers in the embedded font.
    glyphs: BTreeMap<char, u16>,
    /// Widths by those numbers, in thousandths of the size.
    widths: Vec<f32>,
    /// The embedded font.
    file: Vec<u8>,
    bounds: [f32; 4],
    ascent: f32,
    descent: f32,
}

impl Font {
    /// The letters of these texts.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Self, SheetError> {
        let face = face()?;
        let scale = 1000.0 / f32::from(face.units_per_em().max(1));
        let mut mapper = GlyphRemapper::new();
        let mut glyphs = BTreeMap::new();
        // Number 0: what stands for a letter that the font does not have.
        let mut widths = vec![600.0];
        for letter in texts.flat_map(str::chars) {
            let Some(glyph) = face.glyph_index(letter) else {
                continue;
            };
            let number = mapper.remap(glyph.0);
            glyphs.insert(letter, number);
            if usize::from(number) == widths.len() {
                let width = face.glyph_hor_advance(glyph).unwrap_or(0);
                widths.push(f32::from(width) * scale);
            }
        }
        let bounds = face.global_bounding_box();
        let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max];
        Ok(Self {
            glyphs,
            widths,
            file: deflate(&subset(face.raw_face().data, 0, &mapper)?),
            bounds: bounds.map(|side| f32::from(side) * scale),
            ascent: f32::from(face.ascender()) * scale,
            descent: f32::from(face.descender()) * scale,
        })
    }

    /// The text in numbers of the embedded font.
    pub(super) fn encode(&self, text: &str) -> Vec<u8> {
        let number = |letter| self.glyphs.get(&letter).copied().unwrap_or(0);
        text.chars()
            .flat_map(|letter| number(letter).to_be_bytes())
            .collect()
    }

    /// Writes it as the objects from `first` on, five of them; returns the font.
    pub(super) fn write(&self, pdf: &mut Pdf, first: Ref) -> Ref {
        let [face, cid, descriptor, file, cmap] =
            [0, 1, 2, 3, 4].map(|place| Ref::new(first.get() + place));
        pdf.type0_font(face)
            .base_font(NAME)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(cmap);
        pdf.cid_font(cid)
            .subtype(CidFontType::Type2)
            .base_font(NAME)
            .system_info(SYSTEM)
            .font_descriptor(descriptor)
            .cid_to_gid_map_predefined(Name(b"Identity"))
            .widths()
            .consecutive(0, self.widths.iter().copied());
        let [left, bottom, right, top] = self.bounds;
        pdf.font_descriptor(descriptor)
            .name(NAME)
            .flags(FontFlags::NON_SYMBOLIC)
            .bbox(Rect::new(left, bottom, right, top))
            .italic_angle(0.0)
            .ascent(self.ascent)
            .descent(self.descent)
            .cap_height(self.ascent)
            .stem_v(80.0)
            .font_file2(file);
        pdf.stream(file, &self.file).filter(Filter::FlateDecode);
        // So that names can be searched and copied.
        let mut unicode = UnicodeCmap::new(Name(b"veilpass"), SYSTEM);
        for (letter, number) in &self.glyphs {
            unicode.pair(*number, *letter);
        }
        pdf.cmap(cmap, &unicode.finish());
        face
    }
}
