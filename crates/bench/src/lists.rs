//! What is measured of sizes: the date table's, and a QR code's.

use veilpass::internals::{self, PublicKeys};
use veilpass::qr::Code;
use veilpass::scheme::{DateTable, Schema};

use crate::Measuring;
use crate::error::{Fallible, must};
use crate::measure::{Case, Row, whole};
use crate::world::{Guest, RESTAURANT, rng, with_one_policy};

/// More bytes than any QR code holds.
const LARGEST: usize = 2900;

/// Date tables of different reach.
pub(super) fn tables(measuring: &Measuring<'_>) -> Fallible<Vec<Row>> {
    let mut guests = Vec::new();
    for length in measuring.plan.tables {
        let table = internals::date_table(*length, &mut rng())?;
        let mut city = with_one_policy(Schema::default(), &table);
        let guest = Guest::of(&mut city);
        let pass = guest.present(RESTAURANT)?;
        guest.rehearse(RESTAURANT, &pass)?;
        let bytes = table.0.to_bytes();
        let read = DateTable::from_bytes(&bytes, *length)?;
        // A key of the right kind that is not the table's.
        let other = (PublicKeys::of(&city.keys).registry, *length);
        must(
            internals::verify_date_table(read, &other, &mut rng()).is_err(),
            "a table was accepted under a wrong key",
        )?;
        guests.push((*length, table.1, bytes, guest));
    }
    let mut cases = Vec::new();
    for (length, public, bytes, guest) in &guests {
        let x = u32::from(*length);
        let generate = whole(|| Ok(internals::date_table(*length, &mut rng())?));
        let verify = whole(|| {
            let table = DateTable::from_bytes(bytes, *length)?;
            Ok(internals::verify_date_table(table, public, &mut rng())?)
        });
        let make = whole(|| guest.present(RESTAURANT));
        cases.push(
            Case::new("make the table: authority, once", generate)
                .at(x)
                .bytes(bytes.len()),
        );
        cases.push(Case::new("read and check it: holder, each bundle", verify).at(x));
        cases.push(Case::new("make a pass with it: holder", make).at(x));
    }
    measuring.rounds("table", cases, measuring.plan.heavy_rounds)
}

/// The smallest QR code, level L, for payloads of every size, and where the artefacts among `rows` are.
pub(super) fn codes(measuring: &Measuring<'_>, rows: &[Row]) -> Fallible<Vec<Row>> {
    let row = |series: &str, bytes: usize, version| Row {
        plot: "qr",
        series: series.to_owned(),
        bytes: Some(bytes),
        qr_version: version,
        ..Row::default()
    };
    let version = |bytes: usize| {
        // Of zeros the text would be digits alone, which take less room than letters.
        let code = Code::new(&vec![0xff; bytes]).ok()?;
        Some(code.version())
    };
    let mut found = Vec::new();
    for bytes in (0..LARGEST).step_by(measuring.plan.qr_step) {
        let Some(version) = version(bytes) else { break };
        found.push(row("smallest version", bytes, Some(version)));
        measuring.preparing(bytes, LARGEST);
    }
    let wanted = [
        ("roles", "clinic: offer", None, "offer"),
        ("roles", "guest: request", None, "request"),
        ("roles", "clinic: sign the request", None, "response"),
        ("roles", "guest: make a pass", None, "pass"),
        ("statements", "make", Some(1), "pass, issuer and day shown"),
        ("statements", "make", Some(5), "pass with an age"),
        ("attributes", "make", Some(32), "pass of 32 attributes"),
    ];
    for (plot, series, x, name) in wanted {
        let bytes = rows
            .iter()
            .find(|row| row.plot == plot && row.series == series && row.x == x)
            .and_then(|row| row.bytes);
        found.extend(bytes.map(|bytes| row(name, bytes, version(bytes))));
    }
    must(
        found.iter().all(|row| row.qr_version.is_some()) && version(LARGEST).is_none(),
        "an artefact does not fit a QR code, or too much does",
    )?;
    Ok(found)
}
