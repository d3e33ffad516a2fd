//! Pseudonym: the same credential at the same venue on the same day is recognised, and nowhere else
//! (25).
//!
//! ```text
//! OP = hash_to_curve(nym; scheme, audience, D)    sent  nym = m_0·OP
//! m_0·OP = nym
//! ```

use std::sync::OnceLock;

use super::{Held, Own, Proven, Relation, Statement, View};
use crate::codec::Writer;
use crate::curve::{Base, G1Affine, Scalar};
use crate::error::Error;
use crate::scheme::{Day, SECRET, Scheme, hashed_point};
use crate::secret::Secret;
use crate::sigma::{Equation, HedgedRng};

/// The statement.
pub(crate) struct Pseudonym {
    scope: Vec<u8>,
    /// OP, hashed when it is first needed: naming the statement must cost nothing.
    base: OnceLock<G1Affine>,
}

impl Pseudonym {
    /// For one audience on one day, whatever the mode.
    pub(crate) fn new(scheme: &Scheme, audience: &str, day: Day) -> Self {
        let scope = Writer::default()
            .raw(scheme.id())
            .bytes(audience.as_bytes())
            .i32(day.0)
            .finish();
        Self {
            scope,
            base: OnceLock::new(),
        }
    }

    fn base(&self) -> G1Affine {
        *self
            .base
            .get_or_init(|| hashed_point("PSEUDONYM", &self.scope))
    }
}

impl Statement for Pseudonym {
    fn name(&self) -> &'static str {
        "one showing a venue and day"
    }

    fn points(&self) -> usize {
        1
    }

    fn variables(&self) -> usize {
        0
    }

    fn relate<'a>(
        &'a self,
        view: &View<'a>,
        own: &Own<'_>,
        relation: &mut Relation<'a>,
    ) -> Result<(), Error> {
        let [nym] = own.points()?;
        relation.equations.push(
            Equation::new()
                .left(self.base(), view.hidden(SECRET)?)
                .right(nym, Scalar::one()),
        );
        Ok(())
    }

    fn prove(&self, held: &Held<'_>, _: &mut HedgedRng) -> Result<Proven, Error> {
        let secret = held.attribute(SECRET)?;
        Ok(Proven {
            points: vec![[(Base::Point(self.base()), *secret)].into()],
            witness: Secret::new(Vec::new()),
        })
    }
}
