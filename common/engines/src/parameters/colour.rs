//! Accent colours: CSS names and hexadecimal notation, and the two colours that are computed from an accent.
//!
//! Contrast is the ratio of WCAG 2.2 (1.4.3): (lighter + 0.05) / (darker + 0.05) of the relative luminances.

use std::fmt;
use std::str::FromStr;

/// The least contrast of normal text, WCAG 2.2 level AA.
const READABLE: f64 = 4.5;
/// The contrast with white that the darker shade has: it is used for text.
const DARK_CONTRAST: f64 = 7.0;
/// The dark text colour, used where white is not readable.
const INK: Colour = Colour { red: 0x11, green: 0x18, blue: 0x27 };
const WHITE: Colour = Colour { red: 0xff, green: 0xff, blue: 0xff };

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// Not a colour name of CSS, nor `#rgb` or `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no colour; write a CSS name such as `teal`, or `#rrggbb`")]
pub(crate) struct NoColour(pub(crate) String);

impl FromStr for Colour {
    type Err = NoColour;

    fn from_str(text: &str) -> Result<Self, NoColour> {
        let found = match text.strip_prefix('#') {
            Some(digits) => from_hex(digits),
            None => NAMES.iter().find(|(name, _)| *name == text).map(|(_, rgb)| from_rgb(*rgb)),
        };
        found.ok_or_else(|| NoColour(text.to_owned()))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl Colour {
    /// This colour, darkened as little as needed for text on it to be readable. Only a narrow band of medium bright
    /// colours (pure red is one) allows neither white nor dark text.
    pub(crate) fn with_readable_text(self) -> Self {
        self.darkened_until(|shade| shade.contrast(shade.text()) >= READABLE)
    }

    /// A darker shade that is readable on white.
    pub(crate) fn dark(self) -> Self {
        let mut shade = self.scaled(85);
        if shade == self {
            shade = INK;
        }
        shade.darkened_until(|shade| shade.contrast(WHITE) >= DARK_CONTRAST)
    }

    /// White or the dark ink, whichever is more readable on this colour.
    pub(crate) fn text(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(INK) { WHITE } else { INK }
    }

    /// The contrast ratio with `other`, 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn darkened_until(self, enough: impl Fn(Self) -> bool) -> Self {
        (0..=100).rev().map(|percent| self.scaled(percent)).find(|shade| enough(*shade)).unwrap_or(INK)
    }

    fn scaled(self, percent: u8) -> Self {
        let scale = |channel: u8| {
            let scaled = u16::from(channel) * u16::from(percent) / 100;
            u8::try_from(scaled).unwrap_or(u8::MAX)
        };
        Self { red: scale(self.red), green: scale(self.green), blue: scale(self.blue) }
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

fn from_rgb(rgb: u32) -> Colour {
    let [_, red, green, blue] = rgb.to_be_bytes();
    Colour { red, green, blue }
}

fn from_hex(digits: &str) -> Option<Colour> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let long: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 => digits.to_owned(),
        _ => return None,
    };
    u32::from_str_radix(&long, 16).ok().map(from_rgb)
}

/// The named colours of CSS Color Module Level 4, section 6.1.
const NAMES: &[(&str, u32)] = &[
    ("aliceblue", 0xf0_f8_ff),
    ("antiquewhite", 0xfa_eb_d7),
    ("aqua", 0x00_ff_ff),
    ("aquamarine", 0x7f_ff_d4),
    ("azure", 0xf0_ff_ff),
    ("beige", 0xf5_f5_dc),
    ("bisque", 0xff_e4_c4),
    ("black", 0x00_00_00),
    ("blanchedalmond", 0xff_eb_cd),
    ("blue", 0x00_00_ff),
    ("blueviolet", 0x8a_2b_e2),
    ("brown", 0xa5_2a_2a),
    ("burlywood", 0xde_b8_87),
    ("cadetblue", 0x5f_9e_a0),
    ("chartreuse", 0x7f_ff_00),
    ("chocolate", 0xd2_69_1e),
    ("coral", 0xff_7f_50),
    ("cornflowerblue", 0x64_95_ed),
    ("cornsilk", 0xff_f8_dc),
    ("crimson", 0xdc_14_3c),
    ("cyan", 0x00_ff_ff),
    ("darkblue", 0x00_00_8b),
    ("darkcyan", 0x00_8b_8b),
    ("darkgoldenrod", 0xb8_86_0b),
    ("darkgray", 0xa9_a9_a9),
    ("darkgreen", 0x00_64_00),
    ("darkgrey", 0xa9_a9_a9),
    ("darkkhaki", 0xbd_b7_6b),
    ("darkmagenta", 0x8b_00_8b),
    ("darkolivegreen", 0x55_6b_2f),
    ("darkorange", 0xff_8c_00),
    ("darkorchid", 0x99_32_cc),
    ("darkred", 0x8b_00_00),
    ("darksalmon", 0xe9_96_7a),
    ("darkseagreen", 0x8f_bc_8f),
    ("darkslateblue", 0x48_3d_8b),
    ("darkslategray", 0x2f_4f_4f),
    ("darkslategrey", 0x2f_4f_4f),
    ("darkturquoise", 0x00_ce_d1),
    ("darkviolet", 0x94_00_d3),
    ("deeppink", 0xff_14_93),
    ("deepskyblue", 0x00_bf_ff),
    ("dimgray", 0x69_69_69),
    ("dimgrey", 0x69_69_69),
    ("dodgerblue", 0x1e_90_ff),
    ("firebrick", 0xb2_22_22),
    ("floralwhite", 0xff_fa_f0),
    ("forestgreen", 0x22_8b_22),
    ("fuchsia", 0xff_00_ff),
    ("gainsboro", 0xdc_dc_dc),
    ("ghostwhite", 0xf8_f8_ff),
    ("gold", 0xff_d7_00),
    ("goldenrod", 0xda_a5_20),
    ("gray", 0x80_80_80),
    ("green", 0x00_80_00),
    ("greenyellow", 0xad_ff_2f),
    ("grey", 0x80_80_80),
    ("honeydew", 0xf0_ff_f0),
    ("hotpink", 0xff_69_b4),
    ("indianred", 0xcd_5c_5c),
    ("indigo", 0x4b_00_82),
    ("ivory", 0xff_ff_f0),
    ("khaki", 0xf0_e6_8c),
    ("lavender", 0xe6_e6_fa),
    ("lavenderblush", 0xff_f0_f5),
    ("lawngreen", 0x7c_fc_00),
    ("lemonchiffon", 0xff_fa_cd),
    ("lightblue", 0xad_d8_e6),
    ("lightcoral", 0xf0_80_80),
    ("lightcyan", 0xe0_ff_ff),
    ("lightgoldenrodyellow", 0xfa_fa_d2),
    ("lightgray", 0xd3_d3_d3),
    ("lightgreen", 0x90_ee_90),
    ("lightgrey", 0xd3_d3_d3),
    ("lightpink", 0xff_b6_c1),
    ("lightsalmon", 0xff_a0_7a),
    ("lightseagreen", 0x20_b2_aa),
    ("lightskyblue", 0x87_ce_fa),
    ("lightslategray", 0x77_88_99),
    ("lightslategrey", 0x77_88_99),
    ("lightsteelblue", 0xb0_c4_de),
    ("lightyellow", 0xff_ff_e0),
    ("lime", 0x00_ff_00),
    ("limegreen", 0x32_cd_32),
    ("linen", 0xfa_f0_e6),
    ("magenta", 0xff_00_ff),
    ("maroon", 0x80_00_00),
    ("mediumaquamarine", 0x66_cd_aa),
    ("mediumblue", 0x00_00_cd),
    ("mediumorchid", 0xba_55_d3),
    ("mediumpurple", 0x93_70_db),
    ("mediumseagreen", 0x3c_b3_71),
    ("mediumslateblue", 0x7b_68_ee),
    ("mediumspringgreen", 0x00_fa_9a),
    ("mediumturquoise", 0x48_d1_cc),
    ("mediumvioletred", 0xc7_15_85),
    ("midnightblue", 0x19_19_70),
    ("mintcream", 0xf5_ff_fa),
    ("mistyrose", 0xff_e4_e1),
    ("moccasin", 0xff_e4_b5),
    ("navajowhite", 0xff_de_ad),
    ("navy", 0x00_00_80),
    ("oldlace", 0xfd_f5_e6),
    ("olive", 0x80_80_00),
    ("olivedrab", 0x6b_8e_23),
    ("orange", 0xff_a5_00),
    ("orangered", 0xff_45_00),
    ("orchid", 0xda_70_d6),
    ("palegoldenrod", 0xee_e8_aa),
    ("palegreen", 0x98_fb_98),
    ("paleturquoise", 0xaf_ee_ee),
    ("palevioletred", 0xdb_70_93),
    ("papayawhip", 0xff_ef_d5),
    ("peachpuff", 0xff_da_b9),
    ("peru", 0xcd_85_3f),
    ("pink", 0xff_c0_cb),
    ("plum", 0xdd_a0_dd),
    ("powderblue", 0xb0_e0_e6),
    ("purple", 0x80_00_80),
    ("rebeccapurple", 0x66_33_99),
    ("red", 0xff_00_00),
    ("rosybrown", 0xbc_8f_8f),
    ("royalblue", 0x41_69_e1),
    ("saddlebrown", 0x8b_45_13),
    ("salmon", 0xfa_80_72),
    ("sandybrown", 0xf4_a4_60),
    ("seagreen", 0x2e_8b_57),
    ("seashell", 0xff_f5_ee),
    ("sienna", 0xa0_52_2d),
    ("silver", 0xc0_c0_c0),
    ("skyblue", 0x87_ce_eb),
    ("slateblue", 0x6a_5a_cd),
    ("slategray", 0x70_80_90),
    ("slategrey", 0x70_80_90),
    ("snow", 0xff_fa_fa),
    ("springgreen", 0x00_ff_7f),
    ("steelblue", 0x46_82_b4),
    ("tan", 0xd2_b4_8c),
    ("teal", 0x00_80_80),
    ("thistle", 0xd8_bf_d8),
    ("tomato", 0xff_63_47),
    ("turquoise", 0x40_e0_d0),
    ("violet", 0xee_82_ee),
    ("wheat", 0xf5_de_b3),
    ("white", 0xff_ff_ff),
    ("whitesmoke", 0xf5_f5_f5),
    ("yellow", 0xff_ff_00),
    ("yellowgreen", 0x9a_cd_32),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn names_and_hexadecimal_notation_are_read() {
        assert_eq!(colour("rebeccapurple").to_string(), "#663399");
        assert_eq!(colour("#0A7").to_string(), "#00aa77");
        assert_eq!(colour("#1F7a4d").to_string(), "#1f7a4d");
        for wrong in ["", "#", "#12", "#12345", "#ggg", "#éa", "blurple", "Red"] {
            assert_eq!(wrong.parse::<Colour>(), Err(NoColour(wrong.into())));
        }
    }

    #[test]
    fn contrast_is_the_ratio_of_wcag() {
        assert!((colour("black").contrast(WHITE) - 21.0).abs() < 1e-9);
        assert!((WHITE.contrast(WHITE) - 1.0).abs() < 1e-9);
        assert!((colour("#767676").contrast(WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn every_accent_has_readable_text_and_a_dark_shade() {
        let samples = (0..=0xff_ff_ff).step_by(0x3_1f).map(from_rgb);
        for given in NAMES.iter().map(|(_, rgb)| from_rgb(*rgb)).chain(samples) {
            let accent = given.with_readable_text();
            assert!(accent.contrast(accent.text()) >= READABLE, "{given} became {accent}");
            assert!(accent.dark().contrast(WHITE) >= DARK_CONTRAST, "{given} became {}", accent.dark());
        }
    }

    #[test]
    fn a_readable_accent_stays_exactly_as_it_was_named() {
        for name in ["green", "teal", "navy", "gold", "white", "black", "rebeccapurple"] {
            assert_eq!(colour(name).with_readable_text(), colour(name));
        }
        assert_eq!(colour("red").with_readable_text().to_string(), "#ed0000");
    }
}
