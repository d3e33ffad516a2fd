//! What concerns issuers: accreditation, handles, revocation, and rules.

use serde_json::json;

use super::limits;
use super::office::{Made, MadeKind, Office};
use super::{Accredit, Handles, Revoke, SignRules};
use crate::Context;
use crate::artefact;
use crate::files::{self, Access};
use crate::report::{Failure, Report, hex, unhex};
use veilpass::artefact::Artefact;
use veilpass::scheme::{Accreditation, HandlesPaper, IssuerPublic, UnverifiedIssuer};
use veilpass_app::approval::Subject;
use veilpass_app::store::AuthorityStore;

impl Accredit {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let registration = artefact::load(&self.registration, Artefact::Registration)?;
        let registration = UnverifiedIssuer::from_bytes(&registration)?;
        let office = Office::open(context, &self.dir.dir, true)?;
        let known = context.wait(office.store.issuer(&self.label))?;
        let (_, authority) = office.load(context)?;
        let issuer = (registration.verify(authority.scheme())).map_err(Failure::refused)?;
        let again = authority.accreditation(&issuer);
        match (known, again) {
            // The paper went astray, or its limit changes: the same accreditation again.
            (Some(known), Some(accreditation)) if known == issuer => {
                return self.hand_over(context, &office, &issuer, accreditation);
            }
            (Some(_), _) => {
                return Err(Failure::refused(format!(
                    "there is another issuer called {} already; choose another label",
                    self.label
                )));
            }
            (None, _) => {}
        }
        let accreditation = office.change(context, |authority| {
            let value = (authority.accredit(&registration)).map_err(Failure::refused)?;
            let label = self.label.clone();
            let kind = MadeKind::Accredited { label };
            Ok(Made { value, kind })
        })?;
        self.hand_over(context, &office, &issuer, accreditation)
    }

    fn hand_over(
        &self,
        context: &Context,
        office: &Office,
        issuer: &IssuerPublic,
        accreditation: Accreditation,
    ) -> Result<Report, Failure> {
        if let Some(per_day) = self.per_day {
            limits::set_per_day(context, &office.store, &self.label, per_day)?;
        }
        let (_, authority) = office.load(context)?;
        let accredited = (issuer, accreditation);
        let paper = limits::paper(context, office, &authority, &self.label, accredited)?;
        artefact::save(&self.out, &paper, Access::Private)?;
        let epoch = accreditation.epoch();
        Ok(Report::new(
            format!(
                "{} is accredited for epoch {epoch}; give it {}, and publish so that its holders can \
                 follow",
                self.label,
                self.out.display()
            ),
            json!({ "label": self.label, "epoch": epoch, "out": self.out }),
        ))
    }
}

impl Handles {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let office = Office::open(context, &self.dir.dir, false)?;
        let issuer = office.issuer(context, &self.label)?;
        let subject = Subject::Handles {
            count: self.count,
            label: self.label.clone(),
        };
        let (_, authority) = office.load(context)?;
        let needed = limits::needed(context, &office.store, authority.scheme())?;
        let approval = (self.approving).approve(context, &office.store, &needed, subject)?;
        let paper = office.change(context, |authority| {
            if authority.accreditation(&issuer).is_none() {
                return Err(Failure::refused(format!(
                    "{} is not accredited any more",
                    self.label
                )));
            }
            let bar = context.progress(u64::from(self.count), "handles");
            let handles = (0..self.count)
                .map(|_| {
                    bar.inc(1);
                    authority.handle(&mut rand::rng())
                })
                .collect::<Result<Vec<_>, _>>()?;
            bar.finish_and_clear();
            let ids = handles.iter().map(veilpass::registry::Handle::id).collect();
            let label = self.label.clone();
            Ok(Made {
                value: HandlesPaper {
                    scheme: *authority.scheme().id(),
                    issuer: *issuer.x(),
                    handles,
                },
                kind: MadeKind::Drawn {
                    approval: approval.clone(),
                    label,
                    ids,
                },
            })
        })?;
        // Handles that are drawn and then lost are no loss; handles that are out and unknown would be.
        let signed = paper.sign(&office.keys()?.bundle);
        artefact::save(&self.out, &signed, Access::Private)?;
        Ok(Report::new(
            format!(
                "{} handles for {} are in {}; give it to the issuer on a closed way, then delete it",
                self.count,
                self.label,
                self.out.display()
            ),
            json!({ "label": self.label, "count": self.count, "out": self.out }),
        ))
    }
}

impl Revoke {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut handles = Vec::new();
        for given in &self.handles {
            match unhex(given) {
                Ok(id) => handles.push(id),
                Err(_) => handles.extend(listed(given)?),
            }
        }
        let office = Office::open(context, &self.dir.dir, false)?;
        let (mut revoked, mut lines) = (0u32, Vec::new());
        for id in &handles {
            let done = office.change(context, |authority| {
                (authority.revoke(id)).map_err(|error| Failure::refused(error).about(hex(id)))?;
                Ok(Made {
                    value: (),
                    kind: MadeKind::Removed(*id),
                })
            });
            match done {
                Ok(()) => revoked += 1,
                // The others go on: a list is not undone by one line.
                Err(failure) if failure.exit == 1 => lines.push(failure.message),
                Err(failure) => return Err(failure),
            }
        }
        let mut report = Report::new(
            format!("{revoked} revoked; doors refuse them from the next published bundle on"),
            json!({ "revoked": revoked, "refused": lines }),
        );
        report.refused = !lines.is_empty();
        report.lines.extend(lines);
        Ok(report)
    }
}

/// The handles in a file, the first word of each line.
fn listed(path: &str) -> Result<Vec<[u8; 32]>, Failure> {
    let text = String::from_utf8(files::read(path)?)
        .map_err(|_| Failure::bad(format!("{path} is not a text file")))?;
    let handles: Vec<_> = (text.lines())
        .filter_map(|line| line.split_whitespace().next())
        .map(|line| unhex(line).map_err(|failure| failure.about(path)))
        .collect::<Result<_, _>>()?;
    if handles.is_empty() {
        return Err(Failure::bad(format!("{path} names no handle")));
    }
    Ok(handles)
}

impl SignRules {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let text = String::from_utf8(files::read(&self.rules)?)
            .map_err(|_| Failure::bad(format!("{} is not a text file", self.rules)))?;
        let office = Office::open(context, &self.dir.dir, false)?;
        let signed = veilpass_evidence::rules::sign(&text, &office.keys()?.bundle)
            .map_err(|error| Failure::from(error).about(&self.rules))?;
        artefact::save(&self.out, signed.as_bytes(), Access::Public)?;
        Ok(Report::new(
            format!("the rules are signed: {}", self.out.display()),
            json!({ "out": self.out }),
        ))
    }
}
