//! Which pass of a wallet answers a question, and what the answer tells.

use super::report::Failure;
use super::wallet::{Entry, Opened};
use veilpass::Credential;
use veilpass::presentation::{Ask, PresentError, Presentation};
use veilpass::scheme::{Day, Policy};

impl Opened {
    /// The passes to try: the one with this label, or all.
    fn candidates(&self, label: Option<&str>) -> Result<Vec<&Entry<Credential>>, Failure> {
        let passes = self.wallet.passes.iter();
        let found: Vec<_> = passes
            .filter(|entry| label.is_none_or(|label| entry.label == label))
            .collect();
        match (found.is_empty(), label) {
            (false, _) => Ok(found),
            (true, Some(label)) => Err(Failure::bad(format!(
                "there is no pass called {label}; `holder list` shows them"
            ))),
            (true, None) => Err(Failure::refused("the wallet has no pass yet")),
        }
    }

    /// Answers with the first pass that can.
    pub(super) fn answer(
        &self,
        label: Option<&str>,
        ask: &Ask,
        day: Day,
        now: i64,
    ) -> Result<(String, Presentation), Failure> {
        let mut why = PresentError::NeedsSync;
        for entry in self.candidates(label)? {
            match entry
                .value
                .present(&self.holder, ask, day, now, &mut rand::rng())
            {
                Ok(shown) => return Ok((entry.label.clone(), shown)),
                Err(error) => why = error,
            }
        }
        Err(Failure::refused(why))
    }

    pub(super) fn today(&self, now: i64) -> Result<Day, Failure> {
        (self.holder.bundle.scheme.zone().day_of(now))
            .ok_or_else(|| Failure::bad("the clock is outside the calendar; set it"))
    }

    pub(super) fn policy(&self, name: &str) -> Result<&Policy, Failure> {
        self.holder.bundle.policy(name).ok_or_else(|| {
            let policies = self.holder.bundle.policies.iter();
            let names: Vec<_> = policies.map(|policy| policy.name.as_str()).collect();
            Failure::bad(format!(
                "there is no policy {name}; the bundle has {}",
                names.join(", ")
            ))
        })
    }

    /// What an answer to this policy tells the door, in words.
    pub(super) fn tells(&self, policy: &Policy) -> String {
        let attributes = self.holder.bundle.scheme.schema().attributes();
        let name = |index: u8| attributes.get(usize::from(index)).map_or("?", |a| &a.name);
        let mut parts = vec![format!("that `{}` has not passed", name(policy.until))];
        if let Some(from) = policy.from {
            parts.push(format!("that `{}` has come", name(from)));
        }
        if let Some(age) = policy.minimum_age {
            parts.push(format!("that you are at least {}", age.years));
        }
        for index in &policy.disclose {
            parts.push(format!("your `{}`", name(*index)));
        }
        if policy.once_a_day {
            parts.push("that it is you again, if you come back today".to_owned());
        }
        parts.join(", ")
    }
}
