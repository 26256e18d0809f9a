//! Words: a message taken apart as the lists of phrases want it, and phrases found in it.

/// A word longer than this is cut. **Unit:** characters.
const WORD_MAX: usize = 24;

/// A list of phrases, each as its words: `*` ends a beginning, `_` stands for any one word.
#[derive(Debug, Clone)]
pub struct Phrases(Vec<Vec<String>>);

impl Phrases {
    /// Reads lines of group, weight and phrase between tabs; lines that begin with `#` say nothing.
    pub fn read(lines: &str) -> Self {
        let phrases = lines
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split('\t').nth(2))
            .map(|phrase| phrase.split_whitespace().map(pattern).collect())
            .filter(|phrase: &Vec<String>| !phrase.is_empty());
        Phrases(phrases.collect())
    }

    /// Whether one of the phrases stands among these words, one word after the other.
    pub fn found_in(&self, words: &[String]) -> bool {
        self.0.iter().any(|phrase| {
            words
                .windows(phrase.len())
                .any(|some| phrase.iter().zip(some).all(|(want, word)| fits(want, word)))
        })
    }

    /// How many phrases there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

fn pattern(word: &str) -> String {
    if word == "_" {
        return word.to_owned();
    }
    let open = word.ends_with('*');
    let mut folded = words(word).into_iter().next().unwrap_or_default();
    if open {
        folded.push('*');
    }
    folded
}

fn fits(want: &str, word: &str) -> bool {
    match want.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => want == "_" || want == word,
    }
}

/// The words of a text in small letters: numbers become `0`, drawn-out letters are shortened, and
/// the letters that Arabic, Urdu and Persian keyboards mix are made one.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars().flat_map(char::to_lowercase).filter(is_kept) {
        match letter {
            '\'' | '’' | 'ʼ' => {} // it's, its: one word
            letter if is_of_word(letter) => push(&mut word, folded(letter)),
            _ => end(&mut words, &mut word),
        }
    }
    end(&mut words, &mut word);
    words
}

fn end(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(word.chars().take(WORD_MAX).collect());
        word.clear();
    }
}

/// A letter is said twice at most, a number once.
fn push(word: &mut String, letter: char) {
    let letter = if letter.is_numeric() { '0' } else { letter };
    let mut last = word.chars().rev();
    let (one, two) = (last.next(), last.next());
    let again = one == Some(letter) && (letter == '0' || two == Some(letter));
    if !again {
        word.push(letter);
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(letter, '\u{300}'..='\u{36f}')
        || (matches!(letter, '\u{900}'..='\u{dff}') && !matches!(letter, '\u{964}' | '\u{965}'))
}

fn is_kept(letter: &char) -> bool {
    !matches!(
        letter,
        '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{640}'
            | '\u{feff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{1f3fb}'..='\u{1f3ff}'
    )
}

fn folded(letter: char) -> char {
    match letter {
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ي' | 'ئ' => 'ی',
        'ك' => 'ک',
        'ة' | 'ہ' | 'ۃ' | 'ھ' => 'ه',
        'ؤ' => 'و',
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded() {
        assert_eq!(
            words("It’s SOOOO late, 12,500!"),
            ["its", "soo", "late", "0", "0"]
        );
        assert_eq!(words("مُوظَّف"), words("موظف"));
        assert_eq!(words("إنسان كبير"), words("انسان کبیر"));
        assert!(words(" ?! ").is_empty());
    }

    #[test]
    fn phrases_are_found_whole_by_beginning_and_with_a_gap() {
        let list = Phrases::read("# x\nhuman\t2\tto _ agent\nhuman\t2\tbaat kara*\n");
        assert_eq!(list.count(), 2);
        for (text, found) in [
            ("talk to an agent please", true),
            ("talk to agent", false),
            ("meri baat karao", true),
            ("baat", false),
            ("", false),
        ] {
            assert_eq!(list.found_in(&words(text)), found, "{text}");
        }
    }
}
