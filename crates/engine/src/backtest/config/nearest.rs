//! The word that was probably meant.

/// The nearest of the known words, when it is near: at most a third of its letters differ (two at least).
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let best = known.iter().map(|k| (distance(word, k), *k)).min()?;
    (best.0 <= (best.1.chars().count() / 3).max(2)).then_some(best.1)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let width = b.len() + 1;
    let mut table = vec![0usize; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let at = i * width + j;
            if i == 0 || j == 0 {
                table[at] = i + j;
                continue;
            }
            let replaced = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (table[at - width] + 1)
                .min(table[at - 1] + 1)
                .min(table[at - width - 1] + replaced);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(table[at - 2 * width - 2] + 1);
            }
            table[at] = least;
        }
    }
    table[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let known = ["slippage_bps", "latency_ms", "path", "fill"];
        assert_eq!(nearest("slipage_bps", &known), Some("slippage_bps"));
        assert_eq!(nearest("fil", &known), Some("fill"));
        assert_eq!(nearest("paht", &known), Some("path"));
        assert_eq!(nearest("commission", &known), None);
        assert_eq!(nearest("x", &[]), None);
    }
}
