//! An issuer's registers in memory.

use veilpass::scheme::Day;

use super::count;
use super::issuer::{Claim, MemoryIssuer, Stage, State};
use crate::approval::Approval;
use crate::log::{Event, Hex};
use crate::store::register::{Allowance, ClaimCounts, Import, NewClaim, OpenClaim, RegisterStore};
use crate::store::{NewOffer, StoreError};

impl State {
    /// The claim, if no answer has used it up.
    fn open_claim(&self, name: &[u8; 32], now: i64) -> Result<OpenClaim, StoreError> {
        let claim = self.claims.get(name).ok_or(StoreError::UnknownClaim)?;
        // An offer that ended before its request was answered gave nothing away, and is answered no more.
        let offer = claim.offer.and_then(|id| self.offers.get(&id));
        let reserved =
            offer.is_some_and(|offer| matches!(offer.stage, Stage::Reserved(_, Some(_))));
        if claim.used || reserved {
            return Err(StoreError::ClaimUsed);
        }
        match &claim.sealed {
            Some(sealed) if claim.expires > now => Ok(OpenClaim {
                sealed: sealed.clone(),
                kind: claim.kind.clone(),
                expires: claim.expires,
                offered: offer.is_some_and(|offer| matches!(offer.stage, Stage::Open(_))),
            }),
            _ => Err(StoreError::UnknownClaim),
        }
    }

    fn offer_claim(
        &mut self,
        name: &[u8; 32],
        offer: &NewOffer<'_>,
        at: i64,
    ) -> Result<(), StoreError> {
        self.open_claim(name, at)?;
        self.add_offer(offer, Some(*name))?;
        let before = (self.claims.get_mut(name)).and_then(|claim| claim.offer.replace(*offer.id));
        if let Some(before) = before {
            let open = |stage: &Stage| matches!(stage, Stage::Open(_));
            self.offers
                .retain(|id, offer| *id != before || !open(&offer.stage));
        }
        Ok(())
    }

    /// Whether the claims can be added: each row has one claim, and no two claims one name.
    fn check_claims(&self, claims: &[NewClaim]) -> Result<(), StoreError> {
        let (mut rows, mut names) = (Vec::new(), Vec::new());
        for claim in claims {
            let known = self.rows.contains(&claim.mark) || self.claims.contains_key(&claim.name);
            if known || rows.contains(&claim.mark) || names.contains(&claim.name) {
                return Err(StoreError::Conflict);
            }
            rows.push(claim.mark);
            names.push(claim.name);
        }
        Ok(())
    }

    fn approve(&mut self, file: &[u8; 32], approval: &Approval, at: i64) -> Result<(), StoreError> {
        match self.imports.get_mut(file) {
            Some(import) if !import.approved => import.approved = true,
            _ => return Err(StoreError::Conflict),
        }
        self.book.append(at, Event::Approved(approval.clone()));
        let file = Hex(*file);
        self.book.append(at, Event::RegisterApproved { file });
        Ok(())
    }

    /// The day's number of claims without an approval when so many more are made, if they are allowed.
    fn allowed(&self, more: usize, allowance: Allowance) -> Result<u32, StoreError> {
        let made = self.unapproved.get(&allowance.day).copied().unwrap_or(0);
        let then = made.saturating_add(count(more));
        match allowance.unapproved {
            Some(most) if more > 0 && then > most => Err(StoreError::NeedsApproval),
            _ => Ok(then),
        }
    }

    fn add_claim(&mut self, claim: &NewClaim) {
        self.rows.insert(claim.mark);
        let new = Claim {
            sealed: Some(claim.sealed.clone()),
            kind: claim.kind.to_owned(),
            expires: claim.expires,
            used: false,
            offer: None,
        };
        self.claims.insert(claim.name, new);
    }
}

impl RegisterStore for MemoryIssuer {
    async fn import(&self, file: &[u8; 32]) -> Result<Option<Import>, StoreError> {
        Ok(self.0.lock().imports.get(file).cloned())
    }

    async fn begin_import(
        &self,
        import: &Import,
        approval: Option<&Approval>,
        at: i64,
    ) -> Result<(), StoreError> {
        let mut held = self.0.lock();
        if held.imports.contains_key(&import.file) {
            return Err(StoreError::Conflict);
        }
        let approved = false;
        let begun = Import {
            approved,
            ..import.clone()
        };
        held.imports.insert(import.file, begun);
        let file = Hex(import.file);
        held.book.append(at, Event::Register { file });
        match approval {
            Some(approval) => held.approve(&import.file, approval, at),
            None => Ok(()),
        }
    }

    async fn approve_import(
        &self,
        file: &[u8; 32],
        approval: &Approval,
        at: i64,
    ) -> Result<(), StoreError> {
        self.0.lock().approve(file, approval, at)
    }

    async fn unapproved(&self, day: Day) -> Result<u32, StoreError> {
        Ok(self.0.lock().unapproved.get(&day).copied().unwrap_or(0))
    }

    async fn known(&self, marks: &[[u8; 16]]) -> Result<Vec<bool>, StoreError> {
        let held = self.0.lock();
        Ok(marks.iter().map(|mark| held.rows.contains(mark)).collect())
    }

    async fn advance(
        &self,
        offset: u64,
        import: &Import,
        claims: &[NewClaim],
        allowance: Allowance,
        at: i64,
    ) -> Result<(), StoreError> {
        let mut held = self.0.lock();
        let stands = held.imports.get(&import.file);
        let stands = stands.filter(|stands| stands.offset == offset);
        let approved = stands.ok_or(StoreError::Conflict)?.approved;
        held.check_claims(claims)?;
        if !approved {
            let made = held.allowed(claims.len(), allowance)?;
            held.unapproved.insert(allowance.day, made);
        }
        claims.iter().for_each(|claim| held.add_claim(claim));
        let moved = Import {
            approved,
            ..import.clone()
        };
        held.imports.insert(import.file, moved);
        let event = Event::Claims {
            count: count(claims.len()),
            file: Hex(import.file),
        };
        held.book.append(at, event);
        Ok(())
    }

    async fn claim(&self, name: &[u8; 32], now: i64) -> Result<OpenClaim, StoreError> {
        self.0.lock().open_claim(name, now)
    }

    async fn offer_claims(
        &self,
        offers: &[([u8; 32], NewOffer<'_>)],
        at: i64,
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let mut held = self.0.lock();
        let all: Vec<_> = (offers.iter())
            .map(|(claim, offer)| held.offer_claim(claim, offer, at))
            .collect();
        let made = count(all.iter().filter(|one| one.is_ok()).count());
        held.book.append(at, Event::OfferedToClaims { count: made });
        Ok(all)
    }

    async fn forget_rows(&self, approval: Option<&Approval>, at: i64) -> Result<u32, StoreError> {
        let mut held = self.0.lock();
        if let Some(approval) = approval {
            held.book.append(at, Event::Approved(approval.clone()));
        }
        let gone = count(held.rows.len());
        held.rows.clear();
        held.imports.retain(|_, import| !import.done);
        held.book.append(at, Event::RowsForgotten);
        Ok(gone)
    }

    async fn claims(&self) -> Result<ClaimCounts, StoreError> {
        let held = self.0.lock();
        let claims = || held.claims.values();
        let open = claims().filter(|claim| claim.sealed.is_some()).count();
        let used = claims().filter(|claim| claim.used).count();
        Ok(ClaimCounts {
            open: count(open),
            used: count(used),
            expired: count(held.claims.len() - open - used),
        })
    }
}
