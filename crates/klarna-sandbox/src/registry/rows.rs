//! The worlds by their numbers.
//!
//! Invariant: a number, once given, is never given again. Worlds lie in blocks that are never moved and never larger than
//! they must be, because a list that doubles would cost each world up to twice its size.

use super::Number;
use super::known::Known;

/// Worlds in one block.
const BLOCK: usize = 256;

/// All worlds, and gaps where one was removed.
#[derive(Debug, Default)]
pub(super) struct Rows {
    blocks: Vec<Vec<Option<Known>>>,
}

impl Rows {
    /// The number that the next world is given.
    pub(super) fn len(&self) -> usize {
        let last = self.blocks.last().map_or(BLOCK, Vec::len);
        self.blocks.len() * BLOCK - (BLOCK - last)
    }

    pub(super) fn push(&mut self, known: Known) {
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(Some(known)),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(Some(known));
                self.blocks.push(block);
            }
        }
    }

    pub(super) fn find(&self, number: Number) -> Option<&Known> {
        let number = number as usize;
        self.blocks
            .get(number / BLOCK)?
            .get(number % BLOCK)?
            .as_ref()
    }

    pub(super) fn find_mut(&mut self, number: Number) -> Option<&mut Known> {
        self.place(number)?.as_mut()
    }

    pub(super) fn remove(&mut self, number: Number) -> Option<Known> {
        self.place(number)?.take()
    }

    fn place(&mut self, number: Number) -> Option<&mut Option<Known>> {
        let number = number as usize;
        self.blocks.get_mut(number / BLOCK)?.get_mut(number % BLOCK)
    }

    /// Every world from number `from` on.
    pub(super) fn iter_from(&self, from: Number) -> impl Iterator<Item = (Number, &Known)> {
        let (block, within) = (from as usize / BLOCK, from as usize % BLOCK);
        let worlds = self.blocks.iter().skip(block).flatten().skip(within);
        (from..)
            .zip(worlds)
            .filter_map(|(number, known)| Some((number, known.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::known::{Beginning, Digest};
    use super::*;

    #[test]
    fn worlds_stay_under_their_numbers_across_blocks_and_gaps() {
        let mut rows = Rows::default();
        for number in 0..600_u32 {
            assert_eq!(rows.len(), number as usize);
            let name = format!("w{number}");
            let secrets = [Digest::of_key(&name), Digest::of_login(&name, "")];
            rows.push(Known::new(
                (&name, "Acme"),
                secrets,
                0,
                &Beginning::default(),
            ));
        }
        assert_eq!(rows.remove(256).unwrap().username(), "w256");
        assert!(rows.remove(256).is_none() && rows.find(256).is_none());
        assert_eq!(rows.find(599).unwrap().username(), "w599");
        assert!(rows.find_mut(600).is_none());
        let listed: Vec<_> = rows.iter_from(254).take(3).collect();
        let listed: Vec<_> = listed
            .iter()
            .map(|(number, known)| (*number, known.username()))
            .collect();
        assert_eq!(listed, [(254, "w254"), (255, "w255"), (257, "w257")]);
        assert_eq!(rows.iter_from(0).count(), 599);
    }
}
