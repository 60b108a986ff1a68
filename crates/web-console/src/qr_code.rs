//! A text as a QR code, drawn as one path of an SVG: phones read the address of a second factor from it.

use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code, without which readers do not find it.
const QUIET_MODULES: i32 = 4;

/// A code with its light margin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QrDrawing {
    /// Width and height, in modules.
    pub(crate) size: i32,
    /// The dark modules: what the `d` of an SVG path takes.
    pub(crate) path: String,
}

impl QrDrawing {
    /// `None`: the text is too long for a code.
    pub(crate) fn from_text(text: &str) -> Option<QrDrawing> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        Some(QrDrawing {
            size: code.size() + 2 * QUIET_MODULES,
            path: draw_modules(code.size(), |x, y| code.get_module(x, y)),
        })
    }
}

/// One rectangle for dark modules side by side.
fn draw_modules(size: i32, is_dark: impl Fn(i32, i32) -> bool) -> String {
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let width = (x..size).take_while(|at| is_dark(*at, y)).count();
            if width > 0 {
                let (left, top) = (x + QUIET_MODULES, y + QUIET_MODULES);
                path.push_str(&format!("M{left} {top}h{width}v1h-{width}z"));
            }
            x += i32::try_from(width).unwrap_or(size) + 1;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that a path fills.
    fn filled_modules(path: &str) -> Vec<(i32, i32)> {
        let mut filled = Vec::new();
        for rectangle in path.split('M').skip(1) {
            let (corner, rest) = rectangle.split_once('h').unwrap();
            let (left, top) = corner.split_once(' ').unwrap();
            let width: i32 = rest.split('v').next().unwrap().parse().unwrap();
            let (left, top): (i32, i32) = (left.parse().unwrap(), top.parse().unwrap());
            filled.extend((left..left + width).map(|x| (x, top)));
        }
        filled
    }

    #[test]
    fn exactly_the_dark_modules_are_filled() {
        let picture = ["#.##", "....", "####", ".#.#"];
        let is_dark = |x: i32, y: i32| picture[y as usize].as_bytes()[x as usize] == b'#';
        let filled = filled_modules(&draw_modules(4, is_dark));
        let mut expected = Vec::new();
        for y in 0..4 {
            expected.extend((0..4).filter(|x| is_dark(*x, y)).map(|x| (x + 4, y + 4)));
        }
        assert_eq!(filled, expected);
    }

    #[test]
    fn the_address_of_a_second_factor_fits_and_a_book_does_not() {
        let uri = "otpauth://totp/intune-connector:anna%40example.org?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567&issuer=intune-connector&algorithm=SHA1&digits=6&period=30";
        let drawing = QrDrawing::from_text(uri).unwrap();
        let code = QrCode::encode_text(uri, QrCodeEcc::Medium).unwrap();
        assert_eq!(drawing.size, code.size() + 8);
        let filled = filled_modules(&drawing.path);
        for y in 0..drawing.size {
            for x in 0..drawing.size {
                let dark = code.get_module(x - 4, y - 4);
                assert_eq!(filled.contains(&(x, y)), dark, "{x} {y}");
            }
        }
        assert_eq!(QrDrawing::from_text(&"x".repeat(4_000)), None);
    }
}
