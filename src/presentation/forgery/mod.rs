//! An attacker's notebook: for each check of a verifier or decoder, somebody who knows everything else and
//! forges exactly that one thing. Each page says in its comments why the forgery would be accepted if the
//! check were absent; `schnorr` and `pairings` say which part of the verifier sees it.
//!
//! | attack | what stands against it | page |
//! |---|---|---|
//! | a signature nobody made, on attributes nobody signed | (20), e(Ā, X') | `pairs` |
//! | X1 of an accredited stranger | (21), e(h, X') | `pairs` |
//! | an accreditation of nobody, of another epoch, of another issuer | (22), e(Ā_c, Γ) | `pairs` |
//! | an accreditation of another scheme under one γ | P1' is hashed with scheme_id (13) | `pairs` |
//! | a repeated accreditation exponent | a is a hash of γ, scheme, epoch, key (13) | `pairs` |
//! | ρ = 0 | nobody has h/(γ + a) | `pairs` |
//! | δ outside the table, below zero, a digit below zero | (23), e(W, X_t) | `pairs` |
//! | somebody else's witness, another accumulator's | (24), e(C', Q) | `pairs` |
//! | a pair that fits its key and not the attributes; another pseudonym | the equations (22) to (25) | `equations` |
//! | a good (Ā, B̄) with an opening of other attributes | (20), e'·Ā − r1·D̄ = −B̄ | `alone` |
//! | either digit of an age free of the birth date | (23), each of its two equations | `alone` |
//! | responses swapped between equal attributes | a generator for each attribute (20) | `equations` |
//! | the date of another attribute | one response for an attribute | `equations` |
//! | a statement dropped, or padded | the question has the list and the length | `equations` |
//! | a nonce used twice | nonces are a hash over the question (H) | `equations` |
//! | another question: audience and its id, epoch, beacon, policy, scheme, key set, moment, mode | (26) | `question` |
//! | a strip for today of another week's epoch | the door takes the epoch of the day | `question` |
//! | a door asked in a mode that its policy lacks | the verifier's own policy | `question` |
//! | a disclosed day −2^31, a text of 65 letters, one that is none of the format; a byte behind the pass | the decoder of values | `question` |
//! | a disclosed date that does not meet the policy | it is compared | `question` |
//! | the identity, alone or everywhere | the decoder of points | `points` |
//! | a point outside the subgroup | the decoder of points | `points`, `curve::torsion` |
//! | errors that cancel; weights of zero or known ahead | weights, hashed from what they weigh (19) | `batch` |
//! | one bad pass among 256 | bisection with fresh weights | `batch` |
//! | testing a pass against a known issuer | X' = X + t·g2, not t·X | `hiding` |
//! | a pass that fails and so names its holder | the wallet's own check | `hiding` |
//! | points made ahead, answered with another credential | the Schnorr part | `ahead` |
//! | the same under other keys, another accreditation epoch, on another day | `fits` | `ahead` |
//! | a renewal that carries another secret, handle, name, birth date; C with an old date in it | (29) | `renewal` |
//! | a renewal of a pass that is revoked, unsigned, of nobody; a statement of it left out | (20) to (24), the list of statements | `renewal` |
//! | a renewal taken for another offer, key, C, epoch, day, policy; a pass for a renewal | H(renewal; …) in the question, the issuer's clock | `renewal` |
//! | equal dates seen in the time | tables kept apart | `hiding` |
//!
//! Elsewhere, beside what they attack:
//!
//! | attack | what stands against it | where |
//! |---|---|---|
//! | an issuer's response with a wrong digest, X1, handle, issuer, accreditation | the checks of `receive` | src/issuance/cheating.rs |
//! | a response with another A, e, k, or an unsigned handle | e(A, X + e·g2) | src/issuance/cheating.rs |
//! | an offer for one scheme signed or received for another; a renamed request | their identifiers | src/issuance/cheating.rs |
//! | a sealed entry under another γ, of another epoch | `open` | src/scheme/sealed.rs |
//! | unknown flags, a table of one day, a key of small order, a renewal of what no issuer sets anew | the decoders of a scheme | src/scheme/refused.rs |
//! | a handle drawn twice; a reissued witness that is no point | the registry | src/registry |
//! | a renewed pass with other dates, A, e, X1, issuer, accreditation; past its limit, too long with a carried day | the checks of `receive` | src/issuance/cheating/renewal.rs |
//! | a first offer answered as a renewal and the reverse; a renewal whose policy changed | its number in the offer, the bundle | src/issuance/cheating/renewal.rs |
//! | a request replayed for a used offer; another one for it | derived answers, e over the request | src/issuance/cheating.rs |
//! | issuance messages swapped, changed, late | H(offer) in c, HPKE to the request | tests/library/issuance_rejection.rs |
//! | what is signed for one scheme, version or kind taken for another | they are fields of what is signed | src/scheme/signing.rs |
//! | rollback and fork of a bundle, other parts, another scheme, overlapping epochs | numbers, digests, the signature | tests/library/authority.rs |
//! | any byte of a payload; clocks, venues, buckets, strips, replays | header, clock, memory | tests/library/door_rejection.rs |
//! | a witness rolled back; a removed handle | the door's clock and its own V | tests/library/door_rejection.rs |
//! | names that deceive, modes and dates that a policy lacks | the wallet | tests/library/wallet_rejection.rs |
//! | texts that a person reads as others, wherever a text stands | the decoder of texts | tests/library/texts.rs |
//! | a venue's card of nobody, ended, withdrawn, of another scheme or policy; a question that its venue did not sign, or too late | the wallet | tests/library/venues.rs |
//! | the standard layer: proofs, commitments, pseudonyms | src/bbs | tests/library/rejection.rs |
//! | what two processes at once could do to a store | its contract | crates/fixture/src/contract |
//!
//! Checks without a page, because another one refuses whatever they would let pass; they give the better
//! reason, or stand for whoever calls without the other. In (26) the scheme, the day D, V, the
//! accreditation epoch, the statements' names and the mode: key set digest, equations, policy and moment
//! hold them as well. The policy's tag, the key set's number and the accreditation epoch in a pass's
//! header: the challenge (26) hashes all three from the door's own bundle. The digest in `PendingOffer::check`: the decoder of pending offers. The number
//! of responses in a request: its decoder. The kinds in `Credential::new`: every value was read, or put in
//! order, by the schema. The points left over in `relate`: the decoder of a body reads so many as the
//! statements have. `is_weak` of an authority's key: strict verification (it has a page all the same).
//!
//! Compiled under `#[cfg(test)]` only.

mod ahead;
mod alone;
mod batch;
mod equations;
mod forger;
mod hiding;
mod pairs;
mod points;
mod question;
mod renewal;
