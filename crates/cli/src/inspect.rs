//! What is inside an artefact: its parts, their bytes, and what it reveals to whom.

use clap::Args;
use serde_json::{Value as Json, json};

use super::artefact;
use super::bundle;
use super::context::Context;
use super::report::{Failure, Report, hex};
use veilpass::artefact::Artefact;
use veilpass::layout::Part;
use veilpass::qr::{Code, to_text};
use veilpass::scheme::{
    SchemeCard, Trust, UnverifiedBundle, UnverifiedHolderBundle, UnverifiedIssuer, UnverifiedVenue,
    UnverifiedVenueCard,
};

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
    /// The scheme card that a bundle is checked with: with it a bundle says its dates and policies.
    #[arg(long, value_name = "FILE")]
    scheme: Option<String>,
}

impl Inspect {
    pub(super) fn run(&self, _: &Context) -> Result<Report, Failure> {
        let bytes = artefact::bytes(&self.artefact)?;
        let kind = Artefact::of(&bytes)
            .ok_or_else(|| Failure::bad(format!("{} is nothing of this system", self.artefact)))?;
        let card = (self.scheme.as_ref())
            .map(|scheme| {
                let card = artefact::load(scheme, Artefact::SchemeCard)?;
                Ok::<_, Failure>(SchemeCard::from_bytes(&card)?)
            })
            .transpose()?;
        let bundle = match (&self.bundle, &card) {
            (Some(bundle), Some(card)) => {
                let bytes = artefact::load(bundle, Artefact::Bundle)?;
                Some(UnverifiedBundle::new(&bytes).verify(&Trust::pinned(card))?)
            }
            _ => None,
        };
        let parts = (kind.layout(&bytes, bundle.as_ref())).map_err(Failure::bad)?;
        let mut report = report(kind, &bytes, &parts);
        report = match unseen(kind, card.is_some(), bundle.is_some()) {
            Some(words) => report.line(words).field("whole", Json::Null),
            None => report.field("whole", true),
        };
        in_words(report, kind, &bytes, card.as_ref())
    }
}

/// Why nobody can see yet whether all of it is there: its last part goes on to its end, wherever that is.
fn unseen(kind: Artefact, card: bool, bundle: bool) -> Option<&'static str> {
    match kind {
        Artefact::Pass | Artefact::Request if !bundle => {
            Some("whether it is whole is seen with --bundle bundle.vp and --scheme scheme.vp only")
        }
        Artefact::Bundle | Artefact::HolderBundle if !card => {
            Some("whether it is whole is seen with --scheme scheme.vp only")
        }
        Artefact::Response => Some("whether it is whole only the wallet sees that asked for it"),
        _ => None,
    }
}

/// What people compare, and what a bundle says. Nothing is believed that is not checked: a bundle's words need the card.
fn in_words(
    report: Report,
    kind: Artefact,
    bytes: &[u8],
    card: Option<&SchemeCard>,
) -> Result<Report, Failure> {
    let fingerprint = match kind {
        Artefact::SchemeCard => Some(SchemeCard::from_bytes(bytes)?.fingerprint()),
        Artefact::VenueRegistration => Some(UnverifiedVenue::from_bytes(bytes)?.fingerprint()),
        Artefact::VenueCard => {
            let terms = UnverifiedVenueCard::from_bytes(bytes)?.into_terms();
            Some(terms.key.fingerprint())
        }
        Artefact::Registration => Some(UnverifiedIssuer::from_bytes(bytes)?.id().fingerprint()),
        _ => None,
    };
    if let Some(fingerprint) = fingerprint {
        let line = format!("fingerprint {fingerprint}");
        return Ok(report.line(line).field("fingerprint", fingerprint));
    }
    let bundle = match (kind, card) {
        (Artefact::Bundle, Some(card)) => {
            UnverifiedBundle::new(bytes).verify(&Trust::pinned(card))?
        }
        (Artefact::HolderBundle, Some(card)) => {
            let unverified = UnverifiedHolderBundle::new(bytes);
            (unverified.verify(&Trust::pinned(card), &mut rand::rng())?).into_bundle()
        }
        (Artefact::Bundle | Artefact::HolderBundle, None) => {
            return Ok(report.line("what it says is shown, and checked, with --scheme scheme.vp"));
        }
        _ => return Ok(report),
    };
    let mut report = report;
    report.lines.extend(bundle::in_words(&bundle));
    Ok(report.field("says", bundle::in_json(&bundle)))
}

fn report(kind: Artefact, bytes: &[u8], parts: &[Part]) -> Report {
    let (name, reveals) = (kind.name(), reveals(kind));
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
    for Part {
        name: label,
        length,
    } in parts
    {
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

/// What an artefact reveals, and to whom.
fn reveals(artefact: Artefact) -> &'static str {
    match artefact {
        Artefact::SchemeCard => "nothing secret: everybody pins it",
        Artefact::Registration => {
            "the issuer's key to the authority; who knows it cannot test passes with it"
        }
        Artefact::Accreditation => "which key is accredited; it is of use to that issuer alone",
        Artefact::Count => "how much an issuer issued, to the authority; nobody's name",
        Artefact::Handles => {
            "handles that the issuer will use: keep it closed, delete it after importing"
        }
        Artefact::Bundle | Artefact::HolderBundle | Artefact::BundlePart => {
            "nothing about anybody: all download the same bytes"
        }
        Artefact::Offer => "the issuer to its guest; the attributes are a salted digest",
        Artefact::Request => {
            "nothing of what the holder set: C hides it perfectly, the responses prove it is known"
        }
        Artefact::RenewalRequest => {
            "to the issuer that made the offer: that somebody renews a pass which is good today; not whose, nor its \
             issuer, dates or name"
        }
        Artefact::Response => "nothing to anybody but the wallet that asked",
        Artefact::Question => {
            "who asks what; if a venue signed it, to anybody that the venue asked it"
        }
        Artefact::VenueRegistration | Artefact::VenueCard => {
            "a venue's name and key: whoever is asked by the venue sees both"
        }
        Artefact::Pass => {
            "to the door it was made for: what the policy discloses, a pseudonym for this venue \
             and day if it asks for one, and that it is valid; not name, employer, issuer or end"
        }
        // Stored by one role; no command reads it from outside.
        _ => "what its owner alone should see",
    }
}
