//! What is measured. Inputs of both classes are made in the same way, in the same number and kept side by
//! side, and which one is used is drawn in the same way: otherwise caches would tell the classes apart.

use cpu_time::ThreadTime;
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::bbs::{Pending, Prover as Standard, SecretKey, Sha256};
use veilpass::internals::curve::{
    Base, G1Affine, Scalar, g2_generator_times, msm, msm_vartime, random_scalar, scalar_to_bytes,
};
use veilpass::issuance::{PendingOffer, Request};
use veilpass::registry::Handle;
use veilpass::scheme::{Accreditation, Day, HolderBundle, IssuerKey, Mode, Value};

use super::statistic::Times;
use veilpass_fixture::city::{City, HOUR, NOW, at, day};

/// Inputs of each class.
const POOL: usize = 32;
/// Runs before the first measurement.
const WARM_UP: usize = 50;

type Measured = Vec<(&'static str, Times)>;

pub struct Operation {
    pub name: &'static str,
    /// What the fixed class has.
    pub fixed: &'static str,
    pub count: usize,
    pub measure: fn(&mut Lab, usize) -> Measured,
}

pub const OPERATIONS: [Operation; 9] = [
    Operation {
        name: "planted: msm_vartime",
        fixed: "scalar 3",
        count: 20_000,
        measure: planted,
    },
    Operation {
        name: "msm, a fresh point",
        fixed: "scalar 3",
        count: 20_000,
        measure: multiply,
    },
    Operation {
        name: "g2 multiplication",
        fixed: "scalar 3",
        count: 20_000,
        measure: g2,
    },
    Operation {
        name: "standard layer: sign",
        fixed: "x = 3, one message",
        count: 10_000,
        measure: sign,
    },
    Operation {
        name: "standard layer: prove",
        fixed: "one credential",
        count: 5_000,
        measure: prove,
    },
    Operation {
        name: "standard layer: commit",
        fixed: "one message",
        count: 10_000,
        measure: commit,
    },
    Operation {
        name: "pass: issue",
        fixed: "x = 3",
        count: 4_000,
        measure: issue,
    },
    Operation {
        name: "pass: request",
        fixed: "one name",
        count: 5_000,
        measure: request,
    },
    Operation {
        name: "pass: show",
        fixed: "one credential",
        count: 3_000,
        measure: show,
    },
];

/// What the operations share.
pub struct Lab {
    rng: StdRng,
    point: G1Affine,
    city: City,
}

impl Lab {
    pub fn new() -> Self {
        Self {
            rng: StdRng::from_rng(&mut rand::rng()),
            point: veilpass::internals::curve::HashSuite::XmdSha256.hash_to_g1(&[b"point"], b"CT"),
            city: City::new(1),
        }
    }

    /// A pool for each class: `make` gets a secret seed, which is one and the same for the fixed class.
    fn pools<T>(&mut self, mut make: impl FnMut(&mut Self, Option<u64>) -> T) -> [Vec<T>; 2] {
        let mut pools = [Vec::new(), Vec::new()];
        for _ in 0..POOL {
            // Side by side, so that neither class lies better in memory.
            pools[0].push(make(self, None));
            let seed = self.rng.next_u64();
            pools[1].push(make(self, Some(seed)));
        }
        pools
    }

    /// Runs `run` with inputs of both classes in random order; what it returns are the times of its parts.
    fn measure<T, const N: usize>(
        &mut self,
        names: [&'static str; N],
        count: usize,
        pools: &[Vec<T>; 2],
        mut run: impl FnMut(&mut Self, &T) -> [f64; N],
    ) -> Measured {
        let mut times = names.map(|name| (name, Times::default()));
        for round in 0..WARM_UP + count {
            let class = usize::from(self.rng.random::<bool>());
            let input = &pools[class][self.rng.random_range(0..POOL)];
            let taken = run(self, input);
            if round < WARM_UP {
                continue;
            }
            for ((_, times), taken) in times.iter_mut().zip(taken) {
                [&mut times.fixed, &mut times.random][class].push(taken);
            }
        }
        times.into()
    }
}

/// Processor time of this thread, in nanoseconds: other work beside does not count.
fn timed<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let start = ThreadTime::now();
    let made = std::hint::black_box(run());
    (start.elapsed().as_nanos() as f64, made)
}

/// 3, or a random one.
fn scalar_of(seed: Option<u64>) -> Scalar {
    seed.map_or(Scalar::from(3), |seed| {
        random_scalar(&mut StdRng::seed_from_u64(seed))
    })
}

/// A text of 20 letters, always the same or a random one.
fn text_of(seed: Option<u64>) -> String {
    let mut rng = StdRng::seed_from_u64(seed.unwrap_or(0));
    (0..20).map(|_| rng.random_range('a'..='z')).collect()
}

fn scalars(lab: &mut Lab) -> [Vec<Scalar>; 2] {
    lab.pools(|_, seed| scalar_of(seed))
}

fn planted(lab: &mut Lab, count: usize) -> Measured {
    let pools = scalars(lab);
    let base = Base::Point(lab.point);
    lab.measure(["planted: msm_vartime"], count, &pools, |_, scalar| {
        [timed(|| msm_vartime(&[(base, *scalar)])).0]
    })
}

fn multiply(lab: &mut Lab, count: usize) -> Measured {
    let pools = scalars(lab);
    let base = Base::Point(lab.point);
    lab.measure(["msm, a fresh point"], count, &pools, |_, scalar| {
        [timed(|| msm([(base, *scalar)])).0]
    })
}

fn g2(lab: &mut Lab, count: usize) -> Measured {
    let pools = scalars(lab);
    lab.measure(["g2 multiplication"], count, &pools, |_, scalar| {
        [timed(|| g2_generator_times(scalar)).0]
    })
}

fn key_of(seed: Option<u64>) -> SecretKey<Sha256> {
    SecretKey::from_bytes(&scalar_to_bytes(&scalar_of(seed))).expect("a key")
}

fn sign(lab: &mut Lab, count: usize) -> Measured {
    let pools = lab.pools(|_, seed| (key_of(seed), text_of(seed)));
    lab.measure(["standard layer: sign"], count, &pools, |_, (key, text)| {
        [timed(|| key.sign(b"header", &[text, "public"])).0]
    })
}

fn prove(lab: &mut Lab, count: usize) -> Measured {
    let key = key_of(Some(1));
    let pools: [Vec<Standard<Sha256>>; 2] = lab.pools(|_, seed| {
        let messages = [text_of(seed), "public".to_owned()];
        let signature = key.sign(b"header", &messages).expect("a signature");
        key.public_key()
            .verify(&signature, b"header", &messages)
            .expect("a credential")
    });
    lab.measure(
        ["standard layer: prove"],
        count,
        &pools,
        |lab, credential| [timed(|| credential.prove(b"nonce", &[1], &mut lab.rng)).0],
    )
}

fn commit(lab: &mut Lab, count: usize) -> Measured {
    let pools = lab.pools(|_, seed| text_of(seed));
    lab.measure(["standard layer: commit"], count, &pools, |lab, text| {
        [timed(|| Pending::<Sha256>::commit(&[text], &mut lab.rng)).0]
    })
}

/// An issuer with everything that one answer needs.
struct Desk {
    key: IssuerKey,
    accreditation: Accreditation,
    kept: Vec<u8>,
    request: Request,
    handle: Vec<u8>,
}

fn issue(lab: &mut Lab, count: usize) -> Measured {
    let pools = lab.pools(|lab, seed| {
        let city = &mut lab.city;
        let key = IssuerKey::from_bytes(&scalar_to_bytes(&scalar_of(seed))).expect("a key");
        let values = City::issuer_values(day(2022, 6, 1));
        let kept =
            (key.offer(&city.scheme, &values, at(NOW + HOUR), &mut city.rng)).expect("an offer");
        let pending =
            kept.offer()
                .request(&city.scheme, &City::holder_values(), at(NOW), &mut city.rng);
        Desk {
            accreditation: city.accredit(&key),
            request: pending.expect("a request").request().clone(),
            kept: kept.to_bytes(),
            handle: city
                .registry
                .draw(&mut city.rng)
                .expect("a handle")
                .expose_bytes()
                .to_vec(),
            key,
        }
    });
    lab.measure(["pass: issue"], count, &pools, |lab, desk| {
        let kept = PendingOffer::from_bytes(&lab.city.scheme, &desk.kept).expect("an offer");
        let handle = Handle::from_bytes(&desk.handle).expect("a handle");
        // The check of the request is variable-time in public data.
        let checked = kept.check(&lab.city.scheme, &desk.key, &desk.request, at(NOW));
        let checked = checked.expect("a good request");
        [timed(|| checked.issue(Some(&desk.accreditation), handle)).0]
    })
}

fn request(lab: &mut Lab, count: usize) -> Measured {
    let values = City::issuer_values(day(2022, 6, 1));
    let city = &mut lab.city;
    let kept = (city.clinic).offer(&city.scheme, &values, at(NOW + HOUR), &mut city.rng);
    let offer = kept.expect("an offer").offer().clone();
    let pools = lab.pools(|_, seed| {
        [
            ("name", Value::Text(text_of(seed))),
            ("employer", Value::Text(text_of(seed))),
        ]
    });
    lab.measure(["pass: request"], count, &pools, |lab, values| {
        [timed(|| offer.request(&lab.city.scheme, values, at(NOW), &mut lab.rng)).0]
    })
}

/// A pass of somebody: with a fixed seed the very same credential, by its bytes.
fn passes(lab: &mut Lab) -> [Vec<Credential>; 2] {
    let issue = |lab: &mut Lab, seed: Option<u64>| {
        let mut rng = StdRng::seed_from_u64(seed.unwrap_or(0));
        let mut values = City::issuer_values(Day(18_850 + rng.random_range(0..300)));
        values[2].1 = Value::Date(Day(rng.random_range(0..9_000)));
        values[3].1 = Value::Text(text_of(seed)[..4].to_owned());
        let (credential, _) = lab.city.issue_values(true, &values);
        credential.expose_bytes().to_vec()
    };
    let fixed = issue(lab, None);
    lab.pools(|lab, seed| {
        let bytes = seed.map_or_else(|| fixed.clone(), |seed| issue(lab, Some(seed)));
        Credential::from_bytes(&lab.city.scheme, &bytes).expect("a credential")
    })
}

/// Blinding with its check of public points; answers; all at once.
fn show(lab: &mut Lab, count: usize) -> Measured {
    let pools = passes(lab);
    let holder: HolderBundle = lab.city.holder_bundle();
    let ask = lab.city.ask(Mode::Poster, "bar", "Cafe");
    let names = ["pass: prepare", "pass: answer", "pass: present"];
    lab.measure(names, count, &pools, |lab, credential| {
        let rng = &mut lab.rng;
        let (preparing, prepared) = timed(|| credential.prepare(&holder, "bar", at(NOW), rng));
        let prepared = prepared.expect("prepared");
        let answered = timed(|| prepared.answer(credential, &holder, &ask, at(NOW), rng));
        let (answering, answer) = answered;
        answer.expect("an answer");
        let (presenting, shown) = timed(|| credential.present(&holder, &ask, None, at(NOW), rng));
        shown.expect("a pass");
        [preparing, answering, presenting]
    })
}
