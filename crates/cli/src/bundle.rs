//! A bundle for people: its dates, in its scheme's time, and what its policies ask.

use crate::clock::shown;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use veilpass::scheme::{Bundle, Mode, Policy, RenewalPolicy, Schema, UnixTime, Zone};

/// A moment by the clocks of a scheme's zone, with its offset: the one form that all commands write and `--at` takes.
pub(crate) fn local(moment: UnixTime, zone: &Zone) -> String {
    let zone = TimeZone::get(zone.name()).unwrap_or(TimeZone::UTC);
    shown(moment, Some(&zone))
}

/// The bundle in lines.
pub(crate) fn in_words(bundle: &Bundle) -> Vec<String> {
    let (scheme, zone) = (bundle.scheme(), bundle.scheme().zone());
    let mut lines = vec![
        format!("bundle {} of {}", bundle.version(), scheme.name()),
        format!(
            "  good from {} until {}, by the clocks of {}",
            local(bundle.issued(), zone),
            local(bundle.expires(), zone),
            zone.name()
        ),
    ];
    lines.extend(bundle.epochs().iter().map(|epoch| {
        format!(
            "  registry epoch {} from {} until {}: key set {}, {} removals under it, accreditation epoch {}",
            epoch.number,
            local(epoch.from, zone),
            local(bundle.end_of(epoch), zone),
            epoch.standing.key_set,
            epoch.standing.removals,
            epoch.standing.accreditation_epoch
        )
    }));
    lines.push(match bundle.strip_epochs() {
        [first, .., last] | [first @ last] => {
            let first = first.last_day().plus(-6).unwrap_or(first.last_day());
            format!("  strips for days from {first} to {}", last.last_day())
        }
        [] => "  no strips".to_owned(),
    });
    let schema = scheme.schema();
    let policies = bundle.policies().iter();
    lines.extend(policies.map(|policy| {
        format!(
            "  policy {}: {}",
            policy.name,
            asked(policy, schema).join("; ")
        )
    }));
    let renewals = bundle.renewals().iter();
    lines.extend(renewals.map(|renewal| {
        let asked = renewed(renewal, schema).join("; ");
        format!("  renewal {}: {asked}", renewal.name())
    }));
    lines
}

/// The same for programs.
pub(crate) fn in_json(bundle: &Bundle) -> Json {
    let (scheme, zone) = (bundle.scheme(), bundle.scheme().zone());
    let epochs = bundle.epochs().iter().map(|epoch| {
        json!({
            "number": epoch.number,
            "from": local(epoch.from, zone),
            "until": local(bundle.end_of(epoch), zone),
            "key_set": epoch.standing.key_set,
            "accreditation_epoch": epoch.standing.accreditation_epoch,
            "removals": epoch.standing.removals,
        })
    });
    let policies = bundle
        .policies()
        .iter()
        .map(|policy| json!({ "name": policy.name, "asks": asked(policy, scheme.schema()) }));
    let renewals = bundle.renewals().iter().map(
        |renewal| json!({ "name": renewal.name(), "asks": renewed(renewal, scheme.schema()) }),
    );
    json!({
        "number": bundle.version(),
        "scheme": scheme.name(),
        "zone": zone.name(),
        "from": local(bundle.issued(), zone),
        "until": local(bundle.expires(), zone),
        "registry_epochs": epochs.collect::<Vec<_>>(),
        "strips_until": bundle.strip_epochs().last().map(|last| last.last_day().to_string()),
        "policies": policies.collect::<Vec<_>>(),
        "renewals": renewals.collect::<Vec<_>>(),
    })
}

/// The name of the attribute with this index.
fn name_in(schema: &Schema, index: u8) -> &str {
    let attribute = schema.attributes().get(usize::from(index));
    attribute.map_or("?", |attribute| attribute.name.as_str())
}

/// What a renewal asks and gives, in words.
fn renewed(renewal: &RenewalPolicy, schema: &Schema) -> Vec<String> {
    let name = |index: u8| name_in(schema, index);
    let mut asked = vec![format!("{} has not passed", name(renewal.until()))];
    asked.extend(
        renewal
            .from()
            .map(|from| format!("{} has come", name(from))),
    );
    let anew = renewal.anew().iter();
    asked.extend(anew.map(|anew| {
        format!(
            "sets {} anew, up to {} days ahead",
            name(anew.attribute),
            anew.days
        )
    }));
    asked
}

/// What a policy asks, in words.
fn asked(policy: &Policy, schema: &Schema) -> Vec<String> {
    let name = |index: u8| name_in(schema, index);
    let mut asked = vec![format!("{} has not passed", name(policy.until))];
    asked.extend(policy.from.map(|from| format!("{} has come", name(from))));
    let age = policy.minimum_age;
    asked.extend(age.map(|age| format!("at least {} years by {}", age.years, name(age.attribute))));
    let disclosed = policy.disclose.iter();
    asked.extend(disclosed.map(|index| format!("shows {}", name(*index))));
    asked.push(match (policy.any_audience, policy.once_a_day) {
        (true, _) => "at any door".to_owned(),
        (false, true) => "once a day at one venue".to_owned(),
        (false, false) => "at one venue".to_owned(),
    });
    asked.push(format!("fresh for {} seconds", policy.window));
    let modes = policy.modes.iter().map(|accepts| {
        let mode = match accepts.mode {
            Mode::Challenge => "a question for each guest",
            Mode::Poster => "a poster",
            Mode::Strip => "paper strips",
            Mode::Renewal => "a renewal",
        };
        match accepts.grace {
            0 => mode.to_owned(),
            grace => format!("{mode} (up to {} late)", length(grace)),
        }
    });
    asked.push(format!("by {}", modes.collect::<Vec<_>>().join(", ")));
    asked
}

/// So many seconds, as people say it.
fn length(seconds: u32) -> String {
    match (seconds % 86_400, seconds % 3600) {
        (0, _) if seconds == 86_400 => "a day".to_owned(),
        (0, _) => format!("{} days", seconds / 86_400),
        (_, 0) => format!("{} hours", seconds / 3600),
        _ => format!("{seconds} seconds"),
    }
}
