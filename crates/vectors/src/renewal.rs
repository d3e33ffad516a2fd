//! A renewal: the request with its proof, the response, the new pass; and what the issuer refuses.

use rand::{SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::internals::trace::{self, Falsified};
use veilpass::issuance::{Offer, PendingOffer, RenewalRequest};
use veilpass::scheme::{Day, Value};
use veilpass_fixture::city::NOW;

use crate::encodings::{outside, plus_order};
use crate::issuance::{accreditation, named};
use crate::json::{Group, Test, VectorFile, bytes};
use crate::object;
use crate::passes::change;
use crate::proof;
use crate::world::{SECOND, World, days, moment};

/// One renewal of a world's pass.
struct Renewal<'a> {
    world: &'a World,
    hidden: bool,
    policy: &'static str,
    values: Vec<(&'static str, Value)>,
    kept: PendingOffer,
}

/// The end of today.
const MIDNIGHT: i64 = NOW - 68_640 + 86_400;

impl<'a> Renewal<'a> {
    fn new(world: &'a World, hidden: bool, policy: &'static str, days: &[Day]) -> Self {
        let names = ["until", "until_strict"];
        let dates = names.into_iter().zip(days);
        let values: Vec<_> = dates.map(|(name, day)| (name, Value::Date(*day))).collect();
        let city = &world.city;
        let key = if hidden { &city.clinic } else { &city.portal };
        let mut rng = StdRng::seed_from_u64(81);
        let moments = (moment(NOW), moment(NOW + 86_400));
        let kept = key.offer_renewal(&world.bundle, policy, &values, moments, &mut rng);
        Self {
            world,
            hidden,
            policy,
            values,
            kept: kept.unwrap(),
        }
    }

    fn key(&self) -> &veilpass::scheme::IssuerKey {
        let city = &self.world.city;
        if self.hidden {
            &city.clinic
        } else {
            &city.portal
        }
    }

    fn kept(&self) -> PendingOffer {
        PendingOffer::from_bytes(&self.world.city.scheme, &self.kept.to_bytes()).unwrap()
    }

    fn offer(&self) -> Offer {
        self.kept.offer().clone()
    }

    /// What a wallet asks at `now`.
    fn request(
        &self,
        credential: &Credential,
        now: i64,
        falsified: Falsified<'_>,
    ) -> Option<(veilpass::issuance::PendingRenewal, trace::Traced)> {
        let mut rng = StdRng::seed_from_u64(82);
        let asked = (credential, moment(now));
        trace::renew(
            &self.offer(),
            &self.world.holder,
            asked,
            falsified,
            &mut rng,
        )
        .ok()
    }

    fn is_signed(&self, request: &[u8], now: i64) -> bool {
        RenewalRequest::from_bytes(request).is_ok_and(|request| {
            let (bundle, key) = (&self.world.bundle, self.key());
            self.kept()
                .check_renewal(bundle, key, &request, moment(now))
                .is_ok()
        })
    }

    fn whole(&self, comment: &str) -> Group {
        let scheme = &self.world.city.scheme;
        let credential = &self.world.credential;
        let (pending, traced) = self.request(credential, NOW, Falsified::default()).unwrap();
        let request = pending.request().clone();
        // What the wallet makes by itself is the same request.
        let mut rng = StdRng::seed_from_u64(82);
        let made = self
            .offer()
            .renew(&self.world.holder, credential, moment(NOW), &mut rng);
        assert_eq!(made.unwrap().request().to_bytes(), request.to_bytes());
        let acc = self.hidden.then(|| self.world.city.accredit(self.key()));
        let checked =
            (self.kept()).check_renewal(&self.world.bundle, self.key(), &request, moment(NOW));
        let checked = checked.ok().unwrap();
        let (draw, code) = (checked.draw(), checked.code());
        let response = checked.issue(acc.as_ref()).unwrap();
        let (d, salt) = trace::offer_secrets(&self.kept);
        let key = trace::renewal_key(&pending);
        let plain = trace::renewal_envelope(&pending, &response).unwrap();
        let pending_bytes = pending.expose_bytes();
        let issuance = trace::issuance_digest(&self.kept, &request.to_bytes());
        let renewed = pending
            .receive(credential, &self.world.holder, &response, moment(NOW))
            .unwrap();
        let fields = object! {
            "now": NOW,
            "renewal": self.policy,
            "issuerSecretKey": bytes(*self.key().expose_bytes()),
            "newDates": named(&self.values),
            "salt": bytes(salt),
            "d": bytes(d),
            "offer": bytes(self.offer().to_bytes()),
            "pendingOffer": bytes(self.kept.to_bytes()),
            "oneTimeKeySeed": bytes(key.seed),
            "oneTimePrivateKey": bytes(key.private),
            "oneTimePublicKey": bytes(key.public),
            "oldCredential": proof::credential(credential, scheme.schema()),
            "proof": proof::proof(&traced, scheme.schema(), &[]),
            "request": bytes(request.to_bytes()),
            "pendingRenewal": bytes(&*pending_bytes),
            "draw": bytes(draw.to_bytes()),
            "code": code,
            "accreditation": acc.as_ref().map(accreditation),
            "issuanceDigest": bytes(issuance),
            "envelope": bytes(&*plain),
            "response": bytes(response.to_bytes()),
            "newCredential": proof::credential(&renewed, scheme.schema()),
        };
        Group {
            kind: "Renewal",
            shared: object! { "world": self.world.name },
            tests: vec![Test::valid(comment, fields)],
        }
    }

    fn group(&self, good: &[u8], tests: Vec<Test>) -> Group {
        Group {
            kind: "RenewalAtIssuer",
            shared: object! {
                "world": self.world.name,
                "issuerSecretKey": bytes(*self.key().expose_bytes()),
                "pendingOffer": bytes(self.kept.to_bytes()),
                "request": bytes(good),
            },
            tests,
        }
    }

    fn test(
        &self,
        flag: &'static str,
        comment: &str,
        (good, request): (&[u8], &[u8]),
        now: i64,
    ) -> Test {
        let fields = object! { "now": now, "change": change(good, request) };
        let valid = self.is_signed(request, now);
        Test {
            valid,
            ..Test::valid(comment, fields)
        }
        .flags(&[flag])
    }

    fn refused(&self) -> Vec<Group> {
        let credential = &self.world.credential;
        let made = |now| {
            let (pending, traced) = self.request(credential, now, Falsified::default()).unwrap();
            (pending.request().to_bytes(), traced)
        };
        let (good, traced) = made(NOW);
        let flip = |place: usize| {
            let mut spoilt = good.clone();
            spoilt[place] ^= 1;
            spoilt
        };
        let with = |place: usize, bytes: &[u8]| {
            let mut spoilt = good.clone();
            spoilt[place..place + bytes.len()].copy_from_slice(bytes);
            spoilt
        };
        let points = 2 + 32 + 48 + 32 + 144;
        let challenge = points + 48 * traced.points.len();
        let responses = challenge + 16;
        let mut cases = vec![("good".to_owned(), good.clone())];
        for (name, place) in [
            ("version", 0),
            ("kind", 1),
            ("name of the offer", 33),
            ("one-time key", 113),
            ("challenge", challenge),
        ] {
            cases.push((format!("{name} differs"), flip(place)));
        }
        for (_, what, point) in crate::encodings::wrong_points(&good[34..82]) {
            cases.push((format!("C: {what}"), with(34, &point)));
        }
        for i in 0..traced.points.len() {
            cases.push((
                format!("point {i}: outside the subgroup"),
                with(points + 48 * i, &outside(48)),
            ));
        }
        for i in 0..traced.responses.len() {
            cases.push((
                format!("response {i} differs"),
                flip(responses + 32 * i + 31),
            ));
        }
        cases.push((
            "response 0 plus r".to_owned(),
            with(responses, &plus_order(&good[responses..responses + 32])),
        ));
        cases.push((
            "a byte is missing".to_owned(),
            good[..good.len() - 1].to_vec(),
        ));
        cases.push(("a byte is left over".to_owned(), [&good[..], &[0]].concat()));
        let tests: Vec<_> = (cases.iter())
            .map(|(comment, request)| self.test("Bytes", comment, (&good, request), NOW))
            .collect();
        for (i, test) in tests.iter().enumerate() {
            assert_eq!(test.valid, i == 0, "{}", test.comment);
        }
        let at = |made_at: i64, moments: &[(&str, i64, bool)]| {
            let (good, _) = made(made_at);
            let test = |(comment, now, valid): &(&str, i64, bool)| {
                let test = self.test("Clock", comment, (&good, &good), *now);
                assert_eq!(test.valid, *valid, "{comment}");
                test
            };
            self.group(&good, moments.iter().map(test).collect())
        };
        let mut groups = vec![
            self.group(&good, tests),
            at(
                SECOND,
                &[
                    ("an epoch begins", SECOND, true),
                    ("a second before the epoch begins", SECOND - 1, false),
                ],
            ),
            at(
                MIDNIGHT - 1,
                &[
                    ("a second before midnight", MIDNIGHT - 1, true),
                    ("midnight: it was made on another day", MIDNIGHT, false),
                ],
            ),
            at(
                NOW + 86_399,
                &[
                    ("a second before the offer expires", NOW + 86_399, true),
                    ("the offer has expired", NOW + 86_400, false),
                ],
            ),
        ];
        let false_witness = Falsified {
            witness: Some(self.world.other_witness),
            ..Falsified::default()
        };
        let false_signature = Falsified {
            signature: Some(self.world.other_witness),
            ..Falsified::default()
        };
        for (comment, falsified) in [
            (
                "the witness of another handle: all but one pairing holds",
                false_witness,
            ),
            ("another A: all but one pairing holds", false_signature),
        ] {
            let (pending, _) = self.request(credential, NOW, falsified).unwrap();
            let request = pending.request().to_bytes();
            let test = self.test("FalseObject", comment, (&request, &request), NOW);
            assert!(!test.valid, "{comment}");
            groups.push(self.group(&request, vec![test]));
        }
        groups
    }
}

/// The files.
#[must_use]
pub fn files(hidden: &World, known: &World) -> Vec<VectorFile> {
    let usual = Renewal::new(hidden, true, "renewal", &[days(120), days(20)]);
    let longer = Renewal::new(hidden, true, "longer", &[days(95)]);
    let of_known = Renewal::new(known, false, "renewal", &[days(120), days(20)]);
    let header = vec![
        "docs/protocol.md, 3.3: a request has H(offer), C, the one-time key, and what a pass has behind its header, for a question of mode 3. The \
         issuer builds the question from its bundle when its clock is `now`.",
        "`change` is as in the files of doors. The one-time key comes from its seed by DeriveKeyPair of RFC 9180.",
    ];
    vec![
        VectorFile {
            name: "renewal",
            algorithm: "renewal",
            header: header.clone(),
            notes: Vec::new(),
            worlds: vec![hidden.for_holders(), known.for_holders()],
            groups: vec![
                usual.whole("both last days come anew"),
                longer.whole("by a policy with a first day; the last day comes anew"),
                of_known.whole("known issuer"),
            ],
        },
        VectorFile {
            name: "renewal-refused",
            algorithm: "renewal: what the issuer refuses",
            header,
            notes: vec![
                ("Bytes", "The request differs from a good one."),
                ("Clock", "A good request, at a moment that decides."),
                (
                    "FalseObject",
                    "Every Schnorr equation and the challenge hold; one pairing does not.",
                ),
            ],
            worlds: vec![hidden.trusted()],
            groups: usual.refused(),
        },
    ]
}
