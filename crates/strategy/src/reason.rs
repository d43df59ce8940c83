//! Why, in words, with the figures, at no cost until somebody reads it.
//!
//! A built-in strategy gives a template that was written at compile time and up to [`FIGURES_MAX`] numbers; the
//! text is made when it is shown or journalled. A backtest that never shows it never makes it.
//!
//! A template is text with places `{name:style}`, filled from left to right:
//!
//! | style | figure | shown |
//! | --- | --- | --- |
//! | `price` | a price | at the instrument's decimals |
//! | `average` | a computed price | two decimals more: close averages differ in them |
//! | a digit | any | with that many decimals |
//! | `count` | a whole number | without decimals |
//! | `bars` | how many bars ago | `on this bar`, `1 bar ago`, `2 bars ago` |
//! | `compare` | below 0, 0, above 0 | `below`, `equal to`, `above` |
//! | `clock` | seconds since midnight | `09:10:00Z` |

use std::fmt;
use std::sync::Arc;

/// Most figures that a reason holds.
pub const FIGURES_MAX: usize = 6;

/// Why a strategy thinks or wants something.
#[derive(Clone)]
pub struct Reason(Kind);

#[derive(Clone)]
enum Kind {
    Template {
        template: &'static str,
        figures: [f64; FIGURES_MAX],
        decimals: u8,
    },
    Text(Arc<str>),
}

enum Piece<'a> {
    Words(&'a str),
    Figure { name: &'a str, style: &'a str },
}

/// The pieces of a template. A brace that is not closed is text.
fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(inner) = rest.strip_prefix('{')
            && let Some((place, after)) = inner.split_once('}')
        {
            rest = after;
            let (name, style) = place.split_once(':').unwrap_or((place, ""));
            return Some(Piece::Figure { name, style });
        }
        let end = rest[1..].find('{').map_or(rest.len(), |at| at + 1);
        let (words, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Words(words))
    })
}

impl Reason {
    /// A template with its figures, left to right; `decimals` are the instrument's for prices. Figures past
    /// [`FIGURES_MAX`] are not shown.
    #[must_use]
    #[inline]
    pub fn new(template: &'static str, decimals: u8, given: &[f64]) -> Self {
        debug_assert_eq!(
            pieces(template)
                .filter(|p| matches!(p, Piece::Figure { .. }))
                .count(),
            given.len(),
            "{template}"
        );
        let mut figures = [f64::NAN; FIGURES_MAX];
        for (to, from) in figures.iter_mut().zip(given) {
            *to = *from;
        }
        Self(Kind::Template {
            template,
            figures,
            decimals,
        })
    }

    /// The figures by name, in their order; none of a reason that is text.
    #[must_use]
    pub fn figures(&self) -> Vec<(&'static str, f64)> {
        let Kind::Template {
            template, figures, ..
        } = &self.0
        else {
            return Vec::new();
        };
        let names = pieces(template).filter_map(|piece| match piece {
            Piece::Figure { name, .. } => Some(name),
            Piece::Words(_) => None,
        });
        names.zip(figures.iter().copied()).collect()
    }

    /// The template, the same for all reasons of a kind; `None` of a reason that is text.
    #[must_use]
    pub fn template(&self) -> Option<&'static str> {
        match &self.0 {
            Kind::Template { template, .. } => Some(template),
            Kind::Text(_) => None,
        }
    }
}

impl From<&'static str> for Reason {
    /// Words without figures; must not have braces.
    #[inline]
    fn from(words: &'static str) -> Self {
        Self::new(words, 0, &[])
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self(Kind::Text(Arc::from(text)))
    }
}

impl From<Arc<str>> for Reason {
    fn from(text: Arc<str>) -> Self {
        Self(Kind::Text(text))
    }
}

fn figure(f: &mut fmt::Formatter<'_>, style: &str, value: f64, decimals: usize) -> fmt::Result {
    match style {
        "price" => write!(f, "{value:.decimals$}"),
        "average" => write!(f, "{value:.*}", decimals + 2),
        "count" => write!(f, "{value:.0}"),
        "compare" => f.write_str(match value.partial_cmp(&0.0) {
            Some(std::cmp::Ordering::Less) => "below",
            Some(std::cmp::Ordering::Greater) => "above",
            _ => "equal to",
        }),
        "bars" => match value as u64 {
            0 => f.write_str("on this bar"),
            1 => f.write_str("1 bar ago"),
            n => write!(f, "{n} bars ago"),
        },
        "clock" => {
            let secs = value as u64;
            write!(f, "{:02}:{:02}:{:02}Z", secs / 3600, secs / 60 % 60, secs % 60)
        }
        digits => match digits.parse::<usize>() {
            Ok(places) => write!(f, "{value:.places$}"),
            Err(_) => write!(f, "{value}"),
        },
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Text(text) => f.write_str(text),
            Kind::Template {
                template,
                figures,
                decimals,
            } => {
                let mut values = figures.iter();
                for piece in pieces(template) {
                    match piece {
                        Piece::Words(words) => f.write_str(words)?,
                        Piece::Figure { style, .. } => {
                            let value = values.next().copied().unwrap_or(f64::NAN);
                            figure(f, style, value, usize::from(*decimals))?;
                        }
                    }
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl PartialEq for Reason {
    /// The same words made of the same bits; two reasons that merely read alike differ.
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Text(a), Kind::Text(b)) => a == b,
            (
                Kind::Template {
                    template: a,
                    figures: x,
                    decimals: p,
                },
                Kind::Template {
                    template: b,
                    figures: y,
                    decimals: q,
                },
            ) => a == b && p == q && x.map(f64::to_bits) == y.map(f64::to_bits),
            _ => false,
        }
    }
}

impl Eq for Reason {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_is_shown_as_the_table_says() {
        let show = |template, decimals, given: &[f64]| Reason::new(template, decimals, given).to_string();
        assert_eq!(show("{p:price} of {a:average}", 2, &[1.5, 2.0]), "1.50 of 2.0000");
        assert_eq!(
            show("{r:2} {n:count}; {c:clock}", 0, &[29.994, 7.0, 33_000.0]),
            "29.99 7; 09:10:00Z"
        );
        for (age, words) in [(0.0, "on this bar"), (1.0, "1 bar ago"), (3.0, "3 bars ago")] {
            assert_eq!(show("{age:bars}", 0, &[age]), words);
        }
        for (sign, words) in [(-1.0, "below"), (0.0, "equal to"), (2.0, "above")] {
            assert_eq!(show("{c:compare}", 0, &[sign]), words);
        }
    }

    #[test]
    fn figures_keep_their_names() {
        let reason = Reason::new("RSI {rsi:2} below {level:2}", 2, &[28.5, 30.0]);
        assert_eq!(reason.figures(), [("rsi", 28.5), ("level", 30.0)]);
        assert_eq!(Reason::from("plain words").to_string(), "plain words");
        assert_eq!(
            Reason::from("{ not closed".to_owned()).to_string(),
            "{ not closed"
        );
    }
}
