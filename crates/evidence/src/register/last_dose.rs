//! One person's doses in several rows: the row of the last one counts.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::{Person, Row};
use veilpass::scheme::Day;

/// Of each person the last dose, by a keyed digest of who they are: names are not kept.
#[derive(Default)]
pub(super) struct LastDoses {
    of: HashMap<u128, Last>,
    keys: [RandomState; 3],
}

#[derive(Clone, Copy)]
struct Last {
    dose: Dose,
    /// The line of its row.
    line: u64,
    rows: u32,
}

/// Which dose is the later one: by its day, then by its number. Products only tell apart what has the same of both.
type Dose = (Day, u8, u64);

impl LastDoses {
    fn dose(&self, person: &Person) -> Option<(u128, Dose)> {
        let [high, low, products] = &self.keys;
        let who = person.person.as_ref()?;
        let who = u128::from(high.hash_one(who)) << 64 | u128::from(low.hash_one(who));
        let evidence = &person.evidence;
        let number = evidence.doses.map_or(0, |doses| doses.number);
        let product = products.hash_one(&evidence.product);
        Some((who, (evidence.date, number, product)))
    }

    /// Notes a row.
    pub(super) fn note(&mut self, row: &Row) {
        let Some((who, dose)) = row
            .person
            .as_ref()
            .ok()
            .and_then(|person| self.dose(person))
        else {
            return;
        };
        let line = row.line;
        let last = self.of.entry(who).or_insert(Last {
            dose,
            line,
            rows: 0,
        });
        last.rows = last.rows.saturating_add(1);
        if dose > last.dose {
            (last.dose, last.line) = (dose, line);
        }
    }

    /// Forgets whoever has one row only.
    pub(super) fn of_several(mut self) -> Self {
        self.of.retain(|_, last| last.rows > 1);
        self.of.shrink_to_fit();
        self
    }

    /// The line of the row with the person's last dose, if it is another one.
    pub(super) fn after(&self, row: &Row) -> Option<u64> {
        let (who, dose) = self.dose(row.person.as_ref().ok()?)?;
        let last = self.of.get(&who)?;
        (dose < last.dose).then_some(last.line)
    }
}
