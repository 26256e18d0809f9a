//! A person at a browser: headless Chromium, driven through ChromeDriver's WebDriver interface.
//! Every wait is bounded and polls; a failure names what was looked for and leaves a screenshot.
//! What a page must never do (console errors, other origins, axe) is in `inspect`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long a wait may take before it fails.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between two looks of one wait.
const LOOK: Duration = Duration::from_millis(20);
/// A person in front of a 14-inch laptop. **Unit:** CSS pixels.
pub const DESKTOP: (u32, u32) = (1366, 820);
/// The narrowest phone the desk promises to fit. **Unit:** CSS pixels.
pub const PHONE: (u32, u32) = (360, 740);

const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en",
];

/// One browser with one page and a profile of its own; gone, processes and all, when dropped.
pub struct Browser {
    driver: Child,
    session: String,
    chromium: Option<u64>,
    agent: ureq::Agent,
    pub(crate) console: RefCell<Vec<(String, String)>>,
    pub(crate) requests: RefCell<Vec<String>>,
    _profile: tempfile::TempDir,
}

/// An element on the page, as WebDriver names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    #[serde(rename = "element-6066-11e4-a52e-4f735466cecf")]
    id: String,
}

impl Browser {
    /// Starts ChromeDriver on a port the system gives it, and one Chromium of desktop size.
    pub fn start() -> Browser {
        let profile = tempfile::tempdir().expect("a folder for the browser's profile");
        let (driver, port) = start_driver(&profile);
        let mut browser = Browser {
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
            chromium: None,
            agent: ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(60)))
                .http_status_as_error(false)
                .build()
                .new_agent(),
            console: RefCell::default(),
            requests: RefCell::default(),
            _profile: profile,
        };
        let profile = format!("--user-data-dir={}", browser._profile.path().display());
        let flags: Vec<&str> = FLAGS.into_iter().chain([profile.as_str()]).collect();
        let opened = browser.post(
            "",
            json!({"capabilities": {"alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": {"args": flags},
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            }}}),
        );
        let session = opened["sessionId"].as_str().expect("a session id");
        browser.session = format!("{}/{session}", browser.session);
        browser.chromium = opened["capabilities"]["goog:processID"].as_u64();
        browser.resize(DESKTOP);
        browser
    }

    /// Goes to an address and waits until the page has loaded.
    pub fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url }));
    }

    /// The address bar.
    pub fn url(&self) -> String {
        text_of(self.get("/url"))
    }

    /// Loads the page again.
    pub fn reload(&self) {
        self.post("/refresh", json!({}));
    }

    /// Gives the page a viewport of exactly this size.
    pub fn resize(&self, (width, height): (u32, u32)) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1,
                   "mobile": width < 600}),
        );
    }

    /// What the system says it prefers: `"light"` or `"dark"`.
    pub fn prefer(&self, scheme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        );
    }

    /// Switches the page's scripts off (or on again); takes effect with the next page.
    pub fn without_script(&self, off: bool) {
        self.devtools(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": off }),
        );
    }

    /// Every element that matches now, in document order.
    pub fn all(&self, css: &str) -> Vec<Element> {
        let found = self.post("/elements", json!({"using": "css selector", "value": css}));
        serde_json::from_value(found).expect("a list of elements")
    }

    /// The first element that matches, waiting for it.
    pub fn find(&self, css: &str) -> Element {
        self.wait_until(&format!("an element {css}"), || {
            self.all(css).into_iter().next()
        })
    }

    /// The first visible element that matches, waiting for it.
    pub fn find_shown(&self, css: &str) -> Element {
        self.wait_until(&format!("a visible element {css}"), || {
            self.all(css)
                .into_iter()
                .find(|element| self.is_shown(element))
        })
    }

    /// The visible element a screen reader would announce with this role and name, waiting for it.
    pub fn role(&self, role: &str, name: &str) -> Element {
        self.wait_until(&format!("a {role} named {name:?}"), || {
            let candidates = self.all(candidates(role)).into_iter();
            candidates
                .filter(|element| self.is_shown(element))
                .find(|element| self.role_of(element) == role && self.name_of(element) == name)
        })
    }

    /// Whether such an element is on the page now; for what must not be there.
    pub fn has_role(&self, role: &str, name: &str) -> bool {
        self.all(candidates(role)).iter().any(|element| {
            self.is_shown(element) && self.role_of(element) == role && self.name_of(element) == name
        })
    }

    /// The role a screen reader announces; what opens and closes a fold is a button to people.
    pub fn role_of(&self, element: &Element) -> String {
        match self.ask(element, "computedrole").as_str() {
            "DisclosureTriangle" | "DisclosureTriangleGrouped" => "button".to_owned(),
            role => role.to_owned(),
        }
    }

    /// The name a screen reader announces.
    pub fn name_of(&self, element: &Element) -> String {
        self.ask(element, "computedlabel")
    }

    /// The text a person sees in the element.
    pub fn text(&self, element: &Element) -> String {
        self.ask(element, "text")
    }

    /// A property as the page's script sees it, such as `value`.
    pub fn property(&self, element: &Element, name: &str) -> Value {
        self.get_or_null(&format!("/element/{}/property/{name}", element.id))
    }

    /// Whether a person can see the element.
    pub fn is_shown(&self, element: &Element) -> bool {
        self.get_or_null(&format!("/element/{}/displayed", element.id)) == json!(true)
    }

    /// Waits until the page shows this text somewhere.
    pub fn sees(&self, text: &str) {
        self.wait_until(&format!("the text {text:?}"), || {
            self.page_text().contains(text).then_some(())
        });
    }

    /// All text a person sees on the page.
    pub fn page_text(&self) -> String {
        let body = self.all("body");
        body.first().map(|body| self.text(body)).unwrap_or_default()
    }

    /// Clicks as a person does: scrolls there, and fails if something lies on top.
    pub fn click(&self, element: &Element) {
        self.post(&format!("/element/{}/click", element.id), json!({}));
    }

    /// Finds and clicks; finds again if a live update replaced the element in between.
    pub fn click_found(&self, mut find: impl FnMut() -> Element) {
        self.wait_until("an element that stays to be clicked", || {
            let path = format!("/element/{}/click", find().id);
            unless_stale(self.send("POST", &path, Some(json!({}))))
        });
    }

    /// Finds and fills; finds again if a live update replaced the field in between.
    pub fn fill_found(&self, mut find: impl FnMut() -> Element, text: &str) {
        self.wait_until("a field that stays to be filled", || {
            let field = format!("/element/{}", find().id);
            unless_stale(self.send("POST", &format!("{field}/clear"), Some(json!({}))))?;
            let typed = Some(json!({ "text": text }));
            unless_stale(self.send("POST", &format!("{field}/value"), typed))
        });
    }

    /// Clicks what leads to another page (or to this one anew), and waits until that has loaded.
    pub fn follow(&self, find: impl FnMut() -> Element) {
        self.script("window.isTheOldPage = true", json!([]));
        self.click_found(find);
        self.wait_until("the next page", || {
            let fresh = "return !window.isTheOldPage && document.readyState === 'complete'";
            let answer = self.post_or_null("/execute/sync", json!({"script": fresh, "args": []}));
            (answer == json!(true)).then_some(())
        });
    }

    /// Replaces what a field holds by this text, key by key.
    pub fn fill(&self, element: &Element, text: &str) {
        self.post(&format!("/element/{}/clear", element.id), json!({}));
        self.type_into(element, text);
    }

    /// Types into an element; a file field takes the absolute path of the file to upload.
    pub fn type_into(&self, element: &Element, text: &str) {
        self.post(
            &format!("/element/{}/value", element.id),
            json!({ "text": text }),
        );
    }

    /// Chooses a file in a file field.
    pub fn upload(&self, element: &Element, file: &Path) {
        let file = file.canonicalize().expect("the file to upload exists");
        self.type_into(element, &file.display().to_string());
    }

    /// Presses keys one after the other wherever the focus is: `keys(&["g", "i"])`,
    /// `keys(&[key::CONTROL, "k"])`. Modifiers stay down until the last key is up.
    pub fn keys(&self, keys: &[&str]) {
        let (held, pressed): (Vec<&str>, Vec<&str>) =
            keys.iter().copied().partition(|k| key::is_modifier(k));
        let stroke = |kind: &str, value: &str| json!({"type": kind, "value": value});
        let mut actions: Vec<Value> = held.iter().map(|k| stroke("keyDown", k)).collect();
        for k in pressed {
            actions.extend([stroke("keyDown", k), stroke("keyUp", k)]);
        }
        actions.extend(held.iter().rev().map(|k| stroke("keyUp", k)));
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("/actions", json!({ "actions": [keyboard] }));
    }

    /// The element that has the focus.
    pub fn focused(&self) -> Element {
        serde_json::from_value(self.get("/element/active")).expect("an element")
    }

    /// Runs a script body in the page and gives what it returns. The page's own content policy
    /// does not stop it.
    pub fn script(&self, body: &str, args: Value) -> Value {
        self.post("/execute/sync", json!({"script": body, "args": args}))
    }

    /// Runs a script body whose last argument is the function to call with the result.
    pub fn script_async(&self, body: &str, args: Value) -> Value {
        self.post("/execute/async", json!({"script": body, "args": args}))
    }

    /// Sends one command of the DevTools protocol.
    pub fn devtools(&self, command: &str, params: Value) -> Value {
        self.post(
            "/goog/cdp/execute",
            json!({"cmd": command, "params": params}),
        )
    }

    /// Runs a script on every page from the next one on, before its own scripts.
    pub fn on_every_page(&self, script: &str) {
        self.devtools("Page.enable", json!({}));
        let source = json!({ "source": script });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source);
    }

    /// Lets downloads go to a folder instead of asking where.
    pub fn download_to(&self, folder: &Path) {
        self.devtools(
            "Browser.setDownloadBehavior",
            json!({"behavior": "allow", "downloadPath": folder}),
        );
    }

    /// Writes what a person sees now to `target/screenshots/NAME.png`.
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        let path = folder.join(format!("{name}.png"));
        let png = text_of(self.get("/screenshot"));
        let png = data_encoding::BASE64.decode(png.as_bytes());
        std::fs::create_dir_all(&folder).expect("a folder for the screenshots");
        std::fs::write(&path, png.expect("a screenshot in base64")).expect("a written screenshot");
        path
    }

    /// Looks again and again until there is an answer; fails after ten seconds.
    pub fn wait_until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(found) = look() {
                return found;
            }
            std::thread::sleep(LOOK);
        }
        let test = std::thread::current().name().unwrap_or("x").to_owned();
        let shot = self.screenshot(&format!("failed-{}", test.replace("::", "-")));
        panic!(
            "waited {PATIENCE:?} for {what}\n  at {}\n  screenshot {}\n  the page reads:\n{}",
            self.url(),
            shot.display(),
            self.page_text()
        );
    }

    /// The browser's log of one kind since the last look: `browser` or `performance`.
    pub(crate) fn log(&self, kind: &str) -> Vec<Value> {
        let lines = self.post("/se/log", json!({ "type": kind }));
        lines.as_array().cloned().unwrap_or_default()
    }

    fn ask(&self, element: &Element, what: &str) -> String {
        let answer = self.get_or_null(&format!("/element/{}/{what}", element.id));
        answer.as_str().unwrap_or_default().to_owned()
    }

    fn get(&self, path: &str) -> Value {
        self.send("GET", path, None)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Like `get`, but null for an element that a live update has just replaced.
    fn get_or_null(&self, path: &str) -> Value {
        match self.send("GET", path, None) {
            Err(error) if error.contains("stale element") => Value::Null,
            other => other.unwrap_or_else(|error| panic!("{error}")),
        }
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.send("POST", path, Some(body))
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Like `post`, but null while one page goes and the next comes.
    fn post_or_null(&self, path: &str, body: Value) -> Value {
        self.send("POST", path, Some(body)).unwrap_or_default()
    }

    fn send(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let asked = format!("WebDriver {method} {path}");
        let answer = match (method, &body) {
            ("GET", _) => self.agent.get(&url).call(),
            ("DELETE", _) => self.agent.delete(&url).call(),
            (_, body) => self.agent.post(&url).send_json(body),
        };
        let mut answer = answer.map_err(|error| format!("{asked}: {error}"))?;
        let body = answer.body_mut().with_config().limit(64 << 20);
        let body: Value = body
            .read_json()
            .map_err(|error| format!("{asked}: {error}"))?;
        match body["value"]["error"].as_str() {
            Some(error) => {
                let message = body["value"]["message"].as_str().unwrap_or_default();
                let message = message.lines().next().unwrap_or_default();
                Err(format!("{asked}: {error}: {message}"))
            }
            None => Ok(body["value"].clone()),
        }
    }
}

impl Drop for Browser {
    /// Closes Chromium through its driver; if that fails, ends the process by its number.
    fn drop(&mut self) {
        if self.send("DELETE", "", None).is_err()
            && let Some(chromium) = self.chromium
        {
            let _ = Command::new("kill").arg(chromium.to_string()).status();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Starts the driver. It takes a free port of one address family and then the same one of the
/// other, which a driver beside it may hold by then: it ends, and another try finds another port.
fn start_driver(profile: &tempfile::TempDir) -> (Child, u16) {
    let mut said = String::new();
    for _ in 0..5 {
        match try_start_driver(profile) {
            Ok(started) => return started,
            Err(words) => said = words,
        }
    }
    panic!("chromedriver ended before it listened, five times; it said:\n{said}");
}

/// Starts the driver once and reads from its first lines which port the system gave it; what it
/// said if it ended instead.
fn try_start_driver(profile: &tempfile::TempDir) -> Result<(Child, u16), String> {
    let log = profile.path().join("chromedriver.log");
    let mut driver = Command::new("chromedriver")
        .args([
            "--port=0",
            "--log-level=WARNING",
            &format!("--log-path={}", log.display()),
        ])
        .env("TMPDIR", profile.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "cannot start chromedriver ({error}): the browser tests need Debian's packages \
                 chromium and chromium-driver; tests/run installs them"
            )
        });
    let mut said = String::new();
    let mut lines = BufReader::new(driver.stdout.take().expect("a piped stdout"));
    while lines
        .read_line(&mut said)
        .expect("what chromedriver says is text")
        > 0
    {
        let port = said
            .split("successfully on port ")
            .nth(1)
            .map(|rest| rest.trim_end_matches(['.', '\n']));
        if let Some(port) = port.and_then(|port| port.parse().ok()) {
            return Ok((driver, port));
        }
    }
    let ended = driver.wait();
    Err(format!("{ended:?}: {said}"))
}

/// Which elements may have a role: asking only these keeps looking by role fast.
fn candidates(role: &str) -> &'static str {
    match role {
        "button" => "button, summary, [role=button], input[type=submit], input[type=button]",
        "link" => "a[href], [role=link]",
        "textbox" | "searchbox" | "spinbutton" => "input, textarea, [contenteditable], [role]",
        "checkbox" | "radio" | "switch" => "input, [role]",
        "combobox" | "listbox" => "select, input, [role]",
        "heading" => "h1, h2, h3, h4, h5, h6, [role=heading]",
        "tab" | "dialog" | "alert" | "status" | "option" | "menuitem" => "dialog, option, [role]",
        _ => "body *",
    }
}

fn text_of(value: Value) -> String {
    value.as_str().expect("a text from WebDriver").to_owned()
}

/// None if what was meant was replaced meanwhile.
fn unless_stale(done: Result<Value, String>) -> Option<()> {
    match done {
        Ok(_) => Some(()),
        Err(error) if error.contains("stale element") => None,
        Err(error) => panic!("{error}"),
    }
}

/// The keys that are no letters, as WebDriver writes them.
pub mod key {
    /// Send, confirm, open.
    pub const ENTER: &str = "\u{E007}";
    /// Close, leave.
    pub const ESCAPE: &str = "\u{E00C}";
    /// To the next control.
    pub const TAB: &str = "\u{E004}";
    /// Held together with what follows.
    pub const SHIFT: &str = "\u{E008}";
    /// Held together with what follows.
    pub const CONTROL: &str = "\u{E009}";
    /// Held together with what follows.
    pub const ALT: &str = "\u{E00A}";

    pub(super) fn is_modifier(key: &str) -> bool {
        [SHIFT, CONTROL, ALT].contains(&key)
    }
}
