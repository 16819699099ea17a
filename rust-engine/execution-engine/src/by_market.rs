//! One thing for each market: found by the market's name, or at once by its place.

use std::collections::BTreeMap;

use common::market::Symbol;

/// Things of markets, in the order in which these became known; none is ever taken away.
#[derive(Clone, Debug)]
pub(crate) struct ByMarket<T> {
    places: BTreeMap<Symbol, usize>,
    things: Vec<T>,
}

impl<T> Default for ByMarket<T> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), things: Vec::new() }
    }
}

impl<T> ByMarket<T> {
    /// Where a market's thing stands from now on, where it has one.
    pub(crate) fn place(&self, symbol: &Symbol) -> Option<usize> {
        self.places.get(symbol).copied()
    }

    pub(crate) fn get(&self, symbol: &Symbol) -> Option<&T> {
        self.place(symbol).map(|place| &self.things[place])
    }

    /// The thing of a market, which becomes known if it was not.
    pub(crate) fn get_or_add(&mut self, symbol: &Symbol, new: impl FnOnce() -> T) -> &mut T {
        let place = self.place(symbol).unwrap_or_else(|| {
            self.things.push(new());
            self.places.insert(symbol.clone(), self.things.len() - 1);
            self.things.len() - 1
        });
        &mut self.things[place]
    }

    #[inline]
    pub(crate) fn at(&self, place: usize) -> &T {
        &self.things[place]
    }

    #[inline]
    pub(crate) fn at_mut(&mut self, place: usize) -> &mut T {
        &mut self.things[place]
    }

    /// Shows every thing, in the order of the markets' names.
    pub(crate) fn for_each(&mut self, mut act: impl FnMut(&mut T)) {
        for &place in self.places.values() {
            act(&mut self.things[place]);
        }
    }
}
