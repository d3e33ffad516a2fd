//! Issuance and renewal, each side with what it keeps.

use serde_json::Value;
use veilpass::issuance::{
    Draw, Offer, PendingOffer, PendingRenewal, PendingRequest, RenewalRequest, Request, Response,
};
use veilpass::registry::Handle;
use veilpass::scheme::{Accreditation, IssuerKey};
use veilpass::{Credential, Transcript};

use crate::passes::put_together;
use crate::reading::{Reader, World, array, bytes, changed, now, text};

fn key(of: &Value) -> IssuerKey {
    IssuerKey::from_bytes(&array::<32>(&of["issuerSecretKey"])).unwrap()
}

fn accreditation(test: &Value) -> Option<Accreditation> {
    let bytes_of = test["accreditation"]
        .as_str()
        .map(|text| hex::decode(text).unwrap());
    bytes_of.map(|bytes| Accreditation::from_bytes(&bytes).unwrap())
}

fn kept(world: &World, of: &Value) -> PendingOffer {
    PendingOffer::from_bytes(world.bundle.scheme(), &bytes(&of["pendingOffer"])).unwrap()
}

fn pending(world: &World, of: &Value) -> PendingRequest {
    PendingRequest::from_bytes(world.bundle.scheme(), &bytes(&of["pendingRequest"])).unwrap()
}

/// The parts that the credential's bytes and the test have in common.
fn is_received(received: &Credential, expected: &Value) {
    assert_eq!(
        hex::encode(&*received.expose_bytes()),
        text(&expected["bytes"])
    );
}

pub(super) fn whole(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let (world, key) = (reader.world(group), key(test));
    let scheme = world.bundle.scheme();
    assert_eq!(
        key.public().id().to_bytes()[..],
        bytes(&test["issuerPublicKey"])
    );
    let (kept, pending) = (kept(world, test), pending(world, test));
    let offer = Offer::from_bytes(&bytes(&test["offer"])).unwrap();
    assert_eq!((kept.offer(), pending.offer()), (&offer, &offer));
    let request = Request::from_bytes(scheme, &bytes(&test["request"])).unwrap();
    assert_eq!(pending.request(), &request);
    let id = Transcript::new("offer")
        .field(&bytes(&test["offer"]))
        .digest();
    let c = Transcript::new("req")
        .field(&id)
        .field(&bytes(&test["oneTimePublicKey"]));
    let c = c
        .field(&bytes(&test["C"]))
        .field(&bytes(&test["T"]))
        .digest();
    assert_eq!(c[..16], bytes(&test["challenge"]));
    let checked = kept.check(scheme, &key, &request, now(test)).unwrap();
    let draw = Draw::from_bytes(&bytes(&test["draw"])).unwrap();
    assert_eq!(
        (checked.draw(), checked.code()),
        (draw.clone(), text(&test["code"]).to_owned())
    );
    assert_eq!(pending.code(&draw).as_deref(), test["code"].as_str());
    let handle = Handle::from_bytes(&bytes(&test["handle"])).unwrap();
    let response = checked.issue(accreditation(test).as_ref(), handle).unwrap();
    assert_eq!(hex::encode(response.to_bytes()), text(&test["response"]));
    let received = pending.receive(world.holder(), &response, now(test));
    is_received(&received.unwrap(), &test["credential"]);
    true
}

pub(super) fn request(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let (world, key) = (reader.world(group), key(group));
    let scheme = world.bundle.scheme();
    let request = changed(&bytes(&group["request"]), &test["change"]);
    Request::from_bytes(scheme, &request).is_ok_and(|request| {
        kept(world, group)
            .check(scheme, &key, &request, now(test))
            .is_ok()
    })
}

pub(super) fn draw(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let draw = changed(&bytes(&group["draw"]), &test["change"]);
    let code = Draw::from_bytes(&draw).ok();
    let code = code.and_then(|draw| pending(reader.world(group), group).code(&draw));
    assert_eq!(test["code"].as_str(), code.as_deref());
    code.is_some()
}

pub(super) fn response(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let world = reader.world(group);
    let response = changed(&bytes(&group["response"]), &test["change"]);
    Response::from_bytes(&response).is_ok_and(|response| {
        pending(world, group)
            .receive(world.holder(), &response, now(test))
            .is_ok()
    })
}

pub(super) fn renewal(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let (world, key) = (reader.world(group), key(test));
    let scheme = world.bundle.scheme();
    let request_bytes = bytes(&test["request"]);
    assert_eq!(
        request_bytes[2 + 32 + 48 + 32..],
        put_together(&test["proof"])
    );
    let request = RenewalRequest::from_bytes(&request_bytes).unwrap();
    let checked = kept(world, test).check_renewal(&world.bundle, &key, &request, now(test));
    let checked = checked.ok().unwrap();
    assert_eq!(hex::encode(checked.draw().to_bytes()), text(&test["draw"]));
    assert_eq!(checked.code(), text(&test["code"]));
    let response = checked.issue(accreditation(test).as_ref()).unwrap();
    assert_eq!(hex::encode(response.to_bytes()), text(&test["response"]));
    let old = Credential::from_bytes(scheme, &bytes(&test["oldCredential"]["bytes"])).unwrap();
    let pending = PendingRenewal::from_bytes(scheme, &bytes(&test["pendingRenewal"])).unwrap();
    let renewed = pending.receive(&old, world.holder(), &response, now(test));
    is_received(&renewed.unwrap(), &test["newCredential"]);
    true
}

pub(super) fn renewal_request(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let (world, key) = (reader.world(group), key(group));
    let request = changed(&bytes(&group["request"]), &test["change"]);
    RenewalRequest::from_bytes(&request).is_ok_and(|request| {
        let kept = kept(world, group);
        kept.check_renewal(&world.bundle, &key, &request, now(test))
            .is_ok()
    })
}
