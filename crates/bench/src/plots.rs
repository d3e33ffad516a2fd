//! Drawings: lines with quartiles, bars, steps. SVG text, nothing from outside.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::Fallible;
use crate::measure::real;

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
fn svg(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Fallible<()>) -> Fallible<String> {
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

/// A number as short as it can be read, for axes and counts: 0.25, 1.5, 12, 1,215.
pub(super) fn number(value: f64) -> String {
    let text = self::value(value);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A measured number, with as many digits as its neighbours: 0.25, 1.50, 12.0, 1,215.
pub(super) fn value(value: f64) -> String {
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
        // Somewhat beyond the powers on both sides: what lies at the very edge gets no label.
        Scale::Tens => {
            10f64.powf(least.log10().floor()) * 0.99..10f64.powf(most.log10().ceil()) * 1.01
        }
    }
}

fn factors(range: Range<f64>, scale: Scale) -> LogCoord<f64> {
    let base = if scale == Scale::Twos { 2.0 } else { 10.0 };
    range.log_scale().base(base).into()
}

/// Lines with their points, and a bar from quartile to quartile at each.
pub(super) fn lines(axes: &Axes, lines: &[Line]) -> Fallible<String> {
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

/// An axis that does not grow evenly says so.
fn named(axis: &str, scale: Scale) -> String {
    match scale {
        Scale::Linear => axis.to_owned(),
        Scale::Twos | Scale::Tens => format!("{axis} (log scale)"),
    }
}

fn mesh<X, Y>(chart: &mut Chart<'_, '_, X, Y>, axes: &Axes) -> Fallible<()>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    (chart.configure_mesh())
        .x_desc(named(axes.x, axes.scale_x))
        .y_desc(named(axes.y, axes.scale_y))
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
) -> Fallible<()>
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

/// Pixels that a letter of a label takes, and the size of the letters.
const LETTER: u32 = 7;
const LABEL: u32 = 15;

/// Room at the left for the longest of the groups' names.
fn margin(groups: &[Bars]) -> u32 {
    let longest = groups.iter().map(|group| group.name.chars().count()).max();
    u32::try_from(longest.unwrap_or(0))
        .unwrap_or(u32::MAX)
        .min(60)
        * LETTER
        + 16
}

/// Horizontal bars in groups, each with its number and its quartiles. On an axis of factors there is no nothing
/// for a bar to begin at: points stand in their place.
pub(super) fn bars(unit: &str, scale: Scale, series: &[&str], groups: &[Bars]) -> Fallible<String> {
    let names = margin(groups);
    let thick = if series.len() > 1 { 20 } else { 22 };
    let per_group = u32::try_from(series.len()).unwrap_or(1) * thick + 12;
    let height = u32::try_from(groups.len()).unwrap_or(1) * per_group + 92;
    let all = || {
        groups
            .iter()
            .flat_map(|group| group.values.iter().flatten())
    };
    let x = range(all().copied(), scale, 1.18);
    // Powers of ten by their logarithms, half a step of room at the right for the numbers.
    let x = match scale {
        Scale::Linear => x,
        Scale::Twos | Scale::Tens => x.start.log10().round()..x.end.log10() + 0.4,
    };
    let ticks = match scale {
        Scale::Linear => 9,
        Scale::Twos | Scale::Tens => 7,
    };
    svg((BARS_WIDTH, height), |root| {
        let mut chart = ChartBuilder::on(root)
            .margin(10)
            .margin_top(if series.len() > 1 { 34 } else { 10 })
            .x_label_area_size(48)
            .y_label_area_size(names)
            .build_cartesian_2d(x, real(groups.len())..0.0)?;
        (chart.configure_mesh())
            .x_desc(named(unit, scale))
            .axis_desc_style(font(16))
            .label_style(font(14))
            .x_label_formatter(&|at| number(on_axis(*at, scale)))
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(INK)
            .disable_y_mesh()
            .x_labels(ticks)
            .y_labels(0)
            .draw()?;
        for (row, group) in groups.iter().enumerate() {
            draw_group(&chart, root, (real(row), scale), group)?;
        }
        legend(root, i32::try_from(names)? + 10, series)
    })
}

/// What a place on an axis of bars stands for.
fn on_axis(place: f64, scale: Scale) -> f64 {
    if scale == Scale::Linear {
        place
    } else {
        10f64.powf(place)
    }
}

/// Names of the colours above bars, if there is more than one.
fn legend(root: &Area<'_>, mut x: i32, series: &[&str]) -> Fallible<()> {
    for (place, name) in series.iter().enumerate().filter(|_| series.len() > 1) {
        let box_style = colour(place).filled();
        root.draw(&Rectangle::new([(x, 12), (x + 14, 26)], box_style))?;
        let left = font(LABEL).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new((*name).to_owned(), (x + 20, 19), left))?;
        x += 160;
    }
    Ok(())
}

type Plain<'a, 'b> =
    Chart<'a, 'b, plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>;

fn draw_group(
    chart: &Plain<'_, '_>,
    root: &Area<'_>,
    (row, scale): (f64, Scale),
    group: &Bars,
) -> Fallible<()> {
    let right = font(LABEL).pos(Pos::new(HPos::Right, VPos::Center));
    let left = font(14).pos(Pos::new(HPos::Left, VPos::Center));
    let area = chart.plotting_area();
    let edge = chart.x_range().start;
    let (x, y) = chart.backend_coord(&(edge, row + 0.5));
    root.draw(&Text::new(group.name.clone(), (x - 8, y), right))?;
    let thick = 0.8 / real(group.values.len());
    for (place, [low, middle, high]) in group.values.iter().enumerate() {
        let top = row + 0.1 + thick * real(place);
        let (bottom, centre) = (top + thick * 0.92, top + thick * 0.46);
        let at = |value: f64| match scale {
            Scale::Linear => value,
            Scale::Twos | Scale::Tens => value.log10(),
        };
        let point = (at(*middle), centre);
        if scale == Scale::Linear {
            let bar = [(edge, top), (point.0, bottom)];
            area.draw(&Rectangle::new(bar, colour(place).filled()))?;
        } else {
            area.draw(&PathElement::new([(edge, centre), point], GRID))?;
            area.draw(&Circle::new(point, 6, colour(place).filled()))?;
        }
        let spread = [(at(*low), centre), (at(*high), centre)];
        area.draw(&PathElement::new(spread, INK.stroke_width(2)))?;
        let (x, y) = chart.backend_coord(&(at(high.max(*middle)), centre));
        root.draw(&Text::new(value(*middle), (x + 9, y), left.clone()))?;
    }
    Ok(())
}

/// A staircase, with marks on it that have names.
pub(super) fn steps(axes: &Axes, stairs: &[(f64, f64)], marks: &[Mark]) -> Fallible<String> {
    let x = range(stairs.iter().map(|(x, _)| *x), Scale::Linear, 1.08);
    let y = range(stairs.iter().map(|(_, y)| *y), Scale::Linear, 1.08);
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
        // Names stand below the stairs, each at the end of a line from its point, and never two in one line:
        // from the last to the first, each at least a line lower.
        let mut lowest = 0;
        for mark in marks.iter().rev() {
            let point = (mark.x, mark.y);
            let (x, y) = chart.backend_coord(&point);
            let label = (x + 34, (y + 20).max(lowest));
            lowest = label.1 + 18;
            root.draw(&PathElement::new([(x, y), (label.0 - 4, label.1)], INK))?;
            chart.draw_series([Circle::new(point, 5, colour(1).filled())])?;
            let style = font(14).pos(Pos::new(HPos::Left, VPos::Center));
            root.draw(&Text::new(mark.name.clone(), label, style))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::{number, value};

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

    #[test]
    fn measured_numbers_keep_their_digits() {
        for (measured, text) in [
            (6.2, "6.20"),
            (12.0, "12.0"),
            (0.05, "0.050"),
            (1215.0, "1,215"),
        ] {
            assert_eq!(value(measured), text);
        }
    }
}
