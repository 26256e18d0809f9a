//! Which language a message is in: by its letters, and for Latin ones by a few common words. A
//! guess that says when it is none.

use super::words::words;

/// A language the bot speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tongue {
    /// English.
    English,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
    /// Arabic.
    Arabic,
    /// Urdu in its own letters.
    Urdu,
    /// Urdu or Hindi in Latin letters.
    RomanUrdu,
    /// Hindi.
    Hindi,
}

impl Tongue {
    /// All of them.
    pub const ALL: [Tongue; 7] = [
        Tongue::English,
        Tongue::Spanish,
        Tongue::Portuguese,
        Tongue::Arabic,
        Tongue::Urdu,
        Tongue::RomanUrdu,
        Tongue::Hindi,
    ];

    /// The BCP 47 code.
    pub fn code(self) -> &'static str {
        match self {
            Tongue::English => "en",
            Tongue::Spanish => "es",
            Tongue::Portuguese => "pt",
            Tongue::Arabic => "ar",
            Tongue::Urdu => "ur",
            Tongue::RomanUrdu => "ur-Latn",
            Tongue::Hindi => "hi",
        }
    }

    /// The language's name in English.
    pub fn name(self) -> &'static str {
        match self {
            Tongue::English => "English",
            Tongue::Spanish => "Spanish",
            Tongue::Portuguese => "Portuguese",
            Tongue::Arabic => "Arabic",
            Tongue::Urdu => "Urdu",
            Tongue::RomanUrdu => "Roman Urdu",
            Tongue::Hindi => "Hindi",
        }
    }

    /// The language of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Tongue::ALL.into_iter().find(|tongue| tongue.code() == code)
    }
}

const ENGLISH: &str = "the is my where please hello hi hey what when you not have has was it this \
    order want need can with for and how thanks still did does parcel arrived are your our i";
const SPANISH: &str = "hola mi mis pedido dónde donde el los las por gracias quiero buenas buenos \
    cuándo cuando llegado llega una muy necesito puedo hace qué que tengo del está tardes días";
const PORTUGUESE: &str = "olá oi meu minha onde não nao obrigado obrigada quero bom boa você vocês \
    chegou uma com preciso quando já ainda tenho foi encomenda do da está pedido tarde";
const ROMAN_URDU: &str = "hai hain kya mera meri mujhe nahi nahin kahan kab aap ap bhai salam ka ki \
    ko ho raha rahi mein abhi tak chahiye kar karo bhej do gaya gayi aya ayi wapas walaikum \
    assalam assalamualaikum ji yeh ye koi kitne kitna din kaise shukriya parcel";

/// The language of a text; none if it cannot be told.
pub fn guess(text: &str) -> Option<Tongue> {
    let count = |is: fn(char) -> bool| text.chars().filter(|letter| is(*letter)).count();
    let arabic = count(|letter| matches!(letter, '\u{620}'..='\u{6ff}'));
    let hindi = count(|letter| matches!(letter, '\u{900}'..='\u{97f}'));
    let latin = count(|letter| letter.is_alphabetic() && (letter as u32) < 0x250);
    if arabic > latin && arabic >= hindi {
        return Some(if text.chars().any(is_urdu_alone) {
            Tongue::Urdu
        } else {
            Tongue::Arabic
        });
    }
    if hindi > latin {
        return Some(Tongue::Hindi);
    }
    by_words(text)
}

/// Letters that Urdu has and Arabic has not.
fn is_urdu_alone(letter: char) -> bool {
    matches!(
        letter,
        'ٹ' | 'ڈ' | 'ڑ' | 'ں' | 'ے' | 'ہ' | 'گ' | 'چ' | 'پ' | 'ھ' | 'ژ' | 'ک' | 'ی'
    )
}

fn by_words(text: &str) -> Option<Tongue> {
    let said = words(text);
    let mut best: Option<(usize, Tongue)> = None;
    let mut tie = false;
    for (tongue, list) in [
        (Tongue::English, ENGLISH),
        (Tongue::Spanish, SPANISH),
        (Tongue::Portuguese, PORTUGUESE),
        (Tongue::RomanUrdu, ROMAN_URDU),
    ] {
        let known = |word: &&String| list.split_whitespace().any(|one| one == word.as_str());
        let hits = said.iter().filter(known).count();
        match best {
            Some((most, _)) if hits < most => {}
            Some((most, _)) if hits == most => tie = true,
            _ => (best, tie) = (Some((hits, tongue)), false), // more than any before
        }
    }
    best.filter(|(hits, _)| *hits > 0 && !tie)
        .map(|(_, tongue)| tongue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart_or_not_told() {
        for (text, tongue) in [
            ("Hello, where is my parcel?", Some(Tongue::English)),
            ("Hola, ¿dónde está mi pedido?", Some(Tongue::Spanish)),
            ("Oi, meu pedido não chegou", Some(Tongue::Portuguese)),
            ("السلام عليكم، أين طلبي؟", Some(Tongue::Arabic)),
            ("میرا آرڈر کہاں ہے؟", Some(Tongue::Urdu)),
            (
                "Mera order kahan hai? 5 din ho gaye",
                Some(Tongue::RomanUrdu),
            ),
            ("मेरा ऑर्डर कहाँ है?", Some(Tongue::Hindi)),
            ("NM-20113", None),
            ("👍", None),
            ("", None),
        ] {
            assert_eq!(guess(text), tongue, "{text}");
        }
        for tongue in Tongue::ALL {
            assert_eq!(Tongue::of_code(tongue.code()), Some(tongue));
        }
    }
}
