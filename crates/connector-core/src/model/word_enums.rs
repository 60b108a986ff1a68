//! Enums of which each variant is one word of the product: in the store, on the wire, in lists for SQL. Written down once,
//! so that a variant which is added is known everywhere, or does not compile.

/// An enum whose variants are words.
pub trait WordEnum: Copy + Eq + 'static {
    /// Every variant, in the order of the enum.
    const ALL: &'static [Self];

    /// In the store and on the wire: ASCII letters, nothing else.
    fn name(self) -> &'static str;
}

/// `word_enum! { pub enum Name { Variant "word", … } }`
#[macro_export]
macro_rules! word_enum {
    ($(#[$outer:meta])* pub enum $name:ident { $($(#[$inner:meta])* $variant:ident $word:literal),* $(,)? }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$inner])* #[serde(rename = $word)] $variant),*
        }

        impl $name {
            /// Every variant, in the order of the enum.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// In the store and on the wire.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }

        $crate::model::schemas::named_schema!($name => $crate::model::schemas::words_schema(
            $name::ALL.iter().map(|word| word.name())
        ));

        impl $crate::model::WordEnum for $name {
            const ALL: &'static [$name] = $name::ALL;

            fn name(self) -> &'static str {
                self.name()
            }
        }
    };
}

pub use word_enum;
