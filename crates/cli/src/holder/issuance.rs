//! A pass from an issuer: the request, the code to compare, the response.

use serde_json::json;

use super::{BUNDLE, Compare, Receive, Request, attributes, open};
use crate::artefact;
use crate::context::Context;
use crate::files::{self, Access};
use crate::ports::KeyFiles;
use crate::report::{Failure, Report};
use veilpass::SyncError;
use veilpass::artefact::Artefact;
use veilpass::issuance::{Draw, Offer, ReceiveError, Response};
use veilpass::registry::BucketName;
use veilpass_app::holder::{Ends, Holder, HolderError, Received, Requested};

/// How many key sets a bundle has at most.
const MAX_KEY_SETS: usize = 2;

impl Request {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let offer = artefact::load(&self.offer, Artefact::Offer)?;
        let offer = Offer::from_bytes(&offer)?;
        let mut opened = open(context, &self.dir.dir)?;
        let holder = &mut opened.wallet;
        let values = (self.settings)
            .read(|name, text| veilpass_app::values::read(holder.scheme().schema(), name, text))?;
        if offer.renewal().is_some() {
            if !values.is_empty() {
                return Err(Failure::bad(
                    "this offer renews a pass, and what you set yourself is carried over; leave --set out",
                ));
            }
            let (pass, now) = (self.pass.as_deref(), context.now());
            let renewed = holder.renew(&offer, pass, &self.label, now, &mut rand::rng())?;
            return self.shown(&renewed);
        }
        if self.pass.is_some() {
            return Err(Failure::bad("this offer renews nothing; leave --pass out"));
        }
        let values: Vec<_> = (values.iter())
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let requested = holder.request(
            &offer,
            &values,
            &self.label,
            context.now(),
            &mut rand::rng(),
        )?;
        self.shown(&requested)
    }

    fn shown(&self, requested: &Requested) -> Result<Report, Failure> {
        let shown = self.output.put(&requested.request)?;
        let mut report = Report::new(
            "show this request to the issuer; then scan what the issuer shows, with `holder code`",
            json!({ "label": requested.label, "out": self.output.out }),
        );
        if let Some(renews) = &requested.renews {
            let anew = renews.anew.iter();
            let anew = anew.map(|(name, days)| format!("{name} (up to {days} days ahead)"));
            let anew = anew.collect::<Vec<_>>().join(", ");
            report.lines = vec![
                format!("it renews {}, which nobody sees", renews.pass),
                format!("  new from the issuer: {anew}"),
                format!("  carried over unseen: {}", renews.carried.join(", ")),
            ];
            let names: Vec<_> = renews.anew.iter().map(|(name, _)| name).collect();
            report = report
                .field("renews", json!(renews.pass))
                .field("anew", json!(names))
                .field("carried", json!(renews.carried));
        }
        report.lines.extend(shown);
        Ok(report)
    }
}

impl Compare {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let draw = artefact::load(&self.draw, Artefact::Draw)?;
        let draw = Draw::from_bytes(&draw)?;
        let mut opened = open(context, &self.dir.dir)?;
        let (label, code) = opened.wallet.code(&draw)?;
        Ok(Report::new(
            format!(
                "the issuer must see the code {code} too; if it sees another one, ask for a new offer"
            ),
            json!({ "label": label, "code": code }),
        ))
    }
}

/// What a holder must know who was shown no code.
const NOT_COMPARED: &str = "NOTE no code was compared with the issuer: this wallet showed none. For a letter's pass there is none; \
     where you meet the issuer, somebody between you could have exchanged the offer, and read what you sent";

impl Receive {
    /// Fetches the bucket without which the pass has no witness.
    fn fetch(&self, holder: &mut Holder<KeyFiles<'_>>, name: BucketName) -> Result<(), Failure> {
        let place = match &self.public {
            Some(named) => self.from.place(named)?,
            None => None,
        };
        let Some(place) = place else {
            return Err(Failure::refused(
                "the pass rests on a handle that was drawn long ago, and what is at hand does not reach back to it: receive it again with \
                 --public and the folder that the authority publishes, or its https:// address",
            ));
        };
        let path = self.dir.dir.join(BUNDLE);
        let own = files::read(&path.display().to_string())?;
        let bundle = holder.fetch_bucket(&own, name, &place, &mut rand::rng())?;
        artefact::save(&path, &bundle, Access::Public)
    }

    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let response = artefact::load(&self.response, Artefact::Response)?;
        let response = Response::from_bytes(&response)?;
        let mut opened = open(context, &self.dir.dir)?;
        let holder = &mut opened.wallet;
        let ends = match self.shorter {
            true => Ends::Any,
            false => Ends::NotEarlier,
        };
        let receive = |holder: &mut Holder<_>| {
            holder.receive(&response, self.label.as_deref(), ends, context.now())
        };
        let mut received = receive(holder);
        // Around a rotation there are two key sets, each with a bucket.
        for _ in 0..MAX_KEY_SETS {
            match received {
                Err(HolderError::Receive(ReceiveError::Sync(SyncError::NeedsBucket(name)))) => {
                    self.fetch(holder, name)?;
                    received = receive(holder);
                }
                _ => break,
            }
        }
        let Received { label, code_shown } = received?;
        let mut report = Report::new(
            format!("the pass is checked and in the wallet, called {label}"),
            json!({ "label": label, "code_compared": code_shown }),
        );
        if !code_shown {
            report = report.line(NOT_COMPARED);
        }
        (report.lines).extend(holder.pass(&label).iter().flat_map(attributes));
        Ok(report)
    }
}
