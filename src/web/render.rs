//! Templates: read from the binary in a release, from the disk while building. A name the view
//! does not have is a fault, never an empty place.

use crate::error::{Error, Fault, Result};
use crate::web::{filters, message_text, shell::Shell};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use rust_embed::RustEmbed;
use serde::Serialize;
use std::{collections::BTreeMap, sync::LazyLock};

#[derive(RustEmbed)]
#[folder = "web/templates"]
struct Templates;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// The template filled with a view, in the frame of this reader.
pub fn page(template: &str, shell: &Shell, view: &impl Serialize) -> Result<String> {
    let env = environment_for(shell);
    let template = env.get_template(template).map_err(fault)?;
    template.render(Value::from(Serde(view))).map_err(fault)
}

/// The same for a template that stands in no file.
pub fn source(template: &str, shell: &Shell, view: &impl Serialize) -> Result<String> {
    let env = environment_for(shell);
    env.render_named_str("source.html", template, Value::from(Serde(view)))
        .map_err(fault)
}

/// The names of all templates.
pub fn names() -> Vec<String> {
    Templates::iter().map(|name| name.into_owned()).collect()
}

/// The shared environment with this reader in it. The clone shares the compiled templates.
fn environment_for(shell: &Shell) -> Environment<'static> {
    let mut env = ENVIRONMENT.clone();
    if cfg!(debug_assertions) {
        env.clear_templates();
    }
    let (here, query) = shell.path.split_once('?').unwrap_or((&shell.path, ""));
    let query: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    env.add_global("reader", Value::from_object(shell.reader.clone()));
    env.add_global(
        "shell",
        context! {
            language => shell.reader.language.code(),
            direction => shell.reader.language.direction(),
            zone => shell.reader.zone.name(),
            now => shell.reader.now.to_string(),
            here => here.to_owned(),
            query => Value::from(Serde(&query)),
            ..Value::from(Serde(shell))
        },
    );
    env
}

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    env.set_loader(|name| {
        let Some(file) = Templates::get(name) else {
            return Ok(None);
        };
        let text = String::from_utf8(file.data.into_owned());
        text.map(Some).map_err(|error| {
            minijinja::Error::new(minijinja::ErrorKind::SyntaxError, error.to_string())
        })
    });
    // As the default does, but a slash stays a slash (addresses are half of a page) and none is
    // an empty place. A name that does not exist stays a fault.
    env.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            let mut html = String::with_capacity(text.len() + 8);
            message_text::escape(text, &mut html);
            out.write_str(&html).map_err(minijinja::Error::from)
        }
        _ if value.is_none() => Ok(()),
        _ => minijinja::escape_formatter(out, state, value),
    });
    filters::add_to(&mut env);
    // Compiled once here, so that the clones made for each page find them; one that does not
    // compile fails again, with its place, on the page that asks for it.
    for name in names() {
        if let Err(error) = env.get_template(&name) {
            tracing::error!(template = name, "a template does not compile: {error:#}");
        }
    }
    env
}

/// The error with what lies under it: an include only says that something in it failed. Never the
/// values, which may be a customer's.
fn fault(error: minijinja::Error) -> Error {
    let mut text = error.to_string();
    let mut under = std::error::Error::source(&error);
    while let Some(source) = under {
        text.push_str(": ");
        text.push_str(&source.to_string());
        under = source.source();
    }
    Error::Fault(Fault::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::shell::Reader;

    #[test]
    fn every_template_compiles() {
        let env = environment();
        for name in names() {
            if let Err(error) = env.get_template(&name) {
                panic!("{name}: {error:#}");
            }
        }
    }

    #[test]
    fn a_name_the_view_does_not_have_is_a_fault() {
        let shell = Shell::outside("desk", "/", Reader::default());
        assert!(source("{{ nobody }}", &shell, &()).is_err());
        assert_eq!(source("{{ shell.desk }}", &shell, &()).unwrap(), "desk");
    }
}
