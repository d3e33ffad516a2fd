//! Dates: a hidden day compared with a public one, by membership of the difference in the table
//! T_δ = R/(x_t + δ), δ < u (23). The difference is a derived variable: it costs no bytes.
//!
//! | variable | meaning |
//! |---|---|
//! | own 0 | v |
//! | shared | m, the day |
//!
//! ```text
//! at least D   δ = m − D    sent W = v·T_δ    W̄ = v·R − δ·W
//!              v·R − m·W = W̄ − D·W            e(W, X_t) = e(W̄, g2)
//! at most D    δ = D − m
//!              v·R + m·W = W̄ + D·W            e(W, X_t) = e(W̄, g2)
//! ```
//!
//! Far back (ages), δ = D − m = d0 + u·d1 with two digits: own variables v0, v1, d1.
//!
//! ```text
//!              v0·R − (δ − u·d1)·W0 = W̄0   that is   v0·R + m·W0 + u·d1·W0 = W̄0 + D·W0
//!              v1·R − d1·W1 = W̄1
//! ```

use subtle::{ConditionallySelectable, ConstantTimeLess};

use super::{Held, Key, Own, Pairing, Proven, Relation, Statement, View, minus};
use crate::curve::{
    Base, CryptoRng, Field, G1Affine, G2Prepared, Scalar, Terms, nonzero_random_scalar,
};
use crate::error::Error;
use crate::scheme::{Day, Value, bases};
use crate::secret::Secret;
use crate::sigma::{Equation, HedgedRng, Linear};

/// On which side of the public day the hidden one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// On it or after it.
    AtLeast,
    /// On it or before it.
    AtMost,
}

/// A day attribute is on one side of a public day, less than u days away.
pub(crate) struct Near<'a> {
    /// X_t.
    pub(crate) key: &'a G2Prepared,
    pub(crate) attribute: usize,
    pub(crate) side: Side,
    pub(crate) day: Day,
}

/// A day attribute is at most a public day, and less than u² days before it.
pub(crate) struct AtMostFarBack<'a> {
    /// X_t.
    pub(crate) key: &'a G2Prepared,
    /// u.
    pub(crate) table: u16,
    pub(crate) attribute: usize,
    pub(crate) day: Day,
}

/// The holder's day.
fn day_of(held: &Held<'_>, attribute: usize) -> Result<Day, Error> {
    match held.credential.values.get(attribute) {
        Some(Some(Value::Date(day))) => Ok(*day),
        _ => Err(Error::Invalid),
    }
}

/// later − earlier, or an error if it is negative. The holder may learn that its own pass does not
/// fit; otherwise constant-time.
fn difference(later: Day, earlier: Day) -> Result<u32, Error> {
    let days = i64::from(later.0) - i64::from(earlier.0);
    u32::try_from(days).map_err(|_| Error::Invalid)
}

/// W = v·T_δ and W̄ = v·R − δ·W, with v. Constant-time: two dates may be equally far away, and then the
/// same entry occurs twice, which must not save anything. So each has a `place` of its own.
fn member<R: CryptoRng + ?Sized>(
    held: &Held<'_>,
    delta: u32,
    place: u8,
    rng: &mut R,
) -> Result<(Vec<Terms<'static>>, Secret<Scalar>), Error> {
    let entry = held.table.entry(delta).ok_or(Error::Invalid)?;
    let v = Secret::new(nonzero_random_scalar(rng));
    let delta_v = Secret::new(v.expose() * Scalar::from(u64::from(delta)));
    let entry = Base::Point(entry);
    let w = Terms::from([(entry, *v.expose())]);
    let w_bar = Terms::from([
        ((&bases().date).into(), *v.expose()),
        (entry, -delta_v.expose()),
    ]);
    Ok((vec![w.apart(place), w_bar.apart(place)], v))
}

fn in_table<'a>(key: &'a G2Prepared, w: G1Affine, w_bar: G1Affine) -> Pairing<'a> {
    Pairing {
        left: w,
        key: Key::Prepared(key),
        right: w_bar,
    }
}

impl Statement for Near<'_> {
    fn code(&self) -> u8 {
        match self.side {
            Side::AtLeast => 4,
            Side::AtMost => 5,
        }
    }

    fn name(&self) -> &'static str {
        match self.side {
            Side::AtLeast => "date at least",
            Side::AtMost => "date at most",
        }
    }

    fn points(&self) -> usize {
        2
    }

    fn variables(&self) -> usize {
        1
    }

    fn relate<'a>(
        &'a self,
        view: &View<'a>,
        own: &Own<'_>,
        relation: &mut Relation<'a>,
    ) -> Result<(), Error> {
        let [w, w_bar] = own.points()?;
        let m = view.hidden(self.attribute)?;
        let (minus_delta, day) = match self.side {
            Side::AtLeast => (minus(m), -self.day.to_scalar()),
            Side::AtMost => (m.into(), self.day.to_scalar()),
        };
        relation.equations.push(
            Equation::new()
                .left(&bases().date, own.var(0))
                .left(w, minus_delta)
                .right(w_bar, Scalar::ONE)
                .right(w, day),
        );
        relation.pairings.push(in_table(self.key, w, w_bar));
        Ok(())
    }

    fn prove(&self, held: &Held<'_>, rng: &mut HedgedRng) -> Result<Proven, Error> {
        let day = day_of(held, self.attribute)?;
        let (delta, place) = match self.side {
            Side::AtLeast => (difference(day, self.day)?, 1),
            Side::AtMost => (difference(self.day, day)?, 2),
        };
        let (points, v) = member(held, delta, place, rng)?;
        Ok(Proven {
            points,
            witness: Secret::new(vec![*v.expose()]),
        })
    }
}

impl Statement for AtMostFarBack<'_> {
    fn code(&self) -> u8 {
        7
    }

    fn name(&self) -> &'static str {
        "date at most, far back"
    }

    fn points(&self) -> usize {
        4
    }

    fn variables(&self) -> usize {
        3
    }

    fn relate<'a>(
        &'a self,
        view: &View<'a>,
        own: &Own<'_>,
        relation: &mut Relation<'a>,
    ) -> Result<(), Error> {
        let [w0, w0_bar, w1, w1_bar] = own.points()?;
        let (v0, v1, d1) = (own.var(0), own.var(1), own.var(2));
        let table = Scalar::from(u64::from(self.table));
        // −d0 = m − D + u·d1, without the public D.
        let minus_d0: Linear = [(view.hidden(self.attribute)?, Scalar::ONE), (d1, table)]
            .into_iter()
            .collect();
        relation.equations.push(
            Equation::new()
                .left(&bases().date, v0)
                .left(w0, minus_d0)
                .right(w0_bar, Scalar::ONE)
                .right(w0, self.day.to_scalar()),
        );
        relation.equations.push(
            Equation::new()
                .left(&bases().date, v1)
                .left(w1, minus(d1))
                .right(w1_bar, Scalar::ONE),
        );
        relation.pairings.push(in_table(self.key, w0, w0_bar));
        relation.pairings.push(in_table(self.key, w1, w1_bar));
        Ok(())
    }

    fn prove(&self, held: &Held<'_>, rng: &mut HedgedRng) -> Result<Proven, Error> {
        let delta = difference(self.day, day_of(held, self.attribute)?)?;
        let (d0, d1) = divide(delta, u32::from(self.table));
        let (mut points, v0) = member(held, d0, 3, rng)?;
        let (high, v1) = member(held, d1, 4, rng)?;
        points.extend(high);
        Ok(Proven {
            points,
            witness: Secret::new(vec![
                *v0.expose(),
                *v1.expose(),
                Scalar::from(u64::from(d1)),
            ]),
        })
    }
}

/// Remainder and quotient of δ by u, the quotient capped at u. Constant-time in δ: a machine's
/// division may not be.
fn divide(delta: u32, table: u32) -> (u32, u32) {
    let (mut rest, mut quotient) = (delta, 0);
    for _ in 0..table {
        let fits = !rest.ct_lt(&table);
        rest = u32::conditional_select(&rest, &rest.wrapping_sub(table), fits);
        quotient += u32::from(fits.unwrap_u8());
    }
    (rest, quotient)
}

#[cfg(test)]
mod tests {
    use super::divide;

    #[test]
    fn division_is_division() {
        for delta in [0, 1, 511, 512, 513, 1023, 1024, 44_000, 512 * 512 - 1] {
            assert_eq!(divide(delta, 512), (delta % 512, delta / 512));
        }
    }
}
