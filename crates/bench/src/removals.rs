//! What is measured of a holder who was away: the removal log, and the witness that follows it.

use veilpass::internals::curve::{
    G1Affine, G1Projective, G2Prepared, HashSuite, Scalar, normalize, scalar_from_bytes,
};
use veilpass::internals::{
    Registry, Removal, Witness, last_accumulator, push_removal, registry_point,
    removals as decoded, witness,
};
use veilpass::registry::{RegistryKey, RemovalLog};

use crate::error::{Fallible, must};
use crate::measure::{Case, Clock, Row, memory, wall, whole};
use crate::world::rng;
use crate::{ALL_CORES, Measuring};

/// Bytes of the log's head, and of each removal.
const HEAD: usize = 2;
const REMOVAL: usize = 128;

/// Removals that are written at once while a log is made.
const WRITTEN: u32 = 4096;

/// What a holder has before it follows a log, and what is public.
struct Away {
    key: G2Prepared,
    first: Witness,
    log: RemovalLog,
}

impl Away {
    /// A log of `count` removals, each of which costs an addition and not a multiplication: with α known,
    /// y_j = j/(j + 1) − α makes V_j = V_{j−1}/(α + y_j) = (j + 1)·V_0.
    fn new(count: u32, measuring: &Measuring<'_>) -> Fallible<Self> {
        let key = RegistryKey::generate(&mut rng());
        let alpha = scalar_from_bytes(&key.expose_bytes());
        let alpha = alpha.ok_or("a key is no scalar")?;
        let prepared = G2Prepared::from(registry_point(&key));
        let v0 = HashSuite::XmdSha256.hash_to_g1(&[b"V0"], b"VEILPASS_BENCH");
        let first = Registry::new(key, v0, 1).draw(&mut rng())?;
        let first = witness(first);
        let (mut log, mut v) = (RemovalLog::default(), G1Projective::from(v0));
        while log.len() < count {
            let places = log.len() + 1..=count.min(log.len() + WRITTEN);
            let sums: Vec<_> = (places.clone())
                .map(|_| {
                    v += v0;
                    v
                })
                .collect();
            for (place, accumulator) in places.zip(normalize(&sums)) {
                let below = Scalar::from(u64::from(place) + 1).invert();
                let below = Option::<Scalar>::from(below).unwrap_or_default();
                let y = Scalar::from(u64::from(place)) * below - alpha;
                push_removal(&mut log, &y, accumulator);
            }
            measuring.preparing(usize::try_from(log.len())?, usize::try_from(count)?);
        }
        Ok(Self {
            key: prepared,
            first,
            log,
        })
    }

    fn points(&self, count: u32) -> Fallible<Vec<Removal>> {
        let points = decoded(&self.log, 0, count);
        Ok(points.ok_or("the log that was made does not decode")?)
    }

    /// The update leads to a witness that holds at its accumulator and not at the one before.
    fn rehearse(&self, count: u32) -> Fallible<()> {
        let there = self.first.at_vartime(&self.log, count)?;
        let points = decoded(&self.log, count.saturating_sub(2), count);
        let points = points.unwrap_or_default();
        let [.., (_, before), (_, now)] = points.as_slice() else {
            return Ok(());
        };
        let [before, now] = [before, now].map(|point| point.in_subgroup());
        let (before, now) = before.and_then(|before| Ok((before, now?)))?;
        must(
            there.holds(&self.key, &now),
            "a witness does not hold after its update",
        )?;
        must(
            !there.holds(&self.key, &before),
            "a witness holds where it must not",
        )
    }

    /// Removal after removal, as somebody would who never is away.
    fn step_by_step(&self, points: &[Removal]) -> Fallible<G1Affine> {
        let step = |c, point| {
            Ok(self
                .first
                .forward_vartime(&c, std::slice::from_ref(point))?)
        };
        points.iter().try_fold(*self.first.point(), step)
    }

    fn one_sum(&self, points: &[Removal]) -> Fallible<G1Affine> {
        Ok(self.first.forward_vartime(self.first.point(), points)?)
    }
}

/// So many removals: the sum and the same step by step, both with the points at hand, and decoding the points.
pub(super) fn removals(measuring: &Measuring<'_>) -> Fallible<Vec<Row>> {
    let most = measuring.plan.removals.iter().max().copied().unwrap_or(0);
    let away = Away::new(most, measuring)?;
    let points = away.points(most)?;
    let away = &away;
    let mut cases = Vec::new();
    for count in measuring.plan.removals {
        let count = *count;
        away.rehearse(count)?;
        let length = usize::try_from(count)?;
        let some = points.get(..length).unwrap_or(&points);
        let same = some.get(..some.len().min(100)).unwrap_or(some);
        must(
            away.one_sum(same)? == away.step_by_step(same)?,
            "the two ways to update a witness differ",
        )?;
        let read = whole(move || away.points(count));
        cases.push(Case::new("one sum", whole(move || away.one_sum(some))).at(count));
        let read = Case::new("reading the removals", read).at(count);
        cases.push(read.bytes(HEAD + REMOVAL * length));
        if count <= measuring.plan.most_steps {
            let steps = whole(move || away.step_by_step(some));
            cases.push(Case::new("step by step", steps).at(count));
        }
    }
    let mut rows = measuring.rounds("removals", cases, measuring.plan.heavy_rounds)?;
    rows.push(longest(measuring)?);
    Ok(rows)
}

/// The longest log once, from its bytes to the witness, on all cores, and the memory that it took.
fn longest(measuring: &Measuring<'_>) -> Fallible<Row> {
    let count = measuring.plan.longest;
    let away = Away::new(count, measuring)?;
    let follow = || wall(|| Ok(away.first.at_vartime(&away.log, count)?));
    let (followed, grown) = memory(|| measuring.all_cores.install(follow));
    let (there, time) = followed?;
    let last = last_accumulator(&away.log);
    must(
        last.is_some_and(|last| there.holds(&away.key, &last)),
        "a witness does not hold after its update",
    )?;
    let took = u64::try_from(time.as_nanos()).ok();
    Ok(Row {
        plot: "removals",
        series: format!("the whole update, {ALL_CORES}"),
        x: Some(count),
        clock: Some(Clock::Wall),
        rounds: Some(1),
        median_ns: took,
        quartile_low_ns: took,
        quartile_high_ns: took,
        min_ns: took,
        max_ns: took,
        bytes: Some(HEAD + REMOVAL * usize::try_from(count)?),
        memory_bytes: grown,
        ..Row::default()
    })
}
