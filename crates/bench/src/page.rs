//! The page: one HTML file with its drawings inside, readable in ten years with no network.

use std::fmt::Write;
use std::time::Duration;

use crate::error::Fallible;
use crate::figures::chapters;
use crate::findings::Found;
use crate::machine::Machine;
use crate::measure::{Clock, Row, real};
use crate::plots::{number, value};
use crate::{ALL_CORES, Measured, Size};

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
pub(super) fn page(run: &Measured) -> Fallible<String> {
    let found = Found(&run.rows);
    let mut out =
        String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    write!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width\"><title>veilpass, measured</title>\n\
         <style>{STYLE}</style></head><body>\n<h1>veilpass, measured</h1>\n"
    )?;
    machine(&mut out, run)?;
    tiles(&mut out, run)?;
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
    table(&mut out, &run.rows)?;
    out.push_str("</body></html>\n");
    Ok(out)
}

fn machine(out: &mut String, run: &Measured) -> Fallible<()> {
    let Machine {
        veilpass,
        curve,
        rustc,
        build,
        date,
        cpu,
        cores,
        system,
        load,
        load_end,
    } = &run.machine;
    let said = |load: &Option<String>, when: &str| {
        let load = load.as_deref();
        load.map_or(String::new(), |load| format!(", load {load} {when}"))
    };
    let (began, ended) = (said(load, "when it began"), said(load_end, "at its end"));
    let here = format!("{cpu}, {cores} cores, {system}{began}{ended}");
    let versions =
        format!("veilpass {veilpass} ({build}), curve by {curve}, rustc {rustc}, {date}");
    writeln!(
        out,
        "<p>{}<br>{}<br>Medians; the thin bars go from the first quartile to the third. Processor time of \
         one thread; but by the clock are what works on all cores, the longest log of removals among it, and the cold \
         start. Differences and ratios in the text are medians of those within rounds, with their quartiles. \
         Everything was checked before it was measured: good was accepted, wrong was refused. The run took {} \
         s.</p>",
        escape(&here),
        escape(&versions),
        run.seconds
    )?;
    if run.machine.busy() {
        out.push_str(
            "<p class=\"warn\">Other programs kept the cores busy: what is measured by the clock (all cores, the \
             longest log of removals, the cold start) is too long.</p>\n",
        );
    }
    if run.size == Size::Quick {
        out.push_str(
            "<p class=\"warn\">A quick run: few rounds, small sizes. Do not cite it.</p>\n",
        );
    }
    Ok(())
}

/// The numbers that most people come for.
fn tiles(out: &mut String, run: &Measured) -> Fallible<()> {
    let found = Found(&run.rows);
    let ms = |series| found.role(series).map(|ms| format!("{} ms", value(ms)));
    let pass = found.series("roles", "guest: make a pass").next();
    let bytes = pass
        .and_then(|row| row.bytes)
        .map(|bytes| number(real(bytes)));
    let many = found
        .series("batch", ALL_CORES)
        .last()
        .and_then(Row::median_ms);
    let batch = if run.machine.busy() {
        "passes a second, batch, all cores, by the clock: too few, the cores were busy"
    } else {
        "passes a second, batch, all cores, by the clock"
    };
    out.push_str("<div class=\"tiles\">\n");
    for (shown, what) in [
        (ms("guest: make a pass"), "to make a pass"),
        (
            ms("guest: answer with a prepared pass"),
            "to answer, prepared ahead",
        ),
        (ms("door: check a pass"), "to check a pass"),
        (many.map(|ms| number((1000.0 / ms).floor())), batch),
        (ms("clinic: sign the request"), "for a clinic to sign"),
        (bytes, "bytes in a pass"),
    ] {
        let shown = shown.unwrap_or_default();
        writeln!(out, "<div class=\"tile\"><b>{shown}</b>{what}</div>")?;
    }
    out.push_str("</div>\n");
    Ok(())
}

/// All numbers, folded away.
fn table(out: &mut String, rows: &[Row]) -> Fallible<()> {
    out.push_str(
        "<h2>All numbers</h2>\n<details><summary>Times in milliseconds; results.csv has them, too</summary>\n\
         <table><tr><th>plot</th><th>series</th><th>x</th><th>median</th><th>quartiles</th>\
         <th>min</th><th>max</th><th>rounds</th><th>clock</th><th>bytes</th></tr>\n",
    );
    for row in rows {
        let Some([low, middle, high]) = row.milliseconds() else {
            continue;
        };
        let ms = |ns: Option<u64>| Duration::from_nanos(ns.unwrap_or_default()).as_secs_f64() * 1e3;
        let (min, max) = (ms(row.min_ns), ms(row.max_ns));
        let x = row.x.map_or(String::new(), |x| x.to_string());
        let bytes = row.bytes.map_or(String::new(), |bytes| bytes.to_string());
        let clock = match row.clock {
            Some(Clock::Wall) => "wall",
            _ => "processor",
        };
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{x}</td><td>{middle:.3}</td><td>{low:.3} – {high:.3}</td>\
             <td>{min:.3}</td><td>{max:.3}</td><td>{}</td><td>{clock}</td><td>{bytes}</td></tr>",
            row.plot,
            escape(&row.series),
            row.rounds.unwrap_or_default(),
        )?;
    }
    out.push_str("</table></details>\n");
    Ok(())
}
