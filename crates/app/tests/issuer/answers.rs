//! One request and many.

use std::sync::Mutex;

use veilpass::issuance::{Draw, PendingRequest};
use veilpass_app::error::{Class, Classified};
use veilpass_app::issuer::answer::Issued;
use veilpass_app::issuer::{AnyRequest, IssuerError, NotReady};
use veilpass_app::ports::{Confirm, Confirmation, NobodyToAsk};
use veilpass_app::store::StoreError;
use veilpass_fixture::city::{DAY, NOW};
use veilpass_fixture::place::done;
use veilpass_fixture::roles::{Plan, World};

/// Somebody who sees these codes on wallets.
struct Clerk {
    sees: Vec<String>,
    was_asked: Mutex<u32>,
}

impl Clerk {
    fn sees(codes: &[String]) -> Self {
        Self {
            sees: codes.to_vec(),
            was_asked: Mutex::new(0),
        }
    }
}

impl Confirm for Clerk {
    fn confirm(&self, question: &Confirmation<'_>) -> Result<bool, NobodyToAsk> {
        *self.was_asked.lock().unwrap() += 1;
        match question {
            Confirmation::SameCode { code, .. } => Ok(self.sees.iter().any(|seen| seen == code)),
            _ => Err(NobodyToAsk("another question".into())),
        }
    }
}

/// A request for an offer of its own.
fn request(world: &mut World) -> AnyRequest {
    let offer = world.offer();
    world.request(&offer)
}

fn all(world: &World, requests: &[AnyRequest], now: i64) -> Vec<Result<Issued, IssuerError>> {
    let (issuer, key) = (world.issuer(), world.key());
    done(issuer.answer_all(&key, requests, now)).unwrap()
}

#[test]
fn nobody_gets_a_pass_whose_code_the_person_does_not_see() {
    let mut world = World::new(&Plan::default());
    let (offer, second) = (world.offer(), world.offer());
    let (asked, request) = (world.pending(&offer), world.pending(&second));
    let (issuer, key) = (world.issuer(), world.key());
    let sent = |pending: &PendingRequest| AnyRequest::from(pending.request().clone());

    let blind = Clerk::sees(&[]);
    let refused = done(issuer.answer_compared(&key, sent(&asked), &blind, NOW));
    assert!(matches!(refused, Err(IssuerError::CodesDiffer)));
    let free = done(issuer.free_handles()).unwrap();
    assert_eq!(free, 10, "nothing is used up");
    // The offer is closed, for a request that is right as well.
    let closed = done(issuer.answer(&key, sent(&asked), NOW));
    assert!(matches!(
        closed,
        Err(IssuerError::Store(StoreError::UnknownOffer))
    ));

    let drawn = done(issuer.draw(&key, &sent(&request), NOW)).unwrap();
    let draw = Draw::from_bytes(&drawn.draw).unwrap();
    assert_eq!(request.code(&draw), Some(drawn.code.clone()));
    assert_eq!(asked.code(&draw), None, "of another offer");
    let clerk = Clerk::sees(std::slice::from_ref(&drawn.code));
    let issued = done(issuer.answer_compared(&key, sent(&request), &clerk, NOW)).unwrap();
    assert_eq!(issued.code, Some(drawn.code));
    assert_eq!(*clerk.was_asked.lock().unwrap(), 1);
    // Again: the same, and nobody is asked.
    let again = done(issuer.answer(&key, sent(&request), NOW)).unwrap();
    assert_eq!((&again.response, again.code), (&issued.response, None));
}

/// Whoever could send a second request after the draw was revealed would choose the code.
#[test]
fn a_second_request_after_the_draw_closes_the_offer() {
    let mut world = World::new(&Plan::default());
    let offer = world.offer();
    let [first, second] = [(); 2].map(|()| world.request(&offer));
    let (issuer, key) = (world.issuer(), world.key());
    let drawn = done(issuer.draw(&key, &first, NOW)).unwrap();
    assert_eq!(
        done(issuer.draw(&key, &first, NOW)).unwrap(),
        drawn,
        "scanned again"
    );
    let used = done(issuer.answer(&key, second.clone(), NOW));
    assert!(matches!(
        used,
        Err(IssuerError::Store(StoreError::OfferUsed))
    ));
    let closed = done(issuer.draw(&key, &second, NOW));
    assert!(matches!(
        closed,
        Err(IssuerError::Store(StoreError::OfferClosed))
    ));
    for request in [first, second] {
        let gone = done(issuer.answer(&key, request, NOW));
        assert!(matches!(
            gone,
            Err(IssuerError::Store(StoreError::UnknownOffer))
        ));
    }
}

/// A batch would sign without it; and who did not see the draw cannot have compared anything.
#[test]
fn an_offer_for_a_guest_who_is_there_is_answered_after_codes_were_compared_only() {
    let mut world = World::new(&Plan::default());
    let offer = done(world.offer_at(NOW));
    let request = world.request(&offer);
    let refused = all(&world, std::slice::from_ref(&request), NOW);
    assert!(matches!(refused[..], [Err(IssuerError::NotCompared)]));
    let (issuer, key) = (world.issuer(), world.key());
    let unseen = done(issuer.answer_agreed(&key, request.clone(), NOW));
    assert!(matches!(unseen, Err(IssuerError::NotCompared)));
    done(issuer.draw(&key, &request, NOW)).unwrap();
    let refused = all(&world, std::slice::from_ref(&request), NOW);
    assert!(matches!(refused[..], [Err(IssuerError::NotCompared)]));
    let issued = done(issuer.answer_agreed(&key, request.clone(), NOW)).unwrap();
    let again = all(&world, &[request], NOW).remove(0).unwrap();
    assert_eq!(again.response, issued.response);
}

/// It teaches nothing of the draw and gets nothing; and if it closed the offer, anybody at a scanner could send guests away.
#[test]
fn a_request_that_proves_nothing_gets_no_draw_and_closes_no_offer() {
    let mut world = World::new(&Plan::default());
    let offer = done(world.offer_at(NOW));
    let good = world.request(&offer);
    let (issuer, key) = (world.issuer(), world.key());
    let mut bytes = world.request(&offer).to_bytes();
    // Behind the point, a response of the proof.
    let place = bytes.len() - 40;
    bytes[place] ^= 1;
    let bad = AnyRequest::from_bytes(issuer.scheme(), &bytes).unwrap();
    for _ in 0..2 {
        let refused = done(issuer.draw(&key, &bad, NOW));
        assert!(matches!(refused, Err(IssuerError::Issue(_))), "{refused:?}");
        done(issuer.draw(&key, &good, NOW)).unwrap();
    }
    assert!(done(issuer.answer_agreed(&key, bad, NOW)).is_err());
    done(issuer.answer_agreed(&key, good, NOW)).unwrap();
}

#[test]
fn each_of_many_is_answered_or_refused_by_itself() {
    let mut world = World::new(&Plan {
        handles: 3,
        ..Plan::default()
    });
    let first = request(&mut world);
    let offer = world.offer();
    let [second, rival] = [(); 2].map(|()| world.request(&offer));
    let third = request(&mut world);
    let fourth = request(&mut world);
    let unknown = {
        // Of the same issuer, whose store was lost.
        let mut before = World::new(&Plan::default());
        request(&mut before)
    };
    // The first one comes twice; the second one's offer has a rival; the pool ends before the last one.
    let requests = [
        first.clone(),
        second,
        rival,
        unknown,
        first.clone(),
        third,
        fourth,
    ];
    let answers = all(&world, &requests, NOW);
    let told: Vec<_> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(told, [true, true, false, false, true, true, false]);
    let response = |place: usize| &answers[place].as_ref().unwrap().response;
    assert_eq!(response(0), response(4));
    let error = |place: usize| answers[place].as_ref().unwrap_err();
    assert!(matches!(
        error(2),
        IssuerError::Store(StoreError::OfferUsed)
    ));
    assert!(matches!(
        error(3),
        IssuerError::Store(StoreError::UnknownOffer)
    ));
    assert!(matches!(error(6), IssuerError::Store(StoreError::NoHandle)));
    let audit = done(world.issuer().audit(None)).unwrap();
    assert_eq!((audit.issued, audit.free, audit.flags.len()), (3, 0, 0));
}

#[test]
fn a_repeated_request_gets_its_answer_whatever_has_become_of_day_clock_and_bundle() {
    let mut world = World::new(&Plan {
        per_day: Some(1),
        ..Plan::default()
    });
    let (answered, new) = (request(&mut world), request(&mut world));
    let first = all(&world, std::slice::from_ref(&answered), NOW)
        .remove(0)
        .unwrap();
    let both = [answered, new];
    let again = |now: i64| {
        let mut answers = all(&world, &both, now);
        let error = answers.pop().unwrap().unwrap_err();
        let same = answers.pop().unwrap().unwrap();
        assert_eq!(
            (same.response, same.handle),
            (first.response.clone(), first.handle)
        );
        error
    };
    // The day's one pass is made.
    let full = again(NOW);
    assert!(matches!(full, IssuerError::Store(StoreError::DayFull)));
    let early = again(NOW - DAY);
    let stale = again(NOW + 30 * DAY);
    for error in [early, stale] {
        assert!(
            matches!(error, IssuerError::NotReady(NotReady::Clock(_))),
            "{error}"
        );
        assert_eq!(error.class(), Class::Refused);
    }
}
