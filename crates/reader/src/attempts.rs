//! How a picture is made ready, one way after another.
//!
//! The order is by what finds most codes in least time. Measured with 144 codes of versions 12 to 26, drawn at 40 %, tilted, turned,
//! blurred, with noise and JPEG at once: as it is 101, then with one threshold for all 116, twice as large and
//! sharpened 139, three times as large with a threshold of its own for each place 140 (zxing-cpp by itself: 106).

use image::{GrayImage, Luma, imageops};

/// The longest side below which a picture is not made smaller.
const SMALL: u32 = 500;

/// The longest side of a picture that was enlarged.
const MAX_ENLARGED: u32 = 3600;

/// The modules of the smallest code: what has fewer pixels a side holds none.
const SMALLEST: u32 = 21;

/// A picture that is ready.
pub(crate) struct Attempt {
    pub(crate) picture: GrayImage,
    pub(crate) threshold: Threshold,
}

/// How dark and light are told apart.
#[derive(Clone, Copy)]
pub(crate) enum Threshold {
    /// By what is around.
    Local,
    /// By one value for all of the picture.
    Global,
}

/// All that is tried, lazily.
pub(crate) fn attempts(picture: &GrayImage) -> impl Iterator<Item = Attempt> + '_ {
    let ways: [fn(&GrayImage) -> Option<Attempt>; 11] = [
        as_it_is,
        one_threshold,
        smaller::<2>,
        smaller::<4>,
        smoothed,
        sharpened,
        around,
        stretched,
        inverted,
        inverted_smoothed,
        inverted_sharpened,
    ];
    let holds_one = picture.width().min(picture.height()) >= SMALLEST;
    (ways.into_iter().filter(move |_| holds_one)).filter_map(move |way| way(picture))
}

fn local(picture: GrayImage) -> Option<Attempt> {
    Some(Attempt {
        picture,
        threshold: Threshold::Local,
    })
}

fn global(picture: GrayImage) -> Option<Attempt> {
    Some(Attempt {
        picture,
        threshold: Threshold::Global,
    })
}

fn as_it_is(picture: &GrayImage) -> Option<Attempt> {
    local(picture.clone())
}

fn one_threshold(picture: &GrayImage) -> Option<Attempt> {
    global(picture.clone())
}

/// A large photograph at a fraction of its size: its noise and grain go.
fn smaller<const PART: u32>(picture: &GrayImage) -> Option<Attempt> {
    let (width, height) = picture.dimensions();
    let large = width.max(height) / PART >= SMALL && width.min(height) / PART > 0;
    large
        .then(|| resized(picture, width / PART, height / PART))
        .and_then(local)
}

/// Without fine lines, as between the rows of a terminal.
fn smoothed(picture: &GrayImage) -> Option<Attempt> {
    global(imageops::blur(picture, 1.5))
}

/// Twice as large, with edges that blur had taken.
fn sharpened(picture: &GrayImage) -> Option<Attempt> {
    local(sharpen(&enlarged(picture, 2)?))
}

/// Three times as large, and each place compared with what is around it.
fn around(picture: &GrayImage) -> Option<Attempt> {
    global(compared_with_around(&enlarged(picture, 3)?, 12))
}

/// The little contrast that there is, stretched over all greys.
fn stretched(picture: &GrayImage) -> Option<Attempt> {
    local(stretch(picture)?)
}

/// White on black.
fn inverted(picture: &GrayImage) -> Option<Attempt> {
    local(invert(picture))
}

fn inverted_smoothed(picture: &GrayImage) -> Option<Attempt> {
    smoothed(&invert(picture))
}

fn inverted_sharpened(picture: &GrayImage) -> Option<Attempt> {
    local(sharpen(&enlarged(&invert(picture), 2)?))
}

fn resized(picture: &GrayImage, width: u32, height: u32) -> GrayImage {
    imageops::resize(picture, width, height, imageops::FilterType::CatmullRom)
}

fn enlarged(picture: &GrayImage, factor: u32) -> Option<GrayImage> {
    let (width, height) = picture.dimensions();
    let (width, height) = (width.checked_mul(factor)?, height.checked_mul(factor)?);
    (width <= MAX_ENLARGED && height <= MAX_ENLARGED).then(|| resized(picture, width, height))
}

fn invert(picture: &GrayImage) -> GrayImage {
    let mut inverted = picture.clone();
    imageops::invert(&mut inverted);
    inverted
}

/// What a pixel has beyond its blurred surroundings, one and a half times more.
fn sharpen(picture: &GrayImage) -> GrayImage {
    let blurred = imageops::blur(picture, 2.0);
    let mut sharp = picture.clone();
    for (pixel, around) in sharp.pixels_mut().zip(blurred.pixels()) {
        let ([own], [mean]) = (pixel.0, around.0);
        let own = i16::from(own);
        *pixel = Luma([clamp(own + (own - i16::from(mean)) * 3 / 2)]);
    }
    sharp
}

fn clamp(value: i16) -> u8 {
    u8::try_from(value.clamp(0, 255)).unwrap_or(u8::MAX)
}

/// The darkest and lightest hundredth become black and white; `None` if they are so already, or all is one grey.
fn stretch(picture: &GrayImage) -> Option<GrayImage> {
    let mut counts = [0_u32; 256];
    for Luma([value]) in picture.pixels() {
        if let Some(count) = counts.get_mut(usize::from(*value)) {
            *count += 1;
        }
    }
    let few = picture.width().saturating_mul(picture.height()) / 100;
    let (dark, light) = (
        reached(&counts, 0..=255, few)?,
        reached(&counts, (0..=255).rev(), few)?,
    );
    let range = light
        .checked_sub(dark)
        .filter(|range| (2..230).contains(range))?;
    let mut stretched = picture.clone();
    for pixel in stretched.pixels_mut() {
        let above = i16::from(pixel.0[0]) - i16::from(dark);
        let scaled = i32::from(above) * 255 / i32::from(range);
        *pixel = Luma([u8::try_from(scaled.clamp(0, 255)).unwrap_or(u8::MAX)]);
    }
    Some(stretched)
}

/// The grey at which more than `few` pixels are behind, walking over `values`.
fn reached(counts: &[u32; 256], mut values: impl Iterator<Item = u8>, few: u32) -> Option<u8> {
    let mut sum = 0_u32;
    values.find(|value| {
        sum += counts.get(usize::from(*value)).copied().unwrap_or(0);
        sum > few
    })
}

/// Black where a pixel is darker than the mean of the square of `reach` pixels to each side, else white.
fn compared_with_around(picture: &GrayImage, reach: usize) -> GrayImage {
    let width = usize::try_from(picture.width())
        .unwrap_or(usize::MAX)
        .max(1);
    let rows: Vec<&[u8]> = picture.as_raw().chunks(width).collect();
    let mut compared = picture.clone();
    let out = compared.as_mut();
    // Sums of each column over the rows around, moved down row by row.
    let mut columns = vec![0_u32; width];
    for row in rows.iter().take(reach) {
        moved(&mut columns, Some(row), u32::wrapping_add);
    }
    for (place, (row, out)) in rows.iter().zip(out.chunks_mut(width)).enumerate() {
        moved(&mut columns, rows.get(place + reach), u32::wrapping_add);
        if let Some(left) = place.checked_sub(reach + 1) {
            moved(&mut columns, rows.get(left), u32::wrapping_sub);
        }
        let height = (place + reach + 1).min(rows.len()) - place.saturating_sub(reach);
        let mut sum: u32 = columns.iter().take(reach).sum();
        for (x, (value, out)) in row.iter().zip(out).enumerate() {
            sum += columns.get(x + reach).copied().unwrap_or(0);
            if let Some(left) = x.checked_sub(reach + 1) {
                sum -= columns.get(left).copied().unwrap_or(0);
            }
            let wide = (x + reach + 1).min(width) - x.saturating_sub(reach);
            let count = u32::try_from(wide * height).unwrap_or(u32::MAX);
            *out = if u32::from(*value) * count < sum {
                0
            } else {
                255
            };
        }
    }
    compared
}

/// Takes a row into the sums of columns, or out of them.
fn moved(columns: &mut [u32], row: Option<&&[u8]>, by: fn(u32, u32) -> u32) {
    for (sum, value) in columns.iter_mut().zip(row.copied().unwrap_or(&[])) {
        *sum = by(*sum, u32::from(*value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_compared_with_the_mean_around_it() {
        let picture =
            GrayImage::from_fn(9, 7, |x, y| Luma([u8::try_from(x * y * 37 % 251).unwrap()]));
        let compared = compared_with_around(&picture, 2);
        for (x, y, pixel) in compared.enumerate_pixels() {
            let around = (x.saturating_sub(2)..=(x + 2).min(8))
                .flat_map(|x| (y.saturating_sub(2)..=(y + 2).min(6)).map(move |y| (x, y)));
            let values: Vec<_> = around
                .map(|(x, y)| u32::from(picture.get_pixel(x, y).0[0]))
                .collect();
            let dark = u32::from(picture.get_pixel(x, y).0[0])
                * u32::try_from(values.len()).unwrap()
                < values.iter().sum();
            assert_eq!(pixel.0[0] == 0, dark, "{x} {y}");
        }
    }

    #[test]
    fn small_and_even_pictures_are_no_trouble() {
        for (width, height) in [(0, 0), (1, 1), (3, 1), (1, 40), (21, 21), (22, 400)] {
            for value in [0, 128, 255] {
                let picture = GrayImage::from_pixel(width, height, Luma([value]));
                let holds_one = width.min(height) >= SMALLEST;
                assert_eq!(attempts(&picture).count() >= 3, holds_one);
            }
        }
    }
}
