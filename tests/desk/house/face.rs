//! What stands under `web/`: templates that parse and find each other, no code or style inside
//! them, small scripts, and nothing that asks another origin.

use super::{
    none,
    reading::{below, file},
};

/// **Unit:** lines of one script.
const SCRIPT: usize = 80;

#[test]
fn every_template_parses_and_finds_the_others() {
    let mut findings = Vec::new();
    for template in below("web/templates/", &[".html", ".txt", ".xml"]) {
        let mut engine = minijinja::Environment::new();
        if let Err(error) = engine.add_template(&template.path, &template.text) {
            let line = error.line().unwrap_or(1);
            findings.push(format!("{}:{line} {error}", template.path));
        }
        for (at, line) in template.text.lines().enumerate() {
            for name in named_templates(line) {
                if file(&format!("web/templates/{name}")).is_none() {
                    let at = at + 1;
                    findings.push(format!("{}:{at} there is no {name}", template.path));
                }
            }
        }
    }
    none(
        findings,
        "a template that does not parse is a page that cannot be shown",
    );
}

/// The templates a line extends, includes or imports, where it names them outright.
fn named_templates(line: &str) -> Vec<&str> {
    let verbs = ["extends ", "include ", "import ", "from "];
    let tags = line.split("{%").skip(1);
    let tags = tags.map(|tag| tag.trim_start_matches('-').trim_start());
    tags.filter_map(|tag| {
        let rest = verbs.iter().find_map(|verb| tag.strip_prefix(verb))?;
        let quote = rest
            .chars()
            .next()
            .filter(|quote| ['"', '\''].contains(quote))?;
        rest[1..].split(quote).next()
    })
    .collect()
}

#[test]
fn what_is_drawn_once_a_row_brings_in_no_macros() {
    let mut findings = Vec::new();
    for template in below("web/templates/", &[".html"]) {
        for name in drawn_in_loops(&template.text) {
            let drawn = file(&format!("web/templates/{name}"));
            if drawn.is_some_and(|drawn| drawn.text.lines().any(brings_in)) {
                findings.push(format!("{} draws {name} in a loop", template.path));
            }
        }
    }
    none(
        findings,
        "bringing macros in runs their whole file, for each row anew: the template around the \
         loop does it once for all",
    );
}

/// The templates that are included between a `for` and its end.
fn drawn_in_loops(text: &str) -> Vec<&str> {
    let (mut deep, mut drawn) = (0_usize, Vec::new());
    for tag in text.split("{%").skip(1) {
        let word = tag.trim_start_matches('-').trim_start();
        if word.starts_with("for ") {
            deep += 1;
        } else if word.starts_with("endfor") {
            deep = deep.saturating_sub(1);
        } else if let Some(rest) = word.strip_prefix("include \"")
            && deep > 0
        {
            drawn.extend(rest.split('"').next());
        }
    }
    drawn
}

/// Whether a line brings in macros of another template.
fn brings_in(line: &str) -> bool {
    let mut tags = line.split("{%").skip(1);
    tags.any(|tag| {
        let tag = tag.trim_start_matches('-').trim_start();
        tag.starts_with("from ") || tag.starts_with("import ")
    })
}

#[test]
fn no_template_holds_script_or_style() {
    let mut findings = Vec::new();
    for template in below("web/templates/", &[".html"]) {
        let bare = without_jinja(&template.text);
        for (at, line) in bare.lines().enumerate() {
            let line = line.to_lowercase();
            for what in inline(&line) {
                findings.push(format!("{}:{} {what}", template.path, at + 1));
            }
        }
    }
    none(
        findings,
        "the content policy forbids inline code: a class and a stylesheet, a custom element and \
         its file",
    );
}

/// What a line of HTML holds that belongs into a file of its own.
fn inline(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in ["<style", "javascript:"] {
        if line.contains(word) {
            found.push(word.to_owned());
        }
    }
    let names = line.split([' ', '\t', '"', '\'']);
    let names = names.filter_map(|word| word.split_once('=').map(|(name, _)| name));
    let coded = names.filter(|name| {
        let event = name.len() > 4 && name.starts_with("on");
        *name == "style" || (event && name.chars().all(|c| c.is_ascii_lowercase()))
    });
    found.extend(coded.map(|name| format!("{name}=")));
    let scripts = line.split("<script").skip(1);
    let bare = scripts.filter(|rest| !rest.split('>').next().unwrap_or_default().contains("src="));
    found.extend(bare.map(|_| "<script> without src".to_owned()));
    found
}

/// The text with everything between `{{ }}`, `{% %}` and `{# #}` blanked, line by line.
fn without_jinja(text: &str) -> String {
    let mut bare = String::new();
    let mut rest = text;
    while let Some(open) = rest
        .find("{{")
        .into_iter()
        .chain(rest.find("{%"))
        .chain(rest.find("{#"))
        .min()
    {
        let close = match &rest[open..open + 2] {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let end = rest[open..]
            .find(close)
            .map_or(rest.len(), |end| open + end + 2);
        bare.push_str(&rest[..open]);
        bare.push('x');
        bare.extend(rest[open..end].chars().filter(|c| *c == '\n'));
        rest = &rest[end..];
    }
    bare + rest
}

#[test]
fn every_script_is_small_and_every_stylesheet_layered() {
    let mut findings = Vec::new();
    for script in below("web/assets/js/", &[".js"]) {
        let lines = script.text.lines().count();
        if lines > SCRIPT {
            findings.push(format!("{}:{lines} is longer than {SCRIPT}", script.path));
        }
    }
    for sheet in below("web/assets/css/", &[".css"]) {
        for (at, line) in sheet.text.lines().enumerate() {
            if line.contains("!important") {
                findings.push(format!("{}:{} !important", sheet.path, at + 1));
            }
        }
    }
    none(
        findings,
        "one custom element a file, at most 80 lines; the order of layers decides, not a shout",
    );
}

#[test]
fn nothing_under_web_asks_another_origin() {
    /// Hosts that are names, not places: namespaces, and those reserved for examples.
    const NAMES: [&str; 8] = [
        "www.w3.org/",
        "127.0.0.1",
        "localhost",
        "example.com",
        "example.org",
        "example.net",
        "example",
        "…",
    ];
    let mut findings = Vec::new();
    for file in below(
        "web/",
        &[".html", ".css", ".js", ".svg", ".md", ".json", ".txt"],
    ) {
        let text = without_jinja(&file.text);
        let handbook = file.path.starts_with("web/help/");
        for (at, line) in text.lines().enumerate() {
            let hosts = line.match_indices("//").filter_map(|(slashes, _)| {
                let before = &line[..slashes];
                let scheme = before.ends_with("http:") || before.ends_with("https:");
                let bare = before.ends_with(['"', '\'', '(']);
                // A page of the handbook may send its reader elsewhere, but loads nothing.
                let link = handbook && scheme && !line.contains("![");
                let host = line[slashes + 2..].trim_start_matches("www.");
                let named = host.starts_with(|c: char| c.is_alphanumeric() || c == '…');
                ((scheme || bare) && named && !link).then_some(&line[slashes + 2..])
            });
            for host in hosts {
                let domain = host.split(['/', '"', '\'', ' ', '<', ':', ')', '`']).next();
                let domain = domain.unwrap_or_default();
                let allowed = NAMES
                    .iter()
                    .any(|name| host.starts_with(name) || domain.ends_with(&format!(".{name}")));
                if !allowed {
                    findings.push(format!("{}:{} {domain}", file.path, at + 1));
                }
            }
        }
    }
    none(
        findings,
        "no page asks anything of another origin: bring it into web/assets",
    );
}

#[test]
fn inline_code_is_recognised() {
    assert_eq!(
        inline(r#"<p class="on" data-online="yes">on= style</p>"#),
        Vec::<String>::new()
    );
    for bad in [
        r#"<p style="color: red">"#,
        r#"<button onclick="f()">"#,
        "<body onload=f()>",
        "<style>",
        "<script>alert(1)</script>",
        r#"<a href="javascript:f()">"#,
    ] {
        assert_eq!(inline(bad).len(), 1, "{bad}");
    }
    assert_eq!(
        inline(r#"<script type="module" src="/a.js"></script>"#),
        Vec::<String>::new()
    );
    let bare = without_jinja("<a {% if x %}href='{{ url }}'{% endif %}>\n{# style=\n #}b");
    assert_eq!(bare, "<a xhref='x'x>\nx\nb");
    assert_eq!(
        named_templates("{%- include '_row.html' %}{% from \"m.html\" import x %}"),
        ["_row.html", "m.html"]
    );
    let looped =
        "{% include \"a\" %}{%- for x in y %}{% include \"b\" %}{% endfor %}{% include \"c\" %}";
    assert_eq!(drawn_in_loops(looped), ["b"]);
    let lines = [
        "{%- from \"m\" import x %}",
        "{% import \"m\" as m %}",
        "{% for x in y %}",
    ];
    assert_eq!(lines.map(brings_in), [true, true, false]);
}
