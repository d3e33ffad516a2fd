//! Pseudonym: the same credential at the same venue on the same day is recognised, and nowhere else
//! (25).
//!
//! ```text
//! OP = hash_to_curve(nym; scheme, audience, D)    sent  nym = m_0·OP
//! m_0·OP = nym
//! ```

use std::sync::{Mutex, OnceLock};

use super::{Held, Own, Proven, Relation, Statement, View};
use crate::codec::Writer;
use crate::curve::{Base, G1Affine, Scalar};
use crate::error::Error;
use crate::scheme::{Day, SECRET, Scheme, hashed_point};
use crate::secret::Secret;
use crate::sigma::{Equation, HedgedRng};

/// The statement.
pub(crate) struct WithPseudonym {
    scope: Vec<u8>,
    /// OP, hashed when it is first needed: naming the statement must cost nothing.
    base: OnceLock<G1Affine>,
}

impl WithPseudonym {
    /// For one audience on one day, whatever the mode.
    pub(crate) fn new(scheme: &Scheme, audience: &[u8], day: Day) -> Self {
        let scope = Writer::default()
            .raw(scheme.id())
            .bytes(audience)
            .i32(day.0)
            .finish();
        Self {
            scope,
            base: OnceLock::new(),
        }
    }

    /// OP.
    pub(crate) fn base(&self) -> G1Affine {
        *self.base.get_or_init(|| base_of(&self.scope))
    }
}

/// OP of a scope. The last one is kept: a door asks the same all day, and a batch hundreds of times.
fn base_of(scope: &[u8]) -> G1Affine {
    static LAST: Mutex<Option<(Vec<u8>, G1Affine)>> = Mutex::new(None);
    let last = || {
        LAST.lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    };
    if let Some((known, base)) = last().as_ref()
        && known == scope
    {
        return *base;
    }
    let base = hashed_point("PSEUDONYM", scope);
    *last() = Some((scope.to_vec(), base));
    base
}

impl Statement for WithPseudonym {
    fn code(&self) -> u8 {
        8
    }

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
