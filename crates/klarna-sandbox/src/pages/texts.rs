//! The words of the pages for what is drawn on the server: read from the same files that the browser loads.
//!
//! Invariant: a language without a text speaks English, an unknown text shows its own name; the tests hold every
//! language to the keys of the English one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

macro_rules! words {
    ($language:literal) => {
        (
            $language,
            parsed(include_str!(concat!(
                "../../../../web/klarna-sdk/pages/texts/",
                $language,
                ".js"
            ))),
        )
    };
}

type Texts = BTreeMap<&'static str, &'static str>;

/// English stands first: the others fall back on it.
static LANGUAGES: LazyLock<[(&str, Texts); 5]> = LazyLock::new(|| {
    [
        words!("en"),
        words!("de"),
        words!("fr"),
        words!("it"),
        words!("sv"),
    ]
});

/// One member a line: `  key: "text",`.
fn parsed(file: &'static str) -> Texts {
    file.lines()
        .filter_map(|line| {
            let (key, text) = line.trim().split_once(": \"")?;
            Some((key, text.strip_suffix("\",")?))
        })
        .collect()
}

/// The texts of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    language: &'static str,
    texts: &'static Texts,
    english: &'static Texts,
}

impl Words {
    /// The language of a locale such as `de-AT`, or the first one that a browser asks for; English where there is none.
    pub(super) fn of(locale: &str) -> Self {
        let wanted = locale
            .split(|letter: char| !letter.is_ascii_alphabetic())
            .next()
            .unwrap_or_default();
        let [first, ..] = &*LANGUAGES;
        let (language, texts) = LANGUAGES
            .iter()
            .find(|(language, _)| language.eq_ignore_ascii_case(wanted))
            .unwrap_or(first);
        Self {
            language,
            texts,
            english: &first.1,
        }
    }

    /// For the `lang` attribute.
    pub(super) fn language(&self) -> &'static str {
        self.language
    }

    pub(super) fn say<'a>(&self, key: &'a str) -> &'a str {
        self.texts
            .get(key)
            .or_else(|| self.english.get(key))
            .copied()
            .unwrap_or(key)
    }

    /// A text with one placeholder, such as `{merchant}`, filled in.
    pub(super) fn with(&self, key: &str, name: &str, value: &str) -> String {
        self.say(key).replace(&format!("{{{name}}}"), value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_text_and_its_placeholders() {
        let [(_, english), others @ ..] = &*LANGUAGES;
        assert!(english.len() > 100, "{}", english.len());
        let placeholders = |text: &str| {
            let mut found: Vec<String> = text
                .split('{')
                .skip(1)
                .map(|rest| rest.split('}').next().unwrap().to_owned())
                .collect();
            found.sort();
            found
        };
        for (language, texts) in others {
            for (key, text) in english {
                let own = texts
                    .get(key)
                    .unwrap_or_else(|| panic!("{language}: {key}"));
                assert_eq!(placeholders(own), placeholders(text), "{language}: {key}");
            }
            assert_eq!(texts.len(), english.len(), "{language}");
        }
    }

    #[test]
    fn a_text_is_said_in_the_language_of_the_locale() {
        assert_eq!(Words::of("sv-SE").say("continue"), "Fortsätt");
        assert_eq!(Words::of("nb-NO").say("continue"), "Continue");
        assert_eq!(Words::of("de").language(), "de");
        assert_eq!(Words::of("fr,en;q=0.8").language(), "fr");
        assert_eq!(Words::of("en").say("no_such_text"), "no_such_text");
        let told = Words::of("de-AT").with("paying", "merchant", "Acme");
        assert!(told.contains("Acme"), "{told}");
    }
}
