//! The page: one HTML file with its drawings inside, readable in ten years with no network.

use std::fmt::Write;

use super::ALL_CORES;
use super::figures::chapters;
use super::findings::Found;
use super::machine::Machine;
use super::measure::{Clock, Row, real};
use super::plots::number;
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
h1{margin-bottom:.1em} h2{margin:1.6em 0 .2em} .tiles,.figures{display:grid;gap:1em}
.tiles{grid-template-columns:repeat(auto-fit,minmax(165px,1fr));margin:1.2em 0}
.tile{border:1px solid #ddd;border-radius:8px;padding:.7em .9em} .tile b{display:block;font-size:1.6em}
.figures{grid-template-columns:repeat(auto-fill,minmax(440px,1fr))} .wide{grid-column:1/-1;max-width:860px} figure{margin:0} svg{width:100%;height:auto}
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
        out.push_str("<div class=\"figures\">\n");
        for figure in figures {
            let class = if figure.wide { " class=\"wide\"" } else { "" };
            writeln!(
                out,
                "<figure id=\"{}\"{class}><figcaption>{}</figcaption>\n{}</figure>",
                figure.id, figure.caption, figure.svg
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
    writeln!(
        out,
        "<p>{}<br>{}<br>Medians; the thin bars go from the first quartile to the third. Processor time of \
         one thread, but where all cores are named: there it is the clock's. Everything was checked before \
         it was measured: good was accepted, wrong was refused. The run took {} s.</p>",
        escape(&here),
        escape(&versions),
        run.seconds
    )?;
    let busy = (run.machine.load.as_deref()).and_then(|load| load.parse::<f64>().ok());
    if busy.is_some_and(|load| load > real(run.machine.cores)) {
        out.push_str(
            "<p class=\"warn\">Other programs kept the cores busy: what is measured by the clock, on all \
             cores, is too long.</p>\n",
        );
    }
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
