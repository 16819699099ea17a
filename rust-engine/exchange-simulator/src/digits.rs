//! Numbers as the venue prints them: always eight decimals.

use std::fmt;

const ONE: i64 = 100_000_000;
const ONE_SQUARED: i128 = 10_i128.pow(16);

/// A price or quantity in hundred-millionths, printed with eight decimals (`61837.64000000`).
///
/// Clients compare `"0.00000000"` as text, so the zeros matter.
#[derive(Clone, Copy, Debug)]
pub struct Fixed(pub i64);

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:08}", self.0 / ONE, (self.0 % ONE).unsigned_abs())
    }
}

/// A sum of prices or quantities in hundred-millionths.
#[derive(Clone, Copy, Debug)]
pub struct Sum(pub i128);

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = i128::from(ONE);
        let sign = if self.0 < 0 { "-" } else { "" };
        let value = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:08}", value / one.unsigned_abs(), value % one.unsigned_abs())
    }
}

/// A sum of `price * quantity` products, both in hundred-millionths; cut, not rounded, to eight decimals.
#[derive(Clone, Copy, Debug)]
pub struct Notional(pub i128);

impl fmt::Display for Notional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Sum(self.0 / i128::from(ONE)), f)
    }
}

/// Divides two products of `price * quantity` by a sum of quantities: the average price in hundred-millionths.
#[must_use]
pub fn average(notional: i128, quantity: i128) -> Option<i128> {
    (quantity > 0).then(|| notional / quantity)
}

/// The change from `from` to `to` in percent, printed with three decimals as the venue does.
#[must_use]
pub fn percent_change(from: i64, to: i64) -> String {
    if from == 0 {
        return "0.000".to_owned();
    }
    let change = (i128::from(to) - i128::from(from)) * ONE_SQUARED / i128::from(from) * 100;
    let thousandths = change / (ONE_SQUARED / 1000);
    let sign = if thousandths < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_eight_decimals() {
        assert_eq!(Fixed(0).to_string(), "0.00000000");
        assert_eq!(Fixed(6_183_764_000_000).to_string(), "61837.64000000");
        assert_eq!(Fixed(i64::MAX).to_string(), "92233720368.54775807");
        assert_eq!(Sum(-150_000_000).to_string(), "-1.50000000");
        assert_eq!(Notional(15_000_000_000_000_000).to_string(), "1.50000000");
    }

    #[test]
    fn percentages_have_three_decimals() {
        assert_eq!(percent_change(100, 101), "1.000");
        assert_eq!(percent_change(32_000_000, 30_000_000), "-6.250");
        assert_eq!(percent_change(0, 5), "0.000");
    }
}
