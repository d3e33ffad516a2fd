//! A page as SVG.

use std::fmt::Write;

use super::{Mark, PAGE, Page};

pub(super) fn draw(Page(marks): &Page) -> String {
    let (width, height) = PAGE;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\" shape-rendering=\"crispEdges\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    // Writing to a String does not fail.
    for mark in marks {
        let _ = match mark {
            Mark::Code { x, y, module, runs } => {
                let _ = write!(
                    out,
                    "<path transform=\"translate({x:.3} {y:.3}) scale({module:.5})\" d=\""
                );
                for run in runs {
                    let _ = write!(
                        out,
                        "M{} {}h{}v1h-{}z",
                        run.x, run.y, run.length, run.length
                    );
                }
                writeln!(out, "\"/>")
            }
            Mark::Text { x, y, size, text } => {
                let text = text.replace('&', "&amp;").replace('<', "&lt;");
                writeln!(
                    out,
                    "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-family=\"sans-serif\">{text}</text>"
                )
            }
        };
    }
    out.push_str("</svg>\n");
    out
}
