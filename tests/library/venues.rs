//! Registered venues: whom a wallet believes, and what a pass for one says.
use rand::{SeedableRng, rngs::StdRng};
use veilpass::presentation::{
    Asker, Challenge, Door, Expected, MemoryReplayStore, PresentError, Question, Reason, Verdict,
};
use veilpass::scheme::{
    BundleKey, HolderBundle, Mode, SchemaError, UnixTime, UnverifiedVenue, UnverifiedVenueCard,
    VenueCard, VenueError, VenueId, VenueKey, VenueTerms,
};
use veilpass::{Credential, DecodeError, Flaw};
use veilpass_fixture::city::{City, DAY, NOW, at, challenge, check, day, refused, rng};

const NAME: &str = "Cafe Pushkin";

fn id(byte: u8) -> VenueId {
    VenueId::from_bytes([byte; 16]).unwrap()
}

fn key(seed: u64) -> VenueKey {
    VenueKey::generate(&mut StdRng::seed_from_u64(seed))
}

/// A city where only registered venues ask, a guest, and the cafe.
struct Town {
    city: City,
    holder: HolderBundle,
    guest: Credential,
    key: VenueKey,
    card: VenueCard,
}

impl Town {
    fn new() -> Self {
        let mut city = City::registered(3);
        let (guest, _) = city.issue(true, day(2022, 6, 1));
        let key = key(1);
        Self {
            holder: city.holder_bundle(),
            card: city.venue_card(id(1), NAME, &key),
            city,
            guest,
            key,
        }
    }

    /// What the cafe asks one guest at this moment, by this card.
    fn asked(&self, card: &VenueCard, now: UnixTime) -> Question {
        let bundle = self.city.door_bundle();
        let door = Door::registered(&bundle, "restaurant", card).unwrap();
        let ask = door.ask_signed(&self.challenge(), &self.key, now).unwrap();
        assert!(door.has_asked(&ask));
        Question::from_bytes(&ask.to_bytes()).unwrap()
    }

    fn challenge(&self) -> Challenge {
        challenge(&mut StdRng::seed_from_u64(4))
    }

    /// The cafe's poster, by this card.
    fn poster(&self, card: &VenueCard) -> Question {
        let bundle = self.city.door_bundle();
        let door = Door::registered(&bundle, "restaurant", card).unwrap();
        Question::from_bytes(&door.poster(Mode::Poster).to_bytes()).unwrap()
    }

    /// Why the guest's wallet does not answer, if it does not.
    fn refuses(&self, ask: &Question, now: i64) -> Option<PresentError> {
        self.refuses_by(&self.holder, ask, now)
    }

    fn refuses_by(&self, holder: &HolderBundle, ask: &Question, now: i64) -> Option<PresentError> {
        let shown = self.guest.present(holder, ask, None, at(now), &mut rng());
        // What is shown to the holder beforehand says the same.
        let asker = ask.asker(holder.bundle(), at(now)).err();
        let shown = shown.err();
        assert_eq!(shown, asker);
        shown
    }

    /// The terms of the cafe's card, otherwise.
    fn terms(&self, change: impl FnOnce(&mut VenueTerms)) -> VenueCard {
        let mut terms = self.card.terms().clone();
        change(&mut terms);
        let signed = (self.city.bundle_key).sign_venue_card(self.city.scheme.id(), terms);
        signed.unwrap()
    }
}

/// The error of a venue that a wallet does not answer.
fn no(error: VenueError) -> Option<PresentError> {
    Some(PresentError::Venue(error))
}

#[test]
fn a_registered_venue_asks_and_its_guest_answers() {
    let town = Town::new();
    let bundle = town.city.door_bundle();
    let door = Door::registered(&bundle, "restaurant", &town.card).unwrap();
    let ask = town.asked(&town.card, at(NOW));
    assert_eq!(
        ask.asker(&bundle, at(NOW)),
        Ok(Asker::Registered(&town.card))
    );
    let answer = |ask: &Question| {
        let shown = (town.guest).present(&town.holder, ask, None, at(NOW), &mut rng());
        shown.unwrap()
    };
    let open = [town.challenge()];
    let mut seen = MemoryReplayStore::default();
    let mut told =
        |pass: &[u8], expected| door.check(pass, expected, at(NOW), &mut seen, &mut rng());
    let pass = answer(&ask);
    let verdict = told(pass.as_bytes(), Expected::answers(&open));
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    // The poster's pass is of the same guest.
    let pass = answer(&town.poster(&town.card));
    let verdict = told(pass.as_bytes(), Expected::posters());
    assert_eq!(refused(&verdict), Reason::SeenBefore);
    // A venue that only calls itself so is another one.
    let verdict = check(&bundle, "restaurant", NAME, pass.as_bytes(), NOW);
    assert_eq!(refused(&verdict), Reason::OtherVenue);
}

#[test]
fn in_a_registered_scheme_nobody_asks_without_a_card_and_signature() {
    let town = Town::new();
    let bundle = town.city.door_bundle();
    let door = Door::new(&bundle, "restaurant", NAME).unwrap();
    for ask in [door.ask(&town.challenge()), door.poster(Mode::Poster)] {
        assert_eq!(town.refuses(&ask, NOW), no(VenueError::NoCard));
    }
    // With the card alone, for a challenge.
    let door = Door::registered(&bundle, "restaurant", &town.card).unwrap();
    let unsigned = door.ask(&town.challenge());
    assert_eq!(town.refuses(&unsigned, NOW), no(VenueError::NotSigned));
    assert!(Question::from_bytes(&unsigned.to_bytes()).is_err());
    // Strips are printed at home, for a name.
    let strip = town.city.ask(Mode::Strip, "restaurant", NAME);
    assert_eq!(town.refuses(&strip, NOW), None);
}

#[test]
fn an_open_scheme_takes_both_and_the_wallet_says_which() {
    let mut city = City::new(3);
    let (guest, _) = city.issue(true, day(2022, 6, 1));
    let card = city.venue_card(id(1), NAME, &key(1));
    let (bundle, holder) = (city.door_bundle(), city.holder_bundle());
    let plain = Door::new(&bundle, "restaurant", NAME).unwrap();
    let registered = Door::registered(&bundle, "restaurant", &card).unwrap();
    for (door, asker) in [
        (plain, Asker::Unregistered(NAME)),
        (registered, Asker::Registered(&card)),
    ] {
        let ask = door.poster(Mode::Poster);
        assert_eq!(ask.asker(&bundle, at(NOW)), Ok(asker));
        assert_eq!(asker.name(), NAME);
        let shown = guest.present(&holder, &ask, None, at(NOW), &mut rng());
        assert!(shown.is_ok());
    }
    // A card that does not hold is no reason to take the name for an unregistered one.
    let forged = BundleKey::generate(&mut rng());
    let forged = forged.sign_venue_card(city.scheme.id(), card.terms().clone());
    let forged = forged.unwrap();
    let ask = Door::registered(&bundle, "restaurant", &forged).unwrap();
    let shown = guest.present(
        &holder,
        &ask.poster(Mode::Poster),
        None,
        at(NOW),
        &mut rng(),
    );
    assert_eq!(shown.err(), no(VenueError::NotVouched));
}

#[test]
fn a_card_that_the_authority_did_not_sign_or_signed_for_another_scheme() {
    let town = Town::new();
    let other = BundleKey::generate(&mut rng());
    let (scheme, terms) = (town.city.scheme.id(), town.card.terms());
    let forged = other.sign_venue_card(scheme, terms.clone()).unwrap();
    for ask in [town.poster(&forged), town.asked(&forged, at(NOW))] {
        assert_eq!(town.refuses(&ask, NOW), no(VenueError::NotVouched));
    }
    // One authority that keeps two schemes under one key.
    let elsewhere = (town.city.bundle_key).sign_venue_card(&[9; 32], terms.clone());
    let ask = town.poster(&elsewhere.unwrap());
    assert_eq!(town.refuses(&ask, NOW), no(VenueError::OtherScheme));
}

#[test]
fn what_the_authority_signed_cannot_be_changed_on_the_way() {
    let town = Town::new();
    let bytes = town.card.to_bytes();
    let key = town.city.card();
    let verified = |bytes: &[u8]| {
        let card = UnverifiedVenueCard::from_bytes(bytes).ok()?;
        card.verify(key.key()).ok().cloned()
    };
    assert_eq!(verified(&bytes).as_ref(), Some(&town.card));
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        assert_eq!(verified(&changed), None, "byte {place}");
        assert_eq!(verified(&bytes[..place]), None, "length {place}");
    }
    assert_eq!(verified(&[&bytes[..], &[0]].concat()), None);
}

#[test]
fn a_card_ends_at_its_end() {
    let town = Town::new();
    let card = town.terms(|terms| terms.end = at(NOW + 30));
    let (poster, asked) = (town.poster(&card), town.asked(&card, at(NOW)));
    for ask in [&poster, &asked] {
        assert_eq!(town.refuses(ask, NOW + 29), None);
        assert_eq!(town.refuses(ask, NOW + 30), no(VenueError::Ended));
        assert_eq!(town.refuses(ask, NOW + 31), no(VenueError::Ended));
    }
    let bundle = town.city.door_bundle();
    let door = Door::registered(&bundle, "restaurant", &card).unwrap();
    let ask = |now| door.ask_signed(&town.challenge(), &town.key, at(now)).err();
    assert_eq!(ask(NOW + 29), None);
    assert_eq!(ask(NOW + 30), Some(VenueError::Ended));
}

#[test]
fn a_withdrawn_venue_whatever_its_card() {
    let mut town = Town::new();
    let (poster, asked) = (town.poster(&town.card), town.asked(&town.card, at(NOW)));
    town.city.withdrawn = vec![id(2)];
    let others = town.city.holder_bundle();
    town.city.withdrawn = vec![id(1), id(2)];
    let withdrawn = town.city.holder_bundle();
    let renewed = town.terms(|terms| terms.end = at(NOW + 2 * DAY));
    for ask in [poster, asked, town.poster(&renewed)] {
        assert_eq!(town.refuses_by(&others, &ask, NOW), None);
        let refused = town.refuses_by(&withdrawn, &ask, NOW);
        assert_eq!(refused, no(VenueError::Withdrawn));
    }
}

#[test]
fn a_policy_that_is_not_on_the_card() {
    let town = Town::new();
    let card = town.terms(|terms| terms.policies = vec![2, 4]);
    let ask = town.poster(&card);
    assert_eq!(town.refuses(&ask, NOW), no(VenueError::OtherPolicy));
    let bundle = town.city.door_bundle();
    let door = Door::registered(&bundle, "restaurant", &card).unwrap();
    let asked = door.ask_signed(&town.challenge(), &town.key, at(NOW));
    assert_eq!(asked.err(), Some(VenueError::OtherPolicy));
}

/// The place of what a signature covers in the bytes of the cafe's challenge, from the end.
const BEHIND: [(&str, usize); 5] = [
    ("nonce", 96),
    ("day", 80),
    ("epoch", 76),
    ("good until", 72),
    ("signature", 64),
];

#[test]
fn a_venue_s_signature_is_of_one_question() {
    let town = Town::new();
    let bytes = town.asked(&town.card, at(NOW)).to_bytes();
    for (what, from_end) in BEHIND {
        let mut changed = bytes.clone();
        let place = changed.len() - from_end;
        // Of numbers the last byte: the day stays within the window at midnight, the epoch one that is known.
        let last = match what {
            "nonce" | "signature" => place,
            "good until" => place + 7,
            _ => place + 3,
        };
        changed[last] ^= 1;
        let ask = Question::from_bytes(&changed).unwrap();
        let asker = ask.asker(town.holder.bundle(), at(NOW));
        assert_eq!(asker.err(), no(VenueError::NotSigned), "{what}");
    }
    // The policy, by its number: another one that is on the card.
    let mut changed = bytes.clone();
    changed[9] = 2;
    let ask = Question::from_bytes(&changed).unwrap();
    assert_eq!(town.refuses(&ask, NOW), no(VenueError::NotSigned));
    // The card: another one of the same venue and key, that ends later.
    let renewed = town.terms(|terms| terms.end = at(NOW + 2 * DAY));
    let (old, new) = (town.card.to_bytes(), renewed.to_bytes());
    let mut changed = bytes.clone();
    let place = changed.windows(old.len()).position(|part| part == old);
    let place = place.unwrap();
    changed.splice(place..place + old.len(), new);
    let ask = Question::from_bytes(&changed).unwrap();
    assert_eq!(town.refuses(&ask, NOW), no(VenueError::NotSigned));
    // Somebody else's key signs under a copy of the card.
    let bundle = town.city.door_bundle();
    let door = Door::registered(&bundle, "restaurant", &town.card).unwrap();
    let asked = door.ask_signed(&town.challenge(), &key(2), at(NOW));
    assert_eq!(asked.err(), Some(VenueError::NotSigned));
    let own = town.terms(|terms| terms.key = key(2).public());
    let door = Door::registered(&bundle, "restaurant", &own).unwrap();
    let asked = door.ask_signed(&town.challenge(), &key(2), at(NOW));
    let mut changed = asked.unwrap().to_bytes();
    let new = town.card.to_bytes();
    let length = new.len();
    changed.splice(place..place + length, new);
    let ask = Question::from_bytes(&changed).unwrap();
    assert_eq!(town.refuses(&ask, NOW), no(VenueError::NotSigned));
}

#[test]
fn a_question_is_good_for_a_window_at_most() {
    // The door's window is 60 seconds, of which 45 are for the answer: a wallet whose clock is 15 behind answers at once.
    let town = Town::new();
    let ask = town.asked(&town.card, at(NOW));
    for (now, told) in [
        (NOW - 16, no(VenueError::TooFarAhead)),
        (NOW - 15, None),
        (NOW - 14, None),
        (NOW + 44, None),
        (NOW + 45, no(VenueError::TooOld)),
        (NOW + 46, no(VenueError::TooOld)),
    ] {
        assert_eq!(town.refuses(&ask, now), told, "{}", now - NOW);
    }
}

#[test]
fn a_pass_does_not_tell_which_card_the_venue_had() {
    // A renewed card has another end, another key and other policies: the same wallet, with the same generator, makes the
    // same bytes, so that nothing of the card is in them, the pseudonym included.
    let town = Town::new();
    let renewed = town.terms(|terms| {
        terms.end = at(NOW + 9 * DAY);
        terms.key = key(2).public();
        terms.policies = vec![1, 4, 5];
    });
    let shown = |card: &VenueCard| {
        let (ask, mut rng) = (town.poster(card), StdRng::seed_from_u64(8));
        let shown = (town.guest).present(&town.holder, &ask, None, at(NOW), &mut rng);
        shown.unwrap().into_bytes()
    };
    let before = shown(&town.card);
    assert_eq!(before, shown(&renewed));
    // The venue knows its guest again under the renewed card.
    let bundle = town.city.door_bundle();
    let mut seen = MemoryReplayStore::default();
    let mut told = |card: &VenueCard, pass: &[u8]| {
        let door = Door::registered(&bundle, "restaurant", card).unwrap();
        door.check(pass, Expected::posters(), at(NOW), &mut seen, &mut rng())
    };
    assert!(matches!(told(&town.card, &before), Verdict::Accepted(_)));
    let ask = town.poster(&renewed);
    let again = (town.guest).present(&town.holder, &ask, None, at(NOW), &mut rng());
    let again = told(&renewed, again.unwrap().as_bytes());
    assert_eq!(refused(&again), Reason::SeenBefore);
    // Another venue of the same name does not exist; if the authority made one, it would see others.
    let other = town.terms(|terms| terms.id = id(2));
    assert_ne!(before, shown(&other));
    let bundle = town.city.door_bundle();
    let door = Door::registered(&bundle, "restaurant", &other).unwrap();
    let mut seen = MemoryReplayStore::default();
    let verdict = door.check(&before, Expected::posters(), at(NOW), &mut seen, &mut rng());
    assert_eq!(refused(&verdict), Reason::OtherVenue);
}

#[test]
fn the_longest_question_of_a_registered_venue_fits_a_code_of_version_25() {
    let town = Town::new();
    let card = town.terms(|terms| {
        terms.name = "🐈".repeat(64);
        terms.policies = (1..=64).collect();
    });
    let ask = town.asked(&card, at(NOW)).to_bytes();
    assert_eq!(ask.len(), 10 + 2 + 2 + 542 + 96);
    let code = veilpass::qr::Code::new(&ask).unwrap();
    assert!(code.version() <= 25, "{}", code.version());
    let usual = town.asked(&town.card, at(NOW)).to_bytes();
    assert!(usual.len() < 300, "{}", usual.len());
}

#[test]
fn what_no_card_can_say() {
    let town = Town::new();
    let refused = |change: fn(&mut VenueTerms)| {
        let mut terms = town.card.terms().clone();
        change(&mut terms);
        let signed = (town.city.bundle_key).sign_venue_card(town.city.scheme.id(), terms);
        matches!(signed, Err(SchemaError { .. }))
    };
    assert!(!refused(|_| {}));
    assert!(refused(|terms| terms.name = String::new()));
    assert!(refused(|terms| terms.name = " Cafe".into()));
    assert!(refused(|terms| terms.name = "x".repeat(65)));
    assert!(refused(|terms| terms.name = "Cafe\u{301}".into()));
    assert!(refused(|terms| terms.policies = vec![]));
    assert!(refused(|terms| terms.policies = vec![2, 1]));
    assert!(refused(|terms| terms.policies = vec![1, 1]));
    assert!(refused(|terms| terms.policies = (0..65).collect()));
    // And no decoder reads: zeros for an id, which stand for venues without a card.
    let mut bytes = town.card.to_bytes();
    bytes[98..114].fill(0);
    let flaw = |read: Result<UnverifiedVenueCard, DecodeError>| read.err().map(|e| e.flaw);
    let zeros = flaw(UnverifiedVenueCard::from_bytes(&bytes));
    assert_eq!(zeros, Some(Flaw::Value("a venue's id is all zeros")));
    // A key of small order, under which one signature fits many questions.
    let mut bytes = town.card.to_bytes();
    let end = bytes.len() - 8;
    bytes[end - 32..end].copy_from_slice(&{
        let mut one = [0; 32];
        one[0] = 1;
        one
    });
    let weak = flaw(UnverifiedVenueCard::from_bytes(&bytes));
    assert_eq!(weak, Some(Flaw::Value("not an Ed25519 key")));
}

#[test]
fn a_question_names_its_venue_once() {
    let town = Town::new();
    let good = town.poster(&town.card).to_bytes();
    assert!(Question::from_bytes(&good).is_ok());
    // A name beside the card, a card within a question of nobody, a byte behind.
    let mut beside = good.clone();
    beside.splice(10..12, [0, 1, b'x']);
    let mut nobody = good[..10].to_vec();
    nobody.extend([0; 4]);
    for bytes in [beside, nobody, [&good[..], &[0]].concat()] {
        assert!(Question::from_bytes(&bytes).is_err());
    }
}

#[test]
fn a_registration_is_of_its_key_s_owner_in_one_scheme() {
    let town = Town::new();
    let scheme = town.city.scheme.id();
    let made = town.key.register(scheme, NAME).unwrap();
    let bytes = made.to_bytes();
    let read = UnverifiedVenue::from_bytes(&bytes).unwrap();
    assert_eq!(
        (read.name(), read.verify(scheme)),
        (NAME, Ok(town.key.public()))
    );
    assert!(read.verify(&[9; 32]).is_err(), "another scheme");
    assert!(town.key.register(scheme, "Cafe ").is_err());
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        let read = UnverifiedVenue::from_bytes(&changed);
        let refused = read.map_or(true, |venue| venue.verify(scheme).is_err());
        assert!(refused, "byte {place}");
        assert!(UnverifiedVenue::from_bytes(&bytes[..place]).is_err());
    }
    let fingerprints = [1, 2].map(|seed| key(seed).public().fingerprint());
    assert_ne!(fingerprints[0], fingerprints[1]);
    assert_eq!(fingerprints[0].len(), 24);
}

#[test]
fn the_withdrawn_venues_of_a_bundle_rise() {
    let city = City::new(1);
    let read = |withdrawn: Vec<VenueId>| {
        let mut bundle = city.raw_bundle();
        bundle.withdrawn = withdrawn;
        let bytes = bundle.sign(&city.bundle_key);
        veilpass::scheme::UnverifiedBundle::new(&bytes)
            .verify(&veilpass::scheme::Trust::pinned(&city.card()))
            .map(|bundle| bundle.withdrawn().to_vec())
    };
    assert_eq!(read(vec![id(1), id(2)]), Ok(vec![id(1), id(2)]));
    for bad in [vec![id(2), id(1)], vec![id(1), id(1)]] {
        assert!(read(bad).is_err());
    }
}
