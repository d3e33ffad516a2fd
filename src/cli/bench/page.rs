//! The page: one HTML file with its drawings inside, readable in ten years with no network.

use std::fmt::Write;

use super::findings::Found;
use super::machine::Machine;
use super::measure::{Clock, Row, real};
use super::passes;
use super::plots::{self, Axes, Bars, Line, Mark, number};
use super::{ALL_CORES, ONE_THREAD};
use crate::cli::report::Failure;

/// A run that is over.
pub(super) struct Run<'a> {
    pub(super) machine: &'a Machine,
    pub(super) rows: &'a [Row],
    pub(super) quick: bool,
    pub(super) seconds: u64,
}

const STYLE: &str = "
body{font:16px/1.45 system-ui,sans-serif;color:#222;background:#fff;max-width:1180px;margin:2em auto;padding:0 1em}
h1{margin-bottom:.1em} h2{margin:1.6em 0 .2em} .tiles,.pair{display:grid;gap:1em}
.tiles{grid-template-columns:repeat(auto-fit,minmax(165px,1fr));margin:1.2em 0}
.tile{border:1px solid #ddd;border-radius:8px;padding:.7em .9em} .tile b{display:block;font-size:1.6em}
.pair{grid-template-columns:repeat(auto-fit,minmax(440px,1fr))} figure{margin:0} svg{width:100%;height:auto}
figcaption{font-weight:600} table{border-collapse:collapse;font-size:.9em}
td,th{padding:.15em .8em .15em 0;text-align:left;border-bottom:1px solid #eee;font-variant-numeric:tabular-nums}
.warn{background:#fff3d6;padding:.5em .9em;border-radius:8px}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The whole page.
pub(super) fn page(run: &Run<'_>) -> Result<String, Failure> {
    let found = Found(run.rows);
    let mut out =
        String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    write!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width\"><title>veilpass, measured</title>\n\
         <style>{STYLE}</style></head><body>\n<h1>veilpass, measured</h1>\n"
    )?;
    machine(&mut out, run)?;
    tiles(&mut out, found)?;
    for (title, sentence, figures) in chapters(found)? {
        let sentence = sentence.unwrap_or_default();
        write!(out, "<h2>{title}</h2>\n<p>{}</p>\n", escape(&sentence))?;
        let class = if figures.len() > 1 { "pair" } else { "one" };
        writeln!(out, "<div class=\"{class}\">")?;
        for (id, caption, svg) in figures {
            writeln!(
                out,
                "<figure id=\"{id}\"><figcaption>{caption}</figcaption>\n{svg}</figure>"
            )?;
        }
        out.push_str("</div>\n");
    }
    table(&mut out, run.rows)?;
    out.push_str("</body></html>\n");
    Ok(out)
}

fn machine(out: &mut String, run: &Run<'_>) -> Result<(), Failure> {
    let Machine {
        veilpass,
        rustc,
        build,
        date,
        cpu,
        cores,
        system,
        load,
    } = run.machine;
    let load = load
        .as_deref()
        .map_or(String::new(), |load| format!(", load {load} when it began"));
    let here = format!("{cpu}, {cores} cores, {system}{load}");
    let versions = format!("veilpass {veilpass} ({build}), rustc {rustc}, {date}");
    write!(
        out,
        "<p>{}<br>{}<br>Medians; the thin bars go from the first quartile to the third. Processor time of \
         one thread, but where all cores are named: there it is the clock's. Everything was checked before \
         it was measured: good was accepted, wrong was refused. The run took {} s.</p>\n",
        escape(&here),
        escape(&versions),
        run.seconds
    )?;
    if run.quick {
        out.push_str(
            "<p class=\"warn\">A quick run: few rounds, small sizes. Do not cite it.</p>\n",
        );
    }
    Ok(())
}

/// The numbers that most people come for.
fn tiles(out: &mut String, found: Found<'_>) -> Result<(), Failure> {
    let ms = |series| found.role(series).map(|ms| format!("{} ms", number(ms)));
    let pass = found.series("roles", "guest: make a pass").next();
    let bytes = pass
        .and_then(|row| row.bytes)
        .map(|bytes| number(real(bytes)));
    let many = found
        .series("batch", ALL_CORES)
        .last()
        .and_then(Row::median_ms);
    out.push_str("<div class=\"tiles\">\n");
    for (value, what) in [
        (ms("guest: make a pass"), "to make a pass"),
        (
            ms("guest: answer with a prepared pass"),
            "to answer, prepared ahead",
        ),
        (ms("door: check a pass"), "to check a pass"),
        (
            many.map(|ms| number((1000.0 / ms).floor())),
            "passes a second, batch, all cores",
        ),
        (ms("clinic: sign the request"), "for a clinic to sign"),
        (bytes, "bytes in a pass"),
    ] {
        let value = value.unwrap_or_default();
        writeln!(out, "<div class=\"tile\"><b>{value}</b>{what}</div>")?;
    }
    out.push_str("</div>\n");
    Ok(())
}

type Figure = (&'static str, &'static str, String);
type Chapter = (&'static str, Option<String>, Vec<Figure>);

fn chapters(found: Found<'_>) -> Result<Vec<Chapter>, Failure> {
    let roles: Vec<_> = (found.names("roles").into_iter())
        .filter_map(|name| bar(name, &[found.series("roles", name).next()?]))
        .collect();
    let ms = "milliseconds, one thread";
    Ok(vec![
        (
            "Every role",
            found.roles(),
            vec![(
                "roles",
                "What each step takes",
                plots::bars(ms, &["time"], &roles)?,
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

fn attributes(found: Found<'_>) -> Result<Vec<Figure>, Failure> {
    let axes = |y| Axes {
        x: "hidden attributes in the schema, secret and handle among them",
        y,
        log_x: false,
        log_y: false,
    };
    let time = ["make", "check"].map(|series| times(found, "attributes", series, series));
    let bytes = [sizes(found, "attributes", "make")];
    Ok(vec![
        (
            "attributes-time",
            "Time by hidden attributes",
            plots::lines(&axes("milliseconds, one thread"), &time)?,
        ),
        (
            "attributes-bytes",
            "Bytes by hidden attributes",
            plots::lines(&axes("bytes of a pass"), &bytes)?,
        ),
    ])
}

fn statements(found: Found<'_>) -> Result<Vec<Figure>, Failure> {
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
        (
            "statements-time",
            "Time by statement, one added after the other",
            plots::bars(unit, &["make", "check"], &time)?,
        ),
        (
            "statements-bytes",
            "Bytes by statement",
            plots::bars("bytes of a pass", &["bytes"], &bytes)?,
        ),
    ])
}

fn batch(found: Found<'_>) -> Result<Figure, Failure> {
    let axes = Axes {
        x: "passes in a batch",
        y: "milliseconds a pass",
        log_x: true,
        log_y: false,
    };
    let lines = [
        times(found, "batch", ONE_THREAD, "one thread"),
        times(found, "batch", ALL_CORES, "all cores, by the clock"),
    ];
    Ok((
        "batch",
        "Time a pass by the size of the batch",
        plots::lines(&axes, &lines)?,
    ))
}

fn removals(found: Found<'_>) -> Result<Figure, Failure> {
    let axes = Axes {
        x: "removals since the last update",
        y: "milliseconds, one thread",
        log_x: true,
        log_y: true,
    };
    let lines = [
        times(found, "removals", "one sum", "witness update by one sum"),
        times(found, "removals", "step by step", "the same step by step"),
        times(
            found,
            "removals",
            "reading the log",
            "reading the log, every point checked",
        ),
    ];
    Ok((
        "removals",
        "Time of an update by removals",
        plots::lines(&axes, &lines)?,
    ))
}

fn tables(found: Found<'_>) -> Result<Vec<Figure>, Failure> {
    let axes = |y, log_y| Axes {
        x: "days in the table",
        y,
        log_x: true,
        log_y,
    };
    let names = found.names("table");
    let time: Vec<_> = (names.iter())
        .map(|name| times(found, "table", name, name))
        .collect();
    let bytes = names.first().map(|name| sizes(found, "table", name));
    Ok(vec![
        (
            "table-time",
            "Time by table size",
            plots::lines(&axes("milliseconds, one thread", true), &time)?,
        ),
        (
            "table-bytes",
            "Bytes by table size",
            plots::lines(&axes("bytes in a holders' bundle", true), bytes.as_slice())?,
        ),
    ])
}

fn codes(found: Found<'_>) -> Result<Figure, Failure> {
    let axes = Axes {
        x: "bytes of the payload",
        y: "QR version",
        log_x: false,
        log_y: false,
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
    Ok((
        "qr",
        "The smallest QR code that holds a payload",
        plots::steps(&axes, &stairs, &marks)?,
    ))
}

/// All numbers, folded away.
fn table(out: &mut String, rows: &[Row]) -> Result<(), Failure> {
    out.push_str(
        "<h2>All numbers</h2>\n<details><summary>Times in milliseconds; results.csv has them, too</summary>\n\
         <table><tr><th>plot</th><th>series</th><th>x</th><th>median</th><th>quartiles</th>\
         <th>rounds</th><th>clock</th><th>bytes</th></tr>\n",
    );
    for row in rows {
        let Some([low, middle, high]) = row.milliseconds() else {
            continue;
        };
        let x = row.x.map_or(String::new(), |x| x.to_string());
        let bytes = row.bytes.map_or(String::new(), |bytes| bytes.to_string());
        let clock = match row.clock {
            Some(Clock::Wall) => "wall",
            _ => "processor",
        };
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{x}</td><td>{middle:.3}</td><td>{low:.3} – {high:.3}</td>\
             <td>{}</td><td>{clock}</td><td>{bytes}</td></tr>",
            row.plot,
            escape(&row.series),
            row.rounds.unwrap_or_default(),
        )?;
    }
    out.push_str("</table></details>\n");
    Ok(())
}
