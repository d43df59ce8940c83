//! A text as a QR code that a page can draw by itself: SVG path data, so that no image is fetched and no script of others
//! sees the secret.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

use crate::problem::{ApiError, ApiResult, Code};

/// Light modules around the code that readers need (ISO/IEC 18004: four).
const QUIET: i32 = 4;

/// Width and height in modules with the quiet zone, and the path of the dark ones.
///
/// # Errors
/// When the text is too long for a code, which ours never is.
pub fn draw(text: &str) -> ApiResult<(u32, String)> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| ApiError::of(Code::Internal))?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let from = x;
            while x < size && code.get_module(x, y) {
                x += 1;
            }
            if x > from {
                // Writing to a string cannot fail.
                let _ = write!(
                    path,
                    "M{} {}h{}v1h-{}z",
                    from + QUIET,
                    y + QUIET,
                    x - from,
                    x - from
                );
            }
            x += 1;
        }
    }
    Ok(((size + 2 * QUIET).unsigned_abs(), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_covers_the_dark_modules_and_nothing_else() {
        let text = "otpauth://totp/Tradewind:asha?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let (size, path) = draw(text).expect("drawn");
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).expect("short");
        assert_eq!(size, code.size().unsigned_abs() + 8);
        let mut dark = std::collections::BTreeSet::new();
        for run in path.split('M').filter(|run| !run.is_empty()) {
            let (start, rest) = run.split_once('h').expect("a run");
            let (x, y) = start.split_once(' ').expect("a place");
            let (x, y): (i32, i32) = (x.parse().expect("x"), y.parse().expect("y"));
            let length: i32 = rest
                .split('v')
                .next()
                .expect("a length")
                .parse()
                .expect("a number");
            assert_eq!(rest, format!("{length}v1h-{length}z"));
            dark.extend((x..x + length).map(|x| (x - QUIET, y - QUIET)));
        }
        let all = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let expected: std::collections::BTreeSet<_> = all.filter(|(x, y)| code.get_module(*x, *y)).collect();
        assert_eq!(dark, expected);
    }
}
