//! What a door takes is decided by its setup and by what it has asked, never by the pass; a challenge is
//! used up by an accepted answer and by nothing else.

use super::*;
use veilpass::Credential;
use veilpass::presentation::Verified;
use veilpass::scheme::{Bundle, HolderBundle};

/// A door with two guests, who answer whatever they are asked.
struct Scene {
    holder: HolderBundle,
    bundle: Bundle,
    guests: [Credential; 2],
}

impl Scene {
    fn new() -> Self {
        let mut city = City::new(1);
        let guests = [true, false].map(|clinic| city.issue(clinic, day(2022, 6, 1)).0);
        Self {
            holder: city.holder_bundle(),
            bundle: city.door_bundle(),
            guests,
        }
    }

    fn door(&self) -> Door<'_> {
        Door::new(&self.bundle, "restaurant", "Cafe").unwrap()
    }

    fn shown(&self, guest: usize, ask: &Question) -> Vec<u8> {
        let shown = self.guests[guest].present(&self.holder, ask, Some(TODAY), at(NOW), &mut rng());
        shown.unwrap().as_bytes().to_vec()
    }

    fn answer(&self, guest: usize, challenge: &Challenge) -> Vec<u8> {
        self.shown(guest, &self.door().ask(challenge))
    }

    fn verify(&self, payload: &[u8], expected: Expected<'_>) -> Result<Verified, Reason> {
        self.door().verify(payload, expected, at(NOW), &mut rng())
    }

    fn check<S: ReplayStore>(
        &self,
        payload: &[u8],
        expected: Expected<'_>,
        store: &mut S,
    ) -> Verdict {
        (self.door()).check(payload, expected, at(NOW), store, &mut rng())
    }
}

/// 28 June 2021.
const TODAY: Day = Day(18_806);

fn two_challenges() -> [Challenge; 2] {
    let mut rng = rng();
    [city::challenge(&mut rng), city::challenge(&mut rng)]
}

fn is_green(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Accepted(_))
}

#[test]
fn several_challenges_are_open_and_each_guest_answers_their_own() {
    let (scene, open) = (Scene::new(), two_challenges());
    let answers = [scene.answer(0, &open[0]), scene.answer(1, &open[1])];
    // Whoever comes first, and one by one or together.
    for order in [[0, 1], [1, 0]] {
        let mut store = MemoryReplayStore::default();
        for guest in order {
            let verified = scene.verify(&answers[guest], Expected::answers(&open));
            let verified = verified.ok().unwrap();
            assert_eq!(verified.entry().answered(), Some(&open[guest]));
            let remembered = store.remember(verified.entry()).unwrap();
            assert!(is_green(&verified.accept(remembered)));
        }
    }
    let both = answers.each_ref().map(Vec::as_slice);
    let mut store = MemoryReplayStore::default();
    let expected = Expected::answers(&open);
    let verdicts = (scene.door()).check_batch(&both, expected, at(NOW), &mut store, &mut rng());
    assert!(verdicts.iter().all(is_green), "{verdicts:?}");
}

#[test]
fn an_answer_to_a_challenge_that_is_not_open_is_of_another_question() {
    let (scene, open) = (Scene::new(), two_challenges());
    let answer = scene.answer(0, &open[0]);
    for closed in [&open[1..], &[open[1].clone(), open[1].clone()]] {
        let found = scene.verify(&answer, Expected::answers(closed)).err();
        assert_eq!(found, Some(Reason::OtherQuestion));
    }
    // Nothing was asked at all, or nothing is open any more.
    for expected in [Expected::nothing(), Expected::posters().and_strips()] {
        let found = scene.verify(&answer, expected).err();
        assert_eq!(found, Some(Reason::OtherQuestion));
    }
}

#[test]
fn a_pass_does_not_choose_how_it_is_checked() {
    // The policy takes all three modes and every pass is good; only the door's setup is against it.
    let (scene, open) = (Scene::new(), two_challenges());
    let passes = [
        scene.answer(0, &open[0]),
        scene.shown(0, &scene.door().poster(Mode::Poster)),
        scene.shown(0, &scene.door().poster(Mode::Strip)),
    ];
    for challenge in [false, true] {
        for poster in [false, true] {
            for strip in [false, true] {
                let mut expected = Expected::nothing();
                if challenge {
                    expected = expected.and_answers(&open);
                }
                if poster {
                    expected = expected.and_posters();
                }
                if strip {
                    expected = expected.and_strips();
                }
                let other = Reason::OtherQuestion;
                let all = [
                    (challenge, other),
                    (poster, other),
                    (strip, Reason::NoStrips),
                ];
                for (pass, (taken, why)) in passes.iter().zip(all) {
                    let found = scene.verify(pass, expected).err();
                    let wanted = (!taken).then_some(why);
                    assert_eq!(found, wanted, "{expected:?}");
                }
            }
        }
    }
}

#[test]
fn garbage_and_wrong_answers_use_up_no_challenge() {
    let (scene, open) = (Scene::new(), two_challenges());
    let good = scene.answer(0, &open[0]);
    let mut store = MemoryReplayStore::default();
    let expected = Expected::answers(&open);
    // Version, kind, the scheme's tag and mode 0, then rubbish; a whole header with rubbish; one wrong bit
    // in what is right otherwise.
    let mut wrong = good.clone();
    *wrong.last_mut().unwrap() ^= 1;
    for garbage in [
        [&good[..7], &[0xa5; 1208][..]].concat(),
        [&good[..27], &vec![0xa5; good.len() - 27][..]].concat(),
        good[..100].to_vec(),
        wrong,
    ] {
        assert_eq!(garbage[6], 0, "challenge mode");
        let verdict = scene.check(&garbage, expected, &mut store);
        assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    }
    assert!(is_green(&scene.check(&good, expected, &mut store)));
    let other = scene.answer(1, &open[1]);
    assert!(is_green(&scene.check(&other, expected, &mut store)));
}

#[test]
fn a_challenge_has_one_accepted_answer_even_if_two_are_verified_at_once() {
    let (scene, open) = (Scene::new(), two_challenges());
    let one = [open[0].clone()];
    let mut store = MemoryReplayStore::default();
    let verified = [0, 1].map(|guest| {
        let answer = scene.answer(guest, &one[0]);
        scene.verify(&answer, Expected::answers(&one)).ok().unwrap()
    });
    let verdicts = verified.map(|verified| {
        let remembered = store.remember(verified.entry()).unwrap();
        verified.accept(remembered)
    });
    assert!(is_green(&verdicts[0]));
    assert_eq!(verdicts[1], Verdict::Refused(Reason::QuestionClosed));
    // The second guest was not remembered for it, and answers another one.
    let again = scene.answer(1, &open[1]);
    assert!(is_green(&scene.check(
        &again,
        Expected::answers(&open),
        &mut store
    )));
}

#[test]
fn a_guest_who_was_here_before_leaves_the_challenge_open() {
    let (scene, open) = (Scene::new(), two_challenges());
    let mut store = MemoryReplayStore::default();
    let poster = scene.shown(0, &scene.door().poster(Mode::Poster));
    let expected = Expected::posters().and_answers(&open);
    assert!(is_green(&scene.check(&poster, expected, &mut store)));
    let again = scene.answer(0, &open[0]);
    let verdict = scene.check(&again, expected, &mut store);
    assert_eq!(verdict, Verdict::Refused(Reason::SeenBefore));
    let other = scene.answer(1, &open[0]);
    assert!(is_green(&scene.check(&other, expected, &mut store)));
}

#[test]
fn a_store_that_fails_refuses_and_the_same_answer_is_good_once_it_is_mended() {
    let (scene, open) = (Scene::new(), two_challenges());
    let answer = scene.answer(0, &open[0]);
    let expected = Expected::answers(&open);
    let verdict = scene.check(&answer, expected, &mut Broken);
    assert_eq!(verdict, Verdict::Refused(Reason::NotRemembered));
    let batch = (scene.door()).check_batch(&[&answer], expected, at(NOW), &mut Broken, &mut rng());
    assert_eq!(batch, [Verdict::Refused(Reason::NotRemembered)]);
    let mut store = MemoryReplayStore::default();
    assert!(is_green(&scene.check(&answer, expected, &mut store)));
}

#[test]
fn an_answer_is_used_up_over_midnight_and_forgotten_two_days_later() {
    let challenge = &two_challenges()[0];
    let entry = |day, tag| ReplayEntry::new("Cafe", Day(day), tag, Some(challenge.clone()));
    let mut store = MemoryReplayStore::default();
    assert_eq!(store.remember(&entry(1, b"a")), Ok(Remembered::New));
    assert_eq!(store.remember(&entry(2, b"b")), Ok(Remembered::NotOpen));
    store.forget_before(Day(1));
    assert_eq!(store.remember(&entry(2, b"b")), Ok(Remembered::NotOpen));
    store.forget_before(Day(2));
    assert_eq!(store.remember(&entry(2, b"b")), Ok(Remembered::New));
}

#[test]
fn what_was_verified_can_wait_for_a_store_in_another_thread() {
    let scene = Scene::new();
    let poster = scene.shown(0, &scene.door().poster(Mode::Poster));
    let verified = scene.verify(&poster, Expected::posters()).ok().unwrap();
    assert_eq!(verified.entry().answered(), None);
    assert_eq!(verified.entry().tag().len(), 48);
    let mut store = MemoryReplayStore::default();
    let elsewhere = std::thread::spawn(move || {
        let remembered = store.remember(verified.entry()).unwrap();
        (verified.accept(remembered), store)
    });
    let (verdict, mut store) = elsewhere.join().unwrap();
    assert!(is_green(&verdict));
    let again = scene.check(&poster, Expected::posters(), &mut store);
    assert_eq!(again, Verdict::Refused(Reason::SeenBefore));
}
