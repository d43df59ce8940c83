//! JSON documents read lazily, with the exact text of every number.
//!
//! `serde_json` checks the document and cuts it into fields; a field's value stays raw text until it is asked
//! for by name and type. That gives specific errors (missing, null, wrong type) and keeps `0.10000000` as it
//! was written. Only messages that the scanners of the hot paths leave aside come this way.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{DecodeError, cut};
use crate::number::Num;

/// A raw value that is known to be valid JSON.
pub(crate) type Raw<'a> = &'a RawValue;

/// The fields of an object in the order of the document.
#[derive(Debug)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Raw<'a>)>);

impl<'a> Object<'a> {
    /// Reads an object; `field` names it in errors.
    pub(crate) fn read(raw: Raw<'a>, field: &'static str) -> Result<Self, DecodeError> {
        expect(raw, field, "an object", b"{")?;
        serde_json::from_str(raw.get()).map_err(|e| shape(&e))
    }

    /// A field's value, if the field is there and not null.
    pub(crate) fn optional(&self, field: &str) -> Option<Raw<'a>> {
        self.find(field).filter(|raw| raw.get() != "null")
    }

    fn find(&self, field: &str) -> Option<Raw<'a>> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, raw)| *raw)
    }

    /// Whether the field is there, null or not.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.find(field).is_some()
    }

    /// Names and values in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Raw<'a>)> {
        self.0.iter().map(|(name, raw)| (name.as_ref(), *raw))
    }

    /// A field's value.
    pub(crate) fn get(&self, field: &'static str) -> Result<Raw<'a>, DecodeError> {
        match self.find(field) {
            None => Err(DecodeError::Missing { field }),
            Some(raw) if raw.get() == "null" => Err(DecodeError::Null { field }),
            Some(raw) => Ok(raw),
        }
    }

    /// A string field.
    pub(crate) fn text(&self, field: &'static str) -> Result<Cow<'a, str>, DecodeError> {
        text(self.get(field)?, field)
    }

    /// A string field that may be missing.
    pub(crate) fn text_or_none(&self, field: &'static str) -> Result<Option<Cow<'a, str>>, DecodeError> {
        self.optional(field).map(|raw| text(raw, field)).transpose()
    }

    /// A decimal written as a string.
    pub(crate) fn quoted_number(&self, field: &'static str) -> Result<Num, DecodeError> {
        Num::parse(&self.text(field)?, field)
    }

    /// A decimal written as a bare number.
    pub(crate) fn number(&self, field: &'static str) -> Result<Num, DecodeError> {
        bare_number(self.get(field)?, field)
    }

    /// A whole number ≥ 0, bare or as a string.
    pub(crate) fn integer(&self, field: &'static str) -> Result<u64, DecodeError> {
        integer(self.get(field)?, field)
    }

    /// An array field.
    pub(crate) fn array(&self, field: &'static str) -> Result<Vec<Raw<'a>>, DecodeError> {
        array(self.get(field)?, field)
    }
}

/// Reads a whole document.
pub(crate) fn document(raw: &[u8]) -> Result<Raw<'_>, DecodeError> {
    let text = std::str::from_utf8(raw).map_err(|e| DecodeError::Malformed {
        detail: e.to_string(),
    })?;
    serde_json::from_str(text).map_err(|e| match bare_not_finite(text) {
        Some(word) => DecodeError::NotFinite {
            field: "",
            text: word.to_owned(),
        },
        None => DecodeError::Malformed {
            detail: e.to_string(),
        },
    })
}

/// A document that is cut correctly but not of the expected form inside.
fn shape(error: &serde_json::Error) -> DecodeError {
    let detail = error.to_string();
    match detail
        .split_once("twice: `")
        .and_then(|(_, rest)| rest.split_once('`'))
    {
        Some((field, _)) => DecodeError::Duplicate { field: cut(field) },
        None => DecodeError::Malformed { detail },
    }
}

/// JSON has no NaN; some writers print it bare nevertheless, which deserves a clearer word than "malformed".
fn bare_not_finite(text: &str) -> Option<&'static str> {
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'N' | b'I' if !in_string => {
                let rest = &text.as_bytes()[at..];
                let word = ["NaN", "Infinity"]
                    .into_iter()
                    .find(|w| rest.starts_with(w.as_bytes()));
                if word.is_some() {
                    return word;
                }
            }
            _ => {}
        }
    }
    None
}

/// The JSON type of a value, in words.
pub(crate) fn type_name(raw: Raw<'_>) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn expect(
    raw: Raw<'_>,
    field: &'static str,
    expected: &'static str,
    first: &[u8],
) -> Result<(), DecodeError> {
    match raw.get().as_bytes().first() {
        Some(byte) if first.contains(byte) => Ok(()),
        Some(b'n') => Err(DecodeError::Null { field }),
        _ => Err(DecodeError::WrongType {
            field,
            expected,
            got: type_name(raw),
        }),
    }
}

/// A string value.
pub(crate) fn text<'a>(raw: Raw<'a>, field: &'static str) -> Result<Cow<'a, str>, DecodeError> {
    expect(raw, field, "a string", b"\"")?;
    let text: Text<'a> = serde_json::from_str(raw.get()).map_err(|e| shape(&e))?;
    Ok(text.0)
}

/// A decimal written as a string.
pub(crate) fn quoted_number(raw: Raw<'_>, field: &'static str) -> Result<Num, DecodeError> {
    Num::parse(&text(raw, field)?, field)
}

/// A decimal written as a bare number.
pub(crate) fn bare_number(raw: Raw<'_>, field: &'static str) -> Result<Num, DecodeError> {
    expect(raw, field, "a number", b"-0123456789")?;
    Num::parse(raw.get(), field)
}

/// A whole number ≥ 0, bare or as a string.
pub(crate) fn integer(raw: Raw<'_>, field: &'static str) -> Result<u64, DecodeError> {
    let quoted = raw.get().starts_with('"');
    let number = if quoted {
        quoted_number(raw, field)?
    } else {
        bare_number(raw, field)?
    };
    let whole = number.at_scale(0).and_then(|value| u64::try_from(value).ok());
    whole.ok_or_else(|| DecodeError::BadValue {
        field,
        expected: "a whole number of 0 or more",
        text: cut(raw.get()),
    })
}

/// An array's elements.
pub(crate) fn array<'a>(raw: Raw<'a>, field: &'static str) -> Result<Vec<Raw<'a>>, DecodeError> {
    expect(raw, field, "an array", b"[")?;
    serde_json::from_str(raw.get()).map_err(|e| shape(&e))
}

/// A string that borrows where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut fields: Vec<(Cow<'de, str>, Raw<'de>)> = Vec::with_capacity(8);
                while let Some((Text(name), raw)) = map.next_entry::<Text<'de>, Raw<'de>>()? {
                    if fields.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom(format_args!("twice: `{}`", cut(&name))));
                    }
                    fields.push((name, raw));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Object<'_>, DecodeError> {
        Object::read(document(text.as_bytes())?, "message")
    }

    #[test]
    fn each_defect_of_a_field_has_its_own_error() {
        let object = read(r#"{"a":null,"b":7,"c":"x","d":1.50,"\u0065":[1,2]}"#).expect("an object");
        assert_eq!(object.text("z").map_err(|e| e.kind()), Err("missing"));
        assert_eq!(object.text("a").map_err(|e| e.kind()), Err("null"));
        assert_eq!(object.text("b").map_err(|e| e.kind()), Err("wrong_type"));
        assert_eq!(
            object.quoted_number("c").map_err(|e| e.kind()),
            Err("not_a_number")
        );
        assert_eq!(object.number("d").map(Num::text), Ok("1.50".to_owned()));
        assert_eq!(object.integer("d").map_err(|e| e.kind()), Err("bad_value"));
        assert_eq!(object.array("e").map(|a| a.len()), Ok(2));
    }

    #[test]
    fn malformed_doubled_and_not_finite_documents_are_told_apart() {
        assert_eq!(read(r#"{"a":1"#).map_err(|e| e.kind()).err(), Some("malformed"));
        assert_eq!(
            read(r#"{"a":1} x"#).map_err(|e| e.kind()).err(),
            Some("malformed")
        );
        assert_eq!(
            read(r#"{"a":1,"a":2}"#).map_err(|e| e.kind()).err(),
            Some("duplicate")
        );
        assert_eq!(
            read(r#"{"N":"NaN \" ","a":NaN}"#).map_err(|e| e.kind()).err(),
            Some("not_finite")
        );
        assert_eq!(
            read(r#"{"a":-Infinity}"#).map_err(|e| e.kind()).err(),
            Some("not_finite")
        );
        assert_eq!(read("[1]").map_err(|e| e.kind()).err(), Some("wrong_type"));
        assert_eq!(
            document(b"\xff\xfe").map_err(|e| e.kind()).err(),
            Some("malformed")
        );
    }
}
