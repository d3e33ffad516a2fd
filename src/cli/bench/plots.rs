//! Drawings: lines with quartiles, bars, steps. SVG text, nothing from outside.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::measure::real;
use crate::cli::report::Failure;

/// Colours that colour-blind readers tell apart (Okabe and Ito).
const COLOURS: [RGBColor; 4] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
];
const INK: RGBColor = RGBColor(34, 34, 34);
const GRID: RGBColor = RGBColor(225, 225, 225);

/// Pixels of a drawing; the page scales it. Bars have long names.
const WIDTH: u32 = 620;
const BARS_WIDTH: u32 = 820;
const HEIGHT: u32 = 400;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// How an axis grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    /// By factors, with a label at every power of two.
    Twos,
    /// By factors, from a power of ten to another.
    Tens,
}

/// What the axes say, and how they grow.
pub(super) struct Axes {
    pub(super) x: &'static str,
    pub(super) y: &'static str,
    pub(super) scale_x: Scale,
    pub(super) scale_y: Scale,
}

/// A line: points with the middle and what is around it.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, [f64; 3])>,
}

/// A group of bars under one name, one of each series.
pub(super) struct Bars {
    pub(super) name: String,
    pub(super) values: Vec<[f64; 3]>,
}

/// A named point on a drawing of steps.
pub(super) struct Mark {
    pub(super) name: String,
    pub(super) x: f64,
    pub(super) y: f64,
}

/// An SVG of this size that `draw` fills.
fn svg(
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        root.fill(&WHITE)?;
        draw(&root)?;
        root.present()?;
    }
    Ok(text)
}

fn colour(place: usize) -> RGBColor {
    COLOURS.get(place % COLOURS.len()).copied().unwrap_or(INK)
}

fn font(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

/// A number as short as it can be read: 0.25, 1.5, 12, 1,215.
pub(super) fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size == 0.0 || size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 0.1 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && digit.is_ascii_digit() {
            let after_minus = place == 1 && whole.starts_with('-');
            grouped.push_str(if after_minus { "" } else { "," });
        }
        grouped.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        grouped
    } else {
        format!("{grouped}.{fraction}")
    }
}

/// What an axis spans: from nothing with room for a legend, or somewhat more than the values.
fn range(values: impl Iterator<Item = f64> + Clone, scale: Scale, room: f64) -> Range<f64> {
    let most = values.clone().fold(0.0, f64::max);
    let least = values.filter(|value| *value > 0.0).fold(most, f64::min);
    match scale {
        Scale::Linear => 0.0..most * room,
        Scale::Twos => least / 1.3..most * 1.3,
        Scale::Tens => 10f64.powf(least.log10().floor())..10f64.powf(most.log10().ceil()) * 1.01,
    }
}

fn factors(range: Range<f64>, scale: Scale) -> LogCoord<f64> {
    let base = if scale == Scale::Twos { 2.0 } else { 10.0 };
    range.log_scale().base(base).into()
}

/// Lines with their points, and a bar from quartile to quartile at each.
pub(super) fn lines(axes: &Axes, lines: &[Line]) -> Result<String, Failure> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let x = range(points().map(|(x, _)| *x), axes.scale_x, 1.05);
    let room = if lines.len() > 1 { 1.3 } else { 1.08 };
    let y = range(points().flat_map(|(_, y)| *y), axes.scale_y, room);
    let (log_x, log_y) = (
        || factors(x.clone(), axes.scale_x),
        || factors(y.clone(), axes.scale_y),
    );
    svg((WIDTH, HEIGHT), |root| {
        let mut on = ChartBuilder::on(root);
        on.margin(12).margin_right(24);
        on.x_label_area_size(48).y_label_area_size(74);
        let linear = Scale::Linear;
        match (axes.scale_x == linear, axes.scale_y == linear) {
            (true, true) => fill(
                &mut on.build_cartesian_2d(x.clone(), y.clone())?,
                axes,
                lines,
            ),
            (false, true) => fill(&mut on.build_cartesian_2d(log_x(), y.clone())?, axes, lines),
            (true, false) => fill(&mut on.build_cartesian_2d(x.clone(), log_y())?, axes, lines),
            (false, false) => fill(&mut on.build_cartesian_2d(log_x(), log_y())?, axes, lines),
        }
    })
}

type Chart<'a, 'b, X, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>;

fn mesh<X, Y>(chart: &mut Chart<'_, '_, X, Y>, axes: &Axes) -> Result<(), Failure>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    (chart.configure_mesh())
        .x_desc(axes.x)
        .y_desc(axes.y)
        .axis_desc_style(font(16))
        .label_style(font(14))
        .x_label_formatter(&|value| number(*value))
        .y_label_formatter(&|value| number(*value))
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        // Fewer than ten: on an axis of factors that leaves the powers alone.
        .x_labels(9)
        .y_labels(9)
        .draw()?;
    Ok(())
}

fn fill<'a, 'b: 'a, X, Y>(
    chart: &mut Chart<'a, 'b, X, Y>,
    axes: &Axes,
    lines: &[Line],
) -> Result<(), Failure>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    mesh(chart, axes)?;
    for (place, line) in lines.iter().enumerate() {
        let colour = colour(place);
        let middles = line.points.iter().map(|(x, [_, middle, _])| (*x, *middle));
        chart
            .draw_series(LineSeries::new(middles.clone(), colour.stroke_width(2)))?
            .label(&line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(3)));
        chart.draw_series(line.points.iter().map(|(x, [low, _, high])| {
            PathElement::new([(*x, *low), (*x, *high)], colour.stroke_width(2))
        }))?;
        chart.draw_series(middles.map(|point| Circle::new(point, 4, colour.filled())))?;
    }
    if lines.len() > 1 {
        // Where the lines are not.
        let middle = |(_, [_, middle, _]): &(f64, [f64; 3])| *middle;
        let falls = lines.iter().all(|line| {
            let (first, last) = (line.points.first(), line.points.last());
            first.map(middle) > last.map(middle)
        });
        let position = if falls {
            SeriesLabelPosition::UpperRight
        } else {
            SeriesLabelPosition::UpperLeft
        };
        (chart.configure_series_labels())
            .position(position)
            .margin(12)
            .label_font(font(15))
            .background_style(WHITE.mix(0.85))
            .border_style(GRID)
            .draw()?;
    }
    Ok(())
}

/// Horizontal bars in groups, each with its number and its quartiles.
pub(super) fn bars(
    unit: &'static str,
    series: &[&str],
    groups: &[Bars],
) -> Result<String, Failure> {
    const NAMES: u32 = 330;
    let thick = if series.len() > 1 { 20 } else { 22 };
    let per_group = u32::try_from(series.len()).unwrap_or(1) * thick + 12;
    let height = u32::try_from(groups.len()).unwrap_or(1) * per_group + 92;
    let most = groups
        .iter()
        .flat_map(|group| group.values.iter().flatten());
    let most = most.copied().fold(0.0, f64::max);
    svg((BARS_WIDTH, height), |root| {
        let mut chart = ChartBuilder::on(root)
            .margin(10)
            .margin_top(if series.len() > 1 { 34 } else { 10 })
            .x_label_area_size(48)
            .y_label_area_size(NAMES)
            .build_cartesian_2d(0.0..most * 1.18, real(groups.len())..0.0)?;
        (chart.configure_mesh())
            .x_desc(unit)
            .axis_desc_style(font(16))
            .label_style(font(14))
            .x_label_formatter(&|value| number(*value))
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(INK)
            .disable_y_mesh()
            .y_labels(0)
            .draw()?;
        for (row, group) in groups.iter().enumerate() {
            draw_group(&chart, root, real(row), group)?;
        }
        let mut x = i32::try_from(NAMES)? + 10;
        for (place, name) in series.iter().enumerate().filter(|_| series.len() > 1) {
            let box_style = colour(place).filled();
            root.draw(&Rectangle::new([(x, 12), (x + 14, 26)], box_style))?;
            let left = font(15).pos(Pos::new(HPos::Left, VPos::Center));
            root.draw(&Text::new((*name).to_owned(), (x + 20, 19), left))?;
            x += 160;
        }
        Ok(())
    })
}

type Plain<'a, 'b> =
    Chart<'a, 'b, plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>;

fn draw_group(
    chart: &Plain<'_, '_>,
    root: &Area<'_>,
    row: f64,
    group: &Bars,
) -> Result<(), Failure> {
    let right = font(15).pos(Pos::new(HPos::Right, VPos::Center));
    let left = font(14).pos(Pos::new(HPos::Left, VPos::Center));
    let (x, y) = chart.backend_coord(&(0.0, row + 0.5));
    root.draw(&Text::new(group.name.clone(), (x - 8, y), right))?;
    let area = chart.plotting_area();
    let thick = 0.8 / real(group.values.len());
    for (place, [low, middle, high]) in group.values.iter().enumerate() {
        let top = row + 0.1 + thick * real(place);
        let (bottom, centre) = (top + thick * 0.92, top + thick * 0.46);
        let bar = [(0.0, top), (*middle, bottom)];
        area.draw(&Rectangle::new(bar, colour(place).filled()))?;
        let spread = [(*low, centre), (*high, centre)];
        area.draw(&PathElement::new(spread, INK.stroke_width(2)))?;
        let (x, y) = chart.backend_coord(&(high.max(*middle), centre));
        root.draw(&Text::new(number(*middle), (x + 6, y), left.clone()))?;
    }
    Ok(())
}

/// A staircase, with marks on it that have names.
pub(super) fn steps(axes: &Axes, stairs: &[(f64, f64)], marks: &[Mark]) -> Result<String, Failure> {
    let x = range(stairs.iter().map(|(x, _)| *x), Scale::Linear, 1.08);
    let y = range(stairs.iter().map(|(_, y)| *y), Scale::Linear, 1.08);
    let middle = x.end / 3.0;
    svg((BARS_WIDTH, HEIGHT), |root| {
        let mut chart = ChartBuilder::on(root)
            .margin(12)
            .margin_right(24)
            .x_label_area_size(48)
            .y_label_area_size(74)
            .build_cartesian_2d(x, y)?;
        mesh(&mut chart, axes)?;
        let next = stairs.iter().skip(1).chain(stairs.last());
        let corners = stairs
            .iter()
            .zip(next)
            .flat_map(|(here, next)| [*here, (next.0, here.1)]);
        chart.draw_series(LineSeries::new(corners, colour(0).stroke_width(2)))?;
        for (place, mark) in marks.iter().enumerate() {
            let point = (mark.x, mark.y);
            chart.draw_series([Circle::new(point, 5, colour(1).filled())])?;
            let (x, y) = chart.backend_coord(&point);
            // Above the stairs and below them in turn, so that names do not meet; there is no room above
            // the first steps.
            let (anchor, shift) = match (place % 2 == 0, mark.x > middle) {
                (true, true) => (HPos::Right, (-10, -8)),
                (true, false) => (HPos::Left, (14, 22)),
                (false, _) => (HPos::Left, (12, 6)),
            };
            let style = font(14).pos(Pos::new(anchor, VPos::Center));
            let text = Text::new(mark.name.clone(), (x + shift.0, y + shift.1), style);
            root.draw(&text)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_short_and_grouped() {
        for (value, text) in [
            (0.0, "0"),
            (0.012_34, "0.012"),
            (0.5, "0.5"),
            (1.254, "1.25"),
            (12.34, "12.3"),
            (512.0, "512"),
            (1215.0, "1,215"),
            (1_000_000.0, "1,000,000"),
            (-123.0, "-123"),
            (-1234.5, "-1,234"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
