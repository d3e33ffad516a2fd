//! What is inside an artefact: its parts, their bytes, and what it reveals to whom.

use clap::Args;
use serde_json::{Value as Json, json};

use super::Context;
use super::artefact::{self, Kind};
use super::report::{Failure, Report, hex};
use veilpass::issuance::{Offer, Response};
use veilpass::presentation::{Ask, layout};
use veilpass::qr::{Code, to_text};
use veilpass::scheme::{SchemeCard, UnverifiedBundle, UnverifiedCount, UnverifiedIssuer};

/// Say what is inside any artefact, byte by byte, and what it reveals to whom.
///
/// Example: veilpass inspect pass.png --bundle bundle.vp --scheme scheme.vp
#[derive(Args)]
pub(super) struct Inspect {
    /// A picture, file or text.
    artefact: String,
    /// A verifiers' bundle: with it the parts of a pass or request have names.
    #[arg(long, value_name = "FILE", requires = "scheme")]
    bundle: Option<String>,
    /// The scheme card that the bundle is checked with.
    #[arg(long, value_name = "FILE")]
    scheme: Option<String>,
}

/// A part: what it is called and how many bytes it has.
type Part = (String, usize);

fn parts<const N: usize>(parts: [(&str, usize); N]) -> Vec<Part> {
    parts.map(|(name, length)| (name.to_owned(), length)).into()
}

impl Inspect {
    pub(super) fn run(&self, _: &Context) -> Result<Report, Failure> {
        let bytes = artefact::bytes(&self.artefact)?;
        let kind = Kind::of(&bytes)
            .ok_or_else(|| Failure::bad(format!("{} is nothing of this system", self.artefact)))?;
        let bundle = match (&self.bundle, &self.scheme) {
            (Some(bundle), Some(scheme)) => {
                let card = SchemeCard::from_bytes(&artefact::load(scheme, Kind::SchemeCard)?)?;
                let bytes = artefact::load(bundle, Kind::Bundle)?;
                Some(UnverifiedBundle(&bytes).verify(&card.key, Some(&card.scheme), None)?)
            }
            _ => None,
        };
        let (parts, reveals) = describe(kind, &bytes, bundle.as_ref())?;
        Ok(report(kind, &bytes, &parts, reveals))
    }
}

fn report(kind: Kind, bytes: &[u8], parts: &[Part], reveals: &str) -> Report {
    let name = kind.name();
    let version = Code::new(bytes).ok().map(|code| code.version());
    let head = match version {
        Some(version) => format!(
            "{name}: {} bytes, {} characters, QR version {version} at level L",
            bytes.len(),
            to_text(bytes).len()
        ),
        None => format!("{name}: {} bytes, too much for a QR code", bytes.len()),
    };
    let mut report = Report::new(head, json!({}));
    let mut rest = bytes;
    let mut rows: Vec<Json> = Vec::new();
    for (label, length) in parts {
        let (part, others) = rest.split_at(rest.len().min(*length));
        rest = others;
        let shown = match part {
            [head @ .., _, _] if part.len() > 24 => {
                format!("{}…", hex(head.get(..22).unwrap_or(head)))
            }
            all => hex(all),
        };
        report = report.line(format!("  {length:>6}  {label:<24} {shown}"));
        rows.push(json!({ "part": label, "bytes": length }));
    }
    report
        .line(format!("reveals {reveals}"))
        .field("kind", name)
        .field("bytes", bytes.len())
        .field("qr_version", version)
        .field("parts", rows)
        .field("reveals", reveals)
}

/// The parts of an artefact that decodes, and what it reveals.
fn describe(
    kind: Kind,
    bytes: &[u8],
    bundle: Option<&veilpass::scheme::Bundle>,
) -> Result<(Vec<Part>, &'static str), Failure> {
    let body = bytes.len().saturating_sub(2);
    // Those whose decoding needs more than is at hand here: at least their length must be one that they
    // can have.
    let whole = match kind {
        Kind::Bundle | Kind::HolderBundle => body > 64,
        Kind::Handles => bytes
            .len()
            .checked_sub(194)
            .is_some_and(|rest| rest % 88 == 0),
        Kind::Accreditation => bytes.len() == 295,
        Kind::Request => bytes
            .len()
            .checked_sub(130)
            .is_some_and(|rest| rest % 32 == 0),
        _ => true,
    };
    if !whole {
        return Err(Failure::bad(format!(
            "this begins like {}, but bytes are missing or left over",
            kind.name()
        )));
    }
    Ok(match kind {
        Kind::SchemeCard => {
            SchemeCard::from_bytes(bytes)?;
            let parts = parts([
                ("version, kind", 2),
                ("scheme_id", 32),
                ("authority's key", 32),
            ]);
            (parts, "nothing secret: everybody pins it")
        }
        Kind::Registration => {
            UnverifiedIssuer::from_bytes(bytes)?;
            let parts = parts([
                ("version, kind", 2),
                ("X", 96),
                ("X1", 48),
                ("challenge", 16),
                ("response", 32),
            ]);
            (
                parts,
                "the issuer's key to the authority; who knows it cannot test passes with it",
            )
        }
        Kind::Accreditation => {
            let parts = parts([
                ("version, kind", 2),
                ("Ed25519 signature", 64),
                ("scheme_id", 32),
                ("X", 96),
                ("Acc", 48),
                ("a", 32),
                ("epoch", 4),
                ("laid down", 8),
                ("passes a day", 4),
                ("operators", 1),
                ("large register", 4),
            ]);
            (
                parts,
                "which key is accredited; it is of use to that issuer alone",
            )
        }
        Kind::Count => {
            UnverifiedCount::from_bytes(bytes)?;
            let parts = parts([
                ("version, kind", 2),
                ("challenge", 16),
                ("response", 32),
                ("scheme_id", 32),
                ("X", 96),
                ("at", 8),
                ("free handles", 4),
                ("lines and head of the log", 40),
                ("days, kinds, numbers", body.saturating_sub(228)),
            ]);
            (
                parts,
                "how much an issuer issued, to the authority; nobody's name",
            )
        }
        Kind::Handles => {
            let handles = bytes.len().saturating_sub(194);
            let mut list = parts([
                ("version, kind", 2),
                ("Ed25519 signature", 64),
                ("scheme_id", 32),
                ("X", 96),
            ]);
            list.push((format!("{} handles", handles / 88), handles));
            (
                list,
                "handles that the issuer will use: keep it closed, delete it after importing",
            )
        }
        Kind::Bundle | Kind::HolderBundle => {
            let parts = parts([
                ("version, kind", 2),
                ("Ed25519 signature", 64),
                ("body", body.saturating_sub(64)),
            ]);
            (parts, "nothing about anybody: all download the same bytes")
        }
        Kind::Offer => {
            Offer::from_bytes(bytes)?;
            let parts = parts([
                ("version, kind", 2),
                ("scheme_id", 32),
                ("X", 96),
                ("nonce", 16),
                ("expires", 8),
                ("digest of attributes", 32),
            ]);
            (
                parts,
                "the issuer to its guest; the attributes are a salted digest",
            )
        }
        Kind::Request => {
            let mut list = parts([
                ("version, kind", 2),
                ("H(offer)", 32),
                ("C", 48),
                ("challenge", 16),
                ("one-time key", 32),
            ]);
            let scalars = bytes.len().saturating_sub(130) / 32;
            list.push((format!("{scalars} responses"), 32 * scalars));
            (
                list,
                "nothing of what the holder set: C hides it perfectly, the responses prove it is known",
            )
        }
        Kind::Response => {
            Response::from_bytes(bytes)?;
            let parts = parts([
                ("version, kind", 2),
                ("encapsulated key", 32),
                ("ciphertext and tag", body.saturating_sub(32)),
            ]);
            (parts, "nothing to anybody but the wallet that asked")
        }
        Kind::Question => {
            let ask = Ask::from_bytes(bytes)?;
            let parts = parts([
                ("version, kind", 2),
                ("tag of the scheme", 4),
                ("mode", 1),
                ("policy", 2 + ask.policy.len()),
                ("audience", 2 + ask.audience.len()),
                ("nonce", 2 + ask.nonce.map_or(0, |nonce| nonce.len())),
            ]);
            (parts, "who asks what")
        }
        Kind::Pass => {
            let parts = layout(bytes, bundle)?;
            (
                parts,
                "to the door it was made for: what the policy discloses, a pseudonym for this venue \
                 and day if it asks for one, and that it is valid; not name, employer, issuer or end",
            )
        }
    })
}
