//! Welch's t-test over two classes of measurements, with cropping (Reparaz, Balasch, Verbauwhede: "Dude,
//! is my code constant time?", 2017).
//!
//! Written out here: the crate `dudect-bencher` measures closures that change nothing and by the clock of
//! the wall, and half of what is measured here consumes its input on a machine that does other work, too.

/// Crops: what is slower than the 1 − 2^(−k/10) quantile is left out, for k = 1 … 100.
const CROPS: i32 = 100;
/// A crop that leaves fewer of a class says nothing.
const ENOUGH: usize = 200;

/// The times of one operation, in nanoseconds, by class.
#[derive(Default)]
pub struct Times {
    pub fixed: Vec<f64>,
    pub random: Vec<f64>,
}

/// What the test says.
pub struct Finding {
    /// The largest |t| of all crops, and of the squares of the centred times.
    pub t: f64,
    pub measurements: usize,
    pub median: f64,
}

impl Finding {
    pub fn verdict(&self) -> &'static str {
        match self.t {
            t if t < 4.5 => "no difference seen",
            t if t < 10.0 => "unclear",
            _ => "differs",
        }
    }
}

impl Times {
    pub fn finding(&self) -> Finding {
        let mut sorted = [self.fixed.as_slice(), &self.random].concat();
        sorted.sort_by(f64::total_cmp);
        let at = |quantile: f64| {
            let place = quantile * (sorted.len() - 1) as f64;
            sorted[place as usize]
        };
        let thresholds = (1..=CROPS).map(|k| at(1.0 - 0.5f64.powf(f64::from(k) / 10.0)));
        let cropped = thresholds.chain([f64::INFINITY]).filter_map(|threshold| {
            let keep = |times: &[f64]| -> Vec<f64> {
                times
                    .iter()
                    .copied()
                    .filter(|time| *time <= threshold)
                    .collect()
            };
            welch(&keep(&self.fixed), &keep(&self.random))
        });
        let second = welch(&squares(&self.fixed), &squares(&self.random));
        Finding {
            t: cropped.chain(second).fold(0.0, f64::max),
            measurements: sorted.len(),
            median: at(0.5),
        }
    }
}

/// Squares of the differences to the mean: whether the classes spread differently.
fn squares(times: &[f64]) -> Vec<f64> {
    let (mean, _) = moments(times);
    times.iter().map(|time| (time - mean).powi(2)).collect()
}

/// Mean and variance.
fn moments(times: &[f64]) -> (f64, f64) {
    let count = times.len() as f64;
    let mean = times.iter().sum::<f64>() / count;
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    (mean, squares / (count - 1.0))
}

/// |t|, if there are enough of both.
fn welch(one: &[f64], other: &[f64]) -> Option<f64> {
    if one.len().min(other.len()) < ENOUGH {
        return None;
    }
    let ((mean, variance), (other_mean, other_variance)) = (moments(one), moments(other));
    let error = variance / one.len() as f64 + other_variance / other.len() as f64;
    let t = (mean - other_mean).abs() / error.sqrt();
    t.is_finite().then_some(t)
}

#[cfg(test)]
mod tests {
    use super::Times;

    /// Times that look like noise, with `more` for one class.
    fn times(more: f64) -> Times {
        let mut state = 1u64;
        let mut noise = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 40) as f64 / 1000.0
        };
        Times {
            fixed: (0..5000).map(|_| 1e5 + noise()).collect(),
            random: (0..5000).map(|_| 1e5 + noise() + more).collect(),
        }
    }

    #[test]
    fn equal_classes_do_not_differ_and_others_do() {
        assert!(times(0.0).finding().t < 4.5);
        assert!(times(2000.0).finding().t > 10.0);
    }

    #[test]
    fn a_difference_under_outliers_is_found_by_cropping() {
        let mut spoiled = times(2000.0);
        for place in (0..5000).step_by(7) {
            spoiled.fixed[place] += 1e8 * (place % 5) as f64;
            spoiled.random[place] += 1e8 * (place % 3) as f64;
        }
        assert!(spoiled.finding().t > 10.0);
    }
}
