//! Placeholder files: small pictures and silent voice notes, made here so that nothing has to be
//! brought along.

use super::dice::Dice;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

/// **Unit:** pixels.
const SIDE: usize = 120;

/// A picture of a parcel that nobody packed: coloured blocks, a valid PNG of about one kilobyte.
pub fn picture(dice: &mut Dice) -> Vec<u8> {
    let [r, g, b, x, y, _] = dice.bytes::<6>();
    let (left, top) = (10 + usize::from(x) % 40, 10 + usize::from(y) % 40);
    let ground = [r / 2 + 96, g / 2 + 96, b / 2 + 96];
    let parcel = [b / 2 + 64, r / 3 + 64, g / 3 + 48];
    let mut rows = Vec::with_capacity(SIDE * (SIDE * 3 + 1));
    for row in 0..SIDE {
        rows.push(0); // no filter
        for column in 0..SIDE {
            let inside = (left..left + 64).contains(&column) && (top..top + 52).contains(&row);
            let tape = inside && (column == left + 31 || column == left + 32 || row == top + 25);
            let colour = match (inside, tape) {
                (_, true) => [245, 235, 200],
                (true, false) => parcel,
                (false, false) => ground.map(|part: u8| part.saturating_sub((row / 8) as u8)),
            };
            rows.extend(colour);
        }
    }
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    packed.write_all(&rows).ok();
    let packed = packed.finish().unwrap_or_default();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let side = (SIDE as u32).to_be_bytes();
    let mut head = Vec::from(side);
    head.extend(side);
    head.extend([8, 2, 0, 0, 0]); // 8 bits, red green blue
    for (kind, data) in [(b"IHDR", &head), (b"IDAT", &packed), (b"IEND", &Vec::new())] {
        png.extend((data.len() as u32).to_be_bytes());
        let from = png.len();
        png.extend(kind);
        png.extend(data);
        let sum = flate2::Crc::new();
        png.extend(crc(sum, png.get(from..).unwrap_or_default()).to_be_bytes());
    }
    png
}

fn crc(mut sum: flate2::Crc, bytes: &[u8]) -> u32 {
    sum.update(bytes);
    sum.sum()
}

/// A silent voice note of this length: Ogg Opus, as phones record it. **Unit:** seconds.
pub fn voice(seconds: u32) -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01\x38\x01".to_vec();
    head.extend(16_000_u32.to_le_bytes());
    head.extend([0, 0, 0]);
    let mut tags = b"OpusTags\x08\x00\x00\x00trailbox".to_vec();
    tags.extend(0_u32.to_le_bytes());
    let mut ogg = page(2, 0, 0, &[&head]);
    ogg.extend(page(0, 0, 1, &[&tags]));
    // One packet is 20 milliseconds of silence; a page holds five seconds.
    let silence: &[u8] = &[0xf8, 0xff, 0xfe];
    let packets = vec![silence; 250];
    let pages = seconds.div_ceil(5).max(1);
    for number in 1..=pages {
        let last = if number == pages { 4 } else { 0 };
        ogg.extend(page(
            last,
            u64::from(number) * 250 * 960,
            number + 1,
            &packets,
        ));
    }
    ogg
}

/// One page of an Ogg stream.
///
/// **Source:** RFC 3533, section 6.
fn page(flags: u8, position: u64, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut page = b"OggS\x00".to_vec();
    page.push(flags);
    page.extend(position.to_le_bytes());
    page.extend(7_u32.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push(packets.len() as u8);
    page.extend(packets.iter().map(|packet| packet.len() as u8));
    packets.iter().for_each(|packet| page.extend(*packet));
    let sum = page.iter().fold(0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            (sum << 1) ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    });
    if let Some(place) = page.get_mut(22..26) {
        place.copy_from_slice(&sum.to_le_bytes());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::media_type;

    #[test]
    fn placeholders_are_what_they_say_by_their_bytes() {
        let picture = picture(&mut Dice::new(7, 1));
        assert_eq!(media_type(&picture), "image/png");
        assert!(picture.len() < 4_000, "{}", picture.len());
        let voice = voice(9);
        assert_eq!(media_type(&voice), "audio/opus");
        assert!(voice.len() < 4_000, "{}", voice.len());
    }
}
