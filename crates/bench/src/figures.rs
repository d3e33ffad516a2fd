//! The drawings, chapter by chapter: which rows go into which plot.

use crate::error::Fallible;
use crate::findings::Found;
use crate::measure::{Row, real};
use crate::passes;
use crate::plots::{self, Axes, Bars, Line, Mark, Scale, number};
use crate::{ALL_CORES, ONE_THREAD};

/// A drawing with its name in the page, and whether it needs the page's whole width.
pub(super) struct Figure {
    pub(super) id: &'static str,
    pub(super) caption: &'static str,
    pub(super) svg: String,
    pub(super) wide: bool,
}

/// Half a page wide.
fn narrow(id: &'static str, caption: &'static str, svg: String) -> Figure {
    Figure {
        id,
        caption,
        svg,
        wide: false,
    }
}

fn wide(id: &'static str, caption: &'static str, svg: String) -> Figure {
    Figure {
        wide: true,
        ..narrow(id, caption, svg)
    }
}

/// A title, what the plots say, the plots.
pub(super) type Chapter = (&'static str, Option<String>, Vec<Figure>);

/// All of the page's drawings.
pub(super) fn chapters(found: Found<'_>) -> Fallible<Vec<Chapter>> {
    let roles = bars(found, "roles");
    let ms = "milliseconds, one thread";
    Ok(vec![
        (
            "Every role",
            found.roles(),
            vec![wide(
                "roles",
                "What each step takes",
                plots::bars(ms, Scale::Tens, &["time"], &roles)?,
            )],
        ),
        ("Hidden attributes", found.attributes(), attributes(found)?),
        (
            "Statement by statement",
            found.statements(),
            statements(found)?,
        ),
        ("Batches at the door", found.batch(), vec![batch(found)?]),
        (
            "A holder who was away",
            found.removals(),
            vec![removals(found)?],
        ),
        ("The date table", found.tables(), tables(found)?),
        ("A cold start", found.start(), vec![start(found)?]),
        ("QR codes", found.codes(), vec![codes(found)?]),
    ])
}

fn bar(name: &str, rows: &[&Row]) -> Option<Bars> {
    let values: Option<_> = rows.iter().map(|row| row.milliseconds()).collect();
    Some(Bars {
        name: name.to_owned(),
        values: values?,
    })
}

/// A bar for each series of a plot.
fn bars(found: Found<'_>, plot: &'static str) -> Vec<Bars> {
    let names = found.names(plot).into_iter();
    names
        .filter_map(|name| bar(name, &[found.series(plot, name).next()?]))
        .collect()
}

/// A line of times.
fn times(found: Found<'_>, plot: &'static str, series: &str, name: &str) -> Line {
    let rows = found.0.iter();
    let rows = rows.filter(|row| row.plot == plot && row.series == series);
    Line {
        name: name.to_owned(),
        points: rows
            .filter_map(|row| Some((f64::from(row.x?), row.milliseconds()?)))
            .collect(),
    }
}

/// A line of bytes.
fn sizes(found: Found<'_>, plot: &'static str, series: &str) -> Line {
    let rows = found.0.iter();
    let rows = rows.filter(|row| row.plot == plot && row.series == series);
    Line {
        name: "bytes".to_owned(),
        points: rows
            .filter_map(|row| Some((f64::from(row.x?), [real(row.bytes?); 3])))
            .collect(),
    }
}

fn attributes(found: Found<'_>) -> Fallible<Vec<Figure>> {
    let axes = |y| Axes {
        x: "hidden attributes in the schema, secret and handle among them",
        y,
        scale_x: Scale::Linear,
        scale_y: Scale::Linear,
    };
    let time = ["make", "check"].map(|series| times(found, "attributes", series, series));
    let bytes = [sizes(found, "attributes", "make")];
    Ok(vec![
        narrow(
            "attributes-time",
            "Time by hidden attributes",
            plots::lines(&axes("milliseconds, one thread"), &time)?,
        ),
        narrow(
            "attributes-bytes",
            "Bytes by hidden attributes",
            plots::lines(&axes("bytes of a pass"), &bytes)?,
        ),
    ])
}

fn statements(found: Found<'_>) -> Fallible<Vec<Figure>> {
    let (mut time, mut bytes) = (Vec::new(), Vec::new());
    for (place, name) in (1..).zip(passes::STEPS) {
        let at = |series| {
            let mut rows = found.series("statements", series);
            rows.find(|row| row.x == Some(place))
        };
        let (Some(make), Some(check)) = (at("make"), at("check")) else {
            continue;
        };
        time.extend(bar(name, &[make, check]));
        bytes.extend(make.bytes.map(|bytes| Bars {
            name: name.to_owned(),
            values: vec![[real(bytes); 3]],
        }));
    }
    let unit = "milliseconds, one thread";
    Ok(vec![
        wide(
            "statements-time",
            "Time by statement, one added after the other",
            plots::bars(unit, Scale::Linear, &["make", "check"], &time)?,
        ),
        wide(
            "statements-bytes",
            "Bytes by statement",
            plots::bars("bytes of a pass", Scale::Linear, &["bytes"], &bytes)?,
        ),
    ])
}

fn batch(found: Found<'_>) -> Fallible<Figure> {
    let axes = Axes {
        x: "passes in a batch",
        y: "milliseconds a pass",
        scale_x: Scale::Twos,
        scale_y: Scale::Linear,
    };
    let lines = [
        times(found, "batch", ONE_THREAD, "one thread"),
        times(found, "batch", ALL_CORES, "all cores, by the clock"),
    ];
    Ok(narrow(
        "batch",
        "Time a pass by the size of the batch",
        plots::lines(&axes, &lines)?,
    ))
}

fn removals(found: Found<'_>) -> Fallible<Figure> {
    let axes = Axes {
        x: "removals since the last update",
        y: "milliseconds, one thread",
        scale_x: Scale::Tens,
        scale_y: Scale::Tens,
    };
    let lines = [
        times(found, "removals", "one sum", "witness update by one sum"),
        times(found, "removals", "step by step", "the same step by step"),
        times(
            found,
            "removals",
            "reading the removals",
            "reading the removals, every point checked",
        ),
    ];
    Ok(narrow(
        "removals",
        "Time of an update by removals",
        plots::lines(&axes, &lines)?,
    ))
}

fn tables(found: Found<'_>) -> Fallible<Vec<Figure>> {
    let axes = |y| Axes {
        x: "days in the table",
        y,
        scale_x: Scale::Twos,
        scale_y: Scale::Tens,
    };
    let names = found.names("table");
    let time: Vec<_> = (names.iter())
        .map(|name| times(found, "table", name, name))
        .collect();
    let bytes = names.first().map(|name| sizes(found, "table", name));
    Ok(vec![
        narrow(
            "table-time",
            "Time by table size",
            plots::lines(&axes("milliseconds, one thread"), &time)?,
        ),
        narrow(
            "table-bytes",
            "Bytes by table size",
            plots::lines(&axes("bytes of the date table"), bytes.as_slice())?,
        ),
    ])
}

fn start(found: Found<'_>) -> Fallible<Figure> {
    let unit = "milliseconds by the clock";
    Ok(wide(
        "start",
        "From the start of the program to a verdict on a picture, by the clock",
        plots::bars(unit, Scale::Linear, &["time"], &bars(found, "start"))?,
    ))
}

fn codes(found: Found<'_>) -> Fallible<Figure> {
    let axes = Axes {
        x: "bytes of the payload",
        y: "QR version",
        scale_x: Scale::Linear,
        scale_y: Scale::Linear,
    };
    let point = |row: &Row| Some((real(row.bytes?), f64::from(row.qr_version?)));
    let stairs: Vec<_> = found
        .series("qr", "smallest version")
        .filter_map(point)
        .collect();
    let mut marks = Vec::new();
    for name in found
        .names("qr")
        .into_iter()
        .filter(|name| *name != "smallest version")
    {
        let at = found.series("qr", name).next().and_then(point);
        marks.extend(at.map(|(x, y)| Mark {
            name: format!("{name}: {}", number(x)),
            x,
            y,
        }));
    }
    marks.sort_by(|a, b| a.x.total_cmp(&b.x));
    Ok(wide(
        "qr",
        "The smallest QR code that holds a payload",
        plots::steps(&axes, &stairs, &marks)?,
    ))
}
