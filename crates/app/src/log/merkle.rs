//! The log as a Merkle tree (RFC 9162, 2.1): its entries are the hashes of the lines, with SHA-256.
//!
//! A root stands for all lines. Whoever noted a root with its number of lines can be shown with a few hashes that a
//! longer log begins with the same lines; a log in which any of them was changed has no such proof.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, RootHash};
use sha2::Sha256;
use veilpass::scheme::LogProof;

use super::Line;

/// The tree over a log's lines.
pub struct LogTree(MemoryBackedTree<Sha256, [u8; 32]>);

impl LogTree {
    /// Over all of these lines.
    #[must_use]
    pub fn of(lines: &[Line]) -> Self {
        let mut tree = MemoryBackedTree::new();
        lines.iter().for_each(|line| tree.push(line.hash.0));
        Self(tree)
    }

    /// How many lines it has.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.0.len()
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        (*self.0.root().as_bytes()).into()
    }

    /// That the log continues what it was when it had so many lines: fewer than now, and not none.
    #[must_use]
    pub fn proof_from(&self, lines: u64) -> Option<LogProof> {
        let more = self.lines().checked_sub(lines)?;
        if lines == 0 || more == 0 {
            return None;
        }
        let proof = self.0.prove_consistency(usize::try_from(more).ok()?);
        let (hashes, _) = proof.as_bytes().as_chunks();
        Some(LogProof {
            lines,
            hashes: hashes.to_vec(),
        })
    }
}

/// Whether the log that had `root` with so many lines as the proof says is the beginning of the log with `now` lines
/// and the root `now_root`.
#[must_use]
pub fn continues(root: &[u8; 32], proof: &LogProof, now_root: &[u8; 32], now: u64) -> bool {
    let tree = |root: &[u8; 32], lines| RootHash::<Sha256>::new((*root).into(), lines);
    let hashes = proof.hashes.concat();
    ConsistencyProof::try_from_bytes(hashes).is_ok_and(|hashes| {
        let verified = tree(now_root, now).verify_consistency(&tree(root, proof.lines), &hashes);
        verified.is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Event;

    fn log(lines: u32, changed: Option<u32>) -> Vec<Line> {
        let mut log = Vec::new();
        for number in 1..=lines {
            let removal = match changed == Some(number) {
                true => 1000,
                false => number,
            };
            let next = Line::next(log.last(), 7, Event::Revoked { removal });
            log.push(next);
        }
        log
    }

    #[test]
    fn a_longer_log_continues_every_earlier_one() {
        let whole = LogTree::of(&log(20, None));
        for earlier in 1..20 {
            let proof = whole.proof_from(u64::from(earlier)).unwrap();
            let before = LogTree::of(&log(earlier, None));
            assert!(continues(&before.root(), &proof, &whole.root(), 20));
        }
        assert_eq!(whole.proof_from(0), None);
        assert_eq!(whole.proof_from(20), None);
        assert_eq!(whole.proof_from(21), None);
    }

    #[test]
    fn a_log_in_which_an_audited_line_was_changed_has_no_proof() {
        let before = LogTree::of(&log(13, None));
        for changed in 1..=13 {
            let rewritten = LogTree::of(&log(20, Some(changed)));
            let proof = rewritten.proof_from(13).unwrap();
            let root = rewritten.root();
            assert!(!continues(&before.root(), &proof, &root, 20), "{changed}");
        }
        // Lines that were not audited yet are another matter.
        let other = LogTree::of(&log(20, Some(14)));
        let proof = other.proof_from(13).unwrap();
        assert!(continues(&before.root(), &proof, &other.root(), 20));
    }

    #[test]
    fn a_proof_is_for_its_roots_and_lengths_and_of_its_length() {
        let (before, whole) = (LogTree::of(&log(13, None)), LogTree::of(&log(20, None)));
        let good = whole.proof_from(13).unwrap();
        let holds = |proof: &LogProof, now| continues(&before.root(), proof, &whole.root(), now);
        assert!(holds(&good, 20));
        for lines in [0, 8, 12, 14, 20, 21, u64::MAX] {
            let other = LogProof {
                lines,
                ..good.clone()
            };
            assert!(!holds(&other, 20), "{lines}");
        }
        for now in [0, 1, 12, 13, u64::MAX] {
            assert!(!holds(&good, now), "{now}");
        }
        for place in 0..good.hashes.len() {
            let mut other = good.clone();
            other.hashes[place][0] ^= 1;
            assert!(!holds(&other, 20), "{place}");
        }
        let mut longer = good.clone();
        longer.hashes.push([0; 32]);
        let mut shorter = good.clone();
        shorter.hashes.pop();
        assert!(!holds(&longer, 20) && !holds(&shorter, 20));
    }
}
