//! What honest people made: whatever is accepted or received must be among it.

use std::sync::LazyLock;

use rand::{SeedableRng, rngs::StdRng};
use veilpass::issuance::{Offer, PendingOffer};
use veilpass::presentation::{Challenge, Door, Expected};
use veilpass::scheme::{Day, Mode};

use crate::{City, NOW, WORLD, at, day};
use veilpass_fixture::city::{HOUR, TODAY};

/// A pass: the policy that it answers, how it is asked, its bytes.
pub struct Shown {
    pub policy: &'static str,
    pub mode: Mode,
    pub payload: Vec<u8>,
}

/// The challenge that answers were made for.
static OPEN: [Challenge; 1] = [Challenge::from_store([0; 16], TODAY, 2)];

impl Shown {
    /// What a door expects that shall accept it.
    pub fn expected(&self) -> Expected<'static> {
        match self.mode {
            Mode::Challenge => Expected::answers(&OPEN),
            Mode::Poster => Expected::posters(),
            Mode::Strip => Expected::strips(),
            Mode::Renewal => Expected::answers(&[]),
        }
    }
}

/// An answer to every policy of the city, in one mode or the other.
pub static SHOWN: LazyLock<Vec<Shown>> = LazyLock::new(|| {
    let mut rng = StdRng::seed_from_u64(2);
    let asked = [
        ("restaurant", Mode::Poster),
        ("bar", Mode::Poster),
        ("paper", Mode::Strip),
        ("hospital", Mode::Strip),
        ("open", Mode::Challenge),
    ];
    // Nobody is eligible under the stricter rule here.
    let asked = asked
        .into_iter()
        .filter(|(policy, _)| *policy != "hospital");
    let show = |(policy, mode): (&'static str, Mode)| {
        let ask = match mode {
            Mode::Challenge => {
                let door = Door::new(&WORLD.bundle, policy, "Cafe").unwrap();
                door.ask(&Challenge::from_store([0; 16], TODAY, 2))
            }
            _ => WORLD.city.ask(mode, policy, "Cafe"),
        };
        let today = Day::from_ymd(2021, 6, 28).unwrap();
        let shown = WORLD
            .credential
            .present(&WORLD.holder, &ask, Some(today), at(NOW), &mut rng);
        let payload = shown.unwrap().as_bytes().to_vec();
        Shown {
            policy,
            mode,
            payload,
        }
    };
    asked.map(show).collect()
});

/// An issuance half way: offer, what issuer and holder keep, request, response.
pub struct Issuance {
    pub offer: Vec<u8>,
    pub kept: Vec<u8>,
    pub pending: Vec<u8>,
    pub request: Vec<u8>,
    pub response: Vec<u8>,
}

pub static ISSUANCE: LazyLock<Issuance> = LazyLock::new(|| {
    let (city, mut rng) = (&WORLD.city, StdRng::seed_from_u64(3));
    let values = City::issuer_values(day(2022, 6, 1));
    let kept = city
        .clinic
        .offer(&city.scheme, &values, at(NOW + HOUR), &mut rng)
        .unwrap();
    let offer: &Offer = kept.offer();
    let pending = offer
        .request(&city.scheme, &City::holder_values(), at(NOW), &mut rng)
        .unwrap();
    let (offer, kept) = (offer.to_bytes(), kept.to_bytes());
    let handle = City::new(1).registry.draw(&mut rng).unwrap();
    let response = PendingOffer::from_bytes(&city.scheme, &kept)
        .unwrap()
        .issue(
            &city.scheme,
            &city.clinic,
            Some(&city.accredit(&city.clinic)),
            pending.request(),
            handle,
            at(NOW),
        );
    Issuance {
        offer,
        kept,
        pending: pending.expose_bytes().to_vec(),
        request: pending.request().to_bytes(),
        response: response.unwrap().to_bytes(),
    }
});
